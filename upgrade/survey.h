// upgrade/survey.h: what the planner makes of a situation: one release, read once.
//
// Shape:  names are those of the live objects, found by their labels; nothing is put together from
//         the release name, since charts name objects differently for releases that contain
//         "milvus" or "etcd".
// Errors: kInvalidArgument: the situation has gaps that were not assumed, or contradicts itself: no
//         live Milvus Deployment, an image tag that is no version.
// Source: zilliztech/milvus-helm@ec78133 and @9832476:charts/milvus/templates (names, labels).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster/situation.h"
#include "model/core/version.h"
#include "model/result/plan.h"
#include "upgrade/metadata_reading.h"

namespace rehearse::upgrade {

enum class Topology { kStandalone, kCluster };
enum class MessageQueue {
  kRocksmq,
  kNatsmq,
  kWoodpecker,
  kPulsarV2,  // the subchart `pulsar`
  kPulsarV3,  // the subchart `pulsarv3`
  kKafka,
  kExternal,  // pulsar or kafka of the user's own
};
std::string_view NameOf(Topology topology);
std::string_view NameOf(MessageQueue queue);

// The MinIO of the release, where it has one of its own.
struct MinioReading {
  bool deployed = false;
  std::string workload;  // Kind/name
  std::string tag;       // of the live image
  // Written by a server that kept objects as plain files (standalone mode before
  // RELEASE.2022-10-29); newer servers do not start on that.
  bool fs_data = false;
  std::string fs_tag;  // the newest image known to have run on that data
};

struct ToolPod {  // a pod of somebody's earlier migration
  std::string name;
  std::string command;  // backup, run, rollback; "" unknown
  kube::PodPhase phase = kube::PodPhase::kPending;
};

struct Survey {
  const cluster::Situation* situation = nullptr;
  std::string release;
  std::string ns;
  helm::ReleaseRecord deployed;  // the revision that helm would upgrade from
  helm::ReleaseRecord newest;
  Version chart;
  Version release_app;  // what helm would run again: the image tag of its values or its chart
  Version app;          // what runs, or ran until it was stopped
  std::string image_repository;
  std::set<std::string> images;  // of the live Milvus Deployments: one, as it should be
  std::vector<result::MilvusDeployment> deployments;
  std::string selector;  // of every Milvus pod of the release
  bool stopped = false;  // every Milvus Deployment is at 0 replicas
  Topology topology = Topology::kStandalone;
  MessageQueue queue = MessageQueue::kRocksmq;
  bool standby = false;  // a second coordinator of each kind would wait beside the first
  MinioReading minio;
  std::string etcd_pod;  // "" if etcd is not of the release
  std::string etcd_endpoint;
  std::string root_path;
  std::string storage_class;  // "" there is none to be had
  MetadataReading metadata;
  std::vector<BackupReading> backups;
  std::vector<ToolPod> tool_pods;
  std::string backup_claim;   // volume of migrate.sh, if it exists
  Millis ready_delay_ms = 0;  // from a container's start to the first readiness probe

  // The user's value, else the default of the deployed chart; nullptr: neither.
  [[nodiscard]] const Json* Value(std::string_view dotted_path) const;
};

Result<Survey> SurveyOf(const cluster::Situation& situation);

}  // namespace rehearse::upgrade
