// Goal:   the recorded runs of the official scripts come out of the simulated cluster: same calls,
// arguments,
//         manifests and return codes in order, and the same end.
// Method: the captures of such clusters; the real series of commands one after the other on one
//         simulated cluster; no answer is canned.
#include <gtest/gtest.h>

#include "tests/upgrade/procedures/canned_cluster.h"
#include "tests/upgrade/procedures/simulated_world.h"
#include "upgrade/procedures/migrate_sh.h"
#include "upgrade/procedures/rolling_update_sh.h"
#include "upgrade/procedures/script.h"

namespace rehearse::upgrade {
namespace {

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

// The record is of another release of the same chart: its names are put in.
std::string WithNamesOfTheCapture(std::string text) {
  text = Replaced(std::move(text), "rel-milvus", "vec-milvus");
  text = Replaced(
      Replaced(std::move(text), "-n roll ", "-n vectors "), "instance=rel", "instance=vec");
  return Replaced(std::move(text), "-i rel ", "-i vec ");
}

class RollingRecord : public ::testing::Test {
 protected:
  // Until the script has ended or `until` has come, as timeout(1) ended the recorded one.
  ScriptRun RunUntil(Instant until) {
    return RunScriptUntil(
        *NewRollingUpdateSh(ParseRollingUpdateSh(ArgumentsOf(trace_))), cluster_, until);
  }

  const std::string path_ = "fixtures/traces/06-rolling-cluster-2.3.0-to-2.3.11";
  cluster::RecordedTrace trace_ =
      cluster::ParseRecordedTrace(WithNamesOfTheCapture(ReadFixture(path_ + ".kubectl.log")), path_)
          .value();
  // The record's own condition: no Milvus ran in its pods, they were Ready at once.
  sim::SimCluster cluster_ = ClusterOf(FilesOf("cluster-2.3.0-pulsar-healthy"), true);
};

TEST_F(RollingRecord, TheWholeTraceAndWhatWasPrinted) {
  const ScriptRun run = RunUntil(Instant{Seconds(110)});
  EXPECT_FALSE(run.outcome.has_value());
  ExpectSameCalls(trace_, run);
  EXPECT_EQ(cluster::CollapsePolls(run.calls).size(), cluster::CollapsePolls(trace_.calls).size());
  std::vector<std::string> recorded =
      SplitLines(WithNamesOfTheCapture(ReadFixture(path_ + ".out")));
  EXPECT_EQ(recorded.back(), "exit 124");
  recorded.pop_back();
  // stderr and stdout of one command have no order of their own.
  std::swap(recorded.at(0), recorded.at(1));
  EXPECT_EQ(run.lines, recorded);
}

TEST_F(RollingRecord, ItsRestIsMoreOfTheSame) {
  const ScriptRun run = RunUntil(kNever);
  EXPECT_EQ(run.exit_code(), 0);
  ExpectSameCalls(trace_, run);
  EXPECT_EQ(run.Count("patch Deployment/vec-milvus-"), 8U);
  EXPECT_EQ(run.Count(R"("minReadySeconds":30)"), 4U);
  // Four times 30 s, the rest within the looks of a second each.
  EXPECT_GE(cluster_.Now().ms, Seconds(4 * 30));
  EXPECT_LE(cluster_.Now().ms, Seconds(4 * 30 + 8 * 2));
}

// Milvus itself takes its time, and coordinators of a cluster that never ran in standby wait for
// the session of the pod that they replace.
TEST_F(RollingRecord, WithAMilvusInThePodsTheFirstCoordinatorIsWaitedFor) {
  sim::SimCluster real = ClusterOf(FilesOf("cluster-2.3.0-pulsar-healthy"));
  const ScriptRun run = RunScriptUntil(
      *NewRollingUpdateSh(ParseRollingUpdateSh(ArgumentsOf(trace_))), real, Instant{Seconds(110)});
  EXPECT_FALSE(run.outcome.has_value());
  EXPECT_EQ(run.Count("patch Deployment/vec-milvus-"), 1U);
}

}  // namespace
}  // namespace rehearse::upgrade
