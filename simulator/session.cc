#include "simulator/session.h"

#include <algorithm>

#include "model/core/check.h"
#include "model/core/overloaded.h"
#include "simulator/conditions.h"

namespace rehearse::sim {
namespace {

constexpr std::size_t kResumedMax = 4096;

Fingerprint DigestOfInput(const cluster::Input& input) {
  Hasher hash;
  hash.Add(input.index());
  if (const auto* read = std::get_if<Result<cluster::Observation>>(&input)) {
    hash.Add(read->has_value());
    if (!read->has_value()) {
      return hash.Add(read->error().code).Get();
    }
    for (const kube::ObjectPtr& object : (*read)->objects) {
      hash.Add(DigestOf(*object));
    }
    for (const helm::ReleaseRecord& record : (*read)->releases) {
      hash.Add(DigestOf(record)).Add(record.description);
    }
    hash.Add((*read)->keys ? (*read)->keys->Digest() : 0).Add((*read)->text.out);
    hash.Add((*read)->text.exit_code);
  } else if (const auto* event = std::get_if<Result<cluster::Event>>(&input)) {
    const auto* done = event->has_value() ? std::get_if<cluster::OperationDone>(&**event) : nullptr;
    hash.Add(event->has_value()).Add(done != nullptr);
    if (done != nullptr) {
      hash.Add(done->result.has_value());
      hash.Add(done->result ? ErrorCode::kFailed : done->result.error().code);
    }
  }
  return hash.Get();
}

}  // namespace

struct Session::JournalLine {
  std::string text;
  JournalPtr before;
};

Session::Session(SimCluster cluster, std::shared_ptr<const cluster::Driver> driver)
    : cluster_(std::move(cluster)),
      driver_(std::move(driver)),
      resumed_(std::make_shared<Remembered<cluster::DriverStatePtr>>(kResumedMax)) {
  Resume();
}

void Session::Resume() {
  state_ = resumed_->Get({journal_}, 0, [&] {
    auto state = driver_->Resume(journal());
    CHECK(state.has_value());
    return *std::move(state);
  });
}

std::vector<std::string> Session::journal() const {
  std::vector<std::string> lines;
  for (const JournalLine* line = journal_.get(); line != nullptr; line = line->before.get()) {
    lines.push_back(line->text);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

void Session::Think() {
  if (!turn_) {
    turn_ = std::make_shared<const cluster::Turn>(driver_->Next(state_, input_, cluster_.Now()));
  }
}

const cluster::Step& Session::Peek() {
  Think();
  return turn_->step;
}

void Session::Inject(Fault fault) {
  if (fault.site == SiteKind::kDriverStep) {
    driver_faults_.push_back(std::move(fault));
  } else {
    cluster_.Inject(std::move(fault));
  }
}

std::optional<Fate> Session::TakeFault() {
  const auto at = std::find_if(driver_faults_.begin(), driver_faults_.end(), [&](const Fault& f) {
    return f.when.empty() ? f.number == driver_steps_ : Holds(f.when, f.number, cluster_.state());
  });
  if (at == driver_faults_.end()) {
    return std::nullopt;
  }
  const Fate fate = at->fate;
  driver_faults_.erase(at);
  return fate;
}

void Session::Restart(Fate fate) {
  if (fate == Fate::kInterrupted) {
    cluster_.InterruptClient();
  } else {
    cluster_.KillClient();
  }
  if (fate == Fate::kStartedAnew || fate == Fate::kRunOnceAgain) {
    journal_ = nullptr;
  }
  cluster_.Pass(fate == Fate::kInterrupted ? kAwayMs : kRestartMs);
  Resume();
  input_ = cluster::Begin{};
}

Session Session::InsideOfWait(const SimCluster& now) const {
  Session inside = *this;
  inside.cluster_ = now;
  inside.is_inside_wait_ = true;
  return inside;
}

cluster::Input Session::Perform(const cluster::Step& step, const WaitWatch& watch) {
  return std::visit(
      Overloaded{
          [&](const cluster::ReadStep& read) { return cluster::Input(cluster_.Read(read.query)); },
          [&](const cluster::StartStep& start) {
            return cluster::Input(cluster_.Start(start.action));
          },
          [&](const cluster::WaitStep& wait) {
            if (!is_inside_wait_) {
              cluster_.BeginWait();
            }
            is_inside_wait_ = false;
            return cluster::Input(cluster_.GoOnWaiting(wait.deadline, watch));
          },
          [&](const cluster::JournalStep& entry) {
            journal_ = std::make_shared<const JournalLine>(JournalLine{entry.line, journal_});
            return cluster::Input(cluster::Begin{});
          },
          [&](const cluster::SayStep&) { return cluster::Input(cluster::Begin{}); },
          [&](const cluster::FinishStep& finish) {
            outcome_ = finish.outcome;
            return cluster::Input(cluster::Begin{});
          },
      },
      step);
}

void Session::Step(StepSink* sink, const WaitWatch& watch) {
  CHECK(!ended());
  ++driver_steps_;
  Think();
  const std::shared_ptr<const cluster::Turn> turn = std::move(turn_);
  turn_ = nullptr;
  const std::optional<Fate> fate = TakeFault();
  if (fate && fate != Fate::kDriverKilledAfter) {
    Restart(*fate);
    return;
  }
  const Instant began = cluster_.Now();
  state_ = turn->state;
  input_ = Perform(turn->step, watch);
  if (sink != nullptr) {
    sink->Stepped(began, turn->step, input_, cluster_);
  }
  if (const auto* event = std::get_if<Result<cluster::Event>>(&input_)) {
    hung_ = hung_ || !event->has_value();
  }
  hung_ = hung_ || driver_steps_ > bounds_.steps_max || cluster_.Now() > bounds_.time_max;
  if (fate == Fate::kDriverKilledAfter && !ended()) {
    Restart(*fate);
  }
}

void Session::Run(StepSink* sink) {
  while (!ended()) {
    Step(sink);
  }
}

Fingerprint Session::Digest() const {
  Hasher hash;
  hash.Add(cluster_.Digest()).Add(state_->Digest(cluster_.Now())).Add(DigestOfInput(input_));
  hash.Add(outcome_.has_value()).Add(hung_);
  for (const Fault& fault : driver_faults_) {
    hash.Add(fault.number - driver_steps_).Add(fault.fate);
  }
  return hash.Get();
}

}  // namespace rehearse::sim
