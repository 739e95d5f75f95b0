#include "model/charts/apply.h"

#include <array>
#include <utility>

#include "model/helm/values.h"

namespace rehearse::charts {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kValuesKeys = {
    {{"rootcoord", "rootCoordinator"},
     {"querycoord", "queryCoordinator"},
     {"datacoord", "dataCoordinator"},
     {"indexcoord", "indexCoordinator"},
     {"mixcoord", "mixCoordinator"},
     {"proxy", "proxy"},
     {"querynode", "queryNode"},
     {"datanode", "dataNode"},
     {"indexnode", "indexNode"},
     {"streamingnode", "streamingNode"},
     {"standalone", "standalone"}}};

// The part of a pulsar object's name -> the key of its values.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kPulsarKeys = {
    {{"zookeeper", "zookeeper"},
     {"bookie", "bookkeeper"},
     {"broker", "broker"},
     {"proxy", "proxy"},
     {"recovery", "autorecovery"}}};

const Version kStrategySince{4, 1, 22, ""};  // Law::kStrategyValue

const Json* Given(const Json& values, const std::string& path) {
  const Json* value = helm::ValueAt(values, path);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string Text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : Dump(value);
}

// Puts `repository` and `tag`, where given, into an image reference.
std::string ImageWith(const std::string& image, const Json* repository, const Json* tag) {
  const std::size_t colon = image.rfind(':');
  std::string out = repository != nullptr ? Text(*repository) : image.substr(0, colon);
  return out + ":" + (tag != nullptr ? Text(*tag) : image.substr(colon + 1));
}

Json* PodSpec(Json& object) {
  if (!object.contains("spec") || !object["spec"].contains("template")) {
    return nullptr;
  }
  return &object["spec"]["template"]["spec"];
}

void SetReplicas(const Json* count, Json& object) {
  if (count != nullptr && count->is_number_integer() && object["kind"] != "Service") {
    object["spec"]["replicas"] = *count;
  }
}

void SetResources(const Json* resources, Json& container) {
  if (resources != nullptr && resources->is_object() && !resources->empty()) {
    container["resources"] = *resources;
  }
}

void ApplyToMilvusPod(const std::string& key, const Json& values, Json& pod) {
  const Json* own_tag = Given(values, key + ".image.tag");
  const Json* own_repository = Given(values, key + ".image.repository");
  const Json* all_tag = Given(values, "image.all.tag");
  const Json* all_repository = Given(values, "image.all.repository");
  Json& container = pod["containers"][0];
  container["image"] = ImageWith(container["image"].get<std::string>(),
                                 own_repository != nullptr ? own_repository : all_repository,
                                 own_tag != nullptr ? own_tag : all_tag);
  if (const Json* policy = Given(values, "image.all.pullPolicy"); policy != nullptr) {
    container["imagePullPolicy"] = *policy;
  }
  SetResources(Given(values, key + ".resources"), container);
  for (const char* field : {"nodeSelector", "affinity", "tolerations"}) {
    const Json* own = Given(values, key + "." + field);
    const Json* chosen = own != nullptr && !own->empty() ? own : Given(values, field);
    if (chosen != nullptr && !chosen->empty()) {
      pod[field] = *chosen;
    }
  }
  if (pod.contains("initContainers")) {
    if (const Json* tag = Given(values, "image.tools.tag"); tag != nullptr) {
      Json& image = pod["initContainers"][0]["image"];
      image = ImageWith(image.get<std::string>(), Given(values, "image.tools.repository"), tag);
    }
  }
}

// Law::kStrategyValue: the four coordinators and mixcoord, only with an active standby.
void ApplyStrategy(const std::string& key,
                   const ChartInfo& chart,
                   const Json& values,
                   Json& object) {
  const Json* standby = Given(values, key + ".activeStandby.enabled");
  const Json* strategy = Given(values, key + ".strategy");
  if (chart.version >= kStrategySince && standby != nullptr && *standby == true &&
      strategy != nullptr && !strategy->empty()) {
    object["spec"]["strategy"] = *strategy;
  }
}

void ApplyMilvus(const ObjectForm& form, const ChartInfo& chart, const Json& values, Json& object) {
  const std::string key(ValuesKeyOf(form.unit));
  if (form.kind == "PersistentVolumeClaim") {
    const std::string claim = "standalone.persistence.persistentVolumeClaim.";
    if (const Json* size = Given(values, claim + "size"); size != nullptr) {
      object["spec"]["resources"]["requests"]["storage"] = *size;
    }
    if (const Json* name = Given(values, claim + "storageClass"); name != nullptr) {
      object["spec"]["storageClassName"] = *name;
    }
    return;
  }
  if (form.kind == "Service" && form.unit == "milvus") {
    if (const Json* type = Given(values, "service.type"); type != nullptr) {
      object["spec"]["type"] = *type;
    }
    return;
  }
  Json* pod = PodSpec(object);
  if (pod == nullptr || key.empty()) {
    return;
  }
  ApplyToMilvusPod(key, values, *pod);
  if (key != "standalone") {
    SetReplicas(Given(values, key + ".replicas"), object);
    ApplyStrategy(key, chart, values, object);
  }
}

