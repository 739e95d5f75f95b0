#include "model/kube/codec.h"

namespace rehearse::kube {
namespace {

Labels LabelsAt(const Json& document, std::initializer_list<std::string_view> path) {
  Labels labels;
  const Json* at = At(document, path);
  if (at == nullptr || !at->is_object()) {
    return labels;
  }
  for (const auto& [key, value] : at->items()) {
    if (value.is_string()) {
      labels[key] = value.get<std::string>();
    } else if (!value.is_null()) {
      labels[key] = Dump(value);
    }
  }
  return labels;
}

std::vector<std::string> Strings(const Json& document, std::string_view name) {
  std::vector<std::string> texts;
  const Json* at = At(document, {name});
  if (at != nullptr && at->is_array()) {
    for (const Json& item : *at) {
      texts.push_back(item.is_string() ? item.get<std::string>() : Dump(item));
    }
  }
  return texts;
}

const Json& ListAt(const Json& document, std::initializer_list<std::string_view> path) {
  static const Json empty = Json::array();
  const Json* at = At(document, path);
  return at != nullptr && at->is_array() ? *at : empty;
}

std::string CountText(const Json& document,
                      std::initializer_list<std::string_view> path,
                      std::string_view fallback) {
  const Json* at = At(document, path);
  if (at == nullptr || at->is_null()) {
    return std::string(fallback);
  }
  return at->is_string() ? at->get<std::string>() : Dump(*at);
}

Container ContainerFrom(const Json& document) {
  Container container;
  container.name = StringAt(document, {"name"});
  container.image = StringAt(document, {"image"});
  container.command = Strings(document, "command");
  container.args = Strings(document, "args");
  for (const Json& mount : ListAt(document, {"volumeMounts"})) {
    container.mounts.push_back(Mount{StringAt(mount, {"name"}), StringAt(mount, {"mountPath"})});
  }
  if (const Json* probe = At(document, {"readinessProbe"}); probe && probe->is_object()) {
    container.readiness = Probe{IntAt(*probe, {"initialDelaySeconds"}, 0),
                                IntAt(*probe, {"periodSeconds"}, 10),
                                IntAt(*probe, {"failureThreshold"}, 3)};
  }
  return container;
}

std::vector<Container> ContainersFrom(const Json& list) {
  std::vector<Container> containers;
  for (const Json& item : list) {
    containers.push_back(ContainerFrom(item));
  }
  return containers;
}

std::vector<Volume> VolumesFrom(const Json& list) {
  std::vector<Volume> volumes;
  for (const Json& item : list) {
    volumes.push_back(Volume{StringAt(item, {"name"}),
                             StringAt(item, {"persistentVolumeClaim", "claimName"}),
                             StringAt(item, {"configMap", "name"})});
  }
  return volumes;
}

WorkloadStatus StatusFrom(const Json& document) {
  const auto count = [&](std::string_view name) { return IntAt(document, {"status", name}); };
  return WorkloadStatus{count("observedGeneration"),
                        count("replicas"),
                        count("updatedReplicas"),
                        count("readyReplicas"),
                        count("availableReplicas")};
}

Result<TemplatePtr> TemplateOf(const Json& document, std::string_view where) {
  const Json* at = At(document, {"spec", "template"});
  if (at == nullptr || !at->is_object()) {
    return BadInput(std::string(where) + ": spec.template is missing");
  }
  return TemplateFromJson(*at, where);
}

Result<Deployment> DeploymentFrom(const Json& document, std::string_view where) {
  Deployment body;
  body.replicas = IntAt(document, {"spec", "replicas"}, 1);
  const std::string type = StringAt(document, {"spec", "strategy", "type"}, "RollingUpdate");
  body.strategy.type = type == "Recreate" ? StrategyType::kRecreate : StrategyType::kRollingUpdate;
  body.strategy.max_surge =
      CountText(document, {"spec", "strategy", "rollingUpdate", "maxSurge"}, "25%");
  body.strategy.max_unavailable =
      CountText(document, {"spec", "strategy", "rollingUpdate", "maxUnavailable"}, "25%");
  body.min_ready_s = IntAt(document, {"spec", "minReadySeconds"}, 0);
  body.progress_deadline_s = IntAt(document, {"spec", "progressDeadlineSeconds"}, 600);
  body.selector = LabelsAt(document, {"spec", "selector", "matchLabels"});
  TRY_ASSIGN(body.pod_template, TemplateOf(document, where));
  const std::string revision =
      StringAt(document, {"metadata", "annotations", "deployment.kubernetes.io/revision"}, "0");
  body.revision = std::atoll(revision.c_str());
  body.status = StatusFrom(document);
  return body;
}

Result<ReplicaSet> ReplicaSetFrom(const Json& document, std::string_view where) {
  ReplicaSet body;
  body.replicas = IntAt(document, {"spec", "replicas"}, 1);
  body.selector = LabelsAt(document, {"spec", "selector", "matchLabels"});
  TRY_ASSIGN(body.pod_template, TemplateOf(document, where));
  const std::string revision =
      StringAt(document, {"metadata", "annotations", "deployment.kubernetes.io/revision"}, "0");
  body.revision = std::atoll(revision.c_str());
  body.status = StatusFrom(document);
  return body;
}

Result<StatefulSet> StatefulSetFrom(const Json& document, std::string_view where) {
  StatefulSet body;
  body.replicas = IntAt(document, {"spec", "replicas"}, 1);
  body.parallel = StringAt(document, {"spec", "podManagementPolicy"}) == "Parallel";
  body.selector = LabelsAt(document, {"spec", "selector", "matchLabels"});
  TRY_ASSIGN(body.pod_template, TemplateOf(document, where));
  for (const Json& claim : ListAt(document, {"spec", "volumeClaimTemplates"})) {
    body.claim_templates.push_back(StringAt(claim, {"metadata", "name"}));
  }
  body.status = StatusFrom(document);
  return body;
}

bool IsReady(const Json& document) {
  for (const Json& condition : ListAt(document, {"status", "conditions"})) {
    if (StringAt(condition, {"type"}) == "Ready") {
      return StringAt(condition, {"status"}) == "True";
    }
  }
  return false;
}

Result<Pod> PodFrom(const Json& document, std::string_view where) {
  Pod body;
  Json own = {{"metadata", Json::object()}};  // of a pod's metadata a template has only these
  for (const char* name : {"labels", "annotations"}) {
    if (const Json* at = At(document, {"metadata", name}); at != nullptr) {
      own["metadata"][name] = *at;
    }
  }
  if (const Json* spec = At(document, {"spec"}); spec != nullptr) {
    own["spec"] = *spec;
  }
  TRY_ASSIGN(body.pod_template, TemplateFromJson(own, where));
  const std::string phase = StringAt(document, {"status", "phase"}, "Pending");
  for (const PodPhase known :
       {PodPhase::kPending, PodPhase::kRunning, PodPhase::kSucceeded, PodPhase::kFailed}) {
    if (NameOf(known) == phase) {
      body.phase = known;
    }
  }
  body.ready = IsReady(document);
  body.available = body.ready;
  body.node = StringAt(document, {"spec", "nodeName"});
  for (const Json& status : ListAt(document, {"status", "containerStatuses"})) {
    body.restarts += IntAt(status, {"restartCount"});
    body.waiting_reason = StringAt(status, {"state", "waiting", "reason"}, body.waiting_reason);
    body.exit_code = IntAt(status, {"state", "terminated", "exitCode"}, body.exit_code);
  }
  return body;
}

Claim ClaimFrom(const Json& document) {
  return Claim{StringAt(document, {"status", "phase"}) == "Bound",
               StringAt(document, {"spec", "volumeName"}),
               StringAt(document, {"spec", "storageClassName"})};
}

ConfigMap ConfigMapFrom(const Json& document) {
  return ConfigMap{
      std::make_shared<const std::map<std::string, std::string>>(LabelsAt(document, {"data"}))};
}

Status ReadBody(const Json& document, std::string_view where, Object* object) {
  const std::string& kind = object->ref.kind;
  if (kind == "Deployment") {
    TRY_ASSIGN(object->body, DeploymentFrom(document, where));
  } else if (kind == "ReplicaSet") {
    TRY_ASSIGN(object->body, ReplicaSetFrom(document, where));
  } else if (kind == "StatefulSet") {
    TRY_ASSIGN(object->body, StatefulSetFrom(document, where));
  } else if (kind == "Pod") {
    TRY_ASSIGN(object->body, PodFrom(document, where));
  } else if (kind == "PersistentVolumeClaim") {
    object->body = ClaimFrom(document);
  } else if (kind == "ConfigMap") {
    object->body = ConfigMapFrom(document);
  }
  return {};
}

Json StatusJson(const WorkloadStatus& status) {
  Json json = {{"observedGeneration", status.observed_generation}};
  const auto put = [&json](const char* name, std::int64_t count) {
    if (count != 0) {  // the API server leaves zero counts out
      json[name] = count;
    }
  };
  put("replicas", status.replicas);
  put("updatedReplicas", status.updated);
  put("readyReplicas", status.ready);
  put("availableReplicas", status.available);
  return json;
}

Json PodStatusJson(const Pod& pod) {
  Json status = {{"phase", NameOf(pod.phase)},
                 {"conditions", {{{"type", "Ready"}, {"status", pod.ready ? "True" : "False"}}}}};
  Json containers = Json::array();
  for (const Container& container : pod.pod_template->containers) {
    Json state;
    if (!pod.waiting_reason.empty()) {
      state["waiting"] = {{"reason", pod.waiting_reason}};
    } else if (pod.phase == PodPhase::kSucceeded || pod.phase == PodPhase::kFailed) {
      state["terminated"] = {{"exitCode", pod.exit_code}};
    } else {
      state["running"] = Json::object();
    }
    containers.push_back({{"name", container.name},
                          {"image", container.image},
                          {"ready", pod.ready},
                          {"restartCount", pod.restarts},
                          {"state", state}});
  }
  status["containerStatuses"] = containers;
  return status;
}

struct BodyWriter {
  Json& json;
  void operator()(const Opaque& /*unused*/) const {}
  void operator()(const Deployment& body) const {
    json["spec"]["replicas"] = body.replicas;
    json["spec"]["template"] = body.pod_template->document;
    json["status"] = StatusJson(body.status);
  }
  void operator()(const ReplicaSet& body) const {
    json["spec"]["replicas"] = body.replicas;
    json["spec"]["template"] = body.pod_template->document;
    json["status"] = StatusJson(body.status);
  }
  void operator()(const StatefulSet& body) const {
    json["spec"]["replicas"] = body.replicas;
    json["spec"]["template"] = body.pod_template->document;
    json["status"] = StatusJson(body.status);
  }
  void operator()(const Pod& body) const {
    json["spec"] = body.pod_template->document.value("spec", Json::object());
    if (!body.node.empty()) {
      json["spec"]["nodeName"] = body.node;
    }
    json["status"] = PodStatusJson(body);
  }
  void operator()(const Claim& body) const {
    if (!body.volume.empty()) {
      json["spec"]["volumeName"] = body.volume;
    }
    json["status"]["phase"] = body.bound ? "Bound" : "Pending";
  }
  void operator()(const ConfigMap& body) const {
    if (body.data) {
      json["data"] = *body.data;
    }
  }
};

Fingerprint CoreDigest(const PodTemplate& pod_template) {
  Labels labels = pod_template.labels;
  labels.erase("pod-template-hash");
  Json document = pod_template.document;
  document["metadata"]["labels"] = labels;
  return HashJson(document);
}

}  // namespace

Result<TemplatePtr> TemplateFromJson(const Json& document, std::string_view where) {
  const Json* spec = At(document, {"spec"});
  if (spec == nullptr || !spec->is_object()) {
    return BadInput(std::string(where) + ": pod spec is missing");
  }
  auto pod_template = std::make_shared<PodTemplate>();
  pod_template->labels = LabelsAt(document, {"metadata", "labels"});
  pod_template->annotations = LabelsAt(document, {"metadata", "annotations"});
  pod_template->init_containers = ContainersFrom(ListAt(*spec, {"initContainers"}));
  pod_template->containers = ContainersFrom(ListAt(*spec, {"containers"}));
  pod_template->volumes = VolumesFrom(ListAt(*spec, {"volumes"}));
  pod_template->grace_period_s = IntAt(*spec, {"terminationGracePeriodSeconds"}, 30);
  pod_template->restart_policy = StringAt(*spec, {"restartPolicy"}, "Always");
  const Json* own = At(document, {"metadata"});
  Json metadata = own != nullptr && own->is_object() ? *own : Json::object();
  pod_template->document = {{"metadata", metadata}, {"spec", *spec}};
  pod_template->digest = CoreDigest(*pod_template);
  return TemplatePtr(std::move(pod_template));
}

Fingerprint DesiredDigest(const Json& document) {
  Json desired = document;
  desired.erase("status");
  desired.erase("metadata");
  if (const Json* spec = At(desired, {"spec"}); spec != nullptr && spec->is_object()) {
    desired["spec"].erase("replicas");
    desired["spec"].erase("template");
    desired["spec"].erase("volumeName");
    desired["spec"].erase("nodeName");
  }
  return HashJson(desired);
}

std::string TemplateHash(const PodTemplate& pod_template) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";  // as Kubernetes' safe set
  Fingerprint rest = pod_template.digest;
  std::string text;
  for (int i = 0; i < 10; ++i) {
    text += kAlphabet[rest % kAlphabet.size()];
    rest /= kAlphabet.size();
  }
  return text;
}

