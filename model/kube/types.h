// model/kube/types.h: Kubernetes objects: the fields that laws use are typed, the rest of each
// object is one immutable opaque document.
//
// Units:      seconds where the API says seconds, else Millis and Instant.
// Shape:      an object is named by kind, namespace ("" for cluster scope) and name; its map key is
//             "<Kind>/<namespace>/<name>". `document` is the object as it was last written through
//             the API (JSON); typed fields win over it (ToJson in codec.h puts them together).
// Invariants: a typed body has the kind of its reference; templates are shared and never changed.
// Not modelled: finalizers, multiple owners, server-side apply. No procedure here uses them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/core/hash.h"
#include "model/core/instant.h"
#include "model/core/json.h"
#include "model/core/shared_map.h"

namespace rehearse::kube {

struct Ref {
  std::string kind;
  std::string ns;
  std::string name;

  [[nodiscard]] std::string Key() const { return kind + "/" + ns + "/" + name; }
  friend auto operator<=>(const Ref&, const Ref&) = default;
};

using Labels = std::map<std::string, std::string>;

struct Probe {
  std::int64_t initial_delay_s = 0;
  std::int64_t period_s = 10;
  std::int64_t failure_threshold = 3;
};

struct Mount {
  std::string volume;
  std::string path;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<Mount> mounts;
  std::optional<Probe> readiness;
};

struct Volume {
  std::string name;
  std::string claim;       // persistentVolumeClaim.claimName, or ""
  std::string config_map;  // configMap.name, or ""
};

struct PodTemplate {
  Labels labels;
  Labels annotations;
  std::vector<Container> init_containers;
  std::vector<Container> containers;
  std::vector<Volume> volumes;
  std::int64_t grace_period_s = 30;
  std::string restart_policy = "Always";
  Json document;           // the whole template as JSON: {metadata, spec}
  Fingerprint digest = 0;  // of the document without the label pod-template-hash
};
using TemplatePtr = std::shared_ptr<const PodTemplate>;

enum class StrategyType { kRecreate, kRollingUpdate };

struct Strategy {
  StrategyType type = StrategyType::kRollingUpdate;
  std::string max_surge = "25%";  // a count or a percentage, as the API takes it
  std::string max_unavailable = "25%";
};

// Counts of a workload's status; observed_generation says which spec they speak of.
struct WorkloadStatus {
  std::int64_t observed_generation = 0;
  std::int64_t replicas = 0;  // pods that are not being deleted
  std::int64_t updated = 0;
  std::int64_t ready = 0;
  std::int64_t available = 0;
  friend bool operator==(const WorkloadStatus&, const WorkloadStatus&) = default;
};

struct Deployment {
  std::int64_t replicas = 1;
  Strategy strategy;
  std::int64_t min_ready_s = 0;
  std::int64_t progress_deadline_s = 600;
  Labels selector;
  TemplatePtr pod_template;
  std::int64_t revision = 0;  // deployment.kubernetes.io/revision
  WorkloadStatus status;
};

struct ReplicaSet {
  std::int64_t replicas = 0;
  Labels selector;
  TemplatePtr pod_template;
  std::int64_t revision = 0;
  std::int64_t pods_made = 0;  // names the next pod
  WorkloadStatus status;
};

struct StatefulSet {
  std::int64_t replicas = 1;
  bool parallel = false;  // podManagementPolicy Parallel
  Labels selector;
  TemplatePtr pod_template;
  std::vector<std::string> claim_templates;  // names; each pod's claim is <name>-<pod>
  WorkloadStatus status;
};

enum class PodPhase { kPending, kRunning, kSucceeded, kFailed };

struct Pod {
  TemplatePtr pod_template;
  PodPhase phase = PodPhase::kPending;
  bool ready = false;
  bool available = false;      // ready for min_ready_s of its workload
  std::string node;            // "" until scheduled
  std::string waiting_reason;  // ContainerCreating, CrashLoopBackOff, ImagePullBackOff, ...
  std::int64_t restarts = 0;
  std::int64_t failed_pulls = 0;
  std::int64_t exit_code = 0;  // of a finished pod, or of the last crash
};

struct Claim {
  bool bound = false;
  std::string volume;         // name of the bound PersistentVolume
  std::string storage_class;  // "" = cluster default was asked for and there was none
  bool held = false;          // a fault: no volume is found for it
};

struct ConfigMap {
  std::shared_ptr<const std::map<std::string, std::string>> data;
};

struct Opaque {};

struct Object {
  std::string api_version;
  Ref ref;
  Labels labels;
  Labels annotations;
  std::optional<Ref> owner;  // the controller
  std::string uid;
  std::int64_t generation = 1;
  std::int64_t resource_version = 0;
  bool terminating = false;
  std::variant<Opaque, Deployment, ReplicaSet, StatefulSet, Pod, Claim, ConfigMap> body;
  std::shared_ptr<const Json> document;
  Fingerprint document_digest = 0;  // of `document` without metadata and status
};
using ObjectPtr = std::shared_ptr<const Object>;
using Objects = SharedMap<Object>;

// Semantic: uid, resource_version and generation numbers do not count; whether the status speaks
// of the newest generation does.
Fingerprint DigestOf(const Object& object);

std::string_view NameOf(PodPhase phase);
std::string_view NameOf(StrategyType type);

// True where every pair of `selector` is among `labels`.
bool Selects(const Labels& selector, const Labels& labels);

// Parses "a=b,c=d"; kInvalidArgument for other operators.
Result<Labels> ParseSelector(std::string_view text);

// "Deployment" for deploy, deployment, deployments, deployments.apps, ...; the text itself if
// unknown.
std::string KindOf(std::string_view resource);

// Of two copies of the desired state: how many pods a percentage or count stands for.
std::int64_t ResolveCount(std::string_view count_or_percent, std::int64_t replicas, bool round_up);

template <typename Body>
const Body* As(const ObjectPtr& object) {
  return object ? std::get_if<Body>(&object->body) : nullptr;
}

}  // namespace rehearse::kube
