// model/cluster/trace_lines.h: a step of a driver and the answer to it as lines of a trace.
//
// Shape: one JSON object a line (schemas/trace.schema.json); a wait that an operation ended is two
//        lines. A world may add what it alone knows.
// Units: milliseconds of the run.
#pragma once

#include <vector>

#include "model/cluster/port.h"
#include "model/core/json.h"

namespace rehearse::cluster {

struct Stepped {
  Instant began;
  Instant ended;
  const Step& step;
  const Input& answer;
};

// None for the last step: the end is told by who judges it.
std::vector<Json> TraceLines(const Stepped& stepped);

}  // namespace rehearse::cluster
