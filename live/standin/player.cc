#include "live/standin/player.h"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>

#include "live/process.h"
#include "model/kube/codec.h"

namespace rehearse::live {
namespace {

constexpr int kToolSteps = 4;  // in one Tick at most, so that sessions stay alive meanwhile

std::string TimeText() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string_view Repository(std::string_view image) { return image.substr(0, image.rfind(':')); }

const kube::PodTemplate& TemplateOf(const kube::Object& pod) {
  return *std::get<kube::Pod>(pod.body).pod_template;
}

const kube::Container* ContainerOf(const kube::Object& pod, std::string_view repository) {
  for (const kube::Container& container : TemplateOf(pod).containers) {
    if (Repository(container.image).ends_with(repository)) {
      return &container;
    }
  }
  return nullptr;
}

// The path behind -config= among the words of a container; "" without one.
std::string ConfigPath(const kube::Container& container) {
  constexpr std::string_view kFlag = "-config=";
  for (const auto* words : {&container.command, &container.args}) {
    for (const std::string& word : *words) {
      if (const std::size_t at = word.find(kFlag); at != std::string::npos) {
        const std::string rest = word.substr(at + kFlag.size());
        return rest.substr(0, rest.find_first_of(" ;&|\t\n'\""));
      }
    }
  }
  return "";
}

const kube::Volume* VolumeOf(const kube::Object& pod, const kube::Mount& mount) {
  for (const kube::Volume& volume : TemplateOf(pod).volumes) {
    if (volume.name == mount.volume) {
      return &volume;
    }
  }
  return nullptr;
}

std::string NamespacePath(const kube::Object& pod) { return "/api/v1/namespaces/" + pod.ref.ns; }

std::string StatusPath(const kube::Object& pod) {
  return NamespacePath(pod) + "/pods/" + pod.ref.name + "/status";
}

Json StatusPatch(const kube::Object& pod, const Json& container_state, const std::string& phase) {
  const bool ready = phase == "Running";
  Json statuses = Json::array();
  for (const kube::Container& container : TemplateOf(pod).containers) {
    statuses.push_back({{"name", container.name},
                        {"image", container.image},
                        {"imageID", ""},
                        {"ready", ready},
                        {"restartCount", 0},
                        {"state", container_state}});
  }
  Json conditions = Json::array();
  for (const char* type : {"Initialized", "Ready", "ContainersReady"}) {
    conditions.push_back({{"type", type}, {"status", ready ? "True" : "False"}});
  }
  return {
      {"status", {{"phase", phase}, {"containerStatuses", statuses}, {"conditions", conditions}}}};
}

}  // namespace

Player::Player(PlayerOptions options, KubeApi& api, EtcdGateway& etcd)
    : options_(std::move(options)), api_(api), etcd_(etcd) {}

// The folder behind the claim of a mount; kUnavailable until it is bound.
Result<std::string> Player::VolumeFolder(const kube::Object& pod, const kube::Mount& mount) {
  const kube::Volume* volume = VolumeOf(pod, mount);
  if (volume == nullptr || volume->claim.empty()) {
    return Fail(ErrorCode::kNotFound, "no claim");
  }
  TRY_ASSIGN(const Json claim,
             api_.Get(NamespacePath(pod) + "/persistentvolumeclaims/" + volume->claim));
  const std::string name = StringAt(claim, {"spec", "volumeName"});
  if (name.empty() || StringAt(claim, {"status", "phase"}) != "Bound") {
    return Fail(ErrorCode::kUnavailable, "claim " + volume->claim + " is not bound");
  }
  return options_.folder + "/volumes/" + name;
}

// kwok answers logs and exec of this pod from files.
Status Player::OpenPod(const kube::Object& pod) {
  const std::string folder = options_.folder + "/pods/" + pod.ref.ns;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string log = folder + "/" + pod.ref.name + ".log";
  std::ofstream(log, std::ios::trunc).close();
  Json envs = Json::array();
  for (const kube::Mount& mount : TemplateOf(pod).containers.front().mounts) {
    auto volume = VolumeFolder(pod, mount);
    if (!volume && volume.error().code != ErrorCode::kNotFound) {
      return tl::unexpected(volume.error());
    }
    if (volume) {
      std::filesystem::create_directories(*volume, error);
      envs = Json::array({{{"name", "REHEARSE_VOLUME"}, {"value", *volume}},
                          {{"name", "REHEARSE_MOUNT"}, {"value", mount.path}}});
    }
  }
  const Json metadata = {{"name", pod.ref.name}, {"namespace", pod.ref.ns}};
  const std::string base = "/apis/kwok.x-k8s.io/v1alpha1/namespaces/" + pod.ref.ns;
  const auto create = [&](const std::string& resource, Json object) -> Status {
    object["apiVersion"] = "kwok.x-k8s.io/v1alpha1";
    object["metadata"] = metadata;
    const Status made = api_.Create(base + "/" + resource, object);
    return made || made.error().code == ErrorCode::kAlreadyExists ? Status() : made;
  };
  TRY(create("logs", {{"kind", "Logs"}, {"spec", {{"logs", Json::array({{{"logsFile", log}}})}}}}));
  return create(
      "execs",
      {{"kind", "Exec"},
       {"spec", {{"execs", Json::array({{{"local", {{"workDir", "/"}, {"envs", envs}}}}})}}}});
}

Result<ToolJob> Player::JobOf(const kube::Object& pod) {
  const kube::Container& container = *ContainerOf(pod, "/meta-migration");
  ToolJob job;
  TRY_ASSIGN(job.image, migration::ToolImageOf(container.image));
  const std::string path = ConfigPath(container);
  std::map<std::string, std::string> folders;  // mount path -> folder
  std::string text;
  for (const kube::Mount& mount : container.mounts) {
    const kube::Volume* volume = VolumeOf(pod, mount);
    if (volume != nullptr && !volume->config_map.empty() && path.starts_with(mount.path + "/")) {
      TRY_ASSIGN(const Json config,
                 api_.Get(NamespacePath(pod) + "/configmaps/" + volume->config_map));
      text = StringAt(config, {"data", path.substr(mount.path.size() + 1)});
    } else if (const auto folder = VolumeFolder(pod, mount)) {
      folders[mount.path + "/"] = *folder + "/";
    }
  }
  TRY_ASSIGN(job.config, migration::ParseToolConfig(text, path));
  job.start_time = TimeText() + " " + pod.ref.name;
  job.locate = [folders](const std::string& file) -> std::optional<std::filesystem::path> {
    for (const auto& [mount, folder] : folders) {
      if (file.starts_with(mount)) {
        return folder + file.substr(mount.size());
      }
    }
    return std::nullopt;
  };
  const std::string log = options_.folder + "/pods/" + pod.ref.ns + "/" + pod.ref.name + ".log";
  job.print = [log](const std::string& line) {
    std::ofstream(log, std::ios::app) << TimeText() << " stdout F " << line << "\n";
  };
  return job;
}

std::unique_ptr<MilvusServer> Player::MilvusOf(const kube::Object& pod) {
  const kube::Container& container = *ContainerOf(pod, "/milvus");
  const auto version = ParseImageTagVersion(ImageTag(container.image));
  if (!version) {
    return nullptr;
  }
  return std::make_unique<MilvusServer>(
      etcd_, ServerJob{*version, options_.root_path, container.args, pod.ref.name});
}

// Without them a kubelet starts no container. Law::kPodStart
Status Player::CheckConfigMaps(const kube::Object& pod) {
  for (const kube::Volume& volume : TemplateOf(pod).volumes) {
    if (!volume.config_map.empty()) {
      TRY(api_.Get(NamespacePath(pod) + "/configmaps/" + volume.config_map));
    }
  }
  return {};
}

Result<Player::Actor> Player::ToolOf(const kube::Object& pod) {
  TRY(CheckConfigMaps(pod));
  TRY(OpenPod(pod));
  LookForFault(pod.ref.ns);
  Actor actor;
  const Json running = {{"running", {{"startedAt", TimeText()}}}};
  TRY(api_.MergePatch(StatusPath(pod), StatusPatch(pod, running, "Running")));
  if (ConfigPath(*ContainerOf(pod, "/meta-migration")).empty()) {
    actor.finished = true;  // it sleeps, so that others can look at its volume
    return actor;
  }
  auto job = JobOf(pod);
  if (!job) {
    actor.pod = pod;
    Finish(actor, migration::kToolPanicked);
    return actor;
  }
  actor.tool = std::make_unique<ToolProcess>(etcd_, *std::move(job));
  return actor;
}

void Player::Meet(const kube::Object& pod, const std::string& uid) {
  const auto& body = std::get<kube::Pod>(pod.body);
  if (ContainerOf(pod, "/milvus") != nullptr && body.phase == kube::PodPhase::kRunning) {
    Actor& actor = actors_[uid];
    actor.pod = pod;
    actor.server = MilvusOf(pod);
  } else if (ContainerOf(pod, "/meta-migration") != nullptr &&
             body.phase == kube::PodPhase::kPending && !body.node.empty()) {
    if (auto actor = ToolOf(pod)) {  // else again at the next Tick
      actor->pod = pod;
      actors_[uid] = *std::move(actor);
    }
  }
}

void Player::Finish(Actor& actor, int exit_code) {
  const Json ended = {{"running", nullptr},
                      {"terminated",
                       {{"exitCode", exit_code},
                        {"reason", exit_code == 0 ? "Completed" : "Error"},
                        {"finishedAt", TimeText()},
                        {"startedAt", TimeText()}}}};
  const Json patch = StatusPatch(actor.pod, ended, exit_code == 0 ? "Succeeded" : "Failed");
  actor.finished = api_.MergePatch(StatusPath(actor.pod), patch).has_value();
  if (actor.finished) {
    actor.tool.reset();
  }
}

void Player::LookForFault(const std::string& ns) {
  const auto asked = api_.Get("/api/v1/namespaces/" + ns + "/configmaps/rehearse-standin");
  if (!asked) {
    panics_at_ = 0;
    return;
  }
  const std::string uid = StringAt(*asked, {"metadata", "uid"});
  if (uid != fault_uid_) {
    fault_uid_ = uid;
    panics_at_ = std::atoll(StringAt(*asked, {"data", "tool-panics-at"}).c_str());
    tool_steps_ = 0;
  }
}

void Player::Advance(Actor& actor) {
  if (actor.server) {
    actor.server->Tick();
  }
  for (int i = 0; i < kToolSteps && actor.tool && !actor.finished; ++i) {
    if (SteadyMillis() < actor.next_step_ms) {
      return;
    }
    const bool panics = ++tool_steps_ == panics_at_;
    const std::optional<int> exit_code =
        panics ? std::optional<int>(migration::kToolPanicked) : actor.tool->Step();
    actor.next_step_ms = SteadyMillis() + options_.tool_step_ms + actor.tool->pause_ms();
    if (exit_code) {
      Finish(actor, *exit_code);
    }
  }
}

void Player::Tick() {
  const auto list = api_.Get("/api/v1/pods");
  if (!list) {
    return;
  }
  std::set<std::string> alive;
  const Json* items = At(*list, {"items"});
  for (Json item : items != nullptr ? *items : Json::array()) {
    item["kind"] = "Pod";
    item["apiVersion"] = "v1";
    const auto pod = kube::FromJson(item, "pod");
    if (!pod || pod->terminating) {
      continue;
    }
    alive.insert(pod->uid);
    if (!actors_.contains(pod->uid)) {
      Meet(*pod, pod->uid);
    }
  }
  for (auto at = actors_.begin(); at != actors_.end();) {
    const bool gone = !alive.contains(at->first);
    const bool stopped = gone && (!at->second.server || at->second.server->Stop());
    if (!gone) {
      Advance(at->second);
    }
    at = stopped ? actors_.erase(at) : std::next(at);
  }
}

void Player::StopAll() {
  for (auto& [uid, actor] : actors_) {
    if (actor.server && !actor.server->Stop()) {
      return;  // etcd is gone: the leases end by themselves
    }
  }
}

}  // namespace rehearse::live
