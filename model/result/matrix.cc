#include "model/result/matrix.h"

#include <algorithm>
#include <array>

namespace rehearse::result {
namespace {

constexpr std::array kResults = {CellResult::kOk,
                                 CellResult::kRefused,
                                 CellResult::kStopped,
                                 CellResult::kViolated,
                                 CellResult::kUnknown,
                                 CellResult::kNotRun};

bool IsAlwaysCounted(CellResult result) {
  return result != CellResult::kUnknown && result != CellResult::kNotRun;
}

Json ToJson(const MatrixPoint& point) { return {{"chart", point.chart}, {"app", point.app}}; }

Json ToJson(const MatrixCell& cell) {
  Json violated = Json::array();
  for (const RunViolation& violation : cell.violated) {
    violated.push_back({{"property", violation.property},
                        {"at_ms", violation.at_ms},
                        {"evidence", violation.evidence}});
  }
  Json json = {{"from", ToJson(cell.from)},
               {"to", ToJson(cell.to)},
               {"topology", cell.topology},
               {"procedure", cell.procedure},
               {"result", NameOf(cell.result)},
               {"account", cell.account},
               {"violated", violated},
               {"replay", cell.replay},
               {"simulated_ms", cell.simulated_ms}};
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) {
      json[key] = text;
    }
  };
  add("rule", cell.rule);
  add("saved", cell.saved);
  if (!cell.steps.empty()) {
    json["steps"] = cell.steps;
    json["changes"] = cell.changes;
  }
  return json;
}

}  // namespace

std::string_view NameOf(CellResult result) {
  switch (result) {
    case CellResult::kOk:
      return "ok";
    case CellResult::kRefused:
      return "refused";
    case CellResult::kStopped:
      return "stopped";
    case CellResult::kViolated:
      return "violated";
    case CellResult::kUnknown:
      return "unknown";
    case CellResult::kNotRun:
      return "not run";
  }
  return "";
}

Verdict VerdictOf(const MatrixResult& matrix) {
  bool known = matrix.stopped.empty();
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.procedure == kOurPlan && cell.result == CellResult::kViolated) {
      return Verdict::kViolated;
    }
    known = known && IsAlwaysCounted(cell.result);
  }
  return known ? Verdict::kHolds : Verdict::kUnknown;
}

std::string CountsOf(const MatrixResult& matrix, std::string_view procedure) {
  std::string text;
  for (const CellResult result : kResults) {
    const auto count = std::ranges::count_if(matrix.cells, [&](const MatrixCell& cell) {
      return cell.result == result && (procedure.empty() || cell.procedure == procedure);
    });
    if (count != 0 || IsAlwaysCounted(result)) {
      text +=
          (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(NameOf(result));
    }
  }
  return text;
}

Json ToJson(const MatrixResult& matrix) {
  Json cells = Json::array();
  for (const MatrixCell& cell : matrix.cells) {
    cells.push_back(ToJson(cell));
  }
  return {{"schema", "rehearse/matrix/v1"},
          {"kubernetes", matrix.kubernetes},
          {"charts_left_out", matrix.charts_left_out},
          {"stopped", matrix.stopped},
          {"cells", cells}};
}

}  // namespace rehearse::result
