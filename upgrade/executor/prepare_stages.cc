#include "upgrade/executor/earlier_backups.h"
#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/executor/releases.h"
#include "upgrade/executor/scaling.h"
#include "upgrade/metadata_check.h"

namespace rehearse::upgrade::executor {
namespace {

// Why the planned deployment is not as planned; "" if it is.
std::string DeploymentProblem(const Context& context, const result::MilvusDeployment& planned) {
  const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
  const auto* deployment = kube::As<kube::Deployment>(object);
  const std::string name = "Deployment/" + planned.name;
  if (deployment == nullptr) {
    return name + " does not exist";
  }
  const bool down_already = deployment->replicas == 0;  // that is where we go first
  if (deployment->replicas != planned.replicas && !down_already) {
    return name + " has " + std::to_string(deployment->replicas) +
           " replicas, the plan was made for " + std::to_string(planned.replicas);
  }
  const std::string image = ImageOf(*deployment->pod_template, planned.container);
  return image == planned.image
             ? ""
             : name + " runs image '" + image + "', the plan was made for '" + planned.image + "'";
}

std::string ClusterProblem(const Context& context) {
  for (const auto& planned : context.hop.metadata->deployments) {
    std::string problem = DeploymentProblem(context, planned);
    if (!problem.empty()) {
      return problem;
    }
  }
  const result::MetadataHop& hop = *context.hop.metadata;
  const etcd::Keys& keys = *context.At(Slot::kMetadata).keys;
  if (keys.Find(hop.root_path + "/meta/session/id") == nullptr) {
    return "no Milvus has ever used the root path '" + hop.root_path + "': etcd has no key " +
           hop.root_path + "/meta/session/id";
  }
  switch (GenerationOf(keys, hop.root_path)) {
    case Generation::kOld:
    case Generation::kEmpty:
      return "";
    case Generation::kNew:
      return "the metadata is of 2.2 already";
    case Generation::kMixed:
      return "the metadata is a mixture of 2.1 and 2.2";
  }
  return "";
}

}  // namespace

Verdict JudgePreflight(const Context& context) {
  if (auto verdict = ReleaseNotAtRest(context)) {
    return *verdict;
  }
  const helm::ReleaseRecord* newest = NewestRelease(context);
  const auto foreign = ToolPods(context, false);
  if (!foreign.empty()) {
    return Pause{"a migration pod that is not ours is running: " + NamesOf(foreign)};
  }
  if (!context.At(Slot::kMetadata).keys) {
    return Pause{"the metadata could not be read"};
  }
  std::string problem = ClusterProblem(context);
  if (problem.empty()) {
    problem = HalfDoneBefore(context);
  }
  if (problem.empty() && newest->status == helm::ReleaseStatus::kDeployed) {
    problem = ScaledByHand(context, *newest);
  }
  if (!problem.empty()) {
    return GiveUp{problem, context.options.confirmations};
  }
  return Done{{{"attempt", std::to_string(NextAttempt(context))},
               context.Set("try", "1"),
               context.Set("keys", std::to_string(context.At(Slot::kMetadata).keys->size()))}};
}

Verdict JudgeStop(const Context& context) {
  const auto missing = MissingDeployments(context);
  if (!missing.empty()) {
    return GiveUp{"Deployment/" + missing.front() + " is gone", context.options.confirmations};
  }
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    const std::int64_t replicas = ReplicasOf(*object);
    if (replicas != 0 && replicas != planned.replicas) {
      return GiveUp{SomebodyScaled(*object), context.options.confirmations};  // it would be lost
    }
  }
  if (const auto up = ScaledUp(context); !up.empty()) {
    return Act{ScaleTo(0, up)};
  }
  const std::string left = MilvusLeft(context);
  if (!left.empty()) {
    return Pause{"not gone yet: " + left};
  }
  return Done{};
}

Verdict JudgeSessions(const Context& context) {
  if (context.Bug(SeededBug::kSkipSessionWait)) {
    return Done{};
  }
  if (!ScaledUp(context).empty()) {
    return GiveUp{"somebody scaled Milvus up while it was stopped for the migration",
                  context.options.confirmations};
  }
  const auto& keys = context.At(Slot::kSessions).keys;
  if (!keys) {
    return Pause{"the sessions could not be read"};
  }
  const auto sessions = SessionsIn(*keys, context.hop.metadata->root_path);
  if (!sessions.empty()) {
    return Pause{"sessions still alive: " + Join(sessions)};
  }
  return Done{};
}

}  // namespace rehearse::upgrade::executor
