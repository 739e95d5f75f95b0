// What others ask of the parts that run: where a path lies; do etcd and the object store serve?
#include "model/kube/machine.h"
#include "simulator/kubelet.h"
#include "simulator/state/processes.h"

namespace rehearse::sim {

PlacedPath PlaceOf(const kube::Object& pod, std::string_view path) {
  const auto& pod_template = *std::get<kube::Pod>(pod.body).pod_template;
  PlacedPath place;
  std::size_t longest = 0;
  for (const kube::Container& container : pod_template.containers) {
    for (const kube::Mount& mount : container.mounts) {
      const bool is_file = path == mount.path;  // one file of the volume, by its own name
      const bool is_below = path.starts_with(mount.path + "/");
      if ((!is_file && !is_below) || mount.path.size() < longest) {
        continue;
      }
      for (const kube::Volume& volume : pod_template.volumes) {
        if (volume.name == mount.volume) {
          longest = mount.path.size();
          place.claim_key =
              volume.claim.empty()
                  ? ""
                  : kube::Ref{"PersistentVolumeClaim", pod.ref.ns, volume.claim}.Key();
          place.config_map = volume.config_map;
          place.file =
              std::string(path.substr(is_file ? path.rfind('/') + 1 : mount.path.size() + 1));
        }
      }
    }
  }
  return place;
}

bool EtcdServes(const ClusterState& state) {
  if (state.etcd_down_until > state.now) {
    return false;
  }
  std::int64_t members = 0;
  std::int64_t serving = 0;
  state.objects.ForPrefix("StatefulSet/", [&](const std::string&, const kube::ObjectPtr& object) {
    const auto& body = std::get<kube::StatefulSet>(object->body);
    members += KindOfProcess(*body.pod_template) == ProcessKind::kEtcd ? body.replicas : 0;
  });
  state.processes.ForEach([&](const std::string&, const auto& process) {
    serving += process->kind == ProcessKind::kEtcd && process->healthy ? 1 : 0;
  });
  return members == 0 || serving * 2 > members;  // none of its own: an external etcd
}

bool ObjectStoreServes(const ClusterState& state, const std::string& ns) {
  bool own = false;
  bool serving = false;
  for (const std::string_view kind : {"Deployment/", "StatefulSet/"}) {
    state.objects.ForPrefix(
        std::string(kind) + ns + "/", [&](const std::string&, const kube::ObjectPtr& object) {
          const auto* deployment = std::get_if<kube::Deployment>(&object->body);
          const auto* set = std::get_if<kube::StatefulSet>(&object->body);
          const auto& pod_template =
              deployment != nullptr ? deployment->pod_template : set->pod_template;
          own = own || KindOfProcess(*pod_template) == ProcessKind::kMinio;
        });
  }
  state.processes.ForEach([&](const std::string&, const auto& process) {
    serving = serving || (process->kind == ProcessKind::kMinio && process->healthy);
  });
  return !own || serving;
}

}  // namespace rehearse::sim
