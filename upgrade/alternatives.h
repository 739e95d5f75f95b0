// upgrade/alternatives.h: what somebody might do instead, and which rule refuses it.
//
// Shape:  the documentation's own commands with the names of this release, the shortcuts that come
//         to mind, and what helm offers as undo. Each is a candidate like the planner's own; those
//         that no rule refuses are not listed.
// Source: Milvus documentation v2.5.12, "Upgrade Milvus Standalone with Helm Chart".
#pragma once

#include <vector>

#include "upgrade/search.h"

namespace rehearse::upgrade {

std::vector<result::Refused> RefusedAlternatives(const PlanningInput& input, const Path& path);

}  // namespace rehearse::upgrade
