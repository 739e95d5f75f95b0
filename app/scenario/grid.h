// app/scenario/grid.h: the matrix: every pair of charts, topology and procedure as a scenario of
// its own, run and judged.
//
// Units:  budget_ms of the machine's clock; 0: no limit.
// Shape:  a start is the chart as it is installed, come up, with recorded metadata of its version
//         in etcd; it is made once for all cells that begin there. Results are in the order of the
//         cells and independent of the number of threads.
// Errors: kInvalidArgument from filters; a start that does not come up makes its cells unknown.
// Not modelled: data of users beside the metadata; values of users beside those of the topology.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/scenario/pairs.h"
#include "app/scenario/scenario.h"
#include "model/charts/predict.h"
#include "model/result/matrix.h"

namespace rehearse::app {

enum class GridProcedure {
  kHelm,      // helm upgrade --reset-then-reuse-values --version V, as the official page has it
  kRolling,   // rollingUpdate.sh
  kMetadata,  // migrate.sh, newest version
  kPlan,      // our own plan, by our executor
};
std::string_view NameOf(GridProcedure procedure);  // helm, rolling, metadata, plan

struct GridOptions {
  PairFilter pairs;
  std::vector<charts::Topology> topologies;
  std::vector<GridProcedure> procedures;
  std::string kubernetes;
  int threads = 1;
  Millis budget_ms = 0;
  bool stories = false;  // cells with their steps
  std::string save;      // folder for scenario files of what is violated; "" none
  std::function<void(std::size_t done, std::size_t cells)> progress;
};

// 1.24 is the newest that serves what the oldest supported chart renders with Pulsar.
inline constexpr const char* kGridKubernetes = "1.24.0";

// One cell as a scenario that any command takes.
struct GridCell {
  Pair pair;
  charts::Topology topology = charts::Topology::kStandalone;
  GridProcedure procedure = GridProcedure::kPlan;
};
Scenario ScenarioOf(const GridCell& cell, const std::string& kubernetes);

Result<result::MatrixResult> RunGrid(const GridOptions& options,
                                     const std::shared_ptr<const charts::Catalog>& catalog);

}  // namespace rehearse::app
