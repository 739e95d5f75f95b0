#include "model/migration/generate.h"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

#include "model/core/hash.h"
#include "model/milvus/families.h"
#include "model/milvus/proto/meta.pb.h"

namespace rehearse::migration {
namespace {

namespace pb = milvus::pb;

constexpr std::int64_t kFirstId = 470'645'992'069'205'313;
constexpr std::int64_t kVectorField = 102;
constexpr std::int64_t kPrimaryField = 100;
constexpr std::int32_t kFlushed = 4;

struct CollectionPlan {
  std::int64_t id = 0;
  std::string name;
  std::vector<std::int64_t> partitions;
  std::vector<std::pair<std::int64_t, std::int64_t>> indexes;  // field id, index id
  std::int64_t segments_per_partition = 0;
  std::uint64_t create_time = 0;
};

class Generator {
 public:
  explicit Generator(const GenerateOptions& options)
      : options_(options),
        meta_(milvus::MetaRoot(options.root_path) + "/"),
        random_(Mix(options.seed + 1)) {}

  etcd::Keys Generate() {
    AddInstance();
    for (std::int64_t i = 0; i < options_.collections || WantsMore(); ++i) {
      AddCollection(i);
    }
    std::vector<std::pair<std::string, etcd::Keys::Value>> entries;
    entries.reserve(values_.size());
    for (auto& [key, value] : values_) {
      entries.emplace_back(
          key, std::make_shared<const etcd::Entry>(etcd::Entry{std::move(value), 0, 2, 3, 1}));
    }
    return etcd::Keys::FromSorted(std::move(entries));
  }

 private:
  [[nodiscard]] bool WantsMore() const {
    return static_cast<std::int64_t>(values_.size()) < options_.keys_min;
  }
  // 0 .. bound-1
  std::int64_t Draw(std::int64_t bound) {
    random_ = Mix(random_ + 0x9e3779b97f4a7c15ULL);
    return static_cast<std::int64_t>(random_ % static_cast<std::uint64_t>(bound));
  }
  bool OneIn(std::int64_t n) { return Draw(n) == 0; }
  std::int64_t NewId() { return next_id_ += 1 + Draw(3); }

  void Set(const std::string& below_meta, std::string value) {
    values_[meta_ + below_meta] = std::move(value);
  }

  void AddInstance() {
    const std::string oracle("\x18\xea\x71\x54\x8a\x77\xe5\xcb", 8);
    for (const char* key : {"gid/idTimestamp", "tso/timestamp", "index_gid/idTimestamp"}) {
      values_[options_.root_path + "/kv/" + key] = oracle;
    }
    Set("session/id", "9");
    Set("root-coord/credential/users/root", R"({"encrypted_password":"$2a$04$generated"})");
    Set("root-coord/dd-msg-send", "true");
    Set("root-coord/dd-operation", R"({"body":"","type":"CreateCollection"})");
  }

  void AddCollection(std::int64_t number) {
    CollectionPlan plan;
    plan.id = NewId();
    plan.name = fmt::format("collection_{}", number);
    plan.create_time = static_cast<std::uint64_t>(NewId());
    for (std::int64_t i = 0; i <= Draw(options_.partitions_max + 1); ++i) {
      plan.partitions.push_back(NewId());
    }
    // Every eighth collection is large: skewed as in real instances.
    plan.segments_per_partition = Draw(options_.segments_max + 1) * (number % 8 == 7 ? 8 : 1);
    if (!OneIn(4)) {
      plan.indexes.emplace_back(kVectorField, NewId());
    }
    if (OneIn(2)) {
      plan.indexes.emplace_back(kPrimaryField, NewId());
    }
    AddHistory(plan, options_.with_dropped && OneIn(6));
  }

  void AddHistory(const CollectionPlan& plan, bool dropped) {
    const std::string key = fmt::format("root-coord/collection/{}", plan.id);
    CollectionPlan bare = plan;
    bare.indexes.clear();
    Set(fmt::format("snapshots/{}_ts{}", key, plan.create_time), CollectionValue(bare));
    if (dropped) {
      Set(key, std::string(milvus::kTombstone));
      Set(fmt::format("snapshots/{}_ts{}", key, NewId()), std::string(milvus::kTombstone));
      return;
    }
    Set(key, CollectionValue(plan));
    for (std::int64_t i = 0; i < Draw(3); ++i) {
      AddAlias(plan, fmt::format("alias_{}_{}", plan.id, i));
    }
    for (const auto& [field_id, index_id] : plan.indexes) {
      AddIndex(plan, field_id, index_id);
    }
    for (const std::int64_t partition : plan.partitions) {
      for (std::int64_t i = 0; i < plan.segments_per_partition; ++i) {
        AddSegment(plan, partition);
      }
    }
    AddLoad(plan);
  }

