// upgrade/path_check.h: judges a path that somebody wrote by hand, and makes a plan of it.
//
// Shape:  every hop is judged by the rules that the planner itself obeys, from where the hop before
//         would have led; what the chart would put on the cluster is told beside it. The planner's
//         own path to the same end is found for comparison.
// Errors: kInvalidArgument: the path does not begin where the situation is, or a hop contradicts
//         itself (file and place are named); a procedure that our executor does not carry out.
// Source: upgrade/rules.h.
#pragma once

#include "model/result/path_check.h"
#include "upgrade/planner.h"
#include "upgrade/written_path.h"

namespace rehearse::upgrade {

// `facts.target` is not looked at: the path says where it leads.
Result<result::PathCheck> CheckPath(const PlanningFacts& facts, const WrittenPath& path);

// The path as a plan for the executor, whatever the rules say of it.
PlanResult PlanOfPath(const PlanningFacts& facts, const WrittenPath& path);

}  // namespace rehearse::upgrade
