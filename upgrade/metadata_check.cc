#include "upgrade/metadata_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "upgrade/executor/wire.h"

namespace rehearse::upgrade {
namespace {

using executor::AddIntegers;
using executor::BytesIn;
using executor::IntegerIn;
using executor::WireField;
using executor::WireReader;

constexpr std::string_view kTombstone = "\xE2\x9B\xBC";
constexpr std::int64_t kLoadPartition = 1;
constexpr std::int64_t kLoadCollection = 2;
constexpr std::int64_t kFullyLoaded = 100;

// Families of one layout alone, below the meta root.
constexpr std::array<std::string_view, 5> kOldFamilies = {"root-coord/collection-alias/",
                                                          "root-coord/index/",
                                                          "root-coord/segment-index/",
                                                          "indexes/",
                                                          "snapshots/root-coord/collection-alias/"};
constexpr std::array<std::string_view, 8> kNewFamilies = {"root-coord/aliases/",
                                                          "root-coord/partitions/",
                                                          "root-coord/fields/",
                                                          "snapshots/root-coord/aliases/",
                                                          "field-index/",
                                                          "segment-index/",
                                                          "querycoord-collection-loadinfo/",
                                                          "querycoord-partition-loadinfo/"};
// What the tool removes from 2.1, without the trailing slash, as it removes it.
constexpr std::array<std::string_view, 9> kRemoved = {"root-coord/collection",
                                                      "snapshots/root-coord/collection",
                                                      "root-coord/segment-index",
                                                      "root-coord/index",
                                                      "indexes",
                                                      "root-coord/dd-msg-send",
                                                      "snapshots/root-coord/dd-msg-send",
                                                      "root-coord/dd-operation",
                                                      "snapshots/root-coord/dd-operation"};

std::string MetaPrefix(std::string_view root_path) { return std::string(root_path) + "/meta/"; }

template <typename Keys>
bool StartsWithAny(std::string_view text, const Keys& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [text](std::string_view prefix) {
    return text.starts_with(prefix);
  });
}

// Order does not count.
class SetBuilder {
 public:
  void Add(std::string_view key, std::string_view value = "") {
    ++count_;
    sum_ += Hasher().Add(key).Add(value).Get();
  }
  [[nodiscard]] ExpectedSet Get() const {
    char text[17] = {};
    const auto end = std::to_chars(std::begin(text), std::end(text) - 1, sum_, 16);
    return {count_, std::string(std::begin(text), end.ptr)};
  }

 private:
  std::int64_t count_ = 0;
  Fingerprint sum_ = 0;
};

std::string Number(std::int64_t number) { return std::to_string(number); }

struct FieldIndex {
  std::int64_t field = 0;
  std::int64_t index = 0;
};

struct Collection {
  std::int64_t id = 0;
  std::string name;
  std::string digest;
  std::vector<FieldIndex> indexes;  // 2.1 alone
};

void AddSchema(std::string_view schema, Hasher* hash, std::string* name) {
  WireReader reader(schema);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == 1) {
      *name = std::string(field.bytes);
    } else if (field.number == 4) {  // FieldSchema
      hash->Add(IntegerIn(field.bytes, 1)).Add(BytesIn(field.bytes, 2));
      hash->Add(IntegerIn(field.bytes, 3)).Add(IntegerIn(field.bytes, 5));
    }
  }
}

// etcd.CollectionInfo: both layouts keep fields and partitions inside, as the tool writes it.
Collection DecodeCollection(std::string_view value) {
  Collection collection;
  Hasher hash;
  std::vector<std::int64_t> partitions;
  WireReader reader(value);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == 1) {
      collection.id = static_cast<std::int64_t>(field.value);
    } else if (field.number == 2) {
      AddSchema(field.bytes, &hash, &collection.name);
    } else if (field.number == 4) {
      AddIntegers(field, &partitions);
    } else if (field.number == 5 || field.number == 7 || field.number == 8) {  // names, channels
      hash.Add(field.number).Add(field.bytes);
    } else if (field.number == 6) {
      collection.indexes.push_back({IntegerIn(field.bytes, 1), IntegerIn(field.bytes, 2)});
    }
  }
  for (const std::int64_t partition : partitions) {
    hash.Add(partition);
  }
  SetBuilder text;
  text.Add(Number(static_cast<std::int64_t>(hash.Get())));
  collection.digest = text.Get().digest;
  return collection;
}

// Calls visit(rest of the key, value) for the live entries of a family.
template <typename Visit>
void ForFamily(const etcd::Keys& keys, const std::string& prefix, Visit&& visit) {
  keys.ForPrefix(prefix, [&](const std::string& key, const auto& entry) {
    if (entry->value != kTombstone) {
      visit(std::string_view(key).substr(prefix.size()), std::string_view(entry->value));
    }
  });
}

