// model/milvus/codec.h: the values that Milvus keeps in etcd, decoded; the place where this room
// meets protobuf.
//
// Shape:  records hold what views and start writes read. DecodeToJson gives every field of any
//         family, unknown ones by their number, for comparing and showing values.
// Errors: kInvalidArgument, `<where>: ...`.
// Wraps:  protobuf, with model/migration/*.cc; no other file includes it.
// Source: Law::kKeyFamilies21, kKeyFamilies22, kKeyFamilies23 (field numbers).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/json.h"
#include "model/core/result.h"
#include "model/milvus/families.h"

namespace rehearse::milvus {

using Params = std::vector<std::pair<std::string, std::string>>;

struct FieldRecord {
  std::int64_t id = 0;
  std::string name;
  bool primary_key = false;
  std::int32_t data_type = 0;
  Params type_params;
};

struct CollectionRecord {
  std::int64_t id = 0;
  std::string name;  // of an alias of 2.1: the alias
  std::string description;
  std::vector<FieldRecord> fields;
  std::vector<std::int64_t> partition_ids;
  std::vector<std::string> partition_names;
  std::vector<std::pair<std::int64_t, std::int64_t>> field_indexes;  // field id, index id
  std::vector<std::string> channels;                                 // virtual
  std::int32_t shards = 0;
  std::int32_t consistency = 0;
  std::int32_t state = 0;  // 0: created
  std::int64_t db_id = 0;
};

struct PartitionRecord {
  std::int64_t id = 0;
  std::string name;
  std::int64_t collection_id = 0;
  std::int32_t state = 0;
};

struct AliasRecord {
  std::string name;
  std::int64_t collection_id = 0;
  std::int32_t state = 0;
};

struct DatabaseRecord {
  std::int64_t id = 0;
  std::string name;
  std::uint64_t created_time = 0;
};

struct IndexRecord {  // of 2.1 (collection and field id 0) and of 2.2
  std::int64_t id = 0;
  std::int64_t collection_id = 0;
  std::int64_t field_id = 0;
  std::string name;
  Params params;
  bool deleted = false;
};

struct SegmentIndexRecord {
  std::int64_t collection_id = 0;
  std::int64_t segment_id = 0;
  std::int64_t index_id = 0;
  std::int64_t build_id = 0;
  bool deleted = false;
};

struct SegmentRecord {
  std::int64_t id = 0;
  std::int64_t collection_id = 0;
  std::int64_t partition_id = 0;
  std::int64_t rows = 0;
  std::int32_t state = 0;
};

struct LoadRecord {  // of 2.1, and the collection and partition load infos of 2.2
  std::int64_t collection_id = 0;
  std::int64_t partition_id = 0;            // of a partition load info
  std::vector<std::int64_t> partition_ids;  // 2.1
  std::vector<std::int64_t> released;       // partitions
  std::vector<std::int64_t> replica_ids;    // 2.1
  std::int32_t load_type = 0;               // 1 partitions, 2 collection
  std::int64_t percentage = 0;              // 2.1
  std::int32_t status = 0;                  // 2.2: 2 is loaded
  std::int64_t replica_number = 0;
  std::map<std::int64_t, std::int64_t> field_index_ids;
};

struct ReplicaRecord {
  std::int64_t id = 0;
  std::int64_t collection_id = 0;
  std::vector<std::int64_t> nodes;
  std::string resource_group;
};

Result<CollectionRecord> DecodeCollection(std::string_view value, std::string_view where);
Result<FieldRecord> DecodeField(std::string_view value, std::string_view where);
Result<PartitionRecord> DecodePartition(std::string_view value, std::string_view where);
Result<AliasRecord> DecodeAlias(std::string_view value, std::string_view where);
Result<DatabaseRecord> DecodeDatabase(std::string_view value, std::string_view where);
Result<IndexRecord> DecodeIndex21(std::string_view value, std::string_view where);
Result<IndexRecord> DecodeIndex(std::string_view value, std::string_view where);
Result<SegmentIndexRecord> DecodeSegmentIndex21(std::string_view value, std::string_view where);
Result<SegmentIndexRecord> DecodeSegmentIndex(std::string_view value, std::string_view where);
Result<SegmentRecord> DecodeSegment(std::string_view value, std::string_view where);
Result<LoadRecord> DecodeLoadedCollection21(std::string_view value, std::string_view where);
Result<LoadRecord> DecodeLoadedCollection(std::string_view value, std::string_view where);
Result<LoadRecord> DecodeLoadedPartition(std::string_view value, std::string_view where);
Result<ReplicaRecord> DecodeReplica21(std::string_view value, std::string_view where);
Result<ReplicaRecord> DecodeReplica(std::string_view value, std::string_view where);

Result<std::vector<std::int64_t>> DecodeResourceGroupNodes(std::string_view value,
                                                           std::string_view where);

std::string EncodeDatabase(const DatabaseRecord& record);
std::string EncodeReplica(const ReplicaRecord& record);
std::string EncodeResourceGroup(std::string_view name,
                                std::int32_t capacity,
                                const std::vector<std::int64_t>& nodes);
std::string EncodeLoadedPartition(const LoadRecord& record);
// The value with its load type set; all else as it was.
Result<std::string> WithLoadType(std::string_view value,
                                 std::int32_t load_type,
                                 std::string_view where);

// Every field of a value under its name; bytes as base64 under "base64:...", unknown fields under
// "#<number>". Key/value lists are sorted, so that equal meaning gives equal JSON.
Result<Json> DecodeToJson(Family family, std::string_view value, std::string_view where);

// Decodes and encodes again; equal to `value` for what the servers wrote (tests hold it to that).
Result<std::string> ReEncode(Family family, std::string_view value, std::string_view where);

// A `params` value ({"nlist": 16}) as pairs, numbers printed as Go prints a float64.
Result<std::map<std::string, std::string>> FlattenParams(std::string_view json,
                                                         std::string_view where);
// Index parameters as a client is shown them: `params` flattened, the last of equal keys wins.
std::map<std::string, std::string> ShownParams(const Params& params);

std::string DataTypeName(std::int32_t data_type);

}  // namespace rehearse::milvus
