#include "model/core/json.h"
#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/scaling.h"
#include "upgrade/metadata_check.h"
#include "upgrade/replicas.h"

namespace rehearse::upgrade::executor {
namespace {

cluster::Action PatchImage(const Context& context,
                           const result::MilvusDeployment& planned,
                           const std::string& image) {
  const Json patch = {
      {"spec",
       {{"template",
         {{"spec",
           {{"containers", Json::array({{{"name", planned.container}, {"image", image}}})}}}}}}}};
  return cluster::Patch{kube::Ref{"Deployment", context.plan.ns, planned.name}, Dump(patch)};
}

const std::string& WantedImage(const Context& context,
                               const result::MilvusDeployment& planned,
                               bool new_image) {
  return new_image ? context.hop.metadata->new_image : planned.image;
}

// Sets the first image that is not as wanted; nullopt: all are.
std::optional<Verdict> SetImages(const Context& context, bool new_image) {
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    if (object == nullptr) {
      return GiveUp{"Deployment/" + planned.name + " is gone", context.options.confirmations};
    }
    const std::string& wanted = WantedImage(context, planned, new_image);
    const kube::PodTemplate* pod_template = TemplateOf(*object);
    if (pod_template != nullptr && ImageOf(*pod_template, planned.container) != wanted) {
      return Act{PatchImage(context, planned, wanted)};
    }
  }
  return std::nullopt;
}

// On the way back somebody's number counts; the RocksMQ of a standalone bears no second pod: there
// the mark stays as it is, and whoever comes next finds it (releases.h).
std::int64_t WantedReplicas(const result::MilvusDeployment& planned,
                            const kube::Object& deployment,
                            bool new_image) {
  const auto component = deployment.labels.find("component");
  const bool alone = component != deployment.labels.end() && component->second == "standalone";
  return new_image || alone ? planned.replicas
                            : MarkedReplicas(deployment).value_or(planned.replicas);
}

// Scales one group of deployments that want the same number; nullopt: all are as wanted.
std::optional<Verdict> SetReplicas(const Context& context, bool new_image) {
  std::vector<kube::ObjectPtr> group;
  std::int64_t number = 0;
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    if (object == nullptr) {
      return GiveUp{"Deployment/" + planned.name + " is gone", context.options.confirmations};
    }
    const std::int64_t wanted = WantedReplicas(planned, *object, new_image);
    if (ReplicasOf(*object) == wanted) {
      continue;
    }
    if (ReplicasOf(*object) != 0) {
      return GiveUp{SomebodyScaled(*object), context.options.confirmations};
    }
    if (group.empty() || number == wanted) {
      number = wanted;
      group.push_back(object);
    }
  }
  if (group.empty()) {
    return std::nullopt;
  }
  return Act{new_image ? ScaleTo(number, group) : Scale(number, group)};
}

std::string PodsProblem(const Context& context,
                        const result::MilvusDeployment& planned,
                        const kube::Object& object,
                        const std::string& image) {
  for (const auto& pod : PodsOf(context.At(Slot::kPods), object)) {
    const auto* body = kube::As<kube::Pod>(pod);
    if (!IsFinished(*pod) && ImageOf(*body->pod_template, planned.container) != image) {
      return "Pod/" + pod->ref.name + " does not run " + image;
    }
  }
  return "";
}

// Waits for pods of whatever image: a seeded bug's idea of a start.
std::optional<Verdict> WatchReady(const Context& context) {
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    std::string problem = object ? RolloutProblem(*object) : "";
    if (!problem.empty()) {
      return Pause{std::move(problem)};
    }
  }
  return std::nullopt;
}

std::optional<Verdict> WatchRollout(const Context& context, bool new_image) {
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    std::string problem = RolloutProblem(*object);
    if (problem.empty()) {
      problem = PodsProblem(context, planned, *object, WantedImage(context, planned, new_image));
    }
    if (problem.empty()) {
      continue;
    }
    std::string reason;
    const auto stuck = StuckPod(PodsOf(context.At(Slot::kPods), *object), &reason);
    if (stuck != nullptr && context.impatient) {
      return GiveUp{"Pod/" + stuck->ref.name + ": " + reason, 1, stuck->ref};
    }
    return Pause{problem, stuck != nullptr};
  }
  return std::nullopt;
}

