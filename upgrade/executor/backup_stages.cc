#include "model/migration/backup.h"
#include "upgrade/executor/backup_check.h"
#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"

namespace rehearse::upgrade::executor {
namespace {

// A new try: new name of pod and file; the third failure is the last.
Verdict NextTry(const Context& context, const std::string& why) {
  const std::int64_t tried = context.Int("try");
  if (tried >= context.options.attempts_max) {
    return GiveUp{"no usable backup after " + std::to_string(tried) + " tries: " + why};
  }
  return Done{{context.Set("try", std::to_string(tried + 1))}, StageKind::kWorkspace};
}

// A tool that was killed leaves its own session for up to the lease's time; the next would fail on
// it.
std::optional<Verdict> WaitForSessions(const Context& context) {
  if (context.Bug(SeededBug::kSkipSessionWait)) {
    return std::nullopt;
  }
  if (!context.Has(Slot::kSessions)) {
    return Ask{Slot::kSessions, {}, ""};
  }
  const auto& keys = context.At(Slot::kSessions).keys;
  if (!keys) {
    return Pause{"the sessions could not be read"};
  }
  const auto sessions = SessionsIn(*keys, context.hop.metadata->root_path);
  if (!sessions.empty()) {
    return Pause{"sessions still alive: " + Join(sessions)};
  }
  return std::nullopt;
}

bool IsConfigured(const Context& context) {
  const std::string name = ConfigName(context, context.Int("try"));
  const auto object = FindObject(context.At(Slot::kConfigMaps), name);
  return object != nullptr && !object->terminating;
}

}  // namespace

Verdict JudgeWorkspace(const Context& context) {
  const auto claim = FindObject(context.At(Slot::kClaims), ClaimName(context));
  if (claim == nullptr) {
    return Act{MakeClaim(context)};
  }
  if (claim->terminating) {
    return Pause{"the volume claim " + claim->ref.name + " is being deleted"};
  }
  if (!IsConfigured(context)) {
    return Act{MakeConfig(context, context.Int("try"))};
  }
  return Done{};
}

Verdict JudgeBackup(const Context& context) {
  const std::string foreign = ForeignAct(context);
  if (!foreign.empty()) {
    return GiveUp{foreign, context.options.confirmations};
  }
  const std::string pod = PodName(context, ToolTask::kBackup, context.Int("try"));
  const kube::Ref ref{"Pod", context.plan.ns, pod};
  const PodState state = StateOf(context, pod);
  if (context.Bug(SeededBug::kTrustStaleBackup) && state != PodState::kAbsent) {
    return Done{};
  }
  switch (state) {
    case PodState::kAbsent:
      if (auto verdict = WaitForSessions(context)) {
        return *verdict;
      }
      return Act{MakeToolPod(context, ToolTask::kBackup, context.Int("try"))};
    case PodState::kActive:
      return WatchTool(context, ref, "the backup is being made");
    case PodState::kSucceeded:
      return Done{};
    case PodState::kFailed:
      break;
  }
  if (!context.Has(Slot::kLog)) {
    return Ask{Slot::kLog, ref, ""};
  }
  const std::string last = Tail(context.At(Slot::kLog).text.out, 1);
  return last.empty() && !context.impatient ? AfterSilence(ref) : NextTry(context, last);
}

Verdict JudgeVerifyBackup(const Context& context) {
  const std::string mark = context.Get("try") + ":";
  if (context.Bug(SeededBug::kTrustStaleBackup)) {
    if (!context.Has(Slot::kMetadata)) {
      return Ask{Slot::kMetadata, {}, ""};
    }
    return Done{AcceptUnread(context)};
  }
  const bool good = context.Get("checked") == mark + "good";
  const bool bad = context.Get("checked") == mark + "bad";
  if (!good && !bad) {
    return ReadAndCompare(context, [&context](const Result<migration::BackupFile>& file) {
      return JudgeBackupFile(context, file);
    });
  }
  if (auto verdict = RemoveReader(context)) {
    return *verdict;
  }
  return good ? Verdict(Done{}) : NextTry(context, context.Get("checked_why"));
}

}  // namespace rehearse::upgrade::executor
