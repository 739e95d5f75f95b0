// Goal: the laws of Kubernetes' controllers (KUBE-02 to KUBE-10). Method: small objects written as
// manifests, the controllers run to rest, pods made ready or removed by hand between.
#include "model/kube/machine.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/kube/codec.h"

namespace rehearse::kube {
namespace {

Object Parse(const std::string& yaml) {
  return FromJson(ParseYaml(yaml, "test").value().at(0), "test").value();
}

Objects With(Objects objects, const Object& object) {
  return objects.Set(object.ref.Key(), object);
}

std::string DeploymentYaml(const std::string& strategy, int replicas, const std::string& image) {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: n}\n"
         "spec:\n  replicas: " +
         std::to_string(replicas) + "\n  strategy: " + strategy +
         "\n  selector: {matchLabels: {app: d}}\n"
         "  template:\n    metadata: {labels: {app: d}}\n"
         "    spec: {containers: [{name: c, image: '" +
         image + "'}]}\n";
}

const std::string kNode = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n";

std::vector<ObjectPtr> Pods(const Objects& objects) { return List(objects, "Pod", "n"); }

Objects MakeReady(Objects objects) {
  for (const ObjectPtr& pod : Pods(objects)) {
    Object next = *pod;
    auto& body = std::get<Pod>(next.body);
    body.phase = PodPhase::kRunning;
    body.ready = body.available = !next.terminating;
    objects = With(objects, next);
  }
  return objects;
}

Objects DropTerminating(Objects objects) {
  for (const ObjectPtr& pod : Pods(objects)) {
    objects = pod->terminating ? objects.Erase(pod->ref.Key()) : objects;
  }
  return objects;
}

Objects Update(const Objects& objects, const std::string& yaml) {
  Object next = Parse(yaml);
  const Object& live = *objects.Find(next.ref.Key());
  next.generation = live.generation + 1;
  std::get<Deployment>(next.body).status = std::get<Deployment>(live.body).status;
  return With(objects, next);
}

const WorkloadStatus& StatusOf(const Objects& objects) {
  return std::get<Deployment>(objects.Find("Deployment/n/d")->body).status;
}

TEST(DeploymentTest, MakesASetAndItsPodsAndReportsTheGeneration) {
  Objects objects =
      With(With({}, Parse(kNode)), Parse(DeploymentYaml("{type: Recreate}", 2, "i:1")));
  objects = Reconcile(objects).objects;
  ASSERT_EQ(Pods(objects).size(), 2U);
  EXPECT_EQ(As<Pod>(Pods(objects)[0])->node, "n1");
  EXPECT_EQ(StatusOf(objects).ready, 0);
  objects = Reconcile(MakeReady(objects)).objects;
  EXPECT_EQ(StatusOf(objects).ready, 2);
  EXPECT_EQ(StatusOf(objects).observed_generation, 1);
  EXPECT_FALSE(Reconcile(objects).changed);
}

TEST(DeploymentTest, RecreateMakesNoNewPodWhileAnOldOneTerminates) {  // KUBE-02
  Objects objects =
      With(With({}, Parse(kNode)), Parse(DeploymentYaml("{type: Recreate}", 1, "i:1")));
  objects = Reconcile(MakeReady(Reconcile(objects).objects)).objects;
  objects = Reconcile(Update(objects, DeploymentYaml("{type: Recreate}", 1, "i:2"))).objects;
  ASSERT_EQ(Pods(objects).size(), 1U);
  EXPECT_TRUE(Pods(objects)[0]->terminating);
  EXPECT_EQ(StatusOf(objects).replicas, 0);  // it no longer counts, though it runs
  objects = Reconcile(DropTerminating(objects)).objects;
  ASSERT_EQ(Pods(objects).size(), 1U);
  EXPECT_EQ(As<Pod>(Pods(objects)[0])->pod_template->containers[0].image, "i:2");
}

TEST(DeploymentTest, ScaledToZeroItHasNoPodsAndKeepsItsSet) {
  Objects objects =
      With(With({}, Parse(kNode)), Parse(DeploymentYaml("{type: Recreate}", 1, "i:1")));
  objects = Reconcile(MakeReady(Reconcile(objects).objects)).objects;
  objects = Reconcile(Update(objects, DeploymentYaml("{type: Recreate}", 0, "i:1"))).objects;
  objects = Reconcile(DropTerminating(objects)).objects;
  EXPECT_TRUE(Pods(objects).empty());
  EXPECT_EQ(List(objects, "ReplicaSet", "n").size(), 1U);
}

RC_GTEST_PROP(DeploymentProps, aRollingUpdateStaysWithinItsBoundsAndEnds, ()) {  // KUBE-03
  const int replicas = *rc::gen::inRange(1, 7);
  const int surge = *rc::gen::inRange(0, 4);
  const int unavailable = *rc::gen::inRange(surge == 0 ? 1 : 0, 4);
  const std::string strategy =
      "{type: RollingUpdate, rollingUpdate: {maxSurge: " + std::to_string(surge) +
      ", maxUnavailable: " + std::to_string(unavailable) + "}}";
  Objects objects = With(With({}, Parse(kNode)), Parse(DeploymentYaml(strategy, replicas, "i:1")));
  objects = Reconcile(MakeReady(Reconcile(objects).objects)).objects;
  objects = Update(objects, DeploymentYaml(strategy, replicas, "i:2"));
  for (int round = 0; round < 60; ++round) {
    objects = Reconcile(objects).objects;
    std::int64_t active = 0;
    std::int64_t available = 0;
    for (const ObjectPtr& pod : Pods(objects)) {
      active += IsActive(*pod, *As<Pod>(pod)) ? 1 : 0;
      available += !pod->terminating && As<Pod>(pod)->available ? 1 : 0;
    }
    RC_ASSERT(active <= replicas + surge);
    RC_ASSERT(available >= replicas - unavailable);
    if (*rc::gen::arbitrary<bool>()) {
      objects = DropTerminating(objects);
    }
    if (*rc::gen::arbitrary<bool>() || round > 30) {
      objects = MakeReady(objects);
    }
  }
  objects = Reconcile(objects).objects;
  RC_ASSERT(StatusOf(objects).updated == replicas);
  RC_ASSERT(StatusOf(objects).available == replicas);
}

TEST(StatefulSetTest, ReplacesItsPodsOneByOneFromTheLast) {  // KUBE-06, KUBE-07
  const auto yaml = [](const char* image) {
    return std::string(
               "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s, namespace: n}\n"
               "spec:\n  replicas: 2\n  podManagementPolicy: Parallel\n"
               "  selector: {matchLabels: {app: s}}\n"
               "  template:\n    metadata: {labels: {app: s}}\n"
               "    spec: {containers: [{name: c, image: '") +
           image + "'}]}\n";
  };
  Objects objects = With(With({}, Parse(kNode)), Parse(yaml("i:1")));
  objects = Reconcile(MakeReady(Reconcile(objects).objects)).objects;
  ASSERT_EQ(Pods(objects).size(), 2U);
  Object next = Parse(yaml("i:2"));
  next.generation = 2;
  objects = Reconcile(With(objects, next)).objects;
  EXPECT_FALSE(Pods(objects)[0]->terminating);
  EXPECT_TRUE(Pods(objects)[1]->terminating);
  objects = Reconcile(DropTerminating(objects)).objects;
  EXPECT_FALSE(Pods(objects)[0]->terminating) << "the new pod is not ready yet";
  objects = Reconcile(MakeReady(objects)).objects;
  EXPECT_TRUE(Pods(objects)[0]->terminating);
}

TEST(ClaimTest, BindsToAFreeVolumeOfItsClassThatIsLargeEnough) {  // KUBE-08
  const std::string sc =
      "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: standard, annotations: "
      "{storageclass.kubernetes.io/is-default-class: 'true'}}\n"
      "provisioner: kubernetes.io/no-provisioner\n";
  const auto pv = [](const char* name, const char* size) {
    return std::string("apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: ") + name +
           "}\nspec: {storageClassName: standard, capacity: {storage: " + size +
           "}}\nstatus: {phase: Available}\n";
  };
  const auto claim = [](const char* name) {
    return std::string(
               "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {namespace: n, "
               "name: ") +
           name + "}\nspec: {resources: {requests: {storage: 10Gi}}}\n";
  };
  Objects objects;
  for (const std::string& yaml : {sc, pv("a", "5Gi"), pv("b", "20Gi"), claim("c1"), claim("c2")}) {
    objects = With(objects, Parse(yaml));
  }
  objects = Reconcile(objects).objects;
  EXPECT_EQ(As<Claim>(objects.FindShared("PersistentVolumeClaim/n/c1"))->volume, "b");
  EXPECT_FALSE(As<Claim>(objects.FindShared("PersistentVolumeClaim/n/c2"))->bound);
}

TEST(DeleteTest, AFinishedPodIsGoneAtOnce) {  // KUBE-30
  Objects objects =
      With(With({}, Parse(kNode)), Parse(DeploymentYaml("{type: Recreate}", 1, "i:1")));
  objects = Reconcile(objects).objects;
  const Ref ref = Pods(objects)[0]->ref;
  for (const PodPhase phase : {PodPhase::kSucceeded, PodPhase::kFailed}) {
    Object pod = *Pods(objects)[0];
    std::get<Pod>(pod.body).phase = phase;
    EXPECT_EQ(MarkDeleted(With(objects, pod), ref).Find(ref.Key()), nullptr);
  }
  EXPECT_NE(MarkDeleted(objects, ref).Find(ref.Key()), nullptr);
}

TEST(DeleteTest, OwnedObjectsFollowTheirOwner) {  // KUBE-10
  Objects objects =
      With(With({}, Parse(kNode)), Parse(DeploymentYaml("{type: Recreate}", 1, "i:1")));
  objects = Reconcile(objects).objects;
  objects = MarkDeleted(objects, Ref{"Deployment", "n", "d"});
  EXPECT_TRUE(List(objects, "ReplicaSet", "n").empty());
  EXPECT_TRUE(Pods(objects)[0]->terminating);
  EXPECT_FALSE(Reconcile(DropTerminating(objects)).changed);
}

TEST(QuantityTest, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(ParseQuantity("10Gi"), std::int64_t{10} << 30U);
  EXPECT_EQ(ParseQuantity("500M"), 500'000'000);
  EXPECT_EQ(ParseQuantity("x"), 0);
}

TEST(SelectorTest, TakesPairsAndRefusesOtherOperators) {
  EXPECT_EQ(ParseSelector("a=b,c==d").value(), (Labels{{"a", "b"}, {"c", "d"}}));
  EXPECT_FALSE(ParseSelector("a!=b"));
  EXPECT_FALSE(ParseSelector("a"));
}

}  // namespace
}  // namespace rehearse::kube
