#include "upgrade/procedures/migrate_sh_texts.h"

#include <fmt/format.h>

#include <map>

#include "model/core/json.h"
#include "model/core/law.h"
#include "upgrade/procedures/script.h"

namespace rehearse::upgrade {
namespace {

std::string Indent(const std::string& text, std::size_t blanks) {
  std::string indented;
  for (const std::string& line : SplitLines(text)) {
    indented += line.empty() ? "\n" : std::string(blanks, ' ') + line + "\n";
  }
  return indented;
}

std::string ConfigMapHead(const std::string& name) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n";
}

std::string ToolConfig(const MigrateShOptions& options,
                       const std::string& etcd,
                       std::string_view command) {
  return fmt::format(
      "cmd:\n  type: {}\n\n"
      "config:\n  sourceVersion: {}\n  targetVersion: {}\n"
      "  backupFilePath: /milvus/data/migration.bak\n\n"
      "metastore:\n  type: etcd\n\n"
      "etcd:\n  endpoints:\n    - {}\n  rootPath: {}\n  metaSubPath: meta\n  kvSubPath: kv\n",
      command,
      options.source_version,
      options.target_version,
      etcd,
      options.root_path);
}

// Law::kMigrateShOldVersions
std::string_view FlagsOf(MigrateShVersion version) {
  switch (version) {
    case MigrateShVersion::kA:
      return "n:i:s:t:r:w:o:d";
    case MigrateShVersion::kB:
      return "n:i:s:t:r:w:o:d:m:";
    case MigrateShVersion::kC:
      return "n:i:s:t:r:w:o:m:c:e:d:";
  }
  return "";
}

}  // namespace

JobTexts TextsOf(Job job) {
  switch (job) {
    case Job::kBackup:
      return {"milvus-meta-migration-backup-", "backup.yaml", "Meta backup is failed...", 2};
    case Job::kMigrate:
      return {"milvus-meta-migration-", "migration.yaml", "Migration is failed...", 3};
    case Job::kRollback:
      return {"milvus-meta-migration-rollback-", "rollback.yaml", "Rollback is failed...", 5};
  }
  return {};
}

std::string_view ToolImageOf(MigrateShVersion version) {
  switch (version) {
    case MigrateShVersion::kA:
      return "harbor.milvus.io/milvus/meta-migration:20221019-b79687687";
    case MigrateShVersion::kB:
      return "milvusdb/meta-migration:v2.2.0";
    case MigrateShVersion::kC:
      return "milvusdb/meta-migration:v2.2.0-bugfix-20230112";
  }
  return "";
}

std::string ReplicasManifest(const MigrateShOptions& options, const std::string& replicas) {
  return ConfigMapHead("milvus-deploy-replicas-" + options.instance) + "  replicas: \"" + replicas +
         "\"\n";
}

std::string ConfigManifest(const MigrateShOptions& options, const std::string& etcd) {
  std::string text = ConfigMapHead("milvus-meta-migration-config-" + options.instance);
  const auto add = [&](std::string_view file, std::string_view command) {
    text += fmt::format("  {}: |+\n", file) + Indent(ToolConfig(options, etcd, command), 4);
  };
  add("backup.yaml", "backup");
  add("migration.yaml", "run");
  add("rollback.yaml", "rollback");
  return text;
}

std::string ClaimManifest(const MigrateShOptions& options) {
  const bool has_class = options.version == MigrateShVersion::kC;
  return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n"
         "  name: milvus-meta-migration-backup-" +
         options.instance + "\nspec:\n  accessModes:\n  - ReadWriteOnce\n" +
         (has_class ? "  storageClassName: " + options.storage_class + "\n" : "") +
         "  resources:\n    requests:\n      storage: 10Gi\n";
}

std::string JobManifest(const MigrateShOptions& options, Job job) {
  const JobTexts texts = TextsOf(job);
  return fmt::format(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {0}{1}\n"
      "spec:\n  restartPolicy: Never\n"
      "  containers:\n  - name: meta-migration\n    image: {2}\n"
      "    command: [\"/bin/sh\"]\n"
      "    args:\n    - -c\n"
      "    - /milvus/bin/meta-migration -config=/milvus/configs/meta/{3}\n"
      "    volumeMounts:\n"
      "    - name: backup\n      mountPath: /milvus/data\n"
      "    - name: config\n      mountPath: /milvus/configs/meta\n"
      "  volumes:\n"
      "  - name: backup\n    persistentVolumeClaim:\n"
      "      claimName: milvus-meta-migration-backup-{1}\n"
      "  - name: config\n    configMap:\n"
      "      name: milvus-meta-migration-config-{1}\n",
      texts.pod,
      options.instance,
      options.tool_image,
      texts.config);
}

std::string ImagePatch(const std::string& component, const std::string& image) {
  return R"({"spec":{"template": {"spec": {"containers":[{"name": ")" + component +
         R"(", "image": ")" + image + "\"}]}}}}";
}

std::string ImageAndReplicasPatch(const std::string& component,
                                  const std::string& image,
                                  const std::string& count) {
  const std::string yaml = fmt::format(
      "spec:\n  replicas: {}\n  template:\n    spec:\n      containers:\n"
      "      - name: {}\n        image: {}\n",
      count,
      component,
      image);
  const Result<std::vector<Json>> documents = ParseYaml(yaml, "patch");
  return documents && documents->size() == 1 ? Dump(documents->front()) : yaml;
}

MigrateShOptions ParseMigrateSh(MigrateShVersion version,
                                const std::vector<std::string>& arguments) {
  MigrateShOptions options;
  options.version = version;
  const std::map<char, std::string*> texts = {{'n', &options.ns},
                                              {'i', &options.instance},
                                              {'s', &options.source_version},
                                              {'t', &options.target_version},
                                              {'r', &options.root_path},
                                              {'w', &options.image},
                                              {'o', &options.operation},
                                              {'m', &options.tool_image},
                                              {'c', &options.storage_class},
                                              {'e', &options.etcd}};
  for (Option& option : Getopts(FlagsOf(version), arguments)) {
    if (const auto text = texts.find(option.letter); text != texts.end()) {
      *text->second = std::move(option.argument);
    } else if (option.letter == 'd') {
      options.remove_after = true;
    } else {
      ++options.unknown_flags;
    }
  }
  return options;
}

}  // namespace rehearse::upgrade
