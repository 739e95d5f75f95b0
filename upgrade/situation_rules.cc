// Rules about where a release stands: they hold for every step from there.
#include <algorithm>
#include <array>
#include <charconv>

#include "upgrade/rules.h"

namespace rehearse::upgrade {
namespace {

using Verdict = std::optional<std::string>;

constexpr int kHelmMinorNeeded = 14;
constexpr int kKubernetesMinorNeeded = 20;

// MAJOR and MINOR of "1.34.4" or "3.19.5+g1234"; {0, 0} if there are none.
std::pair<int, int> MajorMinor(std::string_view text) {
  int major = 0;
  int minor = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') {
    return {0, 0};
  }
  std::from_chars(first.ptr + 1, end, minor);
  return {major, minor};
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

Verdict HelmVersion(const RuleInput& input) {
  const std::string& version = input.survey.situation->helm_version;
  if (MajorMinor(version) >= std::pair(3, kHelmMinorNeeded)) {
    return std::nullopt;
  }
  return "helm " + version + " has no --reset-then-reuse-values: 3.14.0 or later is needed";
}

Verdict KubernetesVersion(const RuleInput& input) {
  const std::string& version = input.survey.situation->kubernetes_version;
  if (MajorMinor(version) >= std::pair(1, kKubernetesMinorNeeded)) {
    return std::nullopt;
  }
  return "Kubernetes " + version + " is older than 1.20, which the charts need";
}

Verdict ReleaseLocked(const RuleInput& input) {
  const helm::ReleaseRecord& newest = input.survey.newest;
  if (!helm::IsPending(newest.status)) {
    return std::nullopt;
  }
  return "revision " + std::to_string(newest.revision) + " of " + newest.name + " is " +
         std::string(helm::NameOf(newest.status)) +
         ": helm refuses every upgrade until that revision is gone, and the objects can be "
         "anything between the old and the new manifest. Make sure that no helm runs, delete the "
         "Secret of that revision and capture again; helm rollback would put the old image back, "
         "whatever the metadata is";
}

Verdict ReleaseGone(const RuleInput& input) {
  const helm::ReleaseStatus status = input.survey.newest.status;
  if (status != helm::ReleaseStatus::kUninstalled && status != helm::ReleaseStatus::kUninstalling) {
    return std::nullopt;
  }
  return "release " + input.survey.release + " is " + std::string(helm::NameOf(status)) +
         ": there is nothing to upgrade";
}

std::string LostText(const BackupReading& backup) {
  std::vector<std::string> families;
  for (const auto& [family, count] : backup.missing) {
    families.push_back(family + " " + std::to_string(count));
  }
  return "Backup file " + backup.name + " (" + std::to_string(backup.entries) + " entries, " +
         (backup.complete ? "complete" : "INCOMPLETE") + ") knows " +
         std::to_string(backup.collections.size()) + " collections (" + Join(backup.collections) +
         "); keys that etcd has no more, by family: " + Join(families);
}

Verdict MetadataCleaned(const RuleInput& input) {
  const MetadataReading& metadata = input.survey.metadata;
  if (metadata.generation != MetadataGeneration::kCleaned) {
    return std::nullopt;
  }
  std::vector<std::string> ids;
  for (const std::int64_t id : metadata.orphans) {
    ids.push_back(std::to_string(id));
  }
  std::string text = "etcd holds no collection any more, but data of " +
                     std::to_string(ids.size()) + " (ids " + Join(ids) +
                     "): a migration removed the old metadata and did not write the new. A Milvus "
                     "started on this is an empty one, and may drop the data for good. ";
  for (const BackupReading& backup : input.survey.backups) {
    text += LostText(backup) + ". ";
  }
  if (input.survey.backup_claim.empty()) {
    return text + (input.survey.backups.empty()
                       ? "The capture shows no backup: the names of the collections are not known, "
                         "and without a backup they cannot be brought back"
                       : "That file is the only copy");
  }
  return text + "The only copy is migration.bak on volume claim " + input.survey.backup_claim +
         ": copy it away first, restore from it, start the old image, and capture again";
}

Verdict MetadataMixed(const RuleInput& input) {
  if (input.survey.metadata.generation != MetadataGeneration::kMixed) {
    return std::nullopt;
  }
  return "etcd holds indexes or aliases of 2.1 beside some that only 2.2 and later write: a newer "
         "server has worked on metadata that was not migrated, and no tool can tell which of the "
         "two is right. Restore a backup from before, or look at it by hand";
}

Verdict MigrationRunning(const RuleInput& input) {
  for (const ToolPod& pod : input.survey.tool_pods) {
    if (pod.phase == kube::PodPhase::kPending || pod.phase == kube::PodPhase::kRunning) {
      return "pod " + pod.name +
             " of a metadata migration is not finished: wait for it, or make "
             "sure that nobody needs it and delete it";
    }
  }
  return std::nullopt;
}

Verdict MigrationHalfDone(const RuleInput& input) {
  const Survey& survey = input.survey;
  const auto failed = std::ranges::find_if(survey.tool_pods, [](const ToolPod& pod) {
    return pod.phase == kube::PodPhase::kFailed && pod.command != "backup";
  });
  const bool intact =
      survey.metadata.generation == MetadataGeneration::kV21 && !survey.metadata.undecided;
  if (failed == survey.tool_pods.end() || intact) {
    return std::nullopt;
  }
  return "pod " + failed->name + " of a metadata migration has failed, and the metadata is not " +
         "that of 2.1 any more: what it wrote may be a part. Restore the backup, or prove the "
         "metadata whole and delete the pod, and capture again";
}

Verdict RootPath(const RuleInput& input) {
  const Survey& survey = input.survey;
  if (survey.metadata.keys > 0) {
    return std::nullopt;
  }
  const std::vector<std::string> roots = RootPathsIn(survey.situation->etcd);
  if (roots.empty()) {
    return std::nullopt;
  }
  return "Milvus is configured for root path " + survey.root_path + ", where etcd holds nothing; " +
         "it holds metadata below " + Join(roots) +
         ": a migration would find nothing and report success";
}

struct RemovedApi {
  std::string_view api_version;
  std::string_view kind;
  int gone_in;  // minor of Kubernetes 1
};
constexpr std::array<RemovedApi, 9> kRemovedApis = {{
    {"policy/v1beta1", "PodDisruptionBudget", 25},
    {"policy/v1beta1", "PodSecurityPolicy", 25},
    {"batch/v1beta1", "CronJob", 25},
    {"autoscaling/v2beta1", "HorizontalPodAutoscaler", 25},
    {"autoscaling/v2beta2", "HorizontalPodAutoscaler", 26},
    {"networking.k8s.io/v1beta1", "Ingress", 22},
    {"extensions/v1beta1", "Ingress", 22},
    {"rbac.authorization.k8s.io/v1beta1", "Role", 22},
    {"rbac.authorization.k8s.io/v1beta1", "RoleBinding", 22},
}};

// A manifest is a stream of documents whose own apiVersion and kind stand at the margin.
Verdict RemovedApis(const RuleInput& input) {
  const helm::ReleaseRecord& deployed = input.survey.deployed;
  const int minor = MajorMinor(input.survey.situation->kubernetes_version).second;
  const std::string manifest = helm::ManifestText(deployed);
  for (const RemovedApi& api : kRemovedApis) {
    const std::string api_line = "\napiVersion: " + std::string(api.api_version) + "\n";
    const std::string kind_line = "\nkind: " + std::string(api.kind) + "\n";
    if (minor >= api.gone_in && manifest.find(api_line) != std::string::npos &&
        manifest.find(kind_line) != std::string::npos) {
      return "the manifest of revision " + std::to_string(deployed.revision) + " names " +
             std::string(api.kind) + " of " + std::string(api.api_version) +
             ", which Kubernetes 1." + std::to_string(minor) +
             " does not serve any more: helm cannot read its own old manifest, and no value cures "
             "that. Rewrite the stored manifest first (the mapkubeapis plugin of helm does it); "
             "helm rollback fails too and locks the release";
    }
  }
  return std::nullopt;
}

Verdict MixedImages(const RuleInput& input) {
  if (input.survey.images.size() < 2) {
    return std::nullopt;
  }
  return "the Deployments of the release run different images: " +
         Join({input.survey.images.begin(), input.survey.images.end()}) +
         ". An earlier update stopped half way; bring all of them to one image first";
}

Verdict TooOld(const RuleInput& input) {
  const Version& app = input.survey.app;
  if (app.major > 2 || (app.major == 2 && app.minor >= 1)) {
    return std::nullopt;
  }
  return "Milvus " + app.ToString() +
         " is older than 2.1: the migration tool converts metadata of 2.1 alone, and nothing is "
         "known of a way from here";
}

constexpr std::string_view kReadme = "zilliztech/milvus-helm@9832476:charts/milvus/README.md";

constexpr std::array<Rule, 12> kRules = {{
    {"helm-version", RuleKind::kSituation, kReadme, HelmVersion},
    {"kubernetes-version", RuleKind::kSituation, kReadme, KubernetesVersion},
    {"release-gone", RuleKind::kSituation, "helm/helm@v3.19.5:pkg/action/upgrade.go", ReleaseGone},
    {"metadata-cleaned",
     RuleKind::kSituation,
     "fixtures/captures/incident-meta-migration-panicked; milvus-io/milvus PR #21584",
     MetadataCleaned},
    {"metadata-mixed",
     RuleKind::kSituation,
     "milvus-io/milvus issues #20047, #20798; fixtures/etcd/milvus-2.2.16-on-unmigrated.jsonl",
     MetadataMixed},
    {"migration-running",
     RuleKind::kSituation,
     "milvus-io/milvus@3b1e391:cmd/tools/migration/migration/runner.go",
     MigrationRunning},
    {"migration-half-done",
     RuleKind::kSituation,
     "milvus-io/milvus@72dab80:cmd/tools/migration/command/run.go",
     MigrationHalfDone},
    {"release-locked",
     RuleKind::kSituation,
     "helm/helm issue #30601; helm/helm@v3.19.5:pkg/action/upgrade.go",
     ReleaseLocked},
    {"root-path",
     RuleKind::kSituation,
     "milvus-io/milvus@a7518eb:deployments/migrate-meta/migrate.sh",
     RootPath},
    {"removed-api", RuleKind::kSituation, "milvus-io/milvus issue #21098", RemovedApis},
    {"mixed-images",
     RuleKind::kSituation,
     "milvus-io/milvus@4e26d62:deployments/upgrade/rollingUpdate.sh",
     MixedImages},
    {"too-old",
     RuleKind::kSituation,
     "milvus-io/milvus@72dab80:cmd/tools/migration/migration/migrator.go",
     TooOld},
}};

}  // namespace

std::span<const Rule> SituationRules() { return kRules; }

}  // namespace rehearse::upgrade