  static void AddField(pb::CollectionSchema& schema, std::int64_t id, std::int32_t type) {
    pb::FieldSchema& field = *schema.add_fields();
    field.set_field_id(id);
    field.set_name(id == kVectorField ? "vec" : fmt::format("field_{}", id));
    field.set_is_primary_key(id == kPrimaryField);
    field.set_data_type(type);
    if (id == kVectorField) {
      pb::KeyValuePair& dim = *field.add_type_params();
      dim.set_key("dim");
      dim.set_value("128");
    }
  }

  static std::string CollectionValue(const CollectionPlan& plan) {
    pb::CollectionInfo info;
    info.set_id(plan.id);
    info.mutable_schema()->set_name(plan.name);
    info.mutable_schema()->set_description("generated");
    AddField(*info.mutable_schema(), kPrimaryField, 5);
    AddField(*info.mutable_schema(), 101, 11);
    AddField(*info.mutable_schema(), kVectorField, 101);
    AddField(*info.mutable_schema(), 0, 5);
    AddField(*info.mutable_schema(), 1, 5);
    info.set_create_time(plan.create_time);
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
      info.add_partition_ids(plan.partitions[i]);
      info.add_partition_names(i == 0 ? "_default" : fmt::format("part_{}", i));
      info.add_partition_created_timestamps(plan.create_time);
    }
    for (const auto& [field_id, index_id] : plan.indexes) {
      pb::FieldIndexInfo& index = *info.add_field_indexes();
      index.set_field_id(field_id);
      index.set_index_id(index_id);
    }
    for (int shard = 0; shard < 2; ++shard) {
      const std::string channel = fmt::format("by-dev-rootcoord-dml_{}", shard);
      info.add_virtual_channel_names(fmt::format("{}_{}v{}", channel, plan.id, shard));
      info.add_physical_channel_names(channel);
      pb::KeyDataPair& start = *info.add_start_positions();
      start.set_key(channel);
      start.set_data("12345678");
    }
    info.set_shards_num(2);
    info.set_consistency_level(2);
    return info.SerializeAsString();
  }

  void AddAlias(const CollectionPlan& plan, const std::string& alias) {
    pb::CollectionInfo info;
    info.set_id(plan.id);
    info.mutable_schema()->set_name(alias);
    const std::string key = "root-coord/collection-alias/" + alias;
    Set(key, info.SerializeAsString());
    Set(fmt::format("snapshots/{}_ts{}", key, NewId()), info.SerializeAsString());
  }

  static void AddPair(google::protobuf::RepeatedPtrField<pb::KeyValuePair>& pairs,
                      const std::string& key,
                      const std::string& value) {
    pb::KeyValuePair& pair = *pairs.Add();
    pair.set_key(key);
    pair.set_value(value);
  }

  void AddIndex(const CollectionPlan& plan, std::int64_t field_id, std::int64_t index_id) {
    pb::IndexInfo21 info;
    info.set_index_name(OneIn(2) ? "_default_idx" : fmt::format("index_of_{}", field_id));
    info.set_index_id(index_id);
    auto& params = *info.mutable_index_params();
    if (field_id == kVectorField) {
      AddPair(params, "index_type", "IVF_FLAT");
      AddPair(params, "metric_type", "L2");
      AddPair(params, "params", fmt::format(R"({{"nlist": {}}})", 16 << Draw(6)));
    } else {
      AddPair(params, "index_type", "Trie");
    }
    info.set_create_time(static_cast<std::uint64_t>(index_id) + 4);
    Set(fmt::format("root-coord/index/{}/{}", plan.id, index_id), info.SerializeAsString());
  }

