// bench/engine_bench.cc: the search engine on two-phase commit: states a second and bytes a state.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "bench/engine/two_phase_commit.h"
#include "simulator/engine/search.h"

namespace rehearse::bench {
namespace {

void Search(benchmark::State& state, bool symmetry) {
  const TwoPhaseCommit model(static_cast<unsigned>(state.range(0)), symmetry);
  std::int64_t states = 0;
  std::int64_t transitions = 0;
  for (auto _ : state) {
    sim::engine::Search<TwoPhaseCommit> search(model,
                                               {.threads = static_cast<int>(state.range(1))});
    const auto result = search.Run();
    if (result.verdict != sim::engine::Verdict::kHolds) {
      state.SkipWithError("a property does not hold");
    }
    states += result.states;
    transitions += result.transitions;
    const auto distinct = static_cast<double>(result.states);
    state.counters["distinct"] = distinct;
    state.counters["bytes_a_state"] = static_cast<double>(result.visited_bytes) / distinct;
    state.counters["frontier_mib"] = static_cast<double>(result.frontier_bytes_max) / 1048576;
  }
  state.counters["states"] =
      benchmark::Counter(static_cast<double>(states), benchmark::Counter::kIsRate);
  state.counters["transitions"] =
      benchmark::Counter(static_cast<double>(transitions), benchmark::Counter::kIsRate);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

void Plain(benchmark::State& state) { Search(state, false); }
void Symmetric(benchmark::State& state) { Search(state, true); }

BENCHMARK(Plain)
    ->Args({8, 1})
    ->Args({8, 2})
    ->Args({9, 1})
    ->Args({9, 2})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseRealTime();
BENCHMARK(Symmetric)->Args({9, 1})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace rehearse::bench
