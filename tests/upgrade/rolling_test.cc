// Goal: a rolling update is offered where the topology allows it, carried out component by
// component,
//       and helm knows of it afterwards; elsewhere it is refused with the reason.
// Method: the captured cluster with coordinators in active standby, planned and run; the captures
// as
//         they are, refused.
#include <gtest/gtest.h>

#include "tests/support/runs.h"
#include "tests/upgrade/situations.h"
#include "upgrade/planner.h"

namespace rehearse::tests {
namespace {

// As rollingUpdate.sh and the chart's activeStandby values leave the configuration.
cluster::Situation WithStandby(cluster::Situation situation) {
  return WithObject(std::move(situation), "ConfigMap/vectors/vec-milvus", [](Json& document) {
    document["data"]["user.yaml"] =
        "rootCoord:\n  enableActiveStandby: true\nqueryCoord:\n  enableActiveStandby: true\n"
        "dataCoord:\n  enableActiveStandby: true\nindexCoord:\n  enableActiveStandby: true\n";
  });
}

upgrade::PlanResult Rolling(const cluster::Situation& situation, const std::string& target) {
  auto facts = app::FactsFor(situation, Charts());
  EXPECT_TRUE(facts);
  facts->target = target;
  facts->strategy = upgrade::Strategy::kRolling;
  return upgrade::MakePlan(*facts);
}

std::string RefusedBy(const cluster::Situation& situation, const std::string& target) {
  const auto planned = Rolling(situation, target);
  EXPECT_TRUE(planned) << planned.error().message;
  const auto* refusal = planned ? std::get_if<result::Refusal>(&*planned) : nullptr;
  return refusal != nullptr ? refusal->rule : "a plan";
}

TEST(RollingTest, ComponentByComponentThenHelm) {
  const cluster::Situation situation = WithStandby(PulsarCluster());
  const auto planned = Rolling(situation, "2.3.11");
  ASSERT_TRUE(planned) << planned.error().message;
  ASSERT_TRUE(std::holds_alternative<result::Plan>(*planned))
      << Dump(ToJson(std::get<result::Refusal>(*planned)));
  const auto& plan = std::get<result::Plan>(*planned);
  ASSERT_EQ(plan.hops.size(), 2U);
  EXPECT_EQ(plan.hops[0].procedure, result::Procedure::kRollingUpdate);
  std::string order;
  for (const result::MilvusDeployment& deployment : plan.hops[0].rolling->deployments) {
    order += deployment.container + " ";
  }
  EXPECT_EQ(order, "rootcoord datacoord indexcoord querycoord indexnode datanode querynode proxy ");
  EXPECT_EQ(plan.hops[1].commands.front(),
            "helm upgrade vec zilliztech/milvus -n vectors --version 4.1.0 "
            "--reset-then-reuse-values --set image.all.tag=v2.3.11");
  EXPECT_EQ(plan.hops[1].downtime_ms, 0) << "helm is told what runs already";
  const result::RunResult run = RunOf(Rehearse(situation, plan)).result;
  EXPECT_EQ(run.verdict, result::Verdict::kHolds) << Why(run);
  EXPECT_EQ(run.after.release.chart, "milvus-4.1.0");
  for (const result::WorkloadSummary& workload : run.after.workloads) {
    if (workload.name.starts_with("vec-milvus-")) {
      EXPECT_EQ(workload.images.front(), "milvusdb/milvus:v2.3.11") << workload.name;
    }
  }
}

// One key for two: the new coordinator never becomes ready, and the old one stays.
TEST(RollingTest, WithoutStandbyTheRunShowsWhyItIsRefused) {
  const cluster::Situation situation = PulsarCluster();
  EXPECT_EQ(RefusedBy(situation, "2.3.11"), "rolling-standby");
  auto facts = app::FactsFor(situation, Charts());
  facts->target = "2.3.11";
  facts->strategy = upgrade::Strategy::kRolling;
  facts->without_rules = {"rolling-standby"};
  const auto planned = upgrade::MakePlan(*facts);
  ASSERT_TRUE(planned);
  const auto& plan = std::get<result::Plan>(*planned);
  const result::RunResult run = RunOf(Rehearse(situation, plan)).result;
  EXPECT_TRUE(Violates(run, "the plan reaches its target")) << Why(run);
  EXPECT_NE(run.account.find("vec-milvus-rootcoord"), std::string::npos) << run.account;
}

TEST(RollingTest, RefusedWhereTheTopologyDoesNotAllowIt) {
  EXPECT_EQ(RefusedBy(WithStandby(PulsarCluster()), "2.4.5"), "rolling-minor");
  const auto standalone = WithMetadata(WithImage(Healthy(), "milvusdb/milvus:v2.2.9"),
                                       "milvus-2.2.16-on-migrated.jsonl");
  EXPECT_EQ(RefusedBy(standalone, "2.2.16"), "rolling-rocksmq");
}

}  // namespace
}  // namespace rehearse::tests
