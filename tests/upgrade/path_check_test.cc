// Goal: a path written by hand is judged as the planner would judge its own; a file that is none is
//       told so with file, place and what was expected.
// Method: the walked paths of fixtures/, commands of the documentation taken literally, files with
//         one mistake each, and random paths over the catalog against the planner's own cost.
#include "upgrade/path_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/upgrade/situations.h"

namespace rehearse::upgrade {
namespace {

using result::HopVerdict;
using result::PathCheck;
using tests::Charts;
using tests::Healthy;
using tests::PulsarCluster;

Result<PathCheck> Judged(const cluster::Situation& situation, const std::string& yaml) {
  const auto path = ParseWrittenPath(yaml, "path.yaml");
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto facts = app::FactsFor(situation, Charts());
  EXPECT_TRUE(facts);
  return CheckPath(*facts, *path);
}

PathCheck CheckOf(const cluster::Situation& situation, const std::string& yaml) {
  auto check = Judged(situation, yaml);
  EXPECT_TRUE(check) << check.error().message;
  return check ? *std::move(check) : PathCheck();
}

std::string Rules(const result::CheckedHop& hop) {
  std::string text;
  for (const result::Refused& refused : hop.refused) {
    text += refused.rule + " ";
  }
  return text;
}

bool Refuses(const result::CheckedHop& hop, std::string_view rule) {
  return std::ranges::any_of(hop.refused,
                             [&](const result::Refused& refused) { return refused.rule == rule; });
}

std::string FixturePath(const std::string& name) {
  return app::ReadFile(tests::Fixture("paths/" + name)).value();
}

TEST(PathCheckTest, TheWalkedPathsAreAccepted) {
  const std::vector<std::pair<cluster::Situation, std::string>> walks = {
      {Healthy(), "standalone-rocksmq.yaml"}, {PulsarCluster(), "cluster-pulsar.yaml"}};
  for (const auto& [situation, name] : walks) {
    const PathCheck check = CheckOf(situation, FixturePath(name));
    for (const result::CheckedHop& hop : check.hops) {
      EXPECT_EQ(hop.verdict, HopVerdict::kAccepted) << name << " " << hop.id << " " << Rules(hop);
    }
    EXPECT_EQ(result::ExitCodeOf(VerdictOf(check)), 0);
    ASSERT_TRUE(check.own_cost) << check.own_refusal;
    EXPECT_LE(*check.own_cost, check.cost) << name;
  }
}

// The documentation's command with nothing else, as it was measured: eight workloads, five of them
// of a Pulsar that nobody asked for, a MinIO that cannot read its data, 2.6.15 on metadata of 2.1.
TEST(PathCheckTest, TheBareCommandIsPredictedAsMeasuredAndRefused) {
  const PathCheck check = CheckOf(Healthy(), "hops: [{procedure: helm-upgrade}]");
  ASSERT_EQ(check.hops.size(), 1U);
  const result::CheckedHop& hop = check.hops[0];
  EXPECT_EQ(hop.verdict, HopVerdict::kRefused);
  EXPECT_EQ(hop.to_chart, "5.0.19");
  EXPECT_EQ(hop.to_app, "2.6.15");
  for (const char* rule :
       {"named-version", "metadata-first", "minio-fs", "pulsar-flags", "one-minor"}) {
    EXPECT_TRUE(Refuses(hop, rule)) << rule << " is not among " << Rules(hop);
  }
  ASSERT_TRUE(hop.prediction);
  EXPECT_EQ(hop.prediction->message_queues, (std::vector<std::string>{"pulsar", "rocksmq"}));
  std::map<std::string, std::string> images;
  std::int64_t pulsar = 0;
  for (const result::PredictedWorkload& workload : hop.prediction->workloads) {
    ASSERT_FALSE(workload.images.empty()) << workload.name;
    images[workload.name] = workload.images.front();
    pulsar += workload.name.find("-pulsarv3-") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(images.size(), 8U);
  EXPECT_EQ(pulsar, 5);
  EXPECT_EQ(images["Deployment/my-release-milvus-standalone"], "milvusdb/milvus:v2.6.15");
  EXPECT_NE(images["Deployment/my-release-minio"].find(":RELEASE.2024-12-18"), std::string::npos)
      << images["Deployment/my-release-minio"];
  EXPECT_EQ(result::ExitCodeOf(VerdictOf(check)), 3);
}

TEST(PathCheckTest, APathThatLeavesHelmBehindIsRefusedAtItsEnd) {
  const PathCheck check =
      CheckOf(Healthy(), "hops: [{procedure: metadata-migration, app: 2.2.16}]");
  EXPECT_TRUE(Refuses(check.hops.at(0), "ends-agreed"));
}

TEST(PathCheckTest, HopsBehindARefusedOneAreJudgedToo) {
  const PathCheck check = CheckOf(Healthy(),
                                  "hops:\n"
                                  "  - {procedure: helm-upgrade, chart: 4.0.34, values: reuse}\n"
                                  "  - {procedure: helm-rollback, chart: 3.2.18, app: 2.1.4}\n"
                                  "  - {procedure: rollingUpdate.sh, app: 2.5.12}\n");
  ASSERT_EQ(check.hops.size(), 3U);
  EXPECT_TRUE(Refuses(check.hops[0], "values-mode"));
  EXPECT_TRUE(Refuses(check.hops[0], "renders")) << "helm itself fails: a value is missing";
  EXPECT_TRUE(Refuses(check.hops[1], "helm-rollback"));
  EXPECT_TRUE(Refuses(check.hops[2], "rolling-rocksmq"));
}

TEST(PathCheckTest, AHopOfAChartThatIsNotKnownIsRefusedOrUnknown) {
  const PathCheck check = CheckOf(
      Healthy(), "hops: [{procedure: helm-upgrade, chart: 4.0.18, set: [image.all.tag=v2.2.3]}]");
  EXPECT_TRUE(Refuses(check.hops.at(0), "published"));
}

TEST(PathCheckTest, TheIncidentForbidsEveryStep) {
  const PathCheck check = CheckOf(tests::Incident(), FixturePath("standalone-rocksmq.yaml"));
  ASSERT_FALSE(check.situation.empty());
  EXPECT_EQ(check.situation[0].rule, "metadata-cleaned");
  EXPECT_EQ(VerdictOf(check), HopVerdict::kRefused);
}

TEST(PathCheckTest, MistakesInTheFileAreNamedWithTheirPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "path.yaml: expected one document with a list 'hops'"},
      {"hops: []", "path.yaml: hops: expected a list of at least one hop"},
      {"hop: []", "path.yaml: unknown key 'hop' (expected from, hops)"},
      {"hops: [3]", "path.yaml: hops[0]: expected a mapping with a procedure, found 3"},
      {"hops: [{procedure: pray}]",
       "path.yaml: hops[0].procedure: expected one of helm-upgrade, metadata-migration, "
       "rolling-update, migrate.sh, migrate.sh-rollback, rollingUpdate.sh, helm-rollback, found "
       "\"pray\""},
      {"hops: [{procedure: helm-upgrade, versoin: 4.0.34}]",
       "path.yaml: hops[0]: unknown key 'versoin' (expected procedure, chart, repository, values, "
       "set, app, restarted)"},
      {"hops: [{procedure: helm-upgrade, chart: latest}]",
       "path.yaml: hops[0].chart: expected a version X.Y.Z, found \"latest\""},
      {"hops: [{procedure: helm-upgrade, values: keep}]",
       "path.yaml: hops[0].values: expected none, reuse, reset or reset-then-reuse, found "
       "\"keep\""},
      {"hops: [{procedure: helm-upgrade, set: a=b}]",
       "path.yaml: hops[0].set: expected a list of KEY=VALUE, found \"a=b\""},
      {"hops: [{procedure: metadata-migration}]",
       "path.yaml: hops[0]: expected key 'app' for metadata-migration"},
      {"from: {chart: 4.0.0}\nhops: [{procedure: helm-upgrade}]",
       "path.yaml: from.chart: the path begins at 4.0.0, the release is at 3.2.18"},
      {"hops: [{procedure: metadata-migration, chart: 4.0.0, app: 2.2.16}]",
       "path.yaml: hops[0].chart: metadata-migration leaves the chart, which is 3.2.18 here; found "
       "4.0.0"},
      {"hops: [{procedure: helm-upgrade, chart: 4.0.34, app: 2.2.16}]",
       "path.yaml: hops[0].app: the path expects Milvus 2.2.16, these values run 2.2.14"},
  };
  for (const auto& [yaml, message] : cases) {
    const auto check = Judged(Healthy(), yaml);
    ASSERT_FALSE(check) << yaml;
    EXPECT_EQ(check.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(check.error().message, message);
  }
}

// Whatever stops somebody chooses: if no rule minds, the planner does not do worse.
TEST(PathCheckTest, NoAcceptedPathIsCheaperThanThePlanners) {
  std::mt19937 random(7);  // fixed: the same paths every time
  std::vector<const charts::ChartInfo*> published;
  for (const charts::ChartInfo& chart : Charts().charts()) {
    if (chart.published && ParseVersion("4.1.0").value() < chart.version) {
      published.push_back(&chart);
    }
  }
  const cluster::Situation situation = PulsarCluster();
  const std::string flags = "pulsar.enabled=true, pulsarv3.enabled=false";
  const std::string mix =
      ", mixCoordinator.enabled=true, rootCoordinator.enabled=false, "
      "dataCoordinator.enabled=false, queryCoordinator.enabled=false, "
      "indexCoordinator.enabled=false";
  int accepted = 0;
  for (int round = 0; round < 15; ++round) {
    std::vector<std::size_t> stops;
    std::uniform_int_distribution<std::size_t> any(0, published.size() - 1);
    for (int i = 0; i < 1 + round % 3; ++i) {
      stops.push_back(any(random));
    }
    std::ranges::sort(stops);
    std::string yaml = "hops:\n";
    for (const std::size_t stop : stops) {
      const charts::ChartInfo& chart = *published[stop];
      const bool mixed = !(chart.version < ParseVersion("4.2.4").value());
      yaml += "  - {procedure: helm-upgrade, chart: " + chart.version.ToString() +
              ", set: [image.all.tag=" + chart.image_tag + ", " + flags + (mixed ? mix : "") +
              "]}\n";
    }
    const auto check = Judged(situation, yaml);
    if (!check || VerdictOf(*check) != HopVerdict::kAccepted) {
      continue;
    }
    ++accepted;
    ASSERT_TRUE(check->own_cost) << yaml << check->own_refusal;
    EXPECT_LE(*check->own_cost, check->cost) << yaml;
  }
  EXPECT_GE(accepted, 1) << "a test of nothing";
}

}  // namespace
}  // namespace rehearse::upgrade
