// reports/plan_text.h: a plan, or the reason why there is none, as text for a terminal.
//
// Shape:  hops are numbered; commands stand at the margin, so that they can be copied with their
//         here-documents. A short text leaves the here-documents out.
#pragma once

#include <string>

#include "model/result/plan.h"
#include "reports/run_text.h"

namespace rehearse::reports {

struct PlanTextOptions {
  bool whole_commands = false;  // with what is piped to them, at the margin
  bool conditions = false;      // pre- and post-conditions
  bool explain = false;         // why this path and not a shorter one
};

std::string PlanText(const result::Plan& plan,
                     const Painter& paint,
                     const PlanTextOptions& options);
std::string RefusalText(const result::Refusal& refusal, const Painter& paint);

}  // namespace rehearse::reports
