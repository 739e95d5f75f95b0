#include "upgrade/typed.h"

#include "model/cluster/command_line.h"

namespace rehearse::upgrade {
namespace {

using Commands = std::vector<std::string>;

constexpr const char* kBackupPath = "/milvus/data/migration.bak";
constexpr const char* kCopy = "migration.bak";
constexpr const char* kPodTimeout = "--timeout=15m";

std::string Name(const Survey& survey, std::string_view what) {
  return "rehearse-meta-" + std::string(what) + "-" + survey.release;
}

std::vector<kube::Ref> Deployments(const Survey& survey) {
  std::vector<kube::Ref> refs;
  for (const result::MilvusDeployment& deployment : survey.deployments) {
    refs.push_back({"Deployment", survey.ns, deployment.name});
  }
  return refs;
}

std::string Apply(const Survey& survey, const std::vector<Json>& documents) {
  std::string manifest;
  for (const Json& document : documents) {
    manifest += (manifest.empty() ? "" : "---\n") + DumpYaml(document);
  }
  return cluster::Shell(cluster::CommandOf(cluster::Apply{survey.ns, manifest}));
}

std::string ToolConfig(std::string_view command, const result::MetadataHop& hop) {
  return DumpYaml({{"cmd", {{"type", command}}},
                   {"config",
                    {{"sourceVersion", hop.source_version},
                     {"targetVersion", hop.target_version},
                     {"backupFilePath", kBackupPath}}},
                   {"metastore", {{"type", "etcd"}}},
                   {"etcd",
                    {{"endpoints", Json::array({hop.etcd_endpoint})},
                     {"rootPath", hop.root_path},
                     {"metaSubPath", "meta"},
                     {"kvSubPath", "kv"}}}});
}

Json Claim(const Survey& survey, const result::MetadataHop& hop) {
  return {{"apiVersion", "v1"},
          {"kind", "PersistentVolumeClaim"},
          {"metadata", {{"name", Name(survey, "backup")}}},
          {"spec",
           {{"accessModes", Json::array({"ReadWriteOnce"})},
            {"storageClassName", hop.storage_class},
            {"resources", {{"requests", {{"storage", "10Gi"}}}}}}}};
}

Json Config(const Survey& survey, const result::MetadataHop& hop) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", Name(survey, "config")}}},
          {"data",
           {{"backup.yaml", ToolConfig("backup", hop)},
            {"migration.yaml", ToolConfig("run", hop)},
            {"rollback.yaml", ToolConfig("rollback", hop)}}}};
}

struct PodText {
  std::string name;
  std::string image;
  std::string command;
  std::string claim;
  std::string config_map;
};

Json Pod(const PodText& text) {
  return {
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata", {{"name", text.name}}},
      {"spec",
       {{"restartPolicy", "Never"},
        {"containers",
         Json::array(
             {{{"name", "meta-migration"},
               {"image", text.image},
               {"command", Json::array({"/bin/sh"})},
               {"args", Json::array({"-c", text.command})},
               {"volumeMounts",
                Json::array({{{"name", "backup"}, {"mountPath", "/milvus/data"}},
                             {{"name", "config"}, {"mountPath", "/milvus/configs/meta"}}})}}})},
        {"volumes",
         Json::array({{{"name", "backup"}, {"persistentVolumeClaim", {{"claimName", text.claim}}}},
                      {{"name", "config"}, {"configMap", {{"name", text.config_map}}}}})}}}};
}

std::string ToolCommand(std::string_view file) {
  return "/milvus/bin/meta-migration -config=/milvus/configs/meta/" + std::string(file);
}

PodText PodOf(const Survey& survey, std::string_view what, const result::MetadataHop& hop) {
  return {.name = Name(survey, what),
          .image = hop.tool_image,
          .command = {},
          .claim = Name(survey, "backup"),
          .config_map = Name(survey, "config")};
}

std::string WaitFor(const Survey& survey, const std::string& pod, std::string_view condition) {
  return Typed({"kubectl",
                "wait",
                "pod/" + pod,
                "-n",
                survey.ns,
                "--for=" + std::string(condition),
                kPodTimeout});
}

constexpr std::string_view kSucceeded = "jsonpath={.status.phase}=Succeeded";

