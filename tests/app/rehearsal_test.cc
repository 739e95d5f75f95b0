// Goal: the verdict of a run is right, for good runs and for bad ones. Method: the bundled capture,
// the real executor, the simulated cluster; each bad run changes one thing and must fail for the
// reason that the real parts fail for.
#include "app/rehearsal.h"

#include <gtest/gtest.h>

#include "tests/support/rehearsals.h"
#include "upgrade/procedures/by_hand.h"

namespace rehearse::tests {
namespace {

TEST(RunTest, TheHealthyCaptureReachesItsTargetWithEqualMetadata) {
  const app::RunOutput output = RunOf(Hop());
  const result::RunResult& run = output.result;
  EXPECT_EQ(run.verdict, result::Verdict::kHolds) << Why(run);
  EXPECT_EQ(run.after.release.chart, "milvus-4.0.34");
  EXPECT_EQ(run.after.release.status, "deployed");
  for (const result::WorkloadSummary& workload : run.after.workloads) {
    EXPECT_EQ(workload.ready, workload.replicas) << workload.name;
  }
  ASSERT_FALSE(run.differences.empty());  // default index names
  for (const result::Difference& difference : run.differences) {
    EXPECT_TRUE(difference.law) << difference.path;
  }
  EXPECT_GT(run.downtime_ms, Seconds(60));
  EXPECT_LT(run.downtime_ms, Seconds(3600));
}

TEST(RunTest, TheSameRunTwiceGivesTheSameBytes) {
  const app::RunOutput first = RunOf(Hop());
  const app::RunOutput second = RunOf(Hop());
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_EQ(Dump(result::ToJson(first.result)), Dump(result::ToJson(second.result)));
}

// milvus-io/milvus issues 20324, 20047: the image is changed, the metadata is not.
TEST(RunTest, WithoutTheConversionEveryIndexAndLoadIsGone) {
  const app::Rehearsal rehearsal = Hop();
  cluster::HelmUpgrade command;
  command.release = rehearsal.claim.release;
  command.ns = rehearsal.claim.ns;
  command.chart = "zilliztech/milvus";
  command.version = "4.0.34";
  command.sets = {"image.all.tag=v2.2.16",
                  "minio.image.tag=RELEASE.2022-03-17T06-34-49Z",
                  "pulsarv3.enabled=false"};
  sim::SimCluster cluster(rehearsal.start, rehearsal.world);
  cluster.Remember(rehearsal.start.etcd.keys);
  sim::Session session(std::move(cluster),
                       std::make_shared<upgrade::ByHand>(command, Seconds(600)));
  session.Run();
  ASSERT_TRUE(session.outcome());
  EXPECT_EQ(session.outcome()->exit_code, 0) << "helm itself never complains";
  EXPECT_TRUE(sim::NotReady(session.cluster().state(), "default").empty()) << "it looks healthy";
  std::vector<std::string> properties;
  for (const sim::Violation& violation : app::JudgeSession(rehearsal, session)) {
    properties.push_back(violation.property);
  }
  const auto has = [&](const char* property) {
    return std::find(properties.begin(), properties.end(), property) != properties.end();
  };
  EXPECT_TRUE(has("no server runs on metadata of another version"));
  EXPECT_TRUE(has("metadata equal before and after by the lawful table"));
}

TEST(RunTest, TheUnfixedToolOnALoadedPartitionPanicsAndTheExecutorTakesTheWayBack) {
  const cluster::Situation situation =
      WithMetadata(Capture("standalone-2.1.4-healthy"), "milvus-2.1.0-partition-loaded.jsonl");
  result::Plan plan = PlanTo(situation, "2.2.16");
  for (result::Hop& hop : plan.hops) {
    if (hop.metadata) {
      EXPECT_EQ(hop.metadata->tool_image, "milvusdb/meta-migration:v2.2.0-bugfix-20230112");
      hop.metadata->tool_image = "milvusdb/meta-migration:v2.2.0";
    }
  }
  const result::RunResult run = RunOf(Rehearse(situation, plan)).result;
  EXPECT_EQ(run.verdict, result::Verdict::kViolated);
  EXPECT_TRUE(Violates(run, "the plan reaches its target")) << Why(run);
  EXPECT_FALSE(Violates(run, "no metadata lost: the original is live or in a valid backup"));
  EXPECT_NE(run.account.find("panic"), std::string::npos) << run.account;
  EXPECT_TRUE(run.differences.empty()) << "the way back restores the metadata";
}

TEST(RunTest, TheFixedToolOnALoadedPartitionReachesTheTarget) {
  const cluster::Situation situation =
      WithMetadata(Capture("standalone-2.1.4-healthy"), "milvus-2.1.0-partition-loaded.jsonl");
  const result::RunResult run = RunOf(Rehearse(situation, PlanTo(situation, "2.2.16"))).result;
  EXPECT_EQ(run.verdict, result::Verdict::kHolds) << Why(run);
}

TEST(RunTest, TheOldImageOnMigratedMetadataLosesIndexesAndAliases) {
  const cluster::Situation situation = Capture("standalone-2.1.4-healthy");
  result::Plan plan = PlanTo(situation, "2.2.16");
  for (result::Hop& hop : plan.hops) {
    if (hop.metadata) {
      hop.metadata->new_image = "milvusdb/milvus:v2.1.4";
    }
  }
  const result::RunResult run = RunOf(Rehearse(situation, plan)).result;
  EXPECT_EQ(run.verdict, result::Verdict::kViolated);
  EXPECT_TRUE(Violates(run, "no server runs on metadata of another version")) << Why(run);
}

// MinIO's data format (milvus-io/milvus issue 28880): charts from 4.0.13 on bring a MinIO that
// cannot read what the old one wrote.
TEST(RunTest, WithoutThePinnedMinioTheRunFailsWithMinioDown) {
  const cluster::Situation situation = Capture("standalone-2.1.4-healthy");
  result::Plan plan = PlanTo(situation, "2.2.16");
  std::size_t removed = 0;
  for (result::Hop& hop : plan.hops) {
    if (hop.helm) {
      removed += std::erase_if(hop.helm->sets, [](const std::string& set) {
        return set.starts_with("minio.image.tag=");
      });
    }
  }
  ASSERT_EQ(removed, 1U);
  const result::RunResult run = RunOf(Rehearse(situation, plan)).result;
  EXPECT_EQ(run.verdict, result::Verdict::kViolated) << Why(run);
  EXPECT_NE(run.account.find("minio"), std::string::npos) << run.account;
  EXPECT_NE((run.account + Why(run)).find("found backend type fs"), std::string::npos)
      << run.account;
}

TEST(RunTest, ThePanickedIncidentIsRefusedWithTheOnlyCopyNamed) {
  const cluster::Situation situation = Capture("incident-meta-migration-panicked");
  const auto planned = app::PlanFor(situation, Charts(), "2.2.16");
  ASSERT_TRUE(planned) << planned.error().message;
  const auto* refusal = std::get_if<result::Refusal>(&*planned);
  ASSERT_NE(refusal, nullptr);
  EXPECT_NE(refusal->message.find("migration.bak"), std::string::npos) << refusal->message;
}

TEST(RunTest, StrictCallsAVerdictUnknownThatRestsOnAssumedLaws) {
  const result::RunResult run =
      RunOf(Hop(), {.faults = {}, .harmless_upgrade = true, .strict = true}).result;
  ASSERT_GT(run.laws.Count(Basis::kAssumed), 0U);
  EXPECT_EQ(run.verdict, result::Verdict::kUnknown);
}

}  // namespace
}  // namespace rehearse::tests
