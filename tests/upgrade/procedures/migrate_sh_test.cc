// Goal:   migrate.sh behaves as its text says where no record shows it: arguments, preconditions,
//         exit codes, and its defects, in each version.
// Method: canned answers; every case states which answer is unusual.
#include "upgrade/procedures/migrate_sh.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/core/json.h"
#include "tests/upgrade/procedures/canned_cluster.h"

namespace rehearse::upgrade {
namespace {

MigrateShOptions Options(MigrateShVersion version = MigrateShVersion::kC) {
  MigrateShOptions options;
  options.version = version;
  options.instance = "rel";
  options.source_version = "2.1.4";
  options.target_version = "2.2.0";
  return options;
}

// A cluster with the given deployments, in which everything works.
CannedCluster Working(const std::string& names = "d1 d2") {
  CannedCluster cluster;
  cluster.On("get deploy -n default -l", names)
      .On("get deploy attu -n default -o 'jsonpath={.metadata.labels.component}'", "attu")
      .On("labels.component", "proxy")
      .On("jsonpath={.spec.replicas}", "2")
      .On("get svc -n default -l", "service/rel-etcd\nservice/rel-etcd-headless\n")
      .On("get svc rel-etcd", "2379")
      .On("get storageclass -o", "slow fast")
      .On("get storageclass fast", "true")
      .On("jsonpath={.status.replicas}", "")
      .On("jsonpath={.status.readyReplicas}", "2")
      .On("status.phase", "Succeeded");
  return cluster;
}

// Two deployments that have their replicas until the stop: version A asks for nothing else.
CannedCluster WorkingForA(const std::string& names = "d1 d2") {
  CannedCluster cluster;
  cluster.On("jsonpath={.spec.replicas}",
             CannedCluster::Results{cluster::CommandResult{0, "2", ""},
                                    cluster::CommandResult{0, "2", ""},
                                    cluster::CommandResult{0, "0", ""}});
  return cluster.Else(Working(names));
}

// `text` first, then what Working() answers.
CannedCluster With(const std::string& text,
                   const std::string& out,
                   const std::string& names = "d1 d2") {
  CannedCluster cluster;
  cluster.On(text, out);
  return cluster.Else(Working(names));
}

ScriptRun RunMigrateSh(CannedCluster cluster,
                       const MigrateShOptions& options = Options(),
                       std::size_t steps_max = 1000) {
  return RunScript(*NewMigrateSh(options), cluster, steps_max);
}

// ---- arguments

TEST(MigrateShTest, ArgumentsAreCheckedInOrderBeforeAnyCall) {
  const auto last_line = [](const std::vector<std::string>& arguments) {
    CannedCluster cluster;
    const ScriptRun run =
        RunScript(*NewMigrateSh(ParseMigrateSh(MigrateShVersion::kC, arguments)), cluster);
    EXPECT_EQ(run.exit_code(), 1);
    EXPECT_TRUE(run.calls.empty());
    return run.last_line();
  };
  EXPECT_EQ(last_line({}),
            "Missing argument instance_name, please add it. For example:'./migrate.sh -i "
            "milvus-instance-name'");
  EXPECT_TRUE(last_line({"-i", "x"}).starts_with("Missing argument source_version"));
  EXPECT_TRUE(last_line({"-i", "x", "-s", "2.1.4"}).starts_with("Missing argument target_version"));
  EXPECT_TRUE(last_line({"-i", "x", "-s", "2.1.4", "-t", "2.2.0", "-w", ""})
                  .starts_with("Missing argument image_tag"));
}

TEST(MigrateShTest, UnknownFlagsArePassedOver) {
  CannedCluster cluster;
  const ScriptRun run =
      RunScript(*NewMigrateSh(ParseMigrateSh(MigrateShVersion::kC, {"-q", "-i", "x"})), cluster);
  EXPECT_EQ(run.lines.front(), "Unkonwen parameters");
  EXPECT_TRUE(run.last_line().starts_with("Missing argument source_version"));
}

TEST(MigrateShTest, TheRemoveFlagIgnoresItsArgument) {
  EXPECT_TRUE(ParseMigrateSh(MigrateShVersion::kC, {"-d", "false"}).remove_after);
  const MigrateShOptions swallowed = ParseMigrateSh(MigrateShVersion::kC, {"-d", "-n", "foo"});
  EXPECT_EQ(swallowed.ns, "default");
  EXPECT_EQ(ParseMigrateSh(MigrateShVersion::kB, {"-d", "-n", "foo"}).ns, "default");
  const MigrateShOptions plain = ParseMigrateSh(MigrateShVersion::kA, {"-d", "-n", "foo"});
  EXPECT_TRUE(plain.remove_after);
  EXPECT_EQ(plain.ns, "foo");
}

TEST(MigrateShTest, OlderVersionsKnowFewerFlags) {
  EXPECT_EQ(ParseMigrateSh(MigrateShVersion::kA, {"-m", "x"}).unknown_flags, 1U);
  EXPECT_EQ(ParseMigrateSh(MigrateShVersion::kB, {"-m", "x"}).tool_image, "x");
  EXPECT_EQ(ParseMigrateSh(MigrateShVersion::kB, {"-c", "x"}).unknown_flags, 1U);
  EXPECT_EQ(ParseMigrateSh(MigrateShVersion::kC, {"-c", "x", "-e", "h:1"}).etcd, "h:1");
}

// ---- preconditions

TEST(MigrateShTest, NothingIsChangedWhereAPreconditionFails) {
  struct Case {
    std::string rule, answer, line;
    MigrateShOptions options = Options();
  };
  MigrateShOptions with_class = Options();
  with_class.storage_class = "none";
  for (const Case& one : std::vector<Case>{
           {"get deploy -n default -l",
            "",
            "There is no Milvus instance rel in the namespace default"},
           {"get svc -n default -l",
            "service/rel-etcd-headless\n",
            "Missing etcd service, please add it. For example:'./migrate.sh -e "
            "<etcd-svc-ip>:<etcd-svc-port>'"},
           {"get svc rel-etcd", "", "Missing etcd service port..."},
           {"get storageclass fast",
            "false",
            "No default storageclass, please specify a storageclass via -c <storage-class-name>"},
           {"get storageclass -o",
            "slow fast",
            "Nonexistent storageclass, please make sure specified storageclass exists...",
            with_class},
       }) {
    const ScriptRun run = RunMigrateSh(With(one.rule, one.answer), one.options);
    EXPECT_EQ(run.exit_code(), 1) << one.rule;
    EXPECT_EQ(run.last_line(), one.line);
    EXPECT_TRUE(std::ranges::all_of(run.calls, [](const auto& call) { return call.IsRead(); }));
  }
}

TEST(MigrateShTest, TwoEtcdServicesHaveNoPort) {
  const ScriptRun run = RunMigrateSh(With("get svc -n default -l", "service/a\nservice/b\n"));
  EXPECT_EQ(run.last_line(), "Missing etcd service port...");
  EXPECT_EQ(run.Count("get Service/a Service/b"), 1U);
}

TEST(MigrateShTest, AnExternalEtcdAndAStorageClassAreTakenAsGiven) {
  MigrateShOptions options = Options();
  options.etcd = "etcd.other:2379";
  options.storage_class = "slow";
  const ScriptRun run = RunMigrateSh(Working(), options);
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("Service"), 0U);
  EXPECT_EQ(run.Count("    - etcd.other:2379\\n"), 1U);
  EXPECT_EQ(run.Count("get StorageClass/"), 0U);
  EXPECT_EQ(run.Count(R"("storageClassName":"slow")"), 1U);
}

TEST(MigrateShTest, AttuIsLeftAlone) {
  const ScriptRun run = RunMigrateSh(Working("attu d1"));
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("scale Deployment/d1 -n default --replicas=0"), 1U);
  EXPECT_EQ(run.Count("patch Deployment/attu"), 0U);
  const ScriptRun only_attu = RunMigrateSh(Working("attu"));
  EXPECT_EQ(only_attu.exit_code(), 1);
}

