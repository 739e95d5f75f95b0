// Goal:   the recorded runs of the official scripts come out of the simulated cluster: same calls,
// arguments,
//         manifests and return codes in order, and the same end.
// Method: the captures of such clusters; the real series of commands one after the other on one
//         simulated cluster; no answer is canned.
#include <gtest/gtest.h>

#include <filesystem>

#include "app/load.h"
#include "model/charts/render.h"
#include "model/cluster/situation.h"
#include "simulator/sim_cluster.h"
#include "tests/upgrade/procedures/canned_cluster.h"
#include "upgrade/procedures/migrate_sh.h"
#include "upgrade/procedures/rolling_update_sh.h"

namespace rehearse::upgrade {
namespace {

cluster::CaptureFiles FilesOf(const std::string& capture) {
  cluster::CaptureFiles files;
  for (const auto& entry : std::filesystem::directory_iterator("fixtures/captures/" + capture)) {
    files[entry.path().filename()] = ReadFixture(entry.path());
  }
  return files;
}

sim::SimCluster ClusterOf(const cluster::CaptureFiles& files) {
  const cluster::Situation situation = cluster::ReadCapture(files, {}).value();
  static const charts::Catalog catalog = app::LoadCatalog().value();
  auto world = std::make_shared<sim::World>();
  world->kubernetes = ParseVersion(situation.kubernetes_version).value();
  world->release = situation.release;
  world->ns = situation.ns;
  world->renderer =
      std::make_shared<sim::NotingRenderer>(std::make_shared<charts::CatalogRenderer>(catalog));
  sim::ClusterState start = sim::BuildState(situation, *world).value();
  return {std::move(start), std::move(world)};
}

// The nodes of the records have no kubelet, so that `kubectl logs` failed there; it is the one code
// that says something of the machine and nothing of the procedure.
cluster::RecordedTrace WithLogs(cluster::RecordedTrace trace) {
  for (cluster::Call& call : trace.calls) {
    if (call.verb == "logs") {
      call.exit_code = 0;
    }
  }
  return trace;
}

void ExpectSameCalls(const cluster::RecordedTrace& trace, const ScriptRun& run) {
  const std::optional<cluster::CallDifference> difference =
      cluster::CompareCalls(trace.calls, run.calls);
  EXPECT_FALSE(difference.has_value())
      << trace.command_line << "\ncall " << difference->index
      << "\nrecorded:  " << difference->recorded << "\nsimulated: " << difference->simulated << "\n"
      << run.Transcript();
}

ScriptRun Repeat(sim::SimCluster& cluster, const std::string& name) {
  const cluster::RecordedTrace trace =
      WithLogs(ReadTrace("fixtures/traces/" + name + ".kubectl.log"));
  ScriptRun run = RunScript(
      *NewMigrateSh(ParseMigrateSh(MigrateShVersion::kC, ArgumentsOf(trace))), cluster, 3000);
  ExpectSameCalls(trace, run);
  return run;
}

void DeleteByHand(sim::SimCluster& cluster, const std::string& pod) {
  ASSERT_TRUE(cluster.Start(cluster::Delete{{{"Pod", "default", pod}}, false}));
  ASSERT_TRUE(cluster.Wait(cluster.Now() + Seconds(60)));
}

TEST(SimulatedScriptsTest, TheSeriesOfThePageAndItsRepair) {
  sim::SimCluster cluster = ClusterOf(FilesOf("standalone-2.1.4-healthy"));
  EXPECT_EQ(Repeat(cluster, "01-seed-2.1.4-to-2.5.12").exit_code(), 3);
  EXPECT_EQ(Repeat(cluster, "02-retry-with-valid-target").exit_code(), 3);
  EXPECT_EQ(Repeat(cluster, "03-rollback-as-published").exit_code(), 4);
  DeleteByHand(cluster, "milvus-meta-migration-my-release");
  const ScriptRun good = Repeat(cluster, "04-retry-after-deleting-pod");
  EXPECT_EQ(good.exit_code(), 0);
  EXPECT_EQ(good.Transcript() + "exit 0\n",
            ReadFixture("fixtures/traces/04-retry-after-deleting-pod.out"));
}

TEST(SimulatedScriptsTest, TheUnfixedToolOnALoadedPartition) {
  cluster::CaptureFiles files = FilesOf("standalone-2.1.4-healthy");
  files["etcd.json"] = ReadFixture("fixtures/etcd/milvus-2.1.0-partition-loaded.jsonl");
  sim::SimCluster cluster = ClusterOf(files);
  EXPECT_EQ(Repeat(cluster, "08-partition-loaded-panic").exit_code(), 3);
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The record is of another release of the same chart: its names are put in. No Milvus ran in its
// pods, they were Ready at once; so it is compared up to the first rollout that is waited for.
TEST(SimulatedScriptsTest, RollingUpdateOfAClusterUntilItsFirstWait) {
  const std::string path = "fixtures/traces/06-rolling-cluster-2.3.0-to-2.3.11.kubectl.log";
  std::string text = Replaced(ReadFixture(path), "rel-milvus", "vec-milvus");
  text = Replaced(Replaced(text, "-n roll ", "-n vectors "), "instance=rel", "instance=vec");
  text = Replaced(text, "-i rel ", "-i vec ");
  cluster::RecordedTrace trace = cluster::ParseRecordedTrace(text, path).value();
  const auto first_wait = std::ranges::find_if(trace.calls, [](const cluster::Call& call) {
    return call.flags.contains("watch") && call.flags.at("watch") == true;
  });
  ASSERT_NE(first_wait, trace.calls.end());
  first_wait->exit_code = std::nullopt;
  trace.calls.erase(first_wait + 1, trace.calls.end());
  sim::SimCluster cluster = ClusterOf(FilesOf("cluster-2.3.0-pulsar-healthy"));
  const ScriptRun run =
      RunScript(*NewRollingUpdateSh(ParseRollingUpdateSh(ArgumentsOf(trace))), cluster, 200);
  ExpectSameCalls(trace, run);
  EXPECT_EQ(trace.calls.size(), 16U);
  EXPECT_EQ(run.Count(R"("minReadySeconds":30)"), 1U);
}

}  // namespace
}  // namespace rehearse::upgrade
