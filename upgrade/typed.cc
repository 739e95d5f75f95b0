#include "upgrade/typed.h"

#include "model/cluster/command_line.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/rolling_patch.h"

namespace rehearse::upgrade {
namespace {

using Commands = std::vector<std::string>;

constexpr const char* kBackupPath = "/milvus/data/migration.bak";  // of migrate.sh
constexpr const char* kCopy = "migration.bak";
constexpr const char* kPodTimeout = "--timeout=15m";

// The executor's own objects: what it would make in its next attempt, told before it is made.
class Helpers {
 public:
  Helpers(const Survey& survey, const result::MetadataHop& hop) {
    plan_.release = survey.release;
    plan_.ns = survey.ns;
    hop_.metadata = hop;
    std::int64_t attempt = 1;
    survey.situation->objects.ForEach([&](const std::string&, const auto& object) {
      attempt = std::max(attempt, executor::AttemptOf(*object, survey.release) + 1);
    });
    facts_ = facts_.With({{"attempt", std::to_string(attempt)}, {Context().Key("try"), "1"}});
  }

  [[nodiscard]] executor::Context Context() const {
    return executor::Context{plan_, hop_, facts_, options_, seen_, hop_.metadata->root_path};
  }

 private:
  result::Plan plan_;
  result::Hop hop_;
  executor::Facts facts_;
  ExecutorOptions options_;
  executor::Seen seen_;
};

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
struct Reader {
  std::string name;
  std::string path;  // of the backup, in the pod
  std::string apply;
};
void CopyBackup(const Survey& survey, const Reader& reader, Commands& commands) {
  commands.push_back(reader.apply);
  commands.push_back(WaitFor(survey, reader.name, "condition=Ready"));
  commands.push_back(
      Typed({"kubectl", "exec", reader.name, "-n", survey.ns, "--", "cat", reader.path}) + " > " +
      kCopy);
  commands.push_back(Typed({"kubectl", "delete", "pod", reader.name, "-n", survey.ns}));
}

void RunTool(const Survey& survey,
             const executor::Context& context,
             executor::ToolTask task,
             Commands& commands) {
  commands.push_back(cluster::Shell(cluster::CommandOf(MakeToolPod(context, task, 1))));
  commands.push_back(WaitFor(survey, PodName(context, task, 1), kSucceeded));
}

std::string Rollout(const Survey& survey, const std::string& deployment) {
  return Typed(
      {"kubectl", "rollout", "status", "deployment/" + deployment, "-n", survey.ns, kPodTimeout});
}

void Start(const Survey& survey, Commands& commands) {
  for (const result::MilvusDeployment& deployment : survey.deployments) {
    commands.push_back(cluster::Shell(cluster::CommandOf(
        cluster::Scale{{{"Deployment", survey.ns, deployment.name}}, deployment.replicas})));
  }
  for (const result::MilvusDeployment& deployment : survey.deployments) {
    commands.push_back(Rollout(survey, deployment.name));
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
  const Helpers helpers(survey, hop);
  const executor::Context context = helpers.Context();
  const auto shell = [](const cluster::Action& action) {
    return cluster::Shell(cluster::CommandOf(action));
  };
  Commands commands;
  Stop(survey, commands);
  commands.push_back(LookForSessions(survey));
  commands.push_back(shell(MakeClaim(context)));
  commands.push_back(shell(MakeConfig(context, 1)));
  RunTool(survey, context, executor::ToolTask::kBackup, commands);
  CopyBackup(survey,
             {ReaderName(context, 1), executor::BackupPath(1), shell(MakeReader(context, 1))},
             commands);
  RunTool(survey, context, executor::ToolTask::kMigrate, commands);
  SetImage(survey, hop.new_image, commands);
  Start(survey, commands);
  return commands;
}

std::vector<std::string> TypedRolling(const Survey& survey, const result::RollingHop& hop) {
  Commands commands;
  for (const result::MilvusDeployment& deployment : hop.deployments) {
    const kube::Ref ref{"Deployment", survey.ns, deployment.name};
    commands.push_back(cluster::Shell(
        cluster::CommandOf(cluster::Patch{ref, Dump(RollingPatch(deployment, hop.new_image))})));
    commands.push_back(Rollout(survey, deployment.name));
  }
  return commands;
}

std::vector<std::string> TypedRescue(const Survey& survey, std::string_view tool_image) {
  Commands commands;
  if (survey.backup_claim.empty()) {
    return commands;
  }
  const std::string config = "milvus-meta-migration-config-" + survey.release;
  const PodText reader{.name = "rehearse-" + survey.release + "-rescue-reader",
                       .image = std::string(tool_image),
                       .command = "sleep 86400",
                       .claim = survey.backup_claim,
                       .config_map = config};
  PodText restore = reader;
  restore.name = "rehearse-" + survey.release + "-rescue-restore";
  restore.command = ToolCommand("rollback.yaml");
  if (!survey.stopped) {
    Stop(survey, commands);
  }
  commands.push_back(LookForSessions(survey));
  CopyBackup(survey, {reader.name, kBackupPath, Apply(survey, {Pod(reader)})}, commands);
  commands.push_back(Apply(survey, {Pod(restore)}));
  commands.push_back(WaitFor(survey, restore.name, kSucceeded));
  Start(survey, commands);
  return commands;
}

}  // namespace rehearse::upgrade
