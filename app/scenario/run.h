// app/scenario/run.h: one scenario from its file to its result.
//
// Errors: kInvalidArgument from the start or a step; a run itself never fails, it has a verdict.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/scenario/hunt.h"
#include "app/scenario/scenario.h"
#include "model/charts/catalog.h"
#include "model/result/check.h"

namespace rehearse::app {

struct ScenarioOptions {
  int threads = 1;
  std::string procedure;   // stands in for the procedures of the file; "" its own
  std::size_t faults = 0;  // at least so many faults are searched
  bool twice = false;      // run again and compare the hashes
  std::optional<sim::FaultClasses> classes = {};  // of them; nothing: those of the file
  Budget budget = {};
  std::string save_to = {};  // folder that stories will be saved in; "" that of the scenario
  std::function<void(const std::string& line)> progress = {};
  int parts = 1;  // of a search of two faults, for less memory at once
  sim::KeptParts kept = {};
};

Result<result::ScenarioResult> RunScenario(const Scenario& scenario,
                                           std::shared_ptr<const charts::Catalog> catalog,
                                           const ScenarioOptions& options);

// The scenario as `options` have it: their procedure, their faults. Errors: it cannot be searched
// so.
Result<Scenario> Adapted(const Scenario& scenario, const ScenarioOptions& options);

// The scenario with `procedure` (executor, migrate.sh, rollingUpdate.sh, MilvusUpgrade, helm) in
// place of its own procedures, to the target of the last of them, and nothing expected. Errors:
// there is none.
Result<Scenario> WithProcedure(const Scenario& scenario, const std::string& procedure);

}  // namespace rehearse::app