// ---- stop

TEST(MigrateShTest, OnlyTheFirstDeploymentIsWaitedFor) {
  CannedCluster cluster;
  cluster.On("get deploy d1 -n default -o 'jsonpath={.status.replicas}'",
             CannedCluster::Results{cluster::CommandResult{0, "2", ""},
                                    cluster::CommandResult{0, "", ""}});
  const ScriptRun run = RunMigrateSh(cluster.Else(Working()));
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("get Deployment/d1 -n default --output=jsonpath={.status.replicas}"), 2U);
  EXPECT_EQ(run.Count("get Deployment/d2 -n default --output=jsonpath={.status.replicas}"), 0U);
}

TEST(MigrateShTest, AnErrorWhileWaitingCountsAsStopped) {
  CannedCluster cluster;
  cluster.On("jsonpath={.status.replicas}",
             CannedCluster::Results{Fail(ErrorCode::kUnavailable, "connection refused")});
  const ScriptRun run = RunMigrateSh(cluster.Else(Working()));
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("jsonpath={.status.replicas}"), 1U);
}

TEST(MigrateShTest, PausesAreTheScripts) {
  CannedCluster cluster;
  cluster.On("jsonpath={.status.replicas}",
             CannedCluster::Results{cluster::CommandResult{0, "2", ""},
                                    cluster::CommandResult{0, "1", ""},
                                    cluster::CommandResult{0, "0", ""}});
  cluster.On("status.phase",
             CannedCluster::Results{cluster::CommandResult{0, "Pending", ""},
                                    Fail(ErrorCode::kUnavailable, "refused"),
                                    cluster::CommandResult{0, "Succeeded", ""}});
  cluster.Else(Working());
  const ScriptRun run = RunScript(*NewMigrateSh(Options()), cluster);
  EXPECT_EQ(run.exit_code(), 0);
  const auto writes = static_cast<Millis>(
      std::ranges::count_if(run.calls, [](const cluster::Call& call) { return !call.IsRead(); }));
  EXPECT_EQ(cluster.Now().ms, writes * CannedCluster::kOperationMs + Seconds(2 * 5 + 75 + 2 * 10));
}

