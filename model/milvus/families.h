// model/milvus/families.h: which family of metadata an etcd key belongs to.
//
// Shape:  keys are <root>/meta/<family prefix>/<parts> or <root>/kv/<oracle>; time travel copies
// are
//         <root>/meta/snapshots/<key below meta>_ts<timestamp> and belong to the family they copy.
//         Prefixes are compared with their slash: root-coord/collection-alias/x is an alias, not a
//         collection (the servers and the migration tool compare without it; that is their law).
// Errors: none; what no row matches is kUnknown.
// Source: Law::kKeyFamilies21, kKeyFamilies22, kKeyFamilies23.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rehearse::milvus {

enum class Family {
  kServerIdCounter,
  kSession,
  kCollection,
  kPartition,
  kField,
  kAlias21,
  kAlias,
  kDatabase,
  kDatabaseCollection,
  kDatabaseAlias,
  kFunction,
  kStructField,
  kUser,
  kRole,
  kUserRole,
  kGrant,
  kGrantId,
  kDdlOperation,
  kDdlMessageSent,
  kIndex21,
  kSegmentIndex21,
  kIndexBuild21,
  kIndex,
  kSegmentIndex,
  kSegment,
  kBinlog,
  kDeltalog,
  kStatslog,
  kChannelRemoval,
  kChannelCheckpoint,
  kChannelWatch,
  kLoadedCollection21,
  kReplica21,
  kQuerySegment21,
  kQueryNode21,
  kDmChannel21,
  kDeltaChannel21,
  kSealedSegmentChange21,
  kQueryTask21,
  kLoadedCollection,
  kLoadedPartition,
  kReplica,
  kResourceGroup,
  kTarget,
  kHandoff,
  kDatacoordTask,
  kOracle,
  kConfig,
  kUnknown,
};

// What the bytes of a value are.
enum class ValueKind { kProto, kJson, kText, kTimestamp, kOpaque };

struct FamilyRow {
  Family family;
  std::string_view name;    // as reports and diff-meta print it
  std::string_view prefix;  // below <root>/meta/ with the trailing slash where keys have one
  ValueKind kind;
  std::string_view versions;  // which servers write it
};

std::span<const FamilyRow> FamilyRows();
const FamilyRow& RowOf(Family family);

struct ClassifiedKey {
  Family family = Family::kUnknown;
  std::vector<std::string_view> parts;  // the path elements behind the prefix
  std::optional<std::uint64_t> snapshot_ts;
};

// Views into `key`, which must outlive the answer.
ClassifiedKey Classify(std::string_view key, std::string_view root_path);

// <root>/meta
std::string MetaRoot(std::string_view root_path);

// The 3 bytes that stand for a removed value where time travel keeps history.
inline constexpr std::string_view kTombstone = "\xE2\x9B\xBC";  // Law::kTombstone
inline bool IsTombstone(std::string_view value) { return value == kTombstone; }

// A decimal id as the last element of a key; nothing for any other text.
std::optional<std::int64_t> ParseId(std::string_view text);

}  // namespace rehearse::milvus
