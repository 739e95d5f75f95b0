// Goal: every checker can fail and can hold. Method: the healthy capture and the end of a run
// without faults hold; one thing is then broken at a time by hand.
#include <gtest/gtest.h>

#include <set>

#include "simulator/checkers/metadata.h"
#include "simulator/checkers/outcome.h"
#include "simulator/checkers/property.h"
#include "tests/support/rehearsals.h"

namespace rehearse::sim {
namespace {

constexpr const char* kMilvus = "Deployment/default/my-release-milvus-standalone";
constexpr const char* kRoot = "by-dev";

const app::Rehearsal& Hop() {
  static const app::Rehearsal hop = tests::Hop();
  return hop;
}

// The end of a run without faults.
const Session& Plain() {
  static const Session session = [] {
    Session run = app::StartSession(Hop());
    run.Run();
    return run;
  }();
  return session;
}
const ClusterState& End() { return Plain().cluster().state(); }

std::string MilvusPod(const ClusterState& state) {
  std::string found;
  state.processes.ForEach(
      [&](const std::string& pod, const auto& process) { found = process->milvus ? pod : found; });
  return found;
}

ClusterState WithoutMetadata(ClusterState state) {
  etcd::DeletePrefix(state.etcd, "by-dev/meta/root-coord");
  return state;
}

// The backup once more, under this name, on the same volume.
ClusterState WithCopy(ClusterState state, const std::string& name) {
  const std::string claim = "PersistentVolumeClaim/default/rehearse-my-release-a1-backup";
  VolumeContent content = *state.volumes.Find(claim);
  content.files[name] = content.files.at("migration-1.bak");
  state.volumes = state.volumes.Set(claim, content);
  return state;
}

template <typename Change>
ClusterState Changed(ClusterState state, const std::string& key, Change&& change) {
  kube::Object next = *state.objects.Find(key);
  change(next);
  PutObject(state, std::move(next));
  return state;
}

ClusterState Scaled(const ClusterState& state, std::int64_t replicas) {
  return Changed(state, kMilvus, [&](kube::Object& object) {
    auto& body = std::get<kube::Deployment>(object.body);
    body.replicas = replicas;
    body.status.ready = 0;
  });
}

bool Has(const std::vector<Violation>& violations, const std::string& property) {
  return std::any_of(violations.begin(), violations.end(), [&](const Violation& violation) {
    return violation.property == property;
  });
}

std::vector<Violation> Judge(const ClusterState& end, cluster::OutcomeKind kind) {
  const auto judged = JudgeOutcome(Hop().start, end, {kind, 0, ""}, Hop().claim);
  EXPECT_TRUE(judged) << judged.error().message;
  return judged->violations;
}

TEST(PropertiesTest, TheListNamesEachOnceAndAllKinds) {
  std::set<std::string_view> names;
  std::set<PropertyKind> kinds;
  for (const Property& property : AllProperties()) {
    EXPECT_TRUE(names.insert(property.name).second) << property.name;
    kinds.insert(property.kind);
  }
  EXPECT_EQ(kinds.size(), 3U);
  EXPECT_GT(names.size(), 20U);
}

TEST(AlwaysTest, ServersFitTheirMetadata) {
  ClusterState state = Hop().start;
  const std::string pod = MilvusPod(state);
  EXPECT_FALSE(CheckServerMetadata(state, pod));
  Process process = *state.processes.Find(pod);
  process.milvus->version = Version{2, 2, 16, ""};
  PutProcess(state, pod, process);
  const auto found = CheckServerMetadata(state, pod);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->property, kServerFitsMetadata);
}

TEST(AlwaysTest, TheToolIsAlone) {
  ClusterState state = Hop().start;
  EXPECT_TRUE(CheckToolIsAlone(state, "Pod/default/tool"));
  state.processes = state.processes.Erase(MilvusPod(state));
  EXPECT_FALSE(CheckToolIsAlone(state, "Pod/default/tool"));
}

TEST(AlwaysTest, TheOriginalIsLiveOrInAValidBackup) {
  const etcd::Keys& original = Hop().start.etcd.keys;
  std::shared_ptr<const std::string> known;
  EXPECT_FALSE(CheckOriginalIsSafe(Hop().start, original, kRoot, known));
  EXPECT_TRUE(CheckOriginalIsSafe(WithoutMetadata(Hop().start), original, kRoot, known));
  EXPECT_FALSE(CheckOriginalIsSafe(End(), original, kRoot, known)) << "in the backup";
}

TEST(AlwaysTest, ABackupThatIsRestoredIsOfThisAttempt) {
  const auto backup = FindValidBackup(End(), Hop().start.etcd.keys, kRoot);
  ASSERT_TRUE(backup);
  EXPECT_FALSE(CheckRestoredBackup(End(), Hop().start.etcd.keys, kRoot, *backup));
  ClusterState later = Hop().start;
  etcd::Put(later.etcd, "by-dev/meta/root-coord/collection/1", "made since");
  EXPECT_TRUE(CheckRestoredBackup(End(), later.etcd.keys, kRoot, *backup));
}

TEST(AlwaysTest, RocksMqIsNotShared) {
  ClusterState state = Hop().start;
  const std::string pod = MilvusPod(state);
  EXPECT_FALSE(CheckRocksMqIsAlone(state, pod));
  kube::Object twin = *state.objects.Find(pod);
  twin.ref.name += "-twin";
  const std::string other = twin.ref.Key();
  PutObject(state, twin);
  PutProcess(state, other, *state.processes.Find(pod));
  EXPECT_TRUE(CheckRocksMqIsAlone(state, other));
}

TEST(AlwaysTest, EveryComponentKeepsAReadyPod) {
  const ClusterState& start = Hop().start;
  EXPECT_FALSE(CheckKeepsServing(start, start));
  EXPECT_TRUE(CheckKeepsServing(Scaled(start, 1), start)) << "none is ready";
}

TEST(EventuallyTest, APlainRunHoldsAll) {
  EXPECT_TRUE(Judge(End(), cluster::OutcomeKind::kReached).empty());
  EXPECT_TRUE(app::JudgeSession(Hop(), Plain()).empty());
}

TEST(EventuallyTest, ARunWithoutEndIsFound) {
  Session session = app::StartSession(Hop());
  session.set_bounds({.steps_max = 20});
  session.Run();
  EXPECT_TRUE(Has(app::JudgeSession(Hop(), session), kEnds));
}

TEST(EventuallyTest, SuccessThatIsNoneIsFound) {
  const auto found = Judge(Hop().start, cluster::OutcomeKind::kReached);
  EXPECT_TRUE(Has(found, kRunsTarget));
  EXPECT_TRUE(Has(found, kReleaseOnChart));
  const auto down = Judge(Scaled(End(), 0), cluster::OutcomeKind::kReached);
  EXPECT_TRUE(Has(down, kReadyWhereClaimed));
  EXPECT_TRUE(Has(down, kReleaseAgrees));
  EXPECT_TRUE(Has(down, kSettingsKept));
  ClusterState gone = End();
  gone.releases = {};
  EXPECT_TRUE(Has(Judge(gone, cluster::OutcomeKind::kReached), kReleaseDeployed));
  EXPECT_TRUE(Has(Judge(WithoutMetadata(End()), cluster::OutcomeKind::kReached), kMetadataEqual));
}

TEST(EventuallyTest, ValuesThatNobodyAskedForAreFound) {
  EXPECT_TRUE(ChangedSettings(Hop().start, End(), Hop().claim).empty());
  ClusterState end = End();
  const helm::ReleaseRecord* record = DeployedRelease(end, "default", "my-release");
  ASSERT_NE(record, nullptr);
  helm::ReleaseRecord next = *record;
  next.config.value = helm::Share(Json::object());
  end.releases = end.releases.Set(ReleaseKey("default", "my-release", next.revision), next);
  EXPECT_FALSE(ChangedSettings(Hop().start, end, Hop().claim).empty());
}

TEST(EventuallyTest, AStopNamesTheOnlyCopyAndTheCommand) {
  const ClusterState& start = Hop().start;
  cluster::Outcome outcome{cluster::OutcomeKind::kStopped, 1, "it did not work"};
  EXPECT_FALSE(CheckAccount(start, start, outcome, Hop().claim)) << "nothing has changed";
  EXPECT_TRUE(CheckAccount(start, End(), outcome, Hop().claim));
  EXPECT_TRUE(Has(Judge(WithoutMetadata(End()), cluster::OutcomeKind::kStopped), kAccountIsTrue));
  EXPECT_FALSE(Has(Judge(End(), cluster::OutcomeKind::kStopped), kAccountIsTrue))
      << "all of it is live, in its new form";
  outcome.account = "migration-1.bak on rehearse-my-release-a1-backup; kubectl apply -f -";
  EXPECT_FALSE(CheckAccount(start, End(), outcome, Hop().claim));
  EXPECT_FALSE(CheckAccount(start, WithCopy(End(), "migration-0.bak"), outcome, Hop().claim));
  EXPECT_FALSE(CheckAccount(start, WithCopy(End(), "migration-2.bak"), outcome, Hop().claim))
      << "of two whole copies it is enough to name one";
  outcome.account = "migration-3.bak on rehearse-my-release-a1-backup; kubectl apply -f -";
  EXPECT_TRUE(CheckAccount(start, WithCopy(End(), "migration-2.bak"), outcome, Hop().claim));
  EXPECT_TRUE(Has(Judge(WithoutMetadata(start), cluster::OutcomeKind::kStopped), kNoMetadataLost));
}

TEST(EventuallyTest, TheNextUpgradeChangesNoImage) {
  const cluster::Outcome done{cluster::OutcomeKind::kReached, 0, ""};
  EXPECT_TRUE(CheckNextUpgrade(End(), End(), done, Hop().claim).empty());
  EXPECT_FALSE(CheckNextUpgrade(Hop().start, End(), done, Hop().claim).empty());
  EXPECT_FALSE(CheckNextUpgrade(End(), End(), std::nullopt, Hop().claim).empty());
}

TEST(SometimesTest, AMomentIsSeenOnlyWhereItCame) {
  EXPECT_FALSE(Plain().cluster().seen().Has(Moment::kToolKilledBetweenPuts));
  EXPECT_FALSE(Plain().cluster().seen().Has(Moment::kAckLostButApplied));
  Session lost = app::StartSession(Hop());
  lost.Inject({SiteKind::kAction, 1, Fate::kAckLost});
  lost.Run();
  EXPECT_TRUE(lost.cluster().seen().Has(Moment::kAckLostButApplied));
  Session killed = app::StartSession(Hop());
  Fault fault{SiteKind::kDriverStep, 1, Fate::kDriverKilledBefore};
  fault.when = "backup is written";
  killed.Inject(fault);
  killed.Run();
  EXPECT_TRUE(killed.cluster().seen().Has(Moment::kClientKilledWhileStopped));
}

}  // namespace
}  // namespace rehearse::sim
