// Rules about one step. What a person types and what the planner proposes are judged alike.
#include <array>

#include "model/milvus/minio.h"
#include "upgrade/rules.h"

namespace rehearse::upgrade {
namespace {

using Verdict = std::optional<std::string>;

constexpr Version kApp22{2, 2, 0, ""};
constexpr Version kApp223{2, 2, 3, ""};
constexpr Version kApp24{2, 4, 0, ""};
constexpr Version kApp26{2, 6, 0, ""};
constexpr Version kApp2516{2, 5, 16, ""};
constexpr Version kChart400{4, 0, 0, ""};
constexpr Version kChart420{4, 2, 0, ""};
constexpr Version kChart4221{4, 2, 21, ""};
constexpr Version kChart4229{4, 2, 29, ""};
constexpr Version kChart500{5, 0, 0, ""};
constexpr Version kChart5019{5, 0, 19, ""};
constexpr std::string_view kGoneKafka = "bitnami/kafka";

bool IsHelm(const Candidate& candidate) { return candidate.means == Means::kHelmUpgrade; }

bool IsMigration(const Candidate& candidate) {
  return candidate.means == Means::kMetadataMigration || candidate.means == Means::kMigrateScript;
}

bool StartsMilvus(const Candidate& candidate) {
  return candidate.means != Means::kMigrateScriptBack;
}

bool IsPulsarV2(const RuleInput& input) { return input.survey.queue == MessageQueue::kPulsarV2; }

std::string Tag(const Version& version) { return "v" + version.ToString(); }

Verdict ToolVersions(const RuleInput& input) {
  if (!input.candidate.migration || !IsMigration(input.candidate)) {
    return std::nullopt;
  }
  const MigrationArguments& migration = *input.candidate.migration;
  const bool source_fits = migration.source.SameMinor(Version{2, 1, 0, ""});
  const bool target_fits = migration.target.SameMinor(kApp22);
  if (source_fits && target_fits) {
    return std::nullopt;
  }
  return "the migration tool converts metadata of 2.1.x for 2.2.x and nothing else: it refuses " +
         migration.source.ToString() + " -> " + migration.target.ToString() +
         " when Milvus is already stopped; migrate.sh then ends with exit 3 and leaves Milvus at "
         "0 replicas and a failed pod that spoils every retry";
}

Verdict ScriptRollback(const RuleInput& input) {
  if (input.candidate.means != Means::kMigrateScriptBack) {
    return std::nullopt;
  }
  return "the script looks for the backup mark on a ConfigMap whose name lacks the release, finds "
         "none, stops Milvus and ends with exit 4; and the image it would start is not the one "
         "that wrote the metadata";
}

Verdict ToolPanics(const RuleInput& input) {
  if (!input.candidate.migration || !IsMigration(input.candidate)) {
    return std::nullopt;
  }
  for (const ToolOutcome& tool : input.tools) {
    if (tool.image == input.candidate.migration->tool_image && !tool.succeeds) {
      return "on this metadata the tool " + tool.image + " fails" +
             (tool.after_cleaning ? " after it has removed the old metadata from etcd" : "") +
             ": " + tool.why;
    }
  }
  return std::nullopt;
}

Verdict BackupKept(const RuleInput& input) {
  if (!input.candidate.migration || !input.candidate.migration->removes_backup) {
    return std::nullopt;
  }
  return "-d ignores its argument and deletes the backup as soon as the pods are up: it is the "
         "only way back, and nothing has been compared yet";
}

Verdict HelmRollback(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (candidate.means != Means::kHelmRollback) {
    return std::nullopt;
  }
  return "helm rollback brings back manifests, never metadata or data: Milvus " +
         candidate.to.app.ToString() +
         " would start on metadata of 2.2, look healthy, and show "
         "no index and no alias";
}

bool IsRolling(const Candidate& candidate) {
  return candidate.means == Means::kRollingUpdate || candidate.means == Means::kRollingUpdateScript;
}

Verdict RollingRocksmq(const RuleInput& input) {
  const MessageQueue queue = input.survey.queue;
  const bool embedded = queue == MessageQueue::kRocksmq || queue == MessageQueue::kNatsmq;
  if (!IsRolling(input.candidate) || !embedded) {
    return std::nullopt;
  }
  const std::string why =
      "RocksMQ lives in one directory that one process may hold: a new pod beside the old one "
      "fails on its LOCK";
  return input.candidate.means == Means::kRollingUpdate
             ? why
             : why +
                   ". The script refuses where it sees rocksmq, and sees it only in charts from "
                   "3.3.2; called with sh, as documented, it does not even parse where sh is dash";
}

Verdict RollingStandalone(const RuleInput& input) {
  if (!IsRolling(input.candidate) || input.survey.topology != upgrade::Topology::kStandalone) {
    return std::nullopt;
  }
  return "a standalone is one pod with one volume that one node holds: a second one beside it "
         "waits "
         "for the volume until the first is gone, which waits for the second";
}

Verdict RollingStandby(const RuleInput& input) {
  if (input.candidate.means != Means::kRollingUpdate || input.survey.standby ||
      input.survey.topology == upgrade::Topology::kStandalone) {
    return std::nullopt;
  }
  return "the coordinators have no active standby: a new one cannot register while the old one "
         "holds its key, and the old one is stopped only when the new one is ready. Set "
         "activeStandby.enabled=true of every coordinator by a helm upgrade of the same chart "
         "first";
}

Verdict RollingVersion(const RuleInput& input) {
  if (!IsRolling(input.candidate) || !(input.candidate.from.app < kApp223)) {
    return std::nullopt;
  }
  return "Milvus " + input.candidate.from.app.ToString() +
         " has no coordinators in active standby: rolling updates begin at 2.2.3";
}

Verdict RollingMinor(const RuleInput& input) {
  if (!IsRolling(input.candidate) || input.candidate.to.app.SameMinor(input.candidate.from.app)) {
    return std::nullopt;
  }
  return "servers of two minor versions would work side by side: Milvus " +
         input.candidate.from.app.ToString() + " -> " + input.candidate.to.app.ToString() +
         " was never measured so, and the configuration of the old chart would meet the new image";
}

Verdict RollingStopped(const RuleInput& input) {
  if (input.candidate.means != Means::kRollingUpdate || !input.survey.stopped) {
    return std::nullopt;
  }
  return "every Milvus Deployment is at 0 replicas: there is nothing to keep in service";
}

Verdict RollingNames(const RuleInput& input) {
  if (input.candidate.means != Means::kRollingUpdateScript) {
    return std::nullopt;
  }
  return "rollingUpdate.sh checks neither versions nor metadata, never updates mixcoord or "
         "streamingnode, and helm is not told: the next helm upgrade puts the old image back";
}

Verdict MetadataFirst(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  const bool unmigrated = candidate.from.metadata == MetadataGeneration::kV21 &&
                          candidate.to.metadata == MetadataGeneration::kV21;
  if (!unmigrated || !StartsMilvus(candidate) || candidate.to.app < kApp22) {
    return std::nullopt;
  }
  return "Milvus " + candidate.to.app.ToString() +
         " would start on metadata of 2.1: it looks healthy and reports no error, but every index "
         "and every load is gone. The metadata comes first";
}

Verdict OldImage(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (candidate.to.metadata != MetadataGeneration::kV22 || !(candidate.to.app < kApp22) ||
      !StartsMilvus(candidate)) {
    return std::nullopt;
  }
  return "Milvus " + candidate.to.app.ToString() +
         " would start on metadata of 2.2: it looks healthy, but every index and every alias is "
         "gone";
}

Verdict NamedVersion(const RuleInput& input) {
  if (!IsHelm(input.candidate) || input.candidate.version) {
    return std::nullopt;
  }
  return "without --version helm takes the newest chart, " + input.candidate.to.chart.ToString() +
         " with Milvus " + input.candidate.to.app.ToString() +
         ", over every stop that the metadata and the data need; helm itself reports success";
}

Verdict ArchivedRepository(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!IsHelm(candidate) || candidate.repository != "milvus") {
    return std::nullopt;
  }
  const charts::ChartInfo* chart = input.catalog.Find(candidate.to.chart.ToString());
  if (chart != nullptr && chart->in_archived_repo) {
    return std::nullopt;
  }
  return "the repository behind the alias milvus is archived and ends at chart 4.0.31: helm finds "
         "no " +
         candidate.to.chart.ToString() + " there";
}

Verdict Published(const RuleInput& input) {
  if (!IsHelm(input.candidate)) {
    return std::nullopt;
  }
  const std::string version = input.candidate.to.chart.ToString();
  const charts::ChartInfo* chart = input.catalog.Find(version);
  if (chart != nullptr && chart->published) {
    return std::nullopt;
  }
  return "chart " + version + " was never published";
}

Verdict ChartBack(const RuleInput& input) {
  if (!IsHelm(input.candidate) || !(input.candidate.to.chart < input.candidate.from.chart)) {
    return std::nullopt;
  }
  return "chart " + input.candidate.to.chart.ToString() + " is older than " +
         input.candidate.from.chart.ToString() + ", which is installed";
}

Verdict ValuesMode(const RuleInput& input) {
  if (!IsHelm(input.candidate) || input.candidate.mode == helm::ValuesMode::kResetThenReuse) {
    return std::nullopt;
  }
  switch (input.candidate.mode) {
    case helm::ValuesMode::kReuse:
      return "--reuse-values keeps the old chart's defaults: values that the new templates need "
             "are missing, and the image tag stays the old one";
    case helm::ValuesMode::kNone:
      return "without a values flag helm drops the user's own values as soon as one is set: a "
             "standalone becomes a cluster";
    case helm::ValuesMode::kReset:
    case helm::ValuesMode::kResetThenReuse:
      break;
  }
  return "--reset-values drops the user's own values";
}

Verdict Downgrade(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!StartsMilvus(candidate) || candidate.to.app >= candidate.from.app) {
    return std::nullopt;
  }
  return "image " + Tag(candidate.to.app) + " is older than " + Tag(candidate.from.app) +
         ", which runs: a downgrade" +
         (IsHelm(candidate) ? ", by the default of chart " + candidate.to.chart.ToString() : "");
}

