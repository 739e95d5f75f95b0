// Goal: helm upgrade and rollback do to a release what real helm did: fixtures/traces/05 and 07.
// Method: the recorded commands in order, on the captured release; statuses, images, replicas,
// strategies and helm's words are compared with what was recorded.
#include <gtest/gtest.h>

#include "tests/model/charts/helm_world.h"

namespace rehearse::charts {
namespace {

using helm::Finish;
using helm::ValuesMode;

const char* const kMilvus = "Deployment/my-release-milvus-standalone";

Json Spec(const HelmTestWorld& world, const std::string& field) {
  return world.live.at(kMilvus)["spec"].value(field, Json());
}

void ExpectUpgrade(HelmTestWorld& world, const helm::UpgradeRequest& request, int revision) {
  const Finish finish = world.MustRun(request);
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  const std::string expected =
      "STATUS: deployed\nREVISION: " + std::to_string(revision) + "\nTEST SUITE: None\n";
  EXPECT_NE(finish.out.find(expected), std::string::npos) << finish.out;
}

// The rows of a recorded `helm history` without the times.
std::vector<std::string> RecordedHistory(const std::string& trace) {
  std::stringstream lines(helm::ReadFixture("traces/" + trace));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] < '0' || line[0] > '9' || line.find('\t') == std::string::npos) {
      continue;
    }
    std::vector<std::string> cells;
    std::stringstream columns(line);
    for (std::string cell; std::getline(columns, cell, '\t');) {
      cell.erase(cell.find_last_not_of(' ') + 1);
      cells.push_back(cell);
    }
    rows.push_back(cells[0] + " " + cells[2] + " " + cells[3] + " " + cells[4] + " " + cells[5]);
  }
  return rows;
}

TEST(HelmTraceTest, TheUpgradeChainOfTrace05) {
  HelmTestWorld world = HelmTestWorld::FromCapture("standalone-2.1.4-healthy");
  world.KubectlPatch(kMilvus,
                     R"({"spec":{"template":{"spec":{"containers":[{"name":"standalone",)"
                     R"("image":"milvusdb/milvus:v2.2.0"}]}}}})");
  const struct {
    const char* chart;
    ValuesMode mode;
    const char* set;
    const char* image;
  } kSteps[] = {{"3.2.18", ValuesMode::kResetThenReuse, "log.level=info", "v2.1.4"},
                {"4.0.31", ValuesMode::kResetThenReuse, "", "v2.2.13"},
                {"4.1.24", ValuesMode::kResetThenReuse, "", "v2.3.11"},
                {"4.1.34", ValuesMode::kResetThenReuse, "image.all.tag=v2.4.4", "v2.4.4"},
                {"4.2.20", ValuesMode::kResetThenReuse, "image.all.tag=null", "v2.4.16"}};
  int revision = 2;
  for (const auto& step : kSteps) {
    SCOPED_TRACE(step.chart);
    std::vector<std::string> sets;
    if (*step.set != '\0') {
      sets.emplace_back(step.set);
    }
    ExpectUpgrade(world, world.Upgrade(step.chart, step.mode, sets), revision++);
    EXPECT_EQ(world.Image(kMilvus), std::string("milvusdb/milvus:") + step.image);
    EXPECT_EQ(Spec(world, "replicas"), 1);
  }
  const std::size_t written = world.changes.size();
  const Finish reuse = world.MustRun(world.Upgrade("4.2.21", ValuesMode::kReuse));
  EXPECT_EQ(reuse.exit_code, 1);
  EXPECT_NE(reuse.err.find("resource mapping not found for name: \"my-release-kube-prometheus-"
                           "operator\" namespace: \"default\" from \"\": no matches for kind "
                           "\"ServiceMonitor\" in version \"monitoring.coreos.com/v1\"\nensure "
                           "CRDs are installed first"),
            std::string::npos)
      << reuse.err;
  EXPECT_EQ(world.changes.size(), written);
  ExpectUpgrade(world, world.Upgrade("4.2.21", ValuesMode::kResetThenReuse), revision++);
  ExpectUpgrade(world, world.Upgrade("4.2.30", ValuesMode::kResetThenReuse), revision++);
  EXPECT_EQ(world.Image(kMilvus), "milvusdb/milvus:v2.5.0-beta");
  ExpectUpgrade(world, world.Upgrade("5.0.19", ValuesMode::kResetThenReuse), revision++);
  ExpectUpgrade(world, world.Upgrade("5.0.19", ValuesMode::kNone), revision++);
  EXPECT_EQ(world.Image(kMilvus), "milvusdb/milvus:v2.6.15");
  EXPECT_EQ(world.History(), RecordedHistory("05-helm-upgrades.out"));
}

