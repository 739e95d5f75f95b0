// app/faults.h: faults as data in a file, for `run --faults`.
//
// Shape:  YAML or JSON: {faults: [...]} of entries as in simulator/fault.h; sites are counted from
// 1
//         as the trace lists them.
// Errors: kInvalidArgument with the file and the entry.
#pragma once

#include <string>
#include <vector>

#include "simulator/fault.h"

namespace rehearse::app {

Result<std::vector<sim::Fault>> ParseFaults(const std::string& text, const std::string& where);

// The file that places this one fault.
std::string FaultsText(const sim::Fault& fault);

}  // namespace rehearse::app
