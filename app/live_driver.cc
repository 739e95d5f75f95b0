#include "app/live_driver.h"

#include "live/words.h"
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
      TRY(trace_.End(nullptr, world_.Now()));
      return LiveEnd{std::nullopt, Account()};
    }
    const Instant began = world_.Now();
    cluster::Turn turn = driver_->Next(state, input, began);
    state = std::move(turn.state);
    TRY_ASSIGN(input, Perform(turn.step));
    TRY(trace_.Add({began, world_.Now(), turn.step, input}));
  }
  TRY(trace_.End(&*outcome_, world_.Now()));
  return LiveEnd{outcome_, ""};
}

}  // namespace rehearse::app
