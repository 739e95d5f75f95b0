// Goal:   a part of a search that was kept is read back as it was, or refused where it stands.
// Source: app/scenario/part_form.h
#include "app/scenario/part_form.h"

#include <gtest/gtest.h>

namespace rehearse::app {
namespace {

sim::ExploreReport Report() {
  sim::ExploreReport report;
  report.placements_by_faults = {1, 20, 300};
  report.placements = 320;
  report.reached = 310;
  report.stopped = 10;
  report.states = 99;
  report.merged = 7;
  report.steps = 1234;
  report.ends = 5;
  report.findings = {{{{sim::SiteKind::kAction, 3, sim::Fate::kNotApplied},
                       {sim::SiteKind::kWait, 4, sim::Fate::kScaled, "Deployment/default/x", "2"}},
                      "in time",
                      "late",
                      55,
                      66}};
  report.findings_total = 2;
  report.never_seen = {"a backup was restored"};
  report.faults_covered = 2;
  report.memory_bytes = 4096;
  return report;
}

TEST(PartFormTest, IsReadBackAsItWas) {
  const Json json = PartToJson(Report());
  const auto read = PartFrom(json, "part");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(PartToJson(*read), json);
  EXPECT_EQ(read->findings.front().faults, Report().findings.front().faults);
  EXPECT_EQ(read->placements_by_faults, Report().placements_by_faults);
  EXPECT_EQ(read->ends, 5);
  EXPECT_EQ(read->memory_bytes, 4096U);
  EXPECT_TRUE(read->exhausted());
}

TEST(PartFormTest, EachPartOfItIsNeeded) {
  const Json whole = PartToJson(Report());
  for (const auto& [key, value] : whole.items()) {
    for (const Json& bad : {Json(), Json("x"), Json::array({Json::object()})}) {
      Json json = whole;
      json[key] = bad;
      const auto read = PartFrom(json, "part");
      ASSERT_FALSE(read.has_value()) << key << " " << bad;
      EXPECT_EQ(read.error().message.find("part: " + key), 0U) << read.error().message;
    }
  }
}

}  // namespace
}  // namespace rehearse::app
