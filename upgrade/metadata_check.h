// upgrade/metadata_check.h: did the migration carry everything over? Written from the documents of
// the two layouts, without the model's conversion.
//
// Shape:  an Expectation is what the 2.1 metadata of a backup promises of its 2.2 form; it is small
//         (collections, aliases, indexes, loads by name; segments and copies as count and digest),
//         so that it fits into the journal.
//         Lawful losses are not expected: loads below 100 %, loads of a collection without an
//         index, dropped collections, orphan index definitions.
// Errors: ExpectationFromJson: kInvalidArgument.
// Not modelled: contents of segments and index files; they are not in etcd.
// Source: milvus-io/milvus: cmd/tools/migration/meta/210_to_220.go@782cd74,
//         cmd/tools/migration/backend/{etcd210@95809ca,etcd220@f08ce20}.go; fixtures/etcd (the
//         pairs before and after the tool).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/json.h"
#include "model/etcd/types.h"

namespace rehearse::upgrade {

enum class Generation { kEmpty, kOld, kNew, kMixed };  // nothing, 2.1, 2.2, both

// By the families that one of the two layouts alone has.
Generation GenerationOf(const etcd::Keys& keys, std::string_view root_path);
// Whether there is any such family: collections alone look the same in both, also a part of them.
bool ShowsItsForm(const etcd::Keys& keys, std::string_view root_path);

struct ExpectedCollection {
  std::int64_t id = 0;
  std::string name;
  std::string digest;  // of fields, partitions and channels
};
struct ExpectedAlias {
  std::string name;
  std::int64_t collection = 0;
};
struct ExpectedIndex {
  std::int64_t collection = 0;
  std::int64_t field = 0;
  std::int64_t index = 0;
  std::string name;
};
struct ExpectedLoad {
  std::int64_t collection = 0;
  std::int64_t partition = 0;  // 0: the whole collection
};
struct ExpectedSet {  // keys or entries that are only counted
  std::int64_t count = 0;
  std::string digest;
  friend bool operator==(const ExpectedSet&, const ExpectedSet&) = default;
};

struct Expectation {
  std::vector<ExpectedCollection> collections;
  std::vector<ExpectedAlias> aliases;
  std::vector<ExpectedIndex> indexes;
  std::vector<ExpectedLoad> loads;
  ExpectedSet segment_indexes;  // keys of built ones (build id not 0)
  ExpectedSet copies;           // keys of time travel copies of collections and aliases
  ExpectedSet untouched;        // entries that the tool neither removes nor writes
};

// REQUIRES: `backup` holds full keys without sessions.
Expectation ExpectationOf(const etcd::Keys& backup, std::string_view root_path);
Json ToJson(const Expectation& expectation);
Result<Expectation> ExpectationFromJson(std::string_view text);

enum class CheckMoment {
  kAfterTool,  // nobody but the tool has written
  kInService,  // servers write: what they may change is not compared
};

// What is missing or wrong, in words; empty: the migration is complete.
std::vector<std::string> CheckMigration(const Expectation& expected,
                                        const etcd::Keys& keys,
                                        std::string_view root_path,
                                        CheckMoment moment);

}  // namespace rehearse::upgrade
