// Goal: a fault is data that reads as a sentence, belongs to a class, and can be written and read
// back. Method: one fault of each kind; classes by what FaultsAt gives for each.
#include "simulator/fault.h"

#include <gtest/gtest.h>

#include "tests/support/rehearsals.h"

namespace rehearse::sim {
namespace {

TEST(FaultTest, ReadsAsAnEnglishSentence) {
  EXPECT_EQ(Sentence({SiteKind::kAction, 12, Fate::kAckLost, ""}),
            "the 12th action is applied, but its acknowledgement is lost");
  EXPECT_EQ(Sentence({SiteKind::kWait, 1, Fate::kPodDeleted, "Pod/default/my-release-etcd-0"}),
            "while the executor waits for the 1st time, Pod my-release-etcd-0 is deleted");
  EXPECT_EQ(Sentence({SiteKind::kDriverStep, 33, Fate::kDriverKilledBefore, ""}),
            "the executor is killed before its 33rd step and started again");
  EXPECT_EQ(Sentence({SiteKind::kProcessStep, 112, Fate::kStepFails, ""}),
            "the 112th step of the processes in the cluster fails: its request gets no answer");
}

TEST(FaultTest, WhatIsWrittenIsReadBack) {
  const Fault fault{SiteKind::kWait, 9, Fate::kPodDeleted, "Pod/default/x"};
  const auto read = FaultFrom(ToJson(fault), "here");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, fault);
}

TEST(FaultTest, AClassThatIsLeftOutGivesNoFault) {
  const Session start = app::StartSession(tests::Hop());
  Session session = start;
  std::size_t all = 0;
  std::size_t parts = 0;
  for (int i = 0; i < 60; ++i) {
    const cluster::Step step = session.Peek();
    all += FaultsAt(session, step, {.people = true}).size();
    for (int part = 0; part < 4; ++part) {
      const FaultClasses classes{part == 0, part == 1, part == 2, part == 3};
      for (const Fault& fault : FaultsAt(session, step, classes)) {
        EXPECT_TRUE(classes.Has(ClassOf(fault))) << Sentence(fault);
        ++parts;
      }
    }
    session.Step();
  }
  EXPECT_EQ(parts, all);
  EXPECT_GT(all, 100U);
}

}  // namespace
}  // namespace rehearse::sim
