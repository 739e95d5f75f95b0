#include "simulator/sim_cluster.h"

#include <algorithm>
#include <array>

#include "model/core/check.h"
#include "model/kube/machine.h"
#include "simulator/api_server.h"
#include "simulator/checkers/metadata.h"
#include "simulator/kubelet.h"

namespace rehearse::sim {
namespace {

constexpr Millis kKubectlMs = 50;          // Law::kApiLatency
constexpr Millis kHelmRequestMs = 10;      // Law::kApiLatency
constexpr Millis kLeaderChangeMs = 3'000;  // Law::kEtcdLeaderChange

bool IsHelm(const cluster::Action& action) {
  return std::holds_alternative<cluster::HelmUpgrade>(action) ||
         std::holds_alternative<cluster::HelmRollback>(action);
}

helm::HelmRequest RequestOf(const cluster::Action& action, const World& world) {
  if (const auto* upgrade = std::get_if<cluster::HelmUpgrade>(&action)) {
    helm::UpgradeRequest request;
    request.release = upgrade->release;
    request.ns = upgrade->ns;
    request.chart_version = upgrade->version;
    request.mode = upgrade->values;
    request.sets = upgrade->sets;
    request.wait = upgrade->wait || upgrade->atomic;
    request.atomic = upgrade->atomic;
    request.timeout_ms = upgrade->timeout_ms;
    request.clock_origin_unix_ms = world.clock_origin_unix_ms;
    return request;
  }
  const auto& rollback = std::get<cluster::HelmRollback>(action);
  helm::RollbackRequest request;
  request.release = rollback.release;
  request.ns = rollback.ns;
  request.revision = rollback.revision;
  request.clock_origin_unix_ms = world.clock_origin_unix_ms;
  return request;
}

const char* WordOf(const helm::HelmEffect& effect) {
  constexpr std::array<const char*, 9> kWords = {"read releases",
                                                 "read live objects",
                                                 "create",
                                                 "patch",
                                                 "delete",
                                                 "put release",
                                                 "drop release",
                                                 "poll",
                                                 "finish"};
  return kWords.at(effect.index());
}

Error Refused() { return Error{ErrorCode::kUnavailable, "connection refused"}; }

}  // namespace

// Keeps what the monitors find.
class SimCluster::Watch final : public Monitor {
 public:
  explicit Watch(SimCluster& owner) : owner_(owner) {}

  void MilvusServes(const ClusterState& state, const std::string& pod) override {
    if (owner_.original_) {
      Keep(CheckServerMetadata(state, pod));
    }
  }
  void ToolChangesMetadata(const ClusterState& state, const std::string& pod) override {
    if (owner_.original_) {
      Keep(CheckToolIsAlone(state, pod));
      Keep(CheckOriginalIsSafe(
          state, *owner_.original_, owner_.world().root_path, owner_.valid_backup_));
    }
  }

 private:
  void Keep(std::optional<Violation> violation) {
    const auto& known = owner_.violations_;
    const bool is_new = violation && std::none_of(known.begin(), known.end(), [&](const auto& v) {
                          return v.property == violation->property;
                        });
    if (is_new) {
      owner_.violations_.push_back(*std::move(violation));
    }
  }

  SimCluster& owner_;
};

SimCluster::SimCluster(ClusterState state, std::shared_ptr<const World> world)
    : state_(std::move(state)), world_(std::move(world)) {}

SimCluster::SimCluster(const SimCluster& other) = default;

std::optional<Fault> SimCluster::TakeFault(SiteKind site, std::int64_t number) {
  const auto at = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return fault.site == site && fault.number == number;
  });
  if (at == faults_.end()) {
    return std::nullopt;
  }
  Fault fault = std::move(*at);
  faults_.erase(at);
  return fault;
}

Result<cluster::Observation> SimCluster::Read(const cluster::Query& query) {
  const auto fault = TakeFault(SiteKind::kRead, ++state_.counters.reads);
  if (fault && fault->fate == Fate::kReadFails) {
    return tl::unexpected(Refused());
  }
  if (std::holds_alternative<cluster::EtcdRange>(query) && !EtcdServes(state_)) {
    return Fail(ErrorCode::kUnavailable, "etcdserver: no leader");
  }
  if (fault && fault->fate == Fate::kReadStale && previous_objects_ && CanBeStale(query)) {
    laws_.Add(Law::kStaleRead);
    ClusterState stale = state_;
    stale.objects = *previous_objects_;
    return Observe(stale, query);
  }
  return Observe(state_, query);
}

