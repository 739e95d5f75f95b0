// live/standin/player.h: plays Milvus and the migration tool for pods that no kubelet runs.
//
// Shape:  Tick looks at all pods (through `kubectl proxy`), starts what a new pod stands for, lets
//         everything go a step and stops what is gone. A pod is told by its images, as the
//         simulator does (simulator/state/processes.h). kwok makes every other pod Ready; pods of
//         the tool's image get their status from here, and a log and exec that kwok serves.
// Units:  milliseconds.
// Errors: what cannot be read or written now is tried at the next Tick.
// Faults: a ConfigMap rehearse-standin in the namespace with tool-panics-at: "N" makes the tool
//         panic before its Nth step, counted over all its pods since then; once.
// Not modelled: readiness of Milvus (kwok: at once), SIGKILL (a pod that is gone was stopped).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "live/standin/kube_api.h"
#include "live/standin/milvus_server.h"
#include "live/standin/tool_process.h"
#include "model/kube/types.h"

namespace rehearse::live {

struct PlayerOptions {
  std::string folder;     // pods/<namespace>/<name>.log, volumes/<PersistentVolume>/
  std::string root_path;  // of Milvus in etcd
  Millis tool_step_ms = 5;
};

class Player {
 public:
  Player(PlayerOptions options, KubeApi& api, EtcdGateway& etcd);
  void Tick();
  // As if every pod were asked to stop.
  void StopAll();

 private:
  struct Actor {
    kube::Object pod;
    std::unique_ptr<MilvusServer> server;
    std::unique_ptr<ToolProcess> tool;
    Millis next_step_ms = 0;
    bool finished = false;
  };
  void Meet(const kube::Object& pod, const std::string& uid);
  std::unique_ptr<MilvusServer> MilvusOf(const kube::Object& pod);
  Result<Actor> ToolOf(const kube::Object& pod);
  Result<ToolJob> JobOf(const kube::Object& pod);
  Status OpenPod(const kube::Object& pod);
  Status CheckConfigMaps(const kube::Object& pod);
  Result<std::string> VolumeFolder(const kube::Object& pod, const kube::Mount& mount);
  void Advance(Actor& actor);
  void LookForFault(const std::string& ns);
  void Finish(Actor& actor, int exit_code);

  PlayerOptions options_;
  KubeApi& api_;
  EtcdGateway& etcd_;
  std::map<std::string, Actor> actors_;  // by uid
  std::string fault_uid_;                // of the ConfigMap that asks for one
  std::int64_t panics_at_ = 0;           // tool step, counted since then; 0: none
  std::int64_t tool_steps_ = 0;
};

}  // namespace rehearse::live
