// app/conform_scenario.h: a recorded run against one step of a scenario: its driver, behind the
// steps before it, with the faults that fall into it.
//
// Shape:  a log of kubectl calls (model/cluster/recorded_trace.h) is compared call by call, reads
//         included, polls counted once; a trace of ours as app/conform_search.h does. The exit code
//         of `kubectl logs` is not compared: it tells of the node that ran the pod.
// Errors: kInvalidArgument from either file, or a step that is not there.
#pragma once

#include <memory>
#include <string>

#include "app/conform_search.h"
#include "app/scenario/scenario.h"
#include "model/charts/catalog.h"

namespace rehearse::app {

struct ConformScenario {
  const Scenario& scenario;
  std::size_t step = 0;  // index
  std::shared_ptr<const charts::Catalog> catalog;
  ConformOptions search = {};
};

// `trace` is the text of the file `where`.
Result<Conformance> ConformToScenario(const ConformScenario& against,
                                      const std::string& trace,
                                      const std::string& where);

}  // namespace rehearse::app
