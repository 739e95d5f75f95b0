// Goal:   how long the search takes to the first counterexample of each known defect of
//         scenarios/defects/rows.json. Bar: < 100 ms each.
// Method: one benchmark a row; the start is made outside of the time, the search stops at the first
//         story that violates the property of the row. Run with:
//           build/release/bench/bench_defects --benchmark_counters_tabular=true
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "app/files.h"
#include "app/load.h"
#include "app/scenario/course.h"
#include "app/scenario/files.h"
#include "app/scenario/hunt.h"
#include "model/core/check.h"
#include "model/core/json.h"

namespace rehearse::bench {
namespace {

void FirstCounterexample(benchmark::State& state,
                         const std::string& file,
                         const std::string& property) {
  static const auto catalog = std::make_shared<const charts::Catalog>(app::LoadCatalog().value());
  const auto scenario = app::GoodScenario(file, catalog);
  CHECK(scenario.has_value());
  for (auto _ : state) {
    state.PauseTiming();  // a course remembers what was run on it
    const auto course = app::MakeCourse(scenario->start, app::FolderOf(file), catalog);
    CHECK(course.has_value());
    state.ResumeTiming();
    app::HuntOptions options;
    options.threads = static_cast<int>(state.range(0));
    options.wanted = {property};
    const auto report = app::Hunt(*course, *scenario, options);
    CHECK(report.has_value());
    bool found = false;
    for (const app::HuntFinding& finding : report->findings) {
      if (finding.violation.property == property && !found) {
        found = true;
        state.counters["steps_before"] = static_cast<double>(finding.states_before);
      }
    }
    if (!found) {
      state.SkipWithError("not found");
    }
  }
}

// A benchmark for each row that is found.
bool Register() {
  const std::string folder = std::string(REHEARSE_ROOT) + "/scenarios/defects/";
  const Json rows = ParseJson(app::ReadFile(folder + "rows.json").value(), "rows.json").value();
  for (const Json& row : rows.at("rows")) {
    if (row.contains("missing")) {
      continue;
    }
    const std::string file = folder + StringAt(row, {"scenario"}) + ".yaml";
    const std::string property = StringAt(row, {"property"});
    benchmark::RegisterBenchmark(
        StringAt(row, {"id"}).c_str(),
        [file, property](benchmark::State& state) { FirstCounterexample(state, file, property); })
        ->Arg(1)
        ->Arg(2)
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  }
  return true;
}

[[maybe_unused]] const bool kRegistered = Register();

}  // namespace
}  // namespace rehearse::bench
