#include "upgrade/settings.h"

#include "model/helm/values.h"

namespace rehearse::upgrade {
namespace {

using result::ValueSet;
using Settings = std::vector<ValueSet>;

constexpr Version kChart400{4, 0, 0, ""};
constexpr Version kChart424{4, 2, 4, ""};    // one mixed coordinator by default
constexpr Version kChart4221{4, 2, 21, ""};  // knows of Pulsar v3
constexpr Version kChart4227{4, 2, 27, ""};  // Pulsar v3 by default
constexpr Version kChart500{5, 0, 0, ""};    // streaming, woodpecker by default
constexpr Version kChart5019{5, 0, 19, ""};
constexpr const char* kUserYaml = "extraConfigFiles.user\\.yaml";

std::string Tag(const Version& app) { return "v" + app.ToString(); }

void AddImages(const Survey& survey, const Version& app, Settings& settings) {
  settings.push_back({"image.all.tag",
                      Tag(app),
                      "named at every step: neither a chart's default nor a tag set long ago may "
                      "decide what runs"});
  for (const std::string& component : ComponentsWithOwnTag(helm::ConfigOf(survey.deployed))) {
    settings.push_back({component + ".image.tag",
                        Tag(app),
                        "the user has set it apart, and it wins over image.all.tag"});
  }
}

void AddMinio(const Survey& survey, Settings& settings) {
  if (survey.minio.fs_data) {
    settings.push_back({"minio.image.tag",
                        survey.minio.fs_tag,
                        "its data is of the fs backend, on which MinIO from RELEASE.2022-10-29 on "
                        "(charts from 4.0.13) does not start; copying the objects to a new store "
                        "is the way out of the pin"});
  }
}

void AddPulsar(const Survey& survey, Settings& settings) {
  const bool v2 = survey.queue == MessageQueue::kPulsarV2;
  const bool v3 = survey.queue == MessageQueue::kPulsarV3;
  const std::string queue(NameOf(survey.queue));
  settings.push_back({"pulsar.enabled",
                      v2 ? "true" : "false",
                      "message queue " + queue + (v2 ? " is this one" : " needs none of it")});
  settings.push_back({"pulsarv3.enabled",
                      v3 ? "true" : "false",
                      v3 ? "message queue pulsar v3 is this one"
                         : "charts from 4.2.27 deploy Pulsar v3 unless told not to; charts before "
                           "keep the value"});
}

void AddCoordinators(Settings& settings) {
  settings.push_back({"mixCoordinator.enabled",
                      "true",
                      "charts from 4.2.4 run one mixed coordinator, and 2.6 is reached with it "
                      "alone"});
  for (const char* name :
       {"rootCoordinator", "dataCoordinator", "queryCoordinator", "indexCoordinator"}) {
    settings.push_back({std::string(name) + ".enabled",
                        "false",
                        "exactly one kind of coordinator may run, and helm does not check it"});
  }
}

bool IsEmbedded(MessageQueue queue) {
  return queue == MessageQueue::kRocksmq || queue == MessageQueue::kNatsmq ||
         queue == MessageQueue::kWoodpecker;
}

std::string UserYaml(const Survey& survey) {
  const Json* files = helm::ValueAt(helm::ConfigOf(survey.deployed), "extraConfigFiles");
  const std::string own = files != nullptr ? StringAt(*files, {"user.yaml"}) : "";
  const auto documents = ParseYaml(own, "extraConfigFiles.user.yaml");
  Json document = documents && !documents->empty() && documents->front().is_object()
                      ? documents->front()
                      : Json::object();
  if (StringAt(document, {"etcd", "rootPath"}) == survey.root_path) {
    return own;
  }
  if (!document["etcd"].is_object()) {
    document["etcd"] = Json::object();
  }
  document["etcd"]["rootPath"] = survey.root_path;
  return DumpYaml(document);
}

void AddQueue(const Survey& survey, Settings& settings) {
  if (IsEmbedded(survey.queue)) {
    settings.push_back({"standalone.messageQueue",
                        std::string(NameOf(survey.queue)),
                        "charts from 5.0.0 default to woodpecker and guess from the live object"});
  }
}

void AddStreaming(Settings& settings) {
  settings.push_back({"streaming.enabled", "true", "Milvus 2.6 needs its streaming node"});
  settings.push_back({"indexNode.enabled", "false", "Milvus 2.6 has no index node"});
}

// Where helm is only told what runs, nothing that a template could read may be new.
bool TakesPulsarFlags(const SettingsQuestion& question) {
  return !(question.chart < kChart4221) || question.chart != question.survey.chart;
}

// What the topology asks for.
void AddByTopology(const SettingsQuestion& question, Settings& settings) {
  const auto& [survey, book, chart, app] = question;
  const bool standalone = survey.topology == Topology::kStandalone;
  if (book.Has("coordinators") && !standalone && !(chart < kChart424)) {
    AddCoordinators(settings);
  }
  if (book.Has("explicit-queue") && standalone && !(chart < kChart4227)) {
    AddQueue(survey, settings);
  }
}

void AddKafka(const Survey& survey, Settings& settings) {
  const Json& config = helm::ConfigOf(survey.deployed);
  const char* why = "the repository of the chart's image is gone; charts from 5.0.19 take this one";
  for (const char* part : {"kafka", "kafka.zookeeper"}) {
    const std::string key = std::string(part) + ".image.repository";
    if (helm::ValueAt(config, key) == nullptr) {
      const bool zookeeper = key.find("zookeeper") != std::string::npos;
      settings.push_back({key, zookeeper ? "bitnamilegacy/zookeeper" : "bitnamilegacy/kafka", why});
    }
  }
}

void AddRootPath(const Survey& survey, Settings& settings) {
  if (survey.root_path != "by-dev") {
    settings.push_back({kUserYaml,
                        UserYaml(survey),
                        "charts from 4.0.0 ignore metadata.rootPath: Milvus would start below "
                        "by-dev, where nothing is"});
  }
}

// What --set takes as it is; commas and backslashes are its own.
std::string Escaped(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == ',' || c == '\\') {
      text += '\\';
    }
    text += c;
  }
  return text;
}

