#include "model/charts/expand.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "model/core/bytes.h"

namespace rehearse::charts {
namespace {

std::string Substitute(std::string text, const Names& names) {
  const std::array<std::pair<std::string_view, const std::string*>, 9> tokens = {{
      {"{release}", &names.release},
      {"{fullname}", &names.fullname},
      {"{etcd}", &names.etcd},
      {"{minio}", &names.minio},
      {"{pulsar}", &names.pulsar},
      {"{pulsarv3}", &names.pulsarv3},
      {"{chart}", &names.chart},
      {"{app}", &names.app},
      {"{tag}", &names.tag},
  }};
  for (const auto& [token, value] : tokens) {
    for (std::size_t at = text.find(token); at != std::string::npos;
         at = text.find(token, at + value->size())) {
      text.replace(at, token.size(), *value);
    }
  }
  return text;
}

const Json& Part(const Json& object, std::string_view key) {
  static const Json nothing;
  const Json* part = At(object, {key});
  return part == nullptr ? nothing : *part;
}

void CopyIfThere(const Json& from, const char* key, Json& to) {
  if (from.contains(key)) {
    to[key] = from[key];
  }
}

std::int64_t ProbeNumber(const std::string& text, std::string_view name) {
  const std::size_t at = text.find(std::string(name) + "=");
  std::int64_t value = 0;
  if (at != std::string::npos) {
    std::from_chars(text.data() + at + name.size() + 1, text.data() + text.size(), value);
  }
  return value;
}

bool IsPulsar(const Json& container) {
  return StringAt(container, {"image"}).starts_with("apachepulsar/");
}

// The port that a probe asks: by name, metrics for Milvus and http for MinIO; pulsar gives a
// number.
Json ProbePort(const Json& container) {
  const Json& ports = Part(container, "ports");
  if (IsPulsar(container)) {
    return Part(ports, "http");
  }
  return Part(ports, "metrics").is_null() ? "http" : "metrics";
}

Json Probe(const std::string& text, const Json& container) {
  Json probe = {{"initialDelaySeconds", ProbeNumber(text, "initial")},
                {"periodSeconds", ProbeNumber(text, "period")},
                {"timeoutSeconds", ProbeNumber(text, "timeout")},
                {"failureThreshold", ProbeNumber(text, "fail")}};
  if (!IsPulsar(container)) {
    probe["successThreshold"] = 1;
  }
  const Json port = ProbePort(container);
  if (text.starts_with("httpGet ")) {
    const std::string path = text.substr(8, text.find(' ', 8) - 8);
    probe["httpGet"] = {{"path", path}, {"port", port}};
  } else if (text.starts_with("tcpSocket")) {
    probe["tcpSocket"] = {{"port", port}};
  } else {
    // Law::kEtcdProbeCommand
    probe["exec"] = {{"command", Json::array({"/opt/bitnami/scripts/etcd/healthcheck.sh"})}};
  }
  return probe;
}

// "volume:path#subPath"
Json Mount(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::size_t hash = text.find('#', colon);
  Json mount = {{"name", text.substr(0, colon)},
                {"mountPath", text.substr(colon + 1, hash - colon - 1)}};
  if (hash != std::string::npos) {
    mount["subPath"] = text.substr(hash + 1);
    mount["readOnly"] = true;
  }
  return mount;
}

// "name=emptyDir", "name=configMap:x", "name=secret:x", "name=persistentVolumeClaim:x"
Json Volume(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t colon = text.find(':', equals);
  const std::string type = text.substr(equals + 1, colon - equals - 1);
  const std::string target = colon == std::string::npos ? "" : text.substr(colon + 1);
  Json volume = {{"name", text.substr(0, equals)}};
  if (type == "configMap") {
    volume[type] = {{"name", target}};
  } else if (type == "secret") {
    volume[type] = {{"secretName", target}};
  } else if (type == "persistentVolumeClaim") {
    volume[type] = {{"claimName", target}};
  } else {
    volume[type] = Json::object();
  }
  return volume;
}

template <typename Convert>
Json ConvertList(const Json& list, Convert convert) {
  Json out = Json::array();
  if (list.is_array()) {
    for (const Json& item : list) {
      out.push_back(convert(item));
    }
  }
  return out;
}

// The names of a port table in the order of the templates: metrics stands last.
std::vector<std::string> PortNames(const Json& ports) {
  std::vector<std::string> names;
  for (const auto& [name, port] : ports.items()) {
    names.push_back(name);
  }
  std::stable_partition(
      names.begin(), names.end(), [](const std::string& name) { return name != "metrics"; });
  return names;
}

Json ContainerPorts(const Json& container) {
  const Json& ports = container["ports"];
  const bool says_protocol = !IsPulsar(container) && container["name"] != "minio";
  Json out = Json::array();
  for (const std::string& name : PortNames(ports)) {
    out.push_back({{"name", name}, {"containerPort", ports[name]}});
    if (says_protocol) {
      out.back()["protocol"] = "TCP";
    }
  }
  return out;
}

Json Container(const Json& summary) {
  Json container = {
      {"name", summary["name"]}, {"image", summary["image"]}, {"imagePullPolicy", "IfNotPresent"}};
  CopyIfThere(summary, "args", container);
  if (summary.contains("ports")) {
    container["ports"] = ContainerPorts(summary);
  }
  if (summary.contains("mounts")) {
    container["volumeMounts"] =
        ConvertList(summary["mounts"], [](const Json& text) { return Mount(text); });
  }
  for (const char* probe : {"readinessProbe", "livenessProbe", "startupProbe"}) {
    if (summary.contains(probe)) {
      container[probe] = Probe(summary[probe].get<std::string>(), summary);
    }
  }
  return container;
}

// Annotations of a pod template whose values do not come from a digest.
std::string AnnotationValue(const std::string& key, const Json& summary) {
  if (key == "pyroscope.io/application-name") {
    return StringAt(summary, {"name"});
  }
  if (key == "pyroscope.io/port") {
    return "9091";
  }
  if (key == "prometheus.io/port") {
    const Json& ports = Part(summary["containers"][0], "ports");
    const Json* http = At(ports, {"http"});
    return http != nullptr ? Dump(*http) : "8080";
  }
  return key.ends_with("/scrape") ? "true" : "";
}

Json PodTemplate(const Json& summary) {
  Json pod = {{"containers", ConvertList(summary["containers"], Container)}};
  if (summary.contains("initContainers")) {
    pod["initContainers"] = ConvertList(summary["initContainers"], Container);
  }
  if (summary.contains("volumes")) {
    pod["volumes"] = ConvertList(summary["volumes"], [](const Json& text) { return Volume(text); });
  }
  CopyIfThere(summary, "terminationGracePeriodSeconds", pod);
  CopyIfThere(summary, "restartPolicy", pod);
  Json metadata = Json::object();
  if (summary.contains("podLabels")) {
    metadata["labels"] = summary["podLabels"];
  }
  if (summary.contains("podAnnotationKeys")) {
    for (const Json& key : summary["podAnnotationKeys"]) {
      const std::string name = key.get<std::string>();
      metadata["annotations"][name] = AnnotationValue(name, summary);
    }
  }
  Json pod_template = {{"spec", std::move(pod)}};
  if (!metadata.empty()) {
    pod_template["metadata"] = std::move(metadata);
  }
  return pod_template;
}

Json ClaimSpec(const Json& summary) {
  return {{"accessModes", summary["accessModes"]},
          {"resources", {{"requests", {{"storage", summary["storage"]}}}}}};
}

Json WorkloadSpec(const Json& summary) {
  Json spec = {{"template", PodTemplate(summary)}};
  for (const char* field :
       {"replicas", "strategy", "updateStrategy", "podManagementPolicy", "serviceName"}) {
    CopyIfThere(summary, field, spec);
  }
  if (summary.contains("selector")) {
    spec["selector"] = {{"matchLabels", summary["selector"]}};
  }
  if (summary.contains("volumeClaimTemplates")) {
    spec["volumeClaimTemplates"] = ConvertList(summary["volumeClaimTemplates"], [](const Json& c) {
      return Json{{"metadata", {{"name", c["name"]}}}, {"spec", ClaimSpec(c)}};
    });
  }
  return spec;
}

Json ServiceSpec(const Json& summary) {
  Json spec = {{"selector", summary["selector"]}};
  for (const char* field : {"type", "clusterIP", "publishNotReadyAddresses"}) {
    CopyIfThere(summary, field, spec);
  }
  for (const std::string& name : PortNames(summary["ports"])) {
    spec["ports"].push_back(
        {{"name", name}, {"port", summary["ports"][name]}, {"targetPort", name}});
  }
  return spec;
}

// Law::kRoleContentsUnseen
void AddRole(const std::string& kind, Json& object) {
  if (kind == "Role") {
    object["rules"] = Json::array();
    return;
  }
  std::string role = StringAt(object, {"metadata", "name"});
  if (role.ends_with("binding")) {
    role.resize(role.size() - std::string_view("binding").size());
  }
  object["roleRef"] = {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", role}};
}

void AddData(const std::string& kind, const Json& summary, Json& object) {
  for (const Json& key : summary["dataKeys"]) {
    const std::string name = key.get<std::string>();
    // Law::kMinioDefaultKeys
    object["data"][name] = kind == "Secret" ? EncodeBase64("minioadmin") : "";
  }
  CopyIfThere(summary, "type", object);
}

void AddContents(const std::string& kind, const Json& summary, Json& object) {
  if (kind == "ConfigMap" || kind == "Secret") {
    AddData(kind, summary, object);
  } else if (kind == "Role" || kind == "RoleBinding") {
    AddRole(kind, object);
  } else if (kind == "Service") {
    object["spec"] = ServiceSpec(summary);
  } else if (kind == "PersistentVolumeClaim") {
    object["spec"] = ClaimSpec(summary);
  } else if (kind == "PodDisruptionBudget") {
    object["spec"] = summary["spec"];
  } else if (kind == "Deployment" || kind == "StatefulSet" || kind == "Job") {
    object["spec"] = WorkloadSpec(summary);
  }
}

// Law::kNamespaceInManifest
bool NamesItsNamespace(const ObjectForm& form) {
  if (form.kind == "Role" || form.kind == "RoleBinding") {
    return false;
  }
  return form.unit == "etcd" || form.unit == "pulsar" || form.unit == "pulsarv3" ||
         (form.unit == "minio" && form.kind == "ServiceAccount" &&
          form.json.find("prometheus") == std::string::npos);
}

// The file of an object's template, as far as its place among the others goes.
std::string TemplateFile(const ObjectForm& form, std::string_view rest) {
  if (form.unit == "etcd") {
    return rest == "-headless" ? "svc-headless" : "svc";
  }
  if (form.unit == "pulsar" || form.unit == "pulsarv3") {
    if (rest.starts_with("-recovery")) {
      return "autorecovery";
    }
    return rest.starts_with("-bookie") ? "bookkeeper" : std::string(rest.substr(1));
  }
  if (form.unit == "minio") {
    return rest.starts_with("-update") ? "post-install"
           : rest == "-svc"            ? "statefulset"
                                       : "service";
  }
  if (form.kind == "Service") {
    return form.unit == "milvus" ? "service" : form.unit + "-svc";
  }
  return form.unit;
}

}  // namespace

std::string FilledText(const ObjectForm& form, const Names& names) {
  return Substitute(form.json, names);
}

Result<Json> Expand(const ObjectForm& form, const std::string& filled, const Names& names) {
  TRY_ASSIGN(const Json summary, ParseJson(filled, "charts/objects.tsv"));
  Json object = {{"apiVersion", StringAt(summary, {"apiVersion"})},
                 {"kind", form.kind},
                 {"metadata", {{"name", StringAt(summary, {"name"})}}}};
  CopyIfThere(summary, "labels", object["metadata"]);
  CopyIfThere(summary, "annotations", object["metadata"]);
  if (NamesItsNamespace(form)) {
    object["metadata"]["namespace"] = names.ns;
  }
  AddContents(form.kind, summary, object);
  return object;
}

std::string TemplatePathOf(const ObjectForm& form, std::string_view name, const Names& names) {
  const std::array<std::pair<std::string_view, const std::string*>, 4> subcharts = {
      {{"etcd", &names.etcd},
       {"minio", &names.minio},
       {"pulsar", &names.pulsar},
       {"pulsarv3", &names.pulsarv3}}};
  for (const auto& [unit, base] : subcharts) {
    if (form.unit == unit) {
      return "charts/" + form.unit + "/" + TemplateFile(form, name.substr(base->size())) + ".yaml";
    }
  }
  return "templates/" + TemplateFile(form, "") + ".yaml";
}

}  // namespace rehearse::charts
