// Goal: from any situation that a capture shows, the plan is the right one, or the refusal names
// the
//       reason and the way out.
// Method: the bundled captures and variants of them; wording is pinned where people read it.
#include "upgrade/planner.h"

#include <gtest/gtest.h>

#include <map>

#include "app/scenario/course.h"
#include "tests/upgrade/situations.h"
#include "upgrade/metadata_reading.h"

namespace rehearse::upgrade {
namespace {

using result::Plan;
using result::Refusal;
using tests::Charts;
using tests::Healthy;
using tests::Incident;
using tests::PulsarCluster;
using tests::WithConfig;
using tests::WithImage;
using tests::WithMetadata;

auto Planned(const cluster::Situation& situation, const std::string& target) {
  return app::PlanFor(situation, Charts(), target);
}

Plan PlanOf(const cluster::Situation& situation, const std::string& target) {
  const auto planned = Planned(situation, target);
  EXPECT_TRUE(planned) << planned.error().message;
  if (planned && std::holds_alternative<Refusal>(*planned)) {
    ADD_FAILURE() << Dump(ToJson(std::get<Refusal>(*planned)));
    return {};
  }
  return planned ? std::get<Plan>(*planned) : Plan();
}

Refusal RefusalOf(const cluster::Situation& situation, const std::string& target) {
  const auto planned = Planned(situation, target);
  EXPECT_TRUE(planned) << planned.error().message;
  if (planned && std::holds_alternative<Plan>(*planned)) {
    ADD_FAILURE() << Dump(ToJson(std::get<Plan>(*planned)));
    return {};
  }
  return planned ? std::get<Refusal>(*planned) : Refusal();
}

// "3.2.18/2.1.4 > 3.2.18/2.2.16 > ..."
std::string Walk(const Plan& plan) {
  std::string text;
  for (const result::Hop& hop : plan.hops) {
    text += text.empty() ? hop.from_chart + "/" + hop.from_app : "";
    text += " > " + hop.to_chart + "/" + hop.to_app;
  }
  return text;
}

const result::Refused* RuleIn(const Plan& plan, std::string_view rule) {
  for (const result::Refused& refused : plan.refused) {
    if (refused.rule == rule) {
      return &refused;
    }
  }
  return nullptr;
}

TEST(PlannerTest, TheOneHopIsTwoSteps) {
  const Plan plan = PlanOf(Healthy(), "2.2.16");
  EXPECT_EQ(Walk(plan), "3.2.18/2.1.4 > 3.2.18/2.2.16 > 4.0.34/2.2.16");
  ASSERT_EQ(plan.hops.size(), 2U);
  const result::MetadataHop& metadata = plan.hops[0].metadata.value();
  EXPECT_EQ(metadata.tool_image, "milvusdb/meta-migration:v2.2.0-bugfix-20230112");
  EXPECT_EQ(metadata.source_version, "2.1.4");
  EXPECT_EQ(metadata.target_version, "2.2.16");
  EXPECT_EQ(metadata.root_path, "by-dev");
  EXPECT_EQ(metadata.etcd_endpoint, "my-release-etcd:2379");
  EXPECT_EQ(metadata.storage_class, "standard");
  EXPECT_EQ(metadata.new_image, "milvusdb/milvus:v2.2.16");
  ASSERT_EQ(metadata.deployments.size(), 1U);
  EXPECT_EQ(metadata.deployments[0].name, "my-release-milvus-standalone");
  EXPECT_EQ(metadata.deployments[0].container, "standalone");
  EXPECT_EQ(metadata.deployments[0].replicas, 1);
  EXPECT_EQ(metadata.deployments[0].image, "milvusdb/milvus:v2.1.4");
  const result::HelmHop& helm = plan.hops[1].helm.value();
  EXPECT_EQ(helm.version, "4.0.34");
  EXPECT_EQ(helm.sets,
            (std::vector<std::string>{"image.all.tag=v2.2.16",
                                      "minio.image.tag=RELEASE.2022-03-17T06-34-49Z",
                                      "pulsarv3.enabled=false"}));
  EXPECT_EQ(helm.milvus_image, "milvusdb/milvus:v2.2.16");
  EXPECT_EQ(helm.workloads,
            (std::vector<std::string>{"Deployment/my-release-milvus-standalone",
                                      "Deployment/my-release-minio",
                                      "StatefulSet/my-release-etcd"}));
  EXPECT_EQ(plan.hops[1].commands.front(),
            "helm upgrade my-release zilliztech/milvus -n default --version 4.0.34 "
            "--reset-then-reuse-values --set image.all.tag=v2.2.16 "
            "--set minio.image.tag=RELEASE.2022-03-17T06-34-49Z --set pulsarv3.enabled=false");
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_EQ(plan.notes[0],
            "pairing not published; image existence not checked: chart 4.0.34 brings v2.2.14, "
            "v2.2.16 is set by hand; helm list and the version labels will go on showing the "
            "chart's own version");
  EXPECT_EQ(plan.cost.unmeasured_steps, 0);
  EXPECT_EQ(plan.cost.irreversible_steps, 0);
}

TEST(PlannerTest, EveryHopSaysWhatItNeedsAndWhatItLeaves) {
  const Plan plan = PlanOf(Healthy(), "2.5.12");
  for (const result::Hop& hop : plan.hops) {
    EXPECT_FALSE(hop.pre.empty()) << hop.id;
    EXPECT_FALSE(hop.post.empty()) << hop.id;
    EXPECT_FALSE(hop.commands.empty()) << hop.id;
    EXPECT_FALSE(hop.undo.empty()) << hop.id;
    EXPECT_GT(hop.downtime_ms, 0) << hop.id;
    for (const result::ValueSet& value : hop.values_set) {
      EXPECT_FALSE(value.why.empty()) << value.key;
    }
  }
}

TEST(PlannerTest, TheTraps) {
  const Plan plan = PlanOf(Healthy(), "2.2.16");
  for (const char* rule : {"tool-versions",
                           "script-rollback",
                           "backup-kept",
                           "helm-rollback",
                           "rolling-rocksmq",
                           "named-version",
                           "archived-repository",
                           "values-mode",
                           "metadata-first",
                           "old-image",
                           "minio-fs"}) {
    const result::Refused* refused = RuleIn(plan, rule);
    ASSERT_NE(refused, nullptr) << rule;
    EXPECT_FALSE(refused->source.empty());
    EXPECT_FALSE(refused->message.empty());
  }
  EXPECT_EQ(RuleIn(plan, "tool-versions")->alternative,
            "documentation: ./migrate.sh -i my-release -s 2.1.4 -t 2.5.12");
  EXPECT_EQ(RuleIn(plan, "tool-panics"), nullptr);  // this metadata has no loaded partition
}

// The documentation's own ways to 2.5.12, and the tool that panics on this metadata.
TEST(PlannerTest, TheTrapsOnTheWayTo2512) {
  const Plan plan =
      PlanOf(WithMetadata(Healthy(), "milvus-2.1.0-partition-loaded.jsonl"), "2.5.12");
  const std::map<std::string, std::string> traps = {
      {"tool-versions", "documentation: ./migrate.sh -i my-release -s 2.1.4 -t 2.5.12"},
      {"rolling-rocksmq",
       "documentation: sh rollingUpdate.sh -n default -i my-release -o update -t 2.5.12 -w "
       "'milvusdb/milvus:v2.5.12'"},
      {"archived-repository",
       "documentation: helm upgrade my-release milvus/milvus --reset-then-reuse-values "
       "--version=4.1.24"},
      {"tool-panics", "the migration tool milvusdb/meta-migration:v2.2.0"},
      {"named-version",
       "documentation: helm upgrade my-release zilliztech/milvus --reset-then-reuse-values"}};
  for (const auto& [rule, alternative] : traps) {
    const result::Refused* refused = RuleIn(plan, rule);
    ASSERT_NE(refused, nullptr) << rule;
    EXPECT_EQ(refused->alternative, alternative);
    EXPECT_FALSE(refused->source.empty());
  }
}

// Another image of the same minor version: the chart stays, helm is told.
TEST(PlannerTest, AnImageAloneOnAChartThatBringsAnother) {
  struct Case {
    std::string chart;
    std::string target;
    std::string walk;
  };
  for (const Case& each : {Case{"4.0.34", "2.2.16", "4.0.34/2.2.14 > 4.0.34/2.2.16"},
                           Case{"4.2.58", "2.5.17", "4.2.58/2.5.16 > 4.2.58/2.5.17"}}) {
    app::StartSpec start;
    start.chart = each.chart;
    start.topology = "standalone";
    const auto catalog = std::make_shared<const charts::Catalog>(Charts());
    const auto course = app::MakeCourse(start, "", catalog);
    ASSERT_TRUE(course) << course.error().message;
    const Plan plan = PlanOf(course->situation, each.target);
    EXPECT_EQ(Walk(plan), each.walk);
    ASSERT_EQ(plan.hops.size(), 1U);
    const result::Hop& hop = plan.hops.front();
    EXPECT_EQ(hop.procedure, result::Procedure::kHelmUpgrade);
    EXPECT_NE(hop.commands.front().find("--version " + each.chart), std::string::npos);
    EXPECT_NE(hop.commands.front().find("--set image.all.tag=v" + each.target), std::string::npos);
    const app::RunOutput run = tests::RunOf(tests::Rehearse(course->situation, plan));
    EXPECT_EQ(run.result.verdict, result::Verdict::kHolds) << tests::Why(run.result);
  }
}

TEST(PlannerTest, TheUnfixedToolIsRefusedWhereItWouldPanic) {
  const Plan plan =
      PlanOf(WithMetadata(Healthy(), "milvus-2.1.0-partition-loaded.jsonl"), "2.2.16");
  const result::Refused* refused = RuleIn(plan, "tool-panics");
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->alternative, "the migration tool milvusdb/meta-migration:v2.2.0");
  EXPECT_EQ(refused->source, "milvus-io/milvus PR #21584");
  EXPECT_EQ(refused->message,
            "on this metadata the tool milvusdb/meta-migration:v2.2.0 fails after it has removed "
            "the old metadata from etcd: panic: assignment to entry in nil map (collection photos "
            "has a loaded partition)");
  EXPECT_EQ(plan.hops[0].metadata->tool_image, "milvusdb/meta-migration:v2.2.0-bugfix-20230112");
}

TEST(PlannerTest, PathsFromTheHealthyRelease) {
  EXPECT_EQ(Walk(PlanOf(Healthy(), "2.3.11")),
            "3.2.18/2.1.4 > 3.2.18/2.2.16 > 4.0.34/2.2.16 > 4.1.24/2.3.11");
  EXPECT_EQ(Walk(PlanOf(Healthy(), "2.4.5")),
            "3.2.18/2.1.4 > 3.2.18/2.2.16 > 4.0.34/2.2.16 > 4.1.24/2.3.11 > 4.1.36/2.4.5");
  EXPECT_EQ(Walk(PlanOf(Healthy(), "2.5.12")),
            "3.2.18/2.1.4 > 3.2.18/2.2.16 > 4.0.34/2.2.16 > 4.1.24/2.3.11 > 4.1.36/2.4.5 > "
            "4.2.20/2.4.16 > 4.2.49/2.5.12");
  const std::string to_26 =
      "3.2.18/2.1.4 > 3.2.18/2.2.16 > 4.0.34/2.2.16 > 4.1.24/2.3.11 > 4.1.36/2.4.5 > "
      "4.2.20/2.4.16 > 4.2.49/2.5.12 > 4.2.58/2.5.16 > 5.0.0/2.6.0 > 5.0.19/2.6.15";
  EXPECT_EQ(Walk(PlanOf(Healthy(), "2.6.15")), to_26);
  EXPECT_EQ(Walk(PlanOf(Healthy(), "chart:5.0.19")), to_26);
  EXPECT_EQ(Walk(PlanOf(Healthy(), "latest")), to_26);
}

TEST(PlannerTest, PathsFromThePulsarCluster) {
  EXPECT_EQ(Walk(PlanOf(PulsarCluster(), "2.5.12")),
            "4.1.0/2.3.0 > 4.1.36/2.4.5 > 4.2.3/2.4.7 > 4.2.20/2.4.16 > 4.2.49/2.5.12");
  const Plan plan = PlanOf(PulsarCluster(), "2.6.15");
  EXPECT_EQ(Walk(plan),
            "4.1.0/2.3.0 > 4.1.36/2.4.5 > 4.2.3/2.4.7 > 4.2.20/2.4.16 > 4.2.49/2.5.12 > "
            "4.2.58/2.5.16 > 5.0.0/2.6.0 > 5.0.19/2.6.15");
  const std::string first = plan.hops.at(0).commands.at(0);
  EXPECT_EQ(first,
            "helm upgrade vec zilliztech/milvus -n vectors --version 4.1.36 "
            "--reset-then-reuse-values --set image.all.tag=v2.4.5 --set pulsar.enabled=true "
            "--set pulsarv3.enabled=false");
}

TEST(PlannerTest, NothingToDoBackwardsAndUnknown) {
  const Plan plan = PlanOf(Healthy(), "2.1.4");
  EXPECT_TRUE(plan.hops.empty());
  EXPECT_EQ(plan.notes.at(0),
            "nothing to do: chart 3.2.18 with Milvus 2.1.4 is what the release has");
  EXPECT_EQ(RefusalOf(Healthy(), "2.1.3").rule, "downgrade");
  EXPECT_EQ(RefusalOf(Healthy(), "chart:3.2.4").rule, "downgrade");
  for (const char* target :
       {"9.9.9", "chart:4.0.18", "chart:5.0.18", "2.2", "v2.2.16", "", "chart:", "newest"}) {
    const auto planned = Planned(Healthy(), target);
    ASSERT_FALSE(planned) << target;
    EXPECT_EQ(planned.error().code, ErrorCode::kInvalidArgument) << target;
  }
}

TEST(PlannerTest, TheIncidentIsNotPretendedAway) {
  const Refusal refusal = RefusalOf(Incident(), "2.2.16");
  EXPECT_EQ(refusal.rule, "metadata-cleaned");
  for (const char* part :
       {"etcd holds no collection any more",
        "migration.bak (45 entries, complete) knows 2 collections (notes, photos)",
        "The only copy is migration.bak on volume claim "
        "milvus-meta-migration-backup-my-release"}) {
    EXPECT_NE(refusal.message.find(part), std::string::npos) << part << "\n" << refusal.message;
  }
  std::string commands;
  for (const std::string& command : refusal.commands) {
    commands += command + "\n";
  }
  for (const char* part :
       {"cat /milvus/data/migration.bak > migration.bak",
        "-config=/milvus/configs/meta/rollback.yaml",
        "claimName: milvus-meta-migration-backup-my-release",
        "kubectl scale deployment my-release-milvus-standalone -n default --replicas=1"}) {
    EXPECT_NE(commands.find(part), std::string::npos) << part << "\n" << commands;
  }
}

TEST(PlannerTest, AReleaseThatHelmLeftPendingIsRefusedWithItsCure) {
  const auto situation = tests::WithRecord(Healthy(), [](helm::ReleaseRecord& record) {
    record.status = helm::ReleaseStatus::kPendingUpgrade;
  });
  const Refusal refusal = RefusalOf(situation, "2.2.16");
  EXPECT_EQ(refusal.rule, "release-locked");
  EXPECT_EQ(refusal.commands,
            (std::vector<std::string>{
                "kubectl delete secret -n default sh.helm.release.v1.my-release.v1"}));
}

TEST(PlannerTest, AfterMigrateShOnlyHelmIsLeftToDo) {
  const auto situation = WithMetadata(WithImage(Healthy(), "milvusdb/milvus:v2.2.16"),
                                      "milvus-2.2.16-on-migrated.jsonl");
  const Plan plan = PlanOf(situation, "2.2.16");
  EXPECT_EQ(Walk(plan), "3.2.18/2.2.16 > 4.0.34/2.2.16");
  EXPECT_EQ(plan.hops.at(0).procedure, result::Procedure::kHelmUpgrade);
}

TEST(PlannerTest, ANewServerOnOldMetadataIsStillMigrated) {
  const auto situation = WithMetadata(WithImage(Healthy(), "milvusdb/milvus:v2.2.16"),
                                      "milvus-2.2.16-on-unmigrated.jsonl");
  const Plan plan = PlanOf(situation, "2.2.16");
  EXPECT_EQ(Walk(plan), "3.2.18/2.2.16 > 3.2.18/2.2.16 > 4.0.34/2.2.16");
  EXPECT_EQ(plan.hops.at(0).procedure, result::Procedure::kMetadataMigration);
  EXPECT_EQ(plan.hops.at(0).metadata->source_version, "2.1.4");
}

TEST(PlannerTest, AnOldServerOnNewMetadataGoesForward) {
  const auto situation = WithMetadata(Healthy(), "milvus-2.1.0-on-2.2-metadata.jsonl");
  EXPECT_EQ(Walk(PlanOf(situation, "2.2.16")), "3.2.18/2.1.4 > 4.0.34/2.2.16");
  EXPECT_EQ(RefusalOf(situation, "2.1.4").rule, "old-image");
}

TEST(PlannerTest, GapsAreErrorsUntilTheyAreAssumed) {
  cluster::Situation situation = Healthy();
  situation.gaps.push_back({"version of helm", "whether it will do", "helm"});
  const auto planned = Planned(situation, "2.2.16");
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().message,
            "version of helm is missing: without it cannot be judged whether it will do (--assume "
            "helm=...)");
}

