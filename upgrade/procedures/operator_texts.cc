#include "upgrade/procedures/operator_texts.h"

#include "model/core/json.h"

namespace rehearse::upgrade {
namespace {

constexpr const char* kUpgradeLabel = "milvus.io/upgrade";
constexpr const char* kTaskLabel = "milvus.io/task-kind";
constexpr const char* kConfigFile = "migration.yaml";

std::string_view CommandOf(OperatorTask task) {
  switch (task) {
    case OperatorTask::kBackupMeta:
      return "backup";
    case OperatorTask::kUpdateMeta:
      return "run";
    case OperatorTask::kRollbackMeta:
      return "rollback";
  }
  return "";
}

std::string WithoutV(const std::string& version) {
  return version.starts_with('v') ? version.substr(1) : version;
}

Json Metadata(const OperatorUpgradeOptions& options, const std::string& name) {
  return {{"name", name}, {"namespace", options.ns}, {"labels", {{kUpgradeLabel, options.name}}}};
}

Json TaskMetadata(const OperatorUpgradeOptions& options, OperatorTask task) {
  Json metadata = Metadata(options, TaskName(options, task));
  metadata["labels"][kTaskLabel] = KindOf(task);
  return metadata;
}

std::string ToolConfigOf(const OperatorUpgradeOptions& options, OperatorTask task) {
  const std::string root = options.root_path.empty() ? options.milvus : options.root_path;
  return DumpYaml({{"cmd", {{"type", CommandOf(task)}}},
                   {"config",
                    {{"sourceVersion", WithoutV(options.source_version)},
                     {"targetVersion", WithoutV(options.target_version)},
                     {"backupFilePath", "/milvus/data/migration.bak"}}},
                   {"metastore", {{"type", "etcd"}}},
                   {"etcd",
                    {{"endpoints", Json::array({options.etcd})},
                     {"rootPath", root},
                     {"metaSubPath", "meta"},
                     {"kvSubPath", "kv"}}}});
}

}  // namespace

std::string_view KindOf(OperatorTask task) {
  switch (task) {
    case OperatorTask::kBackupMeta:
      return "backup-meta";
    case OperatorTask::kUpdateMeta:
      return "update-meta";
    case OperatorTask::kRollbackMeta:
      return "rollback-meta";
  }
  return "";
}

std::string TaskName(const OperatorUpgradeOptions& options, OperatorTask task) {
  return options.name + "-" + std::string(KindOf(task));
}

std::string TaskSelector(const OperatorUpgradeOptions& options, OperatorTask task) {
  return std::string(kUpgradeLabel) + "=" + options.name + "," + kTaskLabel + "=" +
         std::string(KindOf(task));
}

std::string OperatorClaim(const OperatorUpgradeOptions& options) {
  return Dump({{"apiVersion", "v1"},
               {"kind", "PersistentVolumeClaim"},
               {"metadata", Metadata(options, options.name)},
               {"spec",
                {{"accessModes", {"ReadWriteOnce"}},
                 {"resources", {{"requests", {{"storage", "10Gi"}}}}}}}});
}

std::string OperatorConfig(const OperatorUpgradeOptions& options, OperatorTask task) {
  return Dump({{"apiVersion", "v1"},
               {"kind", "ConfigMap"},
               {"metadata", TaskMetadata(options, task)},
               {"data", {{kConfigFile, ToolConfigOf(options, task)}}}});
}

std::string OperatorPod(const OperatorUpgradeOptions& options,
                        OperatorTask task,
                        const std::string& claim) {
  Json metadata = TaskMetadata(options, task);
  metadata["labels"]["app.kubernetes.io/managed-by"] = "milvus-operator";
  const std::string path = std::string("/milvus/configs/") + kConfigFile;
  const Json container = {{"name", KindOf(task)},
                          {"image", options.tool_image},
                          {"command", {"/milvus/bin/meta-migration"}},
                          {"args", {"-config", path}},
                          {"volumeMounts",
                           {{{"name", "backup"}, {"mountPath", "/milvus/data"}},
                            {{"name", "config"}, {"mountPath", path}, {"subPath", kConfigFile}}}}};
  return Dump({{"apiVersion", "v1"},
               {"kind", "Pod"},
               {"metadata", metadata},
               {"spec",
                {{"restartPolicy", "Never"},
                 {"containers", Json::array({container})},
                 {"volumes",
                  {{{"name", "backup"}, {"persistentVolumeClaim", {{"claimName", claim}}}},
                   {{"name", "config"}, {"configMap", {{"name", TaskName(options, task)}}}}}}}}});
}

std::string OperatorPatch(const std::string& container,
                          const std::string& image,
                          std::int64_t replicas) {
  return Dump(
      {{"spec",
        {{"replicas", replicas},
         {"template", {{"spec", {{"containers", {{{"name", container}, {"image", image}}}}}}}}}}});
}

}  // namespace rehearse::upgrade
