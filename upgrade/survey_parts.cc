#include "upgrade/survey_parts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <sstream>

#include "model/helm/values.h"
#include "model/milvus/minio.h"
#include "upgrade/replicas.h"

namespace rehearse::upgrade {
namespace {

constexpr std::string_view kInstance = "app.kubernetes.io/instance";
constexpr std::string_view kName = "app.kubernetes.io/name";
constexpr std::string_view kDefaultClass = "storageclass.kubernetes.io/is-default-class";
constexpr std::string_view kQueueAnnotation = "milvus.io/message-queue";
constexpr std::string_view kDefaultRootPath = "by-dev";
constexpr std::int64_t kEtcdClientPort = 2379;

std::string LabelOf(const kube::Object& object, std::string_view name) {
  const auto label = object.labels.find(std::string(name));
  return label == object.labels.end() ? std::string() : label->second;
}

template <typename Visit>
void ForKind(const Survey& survey, const char* kind, std::string_view ns, Visit&& visit) {
  survey.situation->objects.ForPrefix(
      std::string(kind) + "/" + std::string(ns) + "/",
      [&](const std::string&, const auto& object) { visit(*object); });
}

bool IsOfRelease(const Survey& survey, const kube::Object& object, std::string_view name) {
  return LabelOf(object, kInstance) == survey.release && LabelOf(object, kName) == name;
}

// "d1:1 d2:3" of milvus-deploy-replicas-<release>: what migrate.sh found before it stopped Milvus.
std::map<std::string, std::int64_t> RememberedReplicas(const Survey& survey) {
  std::map<std::string, std::int64_t> replicas;
  const kube::Ref ref{"ConfigMap", survey.ns, "milvus-deploy-replicas-" + survey.release};
  const kube::Object* object = survey.situation->objects.Find(ref.Key());
  const auto* config_map = object ? std::get_if<kube::ConfigMap>(&object->body) : nullptr;
  if (config_map == nullptr || !config_map->data || !config_map->data->contains("replicas")) {
    return replicas;
  }
  std::istringstream words(config_map->data->at("replicas"));
  for (std::string word; words >> word;) {
    const std::size_t colon = word.rfind(':');
    std::int64_t count = 0;
    if (colon != std::string::npos &&
        std::from_chars(word.data() + colon + 1, word.data() + word.size(), count).ec ==
            std::errc()) {
      replicas[word.substr(0, colon)] = count;
    }
  }
  return replicas;
}

// Of a Deployment at 0. Somebody's number, which our executor found when it had to stop Milvus once
// more, is newer than what a script wrote down before it stopped it.
std::int64_t ReplicasBefore(const Survey& survey,
                            const kube::Object& deployment,
                            const std::map<std::string, std::int64_t>& remembered) {
  if (const auto marked = MarkedReplicas(deployment)) {
    return *marked;
  }
  const auto before = remembered.find(deployment.ref.name);
  if (before != remembered.end()) {
    return before->second;
  }
  const auto said = ReplicasInManifest(survey.deployed, deployment.ref.name);
  return said && *said > 0 ? *said : 1;
}

const kube::Container* MilvusContainer(const kube::Object& object, const kube::Deployment& body) {
  const std::string component = LabelOf(object, "component");
  const auto& containers = body.pod_template->containers;
  const auto named = std::ranges::find(containers, component, &kube::Container::name);
  if (named != containers.end()) {
    return &*named;
  }
  return containers.empty() ? nullptr : &containers.front();
}

const kube::Object* LiveConfig(const Survey& survey) {
  const kube::Object* found = nullptr;
  ForKind(survey, "Deployment", survey.ns, [&](const kube::Object& object) {
    const auto* body = std::get_if<kube::Deployment>(&object.body);
    if (found != nullptr || body == nullptr || !IsOfRelease(survey, object, "milvus") ||
        LabelOf(object, "component") == "attu") {
      return;
    }
    for (const kube::Volume& volume : body->pod_template->volumes) {
      if (!volume.config_map.empty()) {
        found = survey.situation->objects.Find(
            kube::Ref{"ConfigMap", survey.ns, volume.config_map}.Key());
        return;
      }
    }
  });
  return found;
}

// The configuration files that Milvus reads, the most telling last.
std::vector<Json> LiveConfigFiles(const Survey& survey) {
  std::vector<Json> files;
  const kube::Object* object = LiveConfig(survey);
  const auto* config_map = object ? std::get_if<kube::ConfigMap>(&object->body) : nullptr;
  if (config_map == nullptr || !config_map->data) {
    return files;
  }
  for (const char* name : {"milvus.yaml", "default.yaml", "user.yaml"}) {
    const auto text = config_map->data->find(name);
    if (text == config_map->data->end()) {
      continue;
    }
    if (auto documents = ParseYaml(text->second, name); documents && !documents->empty()) {
      files.push_back(std::move(documents->front()));
    }
  }
  return files;
}

bool IsOn(const Survey& survey, std::string_view path) {
  const Json* value = survey.Value(path);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::string ConfiguredQueue(const Survey& survey) {
  std::string queue;
  ForKind(survey, "Deployment", survey.ns, [&](const kube::Object& object) {
    const auto annotation = object.annotations.find(std::string(kQueueAnnotation));
    if (annotation != object.annotations.end() && IsOfRelease(survey, object, "milvus")) {
      queue = annotation->second;
    }
  });
  if (!queue.empty()) {
    return queue;
  }
  const bool cluster = survey.topology == Topology::kCluster;
  for (const Json& file : LiveConfigFiles(survey)) {
    for (const char* section : {"rocksmq", "kafka", "pulsar"}) {
      const bool possible = !cluster || std::string_view(section) != "rocksmq";
      const bool only_hint = possible && queue.empty() && At(file, {section}) != nullptr;
      queue = only_hint ? section : queue;
    }
    queue = StringAt(file, {"messageQueue"}, queue);
    queue = StringAt(file, {"mq", "type"}, queue);
  }
  if (queue.empty() && cluster) {  // it has one outside of Milvus, and older charts name none
    const bool kafka = IsOn(survey, "kafka.enabled") || IsOn(survey, "externalKafka.enabled");
    queue = kafka ? "kafka" : "pulsar";
  }
  return queue;
}

bool HasPulsar(const Survey& survey, std::string_view app) {
  bool found = false;
  ForKind(survey, "StatefulSet", survey.ns, [&](const kube::Object& object) {
    found =
        found || (LabelOf(object, "app") == app && LabelOf(object, "release") == survey.release);
  });
  return found;
}

struct Coordinator {
  std::string_view name;     // of its container
  std::string_view section;  // of the configuration
  std::string_view value;    // of the chart
};
// The mixed coordinator runs the others' configuration.
constexpr std::array<Coordinator, 5> kCoordinators = {{
    {"rootcoord", "rootCoord", "rootCoordinator"},
    {"datacoord", "dataCoord", "dataCoordinator"},
    {"querycoord", "queryCoord", "queryCoordinator"},
    {"indexcoord", "indexCoord", "indexCoordinator"},
    {"mixcoord", "rootCoord", "mixCoordinator"},
}};

bool HasStandby(const Survey& survey,
                const std::vector<Json>& files,
                const Coordinator& coordinator) {
  bool standby = IsOn(survey, std::string(coordinator.value) + ".activeStandby.enabled");
  for (const Json& file : files) {
    const Json* said = At(file, {coordinator.section, "enableActiveStandby"});
    standby = said != nullptr && said->is_boolean() ? said->get<bool>() : standby;
  }
  return standby;
}

bool IsFsImage(std::string_view tag) {
  return tag.starts_with("RELEASE.") && tag < milvus::kMinioWithoutFs;
}

// The tag that a stored revision gives MinIO.
std::string MinioTagOf(const helm::ReleaseRecord& record) {
  if (const Json* own = helm::ValueAt(helm::ConfigOf(record), "minio.image.tag")) {
    return own->is_string() ? own->get<std::string>() : "";
  }
  return record.chart.value ? StringAt(*record.chart.value, {"values", "minio", "image", "tag"})
                            : "";
}

void ReadMinioWorkload(Survey& survey, const kube::Object& object, const kube::TemplatePtr& pods) {
  if (LabelOf(object, "app") != "minio" || LabelOf(object, "release") != survey.release ||
      pods->containers.empty()) {
    return;
  }
  survey.minio.deployed = true;
  survey.minio.workload = object.ref.kind + "/" + object.ref.name;
  survey.minio.tag = ImageTag(pods->containers.front().image);
}

std::string ClassOfEtcdClaim(const Survey& survey) {
  std::string name;
  ForKind(survey, "PersistentVolumeClaim", survey.ns, [&](const kube::Object& object) {
    const auto* claim = std::get_if<kube::Claim>(&object.body);
    if (claim != nullptr && name.empty() && LabelOf(object, kInstance) == survey.release) {
      name = claim->storage_class;
    }
  });
  return name;
}

}  // namespace

Status ReadDeployments(Survey& survey) {
  const auto remembered = RememberedReplicas(survey);
  bool any_running = false;
  bool standalone = false;
  ForKind(survey, "Deployment", survey.ns, [&](const kube::Object& object) {
    const auto* body = std::get_if<kube::Deployment>(&object.body);
    if (body == nullptr || !IsOfRelease(survey, object, "milvus") ||
        LabelOf(object, "component") == "attu") {
      return;
    }
    const kube::Container* container = MilvusContainer(object, *body);
    if (container == nullptr) {
      return;
    }
    const std::int64_t wanted =
        body->replicas > 0 ? body->replicas : ReplicasBefore(survey, object, remembered);
    any_running = any_running || body->replicas > 0;
    standalone = standalone || LabelOf(object, "component") == "standalone";
    survey.deployments.push_back({object.ref.name, container->name, wanted, container->image});
    if (container->readiness) {
      survey.ready_delay_ms =
          std::max(survey.ready_delay_ms, Seconds(container->readiness->initial_delay_s));
    }
  });
  if (survey.deployments.empty()) {
    return BadInput("release " + survey.release + " in namespace " + survey.ns +
                    ": the capture shows no Milvus Deployment of it");
  }
  survey.stopped = !any_running;
  survey.topology = standalone ? Topology::kStandalone : Topology::kCluster;
  survey.selector = std::string(kInstance) + "=" + survey.release + "," + std::string(kName) +
                    "=milvus,component!=attu";
  return {};
}

void ReadMessageQueue(Survey& survey) {
  const std::string queue = ConfiguredQueue(survey);
  if (queue == "pulsar") {
    survey.queue = HasPulsar(survey, "pulsarv3") ? MessageQueue::kPulsarV3
                   : HasPulsar(survey, "pulsar") ? MessageQueue::kPulsarV2
                                                 : MessageQueue::kExternal;
  } else if (queue == "kafka") {
    survey.queue = IsOn(survey, "kafka.enabled") ? MessageQueue::kKafka : MessageQueue::kExternal;
  } else if (queue == "natsmq") {
    survey.queue = MessageQueue::kNatsmq;
  } else if (queue == "woodpecker") {
    survey.queue = MessageQueue::kWoodpecker;
  } else {
    survey.queue = MessageQueue::kRocksmq;
  }
}

void ReadStandby(Survey& survey) {
  const std::vector<Json> files = LiveConfigFiles(survey);
  int coordinators = 0;
  int with_standby = 0;
  for (const Coordinator& coordinator : kCoordinators) {
    const bool exists = std::ranges::any_of(
        survey.deployments, [&](const auto& each) { return each.container == coordinator.name; });
    coordinators += exists ? 1 : 0;
    with_standby += exists && HasStandby(survey, files, coordinator) ? 1 : 0;
  }
  survey.standby = coordinators > 0 && with_standby == coordinators;
}

void ReadMinio(Survey& survey) {
  ForKind(survey, "Deployment", survey.ns, [&](const kube::Object& object) {
    if (const auto* body = std::get_if<kube::Deployment>(&object.body)) {
      ReadMinioWorkload(survey, object, body->pod_template);
    }
  });
  const bool single = survey.minio.deployed;  // the other mode is a StatefulSet of four
  ForKind(survey, "StatefulSet", survey.ns, [&](const kube::Object& object) {
    if (const auto* body = std::get_if<kube::StatefulSet>(&object.body)) {
      ReadMinioWorkload(survey, object, body->pod_template);
    }
  });
  if (!single) {
    return;
  }
  for (const helm::ReleaseRecord& record : survey.situation->releases) {
    const std::string tag = MinioTagOf(record);
    if (IsFsImage(tag)) {
      survey.minio.fs_data = true;
      survey.minio.fs_tag = std::max(survey.minio.fs_tag, tag);
    }
  }
  if (IsFsImage(survey.minio.tag)) {
    survey.minio.fs_data = true;
    survey.minio.fs_tag = survey.minio.tag;
  }
}

void ReadEtcdPlace(Survey& survey) {
  ForKind(survey, "Pod", survey.ns, [&](const kube::Object& object) {
    if (survey.etcd_pod.empty() && IsOfRelease(survey, object, "etcd")) {
      survey.etcd_pod = object.ref.name;
    }
  });
  ForKind(survey, "Service", survey.ns, [&](const kube::Object& object) {
    if (!IsOfRelease(survey, object, "etcd") || object.document == nullptr ||
        StringAt(*object.document, {"spec", "clusterIP"}) == "None") {
      return;
    }
    std::int64_t port = kEtcdClientPort;
    const Json* ports = At(*object.document, {"spec", "ports"});
    for (const Json& each : ports != nullptr && ports->is_array() ? *ports : Json::array()) {
      if (StringAt(each, {"name"}) == "client") {
        port = IntAt(each, {"port"}, kEtcdClientPort);
      }
    }
    survey.etcd_endpoint = object.ref.name + ":" + std::to_string(port);
  });
  const Json* external = survey.Value("externalEtcd.endpoints");
  if (IsOn(survey, "externalEtcd.enabled") && external != nullptr && external->is_array() &&
      !external->empty() && external->front().is_string()) {
    survey.etcd_endpoint = external->front().get<std::string>();
    survey.etcd_pod.clear();
  }
}

void ReadRootPath(Survey& survey) {
  survey.root_path = kDefaultRootPath;
  if (const Json* value = survey.Value("metadata.rootPath");
      value != nullptr && value->is_string() && survey.chart.major < 4) {
    survey.root_path = value->get<std::string>();
  }
  for (const Json& file : LiveConfigFiles(survey)) {
    survey.root_path = StringAt(file, {"etcd", "rootPath"}, survey.root_path);
  }
}

void ReadStorageClass(Survey& survey) {
  for (const cluster::Assumption& assumption : survey.situation->assumptions) {
    if (assumption.key == "storage-class") {
      survey.storage_class = assumption.value;
      return;
    }
  }
  ForKind(survey, "StorageClass", "", [&](const kube::Object& object) {
    const auto annotation = object.annotations.find(std::string(kDefaultClass));
    if (annotation != object.annotations.end() && annotation->second == "true") {
      survey.storage_class = object.ref.name;
    }
  });
  if (survey.storage_class.empty()) {
    survey.storage_class = ClassOfEtcdClaim(survey);
  }
}

void ReadEarlierMigration(Survey& survey) {
  ForKind(survey, "Pod", survey.ns, [&](const kube::Object& object) {
    const auto* pod = std::get_if<kube::Pod>(&object.body);
    if (pod == nullptr || pod->pod_template->containers.empty()) {
      return;
    }
    const kube::Container& container = pod->pod_template->containers.front();
    if (container.image.find("meta-migration") == std::string::npos ||
        object.ref.name.find(survey.release) == std::string::npos) {
      return;
    }
    std::string arguments;
    for (const std::string& argument : container.args) {
      arguments += argument + " ";
    }
    const std::string command = arguments.find("backup.yaml") != std::string::npos      ? "backup"
                                : arguments.find("migration.yaml") != std::string::npos ? "run"
                                : arguments.find("rollback.yaml") != std::string::npos  ? "rollback"
                                                                                        : "";
    survey.tool_pods.push_back({object.ref.name, command, pod->phase});
  });
  const std::string claim = "milvus-meta-migration-backup-" + survey.release;
  if (survey.situation->objects.Find(kube::Ref{"PersistentVolumeClaim", survey.ns, claim}.Key()) !=
      nullptr) {
    survey.backup_claim = claim;
  }
}

}  // namespace rehearse::upgrade