TEST(PlannerTest, AssumptionsAreListed) {
  cluster::Situation situation = Healthy();
  ASSERT_TRUE(cluster::ApplyAssumptions(situation, {{"kubernetes", "1.30"}}));
  EXPECT_EQ(PlanOf(situation, "2.2.16").assumptions,
            (std::vector<std::string>{"kubernetes=1.30 (in place of 1.34.4, which was captured)"}));
}

TEST(PlannerTest, AnotherRegistryAndPinnedTagsAreKept) {
  Json config = helm::ConfigOf(Healthy().releases.back());
  config["standalone"]["image"]["tag"] = "v2.1.4";
  const auto situation =
      WithConfig(WithImage(Healthy(), "registry.local:5000/mirror/milvus:v2.1.4"), config);
  const Plan plan = PlanOf(situation, "2.2.16");
  EXPECT_EQ(plan.hops.at(0).metadata->new_image, "registry.local:5000/mirror/milvus:v2.2.16");
  const auto& sets = plan.hops.at(1).helm->sets;
  EXPECT_NE(std::find(sets.begin(), sets.end(), "standalone.image.tag=v2.2.16"), sets.end());
}

// The healthy release below another root path in etcd.
cluster::Situation BelowProd() {
  Json config = helm::ConfigOf(Healthy().releases.back());
  config["metadata"]["rootPath"] = "prod";
  auto situation = tests::WithObject(
      WithConfig(Healthy(), config), "ConfigMap/default/my-release-milvus", [](Json& document) {
        auto text = document["data"]["milvus.yaml"].get<std::string>();
        const std::string line = "rootPath: by-dev";
        document["data"]["milvus.yaml"] =
            text.replace(text.find(line), line.size(), "rootPath: prod");
      });
  for (etcd::KeyValue& kv : situation.etcd.kvs) {
    if (kv.key.starts_with("by-dev/")) {
      kv.key = "prod/" + kv.key.substr(7);
    }
  }
  return situation;
}

