#include "model/milvus/codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <charconv>

#include "model/milvus/proto/meta.pb.h"

namespace rehearse::milvus {
namespace {

// protobuf prints refused strings to stderr; the caller gets an Error and decides.
const bool kProtobufIsQuiet = [] {
  google::protobuf::SetLogHandler(nullptr);
  return true;
}();

template <typename Message>
Result<Message> Parse(std::string_view value, std::string_view where) {
  Message message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return BadInput(std::string(where) + ": not a " + message.GetDescriptor()->name());
  }
  return message;
}

// Fields in order of number and maps in order of key, as the tests compare bytes.
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

template <typename Repeated>
std::vector<std::int64_t> Ids(const Repeated& ids) {
  return {ids.begin(), ids.end()};
}

Params ParamsOf(const google::protobuf::RepeatedPtrField<pb::KeyValuePair>& pairs) {
  Params params;
  for (const pb::KeyValuePair& pair : pairs) {
    params.emplace_back(pair.key(), pair.value());
  }
  return params;
}

std::map<std::int64_t, std::int64_t> FieldIndexIds(
    const google::protobuf::RepeatedPtrField<pb::FieldIndexId>& entries) {
  std::map<std::int64_t, std::int64_t> ids;
  for (const pb::FieldIndexId& entry : entries) {
    ids[entry.field_id()] = entry.index_id();
  }
  return ids;
}

FieldRecord FieldOf(const pb::FieldSchema& field) {
  return FieldRecord{field.field_id(),
                     field.name(),
                     field.is_primary_key(),
                     field.data_type(),
                     ParamsOf(field.type_params())};
}

}  // namespace

Result<CollectionRecord> DecodeCollection(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::CollectionInfo>(value, where));
  CollectionRecord record;
  record.id = message.id();
  record.name = message.schema().name();
  record.description = message.schema().description();
  for (const pb::FieldSchema& field : message.schema().fields()) {
    record.fields.push_back(FieldOf(field));
  }
  record.partition_ids = Ids(message.partition_ids());
  record.partition_names.assign(message.partition_names().begin(), message.partition_names().end());
  for (const pb::FieldIndexInfo& index : message.field_indexes()) {
    record.field_indexes.emplace_back(index.field_id(), index.index_id());
  }
  record.channels.assign(message.virtual_channel_names().begin(),
                         message.virtual_channel_names().end());
  record.shards = message.shards_num();
  record.consistency = message.consistency_level();
  record.state = message.state();
  record.db_id = message.db_id();
  return record;
}

Result<FieldRecord> DecodeField(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::FieldSchema>(value, where));
  return FieldOf(message);
}

Result<PartitionRecord> DecodePartition(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::PartitionInfo>(value, where));
  return PartitionRecord{
      message.partition_id(), message.partition_name(), message.collection_id(), message.state()};
}

Result<AliasRecord> DecodeAlias(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::AliasInfo>(value, where));
  return AliasRecord{message.alias_name(), message.collection_id(), message.state()};
}

Result<DatabaseRecord> DecodeDatabase(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::DatabaseInfo>(value, where));
  return DatabaseRecord{message.id(), message.name(), message.created_time()};
}

Result<IndexRecord> DecodeIndex21(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::IndexInfo21>(value, where));
  return IndexRecord{message.index_id(),
                     0,
                     0,
                     message.index_name(),
                     ParamsOf(message.index_params()),
                     message.deleted()};
}

Result<IndexRecord> DecodeIndex(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::FieldIndex>(value, where));
  const pb::IndexInfo& info = message.index_info();
  return IndexRecord{info.index_id(),
                     info.collection_id(),
                     info.field_id(),
                     info.index_name(),
                     ParamsOf(info.index_params()),
                     message.deleted()};
}

Result<SegmentIndexRecord> DecodeSegmentIndex21(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::SegmentIndexInfo21>(value, where));
  return SegmentIndexRecord{
      message.collection_id(), message.segment_id(), message.index_id(), message.build_id(), false};
}

Result<SegmentIndexRecord> DecodeSegmentIndex(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::SegmentIndex>(value, where));
  return SegmentIndexRecord{message.collection_id(),
                            message.segment_id(),
                            message.index_id(),
                            message.build_id(),
                            message.deleted()};
}

Result<SegmentRecord> DecodeSegment(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::SegmentInfo>(value, where));
  return SegmentRecord{message.id(),
                       message.collection_id(),
                       message.partition_id(),
                       message.num_of_rows(),
                       message.state()};
}

Result<LoadRecord> DecodeLoadedCollection21(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::LoadedCollection21>(value, where));
  LoadRecord record;
  record.collection_id = message.collection_id();
  record.partition_ids = Ids(message.partition_ids());
  record.released = Ids(message.released_partition_ids());
  record.replica_ids = Ids(message.replica_ids());
  record.load_type = message.load_type();
  record.percentage = message.in_memory_percentage();
  record.replica_number = message.replica_number();
  return record;
}

Result<LoadRecord> DecodeLoadedCollection(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::CollectionLoadInfo>(value, where));
  LoadRecord record;
  record.collection_id = message.collection_id();
  record.released = Ids(message.released_partitions());
  record.load_type = message.load_type();
  record.status = message.status();
  record.replica_number = message.replica_number();
  record.field_index_ids = FieldIndexIds(message.field_index_ids());
  return record;
}

Result<LoadRecord> DecodeLoadedPartition(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::PartitionLoadInfo>(value, where));
  LoadRecord record;
  record.collection_id = message.collection_id();
  record.partition_id = message.partition_id();
  record.status = message.status();
  record.replica_number = message.replica_number();
  record.field_index_ids = FieldIndexIds(message.field_index_ids());
  return record;
}

