// Goal: each fault does in the simulated cluster what its sentence says, and the passing ones pass.
// Method: the healthy standalone capture; one fault, then the state is looked at, at once and when
// the fault's time is over.
#include <gtest/gtest.h>

#include "simulator/troubles.h"
#include "tests/support/rehearsals.h"

namespace rehearse::sim {
namespace {

constexpr const char* kEtcd = "Pod/default/my-release-etcd-0";
const kube::Ref kMilvus{"Deployment", "default", "my-release-milvus-standalone"};

class World {
 public:
  World() : cluster_(Rehearsal().start, Rehearsal().world) {}

  static const app::Rehearsal& Rehearsal() {
    static const app::Rehearsal rehearsal = tests::Hop();
    return rehearsal;
  }
  SimCluster& operator*() { return cluster_; }
  SimCluster* operator->() { return &cluster_; }
  [[nodiscard]] const ClusterState& state() const { return cluster_.state(); }

  void Strike(Fate fate, std::string subject = "", std::string to = "") {
    cluster_.Inject(
        {SiteKind::kWait, state().counters.waits + 1, fate, std::move(subject), std::move(to)});
    (void)cluster_.Wait(state().now + 1);
  }
  void Pass(Millis ms) { cluster_.Pass(ms); }

  Result<cluster::CommandResult> Do(const cluster::Action& action, Fate fate = Fate::kApplied) {
    if (fate != Fate::kApplied) {
      cluster_.Inject({SiteKind::kAction, state().counters.actions + 1, fate});
    }
    EXPECT_TRUE(cluster_.Start(action));
    const auto event = cluster_.Wait(state().now + Seconds(60));
    return std::get<cluster::OperationDone>(*event).result;
  }

  [[nodiscard]] std::string MilvusPod() const {
    std::string found;
    state().processes.ForEach([&](const std::string& pod, const auto& process) {
      found = process->milvus ? pod : found;
    });
    return found;
  }
  [[nodiscard]] const kube::Pod& Pod(const std::string& key) const {
    return std::get<kube::Pod>(state().objects.Find(key)->body);
  }
  [[nodiscard]] const kube::Deployment& Milvus() const {
    return std::get<kube::Deployment>(state().objects.Find(kMilvus.Key())->body);
  }
  [[nodiscard]] bool HasSessions() const {
    bool any = false;
    state().etcd.keys.ForPrefix("by-dev/meta/session/", [&](const std::string&, const auto& entry) {
      any = any || entry->lease != 0;
    });
    return any;
  }
  [[nodiscard]] std::string Waiting() const {  // of the pods that do not run
    std::string reason;
    state().objects.ForPrefix("Pod/", [&](const std::string&, const auto& object) {
      const auto& pod = std::get<kube::Pod>(object->body);
      reason = pod.waiting_reason.empty() ? reason : pod.waiting_reason;
    });
    return reason;
  }

