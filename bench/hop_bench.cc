// bench/hop_bench.cc: the speed of the one hop: forks, fingerprints, plan and run, single faults.
//
// Bars: fork < 0.2 us; one object changed and fingerprinted < 2 us; demo's plan and run < 20 ms;
//       simulated over wall time >= 100,000; all single faults < 1 s. Run with:
//       build/release/bench/bench_hop
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "model/core/check.h"
#include "tests/support/rehearsals.h"

namespace rehearse::bench {
namespace {

const app::Rehearsal& Hop() {
  static const app::Rehearsal hop = tests::Hop();
  return hop;
}

void ForkOfTheState(benchmark::State& state) {
  const sim::ClusterState& start = Hop().start;
  for (auto _ : state) {
    sim::ClusterState fork = start;
    benchmark::DoNotOptimize(fork);
  }
}
BENCHMARK(ForkOfTheState);

void ForkOneObjectChangedAndFingerprinted(benchmark::State& state) {
  const sim::ClusterState& start = Hop().start;
  const kube::ObjectPtr pod = start.objects.FindShared("Pod/default/my-release-etcd-0");
  CHECK(pod != nullptr);
  bool ready = false;
  for (auto _ : state) {
    sim::ClusterState fork = start;
    kube::Object next = *pod;
    std::get<kube::Pod>(next.body).ready = ready;
    ready = !ready;
    sim::PutObject(fork, std::move(next));
    benchmark::DoNotOptimize(sim::DigestOf(fork));
  }
}
BENCHMARK(ForkOneObjectChangedAndFingerprinted);

void PlanAndRun(benchmark::State& state) {
  const cluster::Situation situation = tests::Capture("standalone-2.1.4-healthy");
  Millis simulated_ms = 0;
  for (auto _ : state) {
    const app::Rehearsal rehearsal = tests::Rehearse(situation, tests::PlanTo(situation, "2.2.16"));
    const app::RunOutput output = tests::RunOf(rehearsal);
    simulated_ms += output.result.simulated_ms;
  }
  state.counters["simulated_over_wall"] =
      benchmark::Counter(static_cast<double>(simulated_ms) / 1000, benchmark::Counter::kIsRate);
}
BENCHMARK(PlanAndRun)->Unit(benchmark::kMillisecond);

void RunAlone(benchmark::State& state) {
  Millis simulated_ms = 0;
  for (auto _ : state) {
    sim::Session session = app::StartSession(Hop());
    session.Run();
    simulated_ms += session.cluster().Now().ms;
  }
  state.counters["runs"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["simulated_over_wall"] =
      benchmark::Counter(static_cast<double>(simulated_ms) / 1000, benchmark::Counter::kIsRate);
}
BENCHMARK(RunAlone)->Unit(benchmark::kMillisecond);

void SingleFaults(benchmark::State& state) {
  std::int64_t placements = 0;
  std::int64_t states = 0;
  for (auto _ : state) {
    const sim::ExploreReport report =
        app::ExploreRehearsal(Hop(), {.threads = static_cast<int>(state.range(0))});
    placements += report.placements;
    states += report.steps;
  }
  state.counters["runs"] =
      benchmark::Counter(static_cast<double>(placements), benchmark::Counter::kIsRate);
  state.counters["states"] =
      benchmark::Counter(static_cast<double>(states), benchmark::Counter::kIsRate);
  state.counters["placements"] =
      static_cast<double>(placements) / static_cast<double>(state.iterations());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(SingleFaults)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace rehearse::bench