TEST(MigrateShTest, ADeniedScaleHangsForEver) {
  CannedCluster cluster;
  cluster.On("scale", CannedCluster::Results{Fail(ErrorCode::kForbidden, "forbidden")})
      .On("jsonpath={.status.replicas}", "2");
  const ScriptRun run = RunMigrateSh(cluster.Else(Working()), Options(), 800);
  EXPECT_FALSE(run.outcome.has_value());
  EXPECT_EQ(run.last_line(), "forbidden");
}

TEST(MigrateShTest, AnUnknownOperationIsNoticedWhenEverythingIsStopped) {
  MigrateShOptions options = Options();
  options.operation = "upgrade";
  const ScriptRun run = RunMigrateSh(Working(), options);
  EXPECT_EQ(run.exit_code(), 6);
  EXPECT_EQ(run.last_line(), "Invalid operation...");
  EXPECT_EQ(run.Count("scale Deployment/d1 Deployment/d2 -n default --replicas=0"), 1U);
}

TEST(MigrateShTest, ReplicasOfAnEarlierAttemptWin) {
  const ScriptRun run = RunMigrateSh(With("jsonpath={.data.replicas}", "d1:2 gone:2"));
  EXPECT_EQ(run.Count("scale Deployment/d1 Deployment/d2 -n default --replicas=0"), 1U);
  EXPECT_EQ(run.Count("scale Deployment/gone -n default --replicas=2"), 1U);
  EXPECT_EQ(run.Count("scale Deployment/d2 "), 0U);
}

