#include "simulator/checkers/metadata.h"
#include "simulator/checkers/property.h"
#include "simulator/state/processes.h"

namespace rehearse::sim {
namespace {

// Claims that the Milvus container of the pod has mounted: there lies RocksMQ's directory.
std::vector<std::string> ClaimsOf(const kube::Object& pod) {
  const auto& pod_template = *std::get<kube::Pod>(pod.body).pod_template;
  const kube::Container* container = MilvusContainer(pod_template);
  std::vector<std::string> claims;
  for (const kube::Volume& volume : pod_template.volumes) {
    for (const kube::Mount& mount :
         container != nullptr ? container->mounts : std::vector<kube::Mount>{}) {
      if (mount.volume == volume.name && !volume.claim.empty()) {
        claims.push_back(volume.claim);
      }
    }
  }
  return claims;
}

bool IsStandalone(const kube::Object& pod) {
  const auto label = pod.labels.find("component");
  return label != pod.labels.end() && label->second == "standalone";
}

}  // namespace

// A pod that is being deleted lets go of the directory by itself; until then its lock keeps the new
// one waiting. Two that are to stay do not get out of it.
std::optional<Violation> CheckRocksMqIsAlone(const ClusterState& state, const std::string& pod) {
  const kube::Object* own = state.objects.Find(pod);
  if (own == nullptr || !IsStandalone(*own)) {
    return std::nullopt;
  }
  std::string other_pod;
  for (const std::string& claim : ClaimsOf(*own)) {
    state.processes.ForEach([&](const std::string& key, const auto& process) {
      const kube::Object* other = state.objects.Find(key);
      const bool runs = process->milvus && other != nullptr && !other->terminating;
      if (key == pod || !runs || other->ref.ns != own->ref.ns) {
        return;
      }
      for (const std::string& theirs : ClaimsOf(*other)) {
        other_pod = theirs == claim ? key : other_pod;
      }
    });
  }
  if (other_pod.empty()) {
    return std::nullopt;
  }
  return Violation{
      kRocksMqIsAlone, state.now, pod + " starts on the volume that " + other_pod + " still uses"};
}

}  // namespace rehearse::sim
