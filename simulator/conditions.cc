#include "simulator/conditions.h"

#include <algorithm>
#include <array>

#include "model/core/check.h"

namespace rehearse::sim {
namespace {

struct Condition {
  std::string_view name;
  std::string_view words;  // # stands for the number
  bool (*holds)(const ClusterState& state, std::int64_t number);
};

bool AnyProcess(const ClusterState& state, auto&& matches) {
  bool found = false;
  state.processes.ForEach(
      [&](const std::string&, const auto& process) { found = found || matches(*process); });
  return found;
}

bool AnyKey(const ClusterState& state, auto&& matches) {
  bool found = false;
  state.etcd.keys.ForEach(
      [&](const std::string& key, const auto& entry) { found = found || matches(key, *entry); });
  return found;
}

bool ToolRuns(const ClusterState& state, std::int64_t /*number*/) {
  return AnyProcess(state, [](const Process& process) { return process.tool.has_value(); });
}

bool ToolHasPut(const ClusterState& state, std::int64_t number) {
  return state.counters.tool_puts >= number;
}

bool BackupIsWritten(const ClusterState& state, std::int64_t /*number*/) {
  bool found = false;
  state.volumes.ForEach([&](const std::string&, const auto& content) {
    for (const auto& [name, bytes] : content->files) {
      found = found || name.ends_with(".bak");
    }
  });
  return found;
}

bool MetadataIsCleaned(const ClusterState& state, std::int64_t number) {
  return ToolRuns(state, number) && !AnyKey(state, [](const std::string& key, const auto&) {
           return key.find("/meta/root-coord/collection/") != std::string::npos;
         });
}

bool MilvusIsStopped(const ClusterState& state, std::int64_t /*number*/) {
  return !AnyProcess(state, [](const Process& process) { return process.milvus.has_value(); });
}

bool SessionsAreGone(const ClusterState& state, std::int64_t /*number*/) {
  return !AnyKey(state, [](const std::string& key, const etcd::Entry& entry) {
    return entry.lease != 0 && key.find("/meta/session/") != std::string::npos;
  });
}

bool ReleaseIsPending(const ClusterState& state, std::int64_t /*number*/) {
  bool found = false;
  state.releases.ForEach([&](const std::string&, const auto& record) {
    found = found || record->status == helm::ReleaseStatus::kPendingUpgrade;
  });
  return found;
}

constexpr std::array kConditions = {
    Condition{"Milvus is stopped", "as soon as no Milvus runs any more", MilvusIsStopped},
    Condition{"sessions are gone", "as soon as no session is alive any more", SessionsAreGone},
    Condition{"tool runs", "as soon as the migration tool runs", ToolRuns},
    Condition{"backup is written", "as soon as a backup file is written", BackupIsWritten},
    Condition{
        "metadata is cleaned", "as soon as the tool has removed the metadata", MetadataIsCleaned},
    Condition{"tool has put", "after # of the migration tool", ToolHasPut},
    Condition{"release is pending-upgrade",
              "as soon as the release is pending-upgrade",
              ReleaseIsPending},
};

const Condition* Find(const std::string& name) {
  const auto* at = std::find_if(kConditions.begin(), kConditions.end(), [&](const Condition& each) {
    return each.name == name;
  });
  return at == kConditions.end() ? nullptr : &*at;
}

}  // namespace

bool IsCondition(const std::string& name) { return Find(name) != nullptr; }

std::string KnownConditions() {
  std::string known;
  for (const Condition& condition : kConditions) {
    known += (known.empty() ? "'" : ", '") + std::string(condition.name) + "'";
  }
  return known;
}

std::string WordsOf(const std::string& name, std::int64_t number) {
  const Condition* condition = Find(name);
  CHECK(condition != nullptr);
  std::string words(condition->words);
  const std::size_t at = words.find('#');
  if (at != std::string::npos) {
    words.replace(at, 1, "put number " + std::to_string(number));
  }
  return words;
}

bool Holds(const std::string& name, std::int64_t number, const ClusterState& state) {
  const Condition* condition = Find(name);
  CHECK(condition != nullptr);
  return condition->holds(state, number);
}

}  // namespace rehearse::sim
