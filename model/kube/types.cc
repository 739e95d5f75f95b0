#include "model/kube/types.h"

#include <array>
#include <charconv>

namespace rehearse::kube {
namespace {

void Add(Hasher& hash, const Labels& labels) {
  hash.Add(labels.size());
  for (const auto& [key, value] : labels) {
    hash.Add(key).Add(value);
  }
}

void Add(Hasher& hash, const TemplatePtr& pod_template) {
  hash.Add(pod_template ? pod_template->digest : 0);
}

void Add(Hasher& hash, const WorkloadStatus& status) {
  hash.Add(status.replicas).Add(status.updated).Add(status.ready).Add(status.available);
}

struct BodyHasher {
  Hasher& hash;
  void operator()(const Opaque& /*unused*/) const {}
  void operator()(const Deployment& body) const {
    hash.Add(body.replicas).Add(body.strategy.type).Add(body.strategy.max_surge);
    hash.Add(body.strategy.max_unavailable).Add(body.min_ready_s);
    Add(hash, body.pod_template);
    Add(hash, body.status);
  }
  void operator()(const ReplicaSet& body) const {
    hash.Add(body.replicas);
    Add(hash, body.pod_template);
    Add(hash, body.status);
  }
  void operator()(const StatefulSet& body) const {
    hash.Add(body.replicas).Add(body.parallel);
    Add(hash, body.pod_template);
    Add(hash, body.status);
  }
  void operator()(const Pod& body) const {
    Add(hash, body.pod_template);
    hash.Add(body.phase).Add(body.ready).Add(body.available).Add(body.node);
    hash.Add(body.waiting_reason).Add(body.exit_code).Add(body.restarts).Add(body.failed_pulls);
  }
  void operator()(const Claim& body) const {
    hash.Add(body.bound).Add(body.storage_class).Add(body.held);
  }
  void operator()(const ConfigMap& body) const {
    if (body.data) {
      Add(hash, *body.data);
    }
  }
};

std::int64_t ObservedGeneration(const Object& object) {
  if (const auto* deployment = std::get_if<Deployment>(&object.body)) {
    return deployment->status.observed_generation;
  }
  if (const auto* stateful_set = std::get_if<StatefulSet>(&object.body)) {
    return stateful_set->status.observed_generation;
  }
  return object.generation;
}

struct KindName {
  std::string_view resource;
  std::string_view kind;
};
constexpr std::array kKinds = {
    KindName{"deploy", "Deployment"},
    KindName{"deployment", "Deployment"},
    KindName{"deployments", "Deployment"},
    KindName{"rs", "ReplicaSet"},
    KindName{"replicaset", "ReplicaSet"},
    KindName{"replicasets", "ReplicaSet"},
    KindName{"sts", "StatefulSet"},
    KindName{"statefulset", "StatefulSet"},
    KindName{"statefulsets", "StatefulSet"},
    KindName{"po", "Pod"},
    KindName{"pod", "Pod"},
    KindName{"pods", "Pod"},
    KindName{"svc", "Service"},
    KindName{"service", "Service"},
    KindName{"services", "Service"},
    KindName{"cm", "ConfigMap"},
    KindName{"configmap", "ConfigMap"},
    KindName{"configmaps", "ConfigMap"},
    KindName{"secret", "Secret"},
    KindName{"secrets", "Secret"},
    KindName{"pvc", "PersistentVolumeClaim"},
    KindName{"persistentvolumeclaim", "PersistentVolumeClaim"},
    KindName{"persistentvolumeclaims", "PersistentVolumeClaim"},
    KindName{"pv", "PersistentVolume"},
    KindName{"persistentvolume", "PersistentVolume"},
    KindName{"sc", "StorageClass"},
    KindName{"storageclass", "StorageClass"},
    KindName{"storageclasses", "StorageClass"},
    KindName{"job", "Job"},
    KindName{"jobs", "Job"},
    KindName{"node", "Node"},
    KindName{"nodes", "Node"},
};

}  // namespace

Fingerprint DigestOf(const Object& object) {
  Hasher hash;
  hash.Add(object.api_version).Add(object.document_digest).Add(object.terminating);
  hash.Add(ObservedGeneration(object) >= object.generation);
  Add(hash, object.labels);
  Add(hash, object.annotations);
  std::visit(BodyHasher{hash}, object.body);
  return hash.Get();
}

std::string_view NameOf(PodPhase phase) {
  switch (phase) {
    case PodPhase::kPending:
      return "Pending";
    case PodPhase::kRunning:
      return "Running";
    case PodPhase::kSucceeded:
      return "Succeeded";
    case PodPhase::kFailed:
      return "Failed";
  }
  return "Unknown";
}

std::string_view NameOf(StrategyType type) {
  switch (type) {
    case StrategyType::kRecreate:
      return "Recreate";
    case StrategyType::kRollingUpdate:
      return "RollingUpdate";
  }
  return "Unknown";
}

bool Selects(const Labels& selector, const Labels& labels) {
  for (const auto& [key, value] : selector) {
    const auto at = labels.find(key);
    if (at == labels.end() || at->second != value) {
      return false;
    }
  }
  return true;
}

Result<Labels> ParseSelector(std::string_view text) {
  Labels labels;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view pair = text.substr(0, comma);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || pair[equals - 1] == '!') {
      return BadInput("selector '" + std::string(pair) + "': expected key=value");
    }
    const std::size_t value_at = equals + (pair.substr(equals).starts_with("==") ? 2 : 1);
    labels[std::string(pair.substr(0, equals))] = std::string(pair.substr(value_at));
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return labels;
}

std::string KindOf(std::string_view resource) {
  const std::string_view plain = resource.substr(0, resource.find('.'));
  for (const KindName& row : kKinds) {
    if (row.resource == plain) {
      return std::string(row.kind);
    }
  }
  return std::string(resource);
}

std::int64_t ResolveCount(std::string_view text, std::int64_t replicas, bool round_up) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.back() != '%') {
    return number;
  }
  const std::int64_t scaled = number * replicas;
  return round_up ? (scaled + 99) / 100 : scaled / 100;
}

}  // namespace rehearse::kube
