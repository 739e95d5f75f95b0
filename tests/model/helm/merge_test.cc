// Goal: objects merge as the API server and helm merge them.
// Method: patches and results recorded from the strategic patch library of Kubernetes
// (fixtures/helm/strategic-merge.jsonl.gz: 61 random and drifted Deployments, other kinds, and the
// directives of kubectl patch), then the API server's words for what must not change.
#include "model/helm/merge.h"

#include <gtest/gtest.h>

#include "model/helm/types.h"
#include "tests/model/helm/fixture.h"

namespace rehearse::helm {
namespace {

TEST(MergeTest, EveryRecordedPatchAndResultIsReproduced) {
  const std::vector<Json> cases = JsonLinesFixture("helm/strategic-merge.jsonl.gz");
  ASSERT_GT(cases.size(), 70U);
  for (const Json& recorded : cases) {
    SCOPED_TRACE(recorded["name"].get<std::string>());
    const Json& live = recorded["live"];
    Json patch = recorded.value("patch", Json());
    if (recorded.contains("next")) {
      const Result<Json> made = CreateThreeWayPatch(recorded["old"], recorded["next"], live);
      ASSERT_TRUE(made.has_value()) << made.error().message;
      EXPECT_EQ(Dump(*made), Dump(patch));
    }
    const Result<Json> merged = StrategicMergePatch(live, patch);
    if (recorded.contains("error")) {
      ASSERT_FALSE(merged.has_value());
      continue;
    }
    ASSERT_TRUE(merged.has_value()) << merged.error().message;
    EXPECT_EQ(Dump(*merged), Dump(recorded["result"]));
  }
}

Json Object(const std::string& text) { return *ParseJson(text, "test"); }

TEST(MergeTest, AnUnchangedObjectGivesAnEmptyPatch) {
  const Json object = Object(R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1"}})");
  EXPECT_EQ(*CreateThreeWayPatch(object, object, object), Json::object());
}

TEST(MergeTest, ACustomResourceIgnoresLiveDrift) {
  const Json old = Object(R"({"apiVersion":"x.io/v1","kind":"K","spec":{"a":1,"b":2}})");
  const Json live = Object(R"({"apiVersion":"x.io/v1","kind":"K","spec":{"a":9,"b":2,"c":3}})");
  EXPECT_EQ(*StrategicThreeWayMerge(old, old, live), live);
  const Json next = Object(R"({"apiVersion":"x.io/v1","kind":"K","spec":{"b":4}})");
  EXPECT_EQ(Dump(*StrategicThreeWayMerge(old, next, live)),
            R"({"apiVersion":"x.io/v1","kind":"K","spec":{"b":4,"c":3}})");
}

TEST(MergeTest, ApplyRemovesWhatTheLastApplyNamed) {
  Json live = Object(R"({"apiVersion":"v1","kind":"ConfigMap","data":{"mine":"1"}})");
  const Json first = Object(R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","b":"2"}})");
  const Json second = Object(R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"3"}})");
  live = *ApplyThreeWay(first, live);
  live = *ApplyThreeWay(second, live);
  EXPECT_EQ(Dump(live["data"]), R"({"a":"3","mine":"1"})");
  EXPECT_EQ(live["metadata"]["annotations"][std::string(kLastApplied)], Dump(second) + "\n");
}

Json ClaimSet(const std::string& size) {
  return Object(
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"my-release-etcd"},
    "spec":{"replicas":1,"serviceName":"s","volumeClaimTemplates":[{"metadata":{"name":"data"},
    "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":")" +
      size + R"("}}}}]}})");
}

TEST(ImmutableTest, StatefulSetClaimTemplatesAreFrozen) {
  Json next = ClaimSet("10Gi");
  next["spec"]["replicas"] = 3;
  EXPECT_EQ(ImmutableFieldError(ClaimSet("10Gi"), next), std::nullopt);
  EXPECT_EQ(ImmutableFieldError(ClaimSet("10Gi"), ClaimSet("20Gi")),
            "StatefulSet.apps \"my-release-etcd\" is invalid: spec: Forbidden: updates to "
            "statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
            "'minReadySeconds' are forbidden");
}

TEST(ImmutableTest, WhatTheServerFillsInIsNoChange) {
  Json live = ClaimSet("10Gi");
  Json& claim = live["spec"]["volumeClaimTemplates"][0];
  claim["apiVersion"] = "v1";
  claim["kind"] = "PersistentVolumeClaim";
  claim["spec"]["volumeMode"] = "Filesystem";
  claim["status"] = {{"phase", "Pending"}};
  const Json merged = *StrategicThreeWayMerge(ClaimSet("10Gi"), ClaimSet("10Gi"), live);
  EXPECT_EQ(ImmutableFieldError(live, merged), std::nullopt);
  EXPECT_EQ(RestoreDefaults(live, merged), live);
}

// fixtures/captures/standalone-2.1.4-healthy: 50Gi asked for, bound to a volume of 500Gi.
TEST(ImmutableTest, AClaimOnALargerVolumeMayKeepItsRequest) {
  const Json live = {{"kind", "PersistentVolumeClaim"},
                     {"metadata", {{"name", "c"}}},
                     {"spec", {{"resources", {{"requests", {{"storage", "50Gi"}}}}}}},
                     {"status", {{"capacity", {{"storage", "500Gi"}}}}}};
  EXPECT_FALSE(ImmutableFieldError(live, live));
}

TEST(ImmutableTest, ClaimsGrowButDoNotShrinkOrMove) {
  const auto claim = [](const std::string& size, const std::string& storage_class) {
    return Object(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"p"},
      "spec":{"storageClassName":")" +
                  storage_class + R"(","resources":{"requests":{"storage":")" + size + R"("}}}})");
  };
  EXPECT_EQ(ImmutableFieldError(claim("5Gi", "a"), claim("50Gi", "a")), std::nullopt);
  EXPECT_NE(ImmutableFieldError(claim("50Gi", "a"), claim("5Gi", "a"))->find("can not be less"),
            std::string::npos);
  EXPECT_NE(ImmutableFieldError(claim("5Gi", "a"), claim("5Gi", "b"))->find("spec is immutable"),
            std::string::npos);
}

}  // namespace
}  // namespace rehearse::helm
