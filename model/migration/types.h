// model/migration/types.h: nouns of the metadata migration tool: its images and its configuration.
//
// Shape:  ToolConfig is what the tool reads from the one YAML file it is given.
// Errors: ParseToolConfig fails with the tool's own text; kFailed is a panic (exit 2) and
//         kInvalidArgument a file that is no YAML mapping.
// Source: Law::kToolConfigKeys, Law::kToolEndpointsPanic.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/hash.h"
#include "model/core/result.h"

namespace rehearse::migration {

enum class ToolImage { kV220, kV220Bugfix };
std::string_view TagOf(ToolImage image);  // v2.2.0, v2.2.0-bugfix-20230112
// From an image reference, a tag or a version (with or without the leading v).
Result<ToolImage> ToolImageOf(std::string_view image_reference);

struct ToolConfig {
  std::string command;  // run, backup, rollback; anything else makes the tool exit 1
  bool run_with_backup = false;
  std::string source_version;  // texts: the tool parses them late
  std::string target_version;
  std::string backup_file_path;
  std::string metastore_type = "etcd";
  std::vector<std::string> endpoints;
  std::string root_path = "by-dev";
  std::string meta_sub_path = "meta";

  [[nodiscard]] std::string MetaRootPath() const;
  friend bool operator==(const ToolConfig&, const ToolConfig&) = default;
};
Fingerprint DigestOf(const ToolConfig& config);

Result<ToolConfig> ParseToolConfig(std::string_view yaml, std::string_view where);

// Exit codes of the tool. Law::kToolExitCodes.
inline constexpr int kToolOk = 0;
inline constexpr int kToolFailed = 1;
inline constexpr int kToolFailedAfterBackup = 2;
inline constexpr int kToolPanicked = 2;

}  // namespace rehearse::migration
