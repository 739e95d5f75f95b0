#include "model/helm/merge.h"

#include <algorithm>
#include <set>
#include <vector>

#include "model/helm/merge_schema.h"

namespace rehearse::helm {
namespace {

constexpr std::string_view kPatch = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kSetOrder = "$setElementOrder/";
constexpr std::string_view kDeleteScalars = "$deleteFromPrimitiveList/";

const Json kNothing;

const Json& Member(const Json& object, const std::string& key) {
  if (!object.is_object()) {
    return kNothing;
  }
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

bool Has(const Json& object, std::string_view key) { return At(object, {key}) != nullptr; }

// JSON types as Go's decoder makes them: all numbers are one type.
bool SameType(const Json& a, const Json& b) {
  return a.type() == b.type() || (a.is_number() && b.is_number());
}

const Json* FindByKey(const Json& list, std::string_view merge_key, const Json& value) {
  if (!list.is_array()) {
    return nullptr;
  }
  for (const Json& item : list) {
    const Json* found = At(item, {merge_key});
    if (found != nullptr && *found == value) {
      return &item;
    }
  }
  return nullptr;
}

bool IsObjectList(const Json& list) {
  return list.is_array() &&
         std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_object(); });
}

Status CheckMergeKeys(const Json& list, std::string_view merge_key) {
  if (!list.is_array()) {
    return {};
  }
  for (const Json& item : list) {
    if (!Has(item, merge_key)) {
      return BadInput("map: " + Dump(item) +
                      " does not contain declared merge key: " + std::string(merge_key));
    }
  }
  return {};
}

// ---- making the patch ----

struct Sides {
  const Json& old;
  const Json& next;
  const Json& live;
};

class PatchMaker {
 public:
  Result<Json> MapPatch(const Sides& sides, MergeType type, bool retain_keys) {
    Json patch = Json::object();
    for (const auto& [key, next] : sides.next.items()) {
      TRY(AddMember(sides, key, Lookup(type, key), patch));
    }
    if (sides.old.is_object()) {
      for (const auto& [key, old] : sides.old.items()) {
        if (!Has(sides.next, key)) {
          patch[key] = nullptr;
        }
      }
    }
    // Law::kRetainKeysOnStrategy
    if (retain_keys && (!patch.empty() || HasMore(sides.live, sides.next))) {
      AddRetainKeys(sides.next, patch);
    }
    return patch;
  }

 private:
  static bool HasMore(const Json& live, const Json& next) {
    if (!live.is_object()) {
      return false;
    }
    for (const auto& [key, value] : live.items()) {
      if (!value.is_null() && !Has(next, key)) {
        return true;
      }
    }
    return false;
  }

  static void AddRetainKeys(const Json& next, Json& patch) {
    Json keys = Json::array();
    for (const auto& [key, value] : next.items()) {
      if (!value.is_null()) {
        keys.push_back(key);
      }
    }
    if (!keys.empty()) {
      patch[std::string(kRetainKeys)] = std::move(keys);
    }
  }

  Status AddMember(const Sides& sides, const std::string& key, const FieldRule& rule, Json& patch) {
    const Json& next = sides.next.at(key);
    const Json& old = Member(sides.old, key);
    if (!Has(sides.live, key)) {
      patch[key] = next;
      return {};
    }
    const Json& live = sides.live.at(key);
    if (!SameType(live, next)) {
      patch[key] = next;  // also Law::kNullInManifestClears
    } else if (next.is_object()) {
      return AddMap({old, next, live}, key, rule, patch);
    } else if (next.is_array() && !rule.merge_key.empty()) {
      return AddList({old, next, live}, key, rule, patch);
    } else if (next.is_array() && rule.merge_scalars) {
      AddScalars({old, next, live}, key, patch);
    } else if (live != next) {
      patch[key] = next;
    }
    return {};
  }

  Status AddMap(const Sides& sides, const std::string& key, const FieldRule& rule, Json& patch) {
    if (rule.replace) {
      patch[key] = sides.next;
      return {};
    }
    TRY_ASSIGN(Json inner, MapPatch(sides, rule.type, rule.retain_keys));
    if (!inner.empty()) {
      patch[key] = std::move(inner);
    }
    return {};
  }

