// app/scenario/hunt.h: the search of a scenario: every sequence of its acts with every placement of
// its faults, shortest first.
//
// Units:   milliseconds; bytes.
//
// Shape:   breadth first by acts + faults; from each stand every act is taken without a fault and
//          with every single fault that can fall into it (at most one in all: several are
//          scenario/placements.h's). Stands that are equal (equal fingerprints, equal
//          wants) are gone on from once; a fork that comes back to the run without a fault is left.
// Results: independent of the number of threads; the first finding of each property is a shortest.
// Bounds:  those of SearchSpec, stated in the report; the budget of time ends it earlier (complete
//          = false). Memory is not bounded here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/scenario/course.h"
#include "app/scenario/seen.h"
#include "simulator/explorer.h"
#include "simulator/state/monitor.h"

namespace rehearse::app {

// What a search may use; nothing bounds it where nothing is given.
struct Budget {
  std::function<Millis()> elapsed_ms = {};
  Millis time_ms = 0;          // 0: no bound
  std::size_t memory_max = 0;  // 0: no bound
  [[nodiscard]] bool Spent() const { return elapsed_ms && time_ms != 0 && elapsed_ms() >= time_ms; }
};

struct HuntFinding {
  sim::Violation violation;
  std::string where;  // what the last fault fell on: "scale Deployment/x to 0"; "" no fault
  Scenario story;     // start, steps and faults that lead there; what it violates is expected
  std::int64_t states_before = 0;  // driver steps searched until it was found
  std::int64_t more = 0;           // further ends that show the same property and are not told
};

struct HuntReport {
  std::vector<HuntFinding> findings;  // one for each property and place, in the order found
  std::int64_t stands = 0;            // different ones
  std::int64_t placements = 0;        // of faults
  std::int64_t merged = 0;            // came back
  std::int64_t states = 0;            // steps of drivers
  std::size_t cost_reached = 0;       // every story up to this many acts + faults is covered
  bool complete = false;
  std::string stopped_by;  // "time budget", "memory budget"; "" nothing
  Seen seen;
};

struct HuntOptions {
  int threads = 1;
  std::vector<std::string> wanted;  // stop when all of these are found; empty: search on
  Budget budget;
  std::function<void(const std::string& line)> progress;  // may be empty
  // A search of two faults in one run, one part after the other, each kept when it is finished.
  int parts = 1;
  sim::KeptParts kept = {};
};

// REQUIRES: scenario.search, with at most one fault.
Result<HuntReport> Hunt(const Course& course, const Scenario& scenario, const HuntOptions& options);

}  // namespace rehearse::app
