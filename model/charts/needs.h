// model/charts/needs.h: what the templates of a chart need from the values, and how they fail.
//
// Shape:  a table of accesses: from chart to chart, in which template at which line, which path,
// and
//         when it is evaluated. helm evaluates templates by descending depth and path; the first
//         missing path ends the rendering.
// Invariants: rows are keyed by the version of the chart that is rendered, never by a pair.
// Source: CHARTS-30 .. CHARTS-34.
#pragma once

#include <optional>
#include <variant>

#include "model/charts/catalog.h"
#include "model/helm/render.h"

namespace rehearse::charts {

// The error that rendering `chart` with `values` (coalesced) ends in; or that it is not known.
using NeedOutcome = std::variant<std::monostate, helm::TemplateError, helm::RenderUnknown>;
NeedOutcome CheckNeeds(const ChartInfo& chart, const Json& values, bool is_install);

}  // namespace rehearse::charts
