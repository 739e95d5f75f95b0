#include "simulator/world.h"

#include <algorithm>
#include <array>

#include "model/core/check.h"
#include "model/kube/machine.h"
#include "model/milvus/machine.h"
#include "model/milvus/minio.h"
#include "simulator/kubelet.h"
#include "simulator/state/processes.h"

namespace rehearse::sim {
namespace {

constexpr std::int64_t kCaptureTtlFallbackS = 60;  // Law::kSessionTtl210 covers 2.0 and 2.1

Fingerprint DigestOfRequest(const helm::RenderRequest& request) {
  Hasher hash;
  hash.Add(request.chart_version).Add(HashJson(request.values)).Add(request.release);
  hash.Add(request.ns).Add(request.is_install).Add(request.revision == 1);
  hash.Add(request.base_values ? HashJson(*request.base_values) : 0);
  for (const helm::JsonPtr& live : request.live) {
    hash.Add(live ? HashJson(*live) : 0);
  }
  return hash.Get();
}

// A captured pod carries what the API server filled in; its owner's template is the same one.
kube::Object AdoptTemplate(const kube::Objects& objects, const kube::Object& pod) {
  kube::Object next = pod;
  auto& body = std::get<kube::Pod>(next.body);
  const kube::Object* owner = pod.owner ? objects.Find(pod.owner->Key()) : nullptr;
  kube::TemplatePtr own;
  if (owner != nullptr) {
    if (const auto* set = std::get_if<kube::ReplicaSet>(&owner->body)) {
      own = set->pod_template;
    } else if (const auto* stateful = std::get_if<kube::StatefulSet>(&owner->body)) {
      own = stateful->pod_template;
    }
  }
  const bool same = own && own->containers.size() == body.pod_template->containers.size() &&
                    !own->containers.empty() &&
                    own->containers[0].image == body.pod_template->containers[0].image;
  if (same) {
    auto merged = std::make_shared<kube::PodTemplate>(*own);
    merged->volumes = body.pod_template->volumes;
    body.pod_template = std::move(merged);
  }
  return next;
}

std::int64_t OldestTtl(const ClusterState& state) {
  std::int64_t ttl_s = kCaptureTtlFallbackS;
  state.processes.ForEach([&](const std::string&, const auto& process) {
    if (process->milvus) {
      ttl_s = milvus::FactsOf(process->milvus->version).session_ttl_s;
    }
  });
  return ttl_s;
}

// Which captured session belongs to which running pod: the roles of its container say so.
void AttachSessions(ClusterState& state) {
  std::vector<std::string> taken;
  std::vector<std::string> pods;
  state.processes.ForEach([&](const std::string& pod, const auto&) { pods.push_back(pod); });
  for (const std::string& pod : pods) {
    Process process = *state.processes.Find(pod);
    if (!process.milvus) {
      continue;
    }
    const std::string prefix = milvus::SessionPrefix(process.milvus->root_path);
    for (const milvus::Role role : process.milvus->missing) {
      state.etcd.keys.ForPrefix(
          prefix + std::string(NameOf(role)), [&](const std::string& key, const auto& entry) {
            const bool used = std::find(taken.begin(), taken.end(), key) != taken.end();
            if (entry->lease != 0 && !used) {
              taken.push_back(key);
              process.milvus->sessions.push_back(HeldSession{key, entry->lease});
            }
          });
    }
    process.milvus->missing.clear();
    PutProcess(state, pod, std::move(process));
  }
  state.etcd.keys.ForEach([&](const std::string& key, const auto& entry) {
    const bool used = std::find(taken.begin(), taken.end(), key) != taken.end();
    if (entry->lease != 0 && !used) {  // nobody here keeps it alive
      const etcd::Lease* lease = etcd::FindLease(state.etcd, entry->lease);
      SetTimer(
          state,
          Timer{
              state.now + Seconds(lease->ttl_s), TimerKind::kLease, std::to_string(entry->lease)});
    }
  });
}

std::string MinioFormat(const kube::Object& pod) {
  const auto& pod_template = *std::get<kube::Pod>(pod.body).pod_template;
  const std::string tag = ImageTag(pod_template.containers.front().image);
  if (pod.owner && pod.owner->kind == "StatefulSet") {
    return "xl";
  }
  return tag < milvus::kMinioWithoutFs ? "fs" : "xl-single";  // Law::kMinioFormats
}

void StartCaptured(ClusterState& state, const World& world, const kube::ObjectPtr& object) {
  const auto& pod = std::get<kube::Pod>(object->body);
  const std::string key = object->ref.Key();
  Process process;
  process.kind = KindOfProcess(*pod.pod_template);
  process.phase = ProcessPhase::kServing;
  process.healthy = pod.ready;
  if (process.kind == ProcessKind::kMilvus && !world.played_pods) {
    MilvusProcess milvus;
    for (const kube::Container& container : pod.pod_template->containers) {
      const auto version = ParseImageTagVersion(ImageTag(container.image));
      if (version) {
        milvus.version = *version;
        milvus.missing = milvus::RolesOf(container.args, *version);
        break;
      }
    }
    milvus.root_path = world.root_path;
    for (const kube::Volume& volume : pod.pod_template->volumes) {
      const kube::Object* config =
          state.objects.Find(kube::Ref{"ConfigMap", object->ref.ns, volume.config_map}.Key());
      if (config != nullptr) {
        milvus.root_path = world.RootPathOf(std::get<kube::ConfigMap>(config->body));
      }
    }
    process.milvus = std::move(milvus);
  }
  if (process.kind == ProcessKind::kTool) {
    process.kind = ProcessKind::kOther;  // how far it had come is not in a capture
  }
  if (process.kind == ProcessKind::kMinio) {
    const std::string claim = PlaceOf(*object, "/export/x").claim_key;
    if (!claim.empty()) {
      VolumeContent content;
      content.minio_format = MinioFormat(*object);
      state.volumes = state.volumes.Set(claim, std::move(content));
    }
  }
  PutProcess(state, key, std::move(process));
}

void PlaceBackups(ClusterState& state, const cluster::Situation& situation) {
  std::string claim;
  state.objects.ForPrefix("PersistentVolumeClaim/", [&](const std::string& key, const auto&) {
    if (key.find("/milvus-meta-migration-backup-") != std::string::npos) {
      claim = key;
    }
  });
  if (claim.empty() || situation.backup_files.empty()) {
    return;
  }
  VolumeContent content;
  for (const auto& [name, bytes] : situation.backup_files) {
    content.files[name] = std::make_shared<const std::string>(bytes);
  }
  state.volumes = state.volumes.Set(claim, std::move(content));
}

}  // namespace

std::vector<helm::ObjectRef> NotingRenderer::Lookups(const helm::RenderRequest& request) const {
  return renderer_->Lookups(request);
}

helm::RenderOutcome NotingRenderer::Render(const helm::RenderRequest& request) const {
  const Fingerprint key = DigestOfRequest(request);
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto at = rendered_.find(key);
    if (at != rendered_.end()) {
      return at->second;
    }
  }
  helm::RenderOutcome outcome = renderer_->Render(request);
  const std::lock_guard<std::mutex> guard(mutex_);
  return rendered_.emplace(key, std::move(outcome)).first->second;
}

