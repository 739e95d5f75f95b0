#include "model/milvus/families.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/core/check.h"

namespace rehearse::milvus {
namespace {

// Law::kKeyFamilies21, Law::kKeyFamilies22, Law::kKeyFamilies23. In the order of the enumerators.
constexpr std::array<FamilyRow, static_cast<std::size_t>(Family::kUnknown) + 1> kRows = {{
    {Family::kServerIdCounter, "server id counter", "session/id", ValueKind::kText, "all"},
    {Family::kSession, "session", "session/", ValueKind::kJson, "all"},
    {Family::kCollection, "collection", "root-coord/collection/", ValueKind::kProto, "all"},
    {Family::kPartition, "partition", "root-coord/partitions/", ValueKind::kProto, ">=2.2"},
    {Family::kField, "field", "root-coord/fields/", ValueKind::kProto, ">=2.2"},
    {Family::kAlias21, "alias (2.1)", "root-coord/collection-alias/", ValueKind::kProto, "<=2.1"},
    {Family::kAlias, "alias", "root-coord/aliases/", ValueKind::kProto, ">=2.2"},
    {Family::kDatabase, "database", "root-coord/database/db-info/", ValueKind::kProto, ">=2.2.9"},
    {Family::kDatabaseCollection,
     "collection in database",
     "root-coord/database/collection-info/",
     ValueKind::kProto,
     ">=2.2.9"},
    {Family::kDatabaseAlias,
     "alias in database",
     "root-coord/database/alias",
     ValueKind::kProto,
     ">=2.2.9"},
    {Family::kFunction, "function", "root-coord/functions/", ValueKind::kOpaque, ">=2.5"},
    {Family::kStructField,
     "struct field",
     "root-coord/struct-array-fields/",
     ValueKind::kOpaque,
     ">=2.6"},
    {Family::kUser, "user", "root-coord/credential/users/", ValueKind::kJson, ">=2.1"},
    {Family::kRole, "role", "root-coord/credential/roles/", ValueKind::kText, ">=2.2"},
    {Family::kUserRole,
     "role of user",
     "root-coord/credential/user-role-mapping/",
     ValueKind::kText,
     ">=2.2"},
    {Family::kGrant,
     "grant",
     "root-coord/credential/grantee-privileges/",
     ValueKind::kText,
     ">=2.2"},
    {Family::kGrantId,
     "granted privilege",
     "root-coord/credential/grantee-id/",
     ValueKind::kText,
     ">=2.2"},
    {Family::kDdlOperation, "DDL record", "root-coord/dd-operation", ValueKind::kJson, "<=2.1"},
    {Family::kDdlMessageSent, "DDL mark", "root-coord/dd-msg-send", ValueKind::kText, "<=2.1"},
    {Family::kIndex21, "index (2.1)", "root-coord/index/", ValueKind::kProto, "<=2.1"},
    {Family::kSegmentIndex21,
     "segment index (2.1)",
     "root-coord/segment-index/",
     ValueKind::kProto,
     "<=2.1"},
    {Family::kIndexBuild21, "index build (2.1)", "indexes/", ValueKind::kProto, "<=2.1"},
    {Family::kIndex, "index", "field-index/", ValueKind::kProto, ">=2.2"},
    {Family::kSegmentIndex, "segment index", "segment-index/", ValueKind::kProto, ">=2.2"},
    {Family::kSegment, "segment", "datacoord-meta/s/", ValueKind::kProto, "all"},
    {Family::kBinlog, "binlog", "datacoord-meta/binlog/", ValueKind::kProto, ">=2.2"},
    {Family::kDeltalog, "deltalog", "datacoord-meta/deltalog/", ValueKind::kProto, ">=2.2"},
    {Family::kStatslog, "statslog", "datacoord-meta/statslog/", ValueKind::kProto, ">=2.2"},
    {Family::kChannelRemoval,
     "channel removal",
     "datacoord-meta/channel-removal/",
     ValueKind::kText,
     ">=2.1"},
    {Family::kChannelCheckpoint,
     "channel checkpoint",
     "datacoord-meta/channel-cp/",
     ValueKind::kProto,
     ">=2.2"},
    {Family::kChannelWatch, "channel watch", "channelwatch/", ValueKind::kProto, "all"},
    {Family::kLoadedCollection21,
     "loaded collection (2.1)",
     "queryCoord-collectionMeta/",
     ValueKind::kProto,
     "<=2.1"},
    {Family::kReplica21, "replica (2.1)", "queryCoord-ReplicaMeta/", ValueKind::kProto, "<=2.1"},
    {Family::kQuerySegment21,
     "loaded segment (2.1)",
     "queryCoord-segmentMeta/",
     ValueKind::kProto,
     "<=2.1"},
    {Family::kQueryNode21,
     "query node (2.1)",
     "queryCoord-queryNodeInfo/",
     ValueKind::kJson,
     "<=2.1"},
    {Family::kDmChannel21,
     "query channel (2.1)",
     "queryCoord-dmChannelWatchInfo/",
     ValueKind::kProto,
     "<=2.1"},
    {Family::kDeltaChannel21,
     "delta channel (2.1)",
     "queryCoord-deltaChannel/",
     ValueKind::kProto,
     "<=2.1"},
    {Family::kSealedSegmentChange21,
     "segment change (2.1)",
     "queryCoord-sealedSegmentChangeInfo/",
     ValueKind::kProto,
     "<=2.1"},
    {Family::kQueryTask21, "query task (2.1)", "queryCoord-", ValueKind::kOpaque, "<=2.1"},
    {Family::kLoadedCollection,
     "loaded collection",
     "querycoord-collection-loadinfo/",
     ValueKind::kProto,
     ">=2.2"},
    {Family::kLoadedPartition,
     "loaded partition",
     "querycoord-partition-loadinfo/",
     ValueKind::kProto,
     ">=2.2"},
    {Family::kReplica, "replica", "querycoord-replica/", ValueKind::kProto, ">=2.2"},
    {Family::kResourceGroup,
     "resource group",
     "queryCoord-ResourceGroup/",
     ValueKind::kProto,
     ">=2.2"},
    {Family::kTarget, "target", "queryCoord-Collection-Target/", ValueKind::kOpaque, ">=2.4"},
    {Family::kHandoff, "handoff", "querycoord-handoff/", ValueKind::kOpaque, "<=2.2"},
    {Family::kDatacoordTask, "data task", "datacoord-meta/", ValueKind::kOpaque, ">=2.4"},
    {Family::kOracle, "oracle", "", ValueKind::kTimestamp, "all"},
    {Family::kConfig, "dynamic config", "", ValueKind::kText, ">=2.2"},
    {Family::kUnknown, "unknown", "", ValueKind::kOpaque, ""},
}};

std::vector<std::string_view> SplitParts(std::string_view rest) {
  std::vector<std::string_view> parts;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    parts.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parts;
}

// The row with the longest prefix of a key below the meta root; whole keys match only themselves.
const FamilyRow* Match(std::string_view key) {
  const FamilyRow* best = nullptr;
  for (const FamilyRow& row : kRows) {
    const bool whole = !row.prefix.ends_with('/') && !row.prefix.ends_with('-') &&
                       row.family != Family::kDatabaseAlias;
    const bool matches = whole ? key == row.prefix : key.starts_with(row.prefix);
    if (!row.prefix.empty() && matches &&
        (best == nullptr || row.prefix.size() > best->prefix.size())) {
      best = &row;
    }
  }
  return best;
}

// Cuts "_ts<number>" off the end of a snapshot's key.
std::optional<std::uint64_t> CutTimestamp(std::string_view& key) {
  const std::size_t at = key.rfind("_ts");
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view digits = key.substr(at + 3);
  std::uint64_t ts = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ts);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  key = key.substr(0, at);
  return ts;
}

bool CutPrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

ClassifiedKey ClassifyBelowMeta(std::string_view key) {
  ClassifiedKey classified;
  if (CutPrefix(key, "snapshots/")) {
    classified.snapshot_ts = CutTimestamp(key);
    if (!classified.snapshot_ts) {
      return classified;
    }
  }
  if (CutPrefix(key, "flushed-segment/")) {  // the older name of a handoff
    classified.family = Family::kHandoff;
    classified.parts = SplitParts(key);
    return classified;
  }
  if (const FamilyRow* row = Match(key); row != nullptr) {
    classified.family = row->family;
    std::string_view rest = key.substr(row->prefix.size());
    if (row->family == Family::kDatabaseAlias) {  // aliases/<db>/<name>, or alias/<db>/<name>
      CutPrefix(rest, "es");
      CutPrefix(rest, "/");
    }
    classified.parts = SplitParts(rest);
  }
  return classified;
}

}  // namespace

std::span<const FamilyRow> FamilyRows() { return kRows; }

const FamilyRow& RowOf(Family family) {
  const FamilyRow& row = kRows.at(static_cast<std::size_t>(family));
  CHECK(row.family == family);
  return row;
}

ClassifiedKey Classify(std::string_view key, std::string_view root_path) {
  ClassifiedKey classified;
  if (!CutPrefix(key, root_path) || !CutPrefix(key, "/")) {
    return classified;
  }
  if (CutPrefix(key, "meta/")) {
    return ClassifyBelowMeta(key);
  }
  if (CutPrefix(key, "kv/")) {
    classified.family = Family::kOracle;
  } else if (CutPrefix(key, "config/")) {
    classified.family = Family::kConfig;
  }
  classified.parts = SplitParts(key);
  return classified;
}

std::string MetaRoot(std::string_view root_path) { return std::string(root_path) + "/meta"; }

std::optional<std::int64_t> ParseId(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return id;
}

}  // namespace rehearse::milvus
