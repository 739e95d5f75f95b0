// upgrade/procedures/migrate_sh_texts.h: what migrate.sh pipes and passes to kubectl.
//
// Shape:   manifests are YAML that parses to what the script pipes; indentation is our own.
// Source:  fixtures/traces/01-seed-2.1.4-to-2.5.12.kubectl.log; SCRIPT-05 for versions A and B.
#pragma once

#include <string>
#include <string_view>

#include "upgrade/procedures/migrate_sh.h"

namespace rehearse::upgrade {

enum class Job { kBackup, kMigrate, kRollback };

struct JobTexts {
  std::string_view pod;     // name without the instance
  std::string_view config;  // file of the tool's configuration
  std::string_view failed;
  int exit_code;
};

JobTexts TextsOf(Job job);

// The tool image that a version uses when none is given.
std::string_view ToolImageOf(MigrateShVersion version);

// "replicas" of one ConfigMap: "deployment:count deployment:count".
std::string ReplicasManifest(const MigrateShOptions& options, const std::string& replicas);
std::string ClaimManifest(const MigrateShOptions& options);
std::string ConfigManifest(const MigrateShOptions& options, const std::string& etcd);
std::string JobManifest(const MigrateShOptions& options, Job job);

// What version C passes to -p.
std::string ImagePatch(const std::string& component, const std::string& image);
// What A and B pipe in YAML, as JSON.
std::string ImageAndReplicasPatch(const std::string& component,
                                  const std::string& image,
                                  const std::string& count);

}  // namespace rehearse::upgrade
