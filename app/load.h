// app/load.h: what several commands start from: a situation, the charts, a plan.
//
// Errors: kInvalidArgument with the file and the place; nothing is printed or written here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "model/charts/catalog.h"
#include "model/cluster/situation.h"
#include "model/result/plan.h"
#include "upgrade/path_check.h"
#include "upgrade/planner.h"

namespace rehearse::app {

// "kubernetes=1.30,helm=3.14.0"
Result<std::map<std::string, std::string>> ParseAssume(std::string_view text);

// `path` is a capture folder or a situation file.
Result<cluster::Situation> LoadSituation(const std::string& path, std::string_view assume);

// The bundled capture of a healthy standalone Milvus 2.1.4.
Result<cluster::Situation> DemoSituation();

// The published charts, which are part of the program.
Result<charts::Catalog> LoadCatalog();

// Asks the migration tool what the planner needs to know of it; no target yet. Both arguments must
// outlive the facts.
Result<upgrade::PlanningFacts> FactsFor(const cluster::Situation& situation,
                                        const charts::Catalog& catalog);

// A path written by hand: docs/paths.md.
Result<upgrade::WrittenPath> LoadPath(const std::string& file);

// Asks the migration tool what the planner needs to know, and plans.
Result<std::variant<result::Plan, result::Refusal>> PlanFor(const cluster::Situation& situation,
                                                            const charts::Catalog& catalog,
                                                            const std::string& target);

}  // namespace rehearse::app
