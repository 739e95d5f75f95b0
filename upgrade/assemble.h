// upgrade/assemble.h: a path becomes a plan: hops, notes, refused alternatives, explanation.
//
// Errors: kInvalidArgument: a --set text that helm would not take.
// Source: none of its own.
#pragma once

#include "model/charts/render.h"
#include "upgrade/planner.h"
#include "upgrade/search.h"

namespace rehearse::upgrade {

std::vector<std::string> AssumptionsOf(const Survey& survey);

// Everything but hops, cost and reasons.
result::Plan EmptyPlan(const Survey& survey, const Target& target);

struct Charts {
  std::string reference;  // zilliztech/milvus
  const charts::CatalogRenderer& renderer;
};

// A Refusal where a chart does not render.
PlanResult Assemble(const Charts& charts, const PlanningInput& input, const Path& path);

}  // namespace rehearse::upgrade
