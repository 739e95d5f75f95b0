// upgrade/executor/scaling.h: the actions that change numbers of replicas, and keep
// upgrade/replicas.h's mark true.
//
// Shape:  one action for all where kubectl scale does it; a Deployment with a mark, or that gets
//         one, is patched by itself: number and mark change at once.
#pragma once

#include <cstdint>
#include <vector>

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// As kubectl scale does it: marks stay. REQUIRES: at least one Deployment.
cluster::Action Scale(std::int64_t replicas, const std::vector<kube::ObjectPtr>& deployments);

// Takes marks away. REQUIRES: at least one Deployment.
cluster::Action ScaleTo(std::int64_t replicas, const std::vector<kube::ObjectPtr>& deployments);

// To 0; a number that the plan does not know is left in a mark. REQUIRES: at least one Deployment.
cluster::Action StopAgain(const Context& context, const std::vector<kube::ObjectPtr>& deployments);

}  // namespace rehearse::upgrade::executor
