// upgrade/written_path.h: a path as somebody writes it by hand: a YAML file with a list of hops.
//
// Shape:  see docs/paths.md. The file says what would be typed, not what comes of it; what a hop
//         leaves out is taken as helm, or the planner's own procedure, takes it.
// Errors: kInvalidArgument with file, place and what was expected: unknown keys, missing ones,
//         values of another form. Whether the hops are wise is not looked at here.
// Source: fixtures/paths/*.yaml are such files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/version.h"
#include "model/helm/values.h"
#include "upgrade/candidate.h"

namespace rehearse::upgrade {

struct WrittenHop {
  std::string place;  // "path.yaml: hops[2]"
  std::string procedure;
  Means means = Means::kHelmUpgrade;
  std::optional<Version> chart;
  std::optional<Version> app;
  std::string repository = "zilliztech";
  helm::ValuesMode values = helm::ValuesMode::kResetThenReuse;
  std::vector<std::string> sets;
  std::string tool;  // image of the migration tool; "": the planner's choice
  std::optional<Version> source;
  std::optional<Version> target;
  bool removes_backup = false;
};

// Where the path begins, as far as the file says it.
struct WrittenStart {
  std::optional<Version> chart;
  std::optional<Version> app;
  std::string topology;
  std::string message_queue;
};

struct WrittenPath {
  std::string file;
  WrittenStart from;
  std::vector<WrittenHop> hops;
};

Result<WrittenPath> ParseWrittenPath(std::string_view text, const std::string& file);

}  // namespace rehearse::upgrade
