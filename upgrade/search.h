// upgrade/search.h: the cheapest path that no rule refuses.
//
// Shape:  stations are vertices, steps are edges; a station's edges are made when the search first
//         reaches it. Costs compare in the order of result::PlanCost; of equal paths the one over
//         higher charts wins.
// Errors: none; without a path the refusals that stood in the way are given.
// Source: upgrade/rules.h, upgrade/evidence.h.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "upgrade/candidate.h"
#include "upgrade/rules.h"
#include "upgrade/target.h"

namespace rehearse::upgrade {

// What was found out about steps from one situation: it holds whatever the target is.
// Threads: one at a time.
class StepMemo {
 public:
  struct Key {
    Means means = Means::kHelmUpgrade;
    Station from;
    Version chart;
    Version app;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Judged {
    Station to;
    std::optional<result::Refused> refused;
    result::PlanCost cost;
    std::int64_t age = 0;  // how many charts are newer than the one that is reached
  };
  // The user's values and the chart's own, where a helm step leads.
  struct Values {
    Json config;
    std::shared_ptr<const Json> defaults;
  };
  struct Offer {
    Version chart;
    Version image;
  };

  std::map<Key, Judged> judged;
  std::map<std::pair<Version, Version>, Values> values;  // by chart and app
  std::vector<Offer> offers;  // published charts whose image is a release; lowest first
};

struct PlanningInput {
  const Survey& survey;
  const charts::Catalog& catalog;
  const std::vector<ToolOutcome>& tools;
  const RuleBook& book;
  const Target& target;
  Strategy strategy = Strategy::kHelm;
  StepMemo* memo = nullptr;  // null: nothing is remembered
};

struct Path {
  std::vector<Candidate> steps;
  result::PlanCost cost;
  // Of a path that somebody wrote: what each step sets, step by step. Empty: the planner's path.
  std::vector<std::vector<std::string>> written_sets = {};
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
Candidate RollingStep(const PlanningInput& input, const Station& from, const Version& app);

// Whether a cluster has one mixed coordinator there.
bool RunsMixcoord(const Survey& survey, const Station& at);

// The cost of one step.
result::PlanCost CostOf(const Survey& survey, const Candidate& step);

}  // namespace rehearse::upgrade
