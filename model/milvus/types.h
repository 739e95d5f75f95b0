// model/milvus/types.h: what a client of a Milvus server sees of its metadata, and the roles of a
// server.
//
// Shape:  MetaView is a value: collections ordered by database and name; everything below a
//         collection is ordered by id (partitions, fields, indexes) or name (aliases).
// Units:  rows as etcd records them for segments that are not dropped; loads in percent.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/law.h"
#include "model/core/version.h"

namespace rehearse::milvus {

struct FieldView {
  std::int64_t id = 0;
  std::string name;
  std::string type;  // Int64, FloatVector, ...; the number if unknown
  bool primary_key = false;
  std::map<std::string, std::string> params;  // dim, max_length
  friend bool operator==(const FieldView&, const FieldView&) = default;
};

struct PartitionView {
  std::int64_t id = 0;
  std::string name;
  std::int64_t rows = 0;
  friend bool operator==(const PartitionView&, const PartitionView&) = default;
};

struct IndexView {
  std::int64_t id = 0;
  std::string name;
  std::int64_t field_id = 0;
  std::string field_name;
  std::map<std::string, std::string> params;  // `params` flattened, as a client is shown it
  std::int64_t segments = 0;                  // segment records of this index
  std::int64_t unbuilt_segments = 0;          // of these, without a build task (build id 0)
  friend bool operator==(const IndexView&, const IndexView&) = default;
};

enum class LoadState { kReleased, kLoading, kLoaded, kPartitionsLoaded };
std::string_view NameOf(LoadState state);

struct LoadView {
  LoadState state = LoadState::kReleased;
  std::vector<std::string> partitions;  // names of the loaded ones, in order of id
  std::int64_t replica_number = 0;
  friend bool operator==(const LoadView&, const LoadView&) = default;
};

struct CollectionView {
  std::int64_t id = 0;
  std::string name;
  std::int64_t db_id = 0;
  std::string db_name;  // empty where the server knows no databases
  std::string description;
  std::int64_t shards = 0;
  std::string consistency;
  std::vector<FieldView> fields;  // without the two system fields
  std::vector<PartitionView> partitions;
  std::vector<std::string> aliases;
  std::vector<IndexView> indexes;
  LoadView load;
  std::int64_t rows = 0;
  friend bool operator==(const CollectionView&, const CollectionView&) = default;
};

struct MetaView {
  Version server;
  std::vector<CollectionView> collections;
  std::vector<std::string> silent_losses;  // what is in etcd and this server does not see, in words
  LawSet laws;                             // the laws that decided this view

  // nullptr without one; the database is not looked at.
  [[nodiscard]] const CollectionView* Find(std::string_view name) const;
};

struct ViewDifference {
  std::string path;  // collections/<name>/indexes/<field id>/name
  std::string before;
  std::string after;
  friend bool operator==(const ViewDifference&, const ViewDifference&) = default;
};

// The components of a server; one container runs one or all of them.
enum class Role {
  kRootCoord,
  kDataCoord,
  kQueryCoord,
  kIndexCoord,
  kProxy,
  kDataNode,
  kQueryNode,
  kIndexNode,
  kMixCoord,
  kStreamingNode,
};
std::string_view NameOf(Role role);  // as in session keys

}  // namespace rehearse::milvus