TEST(MigrateShTest, UnreadableReplicasAreNotScaledUp) {
  CannedCluster cluster;
  cluster
      .On("jsonpath={.spec.replicas}", CannedCluster::Results{Fail(ErrorCode::kUnavailable, "x")})
      .On("readyReplicas", "");
  const ScriptRun run = RunMigrateSh(cluster.Else(Working("d1")));
  EXPECT_EQ(run.Count(R"("replicas":"d1:")"), 1U);
  EXPECT_EQ(run.Count("--replicas="), 1U);  // the stop only
  EXPECT_EQ(run.exit_code(), 0);            // "" = "": ready at once
}

// ---- backup, migration, rollback

TEST(MigrateShTest, EachFailedPodHasItsExitCode) {
  MigrateShOptions rollback = Options();
  rollback.operation = "rollback";
  struct Case {
    std::string pod;
    int code;
    std::string line;
    MigrateShOptions options = Options();
  };
  for (const Case& one : std::vector<Case>{
           {"get pod milvus-meta-migration-backup-rel", 2, "Meta backup is failed..."},
           {"get pod milvus-meta-migration-rel", 3, "Migration is failed..."},
           {"get pod milvus-meta-migration-rollback-rel", 5, "Rollback is failed...", rollback}}) {
    CannedCluster cluster;
    cluster.On(one.pod, "Failed")
        .On("kubectl logs", "line one\nline two\n")
        .On("get configmap milvus-meta-migration-config -n", "succeed");
    const ScriptRun run = RunMigrateSh(cluster.Else(Working()), one.options);
    EXPECT_EQ(run.exit_code(), one.code);
    const std::vector<std::string> end(run.lines.end() - 5, run.lines.end());
    EXPECT_EQ(end,
              (std::vector<std::string>{one.line, "Here is the log:", "line one", "line two", ""}));
  }
}

TEST(MigrateShTest, ThreeFailuresOfKubectlChangeNothing) {
  CannedCluster cluster;
  const CannedCluster::Results refused = {Fail(ErrorCode::kForbidden, "refused")};
  cluster.On("annotate", refused).On("patch", refused).On("kubectl apply", refused);
  const ScriptRun run = RunMigrateSh(cluster.Else(Working()));
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("scale Deployment/d1 -n default --replicas=2"), 1U);
}

TEST(MigrateShTest, ARejectedPodIsWaitedForForEver) {
  CannedCluster cluster;
  cluster.On("status.phase", CannedCluster::Results{cluster::CommandResult{1, "", "NotFound\n"}});
  EXPECT_FALSE(RunMigrateSh(cluster.Else(Working()), Options(), 800).outcome.has_value());
}

TEST(MigrateShTest, RollbackWorksOnlyWithAMarkOnANameThatNothingCreates) {
  MigrateShOptions options = Options();
  options.operation = "rollback";
  const ScriptRun without =
      RunMigrateSh(With("get configmap milvus-meta-migration-config-rel", "succeed"), options);
  EXPECT_EQ(without.exit_code(), 4);
  const ScriptRun with =
      RunMigrateSh(With("get configmap milvus-meta-migration-config -n", "succeed"), options);
  EXPECT_EQ(with.exit_code(), 0);
  EXPECT_EQ(with.Count("configs/meta/rollback.yaml"), 1U);
  EXPECT_EQ(with.Count("milvusdb/milvus:v2.2.0"), 2U);  // the default image, on restored metadata
  EXPECT_EQ(with.Count("annotate"), 0U);
}

// ---- start and clean up

TEST(MigrateShTest, AnEntryOfNoneIsNeverReady) {
  CannedCluster cluster;
  cluster.On("jsonpath={.spec.replicas}", "0").On("readyReplicas", "");
  EXPECT_FALSE(RunMigrateSh(cluster.Else(Working()), Options(), 800).outcome.has_value());
}

