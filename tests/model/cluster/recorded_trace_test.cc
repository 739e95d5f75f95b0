// Goal:   recorded logs are read as written, spelling does not count, and any real difference is
//         found.
// Method: small logs with each notation; the fixtures; each field of a call changed in turn.
#include "model/cluster/recorded_trace.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace rehearse::cluster {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

RecordedTrace Parsed(std::string_view text) {
  const Result<RecordedTrace> trace = ParseRecordedTrace(text, "log");
  EXPECT_TRUE(trace.has_value()) << (trace ? "" : trace.error().message);
  return trace.value_or(RecordedTrace());
}

Call FirstCall(std::string_view text) {
  const RecordedTrace trace = Parsed(text);
  EXPECT_FALSE(trace.calls.empty());
  return trace.calls.empty() ? Call() : trace.calls.front();
}

bool Same(std::string_view left, std::string_view right) {
  return SameCall(FirstCall(left), FirstCall(right));
}

TEST(SplitWordsTest, UnquotesAsBash) {
  const auto words = [](std::string_view line) {
    return SplitWords(line, "x").value_or(std::vector<std::string>{"error"});
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words(R"(a\ b \{c\} d\\e)"), (Words{"a b", "{c}", "d\\e"}));
  EXPECT_EQ(words(R"('it'\''s' "q\"q" '' $'x\ny')"), (Words{"it's", "q\"q", "", "x\ny"}));
  EXPECT_EQ(words("  a\t b "), (Words{"a", "b"}));
  EXPECT_EQ(words("a'b"), (Words{"error"}));
}

TEST(RecordedTraceTest, CallsHaveTheirParts) {
  const Call get =
      FirstCall("kubectl get deploy -n d -l b=2\\,a=1 --output=jsonpath=\\{.x\\}\n    rc=0\n");
  EXPECT_EQ(get.program, "kubectl");
  EXPECT_EQ(get.verb, "get");
  EXPECT_EQ(get.targets, std::vector<std::string>{"Deployment"});
  EXPECT_EQ(get.ns, "d");
  EXPECT_EQ(get.selector, "a=1,b=2");
  EXPECT_EQ(get.flags.at("output"), "jsonpath={.x}");
  EXPECT_EQ(get.exit_code, 0);
  EXPECT_FALSE(get.input.has_value());

  const Call apply = FirstCall("kubectl apply -n d -f -\n    |   kind: Pod\n    | \n    rc=1\n");
  EXPECT_EQ(apply.input, Json::array({{{"kind", "Pod"}}}));
  EXPECT_EQ(apply.exit_code, 1);

  const Call annotate = FirstCall("kubectl annotate configmap c -n d backup=succeed\n    rc=0\n");
  EXPECT_EQ(annotate.targets, std::vector<std::string>{"ConfigMap/c"});
  EXPECT_EQ(annotate.operands, std::vector<std::string>{"backup=succeed"});

  const Call rollout = FirstCall("kubectl -n d rollout status deployment x --watch=false\n");
  EXPECT_EQ(rollout.verb, "rollout status");
  EXPECT_EQ(rollout.targets, std::vector<std::string>{"Deployment/x"});
  EXPECT_EQ(rollout.flags.at("watch"), false);
  EXPECT_FALSE(rollout.exit_code.has_value());

  const Call upgrade = FirstCall("helm upgrade r c/m -n d --set a=1 --set b=2 --wait\n    rc=0\n");
  EXPECT_EQ(upgrade.operands, (std::vector<std::string>{"r", "c/m"}));
  EXPECT_EQ(upgrade.flags.at("set"), Json::array({"a=1", "b=2"}));
  EXPECT_EQ(upgrade.flags.at("wait"), true);
}

TEST(RecordedTraceTest, DashesAloneAreNoFlag) {
  const Call call = FirstCall("kubectl annotate configmap c --- -\n    rc=0\n");
  EXPECT_EQ(call.verb, "annotate");
  EXPECT_FALSE(call.flags.contains(""));
}

TEST(RecordedTraceTest, SpellingDoesNotCount) {
  EXPECT_TRUE(
      Same("kubectl -n d get deploy x -o jsonpath=\\{.a\\}\n    rc=0\n",
           "kubectl get deployments.apps x --output='jsonpath={.a}' --namespace d\n    rc=0"));
  EXPECT_TRUE(Same("kubectl get svc -l a=1,b=2\n", "kubectl get service -l b=2,a=1\n"));
  EXPECT_TRUE(Same("kubectl scale deploy a b --replicas=0\n",
                   "kubectl scale deployment/a deployment/b --replicas 0\n"));
  EXPECT_TRUE(Same("kubectl patch deploy a -p \\{\\\"x\\\":\\ 1\\}\n",
                   "kubectl patch deployment/a --type strategic --patch '{\"x\":1}'\n"));
  EXPECT_TRUE(Same("kubectl patch deploy a --patch-file=/dev/stdin\n    | x: 1\n",
                   "kubectl patch deploy a -p '{\"x\":1}'\n"));
  EXPECT_TRUE(Same("kubectl annotate cm c a=b\n", "kubectl annotate cm c a=b --overwrite=false\n"));
}

TEST(RecordedTraceTest, EveryOtherDifferenceCounts) {
  const std::string base = "kubectl get deploy x y -n d -l a=1 -o name\n    rc=0\n";
  for (const std::string_view other : {
           "helm get deploy x y -n d -l a=1 -o name\n    rc=0\n",
           "kubectl delete deploy x y -n d -l a=1 -o name\n    rc=0\n",
           "kubectl get sts x y -n d -l a=1 -o name\n    rc=0\n",
           "kubectl get deploy y x -n d -l a=1 -o name\n    rc=0\n",
           "kubectl get deploy x -n d -l a=1 -o name\n    rc=0\n",
           "kubectl get deploy x y -n e -l a=1 -o name\n    rc=0\n",
           "kubectl get deploy x y -n d -l a=2 -o name\n    rc=0\n",
           "kubectl get deploy x y -n d -l a=1 -o json\n    rc=0\n",
           "kubectl get deploy x y -n d -l a=1\n    rc=0\n",
           "kubectl get deploy x y -n d -l a=1 -o name\n    rc=1\n",
           "kubectl get deploy x y -n d -l a=1 -o name\n",
       }) {
    EXPECT_FALSE(Same(base, other)) << other;
  }
  EXPECT_FALSE(Same("kubectl apply -f -\n    | a: 1\n", "kubectl apply -f -\n    | a: 2\n"));
  EXPECT_FALSE(Same("kubectl patch deploy a -p '{\"x\":1}'\n", "kubectl patch deploy a -p '{}'\n"));
}

TEST(RecordedTraceTest, BadLogsAreRefusedWithTheirPlace) {
  for (const auto& [text, message] : std::map<std::string, std::string>{
           {"    rc=0\n", "log:1: an exit code that belongs to no command"},
           {"kubectl get x\n    rc=zero\n", "log:2: an exit code that belongs to no command"},
           {"kubectl get x\n    rc=0\n    rc=0\n",
            "log:3: an exit code that belongs to no command"},
           {"    | a: 1\n", "log:1: piped text that belongs to no command"},
           {"# ok\nkubectl 'get\n", "log:2: a quote is not closed"}}) {
    const Result<RecordedTrace> trace = ParseRecordedTrace(text, "log");
    ASSERT_FALSE(trace.has_value()) << text;
    EXPECT_EQ(trace.error().message, message);
  }
}

TEST(CollapsePollsTest, RepeatsOfReadsCountOnce) {
  const std::string poll = "kubectl get pod p -o name\n    rc=0\n";
  const std::string other = "kubectl get pod q -o name\n    rc=0\n";
  const std::string failed = "kubectl get pod p -o name\n    rc=1\n";
  const std::string write = "kubectl scale deploy d --replicas=0\n    rc=0\n";
  const auto left = [](const std::string& text) {
    return CollapsePolls(Parsed(text).calls).size();
  };
  EXPECT_EQ(left(poll + poll + poll), 1U);
  EXPECT_EQ(left(poll + other + poll + other + poll + other), 2U);
  EXPECT_EQ(left(poll + other + poll), 3U);
  EXPECT_EQ(left(failed + poll), 2U);
  EXPECT_EQ(left(write + write), 2U);
  EXPECT_EQ(left(poll + write + poll + write), 4U);
  EXPECT_EQ(left(""), 0U);
}

TEST(CompareCallsTest, FindsTheFirstDifference) {
  const std::vector<Call> two =
      Parsed("kubectl get pod p\n    rc=0\nkubectl get pod q\n    rc=0\n").calls;
  const std::vector<Call> one = {two[0]};
  EXPECT_FALSE(CompareCalls(two, two).has_value());
  const std::optional<CallDifference> missing = CompareCalls(two, one);
  ASSERT_TRUE(missing.has_value());
  EXPECT_EQ(missing->index, 1U);
  EXPECT_EQ(missing->recorded, "kubectl get Pod/q rc=0");
  EXPECT_EQ(missing->simulated, "");
  EXPECT_EQ(CompareCalls(one, two)->simulated, "kubectl get Pod/q rc=0");
}

TEST(CompareCallsTest, ACutOffRecordSaysNothingOfWhatFollows) {
  const std::vector<Call> cut = Parsed("kubectl get pod p\n    rc=0\nkubectl get pod q\n").calls;
  const std::vector<Call> more =
      Parsed(
          "kubectl get pod p\n    rc=0\nkubectl get pod q\n    rc=0\nkubectl get pod r\n    rc=0\n")
          .calls;
  EXPECT_FALSE(CompareCalls(cut, more).has_value());
  EXPECT_TRUE(CompareCalls(more, cut).has_value());
  EXPECT_TRUE(CompareCalls(cut, {more[0]}).has_value());
}

TEST(CallRecorderTest, StepsAndAnswersBecomeCalls) {
  CallRecorder recorder;
  const kube::Ref pod{"Pod", "d", "p"};
  recorder.Add(ReadStep{GetObject{pod}}, Result<Observation>(Observation()));
  recorder.Add(ReadStep{PodLog{pod}}, Result<Observation>(Fail(ErrorCode::kUnavailable, "down")));
  Observation refused;
  refused.text.exit_code = 1;
  recorder.Add(ReadStep{GetText{"pod", {"p"}, "d", "", "name"}}, Result<Observation>(refused));
  recorder.Add(SayStep{"x\ty"}, Begin());
  recorder.Add(StartStep{Delete{{pod}, false}}, Result<OperationId>(7));
  recorder.Add(WaitStep{kNever}, Result<Event>(Event(DeadlineReached())));
  recorder.Add(WaitStep{kNever},
               Result<Event>(Event(OperationDone{7, Fail(ErrorCode::kNotFound, "gone")})));
  recorder.Add(StartStep{Delete{{pod}, true}}, Result<OperationId>(8));
  recorder.Add(WaitStep{kNever}, Result<Event>(Event(OperationDone{8, CommandResult()})));
  recorder.Add(StartStep{Delete{{pod}, true}},
               Result<OperationId>(Fail(ErrorCode::kUnavailable, "")));
  recorder.Add(StartStep{Delete{{pod}, true}}, Result<OperationId>(9));
  std::vector<std::optional<int>> codes;
  for (const Call& call : recorder.calls()) {
    codes.push_back(call.exit_code);
  }
  EXPECT_EQ(codes, (std::vector<std::optional<int>>{1, 1, 1, 1, 0, 1, std::nullopt}));
  EXPECT_EQ(recorder.calls()[3].verb, "delete");
}

TEST(RecordedTraceTest, FixturesAreReadWhole) {
  const RecordedTrace good =
      Parsed(ReadFile("fixtures/traces/04-retry-after-deleting-pod.kubectl.log"));
  EXPECT_EQ(good.command_line,
            "./migrate.sh -i my-release -s 2.1.4 -t 2.2.0 -w milvusdb/milvus:v2.2.0");
  EXPECT_EQ(good.calls.size(), 22U);
  EXPECT_EQ(CollapsePolls(good.calls).size(), 19U);
  const Call& config = good.calls.at(11);
  ASSERT_TRUE(config.input.has_value());
  EXPECT_NE(StringAt(config.input->at(0), {"data", "migration.yaml"}).find("type: run\n"),
            std::string::npos);
  EXPECT_EQ(good.calls.back().flags.at("output"), "jsonpath={.status.readyReplicas}");

  const RecordedTrace rolling =
      Parsed(ReadFile("fixtures/traces/06-rolling-cluster-2.3.0-to-2.3.11.kubectl.log"));
  EXPECT_FALSE(rolling.calls.back().exit_code.has_value());
  EXPECT_FALSE(rolling.calls.at(4).input.has_value());  // a pipeline: not recorded
  EXPECT_EQ(rolling.calls.at(4).exit_code, 0);
}

}  // namespace
}  // namespace rehearse::cluster
