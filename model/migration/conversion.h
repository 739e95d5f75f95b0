// model/migration/conversion.h: what the migration tool reads of 2.1 and what it makes of it
// for 2.2.
//
// Shape:  Load21 and Convert21 are pure; the machine turns their results into effects. Load
// compares
//         keys by prefix without a slash, as the tool does; values decide ids, keys hardly do.
// Errors: kInvalidArgument with the tool's text. A conversion that fails or panics is an outcome.
// Not modelled: the ids that the tool makes up for missing build tasks (they are written nowhere);
//         the order in which Go walks a map: we go by key, and of colliding segment records the one
//         of the highest index id stays.
// Source: Law::kToolLoadFirst and Law::kToolConvertCollections to kToolPartitionLoadPanic.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/core/law.h"
#include "model/core/result.h"
#include "model/etcd/types.h"
#include "model/migration/types.h"

namespace rehearse::migration {

struct Metadata21;  // protobuf messages; known to conversion*.cc only

Result<std::shared_ptr<const Metadata21>> Load21(const etcd::Keys& keys,
                                                 std::string_view meta_root_path);

struct SaveGroup {
  std::string_view name;
  std::vector<std::pair<std::string, std::string>> puts;  // full keys, ascending
};

struct Conversion {
  std::vector<std::string> lines;  // printed while converting
  std::vector<SaveGroup> groups;   // in the order of Save; empty if it failed
  std::optional<std::string> error;
  std::vector<std::string> panic_lines;  // not empty: the tool panicked
  LawSet laws;
};

// What Go prints for a nil pointer, as far as it is the same in every run.
std::vector<std::string> NilPointerPanic();

Conversion Convert21(const Metadata21& metadata, ToolImage image, std::string_view meta_root_path);

}  // namespace rehearse::migration
