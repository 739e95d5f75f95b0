// model/migration/metadata21.h: the 2.1 metadata as Load reads it; private to conversion*.cc.
//
// Shape:  what is many (segment indexes, build tasks) is kept in plain structs, not in messages.
// Source: Law::kToolLoadFirst.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/milvus/proto/meta.pb.h"

namespace rehearse::migration {

namespace pb = milvus::pb;

// nullptr: the value was a tombstone.
using MaybeCollection = std::shared_ptr<const pb::CollectionInfo>;

struct SegmentIndex21 {
  std::int64_t collection_id = 0;
  std::int64_t partition_id = 0;
  std::int64_t build_id = 0;
  bool enable_index = false;
  std::uint64_t create_time = 0;
};

struct IndexBuild21 {
  std::int32_t state = 0;
  std::string fail_reason;
  std::int64_t num_rows = 0;
  std::vector<std::string> file_keys;  // last path elements
  bool mark_deleted = false;
  std::int64_t node_id = 0;
  std::int64_t index_version = 0;
  std::uint64_t serialize_size = 0;
};

struct Metadata21 {
  std::map<std::int64_t, std::map<std::uint64_t, MaybeCollection>> collection_snapshots;
  std::map<std::int64_t, MaybeCollection> collections;
  std::map<std::string, std::map<std::uint64_t, MaybeCollection>> alias_snapshots;
  std::map<std::string, MaybeCollection> aliases;
  std::map<std::int64_t, std::map<std::int64_t, pb::IndexInfo21>> indexes;  // by collection, index
  std::map<std::pair<std::int64_t, std::int64_t>, SegmentIndex21>
      segment_indexes;  // segment, index
  std::map<std::int64_t, IndexBuild21> builds;
  std::map<std::int64_t, pb::LoadedCollection21> loads;  // 100 % only
};

}  // namespace rehearse::migration
