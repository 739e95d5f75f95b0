// bench/hop_bench.cc: the speed of the one hop: forks, fingerprints, plan and run, single faults.
//
// Bars: fork < 0.2 us; one object changed and fingerprinted < 2 us; demo's plan and run < 20 ms;
//       simulated over wall time >= 100,000; all placements of one fault < 1 s, of up to two
//       < 60 s on two cores. Run with:
//       build/release/bench/bench_hop
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "app/scenario/course.h"
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

const app::Rehearsal& Standalone() {
  static const app::Rehearsal rehearsal = [] {
    const cluster::Situation situation = tests::Capture("standalone-2.1.4-healthy");
    return tests::Rehearse(situation, tests::PlanTo(situation, "2.5.12"));
  }();
  return rehearsal;
}

const app::Rehearsal& Pulsar() {
  static const app::Rehearsal rehearsal = [] {
    const cluster::Situation situation = tests::Capture("cluster-2.3.0-pulsar-healthy");
    return tests::Rehearse(situation, tests::PlanTo(situation, "2.5.12"));
  }();
  return rehearsal;
}

// One hop from chart 4.1.0 to Milvus 2.4.5; `times` nodes of each kind in a cluster.
app::Rehearsal Growing(const std::string& topology, int times) {
  app::StartSpec start;
  start.chart = "4.1.0";
  start.topology = topology;
  start.kubernetes = "1.24.0";
  for (const char* kind : {"queryNode", "dataNode", "indexNode"}) {
    start.sets.push_back(std::string(kind) + ".replicas=" + std::to_string(times));
  }
  const auto catalog = std::make_shared<const charts::Catalog>(tests::Charts());
  const auto course = app::MakeCourse(start, "", catalog);
  CHECK(course.has_value());
  return tests::Rehearse(course->situation, tests::PlanTo(course->situation, "2.4.5"));
}

const app::Rehearsal& GrownStandalone() {
  static const app::Rehearsal rehearsal = Growing("standalone", 1);
  return rehearsal;
}

const app::Rehearsal& GrownCluster() {
  static const app::Rehearsal rehearsal = Growing("cluster", 1);
  return rehearsal;
}

const app::Rehearsal& ClusterOfTenTimesTheNodes() {
  static const app::Rehearsal rehearsal = Growing("cluster", 10);
  return rehearsal;
}

// Arguments: faults, threads.
void Placements(benchmark::State& state, const app::Rehearsal& rehearsal) {
  std::int64_t placements = 0;
  std::int64_t steps = 0;
  for (auto _ : state) {
    const sim::ExploreReport report =
        app::ExploreRehearsal(rehearsal,
                              {.faults_max = static_cast<int>(state.range(0)),
                               .threads = static_cast<int>(state.range(1))});
    placements += report.placements;
    steps += report.steps;
    state.counters["placements"] = static_cast<double>(report.placements);
    state.counters["distinct"] = static_cast<double>(report.states);
    state.counters["findings"] = static_cast<double>(report.findings_total);
    state.counters["memory_mib"] = static_cast<double>(report.memory_bytes) / 1048576;
  }
  state.counters["runs"] =
      benchmark::Counter(static_cast<double>(placements), benchmark::Counter::kIsRate);
  state.counters["steps"] =
      benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK_CAPTURE(Placements, one_hop, Hop())
    ->Args({1, 1})
    ->Args({1, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(Placements, standalone_to_2_5_12, Standalone())
    ->Args({1, 1})
    ->Args({1, 2})
    ->Args({2, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(Placements, cluster_to_2_5_12, Pulsar())
    ->Args({1, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

BENCHMARK_CAPTURE(Placements, growth_standalone, GrownStandalone())
    ->Args({1, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(Placements, growth_cluster, GrownCluster())
    ->Args({1, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(Placements, growth_cluster_10_times_the_nodes, ClusterOfTenTimesTheNodes())
    ->Args({1, 2})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace rehearse::bench