  void AddSegment(const CollectionPlan& plan, std::int64_t partition_id) {
    pb::SegmentInfo segment;
    const std::int64_t id = NewId();
    segment.set_id(id);
    segment.set_collection_id(plan.id);
    segment.set_partition_id(partition_id);
    segment.set_insert_channel(fmt::format("by-dev-rootcoord-dml_0_{}v0", plan.id));
    segment.set_num_of_rows(1 + Draw(5000));
    segment.set_state(kFlushed);
    segment.set_max_row_num(8388608);
    for (const std::int64_t field : {std::int64_t{100}, std::int64_t{101}, kVectorField}) {
      pb::FieldBinlog& binlog = *segment.add_binlogs();
      binlog.set_field_id(field);
      pb::Binlog& log = *binlog.add_binlogs();
      log.set_entries_num(segment.num_of_rows());
      log.set_log_path(fmt::format(
          "files/insert_log/{}/{}/{}/{}/{}", plan.id, partition_id, id, field, NewId()));
      log.set_log_size(12032);
    }
    Set(fmt::format("datacoord-meta/s/{}/{}/{}", plan.id, partition_id, id),
        segment.SerializeAsString());
    for (const auto& [field_id, index_id] : plan.indexes) {
      AddSegmentIndex(segment, field_id, index_id);
    }
  }

  void AddSegmentIndex(const pb::SegmentInfo& segment,
                       std::int64_t field_id,
                       std::int64_t index_id) {
    pb::SegmentIndexInfo21 info;
    info.set_collection_id(segment.collection_id());
    info.set_partition_id(segment.partition_id());
    info.set_segment_id(segment.id());
    info.set_field_id(field_id);
    info.set_index_id(index_id);
    if (segment.num_of_rows() > 1024) {  // smaller segments are not built
      info.set_build_id(NewId());
      info.set_enable_index(true);
      AddBuild(segment, info);
    }
    info.set_create_time(static_cast<std::uint64_t>(index_id) + 4);
    Set(fmt::format("root-coord/segment-index/{}/{}/{}/{}",
                    segment.collection_id(),
                    index_id,
                    segment.partition_id(),
                    segment.id()),
        info.SerializeAsString());
  }

  void AddBuild(const pb::SegmentInfo& segment, const pb::SegmentIndexInfo21& info) {
    pb::IndexMeta21 build;
    build.set_index_build_id(info.build_id());
    build.set_state(3);
    pb::BuildIndexRequest21& request = *build.mutable_req();
    request.set_index_build_id(info.build_id());
    request.set_index_name("_default_idx");
    request.set_index_id(info.index_id());
    request.set_num_rows(segment.num_of_rows());
    request.set_segment_id(segment.id());
    request.add_data_paths(segment.binlogs(0).binlogs(0).log_path());
    for (const char* file : {"indexParams", "IVF", "RAW_DATA"}) {
      build.add_index_file_paths(fmt::format("files/index_files/{}/1/{}/{}/{}",
                                             info.build_id(),
                                             segment.partition_id(),
                                             segment.id(),
                                             file));
    }
    build.set_index_version(1);
    build.set_serialize_size(60659);
    Set(fmt::format("indexes/{}", info.build_id()), build.SerializeAsString());
  }

  void AddLoad(const CollectionPlan& plan) {
    const std::int64_t kind = Draw(4);  // 0, 1 released; 2 loaded; 3 partitions
    if (kind < 2 || (kind == 3 && !options_.loaded_partitions)) {
      return;
    }
    pb::LoadedCollection21 load;
    load.set_collection_id(plan.id);
    const std::size_t count = kind == 2 ? plan.partitions.size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      load.add_partition_ids(plan.partitions[i]);
    }
    load.set_load_type(kind == 2 ? 2 : 1);
    load.set_in_memory_percentage(OneIn(5) ? 50 : 100);
    load.set_replica_number(1);
    load.add_replica_ids(NewId());
    Set(fmt::format("queryCoord-collectionMeta/{}", plan.id), load.SerializeAsString());
  }

  const GenerateOptions& options_;
  std::string meta_;
  Fingerprint random_;
  std::int64_t next_id_ = kFirstId;
  std::map<std::string, std::string> values_;
};

}  // namespace

etcd::Keys Generate21(const GenerateOptions& options) { return Generator(options).Generate(); }

}  // namespace rehearse::migration