  Status AddList(const Sides& sides, const std::string& key, const FieldRule& rule, Json& patch) {
    TRY(CheckMergeKeys(sides.next, rule.merge_key));
    TRY(CheckMergeKeys(sides.live, rule.merge_key));
    TRY(CheckMergeKeys(sides.old, rule.merge_key));
    const std::string merge_key(rule.merge_key);
    Json items = Json::array();
    Json order = Json::array();
    for (const Json& next : sides.next) {
      const Json& value = next.at(merge_key);
      order.push_back({{merge_key, value}});
      const Json* live = FindByKey(sides.live, merge_key, value);
      const Json* old = FindByKey(sides.old, merge_key, value);
      if (live == nullptr) {
        items.push_back(next);
        continue;
      }
      TRY_ASSIGN(Json inner,
                 MapPatch({old ? *old : kNothing, next, *live}, rule.type, rule.retain_keys));
      if (!inner.empty()) {
        inner[merge_key] = value;
        items.push_back(std::move(inner));
      }
    }
    AddDeletions(sides, rule.merge_key, items);
    const bool all_added = sides.live.empty() && items.size() == sides.next.size();
    if (!all_added && (!items.empty() || !SameOrder(sides.live, sides.next, rule.merge_key))) {
      patch[std::string(kSetOrder) + key] = std::move(order);
    }
    if (!items.empty()) {
      patch[key] = std::move(items);
    }
    return {};
  }

  static void AddDeletions(const Sides& sides, std::string_view merge_key, Json& items) {
    if (!sides.old.is_array()) {
      return;
    }
    for (const Json& old : sides.old) {
      const Json& value = old.at(std::string(merge_key));
      if (FindByKey(sides.next, merge_key, value) == nullptr) {
        items.push_back({{std::string(merge_key), value}, {std::string(kPatch), "delete"}});
      }
    }
  }

  static bool SameOrder(const Json& live, const Json& next, std::string_view merge_key) {
    if (live.size() != next.size()) {
      return false;
    }
    for (std::size_t i = 0; i < live.size(); ++i) {
      if (*At(live[i], {merge_key}) != *At(next[i], {merge_key})) {
        return false;
      }
    }
    return true;
  }

  static void AddScalars(const Sides& sides, const std::string& key, Json& patch) {
    Json added = Json::array();
    for (const Json& item : sides.next) {
      if (std::find(sides.live.begin(), sides.live.end(), item) == sides.live.end()) {
        added.push_back(item);
      }
    }
    Json removed = Json::array();
    if (sides.old.is_array()) {
      for (const Json& item : sides.old) {
        if (std::find(sides.next.begin(), sides.next.end(), item) == sides.next.end()) {
          removed.push_back(item);
        }
      }
    }
    if (sides.live != sides.next || !removed.empty()) {
      patch[std::string(kSetOrder) + key] = sides.next;
    }
    if (!added.empty()) {
      patch[key] = std::move(added);
    }
    if (!removed.empty()) {
      patch[std::string(kDeleteScalars) + key] = std::move(removed);
    }
  }
};

// ---- applying a patch ----

// What remains of a patch value that meets nothing on the server: no nulls, no directives. Returns
// false if the whole value was a directive.
bool Clean(Json& value) {
  if (value.is_object()) {
    if (Has(value, kPatch)) {
      return false;
    }
    for (auto member = value.begin(); member != value.end();) {
      const bool keep = !member->is_null() && !member.key().starts_with('$') && Clean(*member);
      member = keep ? std::next(member) : value.erase(member);
    }
  } else if (value.is_array()) {
    for (auto item = value.begin(); item != value.end();) {
      item = Clean(*item) ? std::next(item) : value.erase(item);
    }
  }
  return true;
}

// The key by which items of a list are told apart: a member of an object, or the scalar itself.
const Json& IdentityOf(const Json& item, std::string_view merge_key) {
  const Json* value = merge_key.empty() ? &item : At(item, {merge_key});
  return value == nullptr ? kNothing : *value;
}

std::ptrdiff_t IndexIn(const Json& list, const Json& item, std::string_view merge_key) {
  const Json& wanted = IdentityOf(item, merge_key);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (IdentityOf(list[i], merge_key) == wanted) {
      return static_cast<std::ptrdiff_t>(i);
    }
  }
  return -1;
}

// Law::kPatchListOrder: items named by `order` in that order; the others keep the live order and
// stand before the first named item that they stood before.
Json Ordered(const Json& merged, const Json& order, const Json& live, std::string_view merge_key) {
  std::vector<Json> named;
  std::vector<Json> others;
  for (const Json& item : merged) {
    (IndexIn(order, item, merge_key) >= 0 ? named : others).push_back(item);
  }
  std::stable_sort(named.begin(), named.end(), [&](const Json& a, const Json& b) {
    return IndexIn(order, a, merge_key) < IndexIn(order, b, merge_key);
  });
  Json result = Json::array();
  auto other = others.begin();
  for (Json& item : named) {
    const std::ptrdiff_t place = IndexIn(live, item, merge_key);
    while (other != others.end() && place >= 0 && IndexIn(live, *other, merge_key) >= 0 &&
           IndexIn(live, *other, merge_key) < place) {
      result.push_back(std::move(*other++));
    }
    result.push_back(std::move(item));
  }
  for (; other != others.end(); ++other) {
    result.push_back(std::move(*other));
  }
  return result;
}

