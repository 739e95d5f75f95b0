// app/scenario/hunt.h: the search of a scenario: every sequence of its acts with every placement of
// its faults, shortest first.
//
// Shape:   breadth first by acts + faults; from each stand every act is taken without a fault and
//          with every single fault that can fall into it (one fault an act: several faults of one
//          procedure are simulator/explorer's). Stands that are equal (equal fingerprints, equal
//          wants) are gone on from once; a fork that comes back to the run without a fault is left.
// Results: independent of the number of threads; the first finding of each property is a shortest.
// Bounds:  those of SearchSpec, stated in the report; `stop` ends it earlier (complete = false).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/scenario/course.h"
#include "simulator/state/monitor.h"

namespace rehearse::app {

struct HuntFinding {
  sim::Violation violation;
  std::string where;  // what the last fault fell on: "scale Deployment/x to 0"; "" no fault
  Scenario story;     // start, steps and faults that lead there; what it violates is expected
  std::int64_t states_before = 0;  // driver steps searched until it was found
};

struct HuntReport {
  std::vector<HuntFinding> findings;  // one for each property and place, in the order found
  std::int64_t stands = 0;            // different ones
  std::int64_t placements = 0;        // of faults
  std::int64_t merged = 0;            // came back
  std::int64_t states = 0;            // steps of drivers
  std::size_t cost_reached = 0;       // every story up to this many acts + faults is covered
  bool complete = false;
};

struct HuntOptions {
  int threads = 1;
  std::vector<std::string> wanted;  // stop when all of these are found; empty: search on
  std::function<bool()> stop;       // may be empty
  std::function<void(const HuntReport&)> progress;
};

// REQUIRES: scenario.search.
Result<HuntReport> Hunt(const Course& course, const Scenario& scenario, const HuntOptions& options);

}  // namespace rehearse::app
