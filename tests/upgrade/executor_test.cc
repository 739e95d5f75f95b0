// The executor on single paths: success, failing tools, resumption, other people. Method: a small
// scripted world; the simulator judges all paths, these tests say what each path is meant to be.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/upgrade/executor_fake_run.h"

namespace rehearse::upgrade {
namespace {

TEST(ExecutorTest, ReachesTheTargetAndCleansUp) {
  FakeWorld world;
  const RunResult run = CarryOut(world);
  ExpectReached(world, run);
  EXPECT_EQ(world.tools,
            (std::vector<std::string>{"rehearse-my-release-a1-backup-1",
                                      "rehearse-my-release-a1-migrate-1"}));
  EXPECT_NE(run.outcome.account.find("kubectl delete pvc -n default rehearse-my-release-a1-backup"),
            std::string::npos);
}

TEST(ExecutorTest, SaysEachStageOnceInOrder) {
  FakeWorld world;
  const RunResult run = CarryOut(world);
  std::vector<std::string> done;
  for (const std::string& text : run.said) {
    if (text.ends_with("\tdone")) {
      done.push_back(text.substr(0, text.find('\t')));
    }
  }
  EXPECT_EQ(done,
            (std::vector<std::string>{"1.1 preflight",
                                      "1.2 stop",
                                      "1.3 sessions",
                                      "1.4 workspace",
                                      "1.5 backup",
                                      "1.6 verify-backup",
                                      "1.7 migrate",
                                      "1.8 verify-migration",
                                      "1.9 image",
                                      "1.10 start",
                                      "1.11 verify-service",
                                      "1.12 cleanup",
                                      "2.1 preflight",
                                      "2.2 upgrade",
                                      "2.3 rollout",
                                      "2.4 agreement",
                                      "3.1 settled"}));
}

RunResult CarryOutNothing(FakeWorld& world) {
  result::Plan plan;
  plan.release = "my-release";
  plan.ns = "default";
  const Executor executor(std::make_shared<const result::Plan>(plan));
  return Runner(executor, world, {}).Run();
}

TEST(ExecutorTest, AnEmptyPlanIsNothingToDo) {
  FakeWorld world;
  const RunResult run = CarryOutNothing(world);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kNothingToDo) << run.outcome.account;
  EXPECT_TRUE(world.actions.empty());
}

TEST(ExecutorTest, NothingToDoIsSaidWhenAllIsReady) {
  FakeWorld world;
  world.SetReplicas(1);  // a new spec, which no controller has seen
  const RunResult run = CarryOutNothing(world);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kNothingToDo) << run.outcome.account;
  EXPECT_TRUE(std::any_of(run.said.begin(), run.said.end(), [](const std::string& text) {
    return text.find("waiting: ") != std::string::npos;
  }));
}

TEST(ExecutorTest, NothingToDoIsNotSaidWhereNobodyServes) {
  FakeWorld stopped;
  stopped.SetReplicas(0);
  const RunResult run = CarryOutNothing(stopped);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_NE(run.outcome.account.find("is at 0 replicas"), std::string::npos);

  FakeWorld crashing;
  crashing.new_image_crashes = true;
  crashing.SetImage(kNewImage);
  EXPECT_EQ(CarryOutNothing(crashing).outcome.kind, cluster::OutcomeKind::kStopped);
}

TEST(ExecutorTest, AJournalOfAnotherPlanIsRefused) {
  FakeWorld world;
  const RunResult run = CarryOut(world);
  result::Plan other = MakePlan();
  other.hops[0].metadata->new_image = "milvusdb/milvus:v2.2.14";
  const Executor executor(std::make_shared<const result::Plan>(other));
  EXPECT_FALSE(executor.Resume(run.journal));
  EXPECT_FALSE(executor.Resume({"{\"plan\"", "{}"}));
  EXPECT_TRUE(executor.Resume({"{\"plan\""}));
}

TEST(ExecutorTest, AFinishedJournalIsFinishedUponANewLook) {
  FakeWorld world;
  const RunResult first = CarryOut(world);
  world.actions.clear();
  RunOptions again;
  again.journal = first.journal;
  const RunResult second = CarryOut(world, again);
  EXPECT_EQ(second.outcome.kind, cluster::OutcomeKind::kReached) << second.outcome.account;
  EXPECT_EQ(second.said.size(), 2U);  // the last stage alone: begin, done
  EXPECT_TRUE(world.actions.empty());
}

