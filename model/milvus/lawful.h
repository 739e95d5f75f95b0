// model/milvus/lawful.h: which differences between two views a migration 2.1 -> 2.2 may make.
//
// Shape:  a table of rules, each with the law it rests on; whatever no rule explains is unlawful.
// Source: Law::kLawfulDefaultIndexName and the rows after it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/core/law.h"
#include "model/milvus/types.h"

namespace rehearse::milvus {

struct LawfulRow {
  Law law;
  std::string_view what;  // for people
};
std::span<const LawfulRow> LawfulTable();

struct LawfulDifference {
  ViewDifference difference;
  Law law;
};

struct Classification {
  std::vector<LawfulDifference> lawful;
  std::vector<ViewDifference> unlawful;
};

// Compares the views and sorts their differences.
Classification ClassifyDifferences(const MetaView& before, const MetaView& after);

}  // namespace rehearse::milvus