Verdict ExplicitImage(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!IsHelm(candidate)) {
    return std::nullopt;
  }
  const std::string wanted = Tag(candidate.to.app);
  for (const std::string& component : ComponentsWithOwnTag(candidate.config)) {
    if (candidate.Text(component + ".image.tag") != wanted) {
      return component +
             ".image.tag is set by the user and wins over image.all.tag: it must name " + wanted +
             " too";
    }
  }
  if (StringAt(candidate.config, {"image", "all", "tag"}) == wanted) {
    return std::nullopt;
  }
  return "image.all.tag does not name " + Tag(candidate.to.app) +
         ": what runs would hang on the chart's default, or on a tag set long ago";
}

Verdict OneMinor(const RuleInput& input) {
  const Version& from = input.candidate.from.app;
  const Version& to = input.candidate.to.app;
  const bool within = from.major == to.major && to.minor <= from.minor + 1;
  // The one larger step that was seen to work: converted metadata under 2.3.5.
  const bool measured = input.candidate.means == Means::kMetadataMigration &&
                        from.SameMinor(Version{2, 1, 0, ""}) && to == Version{2, 3, 5, ""};
  if (within || measured || to < from) {
    return std::nullopt;
  }
  return "no document and no measurement allows Milvus " + from.ToString() + " -> " +
         to.ToString() + " in one step: one minor version at a time";
}