void ExpectIndexes(const etcd::Keys& backup,
                   const std::string& root,
                   const Collection& collection,
                   Expectation* expected) {
  for (const FieldIndex& each : collection.indexes) {
    const etcd::Entry* entry =
        backup.Find(root + "root-coord/index/" + Number(collection.id) + "/" + Number(each.index));
    if (entry == nullptr) {
      continue;
    }
    std::string name(BytesIn(entry->value, 1));
    if (name == "_default_idx") {
      name += "_" + Number(each.field);
    }
    expected->indexes.push_back({collection.id, each.field, each.index, name});
  }
}

void ExpectLoad(std::string_view value,
                const std::set<std::int64_t>& indexed,
                Expectation* expected) {
  const std::int64_t collection = IntegerIn(value, 1);
  const std::int64_t type = IntegerIn(value, 4);
  if (IntegerIn(value, 7) < kFullyLoaded) {
    return;
  }
  if (type == kLoadCollection && indexed.count(collection) != 0) {
    expected->loads.push_back({collection, 0});
  }
  if (type != kLoadPartition) {
    return;
  }
  std::vector<std::int64_t> partitions;
  WireReader reader(value);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == 2) {
      AddIntegers(field, &partitions);
    }
  }
  for (const std::int64_t partition : partitions) {
    expected->loads.push_back({collection, partition});
  }
}

// segment-index/<collection>/<partition>/<segment>/<build>, from the ids in the 2.1 value.
std::string SegmentIndexName(std::string_view value) {
  return Number(IntegerIn(value, 1)) + "/" + Number(IntegerIn(value, 2)) + "/" +
         Number(IntegerIn(value, 3)) + "/" + Number(IntegerIn(value, 6));
}

ExpectedSet KeysOfCopies(const etcd::Keys& keys,
                         const std::string& collections,
                         const std::string& aliases) {
  SetBuilder set;
  keys.ForPrefix(collections, [&](const std::string& key, const auto& /*entry*/) {
    set.Add("collection/" + key.substr(collections.size()));
  });
  keys.ForPrefix(aliases, [&](const std::string& key, const auto& /*entry*/) {
    set.Add("alias/" + key.substr(aliases.size()));
  });
  return set.Get();
}

ExpectedSet Untouched(const etcd::Keys& keys, const std::string& root) {
  SetBuilder set;
  keys.ForPrefix(root, [&](const std::string& key, const auto& entry) {
    const std::string_view rest = std::string_view(key).substr(root.size());
    if (entry->lease == 0 && !rest.starts_with("session/") && !StartsWithAny(rest, kRemoved) &&
        !StartsWithAny(rest, kNewFamilies)) {
      set.Add(key, entry->value);
    }
  });
  return set.Get();
}

// ---- checks ------------------------------------------------------------------------------------

class Checker {
 public:
  Checker(const etcd::Keys& keys, std::string_view root_path, CheckMoment moment)
      : keys_(keys), root_(MetaPrefix(root_path)), moment_(moment) {}

  std::vector<std::string> Run(const Expectation& expected) {
    for (const auto& each : expected.collections) {
      CheckCollection(each);
    }
    for (const auto& each : expected.aliases) {
      CheckAlias(each);
    }
    for (const auto& each : expected.indexes) {
      CheckIndex(each);
    }
    for (const auto& each : expected.loads) {
      CheckLoad(each);
    }
    CheckOldFamilies();
    if (moment_ == CheckMoment::kAfterTool) {
      CheckSets(expected);
    }
    return std::move(findings_);
  }

 private:
  const etcd::Entry* Live(const std::string& rest) const {
    const etcd::Entry* entry = keys_.Find(root_ + rest);
    return entry == nullptr || entry->value == kTombstone ? nullptr : entry;
  }
  // Servers of later patch levels keep collections and aliases below their database.
  const etcd::Entry* LiveOrInDatabase(const std::string& rest,
                                      const std::string& family,
                                      const std::string& name) const {
    const etcd::Entry* found = Live(rest);
    if (found != nullptr || moment_ == CheckMoment::kAfterTool) {
      return found;
    }
    keys_.ForPrefix(root_ + "root-coord/database/" + family,
                    [&](const std::string& key, const auto& entry) {
                      if (key.ends_with("/" + name) && entry->value != kTombstone) {
                        found = entry.get();
                      }
                    });
    return found;
  }
  void Add(std::string finding) { findings_.push_back(std::move(finding)); }

