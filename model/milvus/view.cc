#include "model/milvus/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "model/milvus/codec.h"
#include "model/milvus/families.h"

namespace rehearse::milvus {
namespace {

constexpr std::int64_t kFirstUserField = 100;  // RowID and Timestamp lie below
constexpr std::int32_t kLoadPartition = 1;
constexpr std::int32_t kLoadCollection = 2;
constexpr std::int32_t kStatusLoaded = 2;

bool IsGeneration21(const Version& server) {
  return server.major < 2 || (server.major == 2 && server.minor < 2);
}
bool KnowsDatabases(const Version& server) {
  return server >= Version{2, 2, 9, ""};  // Law::kViewDatabases
}

bool IsMeasured(const Version& server) {
  return server == Version{2, 1, 0, ""} || server == Version{2, 2, 16, ""} ||
         server == Version{2, 3, 5, ""};
}

// 0 None, 1 NotExist, 6 Dropped do not count. Law::kRowsOfHealthySegments.
bool IsHealthy(const SegmentRecord& segment) {
  return segment.state != 0 && segment.state != 1 && segment.state != 6;
}

std::string ConsistencyName(std::int32_t level) {
  switch (level) {
    case 0:
      return "Strong";
    case 1:
      return "Session";
    case 2:
      return "Bounded";
    case 3:
      return "Eventually";
    case 4:
      return "Customized";
  }
  return std::to_string(level);
}

// What is gathered about one collection before it is shown.
struct Draft {
  CollectionRecord record;
  std::vector<std::string> aliases;
  std::map<std::int64_t, PartitionView> partitions;
  std::map<std::int64_t, FieldRecord> fields;
  std::map<std::int64_t, IndexRecord> indexes;
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> segments_of_index;  // all, unbuilt
  std::int64_t rows = 0;
  LoadView load;
};

class Viewer {
 public:
  Viewer(const etcd::Keys& keys, const ViewOptions& options)
      : keys_(keys), root_(MetaRoot(options.root_path) + "/") {
    view_.server = options.server;
  }

  Result<MetaView> View() {
    AddVersionLaws();
    TRY(ReadCollections());
    TRY(ReadAliases());
    if (IsGeneration21(view_.server)) {
      TRY(ReadIndexes21());
      TRY(ReadLoads21());
    } else {
      TRY(ReadIndexes22());
      TRY(ReadLoads22());
    }
    TRY(ReadSegments());
    NoteSilentLosses();
    for (auto& [id, draft] : drafts_) {
      view_.collections.push_back(Show(draft));
    }
    std::stable_sort(view_.collections.begin(),
                     view_.collections.end(),
                     [](const CollectionView& a, const CollectionView& b) {
                       return std::tie(a.db_name, a.name, a.id) < std::tie(b.db_name, b.name, b.id);
                     });
    return std::move(view_);
  }

 private:
  using Read = std::function<Status(const std::string& key, const std::string& value)>;

  // Calls read for every value below the family's prefix that is no tombstone.
  Status Each(Family family, const Read& read) const {
    Status status;
    const std::string prefix = root_ + std::string(RowOf(family).prefix);
    keys_.ForPrefix(prefix, [&](const std::string& key, const auto& entry) {
      if (status && !IsTombstone(entry->value)) {
        status = read(key, entry->value);
      }
    });
    return status;
  }

  [[nodiscard]] bool HasAny(Family family) const {
    bool any = false;
    keys_.ForPrefix(
        root_ + std::string(RowOf(family).prefix),
        [&](const std::string&, const auto& entry) { any = any || !IsTombstone(entry->value); });
    return any;
  }

