// The conversion 2.1 -> 2.2, in the order of the tool: aliases, collections, indexes, segment
// indexes, loads. The first error or panic ends it.
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <set>

#include "model/migration/conversion.h"
#include "model/migration/metadata21.h"
#include "model/milvus/codec.h"
#include "model/milvus/families.h"

namespace rehearse::migration {
namespace {

constexpr std::int32_t kStateFinished = 3;
constexpr std::int32_t kStatusLoaded = 2;
constexpr std::int32_t kLoadPartition = 1;
constexpr std::int32_t kLoadCollection = 2;

// Maps in order of key, so that the same metadata always gives the same bytes.
std::string Serialize(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

// How a conversion ends early.
struct Stop {
  std::string error;
  std::vector<std::string> panic_lines;
  Law law = Law::kToolConvertIndexes;
};
using Outcome = tl::expected<void, Stop>;

tl::unexpected<Stop> StopWith(std::string error, Law law) {
  return tl::unexpected<Stop>(Stop{std::move(error), {}, law});
}

// Go's text on stderr. The frames of the one panic that was recorded are known; their arguments are
// addresses and left out here.
tl::unexpected<Stop> PanicWith(std::vector<std::string> lines, Law law) {
  return tl::unexpected<Stop>(Stop{"", std::move(lines), law});
}

std::vector<std::string> UnknownFrames(std::vector<std::string> head) {
  head.insert(head.end(), {"", "goroutine 1 [running]:", "(...)"});
  return head;
}

std::vector<std::string> PartitionLoadPanic() {
  const std::string tool = "github.com/milvus-io/milvus/cmd/tools/migration/";
  const std::string file = "\tcmd/tools/migration/";
  return {"panic: assignment to entry in nil map",
          "",
          "goroutine 1 [running]:",
          tool + "meta.combineToLoadInfo220(...)",
          file + "meta/210_to_220.go:297 +0x471",
          tool + "meta.From210To220(...)",
          file + "meta/210_to_220.go:337 +0x5a5",
          tool + "migration.migrator210To220.Migrate(...)",
          file + "migration/210_to_220.go:11",
          tool + "migration.(*Runner).Migrate(...)",
          file + "migration/runner.go:207 +0xbc",
          tool + "command.Run(...)",
          file + "command/run.go:29 +0x3c5",
          tool + "command.Execute(...)",
          file + "command/main.go:27 +0x1ae",
          "main.main()",
          file + "main.go:10 +0x28"};
}

class Converter {
 public:
  Converter(const Metadata21& in, ToolImage image, std::string_view meta_root_path)
      : in_(in), image_(image), root_(std::string(meta_root_path) + "/") {}

  Conversion Convert() {
    const Outcome outcome = ConvertAll();
    if (!outcome) {
      out_.groups.clear();
      out_.laws.Add(outcome.error().law);
      out_.panic_lines = outcome.error().panic_lines;
      if (out_.panic_lines.empty()) {
        out_.error = outcome.error().error;
      }
    }
    return std::move(out_);
  }

 private:
  Outcome ConvertAll() {
    ConvertAliases();
    if (const Outcome collections = ConvertCollections(); !collections) {
      return collections;
    }
    if (const Outcome indexes = ConvertIndexes(); !indexes) {
      return indexes;
    }
    if (const Outcome segments = ConvertSegmentIndexes(); !segments) {
      return segments;
    }
    if (const Outcome loads = ConvertLoads(); !loads) {
      return loads;
    }
    // Law::kToolSaveOrder.
    for (auto& [name, puts] : {std::pair("TtCollections", &collection_snapshots_),
                               std::pair("Collections", &collections_),
                               std::pair("TtAliases", &alias_snapshots_),
                               std::pair("Aliases", &aliases_),
                               std::pair("CollectionIndexes", &indexes_),
                               std::pair("SegmentIndexes", &segment_indexes_),
                               std::pair("CollectionLoadInfos", &loaded_collections_),
                               std::pair("PartitionLoadInfos", &loaded_partitions_)}) {
      out_.groups.push_back(SaveGroup{name, Sorted(std::move(*puts))});
    }
    return {};
  }

  using Puts = std::vector<std::pair<std::string, std::string>>;

  // Of equal keys the last one stays, as in the tool's map of what to save.
  static Puts Sorted(Puts puts) {
    std::stable_sort(
        puts.begin(), puts.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Puts unique;
    unique.reserve(puts.size());
    for (auto& put : puts) {
      if (!unique.empty() && unique.back().first == put.first) {
        unique.back() = std::move(put);
      } else {
        unique.push_back(std::move(put));
      }
    }
    return unique;
  }

  // Law::kToolConvertAliases.
  static std::string AliasValue(const MaybeCollection& record, std::uint64_t ts) {
    if (!record) {
      return std::string(milvus::kTombstone);
    }
    pb::AliasInfo alias;
    alias.set_alias_name(record->schema().name());
    alias.set_collection_id(record->id());
    alias.set_created_time(ts);
    return Serialize(alias);
  }

  void ConvertAliases() {
    for (const auto& [name, history] : in_.alias_snapshots) {
      for (const auto& [ts, record] : history) {
        alias_snapshots_.emplace_back(
            fmt::format("{}snapshots/root-coord/aliases/{}_ts{}", root_, name, ts),
            AliasValue(record, ts));
      }
    }
    for (const auto& [name, record] : in_.aliases) {
      aliases_.emplace_back(root_ + "root-coord/aliases/" + name, AliasValue(record, 0));
    }
    if (!in_.aliases.empty()) {
      out_.laws.Add(Law::kToolConvertAliases);
    }
  }

  static Outcome CheckCollection(const pb::CollectionInfo& in) {
    const auto out_of_range = [](int index, int length) {
      return PanicWith(
          UnknownFrames({fmt::format(
              "panic: runtime error: index out of range [{}] with length {}", index, length)}),
          Law::kToolMalformedCollectionPanic);
    };
    for (int i = 0; i < in.partition_ids_size(); ++i) {
      if (i >= in.partition_names_size()) {
        return out_of_range(i, in.partition_names_size());
      }
      if (i >= in.partition_created_timestamps_size()) {
        return out_of_range(i, in.partition_created_timestamps_size());
      }
    }
    if (!in.has_schema()) {
      return PanicWith(NilPointerPanic(), Law::kToolMalformedCollectionPanic);
    }
    return {};
  }

  // The tool rebuilds the value from the fields it knows. Law::kToolConvertCollections.
  static std::string CollectionValue(const pb::CollectionInfo& in) {
    pb::CollectionInfo out;
    out.set_id(in.id());
    pb::CollectionSchema& schema = *out.mutable_schema();
    schema.set_name(in.schema().name());
    schema.set_description(in.schema().description());
    schema.set_auto_id(in.schema().auto_id());
    for (const pb::FieldSchema& field : in.schema().fields()) {
      *schema.add_fields() = field;
      schema.mutable_fields(schema.fields_size() - 1)->DiscardUnknownFields();
    }
    out.set_create_time(in.create_time());
    for (int i = 0; i < in.partition_ids_size(); ++i) {
      out.add_partition_ids(in.partition_ids(i));
      out.add_partition_names(in.partition_names(i));
      out.add_partition_created_timestamps(in.partition_created_timestamps(i));
    }
    *out.mutable_virtual_channel_names() = in.virtual_channel_names();
    *out.mutable_physical_channel_names() = in.physical_channel_names();
    out.set_shards_num(in.shards_num());
    *out.mutable_start_positions() = in.start_positions();
    out.set_consistency_level(in.consistency_level());
    out.set_state(in.state());
    *out.mutable_properties() = in.properties();
    return Serialize(out);
  }

  Outcome AddCollection(std::string key, const MaybeCollection& collection, Puts& puts) {
    if (!collection) {
      puts.emplace_back(std::move(key), std::string(milvus::kTombstone));
      return {};
    }
    out_.laws.Add(Law::kToolConvertCollections);
    if (const Outcome check = CheckCollection(*collection); !check) {
      return check;
    }
    puts.emplace_back(std::move(key), CollectionValue(*collection));
    return {};
  }

  Outcome ConvertCollections() {
    for (const auto& [id, history] : in_.collection_snapshots) {
      for (const auto& [ts, collection] : history) {
        std::string key = fmt::format("{}snapshots/root-coord/collection/{}_ts{}", root_, id, ts);
        const Outcome added = AddCollection(std::move(key), collection, collection_snapshots_);
        if (!added) {
          return added;
        }
      }
    }
    for (const auto& [id, collection] : in_.collections) {
      std::string key = fmt::format("{}root-coord/collection/{}", root_, id);
      if (const Outcome added = AddCollection(std::move(key), collection, collections_); !added) {
        return added;
      }
    }
    return {};
  }

  // The tool builds an index over the schema's fields first, and refuses doubles.
  static Outcome CheckSchema(const pb::CollectionSchema& schema) {
    std::set<std::string> names;
    std::set<std::int64_t> ids;
    bool primary_key = false;
    for (const pb::FieldSchema& field : schema.fields()) {
      if (!names.insert(field.name()).second) {
        return StopWith("duplicated fieldName: " + field.name(), Law::kToolConvertIndexes);
      }
      if (!ids.insert(field.field_id()).second) {
        return StopWith(fmt::format("duplicated fieldID: {}", field.field_id()),
                        Law::kToolConvertIndexes);
      }
      if (field.is_primary_key() && primary_key) {
        return StopWith("primary key is not unique", Law::kToolConvertIndexes);
      }
      primary_key = primary_key || field.is_primary_key();
    }
    return {};
  }

  Outcome ConvertIndexes() {
    for (const auto& [id, collection] : in_.collections) {
      if (!collection || !collection->has_schema()) {
        out_.lines.push_back(fmt::format(
            "combineToCollectionIndexesMeta220, nil schema:  {} , record:  &{{[] <nil>}}", id));
        out_.laws.Add(Law::kToolNilSchemaLine);
        continue;
      }
      if (const Outcome check = CheckSchema(collection->schema()); !check) {
        return check;
      }
      for (const pb::FieldIndexInfo& entry : collection->field_indexes()) {
        if (const Outcome added = AddIndex(id, collection->schema(), entry); !added) {
          return added;
        }
      }
    }
    return {};
  }

  Outcome AddIndex(std::int64_t collection_id,
                   const pb::CollectionSchema& schema,
                   const pb::FieldIndexInfo& entry) {
    out_.laws.Add(Law::kToolConvertIndexes);
    const auto field =
        std::find_if(schema.fields().begin(), schema.fields().end(), [&](const auto& f) {
          return f.field_id() == entry.field_id();
        });
    if (field == schema.fields().end()) {
      return StopWith(fmt::format("fieldID({}) not found", entry.field_id()),
                      Law::kToolConvertIndexes);
    }
    const auto of_collection = in_.indexes.find(collection_id);
    if (of_collection == in_.indexes.end()) {
      return StopWith(fmt::format("collection not exist: {}", collection_id),
                      Law::kToolConvertIndexes);
    }
    const auto index = of_collection->second.find(entry.index_id());
    if (index == of_collection->second.end()) {
      return StopWith(
          fmt::format(
              "index not exist, collection: {}, index: {}", collection_id, entry.index_id()),
          Law::kToolConvertIndexes);
    }
    pb::FieldIndex out;
    out.mutable_index_info()->set_collection_id(collection_id);
    if (const Outcome filled = FillIndex(index->second, *field, entry, out); !filled) {
      return filled;
    }
    indexes_.emplace_back(
        fmt::format("{}field-index/{}/{}", root_, collection_id, entry.index_id()), Serialize(out));
    return {};
  }

  Outcome FillIndex(const pb::IndexInfo21& in,
                    const pb::FieldSchema& field,
                    const pb::FieldIndexInfo& entry,
                    pb::FieldIndex& out) {
    pb::IndexInfo& info = *out.mutable_index_info();
    info.set_field_id(entry.field_id());
    info.set_index_id(entry.index_id());
    info.set_index_name(in.index_name());
    if (in.index_name() == "_default_idx") {
      info.set_index_name(fmt::format("_default_idx_{}", entry.field_id()));
      out_.laws.Add(Law::kToolDefaultIndexName);
    }
    *info.mutable_type_params() = field.type_params();
    *info.mutable_user_index_params() = in.index_params();
    std::map<std::string, std::string> params;
    for (const pb::KeyValuePair& pair : in.index_params()) {
      if (pair.key() != "params") {
        params[pair.key()] = pair.value();
        continue;
      }
      const auto flat = milvus::FlattenParams(pair.value(), "params");
      if (!flat) {
        return StopWith("unmarshal params failed, " + flat.error().message,
                        Law::kToolConvertIndexes);
      }
      for (const auto& [key, value] : *flat) {
        params[key] = value;
      }
    }
    for (const auto& [key, value] : params) {
      pb::KeyValuePair& pair = *info.add_index_params();
      pair.set_key(key);
      pair.set_value(value);
    }
    out.set_deleted(in.deleted());
    out.set_create_time(in.create_time());
    return {};
  }

  // Law::kToolConvertSegmentIndexes, Law::kToolCollidingSegmentIndex.
  Outcome ConvertSegmentIndexes() {
    IndexBuild21 synthetic;
    synthetic.state = kStateFinished;
    synthetic.index_version = 1;
    for (const auto& [ids, record] : in_.segment_indexes) {
      out_.laws.Add(Law::kToolConvertSegmentIndexes);
      const IndexBuild21* build = &synthetic;
      if (record.build_id != 0 || record.enable_index) {
        const auto found = in_.builds.find(record.build_id);
        if (found == in_.builds.end()) {
          return StopWith(fmt::format("index build meta not found, segment id: {}, index id: {}, "
                                      "index build id: {}",
                                      ids.first,
                                      ids.second,
                                      record.build_id),
                          Law::kToolConvertSegmentIndexes);
        }
        build = &found->second;
      }
      AddSegmentIndex(ids, record, *build);
    }
    return {};
  }

  void AddSegmentIndex(std::pair<std::int64_t, std::int64_t> ids,
                       const SegmentIndex21& record,
                       const IndexBuild21& build) {
    pb::SegmentIndex out;
    out.set_collection_id(record.collection_id);
    out.set_partition_id(record.partition_id);
    out.set_segment_id(ids.first);
    out.set_num_rows(build.num_rows);
    out.set_index_id(ids.second);
    out.set_build_id(record.build_id);
    out.set_node_id(build.node_id);
    out.set_index_version(build.index_version);
    out.set_state(build.state);
    out.set_fail_reason(build.fail_reason);
    for (const std::string& file_key : build.file_keys) {
      out.add_index_file_keys(file_key);
    }
    out.set_deleted(build.mark_deleted);
    out.set_create_time(record.create_time);
    out.set_serialize_size(build.serialize_size);
    out.set_write_handoff(build.state == kStateFinished);
    segment_indexes_.emplace_back(fmt::format("{}segment-index/{}/{}/{}/{}",
                                              root_,
                                              record.collection_id,
                                              record.partition_id,
                                              ids.first,
                                              record.build_id),
                                  Serialize(out));
    if (record.build_id == 0) {
      out_.laws.Add(Law::kToolCollidingSegmentIndex);
    }
  }

  // Only the latest value counts: the tool's search in the snapshots never finds one.
  const google::protobuf::RepeatedPtrField<pb::FieldIndexInfo>* FieldIndexesOf(
      std::int64_t collection_id) const {
    const auto found = in_.collections.find(collection_id);
    if (found == in_.collections.end() || !found->second ||
        found->second->field_indexes().empty()) {
      return nullptr;
    }
    return &found->second->field_indexes();
  }

  // Law::kToolConvertLoads, kToolReleasesWithoutIndex, kToolPartitionLoadPanic.
  Outcome ConvertLoads() {
    for (const auto& [id, load] : in_.loads) {
      const auto* indexes = FieldIndexesOf(id);
      if (load.load_type() == kLoadCollection && indexes == nullptr) {
        out_.laws.Add(Law::kToolReleasesWithoutIndex);
        continue;
      }
      if (load.load_type() == kLoadCollection) {
        out_.laws.Add(Law::kToolConvertLoads);
        AddLoadedCollection(load, *indexes);
        continue;
      }
      for (const std::int64_t partition_id :
           load.load_type() == kLoadPartition ? load.partition_ids() : kNoIds) {
        out_.laws.Add(Law::kToolConvertLoads);
        if (indexes != nullptr && image_ == ToolImage::kV220) {
          return PanicWith(PartitionLoadPanic(), Law::kToolPartitionLoadPanic);
        }
        AddLoadedPartition(load, partition_id, indexes);
      }
    }
    return {};
  }

  // A map in the tool: one index a field, the last one.
  static void SetFieldIndexIds(
      const google::protobuf::RepeatedPtrField<pb::FieldIndexInfo>& indexes,
      google::protobuf::RepeatedPtrField<pb::FieldIndexId>& out) {
    std::map<std::int64_t, std::int64_t> ids;
    for (const pb::FieldIndexInfo& index : indexes) {
      ids[index.field_id()] = index.index_id();
    }
    for (const auto& [field_id, index_id] : ids) {
      pb::FieldIndexId& entry = *out.Add();
      entry.set_field_id(field_id);
      entry.set_index_id(index_id);
    }
  }

  void AddLoadedCollection(const pb::LoadedCollection21& load,
                           const google::protobuf::RepeatedPtrField<pb::FieldIndexInfo>& indexes) {
    pb::CollectionLoadInfo out;
    out.set_collection_id(load.collection_id());
    *out.mutable_released_partitions() = load.released_partition_ids();
    out.set_replica_number(load.replica_number());
    out.set_status(kStatusLoaded);
    SetFieldIndexIds(indexes, *out.mutable_field_index_ids());
    loaded_collections_.emplace_back(
        fmt::format("{}querycoord-collection-loadinfo/{}", root_, load.collection_id()),
        Serialize(out));
  }

  void AddLoadedPartition(const pb::LoadedCollection21& load,
                          std::int64_t partition_id,
                          const google::protobuf::RepeatedPtrField<pb::FieldIndexInfo>* indexes) {
    pb::PartitionLoadInfo out;
    out.set_collection_id(load.collection_id());
    out.set_partition_id(partition_id);
    out.set_replica_number(load.replica_number());
    out.set_status(kStatusLoaded);
    if (indexes != nullptr) {
      SetFieldIndexIds(*indexes, *out.mutable_field_index_ids());
    }
    loaded_partitions_.emplace_back(
        fmt::format(
            "{}querycoord-partition-loadinfo/{}/{}", root_, load.collection_id(), partition_id),
        Serialize(out));
  }

  inline static const google::protobuf::RepeatedField<std::int64_t> kNoIds;

  const Metadata21& in_;
  ToolImage image_;
  std::string root_;
  Conversion out_;
  Puts collection_snapshots_;
  Puts collections_;
  Puts alias_snapshots_;
  Puts aliases_;
  Puts indexes_;
  Puts segment_indexes_;
  Puts loaded_collections_;
  Puts loaded_partitions_;
};

}  // namespace

std::vector<std::string> NilPointerPanic() {
  return UnknownFrames({"panic: runtime error: invalid memory address or nil pointer dereference",
                        "[signal SIGSEGV: segmentation violation (...)]"});
}

Conversion Convert21(const Metadata21& metadata, ToolImage image, std::string_view meta_root_path) {
  return Converter(metadata, image, meta_root_path).Convert();
}

}  // namespace rehearse::migration
