#include "model/helm/types.h"

#include <algorithm>
#include <array>

#include "model/core/hash.h"

namespace rehearse::helm {
namespace {

constexpr std::array<std::string_view, 9> kStatusNames = {"unknown",
                                                          "deployed",
                                                          "uninstalled",
                                                          "superseded",
                                                          "failed",
                                                          "uninstalling",
                                                          "pending-install",
                                                          "pending-upgrade",
                                                          "pending-rollback"};

// Law::kInstallOrder
constexpr std::array<std::string_view, 36> kInstallOrder = {
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
};

std::size_t InstallRank(const Json& object) {
  const std::string kind = StringAt(object, {"kind"});
  const auto found = std::find(kInstallOrder.begin(), kInstallOrder.end(), kind);
  return static_cast<std::size_t>(found - kInstallOrder.begin());
}

bool IsClusterScoped(std::string_view kind) {
  return kind == "Namespace" || kind == "ClusterRole" || kind == "ClusterRoleBinding" ||
         kind == "PersistentVolume" || kind == "StorageClass" || kind == "PriorityClass" ||
         kind == "CustomResourceDefinition" || kind == "APIService" || kind == "IngressClass" ||
         kind == "MutatingWebhookConfiguration" || kind == "ValidatingWebhookConfiguration" ||
         kind == "PodSecurityPolicy";
}

Fingerprint ContentDigest(const ReleaseRecord& record) {
  Hasher hasher;
  hasher.Add(HashJson(ConfigOf(record)));
  hasher.Add(record.chart.value ? HashJson(*record.chart.value) : 0);
  if (record.manifest) {
    hasher.Add(*record.manifest);
  } else if (record.objects) {
    for (const JsonPtr& object : *record.objects) {
      hasher.Add(HashJson(*object));
    }
  }
  return hasher.Get();
}

}  // namespace

std::string_view NameOf(ReleaseStatus status) {
  return kStatusNames.at(static_cast<std::size_t>(status));
}

Result<ReleaseStatus> ParseReleaseStatus(std::string_view text) {
  const auto found = std::find(kStatusNames.begin(), kStatusNames.end(), text);
  if (found == kStatusNames.end()) {
    return BadInput("not a release status: \"" + std::string(text) + "\"");
  }
  return static_cast<ReleaseStatus>(found - kStatusNames.begin());
}

bool IsPending(ReleaseStatus status) {
  return status == ReleaseStatus::kPendingInstall || status == ReleaseStatus::kPendingUpgrade ||
         status == ReleaseStatus::kPendingRollback;
}

std::string ChartVersion(const ReleaseRecord& record) {
  return record.chart.value ? StringAt(*record.chart.value, {"metadata", "version"}) : "";
}

std::string AppVersion(const ReleaseRecord& record) {
  return record.chart.value ? StringAt(*record.chart.value, {"metadata", "appVersion"}) : "";
}

std::string ChartLabel(const ReleaseRecord& record) {
  const std::string name =
      record.chart.value ? StringAt(*record.chart.value, {"metadata", "name"}) : "";
  return name + "-" + ChartVersion(record);
}

const Json& ConfigOf(const ReleaseRecord& record) {
  static const Json empty = Json::object();
  return record.config.value && record.config.value->is_object() ? *record.config.value : empty;
}

std::string ManifestText(const ReleaseRecord& record) {
  if (record.manifest) {
    return *record.manifest;
  }
  std::string text;
  if (record.objects) {
    for (const JsonPtr& object : *record.objects) {
      text += "---\n" + DumpYaml(*object);
    }
  }
  return text;
}

Result<ObjectsPtr> ParseManifest(ReleaseRecord& record) {
  if (record.objects) {
    return record.objects;
  }
  Objects objects;
  if (record.manifest) {
    const std::string where =
        "release " + record.name + " revision " + std::to_string(record.revision) + ": manifest";
    TRY_ASSIGN(std::vector<Json> documents, ParseYaml(*record.manifest, where));
    for (Json& document : documents) {
      objects.push_back(Share(std::move(document)));
    }
  }
  record.objects = std::make_shared<const Objects>(std::move(objects));
  return record.objects;
}

void SealContent(ReleaseRecord& record) { record.content_digest = ContentDigest(record); }

Fingerprint DigestOf(const ReleaseRecord& record) {
  const Fingerprint content =
      record.content_digest != 0 ? record.content_digest : ContentDigest(record);
  return Hasher()
      .Add(record.name)
      .Add(record.ns)
      .Add(record.revision)
      .Add(record.status)
      .Add(content)
      .Get();
}

ObjectRef RefOf(const Json& object, std::string_view ns) {
  ObjectRef ref;
  ref.api_version = StringAt(object, {"apiVersion"});
  ref.kind = StringAt(object, {"kind"});
  ref.name = StringAt(object, {"metadata", "name"});
  ref.ns = IsClusterScoped(ref.kind) ? "" : StringAt(object, {"metadata", "namespace"}, ns);
  return ref;
}

void SortForInstall(Objects& objects) {
  std::stable_sort(objects.begin(), objects.end(), [](const JsonPtr& a, const JsonPtr& b) {
    const std::size_t rank_a = InstallRank(*a);
    const std::size_t rank_b = InstallRank(*b);
    if (rank_a != rank_b) {
      return rank_a < rank_b;
    }
    return rank_a == kInstallOrder.size() && StringAt(*a, {"kind"}) < StringAt(*b, {"kind"});
  });
}

}  // namespace rehearse::helm
