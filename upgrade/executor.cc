#include "upgrade/executor.h"

#include <algorithm>
#include <utility>

#include "model/core/check.h"
#include "upgrade/executor/account.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/program.h"
#include "upgrade/executor/state.h"

namespace rehearse::upgrade {
namespace executor {
namespace {

using cluster::Input;
using cluster::Step;

// Whether trying the same again cannot help, as far as one answer tells.
bool IsRefusal(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kForbidden:
    case ErrorCode::kFailed:
      return true;
    case ErrorCode::kConflict:
    case ErrorCode::kUnavailable:
    case ErrorCode::kOutcomeUnknown:
      return false;
  }
  return false;
}

int ConfirmationsOf(const Verdict& verdict) {
  if (const auto* done = std::get_if<Done>(&verdict)) {
    return done->confirm;
  }
  if (const auto* learn = std::get_if<Learn>(&verdict)) {
    return learn->confirm;
  }
  if (const auto* act = std::get_if<Act>(&verdict)) {
    return act->confirm;
  }
  const auto* give_up = std::get_if<GiveUp>(&verdict);
  return give_up == nullptr ? 1 : give_up->confirm;
}

cluster::Outcome Reached(const result::Plan& plan, const Facts& facts) {
  if (plan.hops.empty()) {
    return {cluster::OutcomeKind::kNothingToDo, 0, "there is nothing to do"};
  }
  return {cluster::OutcomeKind::kReached, 0, ReachedAccount(plan, facts)};
}

// Of any hop of this run.
bool HasBackup(const result::Plan& plan, const Facts& facts) {
  return std::any_of(plan.hops.begin(), plan.hops.end(), [&facts](const result::Hop& hop) {
    return !facts.Get(hop.id + "/baseline").empty();
  });
}

constexpr int kLastLookTries = 3;

// One turn of an executor: takes the input in, then goes on to the next step.
class Engine {
 public:
  Engine(const Program& program, ExecutorState* state, Instant now)
      : program_(program), state_(*state), now_(now) {}

  void Absorb(const Input& input) {
    if (state_.phase == Phase::kBegin) {
      BeginRun();
    } else if (const auto* seen = std::get_if<Result<cluster::Observation>>(&input)) {
      OnObservation(*seen);
    } else if (const auto* started = std::get_if<Result<cluster::OperationId>>(&input)) {
      OnStarted(*started);
    } else if (const auto* event = std::get_if<Result<cluster::Event>>(&input)) {
      OnEvent(*event);
    }
  }

  Step Advance() {
    for (;;) {
      if (!state_.messages.empty()) {
        return TakeMessage();
      }
      switch (state_.phase) {
        case Phase::kBegin:
        case Phase::kFinished:
          return cluster::FinishStep{state_.outcome};
        case Phase::kRead:
        case Phase::kLastLook:
          if (state_.next_read < state_.queue.size()) {
            return cluster::ReadStep{program_.QueryOf(stage(), state_.queue[state_.next_read])};
          }
          state_.phase == Phase::kRead ? Decide() : Conclude();
          break;
        case Phase::kStart:
          return cluster::StartStep{*state_.action};
        case Phase::kOperation:
          return cluster::WaitStep{state_.until};
        case Phase::kPause:
          if (now_ < state_.until) {
            return cluster::WaitStep{state_.until};
          }
          BeginPoll();
          break;
      }
    }
  }

 private:
  [[nodiscard]] const Stage& stage() const { return program_.stages()[state_.stage]; }
  [[nodiscard]] Millis ForKeys() const {
    return stage().per_key_ms * state_.facts->Int(program_.HopOf(stage()).id + "/keys");
  }
  [[nodiscard]] Millis DeadlineMs() const { return stage().deadline_ms + ForKeys(); }
  [[nodiscard]] bool Overdue() const { return now_ >= state_.stage_deadline; }
  [[nodiscard]] Context MakeContext() const {
    const bool impatient = state_.patience_until != kNever && now_ >= state_.patience_until;
    return Context{program_.plan(),
                   program_.HopOf(stage()),
                   *state_.facts,
                   program_.options(),
                   state_.seen,
                   program_.RootPathOf(program_.HopOf(stage())),
                   Overdue(),
                   impatient};
  }

  // ---- messages --------------------------------------------------------------------------------

