// Load: the 2.1 families, as the tool reads them.
#include <charconv>
#include <optional>

#include "model/migration/conversion.h"
#include "model/migration/metadata21.h"
#include "model/milvus/families.h"

namespace rehearse::migration {
namespace {

constexpr std::string_view kAliasPrefix = "root-coord/collection-alias";

std::string_view FileName(std::string_view key) {
  return key.substr(key.rfind('/') + 1);  // npos + 1 is 0
}

Result<std::int64_t> Atoi(std::string_view text) {
  std::int64_t number = 0;
  std::string_view digits = text;
  if (digits.starts_with('+') && !digits.starts_with("+-")) {
    digits.remove_prefix(1);
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error == std::errc::invalid_argument ||
      end != digits.data() + digits.size()) {
    return BadInput("strconv.Atoi: parsing \"" + std::string(text) + "\": invalid syntax");
  }
  if (error == std::errc::result_out_of_range) {
    return BadInput("strconv.Atoi: parsing \"" + std::string(text) + "\": value out of range");
  }
  return number;
}

template <typename Message>
Status ParseValue(const std::string& value, Message& message) {
  if (!message.ParseFromString(value)) {
    return BadInput("proto: cannot parse invalid wire-format data");
  }
  return {};
}

Result<MaybeCollection> ParseMaybeCollection(const std::string& value) {
  if (milvus::IsTombstone(value)) {
    return MaybeCollection();
  }
  auto message = std::make_shared<pb::CollectionInfo>();
  TRY(ParseValue(value, *message));
  return MaybeCollection(std::move(message));
}

struct SnapshotKey {
  std::string_view name;
  std::uint64_t ts = 0;
};

// "_ts" must stand in the whole key exactly once.
Result<SnapshotKey> SplitSnapshotKey(std::string_view key) {
  const std::size_t at = key.find("_ts");
  const auto bad = [&] { return BadInput(std::string(key) + " is not of snapshot"); };
  if (at == std::string_view::npos || key.find("_ts", at + 1) != std::string_view::npos) {
    return bad();
  }
  const Result<std::int64_t> ts = Atoi(key.substr(at + 3));
  if (!ts) {
    return bad();
  }
  return SnapshotKey{FileName(key.substr(0, at)), static_cast<std::uint64_t>(*ts)};
}

class Loader {
 public:
  Loader(const etcd::Keys& keys, std::string_view meta_root_path)
      : keys_(keys), root_(std::string(meta_root_path) + "/") {}

  Result<std::shared_ptr<const Metadata21>> Load() {
    TRY(Each("snapshots/root-coord/collection", &Loader::CollectionSnapshot));
    TRY(Each("root-coord/collection", &Loader::Collection));
    TRY(Each("snapshots/root-coord/collection-alias", &Loader::AliasSnapshot));
    TRY(Each("root-coord/collection-alias", &Loader::Alias));
    TRY(Each("root-coord/index", &Loader::Index));
    TRY(Each("root-coord/segment-index", &Loader::SegmentIndex));
    TRY(Each("indexes", &Loader::Build));
    TRY(Each("queryCoord-collectionMeta", &Loader::LoadedCollection));
    return std::shared_ptr<const Metadata21>(std::move(out_));
  }

 private:
  using Read = Status (Loader::*)(std::string_view key, const std::string& value);

  Status Each(std::string_view prefix, Read read) {
    Status status;
    keys_.ForPrefix(root_ + std::string(prefix), [&](const std::string& key, const auto& entry) {
      if (status) {
        status = (this->*read)(key, entry->value);
      }
    });
    return status;
  }

  static bool IsAlias(std::string_view key) {
    return key.find(kAliasPrefix) != std::string_view::npos;
  }

  Status CollectionSnapshot(std::string_view key, const std::string& value) {
    if (IsAlias(key)) {
      return {};
    }
    TRY_ASSIGN(MaybeCollection collection, ParseMaybeCollection(value));
    TRY_ASSIGN(const SnapshotKey split, SplitSnapshotKey(key));
    TRY_ASSIGN(const std::int64_t id, Atoi(split.name));
    out_->collection_snapshots[id][split.ts] = std::move(collection);
    return {};
  }

  Status Collection(std::string_view key, const std::string& value) {
    if (IsAlias(key)) {
      return {};
    }
    TRY_ASSIGN(MaybeCollection collection, ParseMaybeCollection(value));
    TRY_ASSIGN(const std::int64_t id, Atoi(FileName(key)));
    out_->collections[id] = std::move(collection);
    return {};
  }

  Status AliasSnapshot(std::string_view key, const std::string& value) {
    TRY_ASSIGN(MaybeCollection alias, ParseMaybeCollection(value));
    TRY_ASSIGN(const SnapshotKey split, SplitSnapshotKey(key));
    out_->alias_snapshots[std::string(split.name)][split.ts] = std::move(alias);
    return {};
  }

  Status Alias(std::string_view key, const std::string& value) {
    TRY_ASSIGN(MaybeCollection alias, ParseMaybeCollection(value));
    out_->aliases[std::string(FileName(key))] = std::move(alias);
    return {};
  }

  Status Index(std::string_view key, const std::string& value) {
    pb::IndexInfo21 index;
    TRY(ParseValue(value, index));
    TRY_ASSIGN(const std::int64_t index_id, Atoi(FileName(key)));
    const std::string_view parent = key.substr(0, key.rfind('/'));
    TRY_ASSIGN(const std::int64_t collection_id, Atoi(FileName(parent)));
    out_->indexes[collection_id][index_id] = std::move(index);
    return {};
  }

  Status SegmentIndex(std::string_view /*key*/, const std::string& value) {
    pb::SegmentIndexInfo21 index;
    TRY(ParseValue(value, index));
    out_->segment_indexes[{index.segment_id(), index.index_id()}] =
        SegmentIndex21{index.collection_id(),
                       index.partition_id(),
                       index.build_id(),
                       index.enable_index(),
                       index.create_time()};
    return {};
  }

  Status Build(std::string_view /*key*/, const std::string& value) {
    pb::IndexMeta21 meta;
    TRY(ParseValue(value, meta));
    IndexBuild21 build;
    build.state = meta.state();
    build.fail_reason = meta.fail_reason();
    build.num_rows = meta.req().num_rows();
    for (const std::string& path : meta.index_file_paths()) {
      build.file_keys.emplace_back(FileName(path));
    }
    build.mark_deleted = meta.mark_deleted();
    build.node_id = meta.node_id();
    build.index_version = meta.index_version();
    build.serialize_size = meta.serialize_size();
    out_->builds[meta.index_build_id()] = std::move(build);
    return {};
  }

  Status LoadedCollection(std::string_view /*key*/, const std::string& value) {
    pb::LoadedCollection21 load;
    TRY(ParseValue(value, load));
    if (load.in_memory_percentage() >= 100) {  // Law::kToolDropsPartialLoads
      out_->loads[load.collection_id()] = std::move(load);
    }
    return {};
  }

  const etcd::Keys& keys_;
  std::string root_;
  std::shared_ptr<Metadata21> out_ = std::make_shared<Metadata21>();
};

}  // namespace

Result<std::shared_ptr<const Metadata21>> Load21(const etcd::Keys& keys,
                                                 std::string_view meta_root_path) {
  return Loader(keys, meta_root_path).Load();
}

}  // namespace rehearse::migration