TEST(MigrateShTest, CleanUpRemovesTheOnlyBackup) {
  MigrateShOptions options = Options();
  options.remove_after = true;
  const ScriptRun run = RunMigrateSh(Working(), options);
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("delete Pod/milvus-meta-migration-backup-rel Pod/milvus-meta-migration-rel"),
            1U);
  EXPECT_EQ(run.Count("delete PersistentVolumeClaim/milvus-meta-migration-backup-rel"), 1U);
  EXPECT_EQ(run.Count("delete ConfigMap/milvus-meta-migration-config-rel "
                      "ConfigMap/milvus-deploy-replicas-rel"),
            1U);
  options.operation = "rollback";
  EXPECT_EQ(RunMigrateSh(With("get configmap milvus-meta-migration-config -n", "succeed"), options)
                .Count("delete"),
            0U);
}

// ---- versions A and B

TEST(MigrateShOldVersionsTest, NoInstanceIsSuccess) {
  for (const MigrateShVersion version : {MigrateShVersion::kA, MigrateShVersion::kB}) {
    const ScriptRun run = RunMigrateSh(With("get deploy -n default -l", ""), Options(version));
    EXPECT_EQ(run.exit_code(), 0);
    EXPECT_EQ(run.outcome->kind, cluster::OutcomeKind::kReached);
    EXPECT_EQ(run.lines.front(), "Migration milvus meta will take four steps:");
  }
}

TEST(MigrateShOldVersionsTest, VersionALooksAtTheWishAndSleepsNot) {
  CannedCluster cluster = WorkingForA();
  const ScriptRun run = RunScript(*NewMigrateSh(Options(MigrateShVersion::kA)), cluster);
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("jsonpath={.status.replicas}"), 0U);
  EXPECT_LT(cluster.Now().ms, Seconds(5));
}

TEST(MigrateShOldVersionsTest, VersionBLooksAtTheFirstStatusAndSleeps) {
  CannedCluster cluster = Working();
  const ScriptRun run = RunScript(*NewMigrateSh(Options(MigrateShVersion::kB)), cluster);
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("get Deployment/d1 -n default --output=jsonpath={.status.replicas}"), 1U);
  EXPECT_EQ(run.Count("get Deployment/d2 -n default --output=jsonpath={.status.replicas}"), 0U);
  EXPECT_GE(cluster.Now().ms, Seconds(75));
}

TEST(MigrateShOldVersionsTest, ReplicasLiveInTheShellOnly) {
  for (const MigrateShVersion version : {MigrateShVersion::kA, MigrateShVersion::kB}) {
    const ScriptRun run =
        RunMigrateSh(With("jsonpath={.spec.replicas}", "0"), Options(version), 800);
    EXPECT_EQ(run.Count("milvus-deploy-replicas"), 0U);
    EXPECT_EQ(run.Count(R"("replicas":0)"), 2U);  // "restores" what the attempt before had left
    EXPECT_FALSE(run.outcome.has_value());
  }
}

TEST(MigrateShOldVersionsTest, TheClaimIsAppliedWhetherItIsThereOrNot) {
  for (const std::string there : {"", "milvus-meta-migration-backup-rel"}) {
    const ScriptRun run = RunMigrateSh(With("get pvc", there), Options(MigrateShVersion::kB));
    EXPECT_EQ(run.Count(R"("kind":"PersistentVolumeClaim")"), 1U);
    const ScriptRun newest = RunMigrateSh(With("get pvc", there));
    EXPECT_EQ(newest.Count(R"("kind":"PersistentVolumeClaim")"), there.empty() ? 1U : 0U);
  }
}

TEST(MigrateShOldVersionsTest, RollbackLooksForTheSameWrongName) {
  for (const MigrateShVersion version : {MigrateShVersion::kA, MigrateShVersion::kB}) {
    MigrateShOptions options = Options(version);
    options.operation = "rollback";
    CannedCluster cluster = version == MigrateShVersion::kA ? WorkingForA() : Working();
    CannedCluster marked;
    marked.On("get configmap milvus-meta-migration-config-rel", "succeed").Else(cluster);
    EXPECT_EQ(RunMigrateSh(marked, options).exit_code(), 4);
  }
}

