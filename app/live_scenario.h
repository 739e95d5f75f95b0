// app/live_scenario.h: a scenario carried out on real parts and in the simulation, step by step,
// and the two ends compared.
//
// Shape:  the start is made on an empty cluster; each step is carried out by the same driver in
//         both worlds, with the faults that can be made real (app/live_faults.h). Compared are how
//         the step ended, which properties of the end are violated (scenario/judge.h; not those
//         that need the content of volumes), workloads, release and what a client sees of the
//         metadata.
// Units:  milliseconds; real time is not compared.
// Errors: kInvalidArgument: a search, a step or a fault that cannot be made real, a start whose
//         Milvus does not run.
#pragma once

#include <string>

#include "app/live_access.h"

namespace rehearse::app {

struct LiveScenario {
  LiveFlags live;
  std::string file;
  std::string chart_source;
  std::string trace;  // "" none; of several steps FILE.1, FILE.2, ...
  Millis poll_ms = Seconds(5);
};

// 0: both worlds agree; 1: they do not.
Result<int> RunScenarioLive(const LiveScenario& options, Terminal& terminal);

}  // namespace rehearse::app
