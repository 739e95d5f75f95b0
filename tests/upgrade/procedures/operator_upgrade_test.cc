// Goal:   milvus-operator's MilvusUpgrade as a Driver goes through its states, and every row of its
//         failure table comes out of the simulated cluster.
// Method: the captured standalone 2.1.4 and a cluster of eight roles made from a capture; the real
//         tool's machine; faults of the simulator; the journal is what would be the resource.
#include "upgrade/procedures/operator_upgrade.h"

#include <gtest/gtest.h>

#include "model/core/json.h"
#include "model/kube/machine.h"
#include "model/milvus/view.h"
#include "simulator/checkers/metadata.h"
#include "simulator/checkers/outcome.h"
#include "simulator/session.h"
#include "tests/upgrade/procedures/simulated_world.h"
#include "upgrade/procedures/by_hand.h"
#include "upgrade/procedures/sequence.h"

namespace rehearse::upgrade {
namespace {

using cluster::OutcomeKind;
using Words = std::vector<std::string>;

constexpr const char* kOldImage = "milvusdb/milvus:v2.1.4";
constexpr const char* kNewImage = "milvusdb/milvus:v2.2.16";

OperatorUpgradeOptions Options() {
  OperatorUpgradeOptions options;
  options.name = "up";
  options.milvus = "my-release";
  options.source_version = "v2.1.4";
  options.target_version = "2.2.16";
  options.etcd = "my-release-etcd:2379";
  options.root_path = "by-dev";
  return options;
}

cluster::Situation Standalone() {
  return cluster::ReadCapture(FilesOf("standalone-2.1.4-healthy"), {}).value();
}

sim::Session Start(const cluster::Situation& situation,
                   std::shared_ptr<const cluster::Driver> driver) {
  sim::SimCluster cluster = ClusterFrom(situation);
  cluster.Remember(cluster.state().etcd.keys);
  return sim::Session(std::move(cluster), std::move(driver));
}

sim::Session RunUpgrade(const cluster::Situation& situation,
                        const OperatorUpgradeOptions& options) {
  sim::Session session = Start(situation, NewOperatorUpgrade(options));
  session.set_bounds({.steps_max = 20'000, .time_max = Instant{Seconds(3600)}});
  session.Run();
  return session;
}

// The states that were written, each once.
Words StatesOf(const std::vector<std::string>& journal) {
  Words states;
  for (const std::string& line : journal) {
    const std::size_t at = line.find('{');  // a sequence puts words before it
    const Json json =
        ParseJson(line.substr(at == std::string::npos ? 0 : at), "line").value_or(Json::object());
    const std::string state = StringAt(json, {"status", "state"});
    if (!state.empty() && (states.empty() || states.back() != state)) {
      states.push_back(state);
    }
  }
  return states;
}

std::int64_t ReplicasOf(const sim::Session& session) {
  std::int64_t replicas = 0;
  for (const auto& [workload, image] :
       sim::MilvusImages(session.cluster().state(), session.cluster().world().ns)) {
    const auto object = session.cluster().state().objects.FindShared(kube::Ref{
        "Deployment", session.cluster().world().ns, workload.substr(workload.find('/') + 1)}
                                                                         .Key());
    replicas += object ? kube::As<kube::Deployment>(object)->replicas : 0;
  }
  return replicas;
}

bool AllRun(const sim::Session& session, const std::string& image) {
  const auto images = sim::MilvusImages(session.cluster().state(), session.cluster().world().ns);
  return !images.empty() &&
         std::ranges::all_of(images, [&](const auto& row) { return row.second == image; });
}

bool SameAsAtTheStart(const sim::Session& session, const cluster::Situation& situation) {
  return sim::SameMetadata(
      ClusterFrom(situation).state().etcd.keys, session.cluster().state().etcd.keys, "by-dev");
}

sim::Generation GenerationOf(const sim::Session& session) {
  return sim::GenerationOf(session.cluster().state().etcd.keys, "by-dev");
}

// ---- as it should be

TEST(OperatorUpgradeTest, StandaloneGoesThroughTheStates) {
  const sim::Session session = RunUpgrade(Standalone(), Options());
  ASSERT_TRUE(session.outcome()) << session.journal().back();
  EXPECT_EQ(session.outcome()->kind, OutcomeKind::kReached);
  EXPECT_EQ(session.outcome()->account, "MilvusUpgrade up is Succeeded");
  EXPECT_EQ(StatesOf(session.journal()),
            (Words{"OldVersionStopping", "BackupMeta", "UpdatingMeta", "Succeeded"}));
  EXPECT_TRUE(AllRun(session, kNewImage));
  EXPECT_EQ(ReplicasOf(session), 1);
  EXPECT_EQ(GenerationOf(session), sim::Generation::k22);
  EXPECT_TRUE(session.cluster().violations().empty());
}

TEST(OperatorUpgradeTest, AClusterGetsItsReplicasBack) {
  OperatorUpgradeOptions options = Options();
  options.ns = "vectors";
  options.milvus = "vec";
  options.etcd = "vec-etcd:2379";
  const cluster::Situation situation = cluster::ReadCapture(OldClusterFiles(), {}).value();
  const sim::Session before = Start(situation, NewOperatorUpgrade(options));
  const sim::Session session = RunUpgrade(situation, options);
  ASSERT_TRUE(session.outcome()) << session.journal().back();
  EXPECT_EQ(session.outcome()->kind, OutcomeKind::kReached) << session.outcome()->account;
  EXPECT_EQ(ReplicasOf(session), ReplicasOf(before));
  EXPECT_GE(ReplicasOf(session), 8);
  EXPECT_TRUE(AllRun(session, kNewImage));
  EXPECT_EQ(GenerationOf(session), sim::Generation::k22);
}

TEST(OperatorUpgradeTest, RollbackAfterSuccessRestoresEverything) {
  OperatorUpgradeOptions back = Options();
  back.operation = "rollback";
  const Sequence sequence(
      {{.name = "upgrade", .driver = NewOperatorUpgrade(Options()), .journal = "up"},
       {.name = "wait",
        .driver = std::make_shared<ByHand>(std::nullopt, Seconds(120)),
        .is_act = true},
       {.name = "operation=rollback", .driver = NewOperatorUpgrade(back), .journal = "up"}});
  sim::Session session = Start(Standalone(), std::make_shared<Sequence>(sequence));
  session.Run();
  ASSERT_TRUE(session.outcome());
  EXPECT_EQ(session.outcome()->kind, OutcomeKind::kReached) << session.outcome()->account;
  EXPECT_EQ(StatesOf(session.journal()).back(), "RollbackedSucceeded");
  // The 2.2 server that ran in between leaves keys of its own; a 2.1 server does not see them.
  const milvus::ViewOptions old{"by-dev", Version{2, 1, 4, ""}};
  const auto before = milvus::ViewAs(ClusterFrom(Standalone()).state().etcd.keys, old);
  const auto after = milvus::ViewAs(session.cluster().state().etcd.keys, old);
  ASSERT_TRUE(before && after);
  EXPECT_TRUE(milvus::DiffViews(*before, *after).empty());
  EXPECT_TRUE(AllRun(session, kOldImage));
  EXPECT_EQ(ReplicasOf(session), 1);
}

// ---- the failure table

TEST(OperatorFailureTest, ATargetThatTheToolRefusesEndsWithMilvusStopped) {
  OperatorUpgradeOptions options = Options();
  options.target_version = "2.5.12";
  const sim::Session session = RunUpgrade(Standalone(), options);
  ASSERT_TRUE(session.outcome());
  EXPECT_EQ(session.outcome()->kind, OutcomeKind::kStopped);
  EXPECT_EQ(session.outcome()->account, "MilvusUpgrade up is RollbackFailed");
  EXPECT_EQ(StatesOf(session.journal()),
            (Words{"OldVersionStopping",
                   "BackupMeta",
                   "UpdatingMeta",
                   "RollbackRestoringOldMeta",
                   "RollbackFailed"}));
  EXPECT_EQ(ReplicasOf(session), 0);
  EXPECT_TRUE(SameAsAtTheStart(session, Standalone()));
}

cluster::Situation Stopped(cluster::Situation situation) {
  sim::Session session =
      Start(situation,
            std::make_shared<ByHand>(
                cluster::Scale{{{"Deployment", "default", "my-release-milvus-standalone"}}, 0},
                Seconds(120)));
  session.Run();
  situation.objects = session.cluster().state().objects;
  situation.etcd = etcd::ToDump(session.cluster().state().etcd);
  return situation;
}

TEST(OperatorFailureTest, AMilvusWithoutReplicasSucceedsWithoutReplicas) {
  const cluster::Situation situation = Stopped(Standalone());
  const sim::Session session = RunUpgrade(situation, Options());
  ASSERT_TRUE(session.outcome());
  EXPECT_EQ(session.outcome()->kind, OutcomeKind::kReached);
  EXPECT_EQ(ReplicasOf(session), 0);
  EXPECT_EQ(session.journal().back().find("my-release"), std::string::npos) << "nothing recorded";
}

cluster::Situation WithSecondWriter(cluster::Situation situation) {
  etcd::State state = etcd::FromDump(situation.etcd, 60);
  etcd::Put(state,
            "by-dev/meta/session/proxy-99",
            R"({"ServerID":99,"ServerName":"proxy","Address":"192.0.2.9:1","Version":"2.1.4"})");
  situation.etcd = etcd::ToDump(state);
  return situation;
}

TEST(OperatorFailureTest, ASessionThatLivesOnUsesUpTheRetriesOfTheBackup) {
  OperatorUpgradeOptions options = Options();
  options.rollback_if_failed = false;
  const sim::Session stays = RunUpgrade(WithSecondWriter(Standalone()), options);
  ASSERT_TRUE(stays.outcome()) << stays.journal().back();
  EXPECT_EQ(stays.outcome()->account, "MilvusUpgrade up is BakupMetaFailed");
  EXPECT_EQ(ReplicasOf(stays), 0);
  EXPECT_NE(stays.journal().back().find(R"("retriedTimes":3)"), std::string::npos);

  const sim::Session back = RunUpgrade(WithSecondWriter(Standalone()), Options());
  ASSERT_TRUE(back.outcome());
  EXPECT_EQ(back.outcome()->account, "MilvusUpgrade up is RollbackedSucceeded");
  EXPECT_EQ(back.outcome()->kind, OutcomeKind::kStopped);
  EXPECT_EQ(ReplicasOf(back), 1);
  EXPECT_TRUE(AllRun(back, kOldImage));
}

// Kills the tool at one of its steps after the other. A killed backup is tried again. A killed
// update is to be rolled back from the backup; but the way back begins at once, and its tool finds
// the session of the killed one still leased: Milvus stays stopped, the backup is the only copy.
TEST(OperatorFailureTest, AKilledBackupIsTriedAgainAndAKilledUpdateMeetsItsOwnSession) {
  std::map<std::string, int> ends;
  const cluster::Situation situation = Standalone();
  const etcd::Keys original = ClusterFrom(situation).state().etcd.keys;
  for (std::int64_t number = 3; number < 400; number += 23) {
    sim::Session session = Start(situation, NewOperatorUpgrade(Options()));
    session.Inject({sim::SiteKind::kProcessStep, number, sim::Fate::kProcessKilled, ""});
    session.Run();
    ASSERT_TRUE(session.outcome()) << number;
    const std::string state = StatesOf(session.journal()).back();
    ++ends[session.cluster().pending_faults().empty() ? state : "not reached"];
    if (state == "Succeeded") {
      EXPECT_EQ(GenerationOf(session), sim::Generation::k22) << number;
      EXPECT_EQ(ReplicasOf(session), 1) << number;
      continue;
    }
    EXPECT_EQ(state, "RollbackFailed") << number;
    EXPECT_EQ(ReplicasOf(session), 0) << number;
    EXPECT_NE(sim::FindValidBackup(session.cluster().state(), original, "by-dev"), nullptr);
    const sim::Log* log = session.cluster().state().logs.Find("Pod/default/up-rollback-meta");
    ASSERT_NE(log, nullptr);
    ASSERT_FALSE(log->lines.empty());
    EXPECT_EQ(log->lines.back(), "other migration is running");
  }
  EXPECT_GT(ends["RollbackFailed"], 1);
  EXPECT_GT(ends["Succeeded"], 0);
}

// Idempotent but for one moment: Milvus has been scaled and the status not written yet. Then the
// replicas are gone, as with a Milvus that had none.
TEST(OperatorFailureTest, ARestartInAnyStateChangesNothingButWhereReplicasWereNotWrittenYet) {
  const cluster::Situation situation = Standalone();
  const sim::Session plain = RunUpgrade(situation, Options());
  std::vector<std::int64_t> without_replicas;
  for (std::int64_t step = 1; step < plain.driver_steps(); ++step) {
    sim::Session session = Start(situation, NewOperatorUpgrade(Options()));
    session.Inject({sim::SiteKind::kDriverStep, step, sim::Fate::kDriverKilledAfter, ""});
    session.Run();
    ASSERT_TRUE(session.outcome()) << step;
    EXPECT_EQ(session.outcome()->account, plain.outcome()->account) << step;
    EXPECT_EQ(GenerationOf(session), sim::Generation::k22) << step;
    if (ReplicasOf(session) == 0) {
      without_replicas.push_back(step);
    }
  }
  // After the start of the scale and after its end.
  EXPECT_EQ(without_replicas, (std::vector<std::int64_t>{2, 3}));
}

TEST(OperatorFailureTest, SuccessIsSaidBeforeTheNewVersionIsReady) {
  const sim::Session session = RunUpgrade(Standalone(), Options());
  ASSERT_TRUE(session.outcome());
  EXPECT_EQ(session.outcome()->kind, OutcomeKind::kReached);
  EXPECT_FALSE(sim::NotReady(session.cluster().state(), "default").empty());
}

TEST(OperatorFailureTest, DeletingTheResourceDeletesTheOnlyBackup) {
  const Sequence sequence({{.name = "upgrade", .driver = NewOperatorUpgrade(Options())},
                           {.name = "kubectl delete milvusupgrade up",
                            .driver = std::make_shared<ByHand>(DeletionOf(Options()), Seconds(60)),
                            .is_act = true}});
  sim::Session session = Start(Standalone(), std::make_shared<Sequence>(sequence));
  const etcd::Keys original = session.cluster().state().etcd.keys;
  bool had_backup = false;
  while (!session.ended()) {
    session.Step();
    had_backup = had_backup ||
                 sim::FindValidBackup(session.cluster().state(), original, "by-dev") != nullptr;
  }
  EXPECT_TRUE(had_backup);
  EXPECT_EQ(sim::FindValidBackup(session.cluster().state(), original, "by-dev"), nullptr);
  EXPECT_EQ(session.cluster().state().objects.Find("PersistentVolumeClaim/default/up"), nullptr);
}

TEST(OperatorFailureTest, AnUpdatePodThatIsGoneIsLookedForForEver) {
  const Json status = {{"state", "UpdatingMeta"},
                       {"metaStorageChanged", true},
                       {"metaBackuped", true},
                       {"sourceImage", kOldImage},
                       {"backupPVC", "up"},
                       {"replicasBeforeUprade", {{"my-release-milvus-standalone", 1}}}};
  const auto driver = NewOperatorUpgrade(Options());
  cluster::DriverStatePtr state = driver->Resume({Dump({{"status", status}})}).value();
  sim::SimCluster cluster = ClusterFrom(Stopped(Standalone()));
  cluster::Input input = cluster::Begin();
  ScriptRun run;
  Words lines;
  while (cluster.Now() < Instant{Seconds(600)}) {
    cluster::Turn turn = driver->Next(state, input, cluster.Now());
    state = turn.state;
    if (const auto* line = std::get_if<cluster::JournalStep>(&turn.step)) {
      lines.push_back(line->line);
    }
    ASSERT_FALSE(std::holds_alternative<cluster::FinishStep>(turn.step));
    input = Make(cluster, turn.step, run);
  }
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(StatesOf(lines), (Words{"UpdatingMeta"}));
  EXPECT_NE(lines.front().find("cannot find update-meta pod"), std::string::npos);
}

TEST(OperatorUpgradeTest, AJournalOfSomethingElseIsRefused) {
  const auto driver = NewOperatorUpgrade(Options());
  for (const char* line : {"hello", "{}", R"({"status":1})", R"({"stoppedAt":"x"})"}) {
    EXPECT_FALSE(driver->Resume({line}).has_value()) << line;
  }
}

}  // namespace
}  // namespace rehearse::upgrade
