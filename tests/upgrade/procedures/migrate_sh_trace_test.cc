// Goal:   migrate.sh version C as a Driver makes the calls of the recorded runs, and prints what
//         the real one printed.
// Method: the world's answers are canned from what the record shows; calls, arguments, manifests
//         and return codes are compared in order.
#include <gtest/gtest.h>

#include "tests/upgrade/procedures/canned_cluster.h"
#include "upgrade/procedures/migrate_sh.h"

namespace rehearse::upgrade {
namespace {

constexpr const char* kName = "my-release-milvus-standalone";

// The release of the records before anything was done to it.
CannedCluster Release() {
  CannedCluster cluster;
  cluster.On("get deploy -n default -l", kName)
      .On("labels.component", "standalone")
      .On("spec.replicas", "1")
      .On("get svc -n default -l", "service/my-release-etcd\nservice/my-release-etcd-headless\n")
      .On("get svc my-release-etcd", "2379")
      .On("get storageclass -o", "standard")
      .On("get storageclass standard", "true")
      .On("jsonpath={.status.replicas}", "")
      .On("jsonpath={.status.readyReplicas}", "1")
      .On("scale deployment my-release-milvus-standalone -n default --replicas=1",
          "deployment.apps/my-release-milvus-standalone scaled\n")
      .On("patch deployment", "deployment.apps/my-release-milvus-standalone patched\n")
      .On("kubectl logs",
          CannedCluster::Results{cluster::CommandResult{
              1, "", "Error from server: no preferred addresses found; known addresses: []\n"}});
  return cluster;
}

// What an earlier attempt of the records left behind.
CannedCluster AfterOneAttempt(const std::string& config) {
  CannedCluster cluster = Release();
  cluster.On("jsonpath={.data.replicas}", std::string(kName) + ":1")
      .On("get pvc", "milvus-meta-migration-backup-my-release")
      .On("get configmap milvus-meta-migration-config-my-release", "succeed")
      .On("get configmap milvus-meta-migration-config -n",
          CannedCluster::Results{cluster::CommandResult{
              1,
              "",
              "Error from server (NotFound): configmaps \"milvus-meta-migration-config\" not "
              "found\n"}})
      .On("backup.yaml: |+", "configmap/milvus-meta-migration-config-my-release " + config + "\n");
  return cluster;
}

CannedCluster FirstAttempt() {
  CannedCluster cluster = Release();
  cluster.On("get configmap milvus-meta-migration-config-my-release", "")
      .On("  replicas: \"", "configmap/milvus-deploy-replicas-my-release created\n")
      .On("kind: PersistentVolumeClaim",
          "persistentvolumeclaim/milvus-meta-migration-backup-my-release created\n")
      .On("backup.yaml: |+", "configmap/milvus-meta-migration-config-my-release created\n")
      .On("configs/meta/backup.yaml", "pod/milvus-meta-migration-backup-my-release created\n")
      .On("configs/meta/migration.yaml", "pod/milvus-meta-migration-my-release created\n")
      .On("annotate", "configmap/milvus-meta-migration-config-my-release annotated\n");
  return cluster;
}

CannedCluster::Results Phases(const std::vector<std::string>& phases) {
  CannedCluster::Results results;
  for (const std::string& phase : phases) {
    results.push_back(cluster::CommandResult{0, phase, ""});
  }
  return results;
}

ScriptRun RunAgainst(CannedCluster cluster, const std::string& name) {
  const cluster::RecordedTrace trace = ReadTrace("fixtures/traces/" + name + ".kubectl.log");
  const MigrateShOptions options = ParseMigrateSh(MigrateShVersion::kC, ArgumentsOf(trace));
  ScriptRun run = RunScript(*NewMigrateSh(options), cluster);
  const std::optional<cluster::CallDifference> difference =
      cluster::CompareCalls(trace.calls, run.calls);
  EXPECT_FALSE(difference.has_value())
      << name << " call " << difference->index << "\nrecorded:  " << difference->recorded
      << "\nsimulated: " << difference->simulated;
  return run;
}

void ExpectTranscript(const ScriptRun& run, const std::string& name) {
  EXPECT_EQ(run.Transcript() + "exit " + std::to_string(run.exit_code()) + "\n",
            ReadFixture("fixtures/traces/" + name + ".out"));
}

TEST(MigrateShTraceTest, FirstAttemptWithAForbiddenTarget) {
  CannedCluster cluster = FirstAttempt();
  cluster.On("get pod milvus-meta-migration-backup", Phases({"Pending", "Running", "Succeeded"}))
      .On("get pod milvus-meta-migration-my-release", Phases({"Pending", "Running", "Failed"}));
  const ScriptRun run = RunAgainst(cluster, "01-seed-2.1.4-to-2.5.12");
  EXPECT_EQ(run.exit_code(), 3);
}

TEST(MigrateShTraceTest, RetryMeetsTheFailedPod) {
  CannedCluster cluster = AfterOneAttempt("configured");
  cluster.On("get pod", Phases({"Failed"}))
      .On("configs/meta/migration.yaml", "pod/milvus-meta-migration-my-release unchanged\n");
  ExpectTranscript(RunAgainst(cluster, "02-retry-with-valid-target"), "02-retry-with-valid-target");
}

TEST(MigrateShTraceTest, RollbackAsPublishedFindsNoBackup) {
  ExpectTranscript(RunAgainst(AfterOneAttempt("unchanged"), "03-rollback-as-published"),
                   "03-rollback-as-published");
}

TEST(MigrateShTraceTest, RetryAfterThePodWasDeletedReachesTheEnd) {
  CannedCluster cluster = AfterOneAttempt("unchanged");
  cluster.On("get pod", Phases({"Pending", "Succeeded"}))
      .On("configs/meta/migration.yaml", "pod/milvus-meta-migration-my-release created\n");
  const ScriptRun run = RunAgainst(cluster, "04-retry-after-deleting-pod");
  ExpectTranscript(run, "04-retry-after-deleting-pod");
  EXPECT_EQ(run.outcome->kind, cluster::OutcomeKind::kReached);
}

TEST(MigrateShTraceTest, TheUnfixedToolPanics) {
  CannedCluster cluster = FirstAttempt();
  cluster.On("get pod milvus-meta-migration-backup", Phases({"Pending", "Succeeded"}))
      .On("get pod milvus-meta-migration-my-release", Phases({"Pending", "Failed"}));
  ExpectTranscript(RunAgainst(cluster, "08-partition-loaded-panic"), "08-partition-loaded-panic");
}

TEST(MigrateShTraceTest, AnotherEndIsADifference) {
  const cluster::RecordedTrace trace =
      ReadTrace("fixtures/traces/04-retry-after-deleting-pod.kubectl.log");
  CannedCluster cluster = AfterOneAttempt("unchanged");
  cluster.On("get pod", Phases({"Failed"}));
  const ScriptRun run =
      RunScript(*NewMigrateSh(ParseMigrateSh(MigrateShVersion::kC, ArgumentsOf(trace))), cluster);
  const std::optional<cluster::CallDifference> difference =
      cluster::CompareCalls(trace.calls, run.calls);
  ASSERT_TRUE(difference.has_value());
  EXPECT_TRUE(difference->recorded.starts_with("kubectl get Deployment/" + std::string(kName)));
  EXPECT_TRUE(difference->simulated.starts_with("kubectl logs"));
}

}  // namespace
}  // namespace rehearse::upgrade
