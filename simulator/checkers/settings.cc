#include <algorithm>

#include "model/kube/machine.h"
#include "simulator/checkers/outcome.h"
#include "simulator/checkers/property.h"
#include "simulator/state/processes.h"

namespace rehearse::sim {
namespace {

bool WasAskedFor(const Claim& claim, const std::string& path) {
  return std::any_of(claim.asked.begin(), claim.asked.end(), [&](const std::string& set) {
    const std::string key = set.substr(0, set.find('='));
    return path == key || path.starts_with(key + ".") || key.starts_with(path + ".");
  });
}

// Leaves of the user's values that were there and are not there any more as they were.
void CompareValues(const Json& before,
                   const Json& after,
                   const std::string& path,
                   std::vector<std::string>& changed) {
  if (before.is_object()) {
    for (const auto& [key, value] : before.items()) {
      const Json* other = At(after, {key});
      CompareValues(value,
                    other != nullptr ? *other : Json(),
                    path.empty() ? key : path + "." + key,
                    changed);
    }
  } else if (before != after) {
    changed.push_back(path);
  }
}

const helm::ReleaseRecord* Deployed(const ClusterState& state, const Claim& claim) {
  return DeployedRelease(state, claim.ns, claim.release);
}

std::int64_t ReplicasOf(const kube::ObjectPtr& object) {
  const auto* deployment = kube::As<kube::Deployment>(object);
  return deployment != nullptr ? deployment->replicas : 0;
}

bool IsMilvus(const kube::ObjectPtr& object) {
  const auto* deployment = kube::As<kube::Deployment>(object);
  return deployment != nullptr && KindOfProcess(*deployment->pod_template) == ProcessKind::kMilvus;
}

// Labels by which others find the workload; the chart's and the server's version may change.
void CompareLabels(const kube::Object& before,
                   const kube::Object& after,
                   std::vector<std::string>& lines) {
  for (const char* label : {"app.kubernetes.io/instance", "component"}) {
    const auto had = before.labels.find(label);
    const auto has = after.labels.find(label);
    if (had != before.labels.end() && (has == after.labels.end() || has->second != had->second)) {
      lines.push_back("Deployment/" + before.ref.name + ": label " + label + " has changed");
    }
  }
}

}  // namespace

std::vector<std::string> ChangedSettings(const ClusterState& start,
                                         const ClusterState& end,
                                         const Claim& claim) {
  std::vector<std::string> lines;
  for (const kube::ObjectPtr& before : kube::List(start.objects, "Deployment", claim.ns)) {
    const kube::ObjectPtr after = end.objects.FindShared(before->ref.Key());
    if (!IsMilvus(before) || !after) {
      continue;
    }
    const auto by_hand = claim.replicas.find("Deployment/" + before->ref.name);
    const bool wanted = by_hand != claim.replicas.end() && by_hand->second == ReplicasOf(after);
    if (ReplicasOf(before) != 0 && ReplicasOf(before) != ReplicasOf(after) && !wanted) {
      lines.push_back("Deployment/" + before->ref.name + ": " + std::to_string(ReplicasOf(before)) +
                      " replicas before, " + std::to_string(ReplicasOf(after)) + " after");
    }
    CompareLabels(*before, *after, lines);
  }
  const helm::ReleaseRecord* old = Deployed(start, claim);
  const helm::ReleaseRecord* now = Deployed(end, claim);
  if (old != nullptr && now != nullptr && old->config.value && now->config.value) {
    std::vector<std::string> changed;
    CompareValues(*old->config.value, *now->config.value, "", changed);
    for (const std::string& path : changed) {
      if (!WasAskedFor(claim, path)) {
        lines.push_back("the user's value " + path + " is not what it was");
      }
    }
  }
  return lines;
}

}  // namespace rehearse::sim
