// model/result/matrix.h: what a table of upgrades came to: every pair of charts, topology and
// procedure, planned and run.
//
// Units:  milliseconds; wall_ms is of the machine and no part of the JSON, which is the same bytes
//         on every run.
// Shape:  one cell for each combination that was asked for, also where it was not run.
//         schemas/matrix.schema.json describes ToJson.
#pragma once

#include <string>
#include <vector>

#include "model/core/json.h"
#include "model/result/run.h"

namespace rehearse::result {

enum class CellResult {
  kOk,        // the target is reached and every property holds
  kRefused,   // our planner knows no allowed path, or the procedure does not begin
  kStopped,   // it ended before the target, and every property holds
  kViolated,  // a property does not hold
  kUnknown,   // the start did not come up: nothing can be said
  kNotRun,    // the budget was spent
};
std::string_view NameOf(CellResult result);  // ok, refused, stopped, violated, unknown, not run

// One version as the matrix names it: a chart, and the Milvus that it brings.
struct MatrixPoint {
  std::string chart;
  std::string app;
};

struct MatrixCell {
  MatrixPoint from;
  MatrixPoint to;
  std::string topology;
  std::string procedure;
  CellResult result = CellResult::kNotRun;
  std::string rule;                    // refused by our planner: which rule
  std::string account;                 // last words of the procedure, one line
  std::vector<RunViolation> violated;  // one for each property
  std::string replay;                  // the line that gives it again
  std::string saved;                   // scenario file; "" none
  std::vector<std::string> steps;      // numbered English steps; only where asked for
  std::vector<std::string> changes;
  Millis simulated_ms = 0;
};

struct MatrixResult {
  std::vector<MatrixCell> cells;  // by from, to, topology, procedure
  std::string kubernetes;
  std::size_t charts_left_out = 0;  // published, but what they render is not known
  std::string stopped;              // why not everything was run; "" everything was
  Millis wall_ms = 0;
};

// The verdict on our own plan: what an official procedure violates is a finding, not a failure.
Verdict VerdictOf(const MatrixResult& matrix);
// "12 ok, 3 refused, 0 stopped, 9 violated": of this procedure, of all where it is ""; unknown and
// not run are named where there are any.
std::string CountsOf(const MatrixResult& matrix, std::string_view procedure);

Json ToJson(const MatrixResult& matrix);

inline constexpr std::string_view kOurPlan = "plan";

}  // namespace rehearse::result
