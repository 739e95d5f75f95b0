#include "upgrade/metadata_reading.h"

#include <algorithm>
#include <set>

#include "model/migration/backup.h"
#include "model/milvus/codec.h"
#include "model/milvus/families.h"

namespace rehearse::upgrade {
namespace {

using milvus::ClassifiedKey;
using milvus::Family;

constexpr std::string_view kMetaPart = "/meta/";
constexpr std::string_view kMarkers[] = {
    "/meta/root-coord/", "/meta/datacoord-meta/", "/meta/session/", "/meta/snapshots/"};

// Families that the migration tool removes, and no server of 2.2 writes.
bool IsOnly21(Family family) {
  return family == Family::kIndex21 || family == Family::kSegmentIndex21 ||
         family == Family::kIndexBuild21 || family == Family::kAlias21;
}

// Families that come from the tool or from work done by a server of 2.2 or later.
bool IsOnly22(Family family) {
  return family == Family::kIndex || family == Family::kSegmentIndex || family == Family::kAlias ||
         family == Family::kDatabaseAlias || family == Family::kPartition ||
         family == Family::kField || family == Family::kDatabaseCollection ||
         family == Family::kLoadedCollection || family == Family::kLoadedPartition ||
         family == Family::kReplica;
}

// Written by a server of 2.2 or later when it starts, whatever metadata it finds.
bool IsTraceOf22(Family family) {
  return family == Family::kDatabase || family == Family::kResourceGroup ||
         family == Family::kChannelCheckpoint;
}

bool IsCollection(Family family) {
  return family == Family::kCollection || family == Family::kDatabaseCollection;
}

struct Tally {
  std::int64_t only_21 = 0;
  std::int64_t only_22 = 0;
  std::int64_t traces_of_22 = 0;
  std::int64_t collection_keys = 0;  // tombstones and copies for time travel included
  std::set<std::int64_t> with_record;
  std::set<std::int64_t> with_data;
};

void Count(const ClassifiedKey& key, const etcd::KeyValue& kv, Tally& tally) {
  const bool live = !key.snapshot_ts && !milvus::IsTombstone(kv.value);
  tally.only_21 += live && IsOnly21(key.family) ? 1 : 0;
  tally.only_22 += live && IsOnly22(key.family) ? 1 : 0;
  tally.traces_of_22 += IsTraceOf22(key.family) ? 1 : 0;
  if (IsCollection(key.family)) {
    ++tally.collection_keys;
    if (const auto id = key.parts.empty() ? std::nullopt : milvus::ParseId(key.parts.back())) {
      tally.with_record.insert(*id);
    }
  }
  if (key.family == Family::kSegment || key.family == Family::kLoadedCollection21) {
    if (const auto id = key.parts.empty() ? std::nullopt : milvus::ParseId(key.parts.front())) {
      tally.with_data.insert(*id);
    }
  }
}

MetadataGeneration GenerationOf(const Tally& tally, const MetadataReading& reading) {
  if (tally.collection_keys == 0 && !reading.orphans.empty()) {
    return MetadataGeneration::kCleaned;
  }
  if (tally.only_21 > 0 && tally.only_22 > 0) {
    return MetadataGeneration::kMixed;
  }
  if (tally.only_22 > 0) {
    return MetadataGeneration::kV22;
  }
  if (tally.only_21 > 0) {
    return MetadataGeneration::kV21;
  }
  if (tally.collection_keys == 0) {
    return MetadataGeneration::kEmpty;
  }
  // Collections without any index or alias: the traces of a newer server decide.
  return tally.traces_of_22 > 0 ? MetadataGeneration::kV22 : MetadataGeneration::kV21;
}

std::string RoleOf(const ClassifiedKey& key) {
  const std::string_view name = key.parts.empty() ? std::string_view() : key.parts.front();
  return std::string(name.substr(0, name.find('-')));
}

}  // namespace

std::string_view NameOf(MetadataGeneration generation) {
  switch (generation) {
    case MetadataGeneration::kEmpty:
      return "empty";
    case MetadataGeneration::kV21:
      return "2.1";
    case MetadataGeneration::kV22:
      return "2.2";
    case MetadataGeneration::kMixed:
      return "mixed";
    case MetadataGeneration::kCleaned:
      return "cleaned";
  }
  return "empty";
}

MetadataReading ReadMetadata(const etcd::Dump& dump, std::string_view root_path) {
  MetadataReading reading;
  Tally tally;
  const std::string meta_root = milvus::MetaRoot(root_path) + "/";
  for (const etcd::KeyValue& kv : dump.kvs) {
    if (!kv.key.starts_with(meta_root)) {
      continue;
    }
    ++reading.keys;
    const ClassifiedKey key = milvus::Classify(kv.key, root_path);
    Count(key, kv, tally);
    const bool live = !key.snapshot_ts && !milvus::IsTombstone(kv.value);
    reading.collections += live && IsCollection(key.family) ? 1 : 0;
    if (key.family == Family::kSession && kv.lease != 0) {
      reading.live_roles.push_back(RoleOf(key));
    }
  }
  std::ranges::set_difference(
      tally.with_data, tally.with_record, std::back_inserter(reading.orphans));
  reading.generation = GenerationOf(tally, reading);
  reading.undecided = tally.only_21 == 0 && tally.only_22 == 0 && tally.collection_keys > 0;
  reading.newer_was_here = reading.generation == MetadataGeneration::kV21 && tally.traces_of_22 > 0;
  return reading;
}

std::vector<std::string> RootPathsIn(const etcd::Dump& dump) {
  std::set<std::string> roots;
  for (const etcd::KeyValue& kv : dump.kvs) {
    for (const std::string_view marker : kMarkers) {
      const std::size_t at = kv.key.find(marker);
      if (at != std::string::npos && at > 0 && kv.key.find(kMetaPart) == at) {
        roots.insert(kv.key.substr(0, at));
      }
    }
  }
  return {roots.begin(), roots.end()};
}

Result<BackupReading> ReadBackupFile(const std::string& name,
                                     std::string_view bytes,
                                     const etcd::Dump& dump) {
  const auto file = migration::ReadBackup(bytes);
  if (!file) {
    return BadInput(name + ": " + file.error().message);
  }
  std::set<std::string_view> present;
  for (const etcd::KeyValue& kv : dump.kvs) {
    present.insert(kv.key);
  }
  BackupReading reading{.name = name,
                        .entries = static_cast<std::int64_t>(file->entries.size()),
                        .complete = file->IsComplete(),
                        .collections = {},
                        .missing = {}};
  for (const auto& [entry_key, value] : file->entries) {
    const std::string key = file->FullKey(entry_key);
    const ClassifiedKey classified = milvus::Classify(key, file->header.instance);
    if (!present.contains(key)) {
      ++reading.missing[std::string(milvus::RowOf(classified.family).name)];
    }
    if (IsCollection(classified.family) && !classified.snapshot_ts && !milvus::IsTombstone(value)) {
      TRY_ASSIGN(const milvus::CollectionRecord record,
                 milvus::DecodeCollection(value, name + ": " + key));
      reading.collections.push_back(record.name);
    }
  }
  std::ranges::sort(reading.collections);
  return reading;
}

}  // namespace rehearse::upgrade