Result<Object> FromJson(const Json& document, std::string_view where) {
  Object object;
  object.api_version = StringAt(document, {"apiVersion"});
  object.ref = Ref{StringAt(document, {"kind"}),
                   StringAt(document, {"metadata", "namespace"}),
                   StringAt(document, {"metadata", "name"})};
  if (object.ref.kind.empty() || object.ref.name.empty()) {
    return BadInput(std::string(where) +
                    ": not a Kubernetes object (kind or metadata.name missing)");
  }
  object.labels = LabelsAt(document, {"metadata", "labels"});
  object.annotations = LabelsAt(document, {"metadata", "annotations"});
  object.uid = StringAt(document, {"metadata", "uid"});
  object.generation = IntAt(document, {"metadata", "generation"}, 1);
  object.terminating = At(document, {"metadata", "deletionTimestamp"}) != nullptr;
  for (const Json& owner : ListAt(document, {"metadata", "ownerReferences"})) {
    object.owner = Ref{StringAt(owner, {"kind"}), object.ref.ns, StringAt(owner, {"name"})};
  }
  const std::string place = std::string(where) + ": " + object.ref.kind + " " + object.ref.name;
  TRY(ReadBody(document, place, &object));
  object.document = std::make_shared<const Json>(document);
  object.document_digest = DesiredDigest(document);
  return object;
}

Json ToJson(const Object& object) {
  Json json = object.document ? *object.document : Json::object();
  json["apiVersion"] = object.api_version;
  json["kind"] = object.ref.kind;
  Json& metadata = json["metadata"];
  metadata["name"] = object.ref.name;
  if (!object.ref.ns.empty()) {
    metadata["namespace"] = object.ref.ns;
  }
  const auto put = [&metadata](const char* name, const Labels& labels) {
    if (labels.empty()) {
      metadata.erase(name);
    } else {
      metadata[name] = labels;
    }
  };
  put("labels", object.labels);
  put("annotations", object.annotations);
  if (!object.uid.empty()) {
    metadata["uid"] = object.uid;
  }
  metadata["generation"] = object.generation;
  metadata["resourceVersion"] = std::to_string(object.resource_version);
  if (object.owner) {
    metadata["ownerReferences"] = {
        {{"kind", object.owner->kind}, {"name", object.owner->name}, {"controller", true}}};
  }
  std::visit(BodyWriter{json}, object.body);
  return json;
}

}  // namespace rehearse::kube
