// upgrade/rolling_patch.h: what a rolling update changes of a Deployment.
//
// Shape:  a strategic merge patch: the image, and the strategy with it, since charts let
//         coordinators stop before they start. The next helm upgrade puts the strategy back without
//         a restart.
// Source: milvus-io/milvus@4e26d62:deployments/upgrade/rollingUpdate.sh, which sets both as well;
//         fixtures/traces/07-helm-semantics.out for what helm makes of it.
#pragma once

#include <string>

#include "model/core/json.h"
#include "model/result/plan.h"

namespace rehearse::upgrade {

Json RollingPatch(const result::MilvusDeployment& deployment, const std::string& image);

}  // namespace rehearse::upgrade
