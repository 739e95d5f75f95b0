// model/migration/runner.h: the tool run to its end on keys in memory, with nothing else going on.
//
// Shape:  etcd as a map, leases as a flag: the tool's own session ends when it revokes it.
// Errors: none; a tool that fails is an outcome.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/core/law.h"
#include "model/etcd/types.h"
#include "model/migration/types.h"

namespace rehearse::migration {

using Files = std::map<std::string, std::string>;

struct ToolRunOptions {
  std::optional<std::int64_t> kill_after_puts;  // of Save or Restore
  std::string start_time = "2023-01-01 00:00:00 +0000 UTC m=+0.000000001";
};

struct ToolRun {
  etcd::Keys keys;
  Files files;
  std::vector<std::string> lines;
  int exit_code = 0;
  bool panicked = false;
  bool killed = false;
  std::int64_t puts = 0;  // of Save or Restore
  LawSet laws;
};

struct ToolJob {
  ToolImage image = ToolImage::kV220;
  ToolConfig config;
  etcd::Keys keys;
  Files files;
};

ToolRun RunTool(ToolJob job, const ToolRunOptions& options = {});

}  // namespace rehearse::migration
