// simulator/explorer.h: every placement of up to k faults on one run, by forking sessions.
//
// Shape:   the real driver in the simulated cluster is a model for the search engine: a state is a
//          session, an action is one more step, or one more fault that falls into that step.
//          Sessions with equal fingerprints have equal futures and are searched once, with the
//          fewest faults they can be reached with. What an ended session is worth, `judge` says.
// Order:   fewer faults first, then fewer steps: the first finding is a shortest story.
// Results: independent of the number of threads.
// Bounds:  those of the session, and of time and memory where they are given; a search that hits
//          one of them is not exhausted and says what it has covered.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simulator/fault.h"
#include "simulator/session.h"

namespace rehearse::sim {

// A property that must have been seen in some state, or the search has not been where it should.
struct Sometimes {
  std::string name;
  std::function<bool(const Session&)> holds;
};

inline constexpr int kNoPart = -1;

struct ExploreProgress {
  std::int64_t states = 0;
  std::int64_t waiting = 0;  // states and placements that are known and not yet searched
  int faults = 0;            // being placed now
  int part = 0;              // of `parts`; kNoPart: single faults alone
  int parts = 1;
  Millis elapsed_ms = 0;
  Millis left_ms_min = 0;  // for what is waiting, at the rate so far; what it leads to comes on top
};

struct ExploreOptions {
  int faults_max = 1;
  FaultClasses classes = {};
  int threads = 1;
  // What is wrong with a session that has ended; called by several threads at once.
  std::function<std::vector<Violation>(const Session&)> judge = {};
  // With up to so many faults, all of them transient, the driver must reach its target.
  int must_reach_faults = 1;
  // A second fault is placed only behind first faults of this part; kNoPart: behind none.
  int part = 0;
  int parts = 1;
  std::vector<Sometimes> sometimes = {};
  bool first_only = false;  // stop at the first finding
  std::size_t findings_max = 1000;
  std::size_t memory_max = 0;               // bytes, about; 0: no bound
  std::function<Millis()> elapsed_ms = {};  // a clock; may be empty: then no time budget
  Millis budget_ms = 0;                     // 0: no bound
  std::function<void(const ExploreProgress&)> progress = {};  // may be empty
};

struct ExploreFinding {
  std::vector<Fault> faults;  // in the order in which they fall
  std::string property;
  std::string evidence;
  std::int64_t steps = 0;     // the driver's, up to the end that was judged
  std::int64_t searched = 0;  // driver steps taken in the whole search before it was found
};

enum class StoppedBy { kNothing, kFinding, kTime, kMemory };
std::string_view NameOf(StoppedBy stopped);

struct ExploreReport {
  // By the number of faults, from 0: sets of faults that took effect. Placements that lead to one
  // state are counted each, though it is searched once.
  std::vector<std::int64_t> placements_by_faults;
  std::int64_t placements = 0;  // with at least one fault
  std::int64_t reached = 0;     // of them: ended in success
  std::int64_t stopped = 0;     // of them: ended in a stop with an account
  std::int64_t states = 0;      // distinct sessions
  std::int64_t merged = 0;      // forks that came to a state that was known
  std::int64_t steps = 0;       // driver steps taken
  std::int64_t ends = 0;        // distinct ends, each judged
  std::vector<ExploreFinding> findings;
  std::int64_t findings_total = 0;      // also those beyond findings_max
  std::vector<std::string> never_seen;  // of `sometimes`
  StoppedBy stopped_by = StoppedBy::kNothing;
  // Every placement of up to so many faults is covered; -1: not even the run without any.
  int faults_covered = 0;
  std::size_t memory_bytes = 0;  // visited set and waiting states, at their peak
  [[nodiscard]] bool exhausted() const { return stopped_by == StoppedBy::kNothing; }
};

// A run that comes back to an equal state circles for ever, which is a finding. Counts of
// placements are of what was covered.
ExploreReport Explore(const Session& start, const ExploreOptions& options);

// What a search in parts has finished: found again, each part is searched once, whatever happens to
// the program in between. Both may be empty; part kNoPart is that of single faults.
struct KeptParts {
  std::function<std::optional<ExploreReport>(int part)> find = {};
  std::function<void(int part, const ExploreReport& report)> keep = {};
};

// The same for two faults in `parts` searches, one after the other, where one would need more
// memory than there is. What single faults lead to is searched again for each part; the report is
// that of the whole but for `states`, `merged`, `steps` and `ends`, which count what was found
// twice twice. REQUIRES: faults_max == 2, parts > 0.
ExploreReport ExploreInParts(const Session& start,
                             ExploreOptions options,
                             int parts,
                             const KeptParts& kept = {});

}  // namespace rehearse::sim