 private:
  SimCluster cluster_;
};

const cluster::Action kStop = cluster::Scale{{kMilvus}, 0};

TEST(ActionFaultTest, ThreeFatesAndTheErrorsOfTheServer) {
  struct Case {
    Fate fate;
    ErrorCode code;
    std::int64_t replicas;
  };
  for (const Case& each : {Case{Fate::kNotApplied, ErrorCode::kUnavailable, 1},
                           Case{Fate::kConflict, ErrorCode::kConflict, 1},
                           Case{Fate::kForbidden, ErrorCode::kForbidden, 1},
                           Case{Fate::kServerError, ErrorCode::kUnavailable, 1},
                           Case{Fate::kTimedOut, ErrorCode::kOutcomeUnknown, 1},
                           Case{Fate::kAckLost, ErrorCode::kOutcomeUnknown, 0}}) {
    World world;
    const auto result = world.Do(kStop, each.fate);
    ASSERT_FALSE(result) << NameOf(each.fate);
    EXPECT_EQ(result.error().code, each.code) << NameOf(each.fate);
    EXPECT_EQ(world.Milvus().replicas, each.replicas) << NameOf(each.fate);
    EXPECT_TRUE(world.Do(kStop)) << "it was this once: " << NameOf(each.fate);
  }
}

TEST(ActionFaultTest, ForbiddenForEverFallsOnTheVerb) {
  World world;
  EXPECT_FALSE(world.Do(kStop, Fate::kForbiddenForEver));
  EXPECT_EQ(world.Do(kStop).error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(world.Do(cluster::Annotate{kMilvus, "a", "b", true}));
}

TEST(ActionFaultTest, AClaimStaysPendingForAWhileOrForEver) {
  const cluster::Action claim = cluster::Apply{
      "default",
      "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: backup}\nspec: {accessModes: "
      "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"};
  const auto bound = [](const World& world) {
    return std::get<kube::Claim>(
               world.state().objects.Find("PersistentVolumeClaim/default/backup")->body)
        .bound;
  };
  World passing;
  ASSERT_TRUE(passing.Do(claim, Fate::kClaimPending));
  passing.Pass(kClaimPendingMs / 2);
  EXPECT_FALSE(bound(passing));
  passing.Pass(kClaimPendingMs);
  EXPECT_TRUE(bound(passing));
  World lasting;
  ASSERT_TRUE(lasting.Do(claim, Fate::kClaimPendingForEver));
  lasting.Pass(Seconds(3600));
  EXPECT_FALSE(bound(lasting));
}

TEST(PodFaultTest, AnEvictedPodStaysFailedAndAnotherIsMade) {
  World world;
  const std::string pod = world.MilvusPod();
  world.Strike(Fate::kPodEvicted, pod);
  EXPECT_EQ(world.Pod(pod).phase, kube::PodPhase::kFailed);
  EXPECT_TRUE(world.HasSessions()) << "its leases run out, they are not revoked";
  world.Pass(Seconds(300));
  EXPECT_NE(world.MilvusPod(), pod);
  EXPECT_EQ(world.Milvus().status.ready, 1);
}

TEST(PodFaultTest, AStatefulSetMakesAnEvictedPodAgainUnderItsName) {
  World world;
  world.Strike(Fate::kPodEvicted, kEtcd);
  EXPECT_FALSE(EtcdServes(world.state()));
  world.Pass(Seconds(300));
  EXPECT_EQ(world.Pod(kEtcd).phase, kube::PodPhase::kRunning);
  EXPECT_TRUE(EtcdServes(world.state()));
}

TEST(NodeFaultTest, FullNodesTakeNoPodUntilThereIsRoom) {
  for (const bool for_ever : {false, true}) {
    World world;
    world.Strike(for_ever ? Fate::kNodesFullForEver : Fate::kNodesFull);
    world.Strike(Fate::kPodEvicted, world.MilvusPod());
    world.Pass(kNodesFullMs / 2);
    EXPECT_EQ(world.MilvusPod(), "");
    world.Pass(kNodesFullMs + Seconds(300));
    EXPECT_EQ(world.MilvusPod().empty(), for_ever);
  }
}

TEST(NodeFaultTest, PodsOfALostNodeRunOnUnseen) {
  for (const bool for_ever : {false, true}) {
    World world;
    const std::string pod = world.MilvusPod();
    world.Strike(for_ever ? Fate::kNodeLostForEver : Fate::kNodeLost, "Node//n1");
    EXPECT_FALSE(world.Pod(pod).ready);
    world.Pass(Seconds(200));
    EXPECT_TRUE(world.HasSessions()) << "the process keeps its leases alive";
    EXPECT_FALSE(world->Read(cluster::PodFile{{"Pod", "default", "my-release-etcd-0"}, "/x"}));
    world.Pass(kNodeLostMs + Seconds(400));
    EXPECT_EQ(world.Milvus().status.ready, for_ever ? 0 : 1);
    EXPECT_EQ(world.state().objects.Find(pod) != nullptr, for_ever) << "Terminating for ever";
  }
}

TEST(EtcdFaultTest, AServerThatIsCutOffForItsTtlExitsAndComesBack) {
  World world;
  const std::string pod = world.MilvusPod();
  world.Strike(Fate::kEtcdDown);
  EXPECT_FALSE(world->Read(cluster::EtcdRange{""}));
  world.Pass(Seconds(70));
  EXPECT_GT(world.Pod(pod).restarts, 0);
  world.Pass(kEtcdDownMs + Seconds(900));
  EXPECT_TRUE(world->Read(cluster::EtcdRange{""}));
  EXPECT_EQ(world.Milvus().status.ready, 1);
  World lasting;
  lasting.Strike(Fate::kEtcdDownForEver);
  lasting.Pass(Seconds(7200));
  EXPECT_FALSE(lasting->Read(cluster::EtcdRange{""}));
}

TEST(EtcdFaultTest, LeasesExpireLate) {
  World world;
  ASSERT_TRUE(world.Do(kStop));
  world.Strike(Fate::kPodEvicted, world.MilvusPod());
  world.Strike(Fate::kLeasesLate);
  world.Pass(Seconds(90));
  EXPECT_TRUE(world.HasSessions());
  world.Pass(Seconds(60));
  EXPECT_FALSE(world.HasSessions());
}

TEST(PodStartFaultTest, AnImageThatCannotBePulledAndOneThatCrashes) {
  for (const Fate fate : {Fate::kImagePullFails,
                          Fate::kImagePullFailsForEver,
                          Fate::kCrashLoops,
                          Fate::kCrashLoopsForEver}) {
    World world;
    world->Inject({SiteKind::kPodStart, 1, fate});
    world.Strike(Fate::kPodEvicted, world.MilvusPod());
    world.Pass(Seconds(60));
    const bool pull = fate == Fate::kImagePullFails || fate == Fate::kImagePullFailsForEver;
    EXPECT_EQ(world.Waiting(), pull ? "ImagePullBackOff" : "CrashLoopBackOff") << NameOf(fate);
    world.Pass(Seconds(900));
    const bool lasts = fate == Fate::kImagePullFailsForEver || fate == Fate::kCrashLoopsForEver;
    EXPECT_EQ(world.Milvus().status.ready, lasts ? 0 : 1) << NameOf(fate);
  }
}

// The pod that was made last: it does not run.
std::string WaitingPod(const World& world) {
  std::string found;
  world.state().objects.ForPrefix("Pod/", [&](const std::string& key, const auto& object) {
    found = std::get<kube::Pod>(object->body).waiting_reason.empty() ? found : key;
  });
  return found;
}

TEST(PodStartFaultTest, ACrashedContainerIsBackAtOnceTheFirstTimeThenLater) {
  World world;
  world->Inject({SiteKind::kPodStart, 1, Fate::kCrashLoopsForEver});
  world.Strike(Fate::kPodEvicted, world.MilvusPod());
  world.Pass(Seconds(5));  // it starts after 2 s, and again 1 s later
  EXPECT_EQ(world.Pod(WaitingPod(world)).restarts, 2);
  world.Pass(Seconds(6));
  EXPECT_EQ(world.Pod(WaitingPod(world)).restarts, 2);
  world.Pass(Seconds(4));  // 10 s after the second crash
  EXPECT_EQ(world.Pod(WaitingPod(world)).restarts, 3);
}

TEST(PodStartFaultTest, APodWithoutItsConfigMapWaitsForIt) {
  World world;
  world.Strike(Fate::kObjectDeleted, "ConfigMap/default/my-release-milvus");
  world.Strike(Fate::kPodEvicted, world.MilvusPod());
  world.Pass(Seconds(300));
  const std::string waiting = WaitingPod(world);
  EXPECT_EQ(world.Pod(waiting).phase, kube::PodPhase::kPending);
  EXPECT_EQ(world.Pod(waiting).waiting_reason, "ContainerCreating");
  EXPECT_TRUE(world.Do(cluster::Apply{"default",
                                      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "
                                      "my-release-milvus}\ndata: {milvus.yaml: 'x: y'}\n"}));
  world.Pass(Seconds(10));
  EXPECT_EQ(world.Pod(waiting).phase, kube::PodPhase::kRunning);
}

TEST(PeopleFaultTest, SomebodyScalesUpgradesAndDeletes) {
  World world;
  world.Strike(Fate::kScaled, kMilvus.Key(), "3");
  EXPECT_EQ(world.Milvus().replicas, 3);
  world.Strike(Fate::kHelmUpgrade, "", std::string(kHarmlessSet));
  world.Pass(Seconds(60));
  EXPECT_NE(world.state().releases.Find("default/sh.helm.release.v1.my-release.v2"), nullptr);
  EXPECT_EQ(world.Milvus().replicas, 1) << "helm puts the chart's replicas back";
  world.Strike(Fate::kObjectDeleted, "ConfigMap/default/my-release-milvus");
  EXPECT_EQ(world.state().objects.Find("ConfigMap/default/my-release-milvus"), nullptr);
}

TEST(PeopleFaultTest, AClaimInUseIsTerminatingAndItsVolumeGoesWithIt) {
  World world;
  const std::string claim = "PersistentVolumeClaim/default/my-release-minio";
  ASSERT_NE(world.state().volumes.Find(claim), nullptr);
  world.Strike(Fate::kObjectDeleted, claim);
  ASSERT_NE(world.state().objects.Find(claim), nullptr);
  EXPECT_TRUE(world.state().objects.Find(claim)->terminating);
  ASSERT_TRUE(world.Do(cluster::Scale{{{"Deployment", "default", "my-release-minio"}}, 0}));
  world.Pass(Seconds(60));
  EXPECT_EQ(world.state().objects.Find(claim), nullptr);
  EXPECT_EQ(world.state().volumes.Find(claim), nullptr);
}

Session RunWith(Fault fault) {
  Session session = app::StartSession(World::Rehearsal());
  session.Inject(std::move(fault));
  session.Run();
  return session;
}

TEST(ToolFaultTest, APanicLeavesAFailedPodAndItsLog) {
  Session session = app::StartSession(World::Rehearsal());
  session.Inject({SiteKind::kToolStep, 9, Fate::kToolPanics});
  bool failed = false;
  while (!session.ended() && !failed) {
    session.Step();
    session.cluster().state().objects.ForPrefix("Pod/", [&](const auto&, const auto& object) {
      const auto& pod = std::get<kube::Pod>(object->body);
      failed = failed || (pod.phase == kube::PodPhase::kFailed && pod.exit_code == 2);
    });
  }
  EXPECT_TRUE(failed);
}

TEST(DriverFaultTest, SomebodyInterruptsStartsAnewOrRunsItAgain) {
  Session plain = app::StartSession(World::Rehearsal());
  plain.Run();
  const Session interrupted = RunWith({SiteKind::kDriverStep, 60, Fate::kInterrupted});
  EXPECT_GT(interrupted.cluster().Now() - plain.cluster().Now(), kAwayMs / 2);
  const Session anew = RunWith({SiteKind::kDriverStep, 60, Fate::kStartedAnew});
  EXPECT_EQ(anew.outcome().has_value(), true);
  const Session again = RunWith({SiteKind::kDriverStep, plain.driver_steps(), Fate::kRunOnceAgain});
  EXPECT_GT(again.driver_steps(), plain.driver_steps());
}

// A search places it in the wait itself: its story must do the same from the start.
TEST(DriverFaultTest, WhatFallsIntoAWaitDoesNotFallWhileTheDriverIsAway) {
  Session session = app::StartSession(World::Rehearsal());
  session.Inject({SiteKind::kDriverStep, 15, Fate::kStartedAnew});
  session.Inject({SiteKind::kWait, 1, Fate::kScaled, kMilvus.Key(), "3"});
  while (session.driver_steps() < 15) {
    session.Step();
  }
  EXPECT_EQ(session.cluster().pending_faults().size(), 1U);
  while (!std::holds_alternative<cluster::WaitStep>(session.Peek())) {
    session.Step();
    ASSERT_EQ(session.cluster().pending_faults().size(), 1U);
  }
  session.Step();
  EXPECT_TRUE(session.cluster().pending_faults().empty());
  EXPECT_EQ(session.cluster().state().counters.waits, 1);
}

TEST(NamedTriggerTest, AMomentAndAnActionOfAKind) {
  Fault cleaned{SiteKind::kWait, 1, Fate::kScaled, kMilvus.Key(), "1"};
  cleaned.when = "metadata is cleaned";
  EXPECT_EQ(Sentence(cleaned),
            "as soon as the tool has removed the metadata, somebody scales Deployment "
            "my-release-milvus-standalone to 1");
  Session session = app::StartSession(World::Rehearsal());
  session.Inject(cleaned);
  session.Run();
  EXPECT_TRUE(session.cluster().pending_faults().empty());

  Fault patch{SiteKind::kAction, 1, Fate::kAckLost};
  patch.verb = "patch";
  patch.object = "Deployment/my-release-milvus-standalone";
  const auto read = FaultFrom(ToJson(patch), "here");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, patch);
  EXPECT_TRUE(RunWith(patch).cluster().pending_faults().empty());
}

}  // namespace
}  // namespace rehearse::sim