Verdict ChartOfMinor(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  const charts::ChartInfo* chart = input.catalog.Find(candidate.to.chart.ToString());
  if (!IsHelm(candidate) || chart == nullptr || candidate.to.chart == candidate.from.chart) {
    return std::nullopt;
  }
  const auto own = ImageVersionOf(*chart);
  if (!own || own->SameMinor(candidate.to.app)) {
    return std::nullopt;
  }
  return "chart " + candidate.to.chart.ToString() + " is made for Milvus " + own->ToString() +
         ", not for " + candidate.to.app.ToString();
}

Verdict ReadsConfiguration(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!IsHelm(candidate) || candidate.to.chart < kChart420 || candidate.to.app >= kApp24) {
    return std::nullopt;
  }
  return "charts from 4.2.0 leave the merging of configuration files to Milvus, which only 2.4 "
         "and later do: " +
         candidate.to.app.ToString() + " would ignore both files and look for etcd on localhost";
}

bool IsPrerelease(const Version& app) {
  const std::string& suffix = app.prerelease;
  return suffix.starts_with("rc") || suffix.starts_with("beta") || suffix.starts_with("alpha");
}

Verdict Prerelease(const RuleInput& input) {
  const Version& from = input.candidate.from.app;
  // Documented of this one; of other prereleases nothing is known.
  const bool from_rc = from.SameMinor(kApp26) && from.prerelease.starts_with("rc");
  if (!from_rc && !IsPrerelease(input.candidate.to.app)) {
    return std::nullopt;
  }
  const Version& app = from_rc ? from : input.candidate.to.app;
  return "Milvus " + app.ToString() + " is a prerelease: its metadata is not that of " +
         std::to_string(app.major) + "." + std::to_string(app.minor) + "." +
         std::to_string(app.patch) + ", and no way leads from it";
}