TEST(PlannerTest, ACustomRootPathIsCarriedOn) {
  const Plan plan = PlanOf(BelowProd(), "2.2.16");
  EXPECT_EQ(plan.hops.at(0).metadata->root_path, "prod");
  const auto& sets = plan.hops.at(1).helm->sets;
  EXPECT_EQ(sets.back(), "extraConfigFiles.user\\.yaml=etcd:\n  rootPath: prod\n");
  const result::Refused* refused = RuleIn(plan, "root-path-kept");
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->alternative,
            "helm upgrade to chart 4.0.34 without extraConfigFiles.user\\.yaml");
}

TEST(PlannerTest, AWrongRootPathIsNoticed) {
  cluster::Situation situation = BelowProd();
  situation.etcd = Healthy().etcd;
  EXPECT_EQ(RefusalOf(situation, "2.2.16").rule, "root-path");
}

TEST(PlannerTest, EqualFactsGiveEqualPlans) {
  EXPECT_EQ(Dump(ToJson(PlanOf(Healthy(), "latest"))), Dump(ToJson(PlanOf(Healthy(), "latest"))));
}

TEST(PlannerTest, WhyNotShorter) {
  const Plan plan = PlanOf(Healthy(), "2.5.12");
  ASSERT_EQ(plan.explanation.size(), plan.hops.size());
  EXPECT_NE(plan.explanation.at(0).find("rule metadata-first"), std::string::npos);
}

}  // namespace
}  // namespace rehearse::upgrade
