#include "upgrade/executor/scaling.h"

#include <algorithm>

#include "model/core/check.h"
#include "model/core/json.h"
#include "upgrade/executor/look.h"
#include "upgrade/replicas.h"

namespace rehearse::upgrade::executor {
namespace {

bool HasMark(const kube::ObjectPtr& deployment) {
  return deployment->annotations.contains(std::string(kReplicasMark));
}

// `mark`: null takes it away.
cluster::Action PatchReplicas(const kube::Ref& ref, std::int64_t replicas, const Json& mark) {
  const Json patch = {{"metadata", {{"annotations", {{std::string(kReplicasMark), mark}}}}},
                      {"spec", {{"replicas", replicas}}}};
  return cluster::Patch{ref, Dump(patch)};
}

std::int64_t PlannedReplicas(const Context& context, const std::string& name) {
  const auto& planned = context.hop.metadata->deployments;
  const auto found = std::ranges::find(planned, name, &result::MilvusDeployment::name);
  return found == planned.end() ? 0 : found->replicas;
}

}  // namespace

cluster::Action Scale(std::int64_t replicas, const std::vector<kube::ObjectPtr>& deployments) {
  CHECK(!deployments.empty());
  cluster::Scale scale;
  scale.replicas = replicas;
  for (const kube::ObjectPtr& deployment : deployments) {
    scale.refs.push_back(deployment->ref);
  }
  return scale;
}

cluster::Action ScaleTo(std::int64_t replicas, const std::vector<kube::ObjectPtr>& deployments) {
  const auto marked = std::ranges::find_if(deployments, HasMark);
  if (marked != deployments.end()) {
    return PatchReplicas((*marked)->ref, replicas, nullptr);
  }
  return Scale(replicas, deployments);
}

cluster::Action StopAgain(const Context& context, const std::vector<kube::ObjectPtr>& deployments) {
  for (const kube::ObjectPtr& deployment : deployments) {
    const std::int64_t replicas = ReplicasOf(*deployment);
    if (replicas != PlannedReplicas(context, deployment->ref.name)) {
      return PatchReplicas(deployment->ref, 0, std::to_string(replicas));
    }
  }
  return ScaleTo(0, deployments);
}

}  // namespace rehearse::upgrade::executor
