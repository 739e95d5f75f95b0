// Goal: a planner that lacks a rule is caught by a run, wherever a law of the simulated cluster
//       contradicts what it plans; where it is not, the table says why.
// Method: one row a rule. The situation or the hand-written path is one that the rule refuses; with
//         the rule taken out it is planned (or taken as written) and run. Verdict and property are
//         pinned. No rule may be absent.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "tests/support/runs.h"
#include "tests/upgrade/situations.h"
#include "upgrade/path_check.h"
#include "upgrade/rules.h"

namespace rehearse::upgrade {
namespace {

using cluster::Situation;
using tests::Healthy;
using tests::PulsarCluster;
using tests::WithObject;
using tests::WithRecord;

constexpr const char* kReached = "the plan reaches its target";
constexpr const char* kOtherVersion = "no server runs on metadata of another version";

// What becomes of a planner without the rule.
struct Row {
  const char* rule;
  Situation (*situation)();
  std::string path;  // written by hand; "": what the planner plans to `target`
  const char* target;
  const char* property;  // that catches it; "": none
  const char* why;       // it is not caught; "" where it is
};

// ---- situations --------------------------------------------------------------------------------

Situation OldHelm() {
  Situation situation = Healthy();
  situation.helm_version = "3.13.9";
  return situation;
}

Situation OldKubernetes() {
  Situation situation = Healthy();
  situation.kubernetes_version = "1.19.0";
  return situation;
}

Situation Gone() {
  return WithRecord(Healthy(), [](helm::ReleaseRecord& record) {
    record.status = helm::ReleaseStatus::kUninstalled;
  });
}

Situation Locked() {
  return WithRecord(Healthy(), [](helm::ReleaseRecord& record) {
    record.status = helm::ReleaseStatus::kPendingUpgrade;
  });
}

Situation WithOldBudget() {
  return WithRecord(Healthy(), [](helm::ReleaseRecord& record) {
    record.manifest = std::make_shared<const std::string>(
        helm::ManifestText(record) +
        "\n---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: a\n");
    record.objects = nullptr;
  });
}

Situation WithTwoImages() {
  return WithObject(PulsarCluster(), "Deployment/vectors/vec-milvus-proxy", [](Json& document) {
    document["spec"]["template"]["spec"]["containers"][0]["image"] = "milvusdb/milvus:v2.2.16";
  });
}

Situation Mixed() {
  Situation situation = Healthy();
  const etcd::Dump newer = tests::Metadata("milvus-2.2.16-on-migrated.jsonl");
  for (const etcd::KeyValue& kv : newer.kvs) {
    const bool there = std::ranges::any_of(
        situation.etcd.kvs, [&](const etcd::KeyValue& old) { return old.key == kv.key; });
    if (!there && kv.lease == 0) {
      situation.etcd.kvs.push_back(kv);
    }
  }
  return situation;
}

Situation OtherRoot() {
  return WithObject(Healthy(), "ConfigMap/default/my-release-milvus", [](Json& document) {
    auto text = document["data"]["milvus.yaml"].get<std::string>();
    const std::string line = "rootPath: by-dev";
    document["data"]["milvus.yaml"] = text.replace(text.find(line), line.size(), "rootPath: prod");
  });
}

Situation BelowProd() {
  Situation situation = OtherRoot();
  for (etcd::KeyValue& kv : situation.etcd.kvs) {
    if (kv.key.starts_with("by-dev/")) {
      kv.key = "prod/" + kv.key.substr(7);
    }
  }
  return situation;
}

Situation PartitionLoaded() {
  return tests::WithMetadata(Healthy(), "milvus-2.1.0-partition-loaded.jsonl");
}

// ---- the table ---------------------------------------------------------------------------------

std::string Path(const std::string& hops) { return "hops:\n" + hops; }
std::string Upgrade(const std::string& chart, const std::string& sets) {
  return "  - {procedure: helm-upgrade, chart: " + chart + ", set: [" + sets + "]}\n";
}
const std::string kFirst = "  - {procedure: metadata-migration, app: 2.2.16}\n";
const std::string kPin = "minio.image.tag=RELEASE.2022-03-17T06-34-49Z, pulsarv3.enabled=false";
const std::string kTo4034 = kFirst + Upgrade("4.0.34", "image.all.tag=v2.2.16, " + kPin);
const std::string kV2 = "pulsar.enabled=true, pulsarv3.enabled=false";

const std::vector<Row> kTable = {
    {"helm-version",
     OldHelm,
     "",
     "2.2.16",
     "",
     "the simulated helm is 3.19.5 whatever the capture says"},
    {"kubernetes-version", OldKubernetes, "", "2.2.16", "", "no law on Kubernetes before 1.20"},
    {"release-gone", Gone, "", "2.2.16", kReached, ""},
    {"release-locked", Locked, "", "2.2.16", kReached, ""},
    {"metadata-cleaned",
     tests::Incident,
     "",
     "2.2.16",
     "",
     "not planned: migration-half-done refuses the same situation"},
    {"metadata-mixed", Mixed, "", "2.2.16", kOtherVersion, ""},
    {"migration-running", nullptr, "", "", "", "not run: the executor itself waits for such a pod"},
    {"migration-half-done",
     nullptr,
     "",
     "",
     "",
     "not run: what a failed tool leaves is an unmarked part; no law tells it from the whole"},
    {"removed-api", WithOldBudget, "", "2.2.16", kReached, ""},
    {"mixed-images", WithTwoImages, "", "2.4.5", kReached, ""},
    {"root-path", OtherRoot, "", "2.2.16", kReached, ""},
    {"too-old", nullptr, "", "", "", "not run: no law on metadata before 2.1"},
    {"tool-versions",
     Healthy,
     Path("  - {procedure: metadata-migration, app: 2.5.12, target: 2.5.12}\n"),
     "",
     kReached,
     ""},
    {"script-rollback",
     nullptr,
     "",
     "",
     "",
     "not run: the executor plays no script; see tests/upgrade/procedures"},
    {"tool-panics",
     PartitionLoaded,
     Path("  - {procedure: metadata-migration, app: 2.2.16, tool: "
          "'milvusdb/meta-migration:v2.2.0'}\n"),
     "",
     kReached,
     ""},
    {"backup-kept",
     nullptr,
     "",
     "",
     "",
     "not run: the executor has no -d; see tests/upgrade/procedures"},
    {"helm-rollback",
     nullptr,
     "",
     "",
     "",
     "not run: no hop is a rollback; tests/upgrade/executor_faults_test.cc seeds it"},
    {"metadata-first",
     Healthy,
     Path(Upgrade("4.0.34", "image.all.tag=v2.2.16, " + kPin)),
     "",
     kOtherVersion,
     ""},
    {"old-image",
     Healthy,
     Path("  - {procedure: metadata-migration, app: 2.1.4}\n"),
     "",
     kOtherVersion,
     ""},
    {"named-version", Healthy, Path("  - {procedure: helm-upgrade}\n"), "", kOtherVersion, ""},
    {"archived-repository",
     nullptr,
     "",
     "",
     "",
     "not run: the simulated helm knows one repository"},
    {"published",
     Healthy,
     Path(kFirst + Upgrade("4.0.18", "image.all.tag=v2.2.16, " + kPin)),
     "",
     kReached,
     ""},
    {"values-mode",
     Healthy,
     Path(kFirst + "  - {procedure: helm-upgrade, chart: 4.0.34, values: none, set: "
                   "[image.all.tag=v2.2.16]}\n"),
     "",
     kReached,
     ""},
    {"downgrade", Healthy, Path(kFirst + Upgrade("4.0.34", kPin)), "", kReached, ""},
    {"chart-back",
     Healthy,
     Path(kFirst + Upgrade("3.2.17", "image.all.tag=v2.2.16")),
     "",
     "",
     "no law forbids an older chart of the same family"},
    {"prerelease",
     Healthy,
     Path(kTo4034 + Upgrade("4.0.34", "image.all.tag=v2.3.0-beta")),
     "",
     "",
     "documented only: no law on what a prerelease writes"},
    {"one-minor",
     Healthy,
     Path(kTo4034 + Upgrade("4.2.49", "image.all.tag=v2.5.12")),
     "",
     "",
     "advisory: nothing is measured of servers beyond 2.3.5"},
    {"mixcoord-first",
     PulsarCluster,
     "",
     "2.6.15",
     "",
     "documented only; the path stops at 2.5.16 for its cost as well"},
    {"reads-configuration",
     Healthy,
     Path(kTo4034 + Upgrade("4.2.20", "image.all.tag=v2.2.16")),
     "",
     "",
     "measured, but no law yet: simulated servers read the configuration under every chart"},
    {"chart-of-minor",
     Healthy,
     Path(kTo4034 + Upgrade("4.1.24", "image.all.tag=v2.2.16")),
     "",
     "",
     "advisory"},
    {"explicit-image", Healthy, "", "2.2.16", kReached, ""},
    {"minio-fs", Healthy, "", "2.2.16", kReached, ""},
    {"topology",
     Healthy,
     Path(kFirst + Upgrade("4.0.34", "image.all.tag=v2.2.16, cluster.enabled=true, " + kPin)),
     "",
     "",
     "no law on a cluster without a message queue"},
    {"pulsar-charts",
     PulsarCluster,
     Path(Upgrade("4.2.21", "image.all.tag=v2.4.13, " + kV2)),
     "",
     "",
     "documented only: what goes wrong was never seen"},
    {"pulsar-flags",
     PulsarCluster,
     "",
     "2.5.12",
     "",
     "read, not measured: the simulated pods of a Pulsar that nobody initialised become ready"},
    {"coordinators",
     PulsarCluster,
     Path(Upgrade("4.1.36", "image.all.tag=v2.4.5, mixCoordinator.enabled=true, " + kV2)),
     "",
     kReached,
     ""},
    {"explicit-queue",
     Healthy,
     "",
     "2.6.15",
     "",
     "helm finds the live object here; only renderers without the cluster switch"},
    {"streaming",
     PulsarCluster,
     Path(Upgrade("5.0.0", "image.all.tag=v2.6.0, streaming.enabled=false, " + kV2)),
     "",
     "",
     "documented only: no law on 2.6 without its streaming node"},
    {"root-path-kept", BelowProd, "", "2.2.16", kReached, ""},
    {"etcd-replicas",
     Healthy,
     Path(kFirst + Upgrade("4.0.34", "image.all.tag=v2.2.16, etcd.replicaCount=3, " + kPin)),
     "",
     "",
     "how an etcd grows by itself is not modelled"},
    {"volume-claims",
     Healthy,
     Path(kFirst + Upgrade("4.0.34", "image.all.tag=v2.2.16, etcd.persistence.size=20Gi, " + kPin)),
     "",
     kReached,
     ""},
    {"kafka-images",
     nullptr,
     "",
     "",
     "",
     "not run: no capture has Kafka, and images are always to be had"},
    {"script-names",
     nullptr,
     "",
     "",
     "",
     "not run: the executor plays no script; see tests/upgrade/procedures"},
    {"backup-volume", nullptr, "", "", "", "not run: every capture names a storage class"},
    {"etcd-reachable", nullptr, "", "", "", "not run: every capture shows the Service of etcd"},
    {"rolling-rocksmq",
     Healthy,
     Path(kTo4034 + "  - {procedure: rolling-update, app: 2.2.17}\n"),
     "",
     kReached,
     ""},
    {"rolling-standalone", nullptr, "", "", "", "not run: the row above is the same path"},
    {"rolling-version",
     nullptr,
     "",
     "",
     "",
     "not run: no capture of 2.2.2 or earlier in a cluster"},
    {"rolling-minor",
     PulsarCluster,
     Path("  - {procedure: rolling-update, app: 2.4.5}\n" +
          Upgrade("4.1.36", "image.all.tag=v2.4.5, " + kV2)),
     "",
     kReached,
     ""},
    {"rolling-names",
     nullptr,
     "",
     "",
     "",
     "not run: the executor plays no script; see tests/upgrade/procedures"},
    {"rolling-standby",
     PulsarCluster,
     Path("  - {procedure: rolling-update, app: 2.3.11}\n" +
          Upgrade("4.1.0", "image.all.tag=v2.3.11")),
     "",
     kReached,
     ""},
    {"rolling-stopped", nullptr, "", "", "", "not run: the executor itself stops there"},
};

result::RunResult RunWithout(const Row& row, std::string& stopped) {
  const Situation situation = row.situation();
  auto facts = app::FactsFor(situation, tests::Charts());
  EXPECT_TRUE(facts) << row.rule << facts.error().message;
  facts->without_rules = {row.rule};
  facts->target = row.target;
  PlanResult planned = BadInput("");
  if (!row.path.empty()) {
    const auto path = ParseWrittenPath(row.path, "path.yaml");
    EXPECT_TRUE(path) << row.rule << path.error().message;
    planned = PlanOfPath(*facts, *path);
  } else {
    planned = MakePlan(*facts);
  }
  if (!planned) {
    stopped = planned.error().message;
    return {};
  }
  if (const auto* refusal = std::get_if<result::Refusal>(&*planned)) {
    stopped = refusal->rule + ": " + refusal->message;
    return {};
  }
  return tests::RunOf(tests::Rehearse(situation, std::get<result::Plan>(*planned))).result;
}

std::string Properties(const result::RunResult& run) {
  std::set<std::string> properties;
  for (const result::RunViolation& violation : run.violations) {
    properties.insert(violation.property);
  }
  std::string text;
  for (const std::string& property : properties) {
    text += "[" + property + "] ";
  }
  return text;
}

// A mutant that is caught is caught by the property named; one that is not holds, or is not
// planned.
void ExpectAsPinned(const Row& row) {
  std::string stopped;
  const result::RunResult run = RunWithout(row, stopped);
  if (*row.property != '\0') {
    EXPECT_TRUE(tests::Violates(run, row.property))
        << row.rule << ": " << stopped << run.summary << " " << Properties(run) << run.account;
    return;
  }
  EXPECT_FALSE(std::string_view(row.why).empty()) << row.rule;
  const bool not_planned = std::string_view(row.why).starts_with("not planned");
  EXPECT_EQ(not_planned, !stopped.empty()) << row.rule << ": " << stopped;
  EXPECT_TRUE(run.violations.empty()) << row.rule << " is caught after all: " << Properties(run);
}

TEST(MutantsTest, EachIsCaughtOrItIsSaidWhyNot) {
  for (const Row& row : kTable) {
    if (row.situation != nullptr) {
      ExpectAsPinned(row);
    } else {
      EXPECT_TRUE(std::string_view(row.why).starts_with("not run: ")) << row.rule;
    }
  }
}

// The rule, and it among perhaps others, refuses what the row writes.
TEST(MutantsTest, WithTheRuleThePathIsRefused) {
  for (const Row& row : kTable) {
    if (row.situation == nullptr || row.path.empty()) {
      continue;
    }
    const Situation situation = row.situation();
    const auto facts = app::FactsFor(situation, tests::Charts());
    const auto check = CheckPath(*facts, *ParseWrittenPath(row.path, "path.yaml"));
    ASSERT_TRUE(check) << row.rule << check.error().message;
    const bool named = std::ranges::any_of(check->hops, [&](const result::CheckedHop& hop) {
      return std::ranges::any_of(
          hop.refused, [&](const result::Refused& refused) { return refused.rule == row.rule; });
    });
    EXPECT_TRUE(named) << row.rule;
  }
}

TEST(MutantsTest, NoRuleIsAbsent) {
  std::set<std::string_view> told;
  for (const Row& row : kTable) {
    told.insert(row.rule);
  }
  std::size_t rules = 0;
  for (const auto table : {SituationRules(), StepRules()}) {
    for (const Rule& rule : table) {
      EXPECT_TRUE(told.contains(rule.id)) << rule.id;
      ++rules;
    }
  }
  EXPECT_EQ(told.size(), rules);
}

}  // namespace
}  // namespace rehearse::upgrade