  void AddVersionLaws() {
    const Version& server = view_.server;
    if (IsGeneration21(server)) {
      view_.laws.Add(Law::kView21);
      if (server < Version{2, 1, 0, ""}) {
        view_.laws.Add(Law::kView20);
      }
    } else if (server < Version{2, 3, 0, ""}) {
      view_.laws.Add(Law::kView22);
    } else {
      view_.laws.Add(Law::kView23);
      if (server >= Version{2, 4, 0, ""}) {
        view_.laws.Add(Law::kViewAbove23);
      }
    }
    if (!IsMeasured(server) && server < Version{2, 4, 0, ""}) {
      view_.laws.Add(Law::kViewSameMinor);
    }
  }

  Status AddCollection(const std::string& key, const std::string& value, std::int64_t db_id) {
    TRY_ASSIGN(CollectionRecord record, DecodeCollection(value, key));
    if (record.state != 0) {
      return {};  // being created or dropped: not shown
    }
    record.db_id = std::max(record.db_id, db_id);
    const std::int64_t id = record.id;
    Draft& draft = drafts_[id];
    for (std::size_t i = 0; i < record.partition_ids.size(); ++i) {
      const std::int64_t partition = record.partition_ids[i];
      const std::string name =
          i < record.partition_names.size() ? record.partition_names[i] : std::string();
      draft.partitions[partition] = PartitionView{partition, name, 0};
    }
    for (const FieldRecord& field : record.fields) {
      draft.fields[field.id] = field;
    }
    draft.record = std::move(record);
    return {};
  }

  Status ReadCollections() {
    TRY(Each(Family::kCollection, [&](const std::string& key, const std::string& value) {
      return AddCollection(key, value, 0);
    }));
    if (IsGeneration21(view_.server)) {
      return {};
    }
    if (KnowsDatabases(view_.server)) {
      TRY(ReadDatabases());
    }
    TRY(ReadSplitPartitions());
    return ReadSplitFields();
  }

  Status ReadDatabases() {
    view_.laws.Add(Law::kViewDatabases);
    database_names_[0] = "default";
    TRY(Each(Family::kDatabase, [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const DatabaseRecord record, DecodeDatabase(value, key));
      database_names_[record.id] = record.name;
      return {};
    }));
    return Each(Family::kDatabaseCollection, [&](const std::string& key, const std::string& value) {
      const std::string_view rest = std::string_view(key).substr(
          root_.size() + RowOf(Family::kDatabaseCollection).prefix.size());
      return AddCollection(key, value, ParseId(rest.substr(0, rest.find('/'))).value_or(0));
    });
  }

  Status ReadSplitPartitions() {
    return Each(Family::kPartition,
                [&](const std::string& key, const std::string& value) -> Status {
                  TRY_ASSIGN(const PartitionRecord record, DecodePartition(value, key));
                  const auto draft = drafts_.find(record.collection_id);
                  if (draft != drafts_.end() && record.state == 0 &&
                      draft->second.record.partition_ids.empty()) {
                    draft->second.partitions[record.id] = PartitionView{record.id, record.name, 0};
                  }
                  return {};
                });
  }

  Status ReadSplitFields() {
    const std::size_t start = root_.size() + RowOf(Family::kField).prefix.size();
    return Each(Family::kField, [&](const std::string& key, const std::string& value) -> Status {
      const std::string_view rest = std::string_view(key).substr(start);
      const auto draft = drafts_.find(ParseId(rest.substr(0, rest.find('/'))).value_or(0));
      if (draft == drafts_.end() || !draft->second.record.fields.empty()) {
        return {};
      }
      TRY_ASSIGN(const FieldRecord record, DecodeField(value, key));
      draft->second.fields[record.id] = record;
      return {};
    });
  }

  void AddAlias(const std::string& name, std::int64_t collection_id) {
    const auto draft = drafts_.find(collection_id);
    if (draft == drafts_.end()) {
      return;
    }
    std::vector<std::string>& aliases = draft->second.aliases;
    if (std::find(aliases.begin(), aliases.end(), name) == aliases.end()) {
      aliases.push_back(name);
    }
  }

