// simulator/api_server.h: the Kubernetes API as kubectl and helm use it: reads, and one mutation a
// call.
//
// Shape:  each mutation changes the state, tells the controllers, and answers as the command would
//         print it.
// Errors: kNotFound, kConflict, kForbidden (immutable fields), kAlreadyExists, kInvalidArgument.
// Source: KUBE-14, KUBE-17 .. KUBE-19, HELM-20 .. HELM-25.
#pragma once

#include "model/cluster/port.h"
#include "model/core/law.h"
#include "simulator/state/cluster_state.h"
#include "simulator/world.h"

namespace rehearse::sim {

// kubectl's mutations. REQUIRES: the action is not one of helm's.
Result<cluster::CommandResult> Mutate(ClusterState& state,
                                      const cluster::Action& action,
                                      LawSet& laws);

// One effect of helm, as an answer for its machine.
helm::HelmInput CarryOut(ClusterState& state, ObjectNotes& notes, const helm::HelmEffect& effect);

// What a query sees in this state. REQUIRES: etcd serves, for an EtcdRange.
Result<cluster::Observation> Observe(const ClusterState& state,
                                     ObjectNotes& notes,
                                     const cluster::Query& query);

// Helm's idea of ready (--wait). Law::kHelmWait.
bool IsReady(const ClusterState& state, const helm::ObjectRef& ref);

}  // namespace rehearse::sim
