// app/scenario/scenario.h: a scenario as data: where it starts, who does what one after the other,
// which faults fall into it, and how it must end.
//
// Units:  seconds in the file, milliseconds here.
// Shape:  YAML as schemas/scenario.schema.json and docs/scenarios.md describe it. `steps` are taken
//         in order; with `search` they come first and every sequence of the acts in `search` with
//         up to `faults_max` faults follows. Sites of a fault are counted within its step.
// Errors: every finding has a code, a place and what was expected there (scenario/lint.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/cluster/port.h"
#include "model/core/json.h"
#include "simulator/fault.h"

namespace rehearse::app {

enum class StepKind {
  kExecutor,   // plan from what is there to a target, and carry the plan out
  kMigrateSh,  // the official scripts
  kRollingUpdateSh,
  kMilvusUpgrade,  // milvus-operator's, with the same tool
  kHelmUpgrade,    // one helm command by hand
  kHelmRollback,
  kScale,  // acts of people
  kDelete,
  kApply,
  kPatch,
  kUse,  // clients work with Milvus: the metadata becomes another recorded one
  kWait,
};
std::string_view NameOf(StepKind kind);  // as the file has it: "migrate.sh"
std::optional<StepKind> StepKindOf(std::string_view name);
// A procedure is judged by what it claims; an act of a person says what the person wants.
bool IsProcedure(StepKind kind);

struct StepExpectation {
  std::optional<int> exit_code;
  std::string outcome;            // reached, stopped, hung, refused, killed; "" any
  std::vector<std::string> says;  // texts that are printed, or stand in the account
};

struct StepSpec {
  StepKind kind = StepKind::kWait;
  std::string to;                      // executor, MilvusUpgrade: the target
  bool resumes = false;                // executor: goes on with plan and journal of the one before
  std::int64_t killed_after = 0;       // procedures: dead for good after so many steps; 0: not
  std::string version;                 // migrate.sh: A, B or C; helm: the chart's version
  std::vector<std::string> arguments;  // of a script
  std::string chart = "zilliztech/milvus";
  helm::ValuesMode values = helm::ValuesMode::kNone;
  std::vector<std::string> sets;
  bool wait = false;
  bool atomic = false;
  Millis duration_ms = 0;            // helm: its timeout; wait: how long; acts of people: how long
                                     // they look on, 0: until pods can be ready
  std::int64_t number = 0;           // helm rollback: the revision; scale: replicas
  std::vector<std::string> objects;  // Kind/name
  std::string text;  // apply: manifest; patch: JSON; use: a dump's path; MilvusUpgrade: operation
  StepExpectation expect;
};

struct PlacedFault {
  std::size_t step = 0;  // index of the step it falls into
  sim::Fault fault;
  friend bool operator==(const PlacedFault&, const PlacedFault&) = default;
};

struct StartSpec {
  std::string capture;   // folder or situation file, relative to the scenario; "" described
  std::string metadata;  // a dump that stands in for the captured one
  std::map<std::string, std::string> assume;
  // described:
  std::string chart;
  std::string topology;  // standalone, cluster
  std::string image;     // of Milvus; "" the chart's own
  std::string release = "my-release";
  std::string ns = "default";
  std::string kubernetes = "1.30.0";
  std::vector<std::string> sets;
};

struct SearchSpec {
  std::vector<StepSpec> acts;  // each may come any number of times
  std::size_t length_max = 1;  // acts after `steps`
  std::size_t faults_max = 0;
  sim::FaultClasses classes;
};

struct StateExpectation {
  std::map<std::string, std::string> images;     // Kind/name -> image
  std::map<std::string, std::int64_t> replicas;  // Kind/name -> number
  std::string release_chart;                     // milvus-3.2.18
  std::string release_status;                    // of the newest revision
  std::int64_t release_revision = 0;             // 0: any
  std::string metadata;                          // unchanged, equal, different; "" any
  std::vector<std::string> present;              // Kind/name
  std::vector<std::string> absent;
};

struct Expectation {
  std::vector<std::string> violated;  // exactly these properties
  std::vector<std::string> found;     // search: at least these
  StateExpectation state;
};

struct Scenario {
  std::string file;  // as it was named
  std::string name;  // file name without its ending, unless the file says one
  std::string about;
  std::vector<std::string> page;  // statements of the official page: S15
  std::vector<std::string> rows;  // documented defects this is about
  StartSpec start;
  std::vector<StepSpec> steps;
  std::vector<PlacedFault> faults;
  std::optional<SearchSpec> search;
  std::optional<Expectation> expect;  // absent: every property holds
};

// Those of one step, in the order of the file.
std::vector<sim::Fault> FaultsOf(const Scenario& scenario, std::size_t step);

// Classes of faults by name; AddClass: false where there is no such class.
inline constexpr const char* kClassNames = "machines, network, client, people, lasting";
sim::FaultClasses NoFaultClasses();
bool AddClass(const std::string& name, sim::FaultClasses& classes);
std::string ClassesText(const sim::FaultClasses& classes);  // "machines,network"

// The scenario as a file that parses back to it.
std::string ScenarioText(const Scenario& scenario);

// "migrate.sh -i my-release -s 2.1.4 -t 2.2.0": the step in a few words.
std::string Describe(const StepSpec& step);

}  // namespace rehearse::app
