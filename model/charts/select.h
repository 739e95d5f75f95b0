// model/charts/select.h: which objects a chart with given values renders.
//
// Shape:  forms of the catalog, picked by subchart conditions, topology and component flags.
// Errors: RenderUnknown where a switched-on part has no form in the catalog.
// Source: CHARTS-13, CHARTS-17, CHARTS-18, CHARTS-19.
#pragma once

#include <variant>
#include <vector>

#include "model/charts/catalog.h"
#include "model/helm/render.h"

namespace rehearse::charts {

struct Selection {
  std::vector<const ObjectForm*> forms;
  bool pulsarv3_with_own_values = false;  // its subchart's defaults, which add a monitoring stack
  LawSet laws;
};

std::variant<Selection, helm::RenderUnknown> SelectForms(const Catalog& catalog,
                                                         const ChartInfo& chart,
                                                         const Json& values,
                                                         bool is_install);

}  // namespace rehearse::charts