  Step TakeMessage() {
    Message message = std::move(state_.messages.front());
    state_.messages.erase(state_.messages.begin());
    if (message.durable) {
      return cluster::JournalStep{std::move(message.text)};
    }
    return cluster::SayStep{std::move(message.text)};
  }
  void Journal(std::string line) { state_.messages.push_back({true, std::move(line)}); }
  void Say(const std::string& text) {
    state_.messages.push_back({false, stage().id + " " + stage().name + "\t" + text});
  }
  void Remember(const Updates& updates, std::string_view stage_id) {
    state_.facts = std::make_shared<const Facts>(state_.facts->With(updates));
    Journal(UpdateLine(updates, stage_id));
  }

  // ---- stages ----------------------------------------------------------------------------------

  void BeginRun() {
    if (!state_.journal_begun) {
      Journal(PlanLine(program_.fingerprint()));
      state_.journal_begun = true;
    }
    Enter(state_.stage);
  }

  void Enter(std::size_t index) {
    state_.stage = index;
    state_.stage_deadline = now_ + DeadlineMs();
    state_.patience_until = kNever;
    state_.refusals = 0;
    state_.last_error.clear();
    state_.last_said.clear();
    Forget();
    Say("begin: " + stage().title);
    BeginPoll();
  }

  void Forget() {
    state_.last_verdict = 0;
    state_.repeats = 0;
  }

  void BeginPoll() {
    state_.seen = Seen{};
    state_.queue.clear();
    for (const Slot slot : stage().reads) {
      state_.queue.push_back({slot, {}, ""});
    }
    state_.next_read = 0;
    state_.action = nullptr;
    state_.phase = Phase::kRead;
  }

  void PauseFor(Millis wait_ms) {
    state_.action = nullptr;
    state_.seen = Seen{};  // what was seen is old by then
    state_.queue.clear();
    state_.next_read = 0;
    state_.until = now_ + wait_ms;
    state_.phase = Phase::kPause;
  }

  void GoTo(std::size_t index, Updates updates) {
    const Stage& next = program_.stages()[index];
    if (next.hop != stage().hop) {
      for (auto& forgotten : state_.facts->ForgettingHop(program_.HopOf(stage()).id)) {
        updates.push_back(std::move(forgotten));
      }
    }
    Remember(updates, next.id);
    Enter(index);
  }

  // ---- inputs ----------------------------------------------------------------------------------

  void OnObservation(const Result<cluster::Observation>& seen) {
    const Ask& ask = state_.queue[state_.next_read];
    const bool of_pod = ask.slot == Slot::kLog || ask.slot == Slot::kFile;
    ObservationPtr observation;
    if (seen) {
      observation = std::make_shared<const cluster::Observation>(*seen);
    } else if (seen.error().code == ErrorCode::kNotFound ||
               (of_pod && seen.error().code == ErrorCode::kFailed)) {
      cluster::Observation nothing;  // an answer too: there is none
      nothing.text = {1, "", seen.error().message};
      observation = std::make_shared<const cluster::Observation>(std::move(nothing));
    } else if (state_.phase == Phase::kRead) {
      state_.last_error = seen.error().message;
      if (Overdue()) {
        LeaveStage({"cannot read the cluster: " + state_.last_error});
      } else {
        PauseFor(stage().poll_ms);
      }
      return;
    } else if (++state_.look_tries < kLastLookTries) {
      return;  // read it again
    }
    state_.look_tries = 0;
    state_.seen[static_cast<std::size_t>(ask.slot)] = std::move(observation);
    ++state_.next_read;
  }

  void OnStarted(const Result<cluster::OperationId>& started) {
    if (!started) {
      OnFailure(started.error());
      return;
    }
    const bool is_helm = std::holds_alternative<cluster::HelmUpgrade>(*state_.action) ||
                         std::holds_alternative<cluster::HelmRollback>(*state_.action);
    const ExecutorOptions& options = program_.options();
    state_.operation = *started;
    state_.until = now_ + (is_helm ? options.helm_deadline_ms : options.action_deadline_ms);
    state_.phase = Phase::kOperation;
  }