Verdict MinioFs(const RuleInput& input) {
  const MinioReading& minio = input.survey.minio;
  if (!IsHelm(input.candidate) || !minio.fs_data) {
    return std::nullopt;
  }
  const std::string tag = input.candidate.Text("minio.image.tag");
  if (tag.empty() || tag < milvus::kMinioWithoutFs) {
    return std::nullopt;
  }
  return "MinIO " + tag + " does not start on data of the fs backend, which " + minio.fs_tag +
         " wrote: pin minio.image.tag, or move the objects to another store first";
}

Verdict Topology(const RuleInput& input) {
  if (!IsHelm(input.candidate)) {
    return std::nullopt;
  }
  const bool cluster = input.candidate.IsOn("cluster.enabled");
  const bool is_cluster = input.survey.topology == upgrade::Topology::kCluster;
  if (cluster == is_cluster) {
    return std::nullopt;
  }
  return std::string("cluster.enabled=") + (cluster ? "true" : "false") + " turns the " +
         std::string(NameOf(input.survey.topology)) + " into something else";
}

Verdict PulsarFlags(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!IsHelm(candidate)) {
    return std::nullopt;
  }
  const bool v2 = candidate.IsOn("pulsar.enabled");
  const bool v3 = candidate.IsOn("pulsarv3.enabled");
  const bool wants_v2 = IsPulsarV2(input);
  const bool wants_v3 = input.survey.queue == MessageQueue::kPulsarV3;
  if (v2 == wants_v2 && v3 == wants_v3) {
    return std::nullopt;
  }
  return std::string("pulsar.enabled=") + (v2 ? "true" : "false") +
         " and pulsarv3.enabled=" + (v3 ? "true" : "false") + " do not go with message queue " +
         std::string(NameOf(input.survey.queue)) +
         ": an upgrade would deploy a Pulsar that is never initialised, or take one away with "
         "what was not yet read";
}

Verdict PulsarCharts(const RuleInput& input) {
  const Version& chart = input.candidate.to.chart;
  if (!IsHelm(input.candidate) || !IsPulsarV2(input) || chart < kChart4221 || kChart4229 < chart) {
    return std::nullopt;
  }
  return "charts 4.2.21 to 4.2.29 must not be used to upgrade a release with Pulsar v2";
}