  Status ReadAliases() {
    TRY(Each(Family::kAlias21, [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const CollectionRecord record, DecodeCollection(value, key));
      AddAlias(record.name, record.id);
      return {};
    }));
    if (IsGeneration21(view_.server)) {
      return {};
    }
    const Read read = [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const AliasRecord record, DecodeAlias(value, key));
      if (record.state == 0) {
        AddAlias(record.name, record.collection_id);
      }
      return {};
    };
    TRY(Each(Family::kAlias, read));
    return KnowsDatabases(view_.server) ? Each(Family::kDatabaseAlias, read) : Status();
  }

  // An index of 2.1 is shown if the collection's value names it and its definition is there.
  Status ReadIndexes21() {
    for (auto& [id, draft] : drafts_) {
      for (const auto& [field_id, index_id] : draft.record.field_indexes) {
        const std::string key = fmt::format("{}root-coord/index/{}/{}", root_, id, index_id);
        const etcd::Entry* entry = keys_.Find(key);
        if (entry == nullptr || IsTombstone(entry->value)) {
          continue;
        }
        TRY_ASSIGN(IndexRecord record, DecodeIndex21(entry->value, key));
        record.field_id = field_id;
        if (!record.deleted) {
          draft.indexes[index_id] = std::move(record);
        }
      }
    }
    return ReadSegmentIndexes(Family::kSegmentIndex21, DecodeSegmentIndex21);
  }

  Status ReadIndexes22() {
    TRY(Each(Family::kIndex, [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(IndexRecord record, DecodeIndex(value, key));
      const auto draft = drafts_.find(record.collection_id);
      if (draft != drafts_.end() && !record.deleted) {
        draft->second.indexes[record.id] = std::move(record);
      }
      return {};
    }));
    return ReadSegmentIndexes(Family::kSegmentIndex, DecodeSegmentIndex);
  }

  Status ReadSegmentIndexes(Family family,
                            Result<SegmentIndexRecord> (*decode)(std::string_view,
                                                                 std::string_view)) {
    return Each(family, [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const SegmentIndexRecord record, decode(value, key));
      const auto draft = drafts_.find(record.collection_id);
      if (draft != drafts_.end() && !record.deleted) {
        auto& [all, unbuilt] = draft->second.segments_of_index[record.index_id];
        ++all;
        unbuilt += record.build_id == 0 ? 1 : 0;
      }
      return {};
    });
  }

  static void LoadPartitions(Draft& draft, const std::function<bool(std::int64_t)>& is_loaded) {
    draft.load.partitions.clear();
    for (const auto& [id, partition] : draft.partitions) {
      if (is_loaded(id)) {
        draft.load.partitions.push_back(partition.name);
      }
    }
  }

  static bool Contains(const std::vector<std::int64_t>& ids, std::int64_t id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }

  Status ReadLoads21() {
    return Each(Family::kLoadedCollection21,
                [&](const std::string& key, const std::string& value) -> Status {
                  TRY_ASSIGN(const LoadRecord record, DecodeLoadedCollection21(value, key));
                  const auto found = drafts_.find(record.collection_id);
                  if (found == drafts_.end()) {
                    return {};
                  }
                  Draft& draft = found->second;
                  const bool whole = record.load_type == kLoadCollection;
                  draft.load.state = record.percentage < 100 ? LoadState::kLoading
                                     : whole                 ? LoadState::kLoaded
                                                             : LoadState::kPartitionsLoaded;
                  draft.load.replica_number = record.replica_number;
                  LoadPartitions(draft, [&](std::int64_t id) {
                    return whole ? !Contains(record.released, id)
                                 : Contains(record.partition_ids, id);
                  });
                  return {};
                });
  }

  Status ReadLoads22() {
    std::map<std::int64_t, std::set<std::int64_t>> loaded_partitions;
    std::map<std::int64_t, std::int64_t> replicas;
    TRY(Each(Family::kLoadedPartition,
             [&](const std::string& key, const std::string& value) -> Status {
               TRY_ASSIGN(const LoadRecord record, DecodeLoadedPartition(value, key));
               if (record.status == kStatusLoaded) {
                 loaded_partitions[record.collection_id].insert(record.partition_id);
                 replicas[record.collection_id] = record.replica_number;
               }
               return {};
             }));
    for (const auto& [id, partitions] : loaded_partitions) {
      if (const auto draft = drafts_.find(id); draft != drafts_.end()) {
        draft->second.load.state = LoadState::kPartitionsLoaded;
        draft->second.load.replica_number = replicas[id];
        LoadPartitions(draft->second, [&, &loaded = partitions](std::int64_t partition) {
          return loaded.contains(partition);
        });
      }
    }
    return ReadLoadedCollections22(loaded_partitions);
  }

  Status ReadLoadedCollections22(
      const std::map<std::int64_t, std::set<std::int64_t>>& loaded_partitions) {
    return Each(
        Family::kLoadedCollection, [&](const std::string& key, const std::string& value) -> Status {
          TRY_ASSIGN(const LoadRecord record, DecodeLoadedCollection(value, key));
          const auto found = drafts_.find(record.collection_id);
          if (found == drafts_.end()) {
            return {};
          }
          Draft& draft = found->second;
          draft.load.replica_number = record.replica_number;
          if (record.status != kStatusLoaded) {
            draft.load.state = LoadState::kLoading;
            return {};
          }
          if (record.load_type == kLoadPartition) {  // 2.3: the partitions have infos of their own
            draft.load.state = LoadState::kPartitionsLoaded;
            return {};
          }
          draft.load.state = LoadState::kLoaded;
          const bool by_partition = loaded_partitions.contains(record.collection_id);
          LoadPartitions(draft, [&](std::int64_t id) {
            return !Contains(record.released, id) &&
                   (!by_partition || loaded_partitions.at(record.collection_id).contains(id));
          });
          return {};
        });
  }

  Status ReadSegments() {
    view_.laws.Add(Law::kRowsOfHealthySegments);
    return Each(Family::kSegment, [&](const std::string& key, const std::string& value) -> Status {
      TRY_ASSIGN(const SegmentRecord record, DecodeSegment(value, key));
      const auto draft = drafts_.find(record.collection_id);
      if (draft == drafts_.end() || !IsHealthy(record)) {
        return {};
      }
      draft->second.rows += record.rows;
      const auto partition = draft->second.partitions.find(record.partition_id);
      if (partition != draft->second.partitions.end()) {
        partition->second.rows += record.rows;
      }
      return {};
    });
  }

  void NoteLoss(Law law, std::string words) {
    view_.laws.Add(law);
    view_.silent_losses.push_back(std::move(words));
  }

  // Metadata of the other generation that nothing in this one stands for.
  void NoteSilentLosses() {
    if (IsGeneration21(view_.server)) {
      return NoteLossesOf21();
    }
    NoteUnmigrated();
    if (view_.server < Version{2, 3, 0, ""} && HasAny(Family::kDatabase)) {
      view_.laws.Add(Law::kView22On23);
    }
    if (!KnowsDatabases(view_.server) && HasAny(Family::kDatabaseCollection)) {
      NoteLoss(Law::kDatabasesInvisibleBefore229,
               "collections in databases are in etcd and are not seen by servers before 2.2.9");
    }
  }

  // The migration removes these families of 2.1; its loads it leaves behind.
  void NoteUnmigrated() {
    if (!HasAny(Family::kIndex21) && !HasAny(Family::kIndexBuild21) &&
        !HasAny(Family::kDdlOperation)) {
      return;
    }
    const Law law = view_.server < Version{2, 3, 0, ""} ? Law::kSilentLoss22OnUnmigrated
                                                        : Law::kSilentLoss23OnUnmigrated;
    if (HasAny(Family::kIndex21) && !HasAny(Family::kIndex)) {
      NoteLoss(law,
               "index definitions of 2.1 are in etcd and are not seen: the metadata was not "
               "migrated");
    }
    if (HasAny(Family::kLoadedCollection21) && !HasAny(Family::kLoadedCollection) &&
        !HasAny(Family::kLoadedPartition)) {
      NoteLoss(law, "loads of 2.1 are in etcd and are not seen");
    }
  }

  void NoteLossesOf21() {
    if (HasAny(Family::kIndex) && !HasAny(Family::kIndex21)) {
      NoteLoss(Law::kSilentLoss21OnMigrated,
               "index definitions of 2.2 are in etcd and are not seen by 2.1");
    }
    if (HasAny(Family::kAlias) || HasAny(Family::kDatabaseAlias)) {
      NoteLoss(Law::kSilentLoss21OnMigrated, "aliases of 2.2 are in etcd and are not seen by 2.1");
    }
    if (HasAny(Family::kLoadedCollection) && HasAny(Family::kLoadedCollection21)) {
      view_.laws.Add(Law::kView21LoadsOfOldKeys);
    }
    if (HasAny(Family::kDatabaseCollection)) {
      NoteLoss(Law::kDatabasesInvisibleBefore229,
               "collections in databases are in etcd and are not seen by servers before 2.2.9");
    }
    if (HasAny(Family::kPartition) || HasAny(Family::kField)) {
      NoteLoss(Law::kSplitCollectionInvisibleTo21,
               "collections created by 2.2 have partitions and fields that 2.1 does not see");
    }
  }

  [[nodiscard]] std::string DatabaseName(std::int64_t id) const {
    const auto name = database_names_.find(id);
    return name != database_names_.end() ? name->second : std::string();
  }

  [[nodiscard]] CollectionView Show(Draft& draft) const {
    CollectionView shown;
    shown.id = draft.record.id;
    shown.name = draft.record.name;
    shown.db_id = draft.record.db_id;
    shown.db_name = DatabaseName(draft.record.db_id);
    shown.description = draft.record.description;
    shown.shards = draft.record.shards;
    shown.consistency = ConsistencyName(draft.record.consistency);
    for (const auto& [id, field] : draft.fields) {
      if (id >= kFirstUserField) {
        shown.fields.push_back(FieldView{id,
                                         field.name,
                                         DataTypeName(field.data_type),
                                         field.primary_key,
                                         {field.type_params.begin(), field.type_params.end()}});
      }
    }
    for (auto& [id, partition] : draft.partitions) {
      shown.partitions.push_back(std::move(partition));
    }
    std::sort(draft.aliases.begin(), draft.aliases.end());
    shown.aliases = std::move(draft.aliases);
    for (const auto& [id, index] : draft.indexes) {
      shown.indexes.push_back(ShowIndex(draft, index));
    }
    shown.load = std::move(draft.load);
    shown.rows = draft.rows;
    return shown;
  }

  static IndexView ShowIndex(const Draft& draft, const IndexRecord& index) {
    IndexView shown;
    shown.id = index.id;
    shown.name = index.name;
    shown.field_id = index.field_id;
    const auto field = draft.fields.find(index.field_id);
    shown.field_name = field != draft.fields.end() ? field->second.name : std::string();
    shown.params = ShownParams(index.params);
    const auto segments = draft.segments_of_index.find(index.id);
    if (segments != draft.segments_of_index.end()) {
      shown.segments = segments->second.first;
      shown.unbuilt_segments = segments->second.second;
    }
    return shown;
  }

  const etcd::Keys& keys_;
  std::string root_;
  MetaView view_;
  std::map<std::int64_t, Draft> drafts_;
  std::map<std::int64_t, std::string> database_names_;
};

}  // namespace

Result<MetaView> ViewAs(const etcd::Keys& keys, const ViewOptions& options) {
  return Viewer(keys, options).View();
}

}  // namespace rehearse::milvus
