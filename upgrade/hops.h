// upgrade/hops.h: a step of the path as the hop that people read and the executor runs.
//
// Shape:  commands are what a person would type instead of the executor, in order; the executor
//         does the same with names of its own and looks before and after everything.
// Errors: kFailed: the chart would not render with these values; the message is helm's own.
//         kAlreadyExists: an object of the chart is there and is somebody else's.
// Source: milvus-io/milvus@a7518eb:deployments/migrate-meta/migrate.sh (manifests of the tool).
#pragma once

#include <string>
#include <vector>

#include "model/charts/render.h"
#include "model/result/plan.h"
#include "upgrade/candidate.h"
#include "upgrade/rules.h"

namespace rehearse::upgrade {

struct HopInput {
  const Survey& survey;
  const charts::CatalogRenderer& renderer;
  const RuleBook& book;
  const std::string& chart_reference;
  const Json& config_before;  // the user's values before this hop
  std::int64_t number = 1;
  const std::vector<std::string>* written_sets = nullptr;  // null: the planner's own settings
};

Result<result::Hop> MakeHop(const HopInput& input, const Candidate& step);

}  // namespace rehearse::upgrade
