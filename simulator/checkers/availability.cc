#include "simulator/checkers/metadata.h"
#include "simulator/checkers/property.h"
#include "simulator/state/processes.h"

namespace rehearse::sim {

std::optional<Violation> CheckKeepsServing(const ClusterState& state, const ClusterState& start) {
  std::string down;
  start.objects.ForPrefix("Deployment/", [&](const std::string& key, const auto& object) {
    const auto& before = std::get<kube::Deployment>(object->body);
    const kube::Object* live = state.objects.Find(key);
    const bool served =
        before.status.ready > 0 && KindOfProcess(*before.pod_template) == ProcessKind::kMilvus;
    if (served && live != nullptr && std::get<kube::Deployment>(live->body).status.ready == 0) {
      down = key;
    }
  });
  if (down.empty()) {
    return std::nullopt;
  }
  return Violation{kKeepsServing, state.now, down + " has no ready pod"};
}

}  // namespace rehearse::sim
