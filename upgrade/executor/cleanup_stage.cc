#include "upgrade/executor/judges.h"
#include "upgrade/executor/manifests.h"

namespace rehearse::upgrade::executor {

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
Verdict JudgeSettled(const Context& context) {
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

}  // namespace rehearse::upgrade::executor
