// model/result/run.h: what a rehearsed run came to: the plan, each step with its time, the cluster
// before and after, every difference, and the verdict.
//
// Units:  at_ms and downtime_ms in milliseconds of the run's own time.
// Shape:  schemas/run.schema.json describes ToJson; trace lines are schemas/trace.schema.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/core/instant.h"
#include "model/core/json.h"
#include "model/core/law.h"
#include "model/result/plan.h"

namespace rehearse::result {

enum class Verdict { kHolds, kViolated, kUnknown, kRefused };
std::string_view NameOf(Verdict verdict);
int ExitCodeOf(Verdict verdict);

struct ReleaseSummary {
  std::string name;
  std::string ns;
  std::int64_t revision = 0;
  std::string status;
  std::string chart;
  std::string app_version;
};
struct WorkloadSummary {
  std::string kind;
  std::string name;
  std::vector<std::string> images;
  std::int64_t replicas = 0;
  std::int64_t ready = 0;
};
struct PodSummary {
  std::string name;
  std::string phase;
  bool ready = false;
  std::vector<std::string> images;
  std::string reason;
};
struct ClusterSummary {
  ReleaseSummary release;
  std::vector<WorkloadSummary> workloads;
  std::vector<PodSummary> pods;
  std::string server_version;  // of the Milvus that runs; "" none
  Json metadata;               // what a client of that server sees
  std::string metadata_text;
};

struct Difference {
  std::string path;
  std::string before;
  std::string after;
  std::optional<Law> law;  // set: lawful
};

struct RunStep {
  Millis at_ms = 0;
  std::string hop;
  std::string text;
};

struct RunViolation {
  std::string property;
  Millis at_ms = 0;
  std::string evidence;
};

struct RunResult {
  Plan plan;
  Verdict verdict = Verdict::kUnknown;
  std::string summary;
  std::string account;  // the executor's own last words
  std::vector<RunViolation> violations;
  LawSet laws;
  ClusterSummary before;
  ClusterSummary after;
  std::vector<Difference> differences;
  Millis downtime_ms = 0;
  Millis simulated_ms = 0;
  std::vector<RunStep> steps;
};

// "12 laws: 7 measured, 4 read, 1 assumed"
std::string CountsOf(const LawSet& laws);

Json ToJson(const RunResult& run);

}  // namespace rehearse::result
