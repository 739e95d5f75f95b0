// What a healthy start leaves behind in etcd, beyond sessions.
#include <fmt/format.h>

#include <array>
#include <functional>
#include <map>
#include <set>

#include "model/milvus/codec.h"
#include "model/milvus/families.h"
#include "model/milvus/machine.h"

namespace rehearse::milvus {
namespace {

constexpr std::string_view kDefaultGroup = "__default_resource_group";
constexpr std::int32_t kDefaultGroupCapacity = 1'000'000;
constexpr std::int32_t kLoadCollection = 2;
constexpr std::int32_t kStatusLoaded = 2;

struct Grant {
  std::string_view object;
  std::string_view id;
  std::array<std::string_view, 2> privileges;  // empty: none
};
// The built-in grants of the role public; ids are digests that do not depend on the instance.
// Law::kStartCreatesRoles.
constexpr std::array<Grant, 2> kGrants = {{
    {"Global", "250dd41b686083b0", {"PrivilegeDescribeCollection", "PrivilegeShowCollections"}},
    {"Collection", "e03326696e8a3b16", {"PrivilegeIndexDetail", ""}},
}};

class Starter {
 public:
  Starter(const etcd::Keys& keys, const StartRequest& request)
      : keys_(keys), request_(request), meta_(MetaRoot(request.root_path) + "/") {}

  Result<StartOutcome> Start() {
    TRY(ReadCollections());
    CreateRootUser();
    MoveChannelWatches();
    if (request_.server < Version{2, 2, 0, ""}) {
      RewriteQueryNode21();
    } else {
      CreateDefaultDatabase();
      CreateRoles();
      TRY(WriteResourceGroup());
      WriteChannelCheckpoints();
      TRY(ConvertReplicas());
      if (request_.server >= Version{2, 3, 0, ""}) {
        TRY(CompleteLoadInfos());
      }
    }
    const bool measured = request_.server == Version{2, 1, 0, ""} ||
                          request_.server == Version{2, 2, 16, ""} ||
                          request_.server == Version{2, 3, 5, ""};
    if (!measured) {
      outcome_.laws.Add(Law::kStartOtherVersions);
    }
    for (auto& [key, write] : writes_) {
      outcome_.writes.push_back(std::move(write));
    }
    return std::move(outcome_);
  }

 private:
  void Put(const std::string& key, std::string value) {
    writes_[key] = StartWrite{key, std::move(value), true};
  }
  void PutUnknown(const std::string& key) { writes_[key] = StartWrite{key, std::string(), false}; }
  void Delete(const std::string& key) { writes_[key] = StartWrite{key, std::nullopt, true}; }

  [[nodiscard]] bool HasAny(std::string_view below_meta) const {
    bool any = false;
    keys_.ForPrefix(meta_ + std::string(below_meta), [&](const std::string&, const auto& entry) {
      any = any || !IsTombstone(entry->value);
    });
    return any;
  }

  using Read = std::function<Status(const std::string& key, const std::string& value)>;
  Status Each(Family family, const Read& read) const {
    Status status;
    keys_.ForPrefix(meta_ + std::string(RowOf(family).prefix),
                    [&](const std::string& key, const auto& entry) {
                      if (status && !IsTombstone(entry->value)) {
                        status = read(key, entry->value);
                      }
                    });
    return status;
  }

  // The channels of collections that are not dropped, and their partitions.
  Status ReadCollections() {
    const Read read = [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const CollectionRecord record, DecodeCollection(value, key));
      live_channels_.insert(record.channels.begin(), record.channels.end());
      partitions_[record.id].insert(record.partition_ids.begin(), record.partition_ids.end());
      return {};
    };
    TRY(Each(Family::kCollection, read));
    TRY(Each(Family::kDatabaseCollection, read));
    return Each(Family::kPartition,
                [&](const std::string& key, const std::string& value) -> Status {
                  TRY_ASSIGN(const PartitionRecord record, DecodePartition(value, key));
                  partitions_[record.collection_id].insert(record.id);
                  return {};
                });
  }

  // The password's digest is salted: only the key is known. Law::kStartCreatesRootUser.
  void CreateRootUser() {
    if (!HasAny(RowOf(Family::kUser).prefix)) {
      PutUnknown(meta_ + std::string(RowOf(Family::kUser).prefix) + "root");
      outcome_.laws.Add(Law::kStartCreatesRootUser);
    }
  }

  [[nodiscard]] std::set<std::string> WatchedChannels() const {
    std::set<std::string> channels;
    keys_.ForPrefix(meta_ + "channelwatch/", [&](const std::string& key, const auto&) {
      channels.insert(key.substr(key.rfind('/') + 1));
    });
    channels.insert(live_channels_.begin(), live_channels_.end());
    return channels;
  }

  // Law::kStartMovesChannelWatch.
  void MoveChannelWatches() {
    keys_.ForPrefix(meta_ + "channelwatch/",
                    [&](const std::string& key, const auto&) { Delete(key); });
    const bool drops = request_.server < Version{2, 3, 0, ""};
    for (const std::string& channel : WatchedChannels()) {
      if (!drops || live_channels_.contains(channel)) {
        PutUnknown(fmt::format("{}channelwatch/{}/{}", meta_, request_.node_id, channel));
      }
    }
    outcome_.laws.Add(Law::kStartMovesChannelWatch);
  }

  // Law::kStartWritesChannelCheckpoints.
  void WriteChannelCheckpoints() {
    const bool of_all = request_.server < Version{2, 3, 0, ""};
    for (const std::string& channel : WatchedChannels()) {
      if (of_all || live_channels_.contains(channel)) {
        PutUnknown(meta_ + "datacoord-meta/channel-cp/" + channel);
      }
    }
    outcome_.laws.Add(Law::kStartWritesChannelCheckpoints);
  }

