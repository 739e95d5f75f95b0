// The executor with one fault at every place of a run: each must still reach its target; and with a
// deliberate mistake, which must show. Method: a small scripted world, one run per place.
#include <gtest/gtest.h>

#include <map>

#include "tests/upgrade/executor_fake_run.h"

namespace rehearse::upgrade {
namespace {

TEST(ExecutorFaultsTest, EachActionWithEachPassingFateStillReaches) {
  FakeWorld counted;
  CarryOut(counted);
  const auto count = static_cast<int>(counted.actions.size());
  ASSERT_GT(count, 8);
  for (const Fate what :
       {Fate::kAckLost, Fate::kLost, Fate::kConflict, Fate::kForbidden, Fate::kNotSent}) {
    for (int at = 0; at < count; ++at) {
      SCOPED_TRACE("action " + std::to_string(at) + " fate " +
                   std::to_string(static_cast<int>(what)));
      FakeWorld world;
      int number = 0;
      world.fate = [&](const Action&) { return number++ == at ? what : Fate::kApplied; };
      const RunResult run = CarryOut(world);
      ExpectReached(world, run);
    }
  }
}

TEST(ExecutorFaultsTest, EachFailingReadIsReadAgain) {
  FakeWorld counted;
  int count = 0;
  counted.read_fails = [&count](const Query&) {
    ++count;
    return false;
  };
  CarryOut(counted);
  for (int at = 0; at < count; ++at) {
    SCOPED_TRACE("read " + std::to_string(at));
    FakeWorld world;
    int number = 0;
    world.read_fails = [&](const Query&) { return number++ == at; };
    ExpectReached(world, CarryOut(world));
  }
}

TEST(ExecutorFaultsTest, EachStaleReadIsOverlooked) {
  FakeWorld counted;
  int count = 0;
  counted.read_stale = [&count](const Query&) {
    ++count;
    return false;
  };
  CarryOut(counted);
  for (int at = 0; at < count; ++at) {
    SCOPED_TRACE("read " + std::to_string(at));
    FakeWorld world;
    int number = 0;
    world.read_stale = [&](const Query&) { return number++ == at; };
    ExpectReached(world, CarryOut(world));
  }
}

TEST(ExecutorFaultsTest, KilledAtAnyStepItGoesOn) {
  FakeWorld counted;
  const int steps = CarryOut(counted).steps;
  std::map<Death, int> deaths;
  for (const Death death : {Death::kBefore, Death::kAfter, Death::kWhileJournaling}) {
    for (int at = 0; at + 1 < steps; ++at) {
      SCOPED_TRACE("step " + std::to_string(at) + " death " +
                   std::to_string(static_cast<int>(death)));
      FakeWorld world;
      RunOptions options;
      options.kill_at_step = at;
      options.death = death;
      const RunResult run = CarryOut(world, options);
      if (run.ended) {
        ++deaths[death];
        ExpectReached(world, run);
      }
    }
  }
  EXPECT_EQ(deaths[Death::kBefore], steps - 1);
  EXPECT_GT(deaths[Death::kAfter], 30);
  EXPECT_GT(deaths[Death::kWhileJournaling], 20);
}

TEST(ExecutorFaultsTest, AToolKilledAfterAnyPutIsRestoredAndRunAgain) {
  int puts = 0;
  for (bool killed = true; killed; ++puts) {
    SCOPED_TRACE(puts);
    FakeWorld world;
    world.tool_puts_max = [puts](const std::string& pod) {
      return pod.ends_with("migrate-1") ? puts : -1;
    };
    const RunResult run = CarryOut(world);
    ExpectReached(world, run);
    killed = world.tools.size() > 2;
    if (killed) {
      EXPECT_EQ(world.tools,
                (std::vector<std::string>{"rehearse-my-release-a1-backup-1",
                                          "rehearse-my-release-a1-migrate-1",
                                          "rehearse-my-release-a1-restore-1",
                                          "rehearse-my-release-a1-migrate-2"}));
    }
  }
  EXPECT_GT(puts, 20);
}

// ---- seeded bugs: each makes a path end otherwise than the tests above demand

ExecutorOptions With(SeededBug bug) {
  ExecutorOptions options;
  options.bug = bug;
  return options;
}

// The run does not end as ExpectReached wants it.
bool Differs(const FakeWorld& world, const RunResult& run) {
  return !run.ended || run.outcome.kind != cluster::OutcomeKind::kReached ||
         world.Image() != kNewImage || !MigrationFindings(world.keys).empty() ||
         world.tool_met_session || world.releases.back().status != helm::ReleaseStatus::kDeployed;
}

TEST(SeededBugTest, AStaleBackupThatIsTrustedLosesTheWayBack) {
  FakeWorld world;
  world.before_wait = [](FakeWorld& at) { at.files.erase("/milvus/data/migration-1.bak"); };
  world.tool_puts_max = [](const std::string& pod) { return pod.ends_with("migrate-1") ? 3 : -1; };
  const RunResult run = CarryOut(world, {}, With(SeededBug::kTrustStaleBackup));
  EXPECT_TRUE(Differs(world, run));
  EXPECT_FALSE(MigrationFindings(world.keys).empty());
}

TEST(SeededBugTest, SkippingTheSessionWaitMeetsALiveSession) {
  FakeWorld world;
  world.lease_ms = Seconds(60);
  EXPECT_TRUE(Differs(world, CarryOut(world, {}, With(SeededBug::kSkipSessionWait))));
}

TEST(SeededBugTest, AssumingThatAnUnknownActionWasAppliedDoesNotReach) {
  FakeWorld world;
  world.fate = [](const Action& action) {
    return std::holds_alternative<cluster::Patch>(action) ? Fate::kLost : Fate::kApplied;
  };
  EXPECT_TRUE(Differs(world, CarryOut(world, {}, With(SeededBug::kAssumeAppliedOnUnknown))));
}

TEST(SeededBugTest, RunningTheToolOnWhatItLeftLosesMetadata) {
  FakeWorld world;
  world.tool_puts_max = [](const std::string& pod) { return pod.ends_with("migrate-1") ? 3 : -1; };
  EXPECT_TRUE(Differs(world, CarryOut(world, {}, With(SeededBug::kSkipRestoreBeforeRetry))));
}

TEST(SeededBugTest, AFailedPodThatIsUsedAgainStaysFailed) {
  FakeWorld world;
  world.tool_puts_max = [](const std::string& pod) { return pod.ends_with("migrate-1") ? 3 : -1; };
  EXPECT_TRUE(Differs(world, CarryOut(world, {}, With(SeededBug::kReuseToolPod))));
}

TEST(SeededBugTest, ScalingBeforePatchingStartsTheOldImageOnNewMetadata) {
  FakeWorld world;
  bool old_on_new = false;
  world.before_wait = [&old_on_new](FakeWorld& at) {
    old_on_new = old_on_new || (at.Replicas() > 0 && at.Image() == kOldImage &&
                                GenerationOf(at.keys, "by-dev") == Generation::kNew);
  };
  CarryOut(world, {}, With(SeededBug::kScaleBeforePatch));
  EXPECT_TRUE(old_on_new);
}

// A tool that exits 0 and has lost an alias.
void LoseAnAlias(FakeWorld& at) {
  if (at.tools.size() == 2) {
    at.keys = at.keys.Erase("by-dev/meta/root-coord/aliases/shelf");
  }
}

TEST(SeededBugTest, AMigrationThatIsNotCheckedLosesWhatTheToolLost) {
  FakeWorld world;
  world.before_wait = LoseAnAlias;
  EXPECT_TRUE(Differs(world, CarryOut(world, {}, With(SeededBug::kSkipMigrationCheck))));
  EXPECT_EQ(world.Image(), kNewImage);
}

TEST(ExecutorFaultsTest, AMigrationThatLostSomethingLeadsBack) {
  FakeWorld world;
  world.before_wait = LoseAnAlias;
  const RunResult run = CarryOut(world);
  ExpectWayBack(world, run);
  EXPECT_NE(run.outcome.account.find("alias 'shelf' is missing"), std::string::npos);
}

TEST(SeededBugTest, ARolloutThatIsNotAwaitedClaimsWhatIsNotThere) {
  FakeWorld world;
  world.new_image_crashes = true;
  const RunResult run = CarryOut(world, {}, With(SeededBug::kNoRolloutWait));
  EXPECT_EQ(run.outcome.account.find("CrashLoopBackOff"), std::string::npos);
}

TEST(SeededBugTest, HelmRollbackDoesNotUnlock) {
  FakeWorld world;
  world.helm_clients_to_kill = 1;
  EXPECT_TRUE(Differs(world, CarryOut(world, {}, With(SeededBug::kHelmRollbackOnPending))));
}

}  // namespace
}  // namespace rehearse::upgrade
