#include "app/live_driver.h"

#include <algorithm>
#include <csignal>

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

volatile std::sig_atomic_t stop_requested = 0;

void RequestStop(int signal) {
  stop_requested = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void CatchStop() {
  std::signal(SIGINT, RequestStop);
  std::signal(SIGTERM, RequestStop);
}

bool IsStopRequested() { return stop_requested != 0; }

Result<cluster::Input> LiveDriver::Perform(const cluster::Step& step) {
  using cluster::Input;
  return std::visit(Overloaded{
                        [&](const cluster::ReadStep& read) -> Result<Input> {
                          return Input(world_.Read(read.query));
                        },
                        [&](const cluster::StartStep& start) -> Result<Input> {
                          return Input(world_.Start(start.action));
                        },
                        [&](const cluster::WaitStep& wait) { return WaitFor(wait.deadline); },
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

// A wait in pieces, so that others can act in between.
Result<cluster::Input> LiveDriver::WaitFor(Instant deadline) {
  const Instant last = std::min(deadline, give_up_);
  while (true) {
    Instant until = last;
    if (meddler_ != nullptr) {
      TRY(meddler_->Meanwhile());
      until = std::min(last, world_.Now() + meddler_->LookMs());
    }
    Result<cluster::Event> event = world_.Wait(until);
    const bool early =
        event && std::holds_alternative<cluster::DeadlineReached>(*event) && world_.Now() < last;
    if (!early) {
      return cluster::Input(std::move(event));
    }
  }
}

Result<Meddler::Death> LiveDriver::TakeTurn(cluster::DriverStatePtr& state, cluster::Input& input) {
  const Instant began = world_.Now();
  cluster::Turn turn = driver_->Next(state, input, began);
  Death death = Death::kNone;
  if (meddler_ != nullptr) {
    TRY_ASSIGN(death, meddler_->Before(turn.step));
  }
  if (death == Death::kBefore) {
    return death;
  }
  state = std::move(turn.state);
  TRY_ASSIGN(input, Perform(turn.step));
  TRY(trace_.Add({began, world_.Now(), turn.step, input}));
  return death;
}

Result<LiveEnd> LiveDriver::Run(const std::function<bool()>& is_asked_to_stop) {
  TRY_ASSIGN(cluster::DriverStatePtr state, driver_->Resume(journal_.lines()));
  cluster::Input input = cluster::Begin{};
  while (!outcome_) {
    const bool stops = world_.running() == 0 && is_asked_to_stop();
    const bool hung = world_.Now() >= give_up_;
    if (stops || hung) {
      world_.KillRunning();
      TRY(trace_.End(nullptr, world_.Now()));
      return LiveEnd{.hung = hung, .account = Account()};
    }
    TRY_ASSIGN(const Death death, TakeTurn(state, input));
    if (death == Death::kNone || outcome_) {
      continue;
    }
    world_.KillRunning();
    if (!resumes_) {
      TRY(trace_.End(nullptr, world_.Now()));
      return LiveEnd{.killed = true, .account = Account()};
    }
    TRY(trace_.Fault("the executor was started again from its journal", world_.Now()));
    TRY_ASSIGN(state, driver_->Resume(journal_.lines()));
    input = cluster::Begin{};
  }
  TRY(trace_.End(&*outcome_, world_.Now()));
  return LiveEnd{.outcome = outcome_};
}

}  // namespace rehearse::app
