#include "model/charts/config.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "model/core/hash.h"
#include "model/helm/values.h"

namespace rehearse::charts {
namespace {

const Version kUserYamlSince{3, 3, 2, ""};      // Law::kUserYamlSince
const Version kShortcutsUntil{4, 0, 0, ""};     // Law::kShortcutConfigRemoved
const Version kEtcdPodNamesSince{4, 2, 3, ""};  // Law::kEtcdEndpointPodNames
const Version kQueueLookupSince{5, 0, 0, ""};   // Law::kQueueLookup

constexpr std::string_view kQueueAnnotation = "milvus.io/message-queue";

bool IsOn(const Json& values, std::string_view path) {
  const Json* value = helm::ValueAt(values, path);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::string TextAt(const Json& values, std::string_view path, std::string_view fallback) {
  const Json* value = helm::ValueAt(values, path);
  if (value == nullptr || value->is_null()) {
    return std::string(fallback);
  }
  return value->is_string() ? value->get<std::string>() : Dump(*value);
}

// Top-level values that no config template reads.
constexpr std::array<std::string_view, 24> kNotInConfig = {"image",
                                                           "service",
                                                           "ingress",
                                                           "serviceAccount",
                                                           "metrics",
                                                           "nodeSelector",
                                                           "tolerations",
                                                           "affinity",
                                                           "labels",
                                                           "annotations",
                                                           "attu",
                                                           "volumes",
                                                           "volumeMounts",
                                                           "livenessProbe",
                                                           "readinessProbe",
                                                           "global",
                                                           "heaptrack",
                                                           "customConfigMap",
                                                           "extraConfigFiles",
                                                           "nameOverride",
                                                           "hpa",
                                                           "securityContext",
                                                           "topologySpreadConstraints",
                                                           "tei"};
// Values of one component or subchart that no config template reads.
constexpr std::array<std::string_view, 18> kNotInConfigBelow = {"image",
                                                                "images",
                                                                "replicas",
                                                                "replicaCount",
                                                                "resources",
                                                                "persistence",
                                                                "strategy",
                                                                "nodeSelector",
                                                                "tolerations",
                                                                "affinity",
                                                                "annotations",
                                                                "podLabels",
                                                                "extraEnv",
                                                                "hpa",
                                                                "extraLabels",
                                                                "profiling",
                                                                "heaptrack",
                                                                "securityContext"};

template <std::size_t N>
void EraseAll(Json& object, const std::array<std::string_view, N>& keys) {
  for (const std::string_view key : keys) {
    object.erase(std::string(key));
  }
}

// What the template may read, apart from the lines written out (Law::kConfigDigest).
Fingerprint RestDigest(const ConfigInput& input) {
  Json values = input.values;
  EraseAll(values, kNotInConfig);
  for (auto& [key, value] : values.items()) {
    if (value.is_object()) {
      EraseAll(value, kNotInConfigBelow);
    }
  }
  return Hasher().Add(input.chart.version.ToString()).Add(HashJson(values)).Get();
}

std::string EtcdLines(const ConfigInput& input) {
  std::string text = "etcd:\n  endpoints:\n";
  if (IsOn(input.values, "externalEtcd.enabled")) {
    const Json* endpoints = helm::ValueAt(input.values, "externalEtcd.endpoints");
    if (endpoints != nullptr && endpoints->is_array()) {
      for (const Json& endpoint : *endpoints) {
        text +=
            "    - " + (endpoint.is_string() ? endpoint.get<std::string>() : Dump(endpoint)) + "\n";
      }
    }
  } else if (input.chart.version < kEtcdPodNamesSince) {
    text += "    - " + input.names.etcd + ":2379\n";
  } else {
    const std::int64_t count = IntAt(input.values, {"etcd", "replicaCount"}, 3);
    for (std::int64_t i = 0; i < count; ++i) {
      text += "    - " + input.names.etcd + "-" + std::to_string(i) + "." + input.names.etcd +
              "-headless." + input.names.ns + ".svc.cluster.local:2379\n";
    }
  }
  if (input.chart.version < kShortcutsUntil) {
    text += "  rootPath: " + TextAt(input.values, "metadata.rootPath", "by-dev") + "\n";
    text += "  metaSubPath: meta\n  kvSubPath: kv\n";
  }
  return text;
}

std::string MinioLines(const ConfigInput& input) {
  std::string text = "minio:\n";
  if (IsOn(input.values, "externalS3.enabled")) {
    return text + "  address: " + TextAt(input.values, "externalS3.host", "") +
           "\n  bucketName: " + TextAt(input.values, "externalS3.bucketName", "") +
           "\n  rootPath: " + TextAt(input.values, "externalS3.rootPath", "") + "\n";
  }
  return text + "  address: " + input.names.minio + "\n  port: 9000\n  bucketName: " +
         TextAt(input.values, "minio.bucketName", "milvus-bucket") +
         "\n  rootPath: " + TextAt(input.values, "minio.rootPath", "file") + "\n";
}

std::string MainText(const ConfigInput& input) {
  std::string text = EtcdLines(input) + "\n" + MinioLines(input);
  for (const std::string& queue : MessageQueueLines(input)) {
    text += "\nmq:\n  type: " + queue + "\n\nmessageQueue: " + queue + "\n";
  }
  return text +
         "\n# not shown here: " + ChecksumOf(std::to_string(RestDigest(input))).substr(0, 16) +
         "\n";
}

}  // namespace

std::string ChecksumOf(std::string_view text) {
  std::string digits;
  for (int part = 0; part < 4; ++part) {
    std::array<char, 17> hex{};
    const Fingerprint hash = Hasher().Add(part).Add(text).Get();
    std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(hash));
    digits += hex.data();
  }
  return digits;
}

std::string StandaloneMessageQueue(const ConfigInput& input) {
  const std::string given = TextAt(input.values, "standalone.messageQueue", "");
  if (input.chart.version < kQueueLookupSince || given != "woodpecker" ||
      input.request.revision == 1 || input.request.live.empty() ||
      input.request.live[0] == nullptr) {
    return given;
  }
  const std::string annotated =
      StringAt(*input.request.live[0], {"metadata", "annotations", kQueueAnnotation});
  return annotated.empty() ? "\"rocksmq\"" : annotated;  // Law::kQueueLookup: the quotes are there
}

std::vector<std::string> MessageQueueLines(const ConfigInput& input) {
  std::vector<std::string> lines;
  if (input.chart.version < kUserYamlSince) {
    return lines;  // Law::kMessageQueueLines
  }
  const Json& values = input.values;
  if (IsOn(values, "externalPulsar.enabled") || IsOn(values, "pulsar.enabled") ||
      IsOn(values, "pulsarv3.enabled")) {
    lines.emplace_back("pulsar");
  }
  if (IsOn(values, "externalKafka.enabled") || IsOn(values, "kafka.enabled")) {
    lines.emplace_back("kafka");
  }
  if (!IsOn(values, "cluster.enabled")) {
    const std::string queue = StandaloneMessageQueue(input);
    const std::string bare = queue == "\"rocksmq\"" ? "rocksmq" : queue;
    if (bare == "rocksmq" || bare == "natsmq" || bare == "woodpecker") {
      lines.push_back(queue);
    }
  }
  return lines;
}

Json ConfigData(const ConfigInput& input) {
  if (input.chart.version < kUserYamlSince) {
    return {{"milvus.yaml", MainText(input)}};
  }
  const Json* user = helm::ValueAt(input.values, "extraConfigFiles");
  const std::string user_text =
      user == nullptr ? "" : StringAt(*user, {std::string_view("user.yaml")});
  return {{"default.yaml", MainText(input)}, {"user.yaml", user_text}};
}

}  // namespace rehearse::charts