void Stop(const Survey& survey, Commands& commands) {
  commands.push_back(cluster::Shell(cluster::CommandOf(cluster::Scale{Deployments(survey), 0})));
  commands.push_back(Typed({"kubectl",
                            "wait",
                            "pod",
                            "-n",
                            survey.ns,
                            "-l",
                            survey.selector,
                            "--for=delete",
                            "--timeout=5m"}));
}

// To be repeated until session/id alone is left.
std::string LookForSessions(const Survey& survey) {
  const std::string prefix = survey.root_path + "/meta/session/";
  if (survey.etcd_pod.empty()) {
    return Typed({"etcdctl",
                  "--endpoints=" + survey.etcd_endpoint,
                  "get",
                  "--prefix",
                  prefix,
                  "--keys-only"});
  }
  return Typed({"kubectl",
                "exec",
                survey.etcd_pod,
                "-n",
                survey.ns,
                "--",
                "etcdctl",
                "get",
                "--prefix",
                prefix,
                "--keys-only"});
}

// A finished pod cannot be read: another one holds the volume open meanwhile.
void CopyBackup(const Survey& survey, PodText reader, Commands& commands) {
  reader.command = "sleep 3600";
  commands.push_back(Apply(survey, {Pod(reader)}));
  commands.push_back(WaitFor(survey, reader.name, "condition=Ready"));
  commands.push_back(
      Typed({"kubectl", "exec", reader.name, "-n", survey.ns, "--", "cat", kBackupPath}) + " > " +
      kCopy);
  commands.push_back(Typed({"kubectl", "delete", "pod", reader.name, "-n", survey.ns}));
}

void RunTool(const Survey& survey, PodText pod, std::string_view file, Commands& commands) {
  pod.command = ToolCommand(file);
  commands.push_back(Apply(survey, {Pod(pod)}));
  commands.push_back(WaitFor(survey, pod.name, kSucceeded));
}

void Start(const Survey& survey, Commands& commands) {
  for (const result::MilvusDeployment& deployment : survey.deployments) {
    commands.push_back(cluster::Shell(cluster::CommandOf(
        cluster::Scale{{{"Deployment", survey.ns, deployment.name}}, deployment.replicas})));
  }
  for (const result::MilvusDeployment& deployment : survey.deployments) {
    commands.push_back(Typed({"kubectl",
                              "rollout",
                              "status",
                              "deployment/" + deployment.name,
                              "-n",
                              survey.ns,
                              kPodTimeout}));
  }
}

void SetImage(const Survey& survey, const std::string& image, Commands& commands) {
  for (const result::MilvusDeployment& deployment : survey.deployments) {
    commands.push_back(Typed({"kubectl",
                              "set",
                              "image",
                              "deployment/" + deployment.name,
                              "-n",
                              survey.ns,
                              deployment.container + "=" + image}));
  }
}

}  // namespace

std::string Typed(const std::vector<std::string>& argv) {
  return cluster::Shell(cluster::Command{argv, ""});
}

std::vector<std::string> TypedMigration(const Survey& survey, const result::MetadataHop& hop) {
  Commands commands;
  Stop(survey, commands);
  commands.push_back(LookForSessions(survey));
  commands.push_back(Apply(survey, {Claim(survey, hop), Config(survey, hop)}));
  RunTool(survey, PodOf(survey, "backup", hop), "backup.yaml", commands);
  CopyBackup(survey, PodOf(survey, "reader", hop), commands);
  RunTool(survey, PodOf(survey, "migrate", hop), "migration.yaml", commands);
  SetImage(survey, hop.new_image, commands);
  Start(survey, commands);
  return commands;
}

std::vector<std::string> TypedRescue(const Survey& survey, std::string_view tool_image) {
  Commands commands;
  if (survey.backup_claim.empty()) {
    return commands;
  }
  const std::string config = "milvus-meta-migration-config-" + survey.release;
  const PodText reader{.name = Name(survey, "reader"),
                       .image = std::string(tool_image),
                       .command = {},
                       .claim = survey.backup_claim,
                       .config_map = config};
  PodText restore = reader;
  restore.name = Name(survey, "restore");
  if (!survey.stopped) {
    Stop(survey, commands);
  }
  commands.push_back(LookForSessions(survey));
  CopyBackup(survey, reader, commands);
  RunTool(survey, restore, "rollback.yaml", commands);
  Start(survey, commands);
  return commands;
}

}  // namespace rehearse::upgrade
