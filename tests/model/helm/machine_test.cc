// Goal: the steps of helm upgrade and rollback, each of which can fail or be the last.
// Method: a small cluster (tests/model/charts/helm_world.h) on a captured release; faults and kills
// at every effect; helm's words.
#include "model/helm/machine.h"

#include <gtest/gtest.h>

#include "tests/model/charts/helm_world.h"

namespace rehearse::charts {
namespace {

using helm::Finish;
using helm::ReleaseStatus;
using helm::ValuesMode;

const char* const kMilvus = "Deployment/my-release-milvus-standalone";
const std::vector<std::string> kHop = {"image.all.tag=v2.2.16",
                                       "minio.image.tag=RELEASE.2022-03-17T06-34-49Z",
                                       "pulsarv3.enabled=false"};

HelmTestWorld Standalone() { return HelmTestWorld::FromCapture("standalone-2.1.4-healthy"); }

helm::UpgradeRequest Hop(const HelmTestWorld& world) {
  return world.Upgrade("4.0.34", ValuesMode::kResetThenReuse, kHop);
}

TEST(UpgradeTest, TheFirstHopOfAStandaloneRelease) {
  HelmTestWorld world = Standalone();
  const Finish finish = world.MustRun(Hop(world));
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  EXPECT_EQ(world.Image(kMilvus), "milvusdb/milvus:v2.2.16");
  EXPECT_EQ(world.Image("Deployment/my-release-minio"), "minio/minio:RELEASE.2022-03-17T06-34-49Z");
  EXPECT_EQ(world.Image("StatefulSet/my-release-etcd"), "docker.io/milvusdb/etcd:3.5.5-r2");
  const Json& data = world.live.at("ConfigMap/my-release-milvus")["data"];
  EXPECT_TRUE(data.contains("default.yaml") && data.contains("user.yaml"));
  EXPECT_FALSE(data.contains("milvus.yaml"));
  EXPECT_NE(StringAt(data, {"default.yaml"}).find("messageQueue: rocksmq\n"), std::string::npos);
  EXPECT_EQ(world.live.at(kMilvus)["spec"]["template"]["spec"]["initContainers"][0]["name"],
            "config");
  EXPECT_FALSE(world.live.contains("Role/my-release-minio-update-prometheus-secret"));
  EXPECT_EQ(world.releases.at(1).status, ReleaseStatus::kSuperseded);
  EXPECT_EQ(world.releases.at(2).status, ReleaseStatus::kDeployed);
  EXPECT_EQ(world.releases.at(2).objects->size(), 13U);
  EXPECT_EQ(Dump(helm::ConfigOf(world.releases.at(2))),
            R"({"cluster":{"enabled":false},"etcd":{"replicaCount":1},)"
            R"("image":{"all":{"tag":"v2.2.16"}},"minio":{"image":{"tag":)"
            R"("RELEASE.2022-03-17T06-34-49Z"},"mode":"standalone"},"pulsar":{"enabled":false},)"
            R"("pulsarv3":{"enabled":false}})");
}

TEST(UpgradeTest, WithoutThePinMinioCrossesItsDataFormat) {
  HelmTestWorld world = Standalone();
  world.MustRun(world.Upgrade("4.0.34", ValuesMode::kResetThenReuse, {"image.all.tag=v2.2.16"}));
  EXPECT_EQ(world.Image("Deployment/my-release-minio"), "minio/minio:RELEASE.2023-03-20T20-16-18Z");
}

TEST(UpgradeTest, TheSameChartWithTheLiveTagChangesNoObject) {
  HelmTestWorld world = Standalone();
  world.KubectlPatch(kMilvus,
                     R"({"spec":{"template":{"spec":{"containers":[{"name":"standalone",)"
                     R"("image":"milvusdb/milvus:v2.2.16"}]}}}})");
  const Finish finish = world.MustRun(
      world.Upgrade("3.2.18", ValuesMode::kResetThenReuse, {"image.all.tag=v2.2.16"}));
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  EXPECT_TRUE(world.changes.empty()) << world.changes[0];
}

TEST(UpgradeTest, NoFlagWithASetTurnsAStandaloneReleaseIntoACluster) {
  HelmTestWorld world = Standalone();
  world.MustRun(world.Upgrade("4.0.34", ValuesMode::kNone, {"image.all.tag=v2.2.16"}));
  EXPECT_FALSE(world.live.contains(kMilvus));
  EXPECT_TRUE(world.live.contains("Deployment/my-release-milvus-querynode"));
  EXPECT_TRUE(world.live.contains("PersistentVolumeClaim/my-release-milvus"));
  EXPECT_EQ(world.live.at("StatefulSet/my-release-etcd")["spec"]["replicas"], 3);
}

TEST(UpgradeTest, KilledAnywhereItIsUntouchedPendingOrDone) {
  const HelmTestWorld start = Standalone();
  bool pending_seen = false;
  for (int step = 0;; ++step) {
    SCOPED_TRACE(step);
    HelmTestWorld world = start;
    world.kill_after = step;
    if (world.Run(Hop(world))) {
      EXPECT_GT(step, 30);
      break;
    }
    const auto made = world.releases.find(2);
    if (made == world.releases.end()) {
      EXPECT_TRUE(world.changes.empty());
      continue;
    }
    world.kill_after = -1;
    const Finish again = world.MustRun(Hop(world));
    if (made->second.status == ReleaseStatus::kPendingUpgrade) {
      pending_seen = true;
      EXPECT_EQ(again.err,
                "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in "
                "progress\n");
    } else {
      EXPECT_EQ(again.exit_code, 0);
    }
  }
  EXPECT_TRUE(pending_seen);
}

TEST(UpgradeTest, AFailureAnywhereIsToldAndDeletesNothing) {
  const HelmTestWorld start = Standalone();
  for (int step = 0; step < 60; ++step) {
    SCOPED_TRACE(step);
    HelmTestWorld world = start;
    world.fail_at = step;
    const Finish finish = world.MustRun(Hop(world));
    if (finish.exit_code == 0) {
      continue;  // a write that helm only logs
    }
    EXPECT_EQ(finish.err.rfind("Error: UPGRADE FAILED: ", 0), 0U);
    if (finish.err.find("update: failed to update") != std::string::npos) {
      EXPECT_EQ(world.releases.at(2).status, ReleaseStatus::kPendingUpgrade);
      continue;  // all is done but for the last Secret: locked
    }
    EXPECT_TRUE(world.live.contains("Role/my-release-minio-update-prometheus-secret"));
    EXPECT_EQ(world.releases.at(1).status == ReleaseStatus::kDeployed,
              !world.releases.contains(2) || world.releases.at(2).status == ReleaseStatus::kFailed);
  }
}

TEST(UpgradeTest, OneRejectedPatchLetsTheOthersRunAndDeletesNothing) {
  HelmTestWorld world = Standalone();
  helm::UpgradeRequest request = Hop(world);
  request.sets.emplace_back("etcd.persistence.size=20Gi");
  const Finish finish = world.MustRun(request);
  EXPECT_EQ(finish.exit_code, 1);
  EXPECT_EQ(world.Image(kMilvus), "milvusdb/milvus:v2.2.16");
  EXPECT_TRUE(world.live.contains("Role/my-release-minio-update-prometheus-secret"));
  EXPECT_EQ(world.releases.at(2).status, ReleaseStatus::kFailed);
  EXPECT_EQ(world.releases.at(1).status, ReleaseStatus::kDeployed);
  EXPECT_EQ(world.MustRun(Hop(world)).exit_code, 0);
  EXPECT_EQ(world.releases.at(2).status, ReleaseStatus::kFailed);
  EXPECT_EQ(world.releases.at(1).status, ReleaseStatus::kSuperseded);
}

TEST(UpgradeTest, AForeignObjectInTheWayIsNotTakenOver) {
  HelmTestWorld world = Standalone();
  world.live["Service/my-release-pulsarv3-proxy"] = {
      {"apiVersion", "v1"},
      {"kind", "Service"},
      {"metadata", {{"name", "my-release-pulsarv3-proxy"}, {"namespace", "default"}}}};
  const Finish finish = world.MustRun(world.Upgrade("4.2.49", ValuesMode::kResetThenReuse));
  EXPECT_EQ(finish.err,
            "Error: UPGRADE FAILED: Unable to continue with update: Service "
            "\"my-release-pulsarv3-proxy\" in namespace \"default\" exists and cannot be imported "
            "into the current release: invalid ownership metadata; label validation error: missing "
            "key \"app.kubernetes.io/managed-by\": must be set to \"Helm\"; annotation validation "
            "error: missing key \"meta.helm.sh/release-name\": must be set to \"my-release\"; "
            "annotation validation error: missing key \"meta.helm.sh/release-namespace\": must be "
            "set to \"default\"\n");
  EXPECT_TRUE(world.changes.empty());
  EXPECT_EQ(world.releases.size(), 1U);
}

TEST(UpgradeTest, AConcurrentHelmLosesAtTheSecret) {
  HelmTestWorld world = Standalone();
  world.fail_at = 1;
  world.fail_with = {ErrorCode::kAlreadyExists, "secrets already exists"};
  const Finish finish = world.MustRun(Hop(world));
  EXPECT_EQ(finish.err, "Error: UPGRADE FAILED: release: already exists\n");
  EXPECT_TRUE(world.changes.empty());
}

TEST(UpgradeTest, TheHistoryKeepsTenRevisionsAndTheDeployedOne) {
  HelmTestWorld world = Standalone();
  for (int i = 0; i < 13; ++i) {
    world.MustRun(world.Upgrade("3.2.18", ValuesMode::kResetThenReuse));
  }
  EXPECT_EQ(world.releases.size(), 10U);
  EXPECT_EQ(world.releases.begin()->first, 5);
  EXPECT_EQ(world.releases.at(14).status, ReleaseStatus::kDeployed);
}

TEST(UpgradeTest, AnAbsentChartOrReleaseIsSaidInHelmsWords) {
  HelmTestWorld world = Standalone();
  EXPECT_EQ(
      world.MustRun(world.Upgrade("4.2.50", ValuesMode::kReset)).err,
      "Error: chart \"milvus\" matching 4.2.50 not found in zilliztech index. (try 'helm repo "
      "update'): no chart version found for milvus-4.2.50\n");
  helm::UpgradeRequest request = Hop(world);
  world.releases.clear();
  EXPECT_EQ(world.MustRun(request).err,
            "Error: UPGRADE FAILED: \"my-release\" has no deployed releases\n");
}

HelmTestWorld WithRemovedKind() {
  HelmTestWorld world = Standalone();
  helm::ReleaseRecord& record = world.releases.at(1);
  helm::Objects objects = *record.objects;
  objects.push_back(helm::Share(
      {{"apiVersion", "policy/v1beta1"},
       {"kind", "PodDisruptionBudget"},
       {"metadata", {{"name", "my-release-pulsar-broker"}, {"namespace", "default"}}}}));
  record.objects = std::make_shared<const helm::Objects>(objects);
  record.manifest = nullptr;
  record.unread.clear();
  return world;
}

TEST(RollbackTest, ARemovedKindFailsBothAndARollbackLeavesALock) {
  HelmTestWorld world = WithRemovedKind();
  const std::string error =
      "unable to build kubernetes objects from current release manifest: resource mapping not "
      "found for name: \"my-release-pulsar-broker\" namespace: \"default\" from \"\": no matches "
      "for "
      "kind \"PodDisruptionBudget\" in version \"policy/v1beta1\"\nensure CRDs are installed first";
  EXPECT_EQ(world.MustRun(Hop(world)).err, "Error: UPGRADE FAILED: " + error + "\n");
  EXPECT_EQ(world.releases.size(), 1U);
  EXPECT_EQ(world.MustRun(world.Rollback(1)).err, "Error: " + error + "\n");
  EXPECT_EQ(world.releases.at(2).status, ReleaseStatus::kPendingRollback);
  EXPECT_TRUE(world.changes.empty());
}

TEST(RollbackTest, RestoresTheOldManifestAndSupersedesWhatWasDeployed) {
  HelmTestWorld world = Standalone();
  const std::map<std::string, Json> before = world.live;
  world.MustRun(Hop(world));
  const Finish finish = world.MustRun(world.Rollback(0));
  EXPECT_EQ(finish.out, "Rollback was a success! Happy Helming!\n");
  EXPECT_EQ(world.History()[2], "3 deployed milvus-3.2.18 2.1.4 Rollback to 1");
  EXPECT_EQ(world.releases.at(2).status, ReleaseStatus::kSuperseded);
  EXPECT_EQ(world.live, before);
}

TEST(RollbackTest, AnUnknownRevisionIsRefused) {
  HelmTestWorld world = Standalone();
  EXPECT_EQ(world.MustRun(world.Rollback(7)).err, "Error: release has no 7 version\n");
}

TEST(HistoryTest, TablesAndJsonAreThoseOfTheCapture) {
  const HelmTestWorld world = Standalone();
  const std::vector<helm::ReleaseRecord> records = {world.releases.at(1)};
  EXPECT_EQ(helm::HistoryJson(records),
            helm::JsonFixture("captures/standalone-2.1.4-healthy/helm-history.json"));
  EXPECT_EQ(helm::ListJson(records),
            helm::JsonFixture("captures/standalone-2.1.4-healthy/helm-list.json"));
  EXPECT_EQ(helm::HistoryTable(records),
            "REVISION\tUPDATED                 \tSTATUS  \tCHART        \tAPP "
            "VERSION\tDESCRIPTION     \n1       \tSun Nov 22 20:19:25 2026\tdeployed\t"
            "milvus-3.2.18\t2.1.4      \tInstall complete\n");
}

TEST(StateTest, EqualHistoriesHaveEqualDigests) {
  const HelmTestWorld world = Standalone();
  const CatalogRenderer renderer(TestCatalog());
  const helm::HelmWorld helm_world{&renderer, nullptr};
  const helm::HelmTurn a = helm::Start(helm_world, Hop(world), Instant{0});
  const helm::HelmTurn b = helm::Start(helm_world, Hop(world), Instant{99});
  EXPECT_EQ(DigestOf(a.next), DigestOf(b.next));
  helm::HelmInput input;
  input.releases = {world.releases.at(1)};
  const helm::HelmTurn after = helm::Step(helm_world, a.next, input);
  EXPECT_NE(DigestOf(a.next), DigestOf(after.next));
}

}  // namespace
}  // namespace rehearse::charts
