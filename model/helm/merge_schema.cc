#include "model/helm/merge_schema.h"

#include <array>
#include <string>

namespace rehearse::helm {
namespace {

struct Row {
  MergeType type;
  std::string_view field;
  FieldRule rule;
};

constexpr FieldRule Map(MergeType type) { return {.type = type, .merge_key = {}}; }
constexpr FieldRule List(std::string_view key, MergeType type = MergeType::kOpaque) {
  return {.type = type, .merge_key = key};
}
constexpr FieldRule RetainingList(std::string_view key) {
  return {.type = MergeType::kOpaque, .merge_key = key, .retain_keys = true};
}
constexpr FieldRule Retaining() { return {.merge_key = {}, .retain_keys = true}; }
constexpr FieldRule Replacing() { return {.merge_key = {}, .replace = true}; }
constexpr FieldRule Set() { return {.merge_key = {}, .merge_scalars = true}; }

// Law::kPatchMergeKeys
constexpr std::array kRows = {
    Row{MergeType::kMeta, "finalizers", Set()},
    Row{MergeType::kMeta, "ownerReferences", List("uid")},
    Row{MergeType::kDeployment, "spec", Map(MergeType::kDeploymentSpec)},
    Row{MergeType::kDeploymentSpec, "strategy", Retaining()},
    Row{MergeType::kDeploymentSpec, "template", Map(MergeType::kPodTemplate)},
    Row{MergeType::kWorkload, "spec", Map(MergeType::kWorkloadSpec)},
    Row{MergeType::kWorkloadSpec, "template", Map(MergeType::kPodTemplate)},
    Row{MergeType::kCronJob, "spec", Map(MergeType::kCronJobSpec)},
    Row{MergeType::kCronJobSpec, "jobTemplate", Map(MergeType::kWorkload)},
    Row{MergeType::kPod, "spec", Map(MergeType::kPodSpec)},
    Row{MergeType::kPodTemplate, "spec", Map(MergeType::kPodSpec)},
    Row{MergeType::kPodSpec, "volumes", RetainingList("name")},
    Row{MergeType::kPodSpec, "initContainers", List("name", MergeType::kContainer)},
    Row{MergeType::kPodSpec, "containers", List("name", MergeType::kContainer)},
    Row{MergeType::kPodSpec, "ephemeralContainers", List("name", MergeType::kContainer)},
    Row{MergeType::kPodSpec, "imagePullSecrets", List("name")},
    Row{MergeType::kPodSpec, "hostAliases", List("ip")},
    Row{MergeType::kPodSpec, "topologySpreadConstraints", List("topologyKey")},
    Row{MergeType::kPodSpec, "schedulingGates", List("name")},
    Row{MergeType::kPodSpec, "resourceClaims", RetainingList("name")},
    Row{MergeType::kContainer, "ports", List("containerPort")},
    Row{MergeType::kContainer, "env", List("name")},
    Row{MergeType::kContainer, "volumeMounts", List("mountPath")},
    Row{MergeType::kContainer, "volumeDevices", List("devicePath")},
    Row{MergeType::kService, "spec", Map(MergeType::kServiceSpec)},
    Row{MergeType::kServiceSpec, "ports", List("port")},
    Row{MergeType::kServiceAccount, "secrets", List("name")},
    Row{MergeType::kServiceAccount, "imagePullSecrets", List("name")},
    Row{MergeType::kDisruptionBudget, "spec", Map(MergeType::kDisruptionBudgetSpec)},
    Row{MergeType::kDisruptionBudgetSpec, "selector", Replacing()},
    Row{MergeType::kStatus, "conditions", List("type")},
};

bool HasTypeMeta(MergeType type) {
  return type == MergeType::kObject || type == MergeType::kDeployment ||
         type == MergeType::kWorkload || type == MergeType::kCronJob || type == MergeType::kPod ||
         type == MergeType::kPodTemplate || type == MergeType::kService ||
         type == MergeType::kServiceAccount || type == MergeType::kDisruptionBudget;
}

// API groups with Go types: the core group and the groups of Kubernetes itself.
bool IsBuiltIn(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) {
    return api_version == "v1";
  }
  const std::string_view group = api_version.substr(0, slash);
  return group.find('.') == std::string_view::npos || group.ends_with(".k8s.io");
}

}  // namespace

MergeType MergeTypeOf(const Json& object) {
  const std::string kind = StringAt(object, {"kind"});
  if (!IsBuiltIn(StringAt(object, {"apiVersion"}))) {
    return MergeType::kOpaque;
  }
  if (kind == "Deployment") {
    return MergeType::kDeployment;
  }
  if (kind == "StatefulSet" || kind == "DaemonSet" || kind == "ReplicaSet" || kind == "Job") {
    return MergeType::kWorkload;
  }
  if (kind == "CronJob") {
    return MergeType::kCronJob;
  }
  if (kind == "Pod") {
    return MergeType::kPod;
  }
  if (kind == "Service") {
    return MergeType::kService;
  }
  if (kind == "ServiceAccount") {
    return MergeType::kServiceAccount;
  }
  return kind == "PodDisruptionBudget" ? MergeType::kDisruptionBudget : MergeType::kObject;
}

FieldRule Lookup(MergeType type, std::string_view field) {
  if (field == "metadata" && HasTypeMeta(type)) {
    return Map(MergeType::kMeta);
  }
  if (field == "status" && HasTypeMeta(type)) {
    return Map(MergeType::kStatus);
  }
  for (const Row& row : kRows) {
    if (row.type == type && row.field == field) {
      return row.rule;
    }
  }
  return {};
}

}  // namespace rehearse::helm