  void OnEvent(const Result<cluster::Event>& event) {
    if (state_.phase != Phase::kOperation) {
      return;  // a pause ends by the clock; the end of an abandoned operation is seen in its effect
    }
    const auto* done = event ? std::get_if<cluster::OperationDone>(&*event) : nullptr;
    if (done != nullptr && done->operation == state_.operation) {
      OnOperationDone(done->result);
    } else if (now_ >= state_.until) {
      ++state_.abandoned;
      OnFailure({ErrorCode::kOutcomeUnknown, "no answer in time"});
    }
  }

  void OnOperationDone(const Result<cluster::CommandResult>& result) {
    if (!result) {
      OnFailure(result.error());
    } else if (result->exit_code != 0) {
      OnFailure({ErrorCode::kFailed, result->err});
    } else {
      state_.refusals = 0;
      BeginPoll();
    }
  }

  void OnFailure(const Error& error) {
    state_.last_error = error.message.substr(0, error.message.find_last_not_of(" \n") + 1);
    if (error.code == ErrorCode::kOutcomeUnknown &&
        program_.options().bug == SeededBug::kAssumeAppliedOnUnknown) {
      state_.assumed = DigestOf(*state_.action);
    }
    if (IsRefusal(error.code) && ++state_.refusals >= program_.options().attempts_max) {
      LeaveStage({"an action was refused " + std::to_string(state_.refusals) +
                  " times in a row: " + state_.last_error});
      return;
    }
    Say("not done: " + state_.last_error + "; looking again");
    PauseFor(stage().poll_ms);
  }

  // ---- verdicts --------------------------------------------------------------------------------

  void Decide() {
    Verdict verdict = stage().judge(MakeContext());
    if (const auto* ask = std::get_if<Ask>(&verdict)) {
      CHECK(!MakeContext().Has(ask->slot));
      state_.queue.push_back(*ask);
      return;
    }
    if (Overdue()) {
      ApplyDeadline(&verdict);
    }
    const int wanted = ConfirmationsOf(verdict);
    if (wanted > 1) {
      const Fingerprint digest = DigestOf(verdict);
      state_.repeats = digest == state_.last_verdict ? state_.repeats + 1 : 1;
      state_.last_verdict = digest;
      if (state_.repeats < wanted) {
        PauseFor(program_.options().poll_ms);
        return;
      }
    }
    Forget();
    std::visit([this](const auto& each) { Carry(each); }, verdict);
  }

  // Neither waiting nor acting goes on for ever.
  void ApplyDeadline(Verdict* verdict) const {
    const std::string late = " (not done within " + std::to_string(DeadlineMs() / 1000) + " s)";
    if (const auto* pause = std::get_if<Pause>(verdict)) {
      *verdict = GiveUp{pause->why + late};
    } else if (std::holds_alternative<Act>(*verdict)) {
      *verdict = GiveUp{
          (state_.last_error.empty() ? "what is done does not last" : state_.last_error) + late};
    }
  }

  void Carry(const Ask& /*unused*/) const { CHECK(false); }

  void Carry(const Done& done) {
    Say("done");
    const auto next =
        done.next ? program_.Find(stage().hop, *done.next) : program_.After(state_.stage);
    if (next) {
      GoTo(*next, done.set);
      return;
    }
    Remember(done.set, kReachedStage);
    state_.outcome = Reached(program_.plan(), *state_.facts);
    state_.phase = Phase::kFinished;
  }

  void Carry(const Learn& learn) {
    Remember(learn.set, stage().id);
    state_.patience_until = kNever;
    BeginPoll();
  }

  void Carry(const Act& act) {
    if (state_.assumed != 0 && state_.assumed == DigestOf(act.action)) {
      state_.assumed = 0;
      Carry(Done{});
      return;
    }
    if (!act.set.empty()) {
      Remember(act.set, stage().id);
    }
    state_.patience_until = kNever;
    state_.seen = Seen{};
    state_.queue.clear();
    state_.next_read = 0;
    state_.action = std::make_shared<const cluster::Action>(act.action);
    state_.phase = Phase::kStart;
  }

  void Carry(const Pause& pause) {
    if (!pause.suspect) {
      state_.patience_until = kNever;
    } else if (state_.patience_until == kNever) {
      state_.patience_until = now_ + stage().patience_ms + ForKeys();
    }
    if (pause.why != state_.last_said) {
      state_.last_said = pause.why;
      Say("waiting: " + pause.why);
    }
    PauseFor(stage().poll_ms);
  }

  void Carry(const GiveUp& give_up) { LeaveStage(give_up); }