class PatchApplier {
 public:
  Result<Json> Merge(Json original, const Json& patch, MergeType type) {
    if (const Json* directive = At(patch, {kPatch}); directive != nullptr) {
      return Directive(*directive, patch);
    }
    if (!original.is_object()) {
      original = Json::object();
    }
    TRY(RetainKeys(original, patch));
    Json before = Json::object();  // the lists that will be put in order
    for (const auto& [key, value] : patch.items()) {
      if (key.starts_with(kSetOrder)) {
        const std::string field = key.substr(kSetOrder.size());
        before[field] = Member(original, field);
      }
    }
    for (const auto& [key, value] : patch.items()) {
      TRY(MergeMember(original, key, value, type));
    }
    for (const auto& [field, list] : before.items()) {
      TRY(Reorder(original, field, patch, {list, Lookup(type, field)}));
    }
    return original;
  }

 private:
  static Result<Json> Directive(const Json& directive, const Json& patch) {
    if (directive == "replace") {
      Json rest = patch;
      rest.erase(std::string(kPatch));
      return rest;
    }
    if (directive == "delete") {
      return Json::object();
    }
    return BadInput("unknown patch type: " + Dump(directive) + " in map: " + Dump(patch));
  }

  static Status RetainKeys(Json& original, const Json& patch) {
    const Json* keys = At(patch, {kRetainKeys});
    if (keys == nullptr) {
      return {};
    }
    if (!keys->is_array()) {
      return BadInput("invalid patch format of retainKeys");
    }
    const auto listed = [&](const std::string& key) {
      return std::find(keys->begin(), keys->end(), Json(key)) != keys->end();
    };
    for (const auto& [key, value] : patch.items()) {
      if (!value.is_null() && !key.starts_with('$') && !listed(key)) {
        return BadInput("invalid patch format of retainKeys");
      }
    }
    for (auto member = original.begin(); member != original.end();) {
      member = listed(member.key()) ? std::next(member) : original.erase(member);
    }
    return {};
  }

  Status MergeMember(Json& original, const std::string& key, const Json& value, MergeType type) {
    if (key == kRetainKeys || key.starts_with(kSetOrder)) {
      return {};
    }
    if (key.starts_with(kDeleteScalars)) {
      DeleteScalars(original, key.substr(kDeleteScalars.size()), value);
      return {};
    }
    if (value.is_null()) {
      original.erase(key);
      return {};
    }
    const auto present = original.find(key);
    if (present == original.end() || !SameType(*present, value)) {
      Json clean = value;
      if (Clean(clean)) {
        original[key] = std::move(clean);
      } else {
        original.erase(key);
      }
      return {};
    }
    return MergeInto(*present, value, Lookup(type, key));
  }

  Status MergeInto(Json& present, const Json& value, const FieldRule& rule) {
    if (value.is_object() && !rule.replace) {
      TRY_ASSIGN(present, Merge(std::move(present), value, rule.type));
    } else if (value.is_array() && !rule.merge_key.empty() && IsObjectList(value)) {
      TRY_ASSIGN(present, MergeList(std::move(present), value, rule));
    } else if (value.is_array() && rule.merge_scalars) {
      const Json before = present;
      for (const Json& item : value) {
        if (std::find(present.begin(), present.end(), item) == present.end()) {
          present.push_back(item);
        }
      }
      present = Ordered(present, value, before, "");
    } else {
      present = value;
    }
    return {};
  }

  static void DeleteScalars(Json& original, const std::string& key, const Json& gone) {
    const auto present = original.find(key);
    if (present == original.end() || !present->is_array() || !gone.is_array()) {
      return;
    }
    Json rest = Json::array();
    for (const Json& item : *present) {
      if (std::find(gone.begin(), gone.end(), item) == gone.end()) {
        rest.push_back(item);
      }
    }
    *present = std::move(rest);
  }

  Result<Json> MergeList(Json original, const Json& patch, const FieldRule& rule) {
    TRY(CheckMergeKeys(original, rule.merge_key));
    Json items = Json::array();
    TRY(SpecialItems(original, patch, rule.merge_key, items));
    const Json before = original;
    for (const Json& item : items) {
      if (!Has(item, rule.merge_key)) {
        return BadInput("map: " + Dump(item) +
                        " does not contain declared merge key: " + std::string(rule.merge_key));
      }
      const std::ptrdiff_t at = IndexIn(original, item, rule.merge_key);
      if (at < 0) {
        Json clean = item;
        Clean(clean);
        original.push_back(std::move(clean));
        continue;
      }
      Json& present = original[static_cast<std::size_t>(at)];
      TRY_ASSIGN(present, Merge(std::move(present), item, rule.type));
    }
    return Ordered(original, items, before, rule.merge_key);
  }

