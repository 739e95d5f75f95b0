// app/live_trace.h: the trace of a live run, written line by line while it goes on.
//
// Units:  milliseconds; a resumed run goes on with the times of the part before.
// Shape:  JSON lines (schemas/trace.schema.json). A run that is resumed continues the file: its old
//         end is taken away and a line says that the executor was started again.
// Errors: kInvalidArgument when the file cannot be opened or is no trace; kFailed while writing.
// Invariants: secrets are masked.
#pragma once

#include <fstream>
#include <string>

#include "model/cluster/port.h"
#include "model/cluster/trace_lines.h"

namespace rehearse::app {

struct TraceHeader {
  std::string release;
  std::string ns;
  std::string target;
};

class LiveTrace {
 public:
  // An empty path keeps no trace.
  static Result<LiveTrace> Open(const std::string& path, const TraceHeader& header, bool resumed);

  Status Add(const cluster::Stepped& stepped);
  // What befell the run.
  Status Fault(const std::string& text, Instant at);
  // The last line; `outcome` is null where there was none.
  Status End(const cluster::Outcome* outcome, Instant at);

 private:
  LiveTrace() = default;
  Status Line(Json line);
  Status Continue(const std::string& path);

  bool wanted_ = false;
  std::ofstream file_;
  std::string text_;  // of the whole file, for its hash
  Millis offset_ms_ = 0;
};

}  // namespace rehearse::app
