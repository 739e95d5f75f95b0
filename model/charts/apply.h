// model/charts/apply.h: the values that templates write into an object: images, replicas, sizes.
//
// Shape:  works on a manifest that Expand made with the chart's defaults.
// Source: CHARTS-12 .. CHARTS-16.
#pragma once

#include <string>
#include <string_view>

#include "model/charts/catalog.h"
#include "model/charts/expand.h"

namespace rehearse::charts {

// The key of a component's values: rootcoord -> rootCoordinator; "" for no component.
std::string_view ValuesKeyOf(std::string_view component);

// REQUIRES: `object` was expanded from `form`.
void ApplyValues(const ObjectForm& form, const ChartInfo& chart, const Json& values, Json& object);

}  // namespace rehearse::charts