Verdict Coordinators(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!IsHelm(candidate) || input.survey.topology != upgrade::Topology::kCluster) {
    return std::nullopt;
  }
  const bool mixed = candidate.IsOn("mixCoordinator.enabled");
  int separate = 0;
  for (const char* name :
       {"rootCoordinator", "dataCoordinator", "queryCoordinator", "indexCoordinator"}) {
    const Json* value = candidate.Value(std::string(name) + ".enabled");
    // Catalogs keep the root coordinator's default for all four.
    const bool on = value != nullptr ? value->is_boolean() && value->get<bool>()
                                     : candidate.IsOn("rootCoordinator.enabled");
    separate += on ? 1 : 0;
  }
  if ((mixed && separate == 0) || (!mixed && separate == 4)) {
    return std::nullopt;
  }
  return std::string("mixCoordinator is ") + (mixed ? "on" : "off") + " and " +
         std::to_string(separate) +
         " of the four coordinators are on: exactly one kind must be; helm does not complain";
}

Verdict MixcoordFirst(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (candidate.to.app < kApp26 || candidate.from.app >= kApp26) {
    return std::nullopt;
  }
  const bool cluster = input.survey.topology == upgrade::Topology::kCluster;
  if (candidate.from.app >= kApp2516 && (candidate.from_mixcoord || !cluster)) {
    return std::nullopt;
  }
  return "2.6 is reached from 2.5.16 or later with mixCoordinator only: its coordinator waits for "
         "ever while an older one is registered";
}

Verdict ExplicitQueue(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  const bool standalone = input.survey.topology == upgrade::Topology::kStandalone;
  if (!IsHelm(candidate) || !standalone || candidate.to.chart < kChart500) {
    return std::nullopt;
  }
  const Json* queue = helm::ValueAt(candidate.config, "standalone.messageQueue");
  const std::string value = queue != nullptr && queue->is_string() ? queue->get<std::string>() : "";
  const bool embedded = input.survey.queue == MessageQueue::kRocksmq ||
                        input.survey.queue == MessageQueue::kNatsmq ||
                        input.survey.queue == MessageQueue::kWoodpecker;
  if (!embedded || value == NameOf(input.survey.queue)) {
    return std::nullopt;
  }
  return "charts from 5.0.0 default to woodpecker: without standalone.messageQueue=" +
         std::string(NameOf(input.survey.queue)) +
         " the message queue hangs on what helm can look up, and a renderer without access to the "
         "cluster switches it silently";
}

Verdict Streaming(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!IsHelm(candidate) || candidate.to.chart < kChart500) {
    return std::nullopt;
  }
  if (candidate.IsOn("streaming.enabled") && !candidate.IsOn("indexNode.enabled")) {
    return std::nullopt;
  }
  return "Milvus 2.6 needs streaming.enabled=true and indexNode.enabled=false; helm does not "
         "complain about anything else";
}

Verdict RootPathKept(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  const Survey& survey = input.survey;
  if (!IsHelm(candidate) || candidate.to.chart < kChart400 || survey.root_path == "by-dev") {
    return std::nullopt;
  }
  const Json* files = helm::ValueAt(candidate.config, "extraConfigFiles");
  const std::string user = files != nullptr ? StringAt(*files, {"user.yaml"}) : "";
  const auto documents = ParseYaml(user, "user.yaml");
  if (documents && !documents->empty() &&
      StringAt(documents->front(), {"etcd", "rootPath"}) == survey.root_path) {
    return std::nullopt;
  }
  return "charts from 4.0.0 ignore metadata.rootPath: without etcd.rootPath: " + survey.root_path +
         " in extraConfigFiles.user.yaml Milvus starts below by-dev, where nothing is";
}

Verdict EtcdReplicas(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  const Json* now = input.survey.Value("etcd.replicaCount");
  const Json* then = candidate.Value("etcd.replicaCount");
  if (!IsHelm(candidate) || now == nullptr || then == nullptr || *now == *then) {
    return std::nullopt;
  }
  return "etcd.replicaCount would change from " + Dump(*now) + " to " + Dump(*then) +
         " in the same step";
}

// Sizes and classes that end in claim templates or bound claims; none of them may change.
constexpr std::array<std::string_view, 9> kClaimValues = {
    "etcd.persistence.size",
    "etcd.persistence.storageClass",
    "minio.persistence.size",
    "minio.persistence.storageClass",
    "pulsar.zookeeper.volumes.data.size",
    "pulsar.bookkeeper.volumes.journal.size",
    "pulsar.bookkeeper.volumes.ledgers.size",
    "standalone.persistence.persistentVolumeClaim.size",
    "standalone.persistence.persistentVolumeClaim.storageClass"};

