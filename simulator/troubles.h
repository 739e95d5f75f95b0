// simulator/troubles.h: what faults of machines do to the cluster, and how they pass.
//
// Shape:   Happen carries out one fault that falls while the driver waits; EndTrouble is called by
//          the timers that Happen set. Image pulls and crashes are looked up by the kubelet.
// Units:   milliseconds; durations in simulator/state/fate.h.
// Not modelled: a node that loses its disks; a lost node on which etcd's requests fail.
// Source:  FAULT-*.
#pragma once

#include <string>

#include "simulator/fault.h"
#include "simulator/kubelet.h"

namespace rehearse::sim {

// REQUIRES: the fault is one of pods, nodes or etcd, or a deletion or scaling by somebody.
void Happen(KubeletContext& context, const Fault& fault);

// REQUIRES: a timer of kind kNodesFree .. kSessionLost.
void EndTrouble(KubeletContext& context, const Timer& timer);

// The pod's kubelet is silent.
bool OnLostNode(const ClusterState& state, const std::string& pod);

// ---- the start of a container ------------------------------------------------------------------

// What the fault of this start means from now on.
void TroubleAtStart(KubeletContext& context, const std::string& pod, Fate fate);
// True if an image of the pod cannot be pulled now: the pod waits and tries again.
bool WaitsForImage(KubeletContext& context, const std::string& pod);
// True if a container of this pod crashes at its start now.
bool CrashesAtStart(const ClusterState& state, const std::string& pod);

// Holds the claims that have no volume yet, until `until`.
void HoldNewClaims(ClusterState& state, Instant until);

}  // namespace rehearse::sim