const Json* ValueOf(const Json& config, const std::string& key) {
  return key == kUserYaml ? At(config, {"extraConfigFiles", "user.yaml"})
                          : helm::ValueAt(config, key);
}

bool Has(const Json& config, const ValueSet& value) {
  const Json* at = ValueOf(config, value.key);
  return at != nullptr && (at->is_string() ? at->get<std::string>() : Dump(*at)) == value.value;
}

}  // namespace

std::vector<ValueSet> SettingsAt(const SettingsQuestion& question) {
  const auto& [survey, book, chart, app] = question;
  Settings settings;
  if (book.Has("explicit-image")) {
    AddImages(survey, app, settings);
  }
  if (book.Has("minio-fs")) {
    AddMinio(survey, settings);
  }
  if (book.Has("pulsar-flags") && TakesPulsarFlags(question)) {
    AddPulsar(survey, settings);
  }
  if (book.Has("kafka-images") && survey.queue == MessageQueue::kKafka && chart < kChart5019) {
    AddKafka(survey, settings);
  }
  AddByTopology(question, settings);
  if (book.Has("streaming") && !(chart < kChart500)) {
    AddStreaming(settings);
  }
  if (book.Has("root-path-kept") && !(chart < kChart400)) {
    AddRootPath(survey, settings);
  }
  return settings;
}

std::vector<ValueSet> MissingSettings(const std::vector<ValueSet>& settings, const Json& config) {
  std::vector<ValueSet> missing;
  for (const ValueSet& value : settings) {
    if (!Has(config, value)) {
      missing.push_back(value);
    }
  }
  return missing;
}

std::string SetArgument(const ValueSet& value) { return value.key + "=" + Escaped(value.value); }

Result<Json> WithSettings(Json config, const std::vector<ValueSet>& settings) {
  for (const ValueSet& value : settings) {
    TRY(helm::ParseSet(SetArgument(value), config));
  }
  return config;
}

}  // namespace rehearse::upgrade
