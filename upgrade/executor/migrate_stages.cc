#include <algorithm>
#include <array>

#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/metadata_check.h"

namespace rehearse::upgrade::executor {
namespace {

// What the tool says when trying again cannot help: the same metadata gives the same answer.
constexpr std::array<std::string_view, 6> kDeterministic = {
    "panic:", "forbidden", "not supported", "not allowed", "mismatch", "meta not found"};

bool IsDeterministic(std::string_view reason) {
  return std::any_of(kDeterministic.begin(), kDeterministic.end(), [&](std::string_view word) {
    return reason.find(word) != std::string_view::npos;
  });
}

// The line of a panic, else the last line.
std::string ReasonIn(std::string_view log) {
  const std::size_t at = log.find("panic:");
  if (at != std::string_view::npos) {
    return std::string(log.substr(at, log.substr(at).find('\n')));
  }
  return Tail(log, 1);
}

bool IsUntouched(const Context& context) {
  return DurableDigest(*context.At(Slot::kMetadata).keys, context.hop.metadata->root_path) ==
         context.Get("baseline");
}

// An earlier run may have migrated what has neither indexes nor aliases, in which nothing tells the
// new form from the old.
bool IsWholeAlready(const Context& context) {
  const auto expected = ExpectationFromJson(context.Get("expected"));
  return expected && CheckMigration(*expected,
                                    *context.At(Slot::kMetadata).keys,
                                    context.hop.metadata->root_path,
                                    CheckMoment::kAfterTool)
                         .empty();
}

Verdict RunTool(const Context& context, std::int64_t number) {
  return Act{MakeMigration(context, number),
             {context.Set("migrate_try", std::to_string(number))},
             context.options.confirmations};
}

// No pod of the tool is there.
Verdict WithoutPod(const Context& context) {
  const std::int64_t number = context.Int("migrate_try");
  if (IsUntouched(context)) {
    return RunTool(context, std::max<std::int64_t>(number, 1));
  }
  if (number > 0) {  // it was there, and it wrote
    return Done{{}, StageKind::kRestore, context.options.confirmations};
  }
  const std::int64_t tried = context.Int("try");
  if (tried >= context.options.attempts_max) {
    return GiveUp{"the metadata keeps changing although Milvus is stopped",
                  context.options.confirmations};
  }
  return Done{{context.Set("try", std::to_string(tried + 1))},
              StageKind::kWorkspace,
              context.options.confirmations};
}

Verdict AfterFailure(const Context& context, const kube::Ref& pod) {
  if (!context.Has(Slot::kLog)) {
    return Ask{Slot::kLog, pod, ""};
  }
  const std::int64_t number = context.Int("migrate_try");
  if (context.Int("migrate_reason_of") != number) {
    const std::string reason = ReasonIn(context.At(Slot::kLog).text.out);
    const bool same = reason == context.Get("migrate_reason") && IsDeterministic(reason);
    return Learn{{context.Set("migrate_reason", reason),
                  context.Set("migrate_reason_of", std::to_string(number)),
                  context.Set("migrate_same", same ? "yes" : "")}};
  }
  if (context.Get("migrate_reason").empty() && !context.impatient) {
    return AfterSilence(pod);
  }
  if (!context.Get("migrate_same").empty() || number >= context.options.attempts_max) {
    return GiveUp{"the migration tool failed " + std::to_string(number) +
                      " times: " + context.Get("migrate_reason"),
                  1,
                  pod};
  }
  if (!IsUntouched(context) && !context.Bug(SeededBug::kSkipRestoreBeforeRetry)) {
    return Done{{}, StageKind::kRestore, context.options.confirmations};
  }
  return RunTool(context, context.Bug(SeededBug::kReuseToolPod) ? number : number + 1);
}

}  // namespace

Verdict JudgeMigrate(const Context& context) {
  const std::string foreign = ForeignAct(context);
  if (!foreign.empty()) {
    return GiveUp{foreign, context.options.confirmations};
  }
  const std::int64_t number = context.Int("migrate_try");
  const kube::Ref pod{"Pod", context.plan.ns, PodName(context, ToolTask::kMigrate, number)};
  const PodState state = number == 0 ? PodState::kAbsent : StateOf(context, pod.name);
  if (state == PodState::kActive) {
    return WatchTool(context, pod, "the metadata is being migrated");
  }
  if (!context.Has(Slot::kMetadata)) {
    return Ask{Slot::kMetadata, {}, ""};
  }
  const auto& keys = context.At(Slot::kMetadata).keys;
  if (!keys) {
    return Pause{"the metadata could not be read"};
  }
  const auto sessions = SessionsIn(*keys, context.hop.metadata->root_path);
  if (!sessions.empty() && !context.Bug(SeededBug::kSkipSessionWait)) {
    return Pause{"sessions still alive: " + Join(sessions)};
  }
  switch (state) {
    case PodState::kActive:
    case PodState::kAbsent:
      return WithoutPod(context);
    case PodState::kFailed:
      return AfterFailure(context, pod);
    case PodState::kSucceeded:
      break;
  }
  if (IsUntouched(context) && !IsWholeAlready(context)) {
    return GiveUp{
        "the migration tool succeeded and changed nothing", context.options.confirmations, pod};
  }
  return Done{};
}

Verdict JudgeVerifyMigration(const Context& context) {
  const std::string foreign = ForeignAct(context);
  if (!foreign.empty()) {
    return GiveUp{foreign, context.options.confirmations};
  }
  const auto& keys = context.At(Slot::kMetadata).keys;
  if (!keys) {
    return Pause{"the metadata could not be read"};
  }
  const std::string& root = context.hop.metadata->root_path;
  if (!context.Bug(SeededBug::kSkipMigrationCheck)) {
    const auto expected = ExpectationFromJson(context.Get("expected"));
    if (!expected) {
      return GiveUp{"the journal does not say what the backup holds"};
    }
    const auto findings = CheckMigration(*expected, *keys, root, CheckMoment::kAfterTool);
    if (!findings.empty()) {
      return GiveUp{
          "the migrated metadata is not complete: " + findings.front() +
              (findings.size() == 1 ? ""
                                    : " (and " + std::to_string(findings.size() - 1) + " more)"),
          context.options.confirmations};
    }
  }
  return Done{{context.Set("migrated", DurableDigest(*keys, root))}};
}

}  // namespace rehearse::upgrade::executor