  // The time in the snapshot's key comes from the timestamp oracle; here from now_unix_ns as the
  // oracle would make it: milliseconds, shifted by 18 bits. Law::kStartCreatesDefaultDatabase.
  void CreateDefaultDatabase() {
    if (!FactsOf(request_.server).knows_databases || HasAny(RowOf(Family::kDatabase).prefix)) {
      return;
    }
    const auto now = static_cast<std::uint64_t>(request_.now_unix_ns);
    const std::string value = EncodeDatabase(DatabaseRecord{1, "default", now});
    const std::uint64_t ts = (now / 1'000'000) << 18U;
    Put(meta_ + "root-coord/database/db-info/1", value);
    Put(fmt::format("{}snapshots/root-coord/database/db-info/1_ts{}", meta_, ts), value);
    outcome_.laws.Add(Law::kStartCreatesDefaultDatabase);
  }

  void PutIfAbsent(const std::string& key, std::string value) {
    if (keys_.Find(key) == nullptr) {
      Put(key, std::move(value));
    }
  }

  // Law::kStartCreatesRoles.
  void CreateRoles() {
    const std::string credential = meta_ + "root-coord/credential/";
    PutIfAbsent(credential + "roles/admin", "");
    PutIfAbsent(credential + "roles/public", "");
    for (const Grant& grant : kGrants) {
      PutIfAbsent(fmt::format("{}grantee-privileges/public/{}/*.*", credential, grant.object),
                  std::string(grant.id));
      for (const std::string_view privilege : grant.privileges) {
        if (!privilege.empty()) {
          PutIfAbsent(fmt::format("{}grantee-id/{}/{}", credential, grant.id, privilege), "root");
        }
      }
    }
    outcome_.laws.Add(Law::kStartCreatesRoles);
  }

  // Law::kStartWritesResourceGroup.
  Status WriteResourceGroup() {
    outcome_.laws.Add(Law::kStartWritesResourceGroup);
    const std::string key = fmt::format("{}queryCoord-ResourceGroup/{}", meta_, kDefaultGroup);
    std::vector<std::int64_t> nodes;
    if (const etcd::Entry* entry = keys_.Find(key); entry != nullptr) {
      TRY_ASSIGN(nodes, DecodeResourceGroupNodes(entry->value, key));
    }
    nodes.push_back(request_.query_node_id);
    Put(key, EncodeResourceGroup(kDefaultGroup, kDefaultGroupCapacity, nodes));
    return {};
  }

  [[nodiscard]] bool IsLoaded(std::int64_t collection_id) const {
    return keys_.Find(fmt::format("{}querycoord-collection-loadinfo/{}", meta_, collection_id)) !=
               nullptr ||
           HasAny(fmt::format("querycoord-partition-loadinfo/{}/", collection_id));
  }

  void PutReplica(ReplicaRecord record) {
    record.nodes = {request_.query_node_id};
    if (record.resource_group.empty()) {
      record.resource_group = kDefaultGroup;
    }
    Put(fmt::format("{}querycoord-replica/{}/{}", meta_, record.collection_id, record.id),
        EncodeReplica(record));
  }

  // Law::kStartConvertsReplicas.
  Status ConvertReplicas() {
    outcome_.laws.Add(Law::kStartConvertsReplicas);
    TRY(Each(Family::kReplica21, [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const ReplicaRecord record, DecodeReplica21(value, key));
      if (IsLoaded(record.collection_id)) {
        PutReplica(record);
      }
      return {};
    }));
    return Each(Family::kReplica, [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const ReplicaRecord record, DecodeReplica(value, key));
      PutReplica(record);
      return {};
    });
  }

  // Law::kStartCompletesLoadInfo23.
  Status CompleteLoadInfos() {
    outcome_.laws.Add(Law::kStartCompletesLoadInfo23);
    return Each(Family::kLoadedCollection,
                [&](const std::string& key, const std::string& value) -> Status {
                  TRY_ASSIGN(const LoadRecord record, DecodeLoadedCollection(value, key));
                  if (record.load_type != 0) {
                    return {};
                  }
                  TRY_ASSIGN(std::string typed, WithLoadType(value, kLoadCollection, key));
                  Put(key, std::move(typed));
                  PutPartitionLoads(record);
                  return {};
                });
  }

  void PutPartitionLoads(const LoadRecord& collection) {
    for (const std::int64_t partition : partitions_[collection.collection_id]) {
      LoadRecord record = collection;
      record.partition_id = partition;
      record.status = kStatusLoaded;
      Put(fmt::format(
              "{}querycoord-partition-loadinfo/{}/{}", meta_, collection.collection_id, partition),
          EncodeLoadedPartition(record));
    }
  }

  // Law::kStartRewritesQueryNode21.
  void RewriteQueryNode21() {
    keys_.ForPrefix(meta_ + "queryCoord-queryNodeInfo/",
                    [&](const std::string& key, const auto&) { Delete(key); });
    PutUnknown(fmt::format("{}queryCoord-queryNodeInfo/{}", meta_, request_.query_node_id));
    outcome_.laws.Add(Law::kStartRewritesQueryNode21);
  }

  const etcd::Keys& keys_;
  const StartRequest& request_;
  std::string meta_;
  StartOutcome outcome_;
  std::map<std::string, StartWrite> writes_;
  std::set<std::string> live_channels_;
  std::map<std::int64_t, std::set<std::int64_t>> partitions_;
};

}  // namespace

Result<StartOutcome> StartWrites(const etcd::Keys& keys, const StartRequest& request) {
  return Starter(keys, request).Start();
}

}  // namespace rehearse::milvus
