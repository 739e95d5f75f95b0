// model/cluster/recorded_trace.h: calls of kubectl, helm and etcdctl in a form that compares: as a
// real script made them, and as a Driver makes them against some world.
//
// Shape:  a recorded log has one bash-quoted command a line, `    | ` before each line that was
//         piped to it, and `    rc=N` when it ended; a first line `# ` holds the script's own
//         command line. Commands of one pipeline stand together before their codes; the codes come
//         in order. A command without a code was cut off with the script. A Call is free of
//         spelling: short flags, resource aliases, quoting, argument order, layout of manifests and
//         patches do not count. Order of names does: scripts depend on it.
// Errors: kInvalidArgument with file and line.
// Not modelled: what the recorder did not write down: the time between calls and the output of the
//         commands; the input of a command that reads from another one in a pipeline.
// Source: fixtures/traces/*.kubectl.log.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster/command_line.h"
#include "model/cluster/port.h"
#include "model/core/json.h"

namespace rehearse::cluster {

struct Call {
  std::string program;                // kubectl, helm, etcdctl
  std::string verb;                   // get, apply, "rollout status", ...
  std::vector<std::string> targets;   // "Deployment" for a list, "Deployment/x" for one object
  std::string ns;                     // "" where none was given
  std::string selector;               // pairs in order of keys
  std::map<std::string, Json> flags;  // long name -> value; a patch as a document
  std::vector<std::string> operands;  // other words: backup=succeed, a chart, a path
  std::optional<Json> input;          // documents piped to it; absent: none, or not recorded
  std::optional<int> exit_code;       // absent: it never ended

  // Reads change nothing; a repeated read is a poll.
  [[nodiscard]] bool IsRead() const;
};

// Equal; an input or exit code that was not recorded is not compared.
bool SameCall(const Call& recorded, const Call& simulated);

// One line for people.
std::string TextOf(const Call& call);

Call CallOf(const Command& command);

// The words of one line as bash splits and unquotes it (\x, '...', "...", $'...').
// Errors: kInvalidArgument for an open quote.
Result<std::vector<std::string>> SplitWords(std::string_view line, std::string_view where);

struct RecordedTrace {
  std::string command_line;  // of the script
  std::vector<Call> calls;
};

Result<RecordedTrace> ParseRecordedTrace(std::string_view text, std::string_view where);

// What a driver did, as calls: give it each step with the answer to it, in order.
class CallRecorder {
 public:
  void Add(const Step& step, const Input& answer);
  [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }

 private:
  std::vector<Call> calls_;
  std::map<OperationId, std::size_t> running_;  // operation -> index of its call
};

// Consecutive repeats of one read, or of one round of reads, counted once.
std::vector<Call> CollapsePolls(const std::vector<Call>& calls);

struct CallDifference {
  std::size_t index = 0;  // among the recorded calls after CollapsePolls
  std::string recorded;   // "" where the record has ended
  std::string simulated;  // "" where the driver has ended
};

// The first difference, polls collapsed on both sides. Where the record was cut off, what the
// driver does after that is not compared.
std::optional<CallDifference> CompareCalls(const std::vector<Call>& recorded,
                                           const std::vector<Call>& simulated);

}  // namespace rehearse::cluster
