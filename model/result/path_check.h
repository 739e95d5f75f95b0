// model/result/path_check.h: what a path that somebody wrote by hand is worth, hop by hop.
//
// Units:  costs as in plan.h.
// Shape:  a hop is refused as soon as one rule speaks; without one it is unknown where a fact is
//         missing on which rules or the rendering hang, and accepted otherwise. Hops behind a
//         refused one are judged as if it had been carried out. schemas/path-check.schema.json
//         describes ToJson.
// Errors: none; a path that cannot be read is an error before this.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/result/plan.h"

namespace rehearse::result {

enum class HopVerdict { kAccepted, kRefused, kUnknown };

struct PredictedWorkload {
  std::string name;  // Kind/name
  std::vector<std::string> images;
};

// What is there after the hop, from the catalog of charts alone.
struct Prediction {
  std::vector<PredictedWorkload> workloads;
  std::vector<std::string>
      message_queues;  // every messageQueue line of the configuration, in order
};

struct CheckedHop {
  std::string id;  // "1", "2", ...
  std::string procedure;
  std::string from_chart;
  std::string to_chart;
  std::string from_app;
  std::string to_app;
  HopVerdict verdict = HopVerdict::kAccepted;
  std::vector<Refused> refused;
  std::string unknown;                   // what is not known; "" unless the verdict is unknown
  std::string evidence;                  // what of the hop was measured
  std::optional<Prediction> prediction;  // of helm hops whose chart renders
  PlanCost cost;
};

struct PathCheck {
  std::string release;
  std::string ns;
  std::string path;                // the file, as named
  std::vector<Refused> situation;  // what forbids every step from here
  std::vector<CheckedHop> hops;
  PlanCost cost;
  std::optional<PlanCost> own_cost;    // of the planner's path to where this one ends
  std::vector<std::string> own_stops;  // of that path: "chart 4.0.34 with Milvus 2.2.16"
  std::string own_refusal;             // why the planner has no path there; "" if it has one
  std::vector<std::string> assumptions;
};

std::string_view NameOf(HopVerdict verdict);
// Refused before unknown before accepted.
HopVerdict VerdictOf(const PathCheck& check);
// 0, 2 or 3.
int ExitCodeOf(HopVerdict verdict);

Json ToJson(const PathCheck& check);

}  // namespace rehearse::result