Verdict VolumeClaims(const RuleInput& input) {
  if (!IsHelm(input.candidate)) {
    return std::nullopt;
  }
  for (const std::string_view path : kClaimValues) {
    const Json* now = input.survey.Value(path);
    const Json* then = helm::ValueAt(input.candidate.config, path);
    if (now != nullptr && then != nullptr && *now != *then) {
      return std::string(path) + " would change from " + Dump(*now) + " to " + Dump(*then) +
             ": the API server refuses to change claim templates and bound claims, the revision "
             "fails, and everything else has been changed by then";
    }
  }
  return std::nullopt;
}

Verdict KafkaImages(const RuleInput& input) {
  const Candidate& candidate = input.candidate;
  if (!IsHelm(candidate) || input.survey.queue != MessageQueue::kKafka ||
      !(candidate.to.chart < kChart5019)) {
    return std::nullopt;
  }
  const std::string repository =
      StringAt(candidate.config, {"kafka", "image", "repository"}, kGoneKafka);
  if (repository != kGoneKafka) {
    return std::nullopt;
  }
  return "charts before 5.0.19 name the image bitnami/kafka, which is not to be had any more: a "
         "pod "
         "of Kafka that is made anew cannot start. Set kafka.image.repository and "
         "kafka.zookeeper.image.repository to where a copy is";
}

Verdict ScriptNames(const RuleInput& input) {
  const Survey& survey = input.survey;
  const Means means = input.candidate.means;
  const bool migrates = means == Means::kMigrateScript || means == Means::kMigrateScriptBack;
  if (!migrates && means != Means::kRollingUpdateScript) {
    return std::nullopt;
  }
  const std::string etcd = survey.etcd_endpoint.substr(0, survey.etcd_endpoint.find(':'));
  if (migrates && etcd != survey.release + "-etcd") {
    return "migrate.sh looks for etcd at " + survey.release + "-etcd; it is at " + etcd +
           ": -e must name it";
  }
  const std::string prefix = survey.release + "-milvus-";
  if (!migrates && !survey.deployments.front().name.starts_with(prefix)) {
    return "rollingUpdate.sh takes the ConfigMap " + survey.release +
           "-milvus for the configuration; the objects of this release are named otherwise (" +
           survey.deployments.front().name + ")";
  }
  return std::nullopt;
}

Verdict BackupVolume(const RuleInput& input) {
  if (input.candidate.means != Means::kMetadataMigration || !input.survey.storage_class.empty()) {
    return std::nullopt;
  }
  return "the cluster has no default storage class, and none of the release's volumes names one: "
         "the backup has no place (--assume storage-class=NAME)";
}

Verdict EtcdReachable(const RuleInput& input) {
  if (input.candidate.means != Means::kMetadataMigration || !input.survey.etcd_endpoint.empty()) {
    return std::nullopt;
  }
  return "neither a Service of the release's etcd nor externalEtcd.endpoints is to be found: the "
         "migration tool has no etcd to work on";
}

constexpr std::string_view kReadme = "zilliztech/milvus-helm@9832476:charts/milvus/README.md";
constexpr std::string_view kIndex = "zilliztech/milvus-helm@01df9e8:index.yaml";
constexpr std::string_view kUpgrade = "helm/helm@v3.19.5:pkg/action/upgrade.go";
constexpr std::string_view kMigrator =
    "milvus-io/milvus@72dab80:cmd/tools/migration/migration/migrator.go";
constexpr std::string_view kMigrateSh =
    "milvus-io/milvus@a7518eb:deployments/migrate-meta/migrate.sh";
constexpr std::string_view kRollingSh =
    "milvus-io/milvus@4e26d62:deployments/upgrade/rollingUpdate.sh";
constexpr std::string_view kRollingReadme =
    "milvus-io/milvus@4e26d62:deployments/upgrade/README.md";
