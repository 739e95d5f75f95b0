#include "app/ground.h"

#include "app/load.h"

namespace rehearse::app {

void AddGroundFlags(CLI::App& app, GroundOptions& options) {
  app.add_option("--from", options.from, "a capture folder or a situation file")->required();
  app.add_option("--to", options.to, "X.Y.Z, chart:V or latest");
  app.add_option("--strategy",
                 options.strategy,
                 "helm: one helm upgrade a hop; rolling: one Milvus component after another, "
                 "within a minor version")
      ->check(CLI::IsMember({"helm", "rolling"}));
  app.add_option("--assume", options.assume, "for what the capture does not show: KEY=VALUE,...");
  app.add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
}

std::string GroundLine(const GroundOptions& options) {
  std::string line = " --from " + options.from;
  line += options.to.empty() ? "" : " --to " + options.to;
  line += options.strategy == "helm" ? "" : " --strategy " + options.strategy;
  return line + (options.assume.empty() ? "" : " --assume " + options.assume);
}

Result<Ground> LoadGround(const GroundOptions& options) {
  Ground ground;
  TRY_ASSIGN(ground.situation, LoadSituation(options.from, options.assume));
  TRY_ASSIGN(ground.catalog, LoadCatalog());
  return ground;
}

Result<std::variant<result::Plan, result::Refusal>> PlanOn(const Ground& ground,
                                                           const GroundOptions& options) {
  TRY_ASSIGN(upgrade::PlanningFacts facts, FactsFor(ground.situation, ground.catalog));
  facts.target = options.to;
  facts.strategy =
      options.strategy == "rolling" ? upgrade::Strategy::kRolling : upgrade::Strategy::kHelm;
  return upgrade::MakePlan(facts);
}

}  // namespace rehearse::app
