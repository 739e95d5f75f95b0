// model/charts/known_values.h: values that charts gained or changed, beside those of defaults.json.
//
// Shape:  one row per path and change: from this chart on the path has this value by default. A
// path
//         without a row for a chart is absent there; null says so again, and the text
//         "?" says that it may be there.
// Invariants: a row names one chart, never a pair.
// Source: CHARTS-04.
#pragma once

#include <span>
#include <string_view>

namespace rehearse::charts {

struct KnownValue {
  std::string_view path;
  std::string_view since;  // chart version
  std::string_view json;   // the default
};

std::span<const KnownValue> KnownValues();

}  // namespace rehearse::charts
