#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/executor/releases.h"
#include "upgrade/replicas.h"

namespace rehearse::upgrade::executor {
namespace {

// Nothing was to do: what the newest revision has must be ready all the same, and serve.
Verdict JudgeUntouched(const Context& context) {
  if (auto verdict = ReleaseNotAtRest(context)) {
    return *verdict;
  }
  const helm::ReleaseRecord* newest = NewestRelease(context);
  if (!context.plan.to_chart.empty() && helm::ChartVersion(*newest) != context.plan.to_chart) {
    return GiveUp{"somebody else upgraded the release: " + Describe(*newest),
                  context.options.confirmations};
  }
  auto workloads = WorkloadsIn(*newest);
  if (!workloads) {
    return GiveUp{workloads.error().message, context.options.confirmations};
  }
  for (const std::string& name : *workloads) {
    const auto object = FindObject(context.At(Slot::kDeployments), name.substr(name.find('/') + 1));
    if (object != nullptr && ReplicasOf(*object) == 0) {
      return GiveUp{name + " is at 0 replicas", context.options.confirmations};
    }
  }
  result::Hop hop;
  hop.helm.emplace().workloads = *std::move(workloads);
  const Context of{context.plan,
                   hop,
                   context.facts,
                   context.options,
                   context.seen,
                   context.root_path,
                   context.overdue,
                   context.impatient};
  Verdict verdict = JudgeRollout(of);
  if (!std::holds_alternative<Done>(verdict)) {
    return verdict;
  }
  const std::string difference = ManifestDifference(context, *newest, Compared::kAllButReplicas);
  return difference.empty() ? Verdict(Done{})
                            : Verdict(GiveUp{"live objects and release do not agree: " + difference,
                                             context.options.confirmations});
}

Verdict JudgeEnd(const Context& context) {
  if (context.plan.hops.empty()) {
    return JudgeUntouched(context);
  }
  if (context.hop.helm) {
    Verdict verdict = JudgeRollout(context);
    return std::holds_alternative<Done>(verdict) ? JudgeAgreement(context) : verdict;
  }
  if (context.hop.rolling) {
    return JudgeRolling(context);
  }
  if (auto verdict = BringUp(context, true)) {
    return *verdict;
  }
  return Done{};
}

// What is not as the plan left it, in words of the action that would bring it back.
std::string ChangeIn(const cluster::Action& action) {
  if (const auto* patch = std::get_if<cluster::Patch>(&action)) {
    const std::string name = patch->ref.kind + "/" + patch->ref.name;
    return name + (patch->patch.find(kReplicasMark) != std::string::npos
                       ? " is at 0 replicas"
                       : " does not have the image that was set");
  }
  if (const auto* scale = std::get_if<cluster::Scale>(&action)) {
    return scale->refs.front().kind + "/" + scale->refs.front().name + " is at 0 replicas";
  }
  if (const auto* deletion = std::get_if<cluster::Delete>(&action)) {
    return deletion->refs.front().kind + "/" + deletion->refs.front().name + " is there again";
  }
  return "what was made is gone";
}

}  // namespace

// The backup volume stays: it holds the only way back.
Verdict JudgeCleanup(const Context& context) {
  std::vector<kube::Ref> refs;
  bool going = false;
  for (const Slot slot : {Slot::kPods, Slot::kConfigMaps}) {
    for (const auto& object : context.At(slot).objects) {
      if (AttemptOf(*object, context.plan.release) != AttemptOf(context)) {
        continue;
      }
      if (object->terminating) {
        going = true;
      } else {
        refs.push_back(object->ref);
      }
    }
  }
  if (!refs.empty()) {
    return Act{cluster::Delete{std::move(refs), true}};
  }
  return going ? Verdict(Pause{"helper objects are being deleted"}) : Verdict(Done{});
}

// The last look before success is claimed: what was ready may have been disturbed while we waited.
// A plan that was finished before is looked at and not carried out again: whatever was changed
// since then, somebody wanted.
Verdict JudgeSettled(const Context& context) {
  Verdict verdict = JudgeEnd(context);
  const auto* act = std::get_if<Act>(&verdict);
  if (act == nullptr || context.facts.Get(kFinishedFact).empty()) {
    return verdict;
  }
  return GiveUp{"the plan was carried out, and changed since: " + ChangeIn(act->action),
                context.options.confirmations};
}

}  // namespace rehearse::upgrade::executor
