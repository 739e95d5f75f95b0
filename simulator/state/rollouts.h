// simulator/state/rollouts.h: the clock of a Deployment's progress deadline.
//
// Shape:   begins when the controller makes or finds the ReplicaSet of a new template, begins anew
//          with each progress of its counts, and ends when the rollout is complete. Without a
//          deadline (2147483647, as the API takes it) there is none.
// Digest:  the clocks count once somebody has asked for a rollout's status.
// Source:  Law::kProgressDeadline.
#pragma once

#include <string>

#include "simulator/state/cluster_state.h"

namespace rehearse::sim {

// The controllers have made state.objects of `before`.
void NoteProgress(const kube::Objects& before, ClusterState& state);

// Whether the Deployment made no progress for as long as it may take.
bool IsOverdue(const ClusterState& state, const std::string& deployment);

}  // namespace rehearse::sim
