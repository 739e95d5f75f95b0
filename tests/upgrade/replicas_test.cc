// Goal:   a Milvus Deployment at 0 gets back the number of pods that was meant for it.
// Source: upgrade/replicas.h; ../scenarios/regressions/executor-run-anew-after-scale.yaml
#include "upgrade/replicas.h"

#include "tests/upgrade/situations.h"

namespace rehearse::tests {
namespace {

constexpr const char* kKey = "Deployment/default/my-release-milvus-standalone";

// At 0, with these annotations beside those that it has.
cluster::Situation Stopped(const std::map<std::string, std::string>& annotations) {
  return WithObject(Healthy(), kKey, [&](Json& document) {
    document["spec"]["replicas"] = 0;
    for (const auto& [name, value] : annotations) {
      document["metadata"]["annotations"][name] = value;
    }
  });
}

cluster::Situation WithManifestReplicas(cluster::Situation situation, const std::string& number) {
  return WithRecord(std::move(situation), [&](helm::ReleaseRecord& record) {
    std::string text = helm::ManifestText(record);
    const std::string name = "  name: my-release-milvus-standalone\n";
    const std::size_t replicas = text.find("\n  replicas: ", text.rfind(name));
    ASSERT_NE(replicas, std::string::npos);
    const std::size_t value = replicas + std::string_view("\n  replicas: ").size();
    text.replace(value, text.find('\n', value) - value, number);
    record.manifest = std::make_shared<const std::string>(text);
    record.objects = nullptr;
  });
}

std::int64_t PlannedFor(const cluster::Situation& situation) {
  return PlanTo(situation, "2.2.16").hops.front().metadata->deployments.front().replicas;
}

TEST(ReplicasTest, OnlyAMarkThatIsANumberAboveZeroCounts) {
  const std::vector<std::pair<std::string, std::optional<std::int64_t>>> marks = {
      {"2", 2},
      {"12", 12},
      {"0", std::nullopt},
      {"-1", std::nullopt},
      {"", std::nullopt},
      {"2x", std::nullopt},
      {"many", std::nullopt}};
  for (const auto& [text, number] : marks) {
    const auto situation = Stopped({{std::string(upgrade::kReplicasMark), text}});
    EXPECT_EQ(upgrade::MarkedReplicas(*situation.objects.Find(kKey)), number) << text;
  }
  EXPECT_EQ(upgrade::MarkedReplicas(*Healthy().objects.Find(kKey)), std::nullopt);
}

TEST(ReplicasTest, OfAStoppedDeploymentTheMarkCountsThenTheManifest) {
  const std::string mark(upgrade::kReplicasMark);
  EXPECT_EQ(PlannedFor(Stopped({})), 1);
  EXPECT_EQ(PlannedFor(WithManifestReplicas(Stopped({}), "3")), 3);
  EXPECT_EQ(PlannedFor(WithManifestReplicas(Stopped({{mark, "2"}}), "3")), 2);
  EXPECT_EQ(PlannedFor(WithManifestReplicas(Stopped({}), "0")), 1);
}

TEST(ReplicasTest, OfOneThatRunsOnlyItsOwnNumberCounts) {
  const auto marked = WithObject(Healthy(), kKey, [](Json& document) {
    document["metadata"]["annotations"][std::string(upgrade::kReplicasMark)] = "5";
  });
  EXPECT_EQ(PlannedFor(marked), 1);
}

}  // namespace
}  // namespace rehearse::tests
