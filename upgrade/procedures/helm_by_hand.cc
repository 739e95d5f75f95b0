#include "upgrade/procedures/helm_by_hand.h"

#include "model/core/check.h"

namespace rehearse::upgrade {
namespace {

enum class Phase { kCommand, kRunning, kSettling, kEnd };

struct State final : cluster::DriverState {
  Phase phase = Phase::kCommand;
  int exit_code = 0;
  std::string said;

  [[nodiscard]] Fingerprint Digest(Instant /*now*/) const override {
    return Hasher().Add(phase).Add(exit_code).Get();
  }
};

const State& Of(const cluster::DriverStatePtr& state) {
  const auto* own = dynamic_cast<const State*>(state.get());
  CHECK(own != nullptr);
  return *own;
}

void Hear(const cluster::Input& input, State& next) {
  const auto* event = std::get_if<Result<cluster::Event>>(&input);
  const auto* done =
      event != nullptr && *event ? std::get_if<cluster::OperationDone>(&**event) : nullptr;
  if (done == nullptr) {
    return;
  }
  next.exit_code = done->result ? done->result->exit_code : 1;
  next.said = done->result ? done->result->out : done->result.error().message;
}

}  // namespace

Result<cluster::DriverStatePtr> HelmByHand::Resume(
    const std::vector<std::string>& /*journal*/) const {
  return cluster::DriverStatePtr(std::make_shared<const State>());
}

cluster::Turn HelmByHand::Next(const cluster::DriverStatePtr& state,
                               const cluster::Input& input,
                               Instant now) const {
  auto next = std::make_shared<State>(Of(state));
  switch (next->phase) {
    case Phase::kCommand:
      next->phase = Phase::kRunning;
      return {next, cluster::StartStep{command_}};
    case Phase::kRunning:
      next->phase = Phase::kSettling;
      return {next, cluster::WaitStep{kNever}};
    case Phase::kSettling:
      Hear(input, *next);
      next->phase = Phase::kEnd;
      return {next, cluster::WaitStep{now + settle_ms_}};
    case Phase::kEnd:
      break;
  }
  const auto kind =
      next->exit_code == 0 ? cluster::OutcomeKind::kReached : cluster::OutcomeKind::kStopped;
  return {next, cluster::FinishStep{cluster::Outcome{kind, next->exit_code, next->said}}};
}

}  // namespace rehearse::upgrade
