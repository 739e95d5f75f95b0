// Goal: a plan as JSON has every field of its schema, and a refusal is one that cannot be taken for
//       a plan.
// Method: small plans by hand; the schema itself is held by tests/app.
#include "model/result/plan.h"

#include <gtest/gtest.h>

namespace rehearse::result {
namespace {

Plan SmallPlan() {
  Plan plan;
  plan.release = "r";
  plan.ns = "n";
  plan.target = "2.2.16";
  Hop hop;
  hop.id = "1";
  hop.procedure = Procedure::kMetadataMigration;
  hop.values_set = {{"a", "b", "c"}};
  hop.metadata = MetadataHop{};
  hop.metadata->tool_image = "tool:v1";
  plan.hops = {hop};
  plan.refused = {{"x", "rule", "source", "why"}};
  return plan;
}

TEST(PlanJsonTest, HopsNameTheirProcedureAndTool) {
  const Json json = ToJson(SmallPlan());
  EXPECT_EQ(json["schema"], "rehearse/plan/v1");
  EXPECT_EQ(json["hops"][0]["procedure"], "metadata-migration");
  EXPECT_EQ(json["hops"][0]["tool_image"], "tool:v1");
  EXPECT_EQ(json["hops"][0]["values_set"][0]["why"], "c");
  EXPECT_EQ(json["refused"][0]["rule"], "rule");
}

TEST(PlanJsonTest, AHelmHopHasNoTool) {
  Plan plan = SmallPlan();
  plan.hops[0].metadata.reset();
  plan.hops[0].procedure = Procedure::kHelmUpgrade;
  const Json json = ToJson(plan);
  EXPECT_FALSE(json["hops"][0].contains("tool_image"));
  EXPECT_EQ(json["hops"][0]["procedure"], "helm-upgrade");
}

TEST(PlanJsonTest, ARefusalHasNoHops) {
  const Json json = ToJson(Refusal{"rule", "source", "message", {}, {"kubectl x"}});
  EXPECT_FALSE(json.contains("hops"));
  EXPECT_EQ(json["refusal"]["rule"], "rule");
  EXPECT_EQ(json["refusal"]["commands"][0], "kubectl x");
}

TEST(PlanCostTest, ComparesInTheOrderOfItsFields) {
  EXPECT_LT((PlanCost{0, 9, 9, 9}), (PlanCost{1, 0, 0, 0}));
  EXPECT_LT((PlanCost{1, 0, 9, 9}), (PlanCost{1, 1, 0, 0}));
  EXPECT_LT((PlanCost{1, 1, 0, 9}), (PlanCost{1, 1, 1, 0}));
}

}  // namespace
}  // namespace rehearse::result