Result<cluster::OperationId> SimCluster::Start(const cluster::Action& action) {
  const auto fault = TakeFault(SiteKind::kAction, ++state_.counters.actions);
  Operation operation;
  operation.action = action;
  operation.fate = fault ? fault->fate : Fate::kApplied;
  const cluster::OperationId id = ++state_.operations_started;
  Millis wait = kKubectlMs;
  if (IsHelm(action)) {
    helm::HelmTurn turn = helm::Start(world_->Helm(), RequestOf(action, *world_), state_.now);
    laws_.Add(turn.laws);
    operation.helm = std::move(turn.next);
    operation.effect = std::move(turn.effect);
    wait = kHelmRequestMs;
  }
  state_.operations = state_.operations.Set(std::to_string(id), std::move(operation));
  SetTimer(state_, Timer{state_.now + wait, TimerKind::kOperation, std::to_string(id)});
  return id;
}

Result<cluster::Event> SimCluster::Wait(Instant deadline) {
  const auto fault = TakeFault(SiteKind::kWait, ++state_.counters.waits);
  if (fault && fault->fate == Fate::kEtcdLeaderChange) {
    state_.etcd_down_until = state_.now + kLeaderChangeMs;
    SetTimer(state_, Timer{state_.etcd_down_until, TimerKind::kEtcdBack, ""});
    laws_.Add(Law::kEtcdLeaderChange);
  }
  if (fault && fault->fate == Fate::kPodDeleted && state_.objects.Find(fault->subject) != nullptr) {
    state_.objects = kube::MarkDeleted(state_.objects, state_.objects.Find(fault->subject)->ref);
    WakeControllers(state_);
  }
  while (done_.empty()) {
    if (!state_.timers || state_.timers->empty() || state_.timers->front().due > deadline) {
      if (deadline == kNever) {
        return Fail(ErrorCode::kUnavailable, "nothing is left to happen");
      }
      state_.now = std::max(state_.now, deadline);
      return cluster::Event(cluster::DeadlineReached{});
    }
    const Timer timer = state_.timers->front();
    state_.timers = std::make_shared<const std::vector<Timer>>(std::next(state_.timers->begin()),
                                                               state_.timers->end());
    state_.now = std::max(state_.now, timer.due);
    HandleTimer(timer);
  }
  cluster::OperationDone done = std::move(done_.front());
  done_.erase(done_.begin());
  return cluster::Event(std::move(done));
}

void SimCluster::Pass(Millis ms) {
  const Instant until = state_.now + ms;
  while (state_.now < until) {
    const auto event = Wait(until);
    --state_.counters.waits;  // nobody waited
    CHECK(event.has_value());
  }
}

void SimCluster::RunControllers() {
  state_.controllers_pending = false;
  kube::Reconciled result = kube::Reconcile(state_.objects);
  state_.objects = std::move(result.objects);
  laws_.Add(result.laws);
  laws_.Add(Law::kControllerDelay);
  Watch watch(*this);
  KubeletContext context{state_, *world_, laws_, watch};
  Sync(context);
}

Fate SimCluster::StepFate(const std::string& process) {
  if (sink_ != nullptr) {
    sink_->ProcessStep(state_.now, process);
  }
  const auto fault = TakeFault(SiteKind::kProcessStep, ++state_.counters.process_steps);
  return fault ? fault->fate : Fate::kApplied;
}

void SimCluster::HandleTimer(const Timer& timer) {
  Watch watch(*this);
  KubeletContext context{state_, *world_, laws_, watch};
  const bool pod_is_there = state_.objects.Find(timer.subject) != nullptr;
  switch (timer.kind) {
    case TimerKind::kControllers:
      RunControllers();
      return;
    case TimerKind::kContainerStart:
      if (pod_is_there) {
        OnContainerStart(context, timer.subject);
      }
      return;
    case TimerKind::kProcess:
      if (state_.processes.Find(timer.subject) != nullptr) {
        if (IsToolStep(state_, timer.subject)) {
          context.step_fate = StepFate("tool " + timer.subject);
        }
        OnProcess(context, timer.subject);
      }
      return;
    case TimerKind::kProbe:
      OnProbe(context, timer.subject);
      return;
    case TimerKind::kAvailable:
      OnAvailable(context, timer.subject);
      return;
    case TimerKind::kKill:
      OnKill(context, timer.subject);
      return;
    case TimerKind::kLease:
      OnLease(context, timer.subject);
      return;
    case TimerKind::kEtcdBack:
      return;  // whoever waits for etcd tries again by itself
    case TimerKind::kOperation:
      StepOperation(timer.subject);
      return;
  }
}

