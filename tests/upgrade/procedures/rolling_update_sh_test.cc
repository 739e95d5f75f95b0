// Goal:   rollingUpdate.sh as a Driver makes the calls of the recorded run and prints its lines;
//         where no record shows it, it does what its text says.
// Method: canned answers; the pipes of grep and sed against what the real ones answer (fixture).
#include "upgrade/procedures/rolling_update_sh.h"

#include <gtest/gtest.h>

#include "tests/upgrade/procedures/canned_cluster.h"
#include "upgrade/procedures/script.h"

namespace rehearse::upgrade {
namespace {

constexpr std::string_view kDone = "deployment \"x\" successfully rolled out\n";
constexpr std::string_view kWaiting =
    "Waiting for deployment \"x\" rollout to finish: 0 out of 1 new replicas have been "
    "updated...\n";
constexpr std::string_view kConfig =
    "{\n    \"data\": {\n        \"default.yaml\": \"messageQueue: pulsar\\n\",\n"
    "        \"user.yaml\": \"a: 1\"\n    }\n}\n";

Result<cluster::CommandResult> Out(std::string_view out, int exit_code = 0) {
  return cluster::CommandResult{exit_code, std::string(out), ""};
}

RollingUpdateShOptions Options() {
  RollingUpdateShOptions options;
  options.instance = "rel";
  options.target_version = "2.3.11";
  options.image = "milvusdb/milvus:v2.3.11";
  return options;
}

CannedCluster Working(const std::string& names) {
  CannedCluster cluster;
  cluster.On("get deploy -n", names)
      .On("{.data}", "{\"default.yaml\":\"messageQueue: pulsar\\n\"}")
      .On("get configmaps", std::string(kConfig))
      .On("rollout status", std::string(kDone))
      .On("get deployments.apps", "Recreate,i:1,main");
  return cluster;
}

ScriptRun RunRolling(CannedCluster cluster, const RollingUpdateShOptions& options = Options()) {
  return RunScript(*NewRollingUpdateSh(options), cluster);
}

// ---- the record

TEST(RollingUpdateShTraceTest, ClusterOfTheRecord) {
  const std::string path = "fixtures/traces/06-rolling-cluster-2.3.0-to-2.3.11";
  const cluster::RecordedTrace trace = ReadTrace(path + ".kubectl.log");
  CannedCluster cluster;
  std::string names;
  for (const std::string_view role : {"datacoord",
                                      "datanode",
                                      "indexcoord",
                                      "indexnode",
                                      "proxy",
                                      "querycoord",
                                      "querynode",
                                      "rootcoord"}) {
    const std::string name = "rel-milvus-" + std::string(role);
    names += (names.empty() ? "" : " ") + name;
    cluster.On("get deployments.apps " + name,
               "Recreate,milvusdb/milvus:v2.3.0," + std::string(role));
    cluster.On("patch deployment " + name, "deployment.apps/" + name + " patched\n");
  }
  const std::string warning =
      "Warning: resource configmaps/rel-milvus is missing the "
      "kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl "
      "apply. kubectl apply should only be used on resources created declaratively by either "
      "kubectl create --save-config or kubectl apply. The missing annotation will be patched "
      "automatically.\n";
  // The record was cut off while it watched querycoord.
  cluster.On("rollout status deployment rel-milvus-querycoord -n roll --watch=true",
             std::string(kWaiting));
  cluster.On("apply",
             CannedCluster::Results{
                 cluster::CommandResult{0, "configmap/rel-milvus configured\n", warning}});
  cluster.Else(Working(names));
  const ScriptRun run =
      RunScript(*NewRollingUpdateSh(ParseRollingUpdateSh(ArgumentsOf(trace))), cluster, 200);
  const std::optional<cluster::CallDifference> difference =
      cluster::CompareCalls(trace.calls, run.calls);
  EXPECT_FALSE(difference.has_value())
      << difference->index << "\nrecorded:  " << difference->recorded
      << "\nsimulated: " << difference->simulated;
  EXPECT_FALSE(run.outcome.has_value());
  std::vector<std::string> recorded = SplitLines(ReadFixture(path + ".out"));
  recorded.pop_back();  // "exit 124"
  // stderr and stdout of one command have no order of their own.
  std::swap(recorded.at(0), recorded.at(1));
  EXPECT_EQ(run.lines, recorded);
}

// ---- the shell

TEST(RollingUpdateShTest, CalledWithShItDoesNotEvenBeginWhereThatIsDash) {
  RollingUpdateShOptions options = Options();
  options.by_dash = true;
  const ScriptRun run = RunRolling(Working("rel-milvus-proxy"), options);
  EXPECT_EQ(run.exit_code(), 2);
  EXPECT_TRUE(run.calls.empty());
  std::size_t recorded = 0;
  for (const std::string& line : SplitLines(ReadFixture("fixtures/bash/dash.txt"))) {
    const std::size_t arrow = line.find(" => 2, ");
    if (arrow != std::string::npos) {
      EXPECT_TRUE(line.ends_with(run.last_line().substr(run.last_line().find("Syntax")))) << line;
      ++recorded;
    }
  }
  EXPECT_EQ(recorded, 2U);
}

// ---- pipes

TEST(RollingUpdateShTest, PipesAnswerAsGrepAndSedDo) {
  std::vector<std::string> lines = SplitLines(ReadFixture("fixtures/bash/standby.txt"));
  std::size_t cases = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] != "{{") {
      continue;
    }
    std::string input;
    for (++i; lines[i] != "}}"; ++i) {
      input += lines[i] + "\n";
    }
    std::string changed;
    for (++i; !lines[i].starts_with("has: "); ++i) {
      changed += lines[i] + "\n";
    }
    EXPECT_EQ(AddStandbySettings(input), changed);
    EXPECT_EQ(HasStandbySettings(input), lines[i] == "has: yes") << input;
    EXPECT_EQ("queue: <" + LastMessageQueue(input) + ">", lines[++i]) << input;
    ++cases;
  }
  EXPECT_EQ(cases, 12U);
}