  void CheckCollection(const ExpectedCollection& expected) {
    const std::string id = Number(expected.id);
    const etcd::Entry* entry =
        LiveOrInDatabase("root-coord/collection/" + id, "collection-info/", id);
    if (entry == nullptr) {
      Add("collection '" + expected.name + "' (" + id + ") is missing");
      return;
    }
    const Collection collection = DecodeCollection(entry->value);
    if (collection.id != expected.id || collection.name != expected.name) {
      Add("collection '" + expected.name + "' (" + id + ") has become '" + collection.name + "' (" +
          Number(collection.id) + ")");
    } else if (moment_ == CheckMoment::kAfterTool && collection.digest != expected.digest) {
      Add("collection '" + expected.name + "' (" + id +
          ") has other fields, partitions or channels");
    }
  }

  void CheckAlias(const ExpectedAlias& expected) {
    const etcd::Entry* entry =
        LiveOrInDatabase("root-coord/aliases/" + expected.name, "alias", expected.name);
    if (entry == nullptr) {
      Add("alias '" + expected.name + "' is missing");
    } else if (IntegerIn(entry->value, 2) != expected.collection) {
      Add("alias '" + expected.name + "' is of another collection");
    }
  }

  void CheckIndex(const ExpectedIndex& expected) {
    const std::string id = Number(expected.collection) + "/" + Number(expected.index);
    const etcd::Entry* entry = Live("field-index/" + id);
    const std::string_view info = entry == nullptr ? "" : BytesIn(entry->value, 1);
    if (entry == nullptr) {
      Add("index '" + expected.name + "' (" + id + ") is missing");
    } else if (IntegerIn(info, 2) != expected.field || BytesIn(info, 3) != expected.name) {
      Add("index '" + expected.name + "' (" + id + ") is of another field or name");
    }
  }

  void CheckLoad(const ExpectedLoad& expected) {
    const std::string collection = Number(expected.collection);
    if (expected.partition == 0) {
      if (Live("querycoord-collection-loadinfo/" + collection) == nullptr) {
        Add("collection " + collection + " is not loaded any more");
      }
    } else if (Live("querycoord-partition-loadinfo/" + collection + "/" +
                    Number(expected.partition)) == nullptr) {
      Add("partition " + Number(expected.partition) + " of collection " + collection +
          " is not loaded any more");
    }
  }

  void CheckOldFamilies() {
    for (const std::string_view family : kOldFamilies) {
      std::int64_t count = 0;
      ForFamily(
          keys_, root_ + std::string(family), [&](std::string_view, std::string_view) { ++count; });
      if (count != 0) {
        Add(Number(count) + " keys of 2.1 are left under " + std::string(family));
      }
    }
  }

  void CheckSets(const Expectation& expected) {
    SetBuilder built;
    const std::string prefix = root_ + "segment-index/";
    keys_.ForPrefix(prefix, [&](const std::string& key, const auto& /*entry*/) {
      if (!key.ends_with("/0")) {
        built.Add(key.substr(prefix.size()));
      }
    });
    const auto compare = [this](
                             const ExpectedSet& wanted, const ExpectedSet& is, const char* what) {
      if (wanted != is) {
        Add(Number(is.count) + " " + what + ", expected were " + Number(wanted.count) +
            (wanted.count == is.count ? " others" : ""));
      }
    };
    compare(expected.segment_indexes, built.Get(), "records of built segment indexes");
    compare(expected.copies,
            KeysOfCopies(keys_,
                         root_ + "snapshots/root-coord/collection/",
                         root_ + "snapshots/root-coord/aliases/"),
            "time travel copies");
    compare(expected.untouched, Untouched(keys_, root_), "entries that the tool does not touch");
  }

  const etcd::Keys& keys_;
  std::string root_;
  CheckMoment moment_;
  std::vector<std::string> findings_;
};

template <typename Families>
bool HasAny(const etcd::Keys& keys, const std::string& root, const Families& families) {
  return std::any_of(families.begin(), families.end(), [&](std::string_view family) {
    bool found = false;
    keys.ForPrefix(root + std::string(family),
                   [&found](const auto&, const auto&) { found = true; });
    return found;
  });
}

Json SetJson(const ExpectedSet& set) { return Json::array({set.count, set.digest}); }

std::optional<ExpectedSet> SetFrom(const Json& json, std::string_view name) {
  const Json* set = At(json, {name});
  if (set == nullptr || !set->is_array() || set->size() != 2 || !(*set)[0].is_number_integer() ||
      !(*set)[1].is_string()) {
    return std::nullopt;
  }
  return ExpectedSet{(*set)[0].get<std::int64_t>(), (*set)[1].get<std::string>()};
}

const Json& ListIn(const Json& json, std::string_view name) {
  static const Json empty = Json::array();
  const Json* list = At(json, {name});
  return list != nullptr && list->is_array() ? *list : empty;
}

}  // namespace