  // ---- the ways out ----------------------------------------------------------------------------

  void LeaveStage(const GiveUp& give_up) {
    Forget();
    const result::Hop& hop = program_.HopOf(stage());
    if (stage().optional) {
      Carry(Done{{{hop.id + "/left_over", give_up.why}}});
      return;
    }
    const std::string key = hop.id + "/giving_up";
    const std::string& reason = state_.facts->Get(key);
    const auto target = give_up.next ? give_up.next : stage().way_out;
    const auto next = target ? program_.Find(stage().hop, *target) : std::nullopt;
    if (next) {
      Say("gave up: " + give_up.why);
      GoTo(*next, reason.empty() ? Updates{{key, give_up.why}} : Updates{});
      return;
    }
    state_.stop_why = reason;
    if (!give_up.why.empty()) {
      state_.stop_why += (reason.empty() ? "" : "; on the way back: ") + give_up.why;
    }
    LookOnceMore(give_up.log_of);
  }

  void LookOnceMore(const std::optional<kube::Ref>& log_of) {
    state_.seen = Seen{};
    state_.queue = {{Slot::kReleases, {}, ""}, {Slot::kDeployments, {}, ""}};
    if (!program_.RootPathOf(program_.HopOf(stage())).empty()) {
      state_.queue.push_back({Slot::kMetadata, {}, ""});
    }
    if (!HasBackup(program_.plan(), *state_.facts)) {  // an earlier run may have left one
      for (const Slot slot : {Slot::kClaims, Slot::kConfigMaps, Slot::kPods}) {
        state_.queue.push_back({slot, {}, ""});
      }
    }
    if (log_of) {
      state_.queue.push_back({Slot::kLog, *log_of, ""});
    }
    state_.next_read = 0;
    state_.action = nullptr;
    state_.phase = Phase::kLastLook;
  }

  void Conclude() {
    state_.outcome = {
        cluster::OutcomeKind::kStopped, 1, StopAccount(MakeContext(), stage(), state_.stop_why)};
    Say("stopped: " + state_.stop_why);
    // Whoever goes on with this journal has cured the cause: the tries count from here.
    const std::string& hop = program_.HopOf(stage()).id;
    const std::string& helm_tries = state_.facts->Get(hop + "/helm_try");
    const std::string& restore_tries = state_.facts->Get(hop + "/restore_try");
    if (!helm_tries.empty() || !restore_tries.empty()) {
      Remember({{hop + "/helm_try_base", helm_tries}, {hop + "/restore_try_base", restore_tries}},
               stage().id);
    }
    state_.phase = Phase::kFinished;
  }

  const Program& program_;
  ExecutorState& state_;
  Instant now_;
};

}  // namespace
}  // namespace executor

using cluster::Input;
using cluster::Step;
using executor::ExecutorState;
using executor::Phase;
using executor::Program;

Executor::Executor(std::shared_ptr<const result::Plan> plan, ExecutorOptions options)
    : program_(std::make_shared<const Program>(std::move(plan), options)) {}

Result<cluster::DriverStatePtr> Executor::Resume(const std::vector<std::string>& journal) const {
  TRY_ASSIGN(const executor::Replayed replayed, executor::ReplayJournal(journal));
  if (replayed.begun && replayed.plan != program_->fingerprint()) {
    return BadInput("the journal belongs to another plan");
  }
  auto state = std::make_shared<ExecutorState>();
  state->facts = std::make_shared<const executor::Facts>(replayed.facts);
  state->journal_begun = replayed.begun;
  if (replayed.reached) {  // success is said upon a new look alone
    state->stage = program_->stages().size() - 1;
  } else if (!replayed.stage.empty()) {
    const auto stage = program_->FindId(replayed.stage);
    if (!stage) {
      return BadInput("the journal names stage " + replayed.stage + ", which the plan has not");
    }
    state->stage = *stage;
  }
  return cluster::DriverStatePtr(std::move(state));
}

cluster::Turn Executor::Next(const cluster::DriverStatePtr& state,
                             const Input& input,
                             Instant now) const {
  auto next = std::make_shared<ExecutorState>(static_cast<const ExecutorState&>(*state));
  executor::Engine engine(*program_, next.get(), now);
  engine.Absorb(input);
  Step step = engine.Advance();
  return {std::move(next), std::move(step)};
}

}  // namespace rehearse::upgrade