TEST(RollingUpdateShTest, OrderIsByTheEndOfTheName) {
  const std::vector<std::string> order = RollingOrder({"a-attu",
                                                       "a-datacoord",
                                                       "a-datanode",
                                                       "a-indexcoord",
                                                       "a-indexnode",
                                                       "a-mixcoord",
                                                       "a-proxy",
                                                       "a-querycoord",
                                                       "a-querynode",
                                                       "a-rootcoord",
                                                       "a-standalone",
                                                       "a-streamingnode",
                                                       "b-rootcoord"});
  EXPECT_EQ(order,
            (std::vector<std::string>{"a-rootcoord",
                                      "b-rootcoord",
                                      "a-datacoord",
                                      "a-indexcoord",
                                      "a-querycoord",
                                      "a-indexnode",
                                      "a-datanode",
                                      "a-querynode",
                                      "a-proxy",
                                      "a-standalone"}));
}

// ---- arguments and preconditions

TEST(RollingUpdateShTest, ArgumentsAreChecked) {
  const auto last_line = [](const std::vector<std::string>& arguments) {
    CannedCluster cluster;
    const ScriptRun run = RunScript(*NewRollingUpdateSh(ParseRollingUpdateSh(arguments)), cluster);
    EXPECT_EQ(run.exit_code(), 1);
    EXPECT_TRUE(run.calls.empty());
    return run.last_line();
  };
  EXPECT_TRUE(last_line({}).starts_with("Usage"));
  EXPECT_TRUE(last_line({""}).starts_with("Usage"));
  EXPECT_EQ(last_line({"-t", "2.3.11"}), "option [-i instance] required");
  EXPECT_EQ(last_line({"-i", "rel", "-o", ""}), "option [-o update] required ");
  EXPECT_EQ(last_line({"-i", "rel"}),
            "option [-t target_version] & [-w image_tag] are required when update");
  EXPECT_TRUE(last_line({"-i", "rel", "-o", "rollback"}).starts_with("Usage"));
  EXPECT_EQ(ParseRollingUpdateSh({"-x", "-i", "rel"}).unknown_flags, 1U);
}

TEST(RollingUpdateShTest, AnInstanceMustBeThere) {
  const ScriptRun run = RunRolling(Working(""));
  EXPECT_EQ(run.exit_code(), 1);
  EXPECT_EQ(run.last_line(), "There is no instance [rel] ");
}

TEST(RollingUpdateShTest, RocksmqIsRefusedBeforeAnyChange) {
  CannedCluster cluster;
  cluster.On("{.data}", "{\"default.yaml\":\"messageQueue: rocksmq\\n\"}");
  const ScriptRun run = RunRolling(cluster.Else(Working("rel-milvus-standalone")));
  EXPECT_EQ(run.exit_code(), 1);
  EXPECT_EQ(run.last_line(), "standalone Milvus with mq:rocksmq don't support rolling update now");
  EXPECT_TRUE(std::ranges::all_of(run.calls, [](const auto& call) { return call.IsRead(); }));
}

TEST(RollingUpdateShTest, AMissingConfigMapEndsItWithTheCodeOfApply) {
  CannedCluster cluster;
  cluster.On("get configmaps", CannedCluster::Results{Out("", 1)})
      .On("apply", CannedCluster::Results{Out("", 1)});
  const ScriptRun run = RunRolling(cluster.Else(Working("rel-milvus-proxy")));
  EXPECT_EQ(run.exit_code(), 1);
  EXPECT_TRUE(run.lines.empty());
  EXPECT_EQ(run.Count("apply -n default --filename=- <<< []"), 1U);
}

