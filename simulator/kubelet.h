// simulator/kubelet.h: what happens inside pods: containers start, processes run, become ready,
// stop and crash.
//
// Transitions: Handle carries out one timer; Sync starts and stops what the controllers asked for.
//              One call is one effect of one process, so that a fault can fall between any two.
// Not modelled: liveness probes of healthy processes, resource limits, the contents of Milvus
// beyond
//               its metadata and sessions.
// Source:       KUBE-11 .. KUBE-15, MILVUS-*, TOOL-*.
#pragma once

#include "model/core/law.h"
#include "simulator/state/cluster_state.h"
#include "simulator/world.h"

namespace rehearse::sim {

class Monitor;

struct KubeletContext {
  ClusterState& state;
  const World& world;
  LawSet& laws;
  Monitor& monitor;
  Fate step_fate = Fate::kApplied;  // of the process step that is carried out now
  Fate tool_fate = Fate::kApplied;  // of this step of the tool
};

// Starts containers of scheduled pods, stops terminating ones.
void Sync(KubeletContext& context);

void OnContainerStart(KubeletContext& context, const std::string& pod);
void OnProcess(KubeletContext& context, const std::string& pod);
void OnProbe(KubeletContext& context, const std::string& pod);
void OnAvailable(KubeletContext& context, const std::string& pod);
void OnKill(KubeletContext& context, const std::string& pod);
void OnLease(KubeletContext& context, const std::string& lease);

// How long a lost node's kubelet puts off what it has to do. Law::kNodeUnreachable.
inline constexpr Millis kSilentMs = 10'000;

// True if the process of this pod makes a step that a fault can hit (the migration tool).
bool IsToolStep(const ClusterState& state, const std::string& pod);

// Whether a majority of etcd's members serves, and no outage is on.
bool EtcdServes(const ClusterState& state);
bool ObjectStoreServes(const ClusterState& state, const std::string& ns);

// The claim that a path of a pod's first container lies on, and the rest of the path; "" if none.
struct PlacedPath {
  std::string claim_key;
  std::string config_map;
  std::string file;
};
PlacedPath PlaceOf(const kube::Object& pod, std::string_view path);

// Crashes a container: its process is killed, and started again after a while. Law::kCrashLoop.
void CrashPod(KubeletContext& context, const std::string& pod, const std::string& line);

// The pod has ended for good; REQUIRES: its process is gone or going. Law::kFinishedPodsStay.
void FinishPod(ClusterState& state, const std::string& pod, int exit_code);

// Ends a process at once, as SIGKILL does: its leases live on until they expire.
void KillProcess(ClusterState& state, const std::string& pod);

}  // namespace rehearse::sim
