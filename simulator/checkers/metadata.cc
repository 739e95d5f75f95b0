#include "simulator/checkers/metadata.h"

#include <array>

#include "model/core/remembered.h"
#include "model/migration/backup.h"
#include "model/milvus/families.h"
#include "simulator/checkers/property.h"

namespace rehearse::sim {
namespace {

bool HasAny(const etcd::Keys& keys,
            const std::string& meta_root,
            std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {
    bool found = false;
    keys.ForPrefix(meta_root + "/" + std::string(prefix),
                   [&](const std::string&, const auto& entry) {
                     found = found || !milvus::IsTombstone(entry->value);
                   });
    if (found) {
      return true;
    }
  }
  return false;
}

bool Compared(const std::string& key, const etcd::Entry& entry, const std::string& session) {
  return entry.lease == 0 && !key.starts_with(session);
}

}  // namespace

std::string_view NameOf(Generation generation) {
  switch (generation) {
    case Generation::kNone:
      return "no";
    case Generation::k21:
      return "2.1";
    case Generation::k22:
      return "2.2";
    case Generation::kMixed:
      return "mixed 2.1 and 2.2";
  }
  return "unknown";
}

Generation GenerationOf(const etcd::Keys& keys, const std::string& root_path) {
  const std::string root = milvus::MetaRoot(root_path);
  const bool old = HasAny(keys,
                          root,
                          {"root-coord/index/",
                           "root-coord/segment-index/",
                           "root-coord/collection-alias/",
                           "indexes/"});
  const bool fresh = HasAny(keys,
                            root,
                            {"field-index/",
                             "segment-index/",
                             "root-coord/aliases/",
                             "querycoord-collection-loadinfo/",
                             "querycoord-partition-loadinfo/"});
  if (old && fresh) {
    return Generation::kMixed;
  }
  return old ? Generation::k21 : fresh ? Generation::k22 : Generation::kNone;
}

std::optional<Violation> CheckServerMetadata(const ClusterState& state, const std::string& pod) {
  const Process* process = state.processes.Find(pod);
  if (process == nullptr || !process->milvus) {
    return std::nullopt;
  }
  const MilvusProcess& milvus = *process->milvus;
  const Generation generation = GenerationOf(state.etcd.keys, milvus.root_path);
  const bool is_old = milvus.version < Version{2, 2, 0, ""};
  const bool fits =
      generation == Generation::kNone || generation == (is_old ? Generation::k21 : Generation::k22);
  if (fits) {
    return std::nullopt;
  }
  return Violation{kServerFitsMetadata,
                   state.now,
                   pod + " runs Milvus " + milvus.version.ToString() + " on " +
                       std::string(NameOf(generation)) + " metadata"};
}

std::optional<Violation> CheckToolIsAlone(const ClusterState& state, const std::string& pod) {
  std::string alive;
  state.processes.ForEach([&](const std::string& other, const auto& process) {
    if (process->milvus && !process->milvus->sessions.empty()) {
      alive = other;
    }
    if (process->tool && other != pod && process->tool->tool->registered) {
      alive = other;
    }
  });
  if (alive.empty()) {
    return std::nullopt;
  }
  return Violation{
      kToolIsAlone, state.now, pod + " changes metadata while " + alive + " holds sessions"};
}

bool SameMetadata(const etcd::Keys& a, const etcd::Keys& b, const std::string& root_path) {
  const std::string root = milvus::MetaRoot(root_path) + "/";
  const std::string session = root + "session/";
  std::size_t count_a = 0;
  std::size_t count_b = 0;
  bool same = true;
  a.ForPrefix(root, [&](const std::string& key, const auto& entry) {
    if (Compared(key, *entry, session)) {
      ++count_a;
      const etcd::Entry* other = b.Find(key);
      same = same && other != nullptr && other->value == entry->value;
    }
  });
  b.ForPrefix(root, [&](const std::string& key, const auto& entry) {
    count_b += Compared(key, *entry, session) ? 1U : 0U;
  });
  return same && count_a == count_b;
}

std::shared_ptr<const etcd::Keys> KeysInBackup(const std::string& bytes) {
  static Remembered<std::shared_ptr<const etcd::Keys>> known(64);
  return known.Get({}, HashString(bytes), [&]() -> std::shared_ptr<const etcd::Keys> {
    const auto file = migration::ReadBackup(bytes);
    return file ? std::make_shared<const etcd::Keys>(migration::KeysOf(*file)) : nullptr;
  });
}

bool IsValidBackup(const std::string& bytes,
                   const etcd::Keys& original,
                   const std::string& root_path) {
  if (!migration::LooksLikeBackup(bytes)) {
    return false;
  }
  const auto keys = KeysInBackup(bytes);
  return keys != nullptr && SameMetadata(*keys, original, root_path);
}

std::shared_ptr<const std::string> FindValidBackup(const ClusterState& state,
                                                   const etcd::Keys& original,
                                                   const std::string& root_path) {
  std::shared_ptr<const std::string> valid;
  state.volumes.ForEach([&](const std::string&, const auto& content) {
    for (const auto& [name, bytes] : content->files) {
      if (!valid && IsValidBackup(*bytes, original, root_path)) {
        valid = bytes;
      }
    }
  });
  return valid;
}

std::optional<Violation> CheckOriginalIsSafe(const ClusterState& state,
                                             const etcd::Keys& original,
                                             const std::string& root_path,
                                             std::shared_ptr<const std::string>& known) {
  bool still_there = false;
  state.volumes.ForEach([&](const std::string&, const auto& content) {
    for (const auto& [name, bytes] : content->files) {
      still_there = still_there || (known != nullptr && bytes == known);
    }
  });
  if (still_there || SameMetadata(state.etcd.keys, original, root_path)) {
    return std::nullopt;
  }
  known = FindValidBackup(state, original, root_path);
  if (known) {
    return std::nullopt;
  }
  return Violation{
      kNoMetadataLost, state.now, "metadata is changed and no backup file holds the original"};
}

}  // namespace rehearse::sim