TEST(RollingUpdateShTest, TheConfigMapIsChangedOnceOnly) {
  const ScriptRun first = RunRolling(Working("rel-milvus-proxy"));
  EXPECT_EQ(first.exit_code(), 0);
  EXPECT_EQ(first.Count("apply"), 1U);
  EXPECT_EQ(first.Count("indexCoord:\\n  enableActiveStandby: true"), 1U);
  CannedCluster changed;
  changed.On("{.data}", "").On("get configmaps", AddStandbySettings(std::string(kConfig)));
  EXPECT_EQ(RunRolling(changed.Else(Working("rel-milvus-proxy"))).Count("apply"), 0U);
}

TEST(RollingUpdateShTest, ABlockedDeploymentStopsItAfterTheConfigMapWasChanged) {
  CannedCluster cluster;
  cluster.On("rollout status deployment rel-b", std::string(kWaiting))
      .On("get pod -n default", "NAME\nrel-a-1\nrel-b-1\nrel-b-2\n");
  const ScriptRun run = RunRolling(cluster.Else(Working("rel-a rel-b rel-c")));
  EXPECT_EQ(run.exit_code(), 1);
  EXPECT_EQ(run.lines,
            (std::vector<std::string>{
                "deployment [rel-b] was blocked,[rel-b] pods status:",
                "rel-b-1",
                "rel-b-2",
                "maybe it's being deployed or something wrong,need to be fixed first"}));
  EXPECT_EQ(run.Count("apply"), 1U);
  EXPECT_EQ(run.Count("rollout status Deployment/rel-c"), 0U);
}

// ---- update

TEST(RollingUpdateShTest, CoordinatorsHaveThirtySecondsAndOthersHaveNot) {
  const ScriptRun run = RunRolling(Working("rel-milvus-proxy rel-milvus-rootcoord"));
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("patch Deployment/rel-milvus-rootcoord -n default"), 1U);
  EXPECT_EQ(run.Count("minReadySeconds\":30"), 1U);
  EXPECT_EQ(run.Count(R"({"image":"milvusdb/milvus:v2.3.11","name":"main"})"), 2U);
  // The release's name counts too.
  EXPECT_EQ(RunRolling(Working("coord-milvus-proxy")).Count("minReadySeconds\":30"), 1U);
}

TEST(RollingUpdateShTest, AWatchGoesOnUntilTheRolloutIsOver) {
  CannedCluster cluster;
  cluster.On("--watch=true",
             CannedCluster::Results{
                 Out(kWaiting), Out(kWaiting), Fail(ErrorCode::kUnavailable, "gone"), Out(kDone)});
  cluster.Else(Working("rel-milvus-proxy"));
  const ScriptRun run = RunScript(*NewRollingUpdateSh(Options()), cluster);
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(cluster.Now().ms, 2 * CannedCluster::kOperationMs + Seconds(3));
  EXPECT_EQ(run.last_line(),
            "    success: all deployments are successful, there are no deployments blocked");
}

TEST(RollingUpdateShTest, AMissedDeadlineIsTheEnd) {
  CannedCluster cluster;
  cluster.On("rollout status deployment rel-milvus-rootcoord -n default --watch=true",
             CannedCluster::Results{
                 Out(kWaiting),
                 cluster::CommandResult{
                     1, "", "error: deployment \"x\" exceeded its progress deadline\n"}});
  const ScriptRun run = RunRolling(cluster.Else(Working("rel-milvus-proxy rel-milvus-rootcoord")));
  EXPECT_EQ(run.exit_code(), 1);
  EXPECT_EQ(run.last_line(), "error:  ");
  EXPECT_EQ(run.Count("patch"), 1U);
  EXPECT_EQ(run.Count("rc=1"), 2U);  // the message is made by watching once more
}

TEST(RollingUpdateShTest, AnUnreachableServerAtTheFirstLookIsAnError) {
  CannedCluster cluster;
  cluster.On("rollout status", CannedCluster::Results{Fail(ErrorCode::kUnavailable, "refused")});
  const ScriptRun run = RunRolling(cluster.Else(Working("rel-milvus-proxy")));
  EXPECT_EQ(run.exit_code(), 1);
}

TEST(RollingUpdateShTest, AFailedPatchIsNotNoticed) {
  CannedCluster cluster;
  cluster.On("patch", CannedCluster::Results{Fail(ErrorCode::kForbidden, "forbidden")});
  const ScriptRun run = RunRolling(cluster.Else(Working("rel-milvus-proxy")));
  EXPECT_EQ(run.exit_code(), 0);
}

TEST(RollingUpdateShTest, MixCoordinatorsAreForgottenInASuccess) {
  const ScriptRun run = RunRolling(Working("rel-milvus-mixcoord rel-milvus-proxy"));
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.Count("patch Deployment/rel-milvus-mixcoord"), 0U);
}

}  // namespace
}  // namespace rehearse::upgrade