Generation GenerationOf(const etcd::Keys& keys, std::string_view root_path) {
  const std::string root = MetaPrefix(root_path);
  const bool is_old = HasAny(keys, root, kOldFamilies);
  const bool is_new = HasAny(keys, root, kNewFamilies);
  if (is_old && is_new) {
    return Generation::kMixed;
  }
  if (is_new) {
    return Generation::kNew;
  }
  constexpr std::array<std::string_view, 1> kCollections = {"root-coord/collection/"};
  return is_old || HasAny(keys, root, kCollections) ? Generation::kOld : Generation::kEmpty;
}

bool ShowsItsForm(const etcd::Keys& keys, std::string_view root_path) {
  const std::string root = MetaPrefix(root_path);
  return HasAny(keys, root, kOldFamilies) || HasAny(keys, root, kNewFamilies);
}

Expectation ExpectationOf(const etcd::Keys& backup, std::string_view root_path) {
  const std::string root = MetaPrefix(root_path);
  Expectation expected;
  std::set<std::int64_t> indexed;
  ForFamily(backup,
            root + "root-coord/collection/",
            [&](std::string_view /*rest*/, std::string_view value) {
              const Collection collection = DecodeCollection(value);
              expected.collections.push_back({collection.id, collection.name, collection.digest});
              ExpectIndexes(backup, root, collection, &expected);
              if (!collection.indexes.empty()) {
                indexed.insert(collection.id);
              }
            });
  ForFamily(backup,
            root + "root-coord/collection-alias/",
            [&](std::string_view rest, std::string_view value) {
              expected.aliases.push_back({std::string(rest), IntegerIn(value, 1)});
            });
  ForFamily(backup,
            root + "queryCoord-collectionMeta/",
            [&](std::string_view /*rest*/, std::string_view value) {
              ExpectLoad(value, indexed, &expected);
            });
  SetBuilder built;
  ForFamily(backup,
            root + "root-coord/segment-index/",
            [&](std::string_view /*rest*/, std::string_view value) {
              if (IntegerIn(value, 6) != 0) {
                built.Add(SegmentIndexName(value));
              }
            });
  expected.segment_indexes = built.Get();
  expected.copies = KeysOfCopies(backup,
                                 root + "snapshots/root-coord/collection/",
                                 root + "snapshots/root-coord/collection-alias/");
  expected.untouched = Untouched(backup, root);
  return expected;
}

Json ToJson(const Expectation& expectation) {
  Json json = {{"collections", Json::array()},
               {"aliases", Json::array()},
               {"indexes", Json::array()},
               {"loads", Json::array()},
               {"segment_indexes", SetJson(expectation.segment_indexes)},
               {"copies", SetJson(expectation.copies)},
               {"untouched", SetJson(expectation.untouched)}};
  for (const auto& each : expectation.collections) {
    json["collections"].push_back({{"id", each.id}, {"name", each.name}, {"digest", each.digest}});
  }
  for (const auto& each : expectation.aliases) {
    json["aliases"].push_back({{"name", each.name}, {"collection", each.collection}});
  }
  for (const auto& each : expectation.indexes) {
    json["indexes"].push_back({{"collection", each.collection},
                               {"field", each.field},
                               {"index", each.index},
                               {"name", each.name}});
  }
  for (const auto& each : expectation.loads) {
    json["loads"].push_back({{"collection", each.collection}, {"partition", each.partition}});
  }
  return json;
}

Result<Expectation> ExpectationFromJson(std::string_view text) {
  TRY_ASSIGN(const Json json, ParseJson(text, "expectation"));
  Expectation expected;
  for (const Json& each : ListIn(json, "collections")) {
    expected.collections.push_back(
        {IntAt(each, {"id"}), StringAt(each, {"name"}), StringAt(each, {"digest"})});
  }
  for (const Json& each : ListIn(json, "aliases")) {
    expected.aliases.push_back({StringAt(each, {"name"}), IntAt(each, {"collection"})});
  }
  for (const Json& each : ListIn(json, "indexes")) {
    expected.indexes.push_back({IntAt(each, {"collection"}),
                                IntAt(each, {"field"}),
                                IntAt(each, {"index"}),
                                StringAt(each, {"name"})});
  }
  for (const Json& each : ListIn(json, "loads")) {
    expected.loads.push_back({IntAt(each, {"collection"}), IntAt(each, {"partition"})});
  }
  const auto segments = SetFrom(json, "segment_indexes");
  const auto copies = SetFrom(json, "copies");
  const auto untouched = SetFrom(json, "untouched");
  if (!segments || !copies || !untouched) {
    return BadInput("expectation: a set is missing");
  }
  expected.segment_indexes = *segments;
  expected.copies = *copies;
  expected.untouched = *untouched;
  return expected;
}

std::vector<std::string> CheckMigration(const Expectation& expected,
                                        const etcd::Keys& keys,
                                        std::string_view root_path,
                                        CheckMoment moment) {
  return Checker(keys, root_path, moment).Run(expected);
}

}  // namespace rehearse::upgrade