Result<ReplicaRecord> DecodeReplica21(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::ReplicaInfo21>(value, where));
  return ReplicaRecord{message.replica_id(), message.collection_id(), Ids(message.node_ids()), ""};
}

Result<ReplicaRecord> DecodeReplica(std::string_view value, std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::Replica>(value, where));
  return ReplicaRecord{
      message.id(), message.collection_id(), Ids(message.nodes()), message.resource_group()};
}

Result<std::vector<std::int64_t>> DecodeResourceGroupNodes(std::string_view value,
                                                           std::string_view where) {
  TRY_ASSIGN(const auto message, Parse<pb::ResourceGroup>(value, where));
  return Ids(message.nodes());
}

std::string EncodeDatabase(const DatabaseRecord& record) {
  pb::DatabaseInfo message;
  message.set_name(record.name);
  message.set_id(record.id);
  message.set_state(1);
  message.set_created_time(record.created_time);
  return Serialize(message);
}

std::string EncodeReplica(const ReplicaRecord& record) {
  pb::Replica message;
  message.set_id(record.id);
  message.set_collection_id(record.collection_id);
  message.mutable_nodes()->Add(record.nodes.begin(), record.nodes.end());
  message.set_resource_group(record.resource_group);
  return Serialize(message);
}

std::string EncodeResourceGroup(std::string_view name,
                                std::int32_t capacity,
                                const std::vector<std::int64_t>& nodes) {
  pb::ResourceGroup message;
  message.set_name(std::string(name));
  message.set_capacity(capacity);
  message.mutable_nodes()->Add(nodes.begin(), nodes.end());
  return Serialize(message);
}

std::string EncodeLoadedPartition(const LoadRecord& record) {
  pb::PartitionLoadInfo message;
  message.set_collection_id(record.collection_id);
  message.set_partition_id(record.partition_id);
  message.set_replica_number(static_cast<std::int32_t>(record.replica_number));
  message.set_status(record.status);
  for (const auto& [field_id, index_id] : record.field_index_ids) {
    pb::FieldIndexId& entry = *message.add_field_index_ids();
    entry.set_field_id(field_id);
    entry.set_index_id(index_id);
  }
  return Serialize(message);
}

Result<std::string> WithLoadType(std::string_view value,
                                 std::int32_t load_type,
                                 std::string_view where) {
  TRY_ASSIGN(auto message, Parse<pb::CollectionLoadInfo>(value, where));
  message.set_load_type(load_type);
  return Serialize(message);
}

namespace {

// What Go's %v prints for a JSON number, which it holds as float64: the shortest digits, with an
// exponent below -4 and from 6 on: 1048576 becomes 1.048576e+06. Law::kToolConvertIndexes.
std::string GoFloat(double number) {
  std::array<char, 400> text{};
  const auto print = [&](std::chars_format format) {
    return std::string(text.data(),
                       std::to_chars(text.data(), text.data() + text.size(), number, format).ptr);
  };
  const std::string scientific = print(std::chars_format::scientific);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  return exponent < -4 || exponent >= 6 ? scientific : print(std::chars_format::fixed);
}

std::string GoText(const Json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_number()) {
    return GoFloat(value.get<double>());
  }
  if (value.is_null()) {
    return "<nil>";
  }
  if (value.is_array() || value.is_object()) {
    std::string text = value.is_array() ? "[" : "map[";
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      text += first ? "" : " ";
      text += (value.is_object() ? key + ":" : "") + GoText(item);
      first = false;
    }
    return text + "]";
  }
  return Dump(value);  // true, false
}

}  // namespace

Result<std::map<std::string, std::string>> FlattenParams(std::string_view json,
                                                         std::string_view where) {
  TRY_ASSIGN(const Json parsed, ParseJson(json, where));
  std::map<std::string, std::string> flat;
  if (parsed.is_null()) {
    return flat;
  }
  if (!parsed.is_object()) {
    return BadInput(std::string(where) + ": not a JSON object");
  }
  for (const auto& [key, value] : parsed.items()) {
    flat[key] = GoText(value);
  }
  return flat;
}

std::map<std::string, std::string> ShownParams(const Params& params) {
  std::map<std::string, std::string> shown;
  for (const auto& [key, value] : params) {
    const Result<Json> parsed = key == "params" ? ParseJson(value, key) : BadInput(key);
    if (!parsed || !parsed->is_object()) {
      shown[key] = value;
      continue;
    }
    for (const auto& [name, item] : parsed->items()) {
      shown[name] = item.is_string() ? item.get<std::string>() : Dump(item);
    }
  }
  return shown;
}

std::string DataTypeName(std::int32_t data_type) {
  static const std::map<std::int32_t, std::string> kNames = {{1, "Bool"},
                                                             {2, "Int8"},
                                                             {3, "Int16"},
                                                             {4, "Int32"},
                                                             {5, "Int64"},
                                                             {10, "Float"},
                                                             {11, "Double"},
                                                             {20, "String"},
                                                             {21, "VarChar"},
                                                             {22, "Array"},
                                                             {23, "JSON"},
                                                             {100, "BinaryVector"},
                                                             {101, "FloatVector"},
                                                             {102, "Float16Vector"},
                                                             {103, "BFloat16Vector"},
                                                             {104, "SparseFloatVector"}};
  const auto found = kNames.find(data_type);
  return found != kNames.end() ? found->second : std::to_string(data_type);
}

}  // namespace rehearse::milvus
