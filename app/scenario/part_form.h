// app/scenario/part_form.h: the report of a finished part of a search, as JSON for a checkpoint.
//
// Invariants: what is written is read back as it was.
// Errors:     PartFrom: kInvalidArgument with the place and what was expected there.
#pragma once

#include <string>

#include "model/core/json.h"
#include "simulator/explorer.h"

namespace rehearse::app {

// REQUIRES: report.exhausted()
Json PartToJson(const sim::ExploreReport& report);
Result<sim::ExploreReport> PartFrom(const Json& json, const std::string& place);

}  // namespace rehearse::app
