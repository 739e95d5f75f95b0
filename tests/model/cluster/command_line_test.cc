// Goal:   actions and reads as command lines: right words, safe to copy into a shell.
// Method: one example of each action and query; quoting checked by splitting the line again.
#include "model/cluster/command_line.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/cluster/recorded_trace.h"

namespace rehearse::cluster {
namespace {

const kube::Ref kDeployment{"Deployment", "ns", "rel"};
const kube::Ref kConfig{"ConfigMap", "ns", "cfg"};

std::string LineOf(const Action& action) { return Line(CommandOf(action)); }
std::string LineOf(const Query& query) { return Line(CommandOf(query)); }

HelmUpgrade Upgrade(const std::string& chart, const std::string& version) {
  HelmUpgrade upgrade;
  upgrade.release = "rel";
  upgrade.ns = "ns";
  upgrade.chart = chart;
  upgrade.version = version;
  return upgrade;
}

TEST(CommandLineTest, KubectlActions) {
  EXPECT_EQ(LineOf(Action(Apply{"ns", "kind: X\n"})), "kubectl apply -n ns -f -");
  EXPECT_EQ(CommandOf(Action(Apply{"ns", "kind: X\n"})).input, "kind: X\n");
  EXPECT_EQ(LineOf(Action(Patch{kDeployment, R"({"a":"b c"})"})),
            R"(kubectl patch deployment rel -n ns -p '{"a":"b c"}')");
  EXPECT_EQ(LineOf(Action(Scale{{kDeployment, {"Deployment", "ns", "b"}}, 0})),
            "kubectl scale deployment rel b -n ns --replicas=0");
  EXPECT_EQ(LineOf(Action(Annotate{kConfig, "backup", "succeed", false})),
            "kubectl annotate configmap cfg -n ns backup=succeed");
  EXPECT_EQ(LineOf(Action(Annotate{kConfig, "backup", "it's", true})),
            R"(kubectl annotate configmap cfg -n ns 'backup=it'\''s' --overwrite)");
  EXPECT_EQ(LineOf(Action(Delete{{{"Pod", "ns", "p"}}, true})),
            "kubectl delete pod p -n ns --ignore-not-found");
  EXPECT_EQ(LineOf(Action(Delete{{{"Pod", "ns", "p"}, kConfig}, false})),
            "kubectl delete pod/p configmap/cfg -n ns");
}

TEST(CommandLineTest, HelmActions) {
  HelmUpgrade upgrade = Upgrade("zilliztech/milvus", "4.0.34");
  upgrade.sets = {"image.all.tag=v2.2.16", "a={x,y}"};
  EXPECT_EQ(LineOf(Action(upgrade)),
            "helm upgrade rel zilliztech/milvus -n ns --version 4.0.34 --reset-then-reuse-values "
            "--set image.all.tag=v2.2.16 --set 'a={x,y}'");
  upgrade.wait = true;
  upgrade.atomic = true;
  upgrade.timeout_ms = 90'500;
  upgrade.values = helm::ValuesMode::kNone;
  upgrade.sets.clear();
  upgrade.version.clear();
  EXPECT_EQ(LineOf(Action(upgrade)),
            "helm upgrade rel zilliztech/milvus -n ns --wait --atomic --timeout 90500ms");
  EXPECT_EQ(LineOf(Action(HelmRollback{"rel", "ns", 3})), "helm rollback rel 3 -n ns");
}

TEST(CommandLineTest, Queries) {
  EXPECT_EQ(LineOf(Query(GetObject{kDeployment})), "kubectl get deployment rel -n ns -o json");
  EXPECT_EQ(LineOf(Query(GetObject{{"StorageClass", "", "s"}})),
            "kubectl get storageclass s -o json");
  EXPECT_EQ(LineOf(Query(ListObjects{"Pod", "ns", "a=b,c=d"})),
            "kubectl get pod -n ns -l a=b,c=d -o json");
  EXPECT_EQ(LineOf(Query(GetText{"svc", {"a", "b"}, "ns", "", "jsonpath={.x}"})),
            "kubectl get svc a b -n ns -o 'jsonpath={.x}'");
  EXPECT_EQ(LineOf(Query(GetText{"pod", {}, "ns", "", ""})), "kubectl get pod -n ns");
  EXPECT_EQ(LineOf(Query(RolloutStatus{kDeployment, true})),
            "kubectl rollout status deployment rel -n ns --watch=true");
  EXPECT_EQ(LineOf(Query(GetReleases{"rel", "ns"})), "helm history rel -n ns -o json");
  EXPECT_EQ(LineOf(Query(EtcdRange{"by-dev/meta/"})), "etcdctl get --prefix by-dev/meta/ -w json");
  EXPECT_EQ(LineOf(Query(EtcdRange{""})), "etcdctl get --prefix '' -w json");
  EXPECT_EQ(LineOf(Query(PodLog{{"Pod", "ns", "p"}})), "kubectl logs p -n ns");
  EXPECT_EQ(LineOf(Query(PodFile{{"Pod", "ns", "p"}, "/milvus/data/migration.bak"})),
            "kubectl exec p -n ns -- cat /milvus/data/migration.bak");
}

TEST(CommandLineTest, InputBecomesAHereDocument) {
  EXPECT_EQ(Shell(CommandOf(Action(Apply{"ns", "kind: X"}))),
            "kubectl apply -n ns -f - <<'EOF'\nkind: X\nEOF\n");
  EXPECT_EQ(Shell(CommandOf(Action(Apply{"ns", "a: |\nEOF\n"}))),
            "kubectl apply -n ns -f - <<'EOF_'\na: |\nEOF\nEOF_\n");
  EXPECT_EQ(Shell(CommandOf(Query(PodLog{{"Pod", "ns", "p"}}))), "kubectl logs p -n ns");
}

TEST(CommandLineTest, LinesAreFlat) {
  EXPECT_EQ(LineOf(Action(Patch{kDeployment, "{\n}"})),
            "kubectl patch deployment rel -n ns -p '{ }'");
}

TEST(CommandLineTest, DescriptionsHaveNoValues) {
  EXPECT_EQ(Describe(Action(Apply{"ns", "kind: Pod\nmetadata: {name: p}\n---\nkind: X\n"})),
            "apply Pod/p and X/");
  EXPECT_EQ(Describe(Action(Apply{"ns", "a: ["})), "apply a manifest");
  EXPECT_EQ(Describe(Action(Scale{{kDeployment}, 0})), "scale Deployment/rel to 0");
  EXPECT_EQ(Describe(Action(Annotate{kConfig, "k", "secret", false})),
            "annotate ConfigMap/cfg with k");
  EXPECT_EQ(Describe(Action(Delete{{kDeployment, kConfig, kConfig}, false})),
            "delete Deployment/rel, ConfigMap/cfg and ConfigMap/cfg");
  EXPECT_EQ(Describe(Action(Upgrade("c/m", "1.0.0"))), "helm upgrade rel to c/m 1.0.0");
  EXPECT_EQ(Describe(Action(HelmRollback{"r", "ns", 2})), "helm rollback r to revision 2");
  EXPECT_EQ(Describe(Query(GetText{"deploy", {"x"}, "ns", "", "name"})), "read Deployment/x");
  EXPECT_EQ(Describe(Query(GetText{"svc", {}, "ns", "", "name"})), "list Service");
  EXPECT_EQ(Describe(Query(EtcdRange{""})), "read etcd keys");
}

RC_GTEST_PROP(CommandLineProps, aShellSplitsTheLineBackIntoTheWords, ()) {
  const auto word = rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("ab1'\"\\$`!*?[]{}()<>|&;~# \t=,./-")));
  const auto words = *rc::gen::container<std::vector<std::string>>(word);
  const Result<std::vector<std::string>> split = SplitWords(Shell({words, ""}), "test");
  RC_ASSERT(split.has_value());
  RC_ASSERT(*split == words);
}

}  // namespace
}  // namespace rehearse::cluster
