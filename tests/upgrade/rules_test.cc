// Goal: every rule speaks where it must and is silent where it must not; without the rule the test
//       of its row fails.
// Method: one row a rule: a survey and a step that no rule minds, and the one change that it minds.
#include "upgrade/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tests/upgrade/situations.h"
#include "upgrade/search.h"

namespace rehearse::upgrade {
namespace {

using tests::Charts;

Version V(const char* text) { return ParseVersion(text).value(); }

// A survey with a step from it; the situation stays beside what points into it.
struct Scene {
  cluster::Situation situation;
  Survey survey;
  Candidate step;
  std::vector<ToolOutcome> tools;
};

std::vector<result::Refused> Refusals(const Scene& scene) {
  const RuleInput input{scene.survey, Charts(), scene.tools, scene.step};
  auto refusals = RuleBook{}.AllRefusals(SituationRules(), input);
  for (result::Refused& refused : RuleBook{}.AllRefusals(StepRules(), input)) {
    refusals.push_back(std::move(refused));
  }
  return refusals;
}

std::string Names(const std::vector<result::Refused>& refusals) {
  std::string names;
  for (const result::Refused& refused : refusals) {
    names += refused.rule + " ";
  }
  return names;
}

std::shared_ptr<Scene> SceneOf(cluster::Situation situation) {
  auto scene = std::make_shared<Scene>();
  scene->situation = std::move(situation);
  scene->survey = SurveyOf(scene->situation).value();
  return scene;
}

Target To(const char* chart, const char* app) {
  return Target{.chart = V(chart), .app = V(app), .image_set = false, .asked = app, .notes = {}};
}

// From converted metadata, by helm, to a chart.
std::shared_ptr<Scene> Upgrade(cluster::Situation situation, const char* chart, const char* app) {
  auto scene = SceneOf(std::move(situation));
  const Target target = To(chart, app);
  const RuleBook book;
  const PlanningInput input{scene->survey, Charts(), scene->tools, book, target};
  Station from = StartOf(scene->survey);
  if (from.metadata == MetadataGeneration::kV21) {
    from.metadata = MetadataGeneration::kV22;
    from.app = V("2.2.16");
  }
  scene->step = HelmStep(input, from, target.chart, target.app);
  return scene;
}

std::shared_ptr<Scene> Standalone() { return Upgrade(tests::Healthy(), "4.0.34", "2.2.16"); }
std::shared_ptr<Scene> Cluster() { return Upgrade(tests::PulsarCluster(), "4.1.36", "2.4.5"); }

std::shared_ptr<Scene> Migration() {
  auto scene = SceneOf(tests::Healthy());
  const Target target = To("4.0.34", "2.2.16");
  const RuleBook book;
  scene->tools = {{std::string(kToolImages[0]), true, false, ""},
                  {std::string(kToolImages[1]), false, true, "panic: x"}};
  const PlanningInput input{scene->survey, Charts(), scene->tools, book, target};
  scene->step = MigrationStep(input, StartOf(scene->survey));
  return scene;
}

// The image alone, component by component, on a cluster whose coordinators have a standby.
std::shared_ptr<Scene> Rolling() {
  auto scene = SceneOf(tests::PulsarCluster());
  scene->survey.standby = true;
  const Target target = To("4.1.0", "2.3.11");
  const RuleBook book;
  const PlanningInput input{scene->survey, Charts(), scene->tools, book, target};
  scene->step = RollingStep(input, StartOf(scene->survey), target.app);
  return scene;
}

// A step towards 2.6 from 2.5.16 of the standalone.
std::shared_ptr<Scene> To26() {
  auto scene = Upgrade(tests::Healthy(), "5.0.0", "2.6.0");
  scene->step.from.chart = V("4.2.58");
  scene->step.from.app = V("2.5.16");
  return scene;
}

struct Row {
  const char* rule;
  std::shared_ptr<Scene> (*scene)();
  std::function<void(Scene&)> spoil;
};

void SetValue(Scene& scene, const char* argument) {
  ASSERT_TRUE(helm::ParseSet(argument, scene.step.config));
}

std::vector<Row> SituationRows() {
  return {
      {"helm-version", Standalone, [](Scene& s) { s.situation.helm_version = "3.13.9"; }},
      {"kubernetes-version", Standalone, [](Scene& s) { s.situation.kubernetes_version = "1.19"; }},
      {"release-gone",
       Standalone,
       [](Scene& s) { s.survey.newest.status = helm::ReleaseStatus::kUninstalled; }},
      {"release-locked",
       Standalone,
       [](Scene& s) { s.survey.newest.status = helm::ReleaseStatus::kPendingRollback; }},
      {"metadata-cleaned",
       Standalone,
       [](Scene& s) { s.survey.metadata.generation = MetadataGeneration::kCleaned; }},
      {"metadata-mixed",
       Standalone,
       [](Scene& s) { s.survey.metadata.generation = MetadataGeneration::kMixed; }},
      {"migration-running",
       Standalone,
       [](Scene& s) {
         s.survey.tool_pods = {{"milvus-meta-migration-x", "run", kube::PodPhase::kRunning}};
       }},
      {"migration-half-done",
       Standalone,
       [](Scene& s) {
         s.survey.tool_pods = {{"milvus-meta-migration-x", "run", kube::PodPhase::kFailed}};
         s.survey.metadata.generation = MetadataGeneration::kV22;
       }},
      {"root-path",
       Standalone,
       [](Scene& s) {
         s.survey.root_path = "prod";
         s.survey.metadata.keys = 0;
         SetValue(s, "extraConfigFiles.user\\.yaml=etcd: {rootPath: prod}");
       }},
      {"removed-api",
       Standalone,
       [](Scene& s) {
         s.survey.deployed.manifest = std::make_shared<const std::string>(
             "---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\n");
       }},
      {"mixed-images", Standalone, [](Scene& s) { s.survey.images.insert("milvus:v2.2.9"); }},
      {"too-old", Standalone, [](Scene& s) { s.survey.app = V("2.0.2"); }},
  };
}

std::vector<Row> MigrationRows() {
  return {
      {"tool-versions", Migration, [](Scene& s) { s.step.migration->target = V("2.5.12"); }},
      {"script-rollback", Migration, [](Scene& s) { s.step.means = Means::kMigrateScriptBack; }},
      {"tool-panics",
       Migration,
       [](Scene& s) { s.step.migration->tool_image = std::string(kToolImages[1]); }},
      {"backup-kept", Migration, [](Scene& s) { s.step.migration->removes_backup = true; }},
      {"backup-volume", Migration, [](Scene& s) { s.survey.storage_class.clear(); }},
      {"etcd-reachable", Migration, [](Scene& s) { s.survey.etcd_endpoint.clear(); }},
      {"helm-rollback", Cluster, [](Scene& s) { s.step.means = Means::kHelmRollback; }},
      {"rolling-rocksmq", Standalone, [](Scene& s) { s.step.means = Means::kRollingUpdateScript; }},
      {"script-names",
       Migration,
       [](Scene& s) {
         s.step.means = Means::kMigrateScript;
         s.survey.etcd_endpoint = "milvus-etcd:2379";
       }},
      {"script-names",
       Cluster,
       [](Scene& s) {
         s.step.means = Means::kRollingUpdateScript;
         s.survey.deployments.front().name = "milvus-proxy";
       }},
      {"rolling-names", Cluster, [](Scene& s) { s.step.means = Means::kRollingUpdateScript; }},
      {"rolling-rocksmq", Rolling, [](Scene& s) { s.survey.queue = MessageQueue::kRocksmq; }},
      {"rolling-standalone",
       Rolling,
       [](Scene& s) { s.survey.topology = upgrade::Topology::kStandalone; }},
      {"rolling-version", Rolling, [](Scene& s) { s.step.from.app = V("2.2.2"); }},
      {"rolling-minor", Rolling, [](Scene& s) { s.step.to.app = V("2.4.5"); }},
      {"rolling-standby", Rolling, [](Scene& s) { s.survey.standby = false; }},
      {"rolling-stopped", Rolling, [](Scene& s) { s.survey.stopped = true; }},
      {"metadata-first",
       Standalone,
       [](Scene& s) { s.step.from.metadata = s.step.to.metadata = MetadataGeneration::kV21; }},
      {"old-image",
       Standalone,
       [](Scene& s) {
         s.step.to.app = s.step.from.app = V("2.1.4");
         SetValue(s, "image.all.tag=v2.1.4");
       }},
  };
}

std::vector<Row> UpgradeRows() {
  return {
      {"named-version", Standalone, [](Scene& s) { s.step.version = std::nullopt; }},
      {"archived-repository", Standalone, [](Scene& s) { s.step.repository = "milvus"; }},
      {"published", Standalone, [](Scene& s) { s.step.to.chart = V("4.0.18"); }},
      {"values-mode", Standalone, [](Scene& s) { s.step.mode = helm::ValuesMode::kReuse; }},
      {"downgrade", Standalone, [](Scene& s) { s.step.from.app = V("2.2.17"); }},
      {"chart-back", Standalone, [](Scene& s) { s.step.from.chart = V("4.1.0"); }},
      {"prerelease",
       Standalone,
       [](Scene& s) {
         s.step.to.app = V("2.3.0-beta");
         SetValue(s, "image.all.tag=v2.3.0-beta");
       }},
      {"one-minor", Cluster, [](Scene& s) { s.step.from.app = V("2.2.16"); }},
      {"mixcoord-first", To26, [](Scene& s) { s.step.from.app = V("2.5.15"); }},
      {"reads-configuration",
       To26,
       [](Scene& s) {
         s.step.to.app = s.step.from.app = V("2.3.5");
         SetValue(s, "image.all.tag=v2.3.5");
       }},
      {"chart-of-minor",
       Standalone,
       [](Scene& s) {
         s.step.to.app = V("2.3.0");
         SetValue(s, "image.all.tag=v2.3.0");
       }},
      {"explicit-image", Standalone, [](Scene& s) { SetValue(s, "image.all.tag=v2.2.14"); }},
      {"explicit-image", Standalone, [](Scene& s) { SetValue(s, "standalone.image.tag=v2.1.4"); }},
      {"minio-fs",
       Standalone,
       [](Scene& s) { SetValue(s, "minio.image.tag=RELEASE.2023-03-20T20-16-18Z"); }},
      {"topology", Standalone, [](Scene& s) { SetValue(s, "cluster.enabled=true"); }},
      {"pulsar-flags", Standalone, [](Scene& s) { SetValue(s, "pulsarv3.enabled=true"); }},
      {"pulsar-flags", Cluster, [](Scene& s) { SetValue(s, "pulsar.enabled=false"); }},
      {"pulsar-charts", Cluster, [](Scene& s) { s.step.to.chart = V("4.2.21"); }},
      {"coordinators", Cluster, [](Scene& s) { SetValue(s, "mixCoordinator.enabled=true"); }},
      {"coordinators", Cluster, [](Scene& s) { SetValue(s, "dataCoordinator.enabled=false"); }},
      {"explicit-queue", To26, [](Scene& s) { SetValue(s, "standalone.messageQueue=woodpecker"); }},
      {"streaming", To26, [](Scene& s) { SetValue(s, "streaming.enabled=false"); }},
      {"streaming", To26, [](Scene& s) { SetValue(s, "indexNode.enabled=true"); }},
      {"root-path-kept", Standalone, [](Scene& s) { s.survey.root_path = "prod"; }},
      {"mixcoord-first",
       To26,
       [](Scene& s) {
         s.survey.topology = upgrade::Topology::kCluster;
         s.step.from_mixcoord = false;
       }},
      {"prerelease", To26, [](Scene& s) { s.step.from.app = V("2.6.0-rc1"); }},
      {"volume-claims", Standalone, [](Scene& s) { SetValue(s, "etcd.persistence.size=20Gi"); }},
      {"kafka-images", Standalone, [](Scene& s) { s.survey.queue = MessageQueue::kKafka; }},
      {"etcd-replicas", Standalone, [](Scene& s) { SetValue(s, "etcd.replicaCount=3"); }},
  };
}

std::vector<Row> AllRows() {
  std::vector<Row> rows = SituationRows();
  for (auto& more : {MigrationRows(), UpgradeRows()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

TEST(RulesTest, NoRuleMindsTheGoodSteps) {
  for (const auto& scene : {Standalone(), Cluster(), Migration(), Rolling(), To26()}) {
    EXPECT_EQ(Names(Refusals(*scene)), "");
  }
}

TEST(RulesTest, EachRuleSpeaksWhereItMust) {
  for (const Row& row : AllRows()) {
    const auto scene = row.scene();
    ASSERT_EQ(Names(Refusals(*scene)), "") << row.rule << ": spoilt before it began";
    row.spoil(*scene);
    const auto refusals = Refusals(*scene);
    EXPECT_TRUE(std::ranges::any_of(
        refusals, [&](const result::Refused& refused) { return refused.rule == row.rule; }))
        << row.rule << " is silent; others: " << Names(refusals);
  }
}

TEST(RulesTest, EveryRuleHasARowASourceAndItsOwnId) {
  std::set<std::string_view> covered;
  for (const Row& row : AllRows()) {
    covered.insert(row.rule);
  }
  std::set<std::string_view> ids;
  for (const auto rules : {SituationRules(), StepRules()}) {
    for (const Rule& rule : rules) {
      EXPECT_TRUE(covered.contains(rule.id)) << rule.id << " has no test";
      EXPECT_TRUE(ids.insert(rule.id).second) << rule.id << " is there twice";
      EXPECT_FALSE(rule.source.empty()) << rule.id;
    }
  }
  EXPECT_EQ(ids.size(), covered.size());
}

TEST(RulesTest, FixturesNamedAsSourcesExist) {
  for (const auto rules : {SituationRules(), StepRules()}) {
    for (const Rule& rule : rules) {
      std::string source(rule.source.substr(0, rule.source.find(';')));
      if (source.starts_with("fixtures/") && source.find('.') != std::string::npos) {
        EXPECT_TRUE(app::ReadFile(std::string(REHEARSE_ROOT) + "/" + source) ||
                    app::IsDirectory(std::string(REHEARSE_ROOT) + "/" + source))
            << rule.id << ": " << source;
      }
    }
  }
}

TEST(RulesTest, ARuleTakenOutIsNotAsked) {
  const auto scene = Standalone();
  scene->step.version = std::nullopt;
  const RuleInput input{scene->survey, Charts(), scene->tools, scene->step};
  EXPECT_TRUE(RuleBook{}.FirstRefusal(StepRules(), input));
  EXPECT_FALSE(RuleBook{{"named-version"}}.FirstRefusal(StepRules(), input));
}

}  // namespace
}  // namespace rehearse::upgrade