constexpr std::string_view kTrace06 =
    "fixtures/traces/06-rolling-cluster-2.3.0-to-2.3.11.kubectl.log";
constexpr std::string_view kChart5 =
    "zilliztech/milvus-helm@7552d1d:charts/milvus/templates/_helpers.tpl";

constexpr RuleKind kStep = RuleKind::kStep;
// The most telling first: an alternative is refused by the first that speaks.
constexpr std::array<Rule, 40> kRules = {{
    {"tool-versions", kStep, kMigrator, ToolVersions},
    {"script-rollback", kStep, kMigrateSh, ScriptRollback},
    {"tool-panics", kStep, "milvus-io/milvus PR #21584", ToolPanics},
    {"backup-kept", kStep, kMigrateSh, BackupKept},
    {"helm-rollback", kStep, "fixtures/etcd/milvus-2.1.0-on-2.2-metadata.jsonl", HelmRollback},
    {"rolling-rocksmq", kStep, "milvus-io/milvus issue #28867", RollingRocksmq},
    {"rolling-standalone", kStep, kRollingSh, RollingStandalone},
    {"rolling-version", kStep, kRollingReadme, RollingVersion},
    {"rolling-minor", kStep, kTrace06, RollingMinor},
    {"rolling-names", kStep, kRollingSh, RollingNames},
    {"rolling-standby", kStep, kRollingSh, RollingStandby},
    {"rolling-stopped", kStep, kRollingSh, RollingStopped},
    {"named-version", kStep, kReadme, NamedVersion},
    {"archived-repository", kStep, "milvus-io/milvus-docs PR #2325", ArchivedRepository},
    {"published", kStep, kIndex, Published},
    {"values-mode", kStep, "fixtures/traces/05-helm-upgrades.out", ValuesMode},
    {"metadata-first", kStep, "fixtures/etcd/milvus-2.2.16-on-unmigrated.jsonl", MetadataFirst},
    {"old-image", kStep, "fixtures/etcd/milvus-2.1.0-on-2.2-metadata.jsonl", OldImage},
    {"downgrade", kStep, "milvus-io/milvus issues #26612, #33242", Downgrade},
    {"chart-back", kStep, kUpgrade, ChartBack},
    {"prerelease", kStep, kReadme, Prerelease},
    {"one-minor", kStep, "fixtures/etcd/milvus-2.3.5-on-migrated.jsonl", OneMinor},
    {"mixcoord-first", kStep, "milvus-io/milvus issues #42602, #46475", MixcoordFirst},
    {"reads-configuration", kStep, kReadme, ReadsConfiguration},
    {"chart-of-minor", kStep, kReadme, ChartOfMinor},
    {"explicit-image", kStep, "milvus-io/milvus issue #31234", ExplicitImage},
    {"minio-fs", kStep, "milvus-io/milvus issues #28880, #27991", MinioFs},
    {"topology", kStep, kUpgrade, Topology},
    {"pulsar-charts", kStep, kReadme, PulsarCharts},
    {"pulsar-flags", kStep, kReadme, PulsarFlags},
    {"coordinators", kStep, kReadme, Coordinators},
    {"explicit-queue", kStep, kChart5, ExplicitQueue},
    {"streaming", kStep, kReadme, Streaming},
    {"root-path-kept", kStep, kReadme, RootPathKept},
    {"etcd-replicas", kStep, kUpgrade, EtcdReplicas},
    {"volume-claims", kStep, "fixtures/traces/07-helm-semantics.out", VolumeClaims},
    {"kafka-images",
     kStep,
     "zilliztech/milvus-helm@9832476:charts/milvus/values.yaml",
     KafkaImages},
    {"script-names", kStep, kMigrateSh, ScriptNames},
    {"backup-volume", kStep, kMigrateSh, BackupVolume},
    {"etcd-reachable", kStep, kMigrateSh, EtcdReachable},
}};

}  // namespace

std::span<const Rule> StepRules() { return kRules; }

}  // namespace rehearse::upgrade