TEST(MigrateShOldVersionsTest, OnePatchHasImageAndReplicas) {
  for (const MigrateShVersion version : {MigrateShVersion::kA, MigrateShVersion::kB}) {
    const ScriptRun run = RunMigrateSh(
        version == MigrateShVersion::kA ? WorkingForA("d1 d2") : Working("d1"), Options(version));
    EXPECT_EQ(run.exit_code(), 0);
    const auto patch = std::ranges::find(run.calls, "patch", &cluster::Call::verb);
    ASSERT_NE(patch, run.calls.end());
    EXPECT_EQ(Dump(patch->flags.at("patch")),
              R"({"spec":{"replicas":2,"template":{"spec":{"containers":[{"image":)"
              R"("milvusdb/milvus:v2.2.0","name":"proxy"}]}}}})");
    EXPECT_EQ(run.Count("scale"), 1U);
  }
}

TEST(MigrateShOldVersionsTest, AttuGetsAnImageOfSomeKind) {
  const ScriptRun a = RunMigrateSh(WorkingForA("attu d1"), Options(MigrateShVersion::kA));
  EXPECT_EQ(a.Count(R"("image":"milvusdb/milvus:v2.2.0","name":"attu")"), 1U);
  EXPECT_EQ(a.Count("scale Deployment/attu Deployment/d1 -n default --replicas=0"), 1U);
  const ScriptRun b = RunMigrateSh(Working("attu d1"), Options(MigrateShVersion::kB));
  EXPECT_EQ(b.Count(R"("image":"zilliz/attu:v2.1.1","name":"attu")"), 1U);
  EXPECT_EQ(b.Count("scale Deployment/attu Deployment/d1 -n default --replicas=0"), 1U);
}

TEST(MigrateShOldVersionsTest, EtcdIsAtPort2379EvenWhereThereIsNone) {
  for (const MigrateShVersion version : {MigrateShVersion::kA, MigrateShVersion::kB}) {
    CannedCluster cluster;
    cluster.On("get svc -n default -l", "")
        .Else(version == MigrateShVersion::kA ? WorkingForA() : Working());
    const ScriptRun run = RunMigrateSh(cluster, Options(version));
    EXPECT_EQ(run.exit_code(), 0);
    EXPECT_EQ(run.Count("    - :2379\\n"), 1U);
    EXPECT_EQ(run.Count("StorageClass"), 0U);
    EXPECT_EQ(run.Count("get PersistentVolumeClaim"), 0U);
    EXPECT_EQ(run.Count("storageClassName"), 0U);
  }
}

TEST(MigrateShOldVersionsTest, ToolImages) {
  EXPECT_EQ(RunMigrateSh(WorkingForA(), Options(MigrateShVersion::kA)).Count("20221019-b79687687"),
            2U);
  EXPECT_EQ(RunMigrateSh(Working(), Options(MigrateShVersion::kB))
                .Count("milvusdb/meta-migration:v2.2.0\""),
            2U);
}

// ---- as a Driver

RC_GTEST_PROP(MigrateShProps, equalStatesInputsAndTimesGiveEqualTurns, ()) {
  const auto version =
      *rc::gen::element(MigrateShVersion::kA, MigrateShVersion::kB, MigrateShVersion::kC);
  const auto phases = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("Pending", "Running", "Succeeded", "Failed", "")));
  const auto shift = *rc::gen::inRange<Millis>(0, 100000);
  const auto run_at = [&](Millis start_ms) {
    CannedCluster cluster;
    CannedCluster::Results results;
    for (const std::string& phase : phases) {
      results.push_back(cluster::CommandResult{0, phase, ""});
    }
    cluster.On("status.phase", results);
    cluster.Else(Working());
    cluster.SetNow(Instant{start_ms});
    return RunScript(*NewMigrateSh(Options(version)), cluster, 120);
  };
  const ScriptRun one = run_at(0);
  const ScriptRun other = run_at(shift);
  RC_ASSERT(one.digests == other.digests);
  RC_ASSERT(one.lines == other.lines);
  RC_ASSERT(one.exit_code() == other.exit_code());
  RC_CLASSIFY(one.outcome.has_value(), "ends");
}

}  // namespace
}  // namespace rehearse::upgrade
