#include "upgrade/executor/manifests.h"

#include <algorithm>
#include <charconv>

#include "model/core/json.h"

namespace rehearse::upgrade::executor {
namespace {

constexpr std::string_view kDataPath = "/milvus/data";
constexpr std::string_view kConfigPath = "/milvus/configs/meta";

std::string Prefix(const std::string& release, std::int64_t attempt) {
  return "rehearse-" + release + "-a" + std::to_string(attempt) + "-";
}
std::string Prefix(const Context& context) {
  return Prefix(context.plan.release, AttemptOf(context));
}

std::string_view NameOf(ToolTask task) {
  switch (task) {
    case ToolTask::kBackup:
      return "backup";
    case ToolTask::kMigrate:
      return "migrate";
    case ToolTask::kRestore:
      return "restore";
  }
  return "";
}

std::string_view FileOf(ToolTask task) {
  switch (task) {
    case ToolTask::kBackup:
      return "backup.yaml";
    case ToolTask::kMigrate:
      return "migration.yaml";
    case ToolTask::kRestore:
      return "rollback.yaml";
  }
  return "";
}

Json Metadata(const Context& context, const std::string& name, std::string_view role) {
  return {{"name", name},
          {"labels",
           {{kManagerLabel, kManager},
            {kReleaseLabel, context.plan.release},
            {kAttemptLabel, std::to_string(AttemptOf(context))},
            {kRoleLabel, role}}}};
}

std::string ToolConfigText(const Context& context, std::string_view command, std::int64_t number) {
  const result::MetadataHop& hop = *context.hop.metadata;
  return DumpYaml({{"cmd", {{"type", command}}},
                   {"config",
                    {{"sourceVersion", hop.source_version},
                     {"targetVersion", hop.target_version},
                     {"backupFilePath", BackupPath(number)}}},
                   {"metastore", {{"type", "etcd"}}},
                   {"etcd",
                    {{"endpoints", Json::array({hop.etcd_endpoint})},
                     {"rootPath", hop.root_path},
                     {"metaSubPath", "meta"},
                     {"kvSubPath", "kv"}}}});
}

struct PodParts {
  std::string name;
  std::string_view role;
  std::string script;  // for /bin/sh -c
  std::string config;  // ConfigMap to mount; "" for none
  std::int64_t grace_s = 30;
};

std::string PodText(const Context& context, const PodParts& parts) {
  Json mounts = Json::array({{{"name", "backup"}, {"mountPath", kDataPath}}});
  Json volumes = Json::array(
      {{{"name", "backup"}, {"persistentVolumeClaim", {{"claimName", ClaimName(context)}}}}});
  if (!parts.config.empty()) {
    mounts.push_back({{"name", "config"}, {"mountPath", kConfigPath}});
    volumes.push_back({{"name", "config"}, {"configMap", {{"name", parts.config}}}});
  }
  const Json container = {{"name", "meta-migration"},
                          {"image", context.hop.metadata->tool_image},
                          {"command", Json::array({"/bin/sh"})},
                          {"args", Json::array({"-c", parts.script})},
                          {"volumeMounts", mounts}};
  const Json pod = {{"apiVersion", "v1"},
                    {"kind", "Pod"},
                    {"metadata", Metadata(context, parts.name, parts.role)},
                    {"spec",
                     {{"restartPolicy", "Never"},
                      {"terminationGracePeriodSeconds", parts.grace_s},
                      {"containers", Json::array({container})},
                      {"volumes", volumes}}}};
  return DumpYaml(pod);
}

std::string ToolPodText(const Context& context, ToolTask task, std::int64_t number) {
  PodParts parts;
  parts.name = PodName(context, task, number);
  parts.role = NameOf(task);
  parts.script = "/milvus/bin/meta-migration -config=" + std::string(kConfigPath) + "/" +
                 std::string(FileOf(task));
  parts.config = ConfigName(context, context.Int("try"));
  return PodText(context, parts);
}

// `baseline`: what it is marked with; "" nothing.
std::string ConfigText(const Context& context,
                       std::int64_t backup_try,
                       const std::string& baseline) {
  Json metadata = Metadata(context, ConfigName(context, backup_try), "config");
  if (!baseline.empty()) {
    metadata["annotations"][std::string(kBaselineMark)] = MarkOf(baseline);
  }
  return DumpYaml({{"apiVersion", "v1"},
                   {"kind", "ConfigMap"},
                   {"metadata", metadata},
                   {"data",
                    {{"backup.yaml", ToolConfigText(context, "backup", backup_try)},
                     {"migration.yaml", ToolConfigText(context, "run", backup_try)},
                     {"rollback.yaml", ToolConfigText(context, "rollback", backup_try)}}}});
}

}  // namespace

std::string Context::Key(std::string_view name) const { return hop.id + "/" + std::string(name); }

std::int64_t AttemptOf(const Context& context) { return context.facts.Int("attempt"); }

std::int64_t AttemptOf(const kube::Object& object, std::string_view release) {
  const auto label = [&object](std::string_view key) -> std::string_view {
    const auto at = object.labels.find(std::string(key));
    return at == object.labels.end() ? std::string_view() : std::string_view(at->second);
  };
  if (label(kManagerLabel) != kManager || label(kReleaseLabel) != release) {
    return 0;
  }
  const std::string_view text = label(kAttemptLabel);
  std::int64_t attempt = 0;
  std::from_chars(text.data(), text.data() + text.size(), attempt);
  return attempt;
}

bool IsOfOtherRelease(const kube::Object& object, std::string_view release) {
  const auto label = object.labels.find(std::string(kReleaseLabel));
  return label != object.labels.end() && label->second != release;
}

std::int64_t NextAttempt(const Context& context) {
  std::int64_t highest = 0;
  for (const Slot slot : {Slot::kPods, Slot::kClaims, Slot::kConfigMaps}) {
    for (const auto& object : context.At(slot).objects) {
      highest = std::max(highest, AttemptOf(*object, context.plan.release));
    }
  }
  return highest + 1;
}

std::string ClaimName(const Context& context) {
  return ClaimName(context.plan.release, AttemptOf(context));
}
std::string ClaimName(const std::string& release, std::int64_t attempt) {
  return Prefix(release, attempt) + "backup";
}

std::string ConfigName(const Context& context, std::int64_t backup_try) {
  return Prefix(context) + "config-" + std::to_string(backup_try);
}

std::string PodName(const Context& context, ToolTask task, std::int64_t number) {
  return Prefix(context) + std::string(NameOf(task)) + "-" + std::to_string(number);
}

std::string ReaderName(const Context& context, std::int64_t number) {
  return Prefix(context) + "reader-" + std::to_string(number);
}

std::string BackupPath(std::int64_t backup_try) {
  return std::string(kDataPath) + "/migration-" + std::to_string(backup_try) + ".bak";
}

std::string MarkOf(const std::string& digest) { return "digest-" + digest; }

cluster::Action MakeClaim(const Context& context) {
  Json spec = {{"accessModes", Json::array({"ReadWriteOnce"})},
               {"resources", {{"requests", {{"storage", "10Gi"}}}}}};
  if (!context.hop.metadata->storage_class.empty()) {
    spec["storageClassName"] = context.hop.metadata->storage_class;
  }
  const Json claim = {{"apiVersion", "v1"},
                      {"kind", "PersistentVolumeClaim"},
                      {"metadata", Metadata(context, ClaimName(context), "backup")},
                      {"spec", spec}};
  return cluster::Apply{context.plan.ns, DumpYaml(claim)};
}

cluster::Action MakeConfig(const Context& context, std::int64_t backup_try) {
  return cluster::Apply{context.plan.ns, ConfigText(context, backup_try, "")};
}

cluster::Action MakeToolPod(const Context& context, ToolTask task, std::int64_t number) {
  return cluster::Apply{context.plan.ns, ToolPodText(context, task, number)};
}

cluster::Action MakeMigration(const Context& context, std::int64_t number) {
  return cluster::Apply{context.plan.ns,
                        ConfigText(context, context.Int("try"), context.Get("baseline")) + "---\n" +
                            ToolPodText(context, ToolTask::kMigrate, number)};
}

cluster::Action MakeReader(const Context& context, std::int64_t number) {
  PodParts parts;
  parts.name = ReaderName(context, number);
  parts.role = kReaderRole;
  parts.script = "sleep 86400";
  parts.grace_s = 1;  // sleep as first process does not hear SIGTERM
  return cluster::Apply{context.plan.ns, PodText(context, parts)};
}

}  // namespace rehearse::upgrade::executor
