#include "model/milvus/lawful.h"

#include <array>
#include <optional>

#include "model/milvus/view.h"

namespace rehearse::milvus {
namespace {

constexpr std::array<LawfulRow, 5> kTable = {{
    {Law::kLawfulDefaultIndexName, "index _default_idx is now _default_idx_<field id>"},
    {Law::kLawfulReleaseWithoutIndex, "a collection loaded without an index is released"},
    {Law::kLawfulPartialLoadDropped, "a collection that was still loading is released"},
    {Law::kLawfulCollidingSegments,
     "of several indexes without build task on one segment one keeps its record"},
    {Law::kLawfulDefaultDatabase, "collections are shown in the database default"},
}};

// A difference with the collections it belongs to.
struct Case {
  const CollectionView& before;
  const CollectionView& after;
  const ViewDifference& difference;
  std::string_view rest;  // the path below the collection
};

std::optional<Law> IndexNameLaw(const Case& c) {
  for (const IndexView& index : c.before.indexes) {
    const std::string field_id = std::to_string(index.field_id);
    if (c.rest == "indexes/" + field_id + "/name" && c.difference.before == "_default_idx" &&
        c.difference.after == "_default_idx_" + field_id) {
      return Law::kLawfulDefaultIndexName;
    }
  }
  return std::nullopt;
}

std::optional<Law> LoadLaw(const Case& c) {
  if (!c.rest.starts_with("load/") || c.after.load.state != LoadState::kReleased) {
    return std::nullopt;
  }
  if (c.before.load.state == LoadState::kLoading) {
    return Law::kLawfulPartialLoadDropped;
  }
  const bool without_index = c.before.indexes.empty() && c.before.load.state == LoadState::kLoaded;
  return without_index ? std::optional(Law::kLawfulReleaseWithoutIndex) : std::nullopt;
}

std::optional<Law> SegmentsLaw(const Case& c) {
  std::int64_t indexes_with_unbuilt = 0;
  for (const IndexView& index : c.before.indexes) {
    indexes_with_unbuilt += index.unbuilt_segments > 0 ? 1 : 0;
  }
  for (const IndexView& index : c.before.indexes) {
    const std::string path = "indexes/" + std::to_string(index.field_id) + "/segments";
    if (c.rest != path || indexes_with_unbuilt < 2) {
      continue;
    }
    for (const IndexView& now : c.after.indexes) {
      const bool fewer = now.id == index.id && now.segments < index.segments &&
                         index.segments - now.segments <= index.unbuilt_segments;
      if (fewer) {
        return Law::kLawfulCollidingSegments;
      }
    }
  }
  return std::nullopt;
}

std::optional<Law> DatabaseLaw(const Case& c) {
  return c.rest == "database" && c.difference.before.empty() && c.difference.after == "default"
             ? std::optional(Law::kLawfulDefaultDatabase)
             : std::nullopt;
}

std::optional<Law> LawOf(const Case& c) {
  for (const auto rule : {IndexNameLaw, LoadLaw, SegmentsLaw, DatabaseLaw}) {
    if (const std::optional<Law> law = rule(c)) {
      return law;
    }
  }
  return std::nullopt;
}

constexpr std::string_view kRoot = "collections/";

std::optional<Law> Classify(const MetaView& before,
                            const MetaView& after,
                            const ViewDifference& difference) {
  const std::string_view path = std::string_view(difference.path).substr(kRoot.size());
  const std::string_view name = path.substr(0, path.find('/'));
  const CollectionView* in_before = before.Find(name);
  const CollectionView* in_after = after.Find(name);
  if (in_before == nullptr || in_after == nullptr) {
    return std::nullopt;
  }
  return LawOf(Case{*in_before, *in_after, difference, path.substr(name.size() + 1)});
}

}  // namespace

std::span<const LawfulRow> LawfulTable() { return kTable; }

Classification ClassifyDifferences(const MetaView& before, const MetaView& after) {
  Classification classification;
  for (ViewDifference& difference : DiffViews(before, after)) {
    if (const std::optional<Law> law = Classify(before, after, difference)) {
      classification.lawful.push_back(LawfulDifference{std::move(difference), *law});
    } else {
      classification.unlawful.push_back(std::move(difference));
    }
  }
  return classification;
}

}  // namespace rehearse::milvus