TEST(HelmTraceTest, DriftPendingRollbackAtomicAndImmutableOfTrace07) {
  HelmTestWorld world = HelmTestWorld::FromCapture("standalone-2.1.4-healthy");
  const auto same = [&] { return world.Upgrade("3.2.18", ValuesMode::kResetThenReuse); };
  world.KubectlPatch(kMilvus,
                     R"({"spec":{"minReadySeconds":30,"strategy":{"rollingUpdate":)"
                     R"({"maxSurge":"25%","maxUnavailable":"25%"},"type":"RollingUpdate"}}})");
  ExpectUpgrade(world, same(), 2);
  EXPECT_EQ(Dump(Spec(world, "strategy")), R"({"type":"Recreate"})");
  EXPECT_EQ(Spec(world, "minReadySeconds"), 30);

  world.KubectlPatch(kMilvus, R"({"spec":{"replicas":0}})");
  ExpectUpgrade(world, same(), 3);
  EXPECT_EQ(Spec(world, "replicas"), 1);
  EXPECT_EQ(Spec(world, "minReadySeconds"), 30);
  world.changes.clear();
  ExpectUpgrade(world, same(), 4);
  EXPECT_TRUE(world.changes.empty());

  world.ready = false;
  helm::UpgradeRequest waiting = world.Upgrade("4.0.31", ValuesMode::kResetThenReuse);
  waiting.wait = true;
  world.kill_after = 120;
  EXPECT_FALSE(world.Run(waiting).has_value());
  world.kill_after = -1;
  EXPECT_EQ(world.MustRun(waiting).err,
            "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress\n");
  EXPECT_EQ(world.MustRun(world.Rollback(4)).out, "Rollback was a success! Happy Helming!\n");
  EXPECT_EQ(world.Image(kMilvus), "milvusdb/milvus:v2.1.4");

  helm::UpgradeRequest atomic = world.Upgrade("4.0.31", ValuesMode::kResetThenReuse);
  atomic.atomic = true;
  atomic.timeout_ms = 5'000;
  EXPECT_EQ(world.MustRun(atomic).err,
            "Error: UPGRADE FAILED: an error occurred while rolling back the release. original "
            "upgrade error: context deadline exceeded: release my-release failed: context deadline "
            "exceeded\n");
  EXPECT_EQ(world.Image(kMilvus), "milvusdb/milvus:v2.1.4");

  helm::UpgradeRequest resize = same();
  resize.sets = {"etcd.persistence.size=20Gi"};
  const Finish resized = world.MustRun(resize);
  EXPECT_EQ(resized.err.rfind("Error: UPGRADE FAILED: cannot patch \"my-release-etcd\" with kind "
                              "StatefulSet: StatefulSet.apps \"my-release-etcd\" is invalid: spec: "
                              "Forbidden: updates to statefulset spec for fields other than",
                              0),
            0U)
      << resized.err;
  const std::vector<std::string> recorded = RecordedHistory("07-helm-semantics.out");
  const std::vector<std::string> history = world.History();
  for (const std::string& row : recorded) {
    const bool then = row.find(" deployed ") != std::string::npos && row[0] == '6';
    EXPECT_TRUE(then || std::find(history.begin(), history.end(), row) != history.end()) << row;
  }
  EXPECT_EQ(world.releases.at(6).status, helm::ReleaseStatus::kDeployed);
}

}  // namespace
}  // namespace rehearse::charts
