// Goal: from where somebody has stopped half-way, there is a plan that the executor carries out, or
// a
//       refusal with the way out of it.
// Method: the bundled captures with one thing changed as a broken procedure leaves it; every plan
// is
//         run on the simulated cluster.
#include <gtest/gtest.h>

#include "tests/support/runs.h"
#include "tests/upgrade/situations.h"

namespace rehearse::tests {
namespace {

using result::Refusal;

constexpr const char* kStandalone = "Deployment/default/my-release-milvus-standalone";

cluster::Situation Stopped(cluster::Situation situation) {
  situation = WithObject(std::move(situation), kStandalone, [](Json& document) {
    document["spec"]["replicas"] = 0;
    document["status"] = {{"observedGeneration", document["metadata"]["generation"]}};
  });
  std::vector<std::string> gone;
  situation.objects.ForEach([&](const std::string& key, const auto&) {
    const bool is_set = key.starts_with("ReplicaSet/default/my-release-milvus");
    if (is_set || key.starts_with("Pod/default/my-release-milvus")) {
      gone.push_back(key);
    }
  });
  for (const std::string& key : gone) {
    situation.objects = situation.objects.Erase(key);
  }
  std::erase_if(situation.etcd.kvs, [](const etcd::KeyValue& kv) { return kv.lease != 0; });
  return situation;
}

// A pod that migrate.sh made, as it is left in the namespace.
cluster::Situation WithToolPod(cluster::Situation situation,
                               const std::string& command,
                               const std::string& phase) {
  const Json pod = {
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata",
       {{"name", "milvus-meta-migration-" + command + "-my-release"}, {"namespace", "default"}}},
      {"spec",
       {{"restartPolicy", "Never"},
        {"containers",
         Json::array({{{"name", "meta-migration"},
                       {"image", "milvusdb/meta-migration:v2.2.0"},
                       {"args",
                        Json::array({"-c",
                                     "/milvus/bin/meta-migration -config=/milvus/configs/meta/" +
                                         std::string(command == "run" ? "migration" : command) +
                                         ".yaml"})}}})}}},
      {"status", {{"phase", phase}}}};
  kube::Object object = kube::FromJson(pod, "pod").value();
  const std::string key = object.ref.Key();
  situation.objects = situation.objects.Set(key, std::move(object));
  return situation;
}

cluster::Situation WithStatus(helm::ReleaseStatus status) {
  return WithRecord(Healthy(), [&](helm::ReleaseRecord& record) { record.status = status; });
}

// A second revision on top of the captured one.
cluster::Situation WithSecondRevision(helm::ReleaseStatus status) {
  cluster::Situation situation = Healthy();
  helm::ReleaseRecord record = situation.releases.back();
  record.revision = 2;
  record.status = status;
  situation.releases.push_back(std::move(record));
  return situation;
}

TEST(HalfWayTest, StoppedOnOldMetadataIsMigratedAndStarted) {
  const result::RunResult run = RunTo(Stopped(Healthy()), "2.2.16");
  EXPECT_EQ(run.verdict, result::Verdict::kHolds) << Why(run);
  ASSERT_FALSE(run.plan.notes.empty());
  EXPECT_NE(Dump(run.plan.notes).find("0 replicas"), std::string::npos);
}

TEST(HalfWayTest, StoppedOnMigratedMetadataIsStartedByHelm) {
  const auto situation =
      Stopped(WithMetadata(Healthy(), "milvus-2.1.0-then-meta-migration-2.2.0.jsonl"));
  const result::RunResult run = RunTo(situation, "2.2.16");
  EXPECT_EQ(run.verdict, result::Verdict::kHolds) << Why(run);
  ASSERT_EQ(run.plan.hops.size(), 1U);
  EXPECT_TRUE(run.plan.hops[0].helm);
}

TEST(HalfWayTest, AFailedRevisionOnTopIsNoObstacle) {
  const result::RunResult run = RunTo(WithSecondRevision(helm::ReleaseStatus::kFailed), "2.2.16");
  EXPECT_EQ(run.verdict, result::Verdict::kHolds) << Why(run);
  EXPECT_NE(Dump(run.plan.notes).find("revision 2 has failed"), std::string::npos);
}

TEST(HalfWayTest, EveryPendingRevisionLocksAndItsSecretIsNamed) {
  for (const auto status :
       {helm::ReleaseStatus::kPendingUpgrade, helm::ReleaseStatus::kPendingRollback}) {
    const Refusal refusal = RefusalTo(WithSecondRevision(status), "2.2.16");
    EXPECT_EQ(refusal.rule, "release-locked");
    EXPECT_EQ(refusal.commands,
              (std::vector<std::string>{
                  "kubectl delete secret -n default sh.helm.release.v1.my-release.v2"}));
  }
  EXPECT_EQ(RefusalTo(WithStatus(helm::ReleaseStatus::kPendingInstall), "2.2.16").rule,
            "release-locked");
}

TEST(HalfWayTest, AReleaseThatIsGoneIsSaidToBeGone) {
  EXPECT_EQ(RefusalTo(WithStatus(helm::ReleaseStatus::kUninstalled), "2.2.16").rule,
            "release-gone");
}

TEST(HalfWayTest, AFailedBackupOrAnUntouchedMetadataIsNoObstacle) {
  for (const char* command : {"backup", "run"}) {
    const auto situation = WithToolPod(Stopped(Healthy()), command, "Failed");
    const result::RunResult run = RunTo(situation, "2.2.16");
    EXPECT_EQ(run.verdict, result::Verdict::kHolds) << command << Why(run);
    EXPECT_NE(Dump(run.plan.notes).find("keeps its result for ever"), std::string::npos);
  }
}

TEST(HalfWayTest, AFailedMigrationOnMetadataThatIsNotTheOldOneIsRefused) {
  const auto situation =
      WithToolPod(Stopped(WithMetadata(Healthy(), "milvus-2.1.0-then-meta-migration-2.2.0.jsonl")),
                  "run",
                  "Failed");
  const Refusal refusal = RefusalTo(situation, "2.2.16");
  EXPECT_EQ(refusal.rule, "migration-half-done");
  EXPECT_NE(refusal.message.find("Restore the backup"), std::string::npos);
}

TEST(HalfWayTest, AMigrationThatRunsIsWaitedFor) {
  const Refusal refusal = RefusalTo(WithToolPod(Stopped(Healthy()), "run", "Running"), "2.2.16");
  EXPECT_EQ(refusal.rule, "migration-running");
  EXPECT_NE(refusal.message.find("wait for it"), std::string::npos);
}

// kubectl set image on one of many: an update that stopped.
TEST(HalfWayTest, TwoImagesInOneReleaseAreRefused) {
  const auto situation =
      WithObject(PulsarCluster(), "Deployment/vectors/vec-milvus-rootcoord", [](Json& document) {
        document["spec"]["template"]["spec"]["containers"][0]["image"] = "milvusdb/milvus:v2.3.11";
      });
  const Refusal refusal = RefusalTo(situation, "2.4.5");
  EXPECT_EQ(refusal.rule, "mixed-images");
  EXPECT_NE(refusal.message.find("bring all of them to one image"), std::string::npos);
}

// Somebody made it by hand; from chart 4.2.4 on the chart has one of that name.
TEST(HalfWayTest, AnObjectOfSomebodyElseInTheWayIsRefused) {
  cluster::Situation situation = PulsarCluster();
  Json document = kube::ToJson(*situation.objects.Find("Deployment/vectors/vec-milvus-rootcoord"));
  document["metadata"]["name"] = "vec-milvus-mixcoord";
  document["metadata"].erase("annotations");
  document["metadata"]["labels"] = {{"app", "other"}};
  kube::Object object = kube::FromJson(document, "mixcoord").value();
  const std::string key = object.ref.Key();
  situation.objects = situation.objects.Set(key, std::move(object));
  const Refusal refusal = RefusalTo(situation, "2.5.12");
  EXPECT_EQ(refusal.rule, "ownership");
  EXPECT_NE(refusal.message.find("Deployment/vec-milvus-mixcoord"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<result::Plan>(*app::PlanFor(situation, Charts(), "2.4.5")))
      << "not in the way yet";
}

// Replicas and the strategy of a live object differ from the manifest: helm puts them back.
TEST(HalfWayTest, DriftOfReplicasAndStrategyIsCarriedThrough) {
  const auto situation =
      WithObject(PulsarCluster(), "Deployment/vectors/vec-milvus-proxy", [](Json& document) {
        document["spec"]["minReadySeconds"] = 30;
        document["spec"]["strategy"] = {
            {"type", "RollingUpdate"}, {"rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 0}}}};
      });
  const result::RunResult run = RunTo(situation, "2.4.5");
  EXPECT_EQ(run.verdict, result::Verdict::kHolds) << Why(run);
}

}  // namespace
}  // namespace rehearse::tests
