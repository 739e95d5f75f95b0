#include "app/live_driver.h"

#include "live/words.h"
#include "model/cluster/trace_lines.h"
#include "model/core/hash.h"
#include "model/core/overloaded.h"

namespace rehearse::app {
namespace {

// "1.3<tab>what is done" as a person reads it.
std::string Shown(const std::string& said) {
  std::string text = said;
  if (const std::size_t tab = text.find('\t'); tab != std::string::npos) {
    text.replace(tab, 1, "  ");
  }
  return text;
}

std::string_view WordOf(cluster::OutcomeKind kind) {
  switch (kind) {
    case cluster::OutcomeKind::kReached:
      return "reached";
    case cluster::OutcomeKind::kStopped:
      return "stopped";
    case cluster::OutcomeKind::kNothingToDo:
      return "nothing-to-do";
  }
  return "stopped";
}

}  // namespace

Result<cluster::Input> LiveDriver::Perform(const cluster::Step& step) {
  using cluster::Input;
  return std::visit(Overloaded{
                        [&](const cluster::ReadStep& read) -> Result<Input> {
                          return Input(world_.Read(read.query));
                        },
                        [&](const cluster::StartStep& start) -> Result<Input> {
                          return Input(world_.Start(start.action));
                        },
                        [&](const cluster::WaitStep& wait) -> Result<Input> {
                          return Input(world_.Wait(wait.deadline));
                        },
                        [&](const cluster::JournalStep& entry) -> Result<Input> {
                          TRY(journal_.Append(entry.line));
                          return Input(cluster::Begin{});
                        },
                        [&](const cluster::SayStep& say) -> Result<Input> {
                          last_said_ = Shown(say.text);
                          tell_(live::Masked(last_said_));
                          return Input(cluster::Begin{});
                        },
                        [&](const cluster::FinishStep& finish) -> Result<Input> {
                          outcome_ = finish.outcome;
                          return Input(cluster::Begin{});
                        },
                    },
                    step);
}

void LiveDriver::Note(Instant began, const cluster::Step& step, const cluster::Input& answer) {
  for (Json& line : cluster::TraceLines({began, world_.Now(), step, answer})) {
    for (const char* member : {"command", "error", "out", "input"}) {
      if (line.contains(member)) {
        line[member] = live::Masked(line[member].get<std::string>());
      }
    }
    lines_ += Dump(line) + "\n";
  }
}

std::string LiveDriver::Account() const {
  return "stopped between two actions, after: " + last_said_ +
         "\nno command is running; the lock stays in the cluster; the same command with "
         "--journal " +
         journal_.path() + " goes on";
}

Result<LiveEnd> LiveDriver::Run(const std::function<bool()>& is_asked_to_stop) {
  TRY_ASSIGN(cluster::DriverStatePtr state, driver_->Resume(journal_.lines()));
  cluster::Input input = cluster::Begin{};
  while (!outcome_) {
    if (world_.running() == 0 && is_asked_to_stop()) {
      return LiveEnd{std::nullopt, Account()};
    }
    const Instant began = world_.Now();
    cluster::Turn turn = driver_->Next(state, input, began);
    state = std::move(turn.state);
    TRY_ASSIGN(input, Perform(turn.step));
    Note(began, turn.step, input);
  }
  return LiveEnd{outcome_, ""};
}

std::string LiveDriver::Trace(const result::Plan& plan) const {
  std::string text = Dump({{"schema", "rehearse/trace/v1"},
                           {"world", "live"},
                           {"release", plan.release},
                           {"namespace", plan.ns},
                           {"target", plan.target}}) +
                     "\n" + lines_;
  Json end = {{"kind", "end"},
              {"at_ms", world_.Now().ms},
              {"outcome", WordOf(outcome_ ? outcome_->kind : cluster::OutcomeKind::kStopped)},
              {"hash", std::to_string(HashString(text))}};
  if (outcome_ && !outcome_->account.empty()) {
    end["account"] = live::Masked(outcome_->account);
  }
  return text + Dump(end) + "\n";
}

}  // namespace rehearse::app
