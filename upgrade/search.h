// upgrade/search.h: the cheapest path that no rule refuses.
//
// Shape:  stations are vertices, steps are edges; a station's edges are made when the search first
//         reaches it. Costs compare in the order of result::PlanCost; of equal paths the one over
//         higher charts wins.
// Errors: none; without a path the refusals that stood in the way are given.
// Source: upgrade/rules.h, upgrade/evidence.h.
#pragma once

#include <vector>

#include "upgrade/candidate.h"
#include "upgrade/rules.h"
#include "upgrade/target.h"

namespace rehearse::upgrade {

struct PlanningInput {
  const Survey& survey;
  const charts::Catalog& catalog;
  const std::vector<ToolOutcome>& tools;
  const RuleBook& book;
  const Target& target;
};

struct Path {
  std::vector<Candidate> steps;
  result::PlanCost cost;
};

struct SearchResult {
  bool found = false;
  Path path;
  std::vector<result::Refused> blocked;  // without a path: what refused, each rule once
};

SearchResult FindPath(const PlanningInput& input);

Station StartOf(const Survey& survey);

// Steps as the planner would take them.
Candidate HelmStep(const PlanningInput& input,
                   const Station& from,
                   const Version& chart,
                   const Version& app);
Candidate MigrationStep(const PlanningInput& input, const Station& from);

// The cost of one step.
result::PlanCost CostOf(const Survey& survey, const Candidate& step);

}  // namespace rehearse::upgrade