TEST(ExecutorTest, AFinishedJournalClaimsNothingThatIsNotSo) {
  FakeWorld stopped;
  RunOptions again;
  again.journal = CarryOut(stopped).journal;
  stopped.SetReplicas(0);
  stopped.actions.clear();
  const RunResult down = CarryOut(stopped, again);
  EXPECT_EQ(down.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_NE(down.outcome.account.find("0 replicas"), std::string::npos) << down.outcome.account;
  EXPECT_TRUE(stopped.actions.empty());

  FakeWorld other;
  again.journal = CarryOut(other).journal;
  other.SetImage(kOldImage);
  other.actions.clear();
  const RunResult older = CarryOut(other, again);
  EXPECT_EQ(older.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_NE(older.outcome.account.find(kOldImage), std::string::npos) << older.outcome.account;
  EXPECT_TRUE(other.actions.empty());
}

// A plan of the migration alone would set the image again.
TEST(ExecutorTest, AFinishedMigrationIsNotCarriedOutAgain) {
  result::Plan plan = MakePlan();
  plan.hops.pop_back();
  const Executor executor(std::make_shared<const result::Plan>(plan));
  FakeWorld world;
  RunOptions again;
  again.journal = Runner(executor, world, {}).Run().journal;
  EXPECT_EQ(Runner(executor, world, again).Run().outcome.kind, cluster::OutcomeKind::kReached);
  world.SetImage("milvusdb/milvus:v2.3.11");
  world.actions.clear();
  const RunResult run = Runner(executor, world, again).Run();
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_NE(run.outcome.account.find("changed since"), std::string::npos) << run.outcome.account;
  EXPECT_TRUE(world.actions.empty());
}

TEST(ExecutorTest, WaitsForLeasesThatExpireLate) {
  FakeWorld world;
  world.lease_ms = Seconds(180);
  ExpectReached(world, CarryOut(world));
}

TEST(ExecutorTest, ARestoreThatIsKilledIsRunAgain) {
  FakeWorld world;
  world.tool_puts_max = [](const std::string& pod) {
    return pod.ends_with("migrate-1") || pod.ends_with("restore-1") ? 5 : -1;
  };
  ExpectReached(world, CarryOut(world));
}

TEST(ExecutorTest, AToolThatAlwaysFailsLeadsBack) {
  FakeWorld world;
  world.tool_puts_max = [](const std::string& pod) {
    return pod.find("migrate") == std::string::npos ? -1 : 3;
  };
  const RunResult run = CarryOut(world);
  ExpectWayBack(world, run);
  EXPECT_NE(run.outcome.account.find("the migration tool failed 3 times"), std::string::npos);
  EXPECT_NE(run.outcome.account.find("equal to the verified backup"), std::string::npos);
}

TEST(ExecutorTest, ABackupThatIsNotWhatEtcdHoldsIsMadeAgain) {
  FakeWorld world;
  bool spoilt = false;
  world.before_wait = [&spoilt](FakeWorld& at) {
    auto file = at.files.find("/milvus/data/migration-1.bak");
    if (!spoilt && file != at.files.end()) {
      file->second.resize(file->second.size() / 2);
      spoilt = true;
    }
  };
  const RunResult run = CarryOut(world);
  ExpectReached(world, run);
  EXPECT_EQ(world.tools[1], "rehearse-my-release-a1-backup-2");
}

TEST(ExecutorTest, ObjectsOfAnEarlierAttemptAreNotTrusted) {
  FakeWorld world;
  RunOptions halfway;
  halfway.stop_when = [](const FakeWorld& at) { return at.tools.size() == 2; };
  CarryOut(world, halfway);  // and its journal is lost
  world.SetReplicas(1);
  world.SetImage(kOldImage);
  world.keys = LoadKeys("milvus-2.1.0-running");
  world.files.clear();
  const RunResult run = CarryOut(world);
  ASSERT_TRUE(run.ended);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kReached) << run.outcome.account;
  EXPECT_NE(std::find(world.tools.begin(), world.tools.end(), "rehearse-my-release-a2-migrate-1"),
            world.tools.end());
}

TEST(ExecutorTest, AClusterThatIsNotAsPlannedIsLeftAlone) {
  FakeWorld world;
  world.SetReplicas(2);
  const RunResult run = CarryOut(world);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_TRUE(world.actions.empty());
  EXPECT_NE(run.outcome.account.find("2 replicas, the plan was made for 1"), std::string::npos);
}

TEST(ExecutorTest, MigratedMetadataIsNotMigratedAgain) {
  FakeWorld world;
  world.keys = LoadKeys("milvus-2.1.0-then-meta-migration-2.2.0");
  const RunResult run = CarryOut(world);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_TRUE(world.actions.empty());
  EXPECT_NE(run.outcome.account.find("of 2.2 already"), std::string::npos);
}

TEST(ExecutorTest, AWrongRootPathIsSeenBeforeAnythingIsStopped) {
  result::Plan plan = MakePlan();
  plan.hops[0].metadata->root_path = "prod";
  FakeWorld world;
  const Executor executor(std::make_shared<const result::Plan>(plan));
  const RunResult run = Runner(executor, world, {}).Run();
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_TRUE(world.actions.empty());
}

TEST(ExecutorTest, SomebodyWhoScalesUpBeforeTheToolRunsStopsUsWithTheOldService) {
  FakeWorld world;
  bool acted = false;
  world.before_wait = [&acted](FakeWorld& at) {
    if (!acted && at.tools.size() == 1) {
      acted = true;
      at.SetReplicas(1);
    }
  };
  const RunResult run = CarryOut(world);
  ExpectWayBack(world, run);
  EXPECT_NE(run.outcome.account.find("somebody scaled Milvus up"), std::string::npos);
}

TEST(ExecutorTest, SomebodyWhoScalesUpAfterTheToolRanStopsUsWithTheOldMetadata) {
  FakeWorld world;
  bool acted = false;
  world.before_wait = [&acted](FakeWorld& at) {
    if (!acted && at.tools.size() == 2) {
      acted = true;
      at.SetReplicas(1);
    }
  };
  const RunResult run = CarryOut(world);
  ExpectWayBack(world, run);
  EXPECT_NE(run.outcome.account.find("somebody scaled Milvus up"), std::string::npos);
}

TEST(ExecutorTest, ScalingThatIsForbiddenForGoodChangesNothing) {
  FakeWorld world;
  world.fate = [](const Action& action) {
    return IsScale(action) ? Fate::kForbidden : Fate::kApplied;
  };
  const RunResult run = CarryOut(world);
  ExpectWayBack(world, run);
  EXPECT_TRUE(world.tools.empty());
}

TEST(ExecutorTest, ANewImageThatCrashesStopsWithItsLogAndTheWayBack) {
  FakeWorld world;
  world.new_image_crashes = true;
  const RunResult run = CarryOut(world);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_NE(run.outcome.account.find("CrashLoopBackOff"), std::string::npos);
  EXPECT_NE(run.outcome.account.find("panic: no such luck"), std::string::npos);
  EXPECT_NE(run.outcome.account.find("migrated to version 2.2.0 and verified"), std::string::npos);
  EXPECT_NE(run.outcome.account.find("kubectl"), std::string::npos);
}

TEST(ExecutorTest, AHelmClientThatDiesIsUnlockedByTakingItsRevisionAway) {
  FakeWorld world;
  world.helm_clients_to_kill = 1;
  const RunResult run = CarryOut(world);
  ExpectReached(world, run);
  for (const Action& action : world.actions) {
    EXPECT_FALSE(std::holds_alternative<cluster::HelmRollback>(action));
  }
}

TEST(ExecutorTest, GoesOnAfterAStopWhenTheCauseIsCured) {
  FakeWorld world;
  world.fate = [](const Action& action) {
    return std::holds_alternative<cluster::HelmUpgrade>(action) ? Fate::kForbidden : Fate::kApplied;
  };
  const RunResult stopped = CarryOut(world);
  EXPECT_EQ(stopped.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_NE(stopped.outcome.account.find("helm upgrade my-release"), std::string::npos);
  EXPECT_NE(stopped.outcome.account.find("migration-1.bak"), std::string::npos);
  world.fate = [](const Action&) { return Fate::kApplied; };
  RunOptions options;
  options.journal = stopped.journal;
  ExpectReached(world, CarryOut(world, options));
}

TEST(ExecutorTest, SomebodyElsesUpgradeIsNotOverwritten) {
  FakeWorld world;
  bool acted = false;
  world.before_wait = [&acted](FakeWorld& at) {
    if (!acted && helm::ChartVersion(at.releases.back()) == "4.0.34") {
      acted = true;
      helm::ReleaseRecord record = at.releases.back();
      record.revision += 1;
      record.chart.value = helm::Share(
          {{"metadata", {{"name", "milvus"}, {"version", "4.1.24"}, {"appVersion", "2.3.11"}}}});
      at.releases.back().status = helm::ReleaseStatus::kSuperseded;
      at.releases.push_back(record);
    }
  };
  const RunResult run = CarryOut(world);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_NE(run.outcome.account.find("somebody else upgraded the release"), std::string::npos);
}

// Equal digests, equal futures: a resumed executor that has just begun a stage and one that came
// there differ in nothing but time.
TEST(ExecutorTest, TheDigestLeavesTheTimeOfDayOut) {
  const Executor executor(std::make_shared<const result::Plan>(MakePlan()));
  const auto begin = executor.Resume({});
  ASSERT_TRUE(begin);
  const auto one = executor.Next(*begin, cluster::Begin{}, Instant{0});
  const auto other = executor.Next(*begin, cluster::Begin{}, Instant{Seconds(3600)});
  EXPECT_EQ(one.state->Digest(Instant{0}), other.state->Digest(Instant{Seconds(3600)}));
  EXPECT_NE(one.state->Digest(Instant{0}), one.state->Digest(Instant{Seconds(60)}));
}

}  // namespace
}  // namespace rehearse::upgrade
