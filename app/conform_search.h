// app/conform_search.h: is what was recorded something that the model allows?
//
// Shape:  compared are the changes that the driver made, in order, whether each succeeded, and how
//         the driver ended; reads are polls and not compared. What nobody recorded (a pod that was
//         deleted, an answer that was lost) is searched for: a run with a few faults, each
//         anywhere, the latest places first.
// Errors: ParseRun: kInvalidArgument with file and line.
// Bounds: steps of the simulation in all; beyond them the answer is not known.
// Not modelled: what reads gave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster/recorded_trace.h"
#include "simulator/fault.h"
#include "simulator/session.h"

namespace rehearse::app {

struct RecordedRun {
  std::string release;
  std::string ns;
  std::string target;
  std::vector<cluster::Call> changes;  // exit code absent: its end was not seen
  std::string outcome;  // reached, stopped, nothing-to-do; "": the record was cut off
};

// The lines that `run --trace` and `live run --trace` write.
Result<RecordedRun> ParseRun(std::string_view text, std::string_view where);

struct ConformOptions {
  int faults_max = 1;
  std::int64_t steps_max = 400'000;
};

struct Conformance {
  bool conforms = false;
  bool bound_hit = false;            // not found, and not everything was tried
  std::vector<sim::Fault> faults;    // of the run that conforms
  std::size_t matched = 0;           // changes of the longest prefix
  std::vector<std::string> allowed;  // what the model does behind it, each once
  std::string came;                  // what was recorded there
};

// `session` is at its very beginning.
Conformance SearchConforming(const sim::Session& session,
                             const RecordedRun& run,
                             const ConformOptions& options);

}  // namespace rehearse::app