void SetClaimSize(const Json* size, const Json* storage_class, Json& object) {
  if (!object["spec"].contains("volumeClaimTemplates")) {
    return;
  }
  for (Json& claim : object["spec"]["volumeClaimTemplates"]) {
    if (size != nullptr) {
      claim["spec"]["resources"]["requests"]["storage"] = *size;
    }
    if (storage_class != nullptr && *storage_class != "") {
      claim["spec"]["storageClassName"] = *storage_class;
    }
  }
}

// Law::kEtcdInitialCluster
void AddEtcdCluster(const Json& values, Json& object) {
  const std::int64_t count = IntAt(object, {"spec", "replicas"}, 1);
  if (count <= 1) {
    return;
  }
  const std::string name = StringAt(object, {"metadata", "name"});
  const std::string ns = StringAt(object, {"metadata", "namespace"});
  std::string members;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string pod = name + "-" + std::to_string(i);
    members += (i == 0 ? "" : ",") + pod + "=http://" + pod + "." + name + "-headless." + ns +
               ".svc.cluster.local:2380";
  }
  const std::string state = StringAt(values, {"etcd", "initialClusterState"});
  object["spec"]["template"]["spec"]["containers"][0]["env"] = {
      {{"name", "ETCD_INITIAL_CLUSTER_TOKEN"}, {"value", "etcd-cluster-k8s"}},
      {{"name", "ETCD_INITIAL_CLUSTER_STATE"}, {"value", state}},
      {{"name", "ETCD_INITIAL_CLUSTER"}, {"value", members}}};
}

void ApplyEtcd(const Json& values, Json& object) {
  Json* pod = PodSpec(object);
  if (pod == nullptr) {
    return;
  }
  Json& container = (*pod)["containers"][0];
  const Json* registry = Given(values, "etcd.image.registry");
  const std::string image = ImageWith(container["image"].get<std::string>(),
                                      Given(values, "etcd.image.repository"),
                                      Given(values, "etcd.image.tag"));
  container["image"] = (registry != nullptr ? Text(*registry) : "docker.io") + "/" + image;
  SetResources(Given(values, "etcd.resources"), container);
  SetReplicas(Given(values, "etcd.replicaCount"), object);
  SetClaimSize(Given(values, "etcd.persistence.size"),
               Given(values, "etcd.persistence.storageClass"),
               object);
  AddEtcdCluster(values, object);
}

void ApplyMinio(const ObjectForm& form, const Json& values, Json& object) {
  const Json* size = Given(values, "minio.persistence.size");
  const Json* storage_class = Given(values, "minio.persistence.storageClass");
  if (form.kind == "PersistentVolumeClaim") {
    if (size != nullptr) {
      object["spec"]["resources"]["requests"]["storage"] = *size;
    }
    if (storage_class != nullptr && *storage_class != "") {
      object["spec"]["storageClassName"] = *storage_class;
    }
    return;
  }
  Json* pod = PodSpec(object);
  if (pod == nullptr) {
    return;
  }
  Json& container = (*pod)["containers"][0];
  container["image"] = ImageWith(container["image"].get<std::string>(),
                                 Given(values, "minio.image.repository"),
                                 Given(values, "minio.image.tag"));
  SetResources(Given(values, "minio.resources"), container);
  if (form.kind == "StatefulSet") {
    SetReplicas(Given(values, "minio.replicas"), object);
    SetClaimSize(size, storage_class, object);
  }
}

void ApplyPulsar(const ObjectForm& form, const Json& values, Json& object) {
  const std::string name = StringAt(object, {"metadata", "name"});
  if (form.kind != "StatefulSet") {
    return;
  }
  for (const auto& [part, key] : kPulsarKeys) {
    if (name.ends_with("-" + std::string(part))) {
      SetReplicas(Given(values, form.unit + "." + std::string(key) + ".replicaCount"), object);
    }
  }
}

}  // namespace

std::string_view ValuesKeyOf(std::string_view component) {
  for (const auto& [name, key] : kValuesKeys) {
    if (name == component) {
      return key;
    }
  }
  return "";
}

void ApplyValues(const ObjectForm& form, const ChartInfo& chart, const Json& values, Json& object) {
  if (form.unit == "etcd") {
    ApplyEtcd(values, object);
  } else if (form.unit == "minio") {
    ApplyMinio(form, values, object);
  } else if (form.unit == "pulsar" || form.unit == "pulsarv3") {
    ApplyPulsar(form, values, object);
  } else {
    ApplyMilvus(form, chart, values, object);
  }
}

}  // namespace rehearse::charts
