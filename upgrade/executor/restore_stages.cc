#include "upgrade/executor/backup_check.h"
#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/executor/scaling.h"

namespace rehearse::upgrade::executor {
namespace {

// Unfinished tool pods of ours but `except` must not run, now or later.
std::optional<Verdict> RemoveToolPods(const Context& context, std::string_view except) {
  std::vector<kube::Ref> refs;
  for (const auto& pod : ToolPods(context, true)) {
    if (pod->ref.name == except) {
      continue;
    }
    if (pod->terminating) {
      return Pause{"Pod/" + pod->ref.name + " is being deleted"};
    }
    refs.push_back(pod->ref);
  }
  if (refs.empty()) {
    return std::nullopt;
  }
  return Act{cluster::Delete{std::move(refs), true}};
}

bool EqualsBaseline(const Context& context) {
  return DurableDigest(*context.At(Slot::kMetadata).keys, context.hop.metadata->root_path) ==
         context.Get("baseline");
}

StageKind AfterRestore(const Context& context) {
  return context.Get("giving_up").empty() ? StageKind::kMigrate : StageKind::kWayBack;
}

// The metadata is neither the backup nor whole: Milvus must be down before it is restored.
std::optional<Verdict> KeepDown(const Context& context) {
  const auto up = ScaledUp(context);
  if (!up.empty() && context.Get("giving_up").empty()) {
    return Learn{{context.Set("giving_up", ForeignAct(context))}, context.options.confirmations};
  }
  if (!up.empty()) {
    return Act{StopAgain(context, up), {}, context.options.confirmations};
  }
  const std::string left = MilvusLeft(context);
  if (!left.empty()) {
    return Pause{"not gone yet: " + left};
  }
  const auto sessions =
      SessionsIn(*context.At(Slot::kMetadata).keys, context.hop.metadata->root_path);
  if (!sessions.empty()) {
    return Pause{"sessions still alive: " + Join(sessions)};
  }
  return std::nullopt;
}

Verdict RunRestore(const Context& context, PodState state, const kube::Ref& pod) {
  const std::int64_t number = context.Int("restore_try");
  // What was found good, and is not what it was any more, somebody has changed since.
  const bool checked = context.Get("restore_checked").starts_with(std::to_string(number) + ":");
  if (state == PodState::kSucceeded && !checked) {
    return Done{{}, StageKind::kVerifyRestore, context.options.confirmations};
  }
  const bool again = state == PodState::kAbsent && number > 0;
  const std::int64_t tried = number - context.Int("restore_try_base");
  if (!again && tried >= context.options.attempts_max) {
    return GiveUp{"the backup could not be restored in " + std::to_string(tried) + " tries",
                  context.options.confirmations,
                  pod};
  }
  if (state == PodState::kFailed && !context.impatient) {
    if (!context.Has(Slot::kLog)) {
      return Ask{Slot::kLog, pod, ""};
    }
    if (Tail(context.At(Slot::kLog).text.out, 1).empty()) {
      return AfterSilence(pod);
    }
  }
  const std::int64_t next = again ? number : number + 1;
  return Act{MakeToolPod(context, ToolTask::kRestore, next),
             {context.Set("restore_try", std::to_string(next))},
             context.options.confirmations};
}

}  // namespace

Verdict JudgeRestore(const Context& context) {
  const std::int64_t number = context.Int("restore_try");
  const kube::Ref pod{"Pod", context.plan.ns, PodName(context, ToolTask::kRestore, number)};
  if (auto verdict = RemoveToolPods(context, pod.name)) {
    return *verdict;
  }
  if (context.Get("baseline").empty() || context.Int("migrate_try") == 0) {
    return Done{{}, AfterRestore(context)};  // nothing of ours was ever written
  }
  const auto foreign = ToolPods(context, false);
  if (!foreign.empty()) {
    return Pause{"somebody else runs a migration pod: " + NamesOf(foreign)};
  }
  const PodState state = number == 0 ? PodState::kAbsent : StateOf(context, pod.name);
  if (state == PodState::kActive) {
    return WatchTool(context, pod, "the metadata is being restored");
  }
  if (!context.Has(Slot::kMetadata)) {
    return Ask{Slot::kMetadata, {}, ""};
  }
  if (!context.At(Slot::kMetadata).keys) {
    return Pause{"the metadata could not be read"};
  }
  if (EqualsBaseline(context)) {
    return Done{{}, AfterRestore(context), context.options.confirmations};
  }
  if (auto verdict = KeepDown(context)) {
    return *verdict;
  }
  return RunRestore(context, state, pod);
}

Verdict JudgeVerifyRestore(const Context& context) {
  const std::string mark = context.Get("restore_try") + ":";
  const std::string& root = context.hop.metadata->root_path;
  if (context.Get("restore_checked").starts_with(mark)) {
    if (auto verdict = RemoveReader(context)) {
      return *verdict;
    }
    return Done{{}, StageKind::kRestore};
  }
  return ReadAndCompare(context, [&](const Result<migration::BackupFile>& file) -> Verdict {
    if (!file) {
      return GiveUp{"the backup file cannot be read back: " + file.error().message,
                    context.options.confirmations};
    }
    // Servers that ran in between may have left keys of their own: the backup must be there, more
    // may be.
    const etcd::Keys live = DurableKeys(*context.At(Slot::kMetadata).keys, root);
    if (FirstMissing(DurableKeys(migration::KeysOf(*file), root), live).empty()) {
      return Learn{{context.Set("restore_checked", mark + "good"),
                    context.Set("baseline", DigestText(live))}};
    }
    return Learn{{context.Set("restore_checked", mark + "bad")}, context.options.confirmations};
  });
}

Verdict JudgeWayBack(const Context& context) {
  if (auto verdict = RemoveToolPods(context, "")) {
    return *verdict;
  }
  if (context.Get("way_back").empty()) {
    if (context.Int("migrate_try") > 0) {
      if (!context.Has(Slot::kMetadata)) {
        return Ask{Slot::kMetadata, {}, ""};
      }
      if (!context.At(Slot::kMetadata).keys) {
        return Pause{"the metadata could not be read"};
      }
      if (!EqualsBaseline(context)) {
        return Done{{}, StageKind::kRestore, context.options.confirmations};
      }
    }
    return Learn{{context.Set("way_back", "begun")}, context.options.confirmations};
  }
  if (auto verdict = BringUp(context, false)) {
    return *verdict;
  }
  return GiveUp{""};  // all is as before: the executor stops with the reason it came with
}

}  // namespace rehearse::upgrade::executor
