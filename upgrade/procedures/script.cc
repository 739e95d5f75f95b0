#include "upgrade/procedures/script.h"

#include <algorithm>

#include "model/cluster/command_line.h"
#include "model/core/overloaded.h"

namespace rehearse::upgrade {
namespace {

Answer AnswerOf(const Error& error) {
  return {1, "", error.message, error.code == ErrorCode::kUnavailable};
}

Answer AnswerOf(const cluster::CommandResult& result) {
  return {result.exit_code, result.out, result.err, false};
}

Heard HearRead(const cluster::Input& input) {
  const auto* observation = std::get_if<Result<cluster::Observation>>(&input);
  CHECK(observation != nullptr);
  return {true, *observation ? AnswerOf((*observation)->text) : AnswerOf(observation->error())};
}

Heard HearStart(Frame& frame, const cluster::Input& input) {
  const auto* operation = std::get_if<Result<cluster::OperationId>>(&input);
  CHECK(operation != nullptr);
  if (!*operation) {
    return {true, AnswerOf(operation->error())};
  }
  frame.awaiting = Awaiting::kOperation;
  frame.operation = **operation;
  frame.deadline = kNever;
  return {};
}

Heard HearOperation(const Frame& frame, const cluster::Input& input) {
  const auto* event = std::get_if<Result<cluster::Event>>(&input);
  CHECK(event != nullptr);
  if (!*event) {
    return {true, AnswerOf(event->error())};
  }
  const auto* done = std::get_if<cluster::OperationDone>(&**event);
  if (done == nullptr || done->operation != frame.operation) {
    return {};  // of a script that was killed: not ours
  }
  return {true, done->result ? AnswerOf(*done->result) : AnswerOf(done->result.error())};
}

cluster::Step Wait(Frame& frame, Awaiting awaiting, Instant deadline) {
  frame.awaiting = awaiting;
  frame.deadline = deadline;
  return cluster::WaitStep{deadline};
}

cluster::Step Finish(Frame& frame, std::string_view script, int code) {
  frame.awaiting = Awaiting::kEnd;
  frame.exit_code = code;
  const auto kind = code == 0 ? cluster::OutcomeKind::kReached : cluster::OutcomeKind::kStopped;
  return cluster::FinishStep{
      {kind, code, std::string(script) + " exited with " + std::to_string(code)}};
}

void ShowText(const std::string& text, Deeds& deeds) {
  for (std::string& line : SplitLines(text)) {
    deeds.Say(std::move(line));
  }
}

}  // namespace

void Deeds::Show(const Answer& answer) {
  ShowText(answer.out, *this);
  ShowErrors(answer);
}

void Deeds::ShowErrors(const Answer& answer) { ShowText(answer.err, *this); }

Deed Deeds::TakeFirst() {
  CHECK(!list_.empty());
  Deed first = std::move(list_.front());
  list_.erase(list_.begin());
  return first;
}

bool Deeds::EndsInCommand() const {
  const auto is_command = [](const Deed& deed) {
    return !std::holds_alternative<upgrade::Say>(deed);
  };
  return std::ranges::count_if(list_, is_command) == 1 && is_command(list_.back());
}

void Deeds::AddTo(Hasher& hash) const {
  hash.Add(list_.size());
  for (const Deed& deed : list_) {
    hash.Add(deed.index());
    std::visit(Overloaded{
                   [&](const upgrade::Say& say) { hash.Add(say.text); },
                   [&](const Pause& pause) { hash.Add(pause.ms); },
                   [&](const upgrade::Exit& exit) { hash.Add(exit.code); },
                   [&](const auto& command) {
                     const cluster::Command line = cluster::CommandOf(command);
                     hash.Add(cluster::Line(line)).Add(line.input);
                   },
               },
               deed);
  }
}

Heard Hear(Frame& frame, const cluster::Input& input, Instant now) {
  switch (frame.awaiting) {
    case Awaiting::kNothing:
      return {frame.deeds.empty(), {}};
    case Awaiting::kRead:
      return HearRead(input);
    case Awaiting::kStart:
      return HearStart(frame, input);
    case Awaiting::kOperation:
      return HearOperation(frame, input);
    case Awaiting::kPause:
      return {now >= frame.deadline, {}};
    case Awaiting::kEnd:
      return {};
  }
  return {};
}

cluster::Step StepOf(Frame& frame, std::string_view script, Instant now) {
  if (frame.awaiting == Awaiting::kEnd) {
    return Finish(frame, script, frame.exit_code);
  }
  if (frame.deeds.empty()) {  // a wait goes on
    return cluster::WaitStep{frame.deadline};
  }
  Deed deed = frame.deeds.TakeFirst();
  return std::visit(Overloaded{
                        [&](Say& say) -> cluster::Step {
                          frame.awaiting = Awaiting::kNothing;
                          return cluster::SayStep{std::string(script) + "\t" + say.text};
                        },
                        [&](cluster::Query& query) -> cluster::Step {
                          frame.awaiting = Awaiting::kRead;
                          return cluster::ReadStep{std::move(query)};
                        },
                        [&](cluster::Action& action) -> cluster::Step {
                          frame.awaiting = Awaiting::kStart;
                          return cluster::StartStep{std::move(action)};
                        },
                        [&](Pause& pause) { return Wait(frame, Awaiting::kPause, now + pause.ms); },
                        [&](Exit& exit) { return Finish(frame, script, exit.code); },
                    },
                    deed);
}

// The id of an operation does not count: a script waits for one at a time.
void AddTo(Hasher& hash, const Frame& frame, Instant now) {
  frame.deeds.AddTo(hash);
  hash.Add(frame.awaiting).Add(frame.exit_code);
  if (frame.awaiting == Awaiting::kPause) {
    hash.Add(frame.deadline - now);
  }
}

std::vector<std::string> SplitFields(std::string_view text) {
  std::vector<std::string> words;
  constexpr std::string_view kBlanks = " \t\n";
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(kBlanks, at);
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return lines;
}

std::string Join(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    text += text.empty() ? word : std::string(between) + word;
  }
  return text;
}

bool IsUnset(std::string_view text) { return SplitFields(text).empty(); }

ReplicaEntry SplitReplicaEntry(std::string_view entry) {
  const std::size_t colon = entry.find(':');
  if (colon == std::string_view::npos) {
    return {std::string(entry), ""};
  }
  const std::string_view rest = entry.substr(colon + 1);
  return {std::string(entry.substr(0, colon)), std::string(rest.substr(0, rest.find(':')))};
}

std::string Substitution(const Answer& answer) {
  const std::size_t end = answer.out.find_last_not_of('\n');
  return end == std::string::npos ? "" : answer.out.substr(0, end + 1);
}

std::vector<Option> Getopts(std::string_view spec, const std::vector<std::string>& arguments) {
  std::vector<Option> options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.size() < 2 || word[0] != '-' || word == "--") {
      break;
    }
    for (std::size_t at = 1; at < word.size(); ++at) {
      const std::size_t known = word[at] == ':' ? std::string_view::npos : spec.find(word[at]);
      const bool takes_argument =
          known != std::string_view::npos && known + 1 < spec.size() && spec[known + 1] == ':';
      if (!takes_argument) {
        options.push_back({known == std::string_view::npos ? '?' : word[at], ""});
      } else if (at + 1 < word.size()) {
        options.push_back({word[at], word.substr(at + 1)});
        break;
      } else if (i + 1 < arguments.size()) {
        options.push_back({word[at], arguments[++i]});
        break;
      } else {
        options.push_back({'?', ""});
      }
    }
  }
  return options;
}

}  // namespace rehearse::upgrade