// Somebody put an image back after all were set: "" if not.
std::string ForeignImage(const Context& context) {
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    const kube::PodTemplate* pod_template = object ? TemplateOf(*object) : nullptr;
    const std::string image = pod_template ? ImageOf(*pod_template, planned.container) : "";
    if (image != context.hop.metadata->new_image) {
      return "somebody set Deployment/" + planned.name + " to the image '" + image + "'";
    }
  }
  return "";
}

// Before the first pod of the new image: the metadata is what was verified, nobody is on it.
std::optional<Verdict> CheckStillMigrated(const Context& context) {
  const std::string foreign = ForeignAct(context);
  if (!foreign.empty()) {
    return GiveUp{foreign, context.options.confirmations};
  }
  if (!context.Has(Slot::kMetadata)) {
    return Ask{Slot::kMetadata, {}, ""};
  }
  const auto& keys = context.At(Slot::kMetadata).keys;
  if (!keys) {
    return Pause{"the metadata could not be read"};
  }
  const std::string& root = context.hop.metadata->root_path;
  const auto sessions = SessionsIn(*keys, root);
  if (!sessions.empty()) {
    return Pause{"sessions still alive: " + Join(sessions)};
  }
  if (DurableDigest(*keys, root) != context.Get("migrated")) {
    return Done{{}, StageKind::kVerifyMigration, context.options.confirmations};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Verdict> BringUp(const Context& context, bool new_image) {
  const bool scale_first = new_image && context.Bug(SeededBug::kScaleBeforePatch);
  if (scale_first) {
    if (auto verdict = SetReplicas(context, new_image)) {
      return verdict;
    }
    if (auto verdict = WatchReady(context)) {
      return verdict;
    }
  }
  if (auto verdict = SetImages(context, new_image)) {
    return verdict;
  }
  if (auto verdict = SetReplicas(context, new_image)) {
    return verdict;
  }
  if (context.Bug(SeededBug::kNoRolloutWait)) {
    return std::nullopt;
  }
  return WatchRollout(context, new_image);
}

Verdict JudgeSetImage(const Context& context) {
  if (context.Bug(SeededBug::kScaleBeforePatch)) {
    return Done{};
  }
  if (auto verdict = CheckStillMigrated(context)) {
    return *verdict;
  }
  if (auto verdict = SetImages(context, true)) {
    return *verdict;
  }
  return Done{};
}

Verdict JudgeStart(const Context& context) {
  const std::string foreign = ForeignImage(context);
  if (!foreign.empty() && !context.Bug(SeededBug::kScaleBeforePatch)) {
    return GiveUp{foreign, context.options.confirmations};
  }
  const bool nothing_started = ScaledUp(context).empty() && MilvusPods(context).empty();
  if (nothing_started) {
    if (auto verdict = CheckStillMigrated(context)) {
      return *verdict;
    }
  }
  if (auto verdict = BringUp(context, true)) {
    return *verdict;
  }
  return Done{};
}

Verdict JudgeVerifyService(const Context& context) {
  const auto& keys = context.At(Slot::kMetadata).keys;
  if (!keys) {
    return Pause{"the metadata could not be read"};
  }
  const result::MetadataHop& hop = *context.hop.metadata;
  const std::string problem = SessionProblem(*keys, hop.root_path, hop.new_image);
  if (!problem.empty()) {
    return Pause{problem};
  }
  const auto expected = ExpectationFromJson(context.Get("expected"));
  if (expected && !context.Bug(SeededBug::kSkipMigrationCheck)) {
    const auto findings = CheckMigration(*expected, *keys, hop.root_path, CheckMoment::kInService);
    if (!findings.empty()) {
      return GiveUp{"the metadata lost something after the start: " + findings.front(),
                    context.options.confirmations};
    }
  }
  return Done{};
}

}  // namespace rehearse::upgrade::executor
