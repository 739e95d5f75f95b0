#include "model/cluster/trace_lines.h"

#include "model/cluster/command_line.h"
#include "model/core/overloaded.h"

namespace rehearse::cluster {
namespace {

Json DoneLine(Instant at, const OperationDone& done) {
  Json line = {{"kind", "done"}, {"at_ms", at.ms}, {"operation", done.operation}};
  if (done.result) {
    line["exit_code"] = done.result->exit_code;
    line["out"] = done.result->out;
  } else {
    line["error"] = done.result.error().message;
  }
  return line;
}

Json ReadLine(const Stepped& stepped, const ReadStep& read) {
  Json line = {
      {"kind", "read"}, {"at_ms", stepped.began.ms}, {"command", Line(CommandOf(read.query))}};
  const auto* result = std::get_if<Result<Observation>>(&stepped.answer);
  if (result != nullptr && !result->has_value()) {
    line["error"] = result->error().message;
  }
  return line;
}

Json StartLine(const Stepped& stepped, const StartStep& start) {
  const Command command = CommandOf(start.action);
  const auto* id = std::get_if<Result<OperationId>>(&stepped.answer);
  Json line = {{"kind", "start"},
               {"at_ms", stepped.began.ms},
               {"operation", id != nullptr && *id ? **id : 0},
               {"command", Line(command)}};
  if (!command.input.empty()) {
    line["input"] = command.input;
  }
  return line;
}

std::vector<Json> WaitLines(const Stepped& stepped, const WaitStep& wait) {
  std::vector<Json> lines = {{{"kind", "wait"}, {"at_ms", stepped.began.ms}}};
  if (wait.deadline != kNever) {
    lines.front()["until_ms"] = wait.deadline.ms;
  }
  const auto* event = std::get_if<Result<Event>>(&stepped.answer);
  const auto* done = event != nullptr && *event ? std::get_if<OperationDone>(&**event) : nullptr;
  if (done != nullptr) {
    lines.push_back(DoneLine(stepped.ended, *done));
  }
  return lines;
}

}  // namespace

std::vector<Json> TraceLines(const Stepped& stepped) {
  using Lines = std::vector<Json>;
  return std::visit(
      Overloaded{
          [&](const ReadStep& read) { return Lines{ReadLine(stepped, read)}; },
          [&](const StartStep& start) { return Lines{StartLine(stepped, start)}; },
          [&](const WaitStep& wait) { return WaitLines(stepped, wait); },
          [&](const JournalStep& entry) {
            return Lines{{{"kind", "journal"}, {"at_ms", stepped.began.ms}, {"line", entry.line}}};
          },
          [&](const SayStep& say) {
            return Lines{{{"kind", "say"}, {"at_ms", stepped.began.ms}, {"text", say.text}}};
          },
          [](const FinishStep&) { return Lines{}; },
      },
      stepped.step);
}

}  // namespace rehearse::cluster
