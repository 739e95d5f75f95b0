#include "upgrade/procedures/by_hand.h"

#include "model/core/check.h"

namespace rehearse::upgrade {
namespace {

enum class Phase { kCommand, kStarted, kRunning, kSettling };

struct State final : cluster::DriverState {
  Phase phase = Phase::kCommand;
  cluster::OperationId operation = 0;
  Instant until;  // end of the settling
  int exit_code = 0;
  std::string said;

  [[nodiscard]] Fingerprint Digest(Instant now) const override {
    Hasher hash;
    hash.Add(phase).Add(exit_code);
    return phase == Phase::kSettling ? hash.Add(until - now).Get() : hash.Get();
  }
};

const State& Of(const cluster::DriverStatePtr& state) {
  const auto* own = dynamic_cast<const State*>(state.get());
  CHECK(own != nullptr);
  return *own;
}

void Keep(const Result<cluster::CommandResult>& result, State& next) {
  next.exit_code = result ? result->exit_code : 1;
  next.said = result ? result->out : result.error().message;
}

// What the input says of the command; true once it has ended.
bool HasEnded(const cluster::Input& input, State& next) {
  if (const auto* id = std::get_if<Result<cluster::OperationId>>(&input)) {
    if (!*id) {
      Keep(tl::unexpected(id->error()), next);
      return true;
    }
    next.operation = **id;
    next.phase = Phase::kRunning;
    return false;
  }
  const auto* event = std::get_if<Result<cluster::Event>>(&input);
  CHECK(event != nullptr);
  if (!*event) {
    Keep(tl::unexpected(event->error()), next);
    return true;
  }
  const auto* done = std::get_if<cluster::OperationDone>(&**event);
  if (done == nullptr || done->operation != next.operation) {
    return false;  // of somebody before
  }
  Keep(done->result, next);
  return true;
}

cluster::Step Finish(const State& state) {
  const auto kind =
      state.exit_code == 0 ? cluster::OutcomeKind::kReached : cluster::OutcomeKind::kStopped;
  return cluster::FinishStep{cluster::Outcome{kind, state.exit_code, state.said}};
}

}  // namespace

Result<cluster::DriverStatePtr> ByHand::Resume(const std::vector<std::string>& /*journal*/) const {
  return cluster::DriverStatePtr(std::make_shared<const State>());
}

cluster::Turn ByHand::Next(const cluster::DriverStatePtr& state,
                           const cluster::Input& input,
                           Instant now) const {
  auto next = std::make_shared<State>(Of(state));
  if (next->phase == Phase::kCommand && command_) {
    next->phase = Phase::kStarted;
    return {next, cluster::StartStep{*command_}};
  }
  const bool settles = next->phase == Phase::kSettling;
  if (!settles && next->phase != Phase::kCommand && !HasEnded(input, *next)) {
    return {next, cluster::WaitStep{kNever}};
  }
  if (!settles) {
    next->phase = Phase::kSettling;
    next->until = now + settle_ms_;
  }
  if (now < next->until) {
    return {next, cluster::WaitStep{next->until}};
  }
  return {next, Finish(*next)};
}

}  // namespace rehearse::upgrade
