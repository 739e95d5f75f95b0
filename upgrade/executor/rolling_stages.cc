#include "model/core/json.h"
#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/releases.h"
#include "upgrade/rolling_patch.h"

namespace rehearse::upgrade::executor {
namespace {

std::string LiveImage(const result::MilvusDeployment& planned, const kube::Object& object) {
  const kube::PodTemplate* pod_template = TemplateOf(object);
  return pod_template != nullptr ? ImageOf(*pod_template, planned.container) : "";
}

std::string OldPods(const Context& context,
                    const result::MilvusDeployment& planned,
                    const kube::Object& object) {
  const std::string& image = context.hop.rolling->new_image;
  for (const auto& pod : PodsOf(context.At(Slot::kPods), object)) {
    const auto* body = kube::As<kube::Pod>(pod);
    if (!IsFinished(*pod) && ImageOf(*body->pod_template, planned.container) != image) {
      return "Pod/" + pod->ref.name + " does not run " + image;
    }
  }
  return "";
}

// "" if the Deployment is as the plan expects it: its old image, or already the new one.
std::string Unplanned(const Context& context, const result::MilvusDeployment& planned) {
  const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
  if (object == nullptr) {
    return "Deployment/" + planned.name + " is gone";
  }
  const std::string image = LiveImage(planned, *object);
  if (image != planned.image && image != context.hop.rolling->new_image) {
    return "Deployment/" + planned.name + " runs '" + image + "', the plan knows '" +
           planned.image + "'";
  }
  if (ReplicasOf(*object) == 0) {
    return "Deployment/" + planned.name + " is at 0 replicas";
  }
  return "";
}

// One Deployment: nullopt when all its pods run the new image and are ready.
std::optional<Verdict> Roll(const Context& context, const result::MilvusDeployment& planned) {
  const std::string unplanned = Unplanned(context, planned);
  if (!unplanned.empty()) {
    return GiveUp{unplanned, context.options.confirmations};
  }
  const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
  const std::string& image = context.hop.rolling->new_image;
  if (LiveImage(planned, *object) != image) {
    return Act{cluster::Patch{object->ref, Dump(RollingPatch(planned, image))}};
  }
  std::string problem = RolloutProblem(*object);
  if (problem.empty()) {
    problem = OldPods(context, planned, *object);
  }
  if (problem.empty()) {
    return std::nullopt;
  }
  std::string reason;
  const auto stuck = StuckPod(PodsOf(context.At(Slot::kPods), *object), &reason);
  if (stuck != nullptr && context.impatient) {
    return GiveUp{"Pod/" + stuck->ref.name + ": " + reason, 1, stuck->ref};
  }
  return Pause{problem, stuck != nullptr};
}

}  // namespace

Verdict JudgeRollingPreflight(const Context& context) {
  if (auto verdict = ReleaseNotAtRest(context)) {
    return *verdict;
  }
  const helm::ReleaseRecord* newest = NewestRelease(context);
  const std::string scaled =
      newest->status == helm::ReleaseStatus::kDeployed ? ScaledByHand(context, *newest) : "";
  if (!scaled.empty()) {
    return GiveUp{scaled, context.options.confirmations};
  }
  for (const auto& planned : context.hop.rolling->deployments) {
    const std::string unplanned = Unplanned(context, planned);
    if (!unplanned.empty()) {
      return GiveUp{unplanned, context.options.confirmations};
    }
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    std::string problem = RolloutProblem(*object);
    if (!problem.empty()) {
      return Pause{"before anything is changed: " + problem};
    }
  }
  return Done{};
}

Verdict JudgeRolling(const Context& context) {
  for (const auto& planned : context.hop.rolling->deployments) {
    if (auto verdict = Roll(context, planned)) {
      return *std::move(verdict);
    }
  }
  return Done{};
}

Verdict JudgeRolled(const Context& context) {
  const auto& keys = context.At(Slot::kSessions).keys;
  if (!keys) {
    return Pause{"the sessions could not be read"};
  }
  const std::string problem =
      SessionProblem(*keys, context.hop.rolling->root_path, context.hop.rolling->new_image);
  return problem.empty() ? Verdict(Done{}) : Verdict(Pause{problem});
}

}  // namespace rehearse::upgrade::executor
