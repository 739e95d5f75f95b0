// bench/planner_bench.cc: the speed of planning: the longest path, and the whole catalog.
//
// Bars: the longest path < 50 ms; every published chart as start, every newer one as target, both
//       topologies < 60 s. The second prints how many pairs each rule refuses. Run with:
//       build/release/bench/bench_planner
#include <benchmark/benchmark.h>

#include <iostream>
#include <map>

#include "model/core/check.h"
#include "tests/support/rehearsals.h"
#include "tests/support/synthetic.h"

namespace rehearse::bench {
namespace {

void LongestPath(benchmark::State& state) {
  const cluster::Situation situation = tests::Capture("standalone-2.1.4-healthy");
  std::size_t hops = 0;
  for (auto _ : state) {
    hops = tests::PlanTo(situation, "latest").hops.size();
  }
  state.counters["hops"] = static_cast<double>(hops);
}
BENCHMARK(LongestPath)->Unit(benchmark::kMillisecond);

struct Tally {
  std::int64_t pairs = 0;
  std::int64_t planned = 0;
  std::int64_t hops = 0;
  std::int64_t skipped_starts = 0;                // what the chart renders is not known
  std::map<std::string, std::int64_t> refused;    // by the rule that is named first
  std::map<std::string, std::int64_t> obstacles;  // by every rule that stands in the way
  std::map<std::string, std::int64_t> errors;
};

void Count(const upgrade::PlanResult& result, Tally& tally) {
  ++tally.pairs;
  if (!result) {
    ++tally.errors[result.error().message.substr(0, 60)];
    return;
  }
  if (const auto* plan = std::get_if<result::Plan>(&*result)) {
    ++tally.planned;
    tally.hops += static_cast<std::int64_t>(plan->hops.size());
    return;
  }
  const auto& refusal = std::get<result::Refusal>(*result);
  ++tally.refused[refusal.rule];
  for (const result::Refused& each : refusal.refused) {
    ++tally.obstacles[each.rule];
  }
}

void Print(const Tally& tally, const std::string& name) {
  std::cout << name << ": " << tally.pairs << " pairs, " << tally.planned << " planned with "
            << tally.hops << " hops, " << tally.skipped_starts << " starts left out\n";
  const auto list = [](const char* what, const std::map<std::string, std::int64_t>& counts) {
    for (const auto& [rule, count] : counts) {
      std::cout << "  " << what << " " << rule << ": " << count << "\n";
    }
  };
  list("refused by", tally.refused);
  list("in the way of a refused pair:", tally.obstacles);
  list("error", tally.errors);
}

// Every newer published chart from one start.
void PlanFrom(const cluster::Situation& situation, std::size_t start, Tally& tally) {
  const auto& charts = tests::Charts().charts();
  auto facts = app::FactsFor(situation, tests::Charts());
  CHECK(facts.has_value());
  const auto planner = upgrade::Planner::On(*facts);
  for (std::size_t to = start + 1; to < charts.size(); ++to) {
    if (charts[to].published && planner) {
      Count(planner->PlanTo("chart:" + charts[to].version.ToString()), tally);
    } else if (charts[to].published) {
      Count(tl::unexpected(planner.error()), tally);
    }
  }
}

void WholeCatalog(benchmark::State& state) {
  const auto topology = static_cast<charts::Topology>(state.range(0));
  const charts::CatalogRenderer renderer(tests::Charts());
  Tally tally;
  for (auto _ : state) {
    tally = Tally{};
    const auto& charts = tests::Charts().charts();
    for (std::size_t start = 0; start < charts.size(); ++start) {
      if (!charts[start].published) {
        continue;
      }
      const auto situation =
          tests::SituationOf({renderer, charts[start].version.ToString(), topology, {}});
      if (situation) {
        PlanFrom(*situation, start, tally);
      } else {
        ++tally.skipped_starts;
      }
    }
  }
  state.counters["pairs"] = static_cast<double>(tally.pairs);
  state.counters["planned"] = static_cast<double>(tally.planned);
  Print(tally, std::string(charts::NameOf(topology)));
}
BENCHMARK(WholeCatalog)
    ->Arg(static_cast<int>(charts::Topology::kStandalone))
    ->Arg(static_cast<int>(charts::Topology::kCluster))
    ->Unit(benchmark::kSecond)
    ->Iterations(1);

}  // namespace
}  // namespace rehearse::bench
