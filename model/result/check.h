// model/result/check.h: what a batch of scenarios came to: what reports render, merge joins and
// schemas/check.schema.json describes.
//
// Units:  milliseconds; wall_ms is of the machine and no part of the JSON, which is the same bytes
//         on every run.
// Shape:  one ScenarioResult for each file that was named, also where it was not run: nothing is
//         left out silently.
// Errors: CheckFromJson: kInvalidArgument with the place.
#pragma once

#include <string>
#include <vector>

#include "model/core/json.h"
#include "model/result/run.h"

namespace rehearse::result {

struct PropertyResult {
  std::string name;
  bool violated = false;
  bool expected = false;  // to be violated
  Millis at_ms = 0;       // of the simulated run
  std::string evidence;
  [[nodiscard]] bool Good() const { return violated == expected; }
};

// A violation that a search found, with the file that gives it again.
struct FoundStory {
  std::string property;
  std::string where;  // what the fault fell on; "" no fault
  std::string evidence;
  std::size_t length = 0;            // steps and faults
  std::int64_t states_before = 0;    // searched until then
  std::int64_t more = 0;             // further ends that show the same and are not told
  std::vector<std::string> lines;    // numbered English steps
  std::vector<std::string> changes;  // of the cluster, from its start
  std::string scenario;              // text of the scenario file
  std::string saved;                 // where it was written; "" nowhere
};

struct SearchNumbers {
  bool searched = false;
  bool complete = false;
  std::size_t length_max = 0;
  std::size_t faults_max = 0;
  std::size_t covered = 0;  // every story of up to this many acts and faults
  std::int64_t stands = 0;
  std::int64_t placements = 0;
  std::int64_t merged = 0;
  std::int64_t states = 0;
  std::string stopped_by;  // "time budget", "memory budget"; "" nothing
};

struct ScenarioResult {
  std::string file;
  std::string name;
  std::string about;
  std::vector<std::string> page;
  std::vector<std::string> rows;
  Verdict verdict = Verdict::kUnknown;
  bool ran = false;
  std::string summary;             // one line
  std::vector<std::string> unmet;  // expectations, one line each
  std::vector<PropertyResult> properties;
  std::vector<std::string> lines;    // numbered English steps
  std::vector<std::string> changes;  // of the cluster, from its start to the end
  std::vector<FoundStory> stories;
  SearchNumbers search;
  std::vector<std::string> seen;  // `sometimes` properties, by name
  std::string replay;             // the line to run
  std::string trace_hash;
  Millis simulated_ms = 0;
  Millis wall_ms = 0;
};

struct CheckResult {
  std::vector<ScenarioResult> scenarios;
  std::string options;  // as they matter to the result: "--faults 1 --seed 7"
  int shard = 1;
  int shards = 1;
  std::int64_t seed = 0;
  std::vector<std::string> must_see;  // `sometimes` properties that fail it where none saw them
  std::string stopped;                // why not everything was run; "" everything was
  Millis wall_ms = 0;
};

// Of must_see, what no scenario has seen. A shard alone says nothing of it: "seen" is of the whole.
std::vector<std::string> NeverSeen(const CheckResult& check);

// The worst: violated, unknown, refused, never seen (which is violated), holds.
Verdict VerdictOf(const CheckResult& check);
// "12 hold, 1 violated, 0 unknown, 0 refused"
std::string CountsOf(const CheckResult& check);

Json ToJson(const CheckResult& check);
Result<CheckResult> CheckFromJson(const Json& json, const std::string& where);

// One result of several shards, scenarios in order of their files. Errors: shards that do not
// belong together, or one that is missing or there twice.
Result<CheckResult> Merge(std::vector<CheckResult> parts);

}  // namespace rehearse::result
