// app/ground.h: the flags that commands which plan have in common, and what they stand for.
//
// Errors: kInvalidArgument from the files; nothing is printed here.
#pragma once

#include <string>
#include <variant>

#include "app/command.h"
#include "model/charts/catalog.h"
#include "model/cluster/situation.h"
#include "model/result/plan.h"

namespace rehearse::app {

struct GroundOptions {
  std::string from;
  std::string to;
  std::string strategy = "helm";
  std::string assume;
  std::string format = "text";
};

// --from, --to, --strategy, --assume, --format. Whether --to is needed is the command's affair.
void AddGroundFlags(CLI::App& app, GroundOptions& options);
// As they would be typed again, without --format.
std::string GroundLine(const GroundOptions& options);

struct Ground {
  cluster::Situation situation;
  charts::Catalog catalog;
};
Result<Ground> LoadGround(const GroundOptions& options);

Result<std::variant<result::Plan, result::Refusal>> PlanOn(const Ground& ground,
                                                           const GroundOptions& options);

}  // namespace rehearse::app
