#include "app/live_trace.h"

#include "app/files.h"
#include "live/words.h"
#include "model/core/hash.h"

namespace rehearse::app {
namespace {}  // namespace

Result<LiveTrace> LiveTrace::Open(const std::string& path,
                                  const TraceHeader& header,
                                  bool resumed) {
  LiveTrace trace;
  trace.wanted_ = !path.empty();
  if (!trace.wanted_) {
    return trace;
  }
  if (resumed) {
    TRY(trace.Continue(path));
  }
  TRY(WriteFileAtomically(path, trace.text_));
  trace.file_.open(path, std::ios::app | std::ios::binary);
  if (!trace.file_) {
    return BadInput("cannot write " + path);
  }
  if (trace.text_.empty()) {
    TRY(trace.Line({{"schema", "rehearse/trace/v1"},
                    {"world", "live"},
                    {"release", header.release},
                    {"namespace", header.ns},
                    {"target", header.target}}));
    return trace;
  }
  TRY(trace.Line({{"kind", "fault"},
                  {"at_ms", trace.offset_ms_},
                  {"text", "the executor was started again from its journal"}}));
  return trace;
}

// Whole lines of the file so far, without its end; nothing where there is no file.
Status LiveTrace::Continue(const std::string& path) {
  const auto old = ReadFile(path);
  if (!old) {
    return old.error().code == ErrorCode::kNotFound ? Status() : tl::unexpected(old.error());
  }
  for (std::size_t at = 0; at < old->size();) {
    const std::size_t end = old->find('\n', at);
    if (end == std::string::npos) {
      break;  // torn
    }
    const std::string row = old->substr(at, end - at);
    at = end + 1;
    TRY_ASSIGN(const Json line, ParseJson(row, path));
    offset_ms_ = IntAt(line, {"at_ms"}, offset_ms_);
    text_ += StringAt(line, {"kind"}) == "end" ? "" : row + "\n";
  }
  return {};
}

Status LiveTrace::Line(Json line) {
  const std::string row = Dump(line) + "\n";
  text_ += row;
  file_ << row << std::flush;
  return file_ ? Status() : Status(Fail(ErrorCode::kFailed, "cannot write the trace"));
}

Status LiveTrace::Add(const cluster::Stepped& stepped) {
  for (Json& line : cluster::TraceLines(stepped)) {
    if (!wanted_) {
      break;
    }
    for (const char* member : {"command", "error", "out", "input"}) {
      if (line.contains(member)) {
        line[member] = live::Masked(line[member].get<std::string>());
      }
    }
    for (const char* member : {"at_ms", "until_ms"}) {
      if (line.contains(member)) {
        line[member] = line[member].get<Millis>() + offset_ms_;
      }
    }
    TRY(Line(std::move(line)));
  }
  return {};
}

Status LiveTrace::Fault(const std::string& text, Instant at) {
  return wanted_ ? Line({{"kind", "fault"}, {"at_ms", at.ms + offset_ms_}, {"text", text}})
                 : Status();
}

Status LiveTrace::End(const cluster::Outcome* outcome, Instant at) {
  if (!wanted_) {
    return {};
  }
  Json end = {
      {"kind", "end"},
      {"at_ms", at.ms + offset_ms_},
      {"outcome", NameOf(outcome != nullptr ? outcome->kind : cluster::OutcomeKind::kStopped)},
      {"hash", std::to_string(HashString(text_))}};
  if (outcome != nullptr && !outcome->account.empty()) {
    end["account"] = live::Masked(outcome->account);
  }
  return Line(std::move(end));
}

}  // namespace rehearse::app
