// upgrade/typed.h: the commands of the metadata hop as a person would type them.
//
// Shape:  one string a command, quoted for a POSIX shell; manifests as here-documents: those of
//         the executor's own objects, under the names of its next attempt.
// Source: milvus-io/milvus@a7518eb:deployments/migrate-meta/migrate.sh;
//         milvus-io/milvus@87d8380:cmd/tools/migration/example.yaml.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/result/plan.h"
#include "upgrade/survey.h"

namespace rehearse::upgrade {

// Stop, wait, back up, copy the backup away, migrate, start.
std::vector<std::string> TypedMigration(const Survey& survey, const result::MetadataHop& hop);

// The image of one Deployment after another.
std::vector<std::string> TypedRolling(const Survey& survey, const result::RollingHop& hop);

// From the backup that migrate.sh has left, when etcd has lost its metadata.
std::vector<std::string> TypedRescue(const Survey& survey, std::string_view tool_image);

// One command line without a shell's help.
std::string Typed(const std::vector<std::string>& argv);

}  // namespace rehearse::upgrade
