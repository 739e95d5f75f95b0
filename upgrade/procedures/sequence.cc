#include "upgrade/procedures/sequence.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "model/core/check.h"

namespace rehearse::upgrade {
namespace {

using cluster::DriverStatePtr;
using cluster::Outcome;
using cluster::OutcomeKind;

constexpr int kInterruptedCode = 130;  // as a shell reports SIGINT

struct State final : cluster::DriverState {
  std::size_t index = 0;                                     // of the part under way or next
  bool begun = false;                                        // it has been begun before
  DriverStatePtr inner;                                      // null: not running
  Instant patience = kNever;                                 // of the part under way
  std::map<std::string, std::vector<std::string>> journals;  // by the name of the journal
  std::optional<Outcome> last;                               // of the last part that was no act
  std::string account;                                       // a line for each part that ran

  [[nodiscard]] Fingerprint Digest(Instant now) const override {
    Hasher hash;
    hash.Add(index).Add(begun).Add(inner ? inner->Digest(now) : 0);
    hash.Add(patience == kNever ? -1 : patience - now);
    for (const auto& [name, lines] : journals) {
      hash.Add(name).Add(lines.size());
      for (const std::string& line : lines) {
        hash.Add(line);
      }
    }
    return hash.Add(last ? static_cast<int>(last->kind) : -1).Get();
  }
};

const State& Of(const DriverStatePtr& state) {
  const auto* own = dynamic_cast<const State*>(state.get());
  CHECK(own != nullptr);
  return *own;
}

std::string JournalOf(const Part& part, std::size_t index) {
  return part.journal.empty() ? "#" + std::to_string(index) : part.journal;
}

std::string OnOneLine(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string EndLine(std::size_t index, const Outcome& outcome) {
  return "end " + std::to_string(index) + " " + std::string(NameOf(outcome.kind)) + " " +
         std::to_string(outcome.exit_code) + " " + OnOneLine(outcome.account);
}

// Takes the word before the next blank away from the text.
std::string_view TakeWord(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text = end == std::string_view::npos ? "" : text.substr(end + 1);
  return word;
}

template <typename T>
bool ParseNumber(std::string_view word, T& number) {
  const auto [end, error] = std::from_chars(word.begin(), word.end(), number);
  return error == std::errc() && end == word.end();
}

std::optional<OutcomeKind> KindOf(std::string_view word) {
  for (const OutcomeKind kind :
       {OutcomeKind::kReached, OutcomeKind::kStopped, OutcomeKind::kNothingToDo}) {
    if (NameOf(kind) == word) {
      return kind;
    }
  }
  return std::nullopt;
}

void KeepEnd(const Part& part, const Outcome& outcome, State& state) {
  state.account += state.account.empty() ? "" : "\n";
  state.account += part.name + ": exit " + std::to_string(outcome.exit_code);
  state.account += outcome.account.empty() ? "" : ", " + OnOneLine(outcome.account);
  if (!part.is_act) {
    state.last = outcome;
  }
  ++state.index;
  state.begun = false;
  state.inner = nullptr;
  state.patience = kNever;
}

// Reads one line of the journal into the state; false for a line that is none.
bool Remember(const std::vector<Part>& parts, std::string_view line, State& state) {
  std::string_view rest = line;
  const std::string_view verb = TakeWord(rest);
  std::size_t index = 0;
  if (!ParseNumber(TakeWord(rest), index) || index >= parts.size() || index < state.index) {
    return false;
  }
  if (verb == "begin") {
    state.index = index;
    state.begun = true;
    return rest.empty();
  }
  if (index != state.index || !state.begun) {
    return false;
  }
  if (verb == "line") {
    state.journals[JournalOf(parts[index], index)].emplace_back(rest);
    return true;
  }
  Outcome outcome;
  const std::optional<OutcomeKind> kind = KindOf(TakeWord(rest));
  if (verb != "end" || !kind || !ParseNumber(TakeWord(rest), outcome.exit_code)) {
    return false;
  }
  outcome.kind = *kind;
  outcome.account = rest;
  KeepEnd(parts[index], outcome, state);
  return true;
}

bool Applies(const Part& part, const State& state) {
  const bool failed = state.last && state.last->kind == OutcomeKind::kStopped;
  switch (part.when) {
    case When::kAlways:
      return true;
    case When::kAfterFailure:
      return failed;
    case When::kAfterSuccess:
      return !failed;
  }
  return true;
}

class Conductor {
 public:
  Conductor(const std::vector<Part>& parts, State& state, Instant now)
      : parts_(parts), state_(state), now_(now) {}

  cluster::Step StepOf(const cluster::Input& input) {
    if (state_.inner == nullptr) {
      return Begin();
    }
    if (now_ >= state_.patience) {
      return End({OutcomeKind::kStopped, kInterruptedCode, "interrupted: it did not end"});
    }
    return Go(input);
  }

 private:
  [[nodiscard]] const Part& Current() const { return parts_[state_.index]; }

  cluster::Step Begin() {
    while (!state_.begun && state_.index < parts_.size() && !Applies(Current(), state_)) {
      ++state_.index;
    }
    if (state_.index >= parts_.size()) {
      return Finish();
    }
    if (!state_.begun) {
      state_.begun = true;
      if (!TakeUp()) {
        return End(*failure_);
      }
      return cluster::JournalStep{"begin " + std::to_string(state_.index)};
    }
    // Begun in an earlier life.
    if (Current().after_kill == AfterKill::kNext) {
      return End({OutcomeKind::kStopped, kInterruptedCode, "killed"});
    }
    return TakeUp() ? Go(cluster::Begin{}) : End(*failure_);
  }

  bool TakeUp() {
    const auto at = state_.journals.find(JournalOf(Current(), state_.index));
    auto inner = Current().driver->Resume(at == state_.journals.end() ? std::vector<std::string>()
                                                                      : at->second);
    if (!inner) {
      failure_ = Outcome{OutcomeKind::kStopped, 1, inner.error().message};
      return false;
    }
    state_.inner = *std::move(inner);
    state_.patience = Current().patience_ms == 0 ? kNever : now_ + Current().patience_ms;
    return true;
  }

  cluster::Step Go(const cluster::Input& input) {
    cluster::Turn turn = Current().driver->Next(state_.inner, input, now_);
    state_.inner = std::move(turn.state);
    if (auto* wait = std::get_if<cluster::WaitStep>(&turn.step)) {
      wait->deadline = std::min(wait->deadline, state_.patience);
    } else if (auto* journal = std::get_if<cluster::JournalStep>(&turn.step)) {
      state_.journals[JournalOf(Current(), state_.index)].push_back(journal->line);
      journal->line = "line " + std::to_string(state_.index) + " " + journal->line;
    } else if (auto* finish = std::get_if<cluster::FinishStep>(&turn.step)) {
      return End(finish->outcome);
    }
    return std::move(turn.step);
  }

  cluster::Step End(const Outcome& outcome) {
    const std::string line = EndLine(state_.index, outcome);
    KeepEnd(Current(), outcome, state_);
    return cluster::JournalStep{line};
  }

  [[nodiscard]] cluster::Step Finish() const {
    Outcome outcome = state_.last.value_or(Outcome{OutcomeKind::kNothingToDo, 0, ""});
    outcome.account = state_.account;
    return cluster::FinishStep{std::move(outcome)};
  }

  const std::vector<Part>& parts_;
  State& state_;
  Instant now_;
  std::optional<Outcome> failure_;
};

}  // namespace

std::vector<Part> Again(const Part& part, int more) {
  std::vector<Part> parts = {part};
  for (int i = 0; i < more; ++i) {
    Part next = part;
    next.when = When::kAfterFailure;
    next.name += ", again";
    parts.push_back(std::move(next));
  }
  return parts;
}

Sequence::Sequence(std::vector<Part> parts) : parts_(std::move(parts)) {
  CHECK(!parts_.empty());
  CHECK(std::ranges::all_of(parts_, [](const Part& part) { return part.driver != nullptr; }));
}

Result<DriverStatePtr> Sequence::Resume(const std::vector<std::string>& journal) const {
  auto state = std::make_shared<State>();
  for (std::size_t i = 0; i < journal.size(); ++i) {
    if (!Remember(parts_, journal[i], *state)) {
      return BadInput("journal line " + std::to_string(i + 1) +
                      ": expected begin, line or end of a part of the sequence");
    }
  }
  return DriverStatePtr(std::move(state));
}

cluster::Turn Sequence::Next(const DriverStatePtr& state,
                             const cluster::Input& input,
                             Instant now) const {
  auto next = std::make_shared<State>(Of(state));
  cluster::Step step = Conductor(parts_, *next, now).StepOf(input);
  return {std::move(next), std::move(step)};
}

}  // namespace rehearse::upgrade
