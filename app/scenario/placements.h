// app/scenario/placements.h: the search of a scenario that is one run of one procedure: every
// placement of up to K faults on it, several in one run, as simulator/explorer.h searches them.
//
// Shape:   the faults come on top of those that the scenario places itself. Each property is told
//          once, with a shortest story, which has been run again and shows it.
// Results: independent of the number of threads.
// Bounds:  the budget's time and memory; what was covered until then is in the report.
#pragma once

#include "app/scenario/hunt.h"

namespace rehearse::app {

// The one step whose faults are searched so: our executor, or, for several faults, another
// procedure that is not killed (that ends its step, scenario/course.h). nullptr: there is no such
// step, and scenario/hunt.h is the search.
const StepSpec* OnlyRun(const Scenario& scenario);

// Whether what the scenario searches can be searched: several faults only in one run.
Status CheckSearchable(const Scenario& scenario);

// REQUIRES: OnlyRun. Errors: kFailed where a finding does not come again.
Result<HuntReport> SearchPlacements(const Course& course,
                                    const Scenario& scenario,
                                    const HuntOptions& options);

}  // namespace rehearse::app