bool NotingRenderer::Exists(std::string_view chart_version) const {
  return renderer_->Exists(chart_version);
}

World::Note World::NoteOf(const ConfigData& data) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto noted = notes_.find(data);
  if (noted != notes_.end()) {
    return noted->second;
  }
  Note note{.root_path = "by-dev", .active_standby = false};               // Law::kDefaultRootPath
  for (const char* file : {"milvus.yaml", "default.yaml", "user.yaml"}) {  // later wins
    const auto text = data->find(file);
    const auto documents =
        text != data->end() ? ParseYaml(text->second, file) : std::vector<Json>();
    if (!documents || documents->empty()) {
      continue;
    }
    note.root_path = StringAt(documents->front(), {"etcd", "rootPath"}, note.root_path);
    const Json* standby = At(documents->front(), {"rootCoord", "enableActiveStandby"});
    note.active_standby = standby != nullptr ? *standby == true : note.active_standby;
  }
  notes_.emplace(data, note);
  return note;
}

std::string World::RootPathOf(const kube::ConfigMap& config) const {
  return config.data ? NoteOf(config.data).root_path : root_path;
}

bool World::HasActiveStandby(const kube::ConfigMap& config) const {
  return config.data && NoteOf(config.data).active_standby;
}

helm::HelmWorld World::Helm() const {
  const Version version = kubernetes;
  return helm::HelmWorld{renderer.get(),
                         [version](std::string_view api, std::string_view kind) {
                           return ServesKind(version, api, kind);
                         },
                         &notes->helm};
}

bool ServesKind(const Version& kubernetes, std::string_view api_version, std::string_view kind) {
  if (api_version == "policy/v1beta1") {  // Law::kPolicyV1beta1Removed
    return kubernetes < Version{1, 25, 0, ""} &&
           (kind == "PodDisruptionBudget" || kind == "PodSecurityPolicy");
  }
  constexpr std::array<std::string_view, 12> kServed = {"v1",
                                                        "apps/v1",
                                                        "batch/v1",
                                                        "policy/v1",
                                                        "autoscaling/v1",
                                                        "autoscaling/v2",
                                                        "networking.k8s.io/v1",
                                                        "rbac.authorization.k8s.io/v1",
                                                        "storage.k8s.io/v1",
                                                        "apiextensions.k8s.io/v1",
                                                        "coordination.k8s.io/v1",
                                                        "scheduling.k8s.io/v1"};
  return std::find(kServed.begin(), kServed.end(), api_version) != kServed.end();
}

Result<ClusterState> BuildState(const cluster::Situation& situation, const World& world) {
  ClusterState state;
  state.objects = situation.objects;
  for (helm::ReleaseRecord record : situation.releases) {
    (void)helm::ParseManifest(record);  // once for all runs; whoever needs it says what is wrong
    state.releases =
        state.releases.Set(ReleaseKey(record.ns, record.name, record.revision), record);
  }
  for (const kube::ObjectPtr& pod : kube::List(state.objects, "Pod", situation.ns)) {
    const kube::Object adopted = AdoptTemplate(state.objects, *pod);
    state.objects = state.objects.Set(adopted.ref.Key(), adopted);
  }
  state.etcd = etcd::FromDump(situation.etcd, kCaptureTtlFallbackS);
  for (const kube::ObjectPtr& pod : kube::List(state.objects, "Pod", situation.ns)) {
    if (std::get<kube::Pod>(pod->body).phase == kube::PodPhase::kRunning) {
      StartCaptured(state, world, pod);
    }
  }
  state.etcd = etcd::FromDump(situation.etcd, OldestTtl(state));
  PlaceBackups(state, situation);
  AttachSessions(state);
  WakeControllers(state);
  CheckInvariants(state);
  return state;
}

}  // namespace rehearse::sim
