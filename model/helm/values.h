// model/helm/values.h: what `helm upgrade` does to values.
//
// Shape:  values are JSON objects; a null marks "remove this key" while tables are coalesced.
// Errors: kInvalidArgument in helm's own words for a --set text that it would refuse.
// Source: HELM-10 .. HELM-15.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/helm/types.h"

namespace rehearse::helm {

enum class ValuesMode { kNone, kReuse, kReset, kResetThenReuse };

// none, reuse, reset, reset-then-reuse; as flags: --reuse-values ...
std::string_view NameOf(ValuesMode mode);
Result<ValuesMode> ParseValuesMode(std::string_view text);
// "" for kNone.
std::string_view FlagOf(ValuesMode mode);

// One --set argument: `a.b=c,list[0].x=1,l={a,b},k=null`; scalars typed as helm types them.
Status ParseSet(std::string_view text, Json& into);
// One --set-string argument: as --set, every value a string.
Status ParseSetString(std::string_view text, Json& into);

// One -f file over another: `over` wins, tables are merged, null is kept as a value.
Json MergeFiles(Json base, const Json& over);

// dst wins over src, table by table; a null in dst removes the key.
void CoalesceTables(Json& dst, const Json& src);
// The values that templates see: the user's over the chart's.
Json Coalesce(const Json& chart_values, Json user_values);

// The values of an upgrade before rendering.
struct UpgradeValues {
  Json config;   // becomes the record's config
  JsonPtr base;  // what stands in for the new chart's own values; null: its own
};
UpgradeValues ValuesForUpgrade(ValuesMode mode, const ReleaseRecord& current, Json given);

// Follows a dotted path ("etcd.enabled"); nullptr if a part is missing.
const Json* ValueAt(const Json& values, std::string_view dotted_path);
// The condition of a dependency: comma-separated paths; the first that holds a bool decides; none:
// enabled.
bool ConditionEnabled(const Json& values, std::string_view condition);

}  // namespace rehearse::helm
