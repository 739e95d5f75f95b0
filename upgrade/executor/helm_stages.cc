#include <algorithm>

#include "model/helm/codec.h"
#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/releases.h"

namespace rehearse::upgrade::executor {
namespace {

constexpr std::string_view kNameLabel = "app.kubernetes.io/name";
constexpr std::string_view kInstanceLabel = "app.kubernetes.io/instance";

// Milvus itself, not its dependencies; attu carries the same name label.
bool IsMilvus(const Context& context, const kube::Object& object) {
  const auto is = [&object](std::string_view key, std::string_view value) {
    const auto at = object.labels.find(std::string(key));
    return at != object.labels.end() && at->second == value;
  };
  return is(kNameLabel, "milvus") && is(kInstanceLabel, context.plan.release) &&
         !is("component", "attu");
}

// The Milvus container is named as the component.
std::string MilvusImage(const kube::Object& workload) {
  const auto component = workload.labels.find("component");
  const kube::PodTemplate* pod_template = TemplateOf(workload);
  if (component == workload.labels.end() || pod_template == nullptr) {
    return "";
  }
  return ImageOf(*pod_template, component->second);
}

std::string ImageProblem(const Context& context) {
  const auto wanted = ParseImageTagVersion(ImageTag(context.hop.helm->milvus_image));
  const auto expected = ParseVersion(context.hop.from_app);
  for (const auto& object : context.At(Slot::kDeployments).objects) {
    if (!IsMilvus(context, *object)) {
      continue;
    }
    const std::string image = MilvusImage(*object);
    const auto running = ParseImageTagVersion(ImageTag(image));
    if (!running) {
      continue;  // a tag that is no version: nothing can be said
    }
    if (wanted && *running > *wanted) {
      return "Deployment/" + object->ref.name + " runs " + image + ", newer than the hop's " +
             context.hop.helm->milvus_image;
    }
    if (expected && *running < *expected && !running->SameMinor(*expected)) {
      return "Deployment/" + object->ref.name + " runs " + image + ", older than the " +
             context.hop.from_app + " that the plan goes on from";
    }
  }
  return "";
}

Verdict Upgrade(const Context& context, const std::string& last) {
  const result::HelmHop& hop = *context.hop.helm;
  const std::int64_t tried = context.Int("helm_try");
  const std::int64_t in_a_row = tried - context.Int("helm_try_base");
  if (in_a_row >= context.options.attempts_max) {
    return GiveUp{"helm upgrade failed " + std::to_string(in_a_row) + " times; " + last,
                  context.options.confirmations};
  }
  cluster::HelmUpgrade upgrade;
  upgrade.release = context.plan.release;
  upgrade.ns = context.plan.ns;
  upgrade.chart = hop.chart;
  upgrade.version = hop.version;
  upgrade.values = helm::ParseValuesMode(hop.values).value_or(helm::ValuesMode::kResetThenReuse);
  upgrade.sets = hop.sets;
  return Act{std::move(upgrade),
             {context.Set("helm_try", std::to_string(tried + 1))},
             tried == 0 ? 1 : context.options.confirmations};
}

// The revision is the one that the hop begins with. Since then somebody may have scaled by hand.
Verdict FromBase(const Context& context, const helm::ReleaseRecord& base) {
  if (!context.Has(Slot::kDeployments)) {
    return Ask{Slot::kDeployments, {}, ""};
  }
  const std::string scaled =
      base.status == helm::ReleaseStatus::kDeployed ? ScaledByHand(context, base) : "";
  if (!scaled.empty()) {
    return GiveUp{scaled, context.options.confirmations};
  }
  return Upgrade(context, "no revision was made");
}

// Our own revision that stays pending: its client is dead and holds the lock for ever.
Verdict Unlock(const Context& context, const helm::ReleaseRecord& record) {
  if (!context.impatient) {
    return Pause{"our own " + Describe(record) + " is not finished", true};
  }
  if (context.Bug(SeededBug::kHelmRollbackOnPending)) {
    return Act{
        cluster::HelmRollback{context.plan.release, context.plan.ns, context.Int("base_revision")}};
  }
  const kube::Ref secret{
      "Secret", context.plan.ns, helm::SecretName(context.plan.release, record.revision)};
  return Act{cluster::Delete{{secret}, true}, {}, context.options.confirmations};
}

Verdict JudgeNewRevision(const Context& context, const helm::ReleaseRecord& newest) {
  const bool ours = context.Int("helm_try") > 0 && IsOfHop(newest, *context.hop.helm);
  const GiveUp foreign{"somebody else upgraded the release: " + Describe(newest),
                       context.options.confirmations};
  switch (newest.status) {
    case helm::ReleaseStatus::kDeployed:
      return ours ? Verdict(Done{}) : Verdict(foreign);
    case helm::ReleaseStatus::kPendingUpgrade:
      return ours ? Unlock(context, newest)
                  : Verdict(Pause{"a helm operation of somebody else: " + Describe(newest)});
    case helm::ReleaseStatus::kFailed:
      return ours ? Upgrade(context, Describe(newest) + ": " + newest.description)
                  : Verdict(foreign);
    case helm::ReleaseStatus::kPendingInstall:
    case helm::ReleaseStatus::kPendingRollback:
    case helm::ReleaseStatus::kUninstalling:
      return Pause{"a helm operation of somebody else: " + Describe(newest)};
    case helm::ReleaseStatus::kUnknown:
    case helm::ReleaseStatus::kUninstalled:
    case helm::ReleaseStatus::kSuperseded:
      return foreign;
  }
  return foreign;
}

kube::ObjectPtr FindWorkload(const Context& context, const std::string& kind_and_name) {
  const std::size_t slash = kind_and_name.find('/');
  const std::string kind = kind_and_name.substr(0, slash);
  const std::string name = slash == std::string::npos ? "" : kind_and_name.substr(slash + 1);
  if (kind == "Deployment") {
    return FindObject(context.At(Slot::kDeployments), name);
  }
  return kind == "StatefulSet" ? FindObject(context.At(Slot::kStatefulSets), name) : nullptr;
}

// helm has set the image before this: another one is somebody's act.
std::string ForeignImage(const Context& context, const kube::Object& workload) {
  const std::string& wanted = context.hop.helm->milvus_image;
  if (!IsMilvus(context, workload) || wanted.empty() || MilvusImage(workload) == wanted) {
    return "";
  }
  return workload.ref.kind + "/" + workload.ref.name + " runs '" + MilvusImage(workload) +
         "', wanted is '" + wanted + "'";
}

std::string PodImageProblem(const Context& context, const kube::Object& workload) {
  const std::string& wanted = context.hop.helm->milvus_image;
  if (!IsMilvus(context, workload) || wanted.empty()) {
    return "";
  }
  for (const auto& pod : PodsOf(context.At(Slot::kPods), workload)) {
    const auto component = workload.labels.find("component");
    const auto* body = kube::As<kube::Pod>(pod);
    if (!IsFinished(*pod) && ImageOf(*body->pod_template, component->second) != wanted) {
      return "Pod/" + pod->ref.name + " does not run " + wanted;
    }
  }
  return "";
}

// A Milvus Deployment that the new chart does not have; nullptr: none.
kube::ObjectPtr LeftOver(const Context& context) {
  const auto& workloads = context.hop.helm->workloads;
  for (const auto& object : context.At(Slot::kDeployments).objects) {
    const std::string name = "Deployment/" + object->ref.name;
    if (IsMilvus(context, *object) &&
        std::find(workloads.begin(), workloads.end(), name) == workloads.end()) {
      return object;
    }
  }
  return nullptr;
}

// helm deletes what the new chart has no more; where that fails it says nothing, the revision is
// deployed, and no later upgrade tries again.
Verdict RemoveLeftOver(const Context& context, const kube::Object& left) {
  const std::string name = "Deployment/" + left.ref.name;
  const Pause pause{name + " of the old chart is still there"};
  if (left.terminating) {
    return pause;
  }
  if (!context.Has(Slot::kReleases)) {
    return Ask{Slot::kReleases, {}, ""};
  }
  for (const helm::ReleaseRecord& record : context.At(Slot::kReleases).releases) {
    const bool is_base = record.revision == context.Int("base_revision");
    const auto workloads = is_base ? WorkloadsIn(record) : std::vector<std::string>{};
    if (workloads && std::find(workloads->begin(), workloads->end(), name) != workloads->end()) {
      return Act{cluster::Delete{{left.ref}, true}, {}, context.options.confirmations};
    }
  }
  return pause;  // it was none of the release's
}

Verdict WaitForWorkload(const Context& context, const kube::Object& workload, std::string problem) {
  std::string reason;
  const auto stuck = StuckPod(PodsOf(context.At(Slot::kPods), workload), &reason);
  if (stuck != nullptr && context.impatient) {
    return GiveUp{"Pod/" + stuck->ref.name + ": " + reason, 1, stuck->ref};
  }
  return Pause{std::move(problem), stuck != nullptr};
}

}  // namespace

Verdict JudgeHelmPreflight(const Context& context) {
  const helm::ReleaseRecord* newest = NewestRelease(context);
  if (newest == nullptr) {
    return GiveUp{"there is no release '" + context.plan.release + "'",
                  context.options.confirmations};
  }
  if (helm::IsPending(newest->status) || newest->status == helm::ReleaseStatus::kUninstalling) {
    return Pause{"a helm operation is going on: " + Describe(*newest)};
  }
  if (newest->status != helm::ReleaseStatus::kDeployed &&
      newest->status != helm::ReleaseStatus::kFailed) {
    return GiveUp{"the release is not deployed: " + Describe(*newest),
                  context.options.confirmations};
  }
  const std::string chart = helm::ChartVersion(*newest);
  if (newest->status == helm::ReleaseStatus::kDeployed && !context.hop.from_chart.empty() &&
      !context.hop.from_chart.ends_with(chart)) {
    return GiveUp{
        "the release is at chart " + chart + ", the hop starts at " + context.hop.from_chart,
        context.options.confirmations};
  }
  std::string problem = ImageProblem(context);
  if (problem.empty() && newest->status == helm::ReleaseStatus::kDeployed) {
    problem = ScaledByHand(context, *newest);
  }
  if (!problem.empty()) {
    return GiveUp{problem, context.options.confirmations};
  }
  return Done{{context.Set("base_revision", std::to_string(newest->revision))}};
}

Verdict JudgeHelmUpgrade(const Context& context) {
  const helm::ReleaseRecord* newest = NewestRelease(context);
  const std::int64_t base = context.Int("base_revision");
  if (newest == nullptr || newest->revision < base) {
    return Pause{"the release's revision " + std::to_string(base) + " is not to be seen"};
  }
  if (newest->revision == base) {
    return FromBase(context, *newest);
  }
  return JudgeNewRevision(context, *newest);
}

Verdict JudgeRollout(const Context& context) {
  if (context.Bug(SeededBug::kNoRolloutWait)) {
    return Done{};
  }
  const auto left = LeftOver(context);
  if (left != nullptr) {  // a coordinator of the old chart keeps the new one from starting
    Verdict verdict = RemoveLeftOver(context, *left);
    if (!std::holds_alternative<Pause>(verdict)) {
      return verdict;
    }
  }
  for (const std::string& name : context.hop.helm->workloads) {
    const auto workload = FindWorkload(context, name);
    if (workload == nullptr) {
      return Pause{name + " does not exist"};
    }
    const std::string foreign = ForeignImage(context, *workload);
    if (!foreign.empty()) {
      return GiveUp{foreign, context.options.confirmations};
    }
    std::string problem = PodImageProblem(context, *workload);
    if (problem.empty()) {
      problem = RolloutProblem(*workload);
    }
    if (!problem.empty()) {
      return WaitForWorkload(context, *workload, std::move(problem));
    }
  }
  return left == nullptr ? Verdict(Done{}) : RemoveLeftOver(context, *left);
}

Verdict JudgeAgreement(const Context& context) {
  const helm::ReleaseRecord* newest = NewestRelease(context);
  if (newest == nullptr || newest->revision <= context.Int("base_revision")) {
    return Pause{"the new revision of the release is not to be seen"};
  }
  if (helm::IsPending(newest->status)) {
    return Pause{"a helm operation is going on: " + Describe(*newest)};
  }
  if (newest->status != helm::ReleaseStatus::kDeployed || !IsOfHop(*newest, *context.hop.helm)) {
    return GiveUp{"somebody else upgraded the release: " + Describe(*newest),
                  context.options.confirmations};
  }
  const std::string difference = ManifestDifference(context, *newest);
  if (!difference.empty()) {
    return GiveUp{"live objects and release do not agree: " + difference,
                  context.options.confirmations};
  }
  const std::string& root = context.root_path;
  if (!root.empty()) {
    const auto& keys = context.At(Slot::kSessions).keys;
    const std::string problem = keys ? SessionProblem(*keys, root, context.hop.helm->milvus_image)
                                     : "the sessions could not be read";
    if (!problem.empty()) {
      return Pause{problem};
    }
  }
  return Done{};
}

}  // namespace rehearse::upgrade::executor
