// Goal: a target means what the documentation of published charts says, and nothing by accident.
// Method: the catalog, one row per meaning.
#include <gtest/gtest.h>

#include "tests/upgrade/situations.h"
#include "upgrade/target.h"

namespace rehearse::upgrade {
namespace {

Version V(const char* text) { return ParseVersion(text).value(); }

Current At(const char* chart, const char* app, bool pulsar_v2 = false) {
  return Current{.chart = V(chart), .app = V(app), .release_app = V(app), .pulsar_v2 = pulsar_v2};
}

// "<chart> <app>[ set] <order>", or the error.
std::string Resolve(const char* text, const Current& current) {
  const auto resolved = ResolveTarget(tests::Charts(), text, current);
  if (!resolved) {
    return resolved.error().message;
  }
  const char* order = resolved->order == TargetOrder::kAhead  ? " ahead"
                      : resolved->order == TargetOrder::kSame ? " same"
                                                              : " behind";
  return resolved->target.chart.ToString() + " " + resolved->target.app.ToString() +
         (resolved->target.image_set ? " set" : "") + order;
}

TEST(TargetTest, ChartForAnAppVersion) {
  const Current start = At("3.2.18", "2.1.4");
  EXPECT_EQ(Resolve("2.2.14", start), "4.0.34 2.2.14 ahead");
  EXPECT_EQ(Resolve("2.2.16", start), "4.0.34 2.2.16 set ahead");
  EXPECT_EQ(Resolve("2.3.11", start), "4.1.24 2.3.11 ahead");
  EXPECT_EQ(Resolve("2.3.13", start), "4.1.28 2.3.13 ahead");
  EXPECT_EQ(Resolve("2.3.14", start), "4.1.28 2.3.14 set ahead");
  EXPECT_EQ(Resolve("2.4.2", start), "4.1.31 2.4.2 set ahead");
  EXPECT_EQ(Resolve("2.4.5", start), "4.1.36 2.4.5 ahead");
  EXPECT_EQ(Resolve("2.4.17", start), "4.2.25 2.4.17 ahead");
  EXPECT_EQ(Resolve("2.4.18", start), "4.2.25 2.4.18 set ahead");
  EXPECT_EQ(Resolve("2.5.12", start), "4.2.49 2.5.12 ahead");
  EXPECT_EQ(Resolve("2.5.17", start), "4.2.58 2.5.17 set ahead");
  EXPECT_EQ(Resolve("2.6.0", start), "5.0.1 2.6.0 ahead");
  EXPECT_EQ(Resolve("latest", start), "5.0.19 2.6.15 ahead");
}

TEST(TargetTest, TheImageTagDecidesNotTheAppVersion) {
  const Current start = At("3.2.18", "2.1.4");
  EXPECT_EQ(Resolve("2.2.4", start), "4.0.12 2.2.4 ahead");    // 4.0.10 has it too, and says 2.2.3
  EXPECT_EQ(Resolve("2.2.12", start), "4.0.29 2.2.12 ahead");  // 4.0.28 says 2.2.11
  EXPECT_EQ(Resolve("2.2.11", start), "4.0.27 2.2.11 ahead");
  EXPECT_EQ(Resolve("2.3.6", start), "4.1.14 2.3.6 ahead");  // 4.1.15 is younger and older
}

TEST(TargetTest, PrereleasesAndHotfixesOnlyByTheirFullName) {
  const Current start = At("4.1.36", "2.4.5");
  EXPECT_EQ(Resolve("2.4.13", start), "4.2.14 2.4.13 ahead");
  EXPECT_EQ(Resolve("2.4.13-hotfix", start), "4.2.16 2.4.13-hotfix ahead");
  EXPECT_EQ(Resolve("2.5.0", start), "4.2.33 2.5.0 ahead");
  EXPECT_EQ(Resolve("2.5.0-rc1", start), "no chart was ever published for Milvus 2.5.0-rc1");
}

TEST(TargetTest, PulsarV2NeverUsesTheChartsThatSpoilIt) {
  EXPECT_EQ(Resolve("2.4.17", At("4.1.0", "2.3.0", true)), "4.2.20 2.4.17 set ahead");
  EXPECT_EQ(Resolve("2.4.16", At("4.1.0", "2.3.0", true)), "4.2.20 2.4.16 ahead");
  EXPECT_EQ(Resolve("2.4.16", At("4.1.0", "2.3.0", false)), "4.2.23 2.4.16 ahead");
}

TEST(TargetTest, ACharts) {
  const Current start = At("4.0.31", "2.2.16");
  EXPECT_EQ(Resolve("chart:4.0.34", start), "4.0.34 2.2.16 set ahead");
  EXPECT_EQ(Resolve("chart:4.1.24", start), "4.1.24 2.3.11 ahead");
  EXPECT_EQ(Resolve("chart:4.0.18", start), "chart 4.0.18 was never published");
  EXPECT_EQ(Resolve("chart:5.0.18", start), "there is no chart 5.0.18");
  EXPECT_EQ(Resolve("chart:", start), "there is no chart ");
  EXPECT_EQ(Resolve("chart:4.0.30", start), "4.0.30 2.2.16 set behind");
}

TEST(TargetTest, SameAndBehind) {
  EXPECT_EQ(Resolve("2.1.4", At("3.2.18", "2.1.4")), "3.2.18 2.1.4 same");
  EXPECT_EQ(Resolve("2.1.4", At("3.2.10", "2.1.4")), "3.2.18 2.1.4 same");
  EXPECT_EQ(Resolve("2.1.3", At("3.2.18", "2.1.4")), "3.2.3 2.1.3 behind");
  EXPECT_EQ(Resolve("latest", At("5.0.19", "2.6.15")), "5.0.19 2.6.15 same");
  // The new image runs already, but the chart is still the old one.
  Current drifted = At("3.2.18", "2.2.16");
  drifted.release_app = V("2.1.4");
  EXPECT_EQ(Resolve("2.2.16", drifted), "4.0.34 2.2.16 set ahead");
}

TEST(TargetTest, WhatIsNoTarget) {
  const Current start = At("3.2.18", "2.1.4");
  EXPECT_EQ(Resolve("9.9.9", start), "no chart was ever published for Milvus 9.9");
  EXPECT_EQ(Resolve("v2.2.16", start),
            "\"v2.2.16\" is no target: X.Y.Z (a version of Milvus), chart:V or latest is expected");
}

}  // namespace
}  // namespace rehearse::upgrade
