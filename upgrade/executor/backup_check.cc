#include "upgrade/executor/backup_check.h"

#include "model/core/json.h"
#include "upgrade/executor/judges.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/metadata_check.h"

namespace rehearse::upgrade::executor {
namespace {

// A new number for a reader that was evicted or killed.
Verdict NewReader(const Context& context, std::int64_t number) {
  return Act{MakeReader(context, number), {context.Set("reader", std::to_string(number))}};
}

Updates VerifiedFacts(const Context& context, const etcd::Keys& durable, std::int64_t bytes) {
  const std::string& root = context.hop.metadata->root_path;
  return {context.Set("baseline", DigestText(durable)),
          context.Set("backup_keys", std::to_string(durable.size())),
          context.Set("backup_bytes", std::to_string(bytes)),
          context.Set("backup_file", BackupPath(context.Int("try"))),
          context.Set("expected", Dump(ToJson(ExpectationOf(durable, root))))};
}

std::string BackupProblem(const Context& context, const migration::BackupFile& file) {
  if (!file.IsComplete()) {
    return "the file holds " + std::to_string(file.entries.size()) + " entries, its header says " +
           std::to_string(file.header.entries);
  }
  const std::string& root = context.hop.metadata->root_path;
  const etcd::Keys saved = DurableKeys(migration::KeysOf(file), root);
  const etcd::Keys live = DurableKeys(*context.At(Slot::kMetadata).keys, root);
  std::string key = FirstMissing(live, saved);
  if (!key.empty()) {
    return "etcd has key " + key + " that the backup lacks or has with another value";
  }
  key = FirstMissing(saved, live);
  return key.empty() ? "" : "the backup has key " + key + " that etcd lacks";
}

}  // namespace

Verdict WatchTool(const Context& context, const kube::Ref& pod, const std::string& what) {
  const auto object = FindObject(context.At(Slot::kPods), pod.name);
  if (object != nullptr && object->terminating) {
    return Pause{"Pod/" + pod.name + " is being deleted"};
  }
  if (context.impatient) {
    return Act{cluster::Delete{{pod}, true}};
  }
  return Pause{what + " by Pod/" + pod.name, true};
}

Verdict AfterSilence(const kube::Ref& pod) {
  return Pause{"Pod/" + pod.name + " failed without a word; the next one has to wait", true};
}

Verdict ReadAndCompare(const Context& context, const Compare& compare) {
  const std::int64_t number = context.Int("reader");
  const std::string name = ReaderName(context, number);
  switch (number == 0 ? PodState::kFailed : StateOf(context, name)) {
    case PodState::kAbsent:
      return NewReader(context, number);
    case PodState::kSucceeded:
    case PodState::kFailed:
      return NewReader(context, number + 1);
    case PodState::kActive:
      break;
  }
  const auto object = FindObject(context.At(Slot::kPods), name);
  const auto* pod = kube::As<kube::Pod>(object);
  if (pod == nullptr || object->terminating || pod->phase != kube::PodPhase::kRunning) {
    return Pause{"Pod/" + name + ", which reads the backup, is not running yet"};
  }
  if (!context.Has(Slot::kFile)) {
    return Ask{Slot::kFile, object->ref, BackupPath(context.Int("try"))};
  }
  if (!context.Has(Slot::kMetadata)) {
    return Ask{Slot::kMetadata, {}, ""};
  }
  const cluster::CommandResult& text = context.At(Slot::kFile).text;
  if (text.exit_code != 0 || !context.At(Slot::kMetadata).keys) {
    return Pause{"the backup file could not be read: " + Tail(text.err, 1), true};
  }
  return compare(migration::ReadBackup(text.out));
}

std::optional<Verdict> RemoveReader(const Context& context) {
  std::vector<kube::Ref> readers;
  for (std::int64_t number = 1; number <= context.Int("reader"); ++number) {
    const auto object = FindObject(context.At(Slot::kPods), ReaderName(context, number));
    if (object != nullptr && object->terminating) {
      return Pause{"Pod/" + object->ref.name + " is being deleted"};
    }
    if (object != nullptr) {
      readers.push_back(object->ref);
    }
  }
  if (readers.empty()) {
    return std::nullopt;
  }
  return Act{cluster::Delete{std::move(readers), true}};
}

Verdict JudgeBackupFile(const Context& context, const Result<migration::BackupFile>& file) {
  const std::string mark = context.Get("try") + ":";
  const std::string problem = file ? BackupProblem(context, *file) : file.error().message;
  if (!problem.empty()) {
    return Learn{{context.Set("checked", mark + "bad"), context.Set("checked_why", problem)},
                 context.options.confirmations};
  }
  const etcd::Keys durable =
      DurableKeys(*context.At(Slot::kMetadata).keys, context.hop.metadata->root_path);
  const auto bytes = static_cast<std::int64_t>(context.At(Slot::kFile).text.out.size());
  Updates updates = VerifiedFacts(context, durable, bytes);
  updates.push_back(context.Set("checked", mark + "good"));
  return Learn{std::move(updates)};
}

Updates AcceptUnread(const Context& context) {
  return VerifiedFacts(
      context, DurableKeys(*context.At(Slot::kMetadata).keys, context.hop.metadata->root_path), 0);
}

std::string FirstMissing(const etcd::Keys& wanted, const etcd::Keys& keys) {
  std::string missing;
  if (wanted == keys) {
    return missing;
  }
  wanted.ForEach([&](const std::string& key, const auto& entry) {
    const etcd::Entry* other = keys.Find(key);
    if (missing.empty() && (other == nullptr || other->value != entry->value)) {
      missing = key;
    }
  });
  return missing;
}

}  // namespace rehearse::upgrade::executor
