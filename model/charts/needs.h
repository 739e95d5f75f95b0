// model/charts/needs.h: what the templates of a chart need from the values, and how they fail.
//
// Shape:  a table of accesses in the order in which helm comes to them: from chart to chart, the
// path,
//         the place in the templates, when it is evaluated. The first missing path ends the
//         rendering. A place that was not measured for a chart is "" (Law::kNeedPlaces).
// Invariants: rows name charts that are rendered, never a pair of charts.
// Not modelled: that an error inside an included template is told once more for each including one.
// Source: CHARTS-40 .. CHARTS-49.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "model/charts/catalog.h"
#include "model/helm/render.h"

namespace rehearse::charts {

// The error that rendering `chart` with `values` (coalesced) ends in; or that it is not known.
using NeedOutcome = std::variant<std::monostate, helm::TemplateError, helm::RenderUnknown>;
NeedOutcome CheckNeeds(const ChartInfo& chart,
                       const Json& values,
                       const helm::RenderRequest& request);

// One row of the table, for tests and for people.
struct NeedRow {
  std::string_view path;   // rootCoordinator.activeStandby.enabled
  std::string_view first;  // chart versions
  std::string_view last;
  std::string_view place;  // _helpers.tpl:194:17; "" if not known
};
std::vector<NeedRow> NeedRows();

}  // namespace rehearse::charts