  // Carries out the `$patch: delete | replace` items; the others are collected in `items`.
  static Status SpecialItems(Json& original,
                             const Json& patch,
                             std::string_view merge_key,
                             Json& items) {
    for (const Json& item : patch) {
      const Json* directive = At(item, {kPatch});
      if (directive == nullptr) {
        items.push_back(item);
      } else if (*directive == "replace") {
        original = Json::array();
      } else if (*directive == "delete" && Has(item, merge_key)) {
        const std::ptrdiff_t at = IndexIn(original, item, merge_key);
        if (at >= 0) {
          original.erase(static_cast<std::size_t>(at));
        }
      } else {
        return BadInput("unknown patch type: " + Dump(*directive) + " in map: " + Dump(item));
      }
    }
    return {};
  }

  struct ListBefore {
    const Json& list;
    FieldRule rule;
  };

  static Status Reorder(Json& original,
                        const std::string& field,
                        const Json& patch,
                        const ListBefore& before) {
    const auto present = original.find(field);
    if (present == original.end() || !present->is_array()) {
      return {};
    }
    const Json& order = patch.at(std::string(kSetOrder) + field);
    if (!order.is_array()) {
      return BadInput("invalid patch format of setElementOrder list");
    }
    *present = Ordered(*present, order, before.list, before.rule.merge_key);
    return {};
  }
};

Result<Json> UntypedPatch(const Json& old, const Json& next) {
  Json patch = Json::object();
  for (const auto& [key, value] : next.items()) {
    const Json& before = Member(old, key);
    if (before.is_object() && value.is_object()) {
      TRY_ASSIGN(Json inner, UntypedPatch(before, value));
      if (!inner.empty()) {
        patch[key] = std::move(inner);
      }
    } else if (!Has(old, key) || before != value) {
      patch[key] = value;
    }
  }
  if (old.is_object()) {
    for (const auto& [key, value] : old.items()) {
      if (!Has(next, key)) {
        patch[key] = nullptr;
      }
    }
  }
  return patch;
}

}  // namespace

Result<Json> CreateThreeWayPatch(const Json& old, const Json& next, const Json& live) {
  const MergeType type = MergeTypeOf(next);
  if (type == MergeType::kOpaque) {
    return UntypedPatch(old, next);  // Law::kCustomResourcePatch: live drift is not looked at
  }
  return PatchMaker().MapPatch({old, next, live}, type, false);
}

Result<Json> StrategicMergePatch(const Json& live, const Json& patch) {
  const MergeType type = MergeTypeOf(live);
  if (type == MergeType::kOpaque) {
    return JsonMergePatch(live, patch);
  }
  return PatchApplier().Merge(live, patch, type);
}

Result<Json> StrategicThreeWayMerge(const Json& old, const Json& next, const Json& live) {
  TRY_ASSIGN(const Json patch, CreateThreeWayPatch(old, next, live));
  return StrategicMergePatch(live, patch);
}

Json JsonMergePatch(Json live, const Json& patch) {
  if (!patch.is_object()) {
    return patch;
  }
  if (!live.is_object()) {
    live = Json::object();
  }
  for (const auto& [key, value] : patch.items()) {
    if (value.is_null()) {
      live.erase(key);
    } else {
      live[key] = JsonMergePatch(Member(live, key), value);
    }
  }
  return live;
}

Result<Json> ApplyThreeWay(const Json& next, const Json& live) {
  Json old;
  const std::string last = StringAt(live, {"metadata", "annotations", kLastApplied});
  if (!last.empty()) {
    TRY_ASSIGN(old, ParseJson(last, "annotation " + std::string(kLastApplied)));
  }
  // Law::kLastAppliedAnnotation: the annotation holds the manifest as given, without itself.
  Json bare = next;
  if (Json* annotations = bare.contains("metadata") && bare["metadata"].contains("annotations")
                              ? &bare["metadata"]["annotations"]
                              : nullptr;
      annotations != nullptr && annotations->is_object()) {
    annotations->erase(std::string(kLastApplied));
  }
  Json modified = bare;
  modified["metadata"]["annotations"][std::string(kLastApplied)] = Dump(bare) + "\n";
  return StrategicThreeWayMerge(old, modified, live);
}

}  // namespace rehearse::helm
