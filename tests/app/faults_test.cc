// Goal: faults as data: what the search prints can be read back, and bad files are refused with the
// place. Method: every fate there and back; one mistake at a time.
#include "app/faults.h"

#include <gtest/gtest.h>

namespace rehearse::app {
namespace {

TEST(FaultsTest, WhatIsPrintedIsReadBack) {
  const std::vector<sim::Fault> faults = {
      {sim::SiteKind::kAction, 3, sim::Fate::kAckLost, ""},
      {sim::SiteKind::kRead, 1, sim::Fate::kReadStale, ""},
      {sim::SiteKind::kWait, 9, sim::Fate::kPodDeleted, "Pod/default/my-release-etcd-0"},
      {sim::SiteKind::kProcessStep, 70, sim::Fate::kProcessKilled, ""},
      {sim::SiteKind::kDriverStep, 2, sim::Fate::kDriverKilledAfter, ""},
  };
  for (const sim::Fault& fault : faults) {
    const auto read = ParseFaults(FaultsText(fault), "f.yaml");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->at(0), fault) << sim::Sentence(fault);
  }
}

TEST(FaultsTest, AMistakeIsNamedWithItsPlace) {
  const auto error = [](const char* text) { return ParseFaults(text, "f.yaml").error().message; };
  EXPECT_EQ(error("faults: 3"), "f.yaml: expected one document with a list 'faults'");
  EXPECT_EQ(error("faults: [{at: action, number: 0, fate: conflict}]"),
            "f.yaml: faults[0]: number: expected a whole number from 1");
  EXPECT_EQ(error("faults: [{at: read, number: 1, fate: conflict}]"),
            "f.yaml: faults[0]: fate: expected one of 'read fails', 'stale read'");
  EXPECT_EQ(error("faults: [{at: wait, number: 1, fate: pod deleted}]"),
            "f.yaml: faults[0]: pod: expected Pod/<namespace>/<name>");
  EXPECT_EQ(
      error("faults: [{at: action, nr: 1}]"),
      "f.yaml: faults[0]: unknown key 'nr' (expected at, number, fate, pod, node, object, to, of, "
      "when)");
}

}  // namespace
}  // namespace rehearse::app