void SimCluster::Complete(const std::string& id,
                          const Operation& operation,
                          Result<cluster::CommandResult> result) {
  state_.operations = state_.operations.Erase(id);
  if (operation.orphaned) {
    return;
  }
  if (operation.fate == Fate::kAckLost) {
    result = Fail(ErrorCode::kOutcomeUnknown, "connection lost before an answer came");
  }
  done_.push_back(cluster::OperationDone{std::atoll(id.c_str()), std::move(result)});
}

void SimCluster::StepOperation(const std::string& id) {
  const Operation* found = state_.operations.Find(id);
  if (found == nullptr) {
    return;
  }
  const Operation operation = *found;
  if (operation.fate == Fate::kNotApplied) {
    Complete(id, operation, tl::unexpected(Refused()));
    return;
  }
  if (operation.fate == Fate::kConflict) {
    Complete(id,
             operation,
             Fail(ErrorCode::kConflict,
                  "Error from server (Conflict): the object has been modified; please apply your "
                  "changes to the latest version and try again"));
    return;
  }
  if (operation.helm) {
    StepHelm(id, operation);
    return;
  }
  previous_objects_ = std::make_shared<const kube::Objects>(state_.objects);
  auto result = Mutate(state_, operation.action, laws_);
  laws_.Add(Law::kApiLatency);
  Complete(id, operation, std::move(result));
}

void SimCluster::StepHelm(const std::string& id, Operation operation) {
  if (const auto* finish = std::get_if<helm::Finish>(&*operation.effect)) {
    if (finish->exit_code == 0) {
      Complete(id, operation, cluster::CommandResult{0, finish->out, finish->err});
    } else {
      Complete(id, operation, Fail(ErrorCode::kFailed, finish->err));
    }
    return;
  }
  const Fate fate = StepFate(std::string("helm ") + WordOf(*operation.effect));
  if (fate == Fate::kProcessKilled) {
    operation.fate = Fate::kAckLost;  // the driver sees its child die: what was done is not known
    Complete(id, operation, cluster::CommandResult{});
    return;
  }
  helm::HelmInput input;
  if (fate == Fate::kStepFails) {
    input.now = state_.now;
    input.error = Error{ErrorCode::kUnavailable, "etcdserver: leader changed"};
  } else {
    previous_objects_ = std::make_shared<const kube::Objects>(state_.objects);
    input = CarryOut(state_, *operation.effect);
  }
  const auto* poll = std::get_if<helm::PollReady>(&*operation.effect);
  const Millis pause = poll != nullptr && !input.ready ? poll->interval_ms : kHelmRequestMs;
  helm::HelmTurn turn = helm::Step(world_->Helm(), *operation.helm, input);
  laws_.Add(turn.laws);
  operation.helm = std::move(turn.next);
  operation.effect = std::move(turn.effect);
  state_.operations = state_.operations.Set(id, std::move(operation));
  SetTimer(state_, Timer{state_.now + pause, TimerKind::kOperation, id});
}

void SimCluster::KillClient() {
  SharedMap<Operation> left;
  state_.operations.ForEach([&](const std::string& id, const auto& operation) {
    if (!operation->helm) {
      Operation orphan = *operation;
      orphan.orphaned = true;
      left = left.Set(id, std::move(orphan));
    }
  });
  state_.operations = std::move(left);
  done_.clear();
}

Fingerprint SimCluster::Digest() const {
  Hasher hash;
  hash.Add(DigestOf(state_)).Add(done_.size()).Add(violations_.size());
  for (const Fault& fault : faults_) {
    hash.Add(fault.site).Add(fault.number).Add(fault.fate).Add(fault.subject);
  }
  if (!faults_.empty()) {  // faults are placed by count: then the counts matter too
    hash.Add(state_.counters.actions).Add(state_.counters.reads);
    hash.Add(state_.counters.waits).Add(state_.counters.process_steps);
  }
  return hash.Get();
}

}  // namespace rehearse::sim
