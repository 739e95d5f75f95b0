// simulator/conditions.h: moments of a run by name, for faults of hand-written scenarios: what
// first holds in the cluster.
//
// Shape:  a condition is a pure function of the cluster's state and a number ("after its 5th put").
#pragma once

#include <string>

#include "simulator/state/cluster_state.h"

namespace rehearse::sim {

bool IsCondition(const std::string& name);
// 'tool pod runs', 'metadata is cleaned', ...
std::string KnownConditions();
// "as soon as the metadata is cleaned". REQUIRES: IsCondition(name).
std::string WordsOf(const std::string& name, std::int64_t number);
// REQUIRES: IsCondition(name).
bool Holds(const std::string& name, std::int64_t number, const ClusterState& state);

}  // namespace rehearse::sim
