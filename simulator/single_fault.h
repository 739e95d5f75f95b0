// simulator/single_fault.h: every placement of one fault on one run, by forking.
//
// Shape:   the fault-free run is walked once; before each step of the driver the session is a point
//          from which every fate of every site inside that step is tried in a fork. A fork that
//          comes back to a state of the fault-free run (equal fingerprints, so equal futures) ends
//          there.
// Results: independent of the number of threads; placements are numbered in the order of the run.
// Bounds:  those of a session.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "simulator/session.h"

namespace rehearse::sim {

struct FaultFinding {
  Fault fault;
  std::string property;
  std::string evidence;
};

struct FaultReport {
  std::int64_t placements = 0;  // tried, and that took effect
  std::int64_t merged = 0;      // came back to the fault-free run
  std::int64_t reached = 0;     // ended in success (merged ones included)
  std::int64_t stopped = 0;     // ended in a stop with an account
  std::int64_t states = 0;      // driver steps taken in all forks
  std::vector<FaultFinding> findings;
};

struct SearchOptions {
  // What is wrong with a session that has ended; "" where nothing is.
  std::function<std::vector<Violation>(const Session&)> judge;
  // A transient fault must not keep the driver from its target.
  bool must_reach = true;
  FaultClasses classes;
  int threads = 1;
  std::size_t findings_max = 1000;
  bool first_only = false;  // to find out whether there is any: placements left out are not counted
  std::function<void(std::int64_t done)> progress;  // may be empty
};

// REQUIRES: the fault-free run of `start` ends.
FaultReport SearchSingleFaults(const Session& start, const SearchOptions& options);

}  // namespace rehearse::sim
