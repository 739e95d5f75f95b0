#include "simulator/sim_cluster.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/cluster/command_line.h"
#include "model/core/check.h"
#include "model/kube/machine.h"
#include "model/milvus/lawful.h"
#include "model/milvus/view.h"
#include "simulator/api_server.h"
#include "simulator/checkers/metadata.h"
#include "simulator/conditions.h"
#include "simulator/kubelet.h"
#include "simulator/state/rollouts.h"
#include "simulator/troubles.h"

namespace rehearse::sim {
namespace {

constexpr Millis kKubectlMs = 50;      // Law::kApiLatency
constexpr Millis kHelmRequestMs = 10;  // Law::kApiLatency

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

// The word that a driver's calls of one kind have in common; also what a lasting refusal falls on.
std::string VerbOf(const cluster::Action& action) {
  constexpr std::array<const char*, 7> kVerbs = {
      "apply", "patch", "scale", "annotate", "delete", "helm upgrade", "helm rollback"};
  return kVerbs.at(action.index());
}

bool Concerns(const cluster::Action& action, const Fault& fault) {
  if (fault.verb.empty()) {
    return true;
  }
  const std::string words = cluster::Describe(action);
  return VerbOf(action) == fault.verb &&
         (fault.object.empty() || words.find(fault.object) != std::string::npos);
}

// What a client of this kind gets to see of an error.
Error Seen(const cluster::Action& action, Error error) {
  if (IsHelm(action)) {
    error.message = "Error: UPGRADE FAILED: " + error.message;
    error.code = error.code == ErrorCode::kOutcomeUnknown ? error.code : ErrorCode::kFailed;
  }
  return error;
}

Error Refused() { return Error{ErrorCode::kUnavailable, "connection refused"}; }

}  // namespace

// Keeps what the monitors find.
class SimCluster::Watch final : public Monitor {
 public:
  explicit Watch(SimCluster& owner) : owner_(owner) {}

  void MilvusStarts(const ClusterState& state, const std::string& pod) override {
    Keep(CheckRocksMqIsAlone(state, pod));
  }
  void ToolRestores(const ClusterState& state, const std::string& bytes) override {
    if (owner_.original_) {
      Keep(CheckRestoredBackup(state, *owner_.original_, owner_.world().root_path, bytes));
    }
  }
  void ControllersRan(const ClusterState& state) override {
    if (owner_.serving_before_) {
      Keep(CheckKeepsServing(state, *owner_.serving_before_));
    }
  }
  void Saw(Moment moment) override { owner_.seen_.Add(moment); }
  void MilvusServes(const ClusterState& state, const std::string& pod) override {
    if (owner_.original_) {
      Keep(CheckServerMetadata(state, pod));
      FollowServer(state, pod);
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
  // A server writes keys of its own when it starts. On metadata of the original's generation, and
  // as long as it shows all of the original, what is there then is the original; unless a backup
  // holds it as it was, which is as good.
  void FollowServer(const ClusterState& state, const std::string& pod) {
    const Process* process = state.processes.Find(pod);
    const std::string& root = owner_.world().root_path;
    const etcd::Keys& keys = state.etcd.keys;
    if (process == nullptr || !process->milvus || SameMetadata(keys, *owner_.original_, root) ||
        GenerationOf(keys, root) != GenerationOf(*owner_.original_, root) ||
        FindValidBackup(state, *owner_.original_, root)) {
      return;
    }
    const auto before = milvus::ViewAs(*owner_.original_, {root, process->milvus->version});
    const auto now = milvus::ViewAs(keys, {root, process->milvus->version});
    if (before && now && milvus::ClassifyDifferences(*before, *now).unlawful.empty()) {
      owner_.Remember(keys);
    }
  }

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
SimCluster& SimCluster::operator=(const SimCluster& other) = default;

std::optional<Fault> SimCluster::TakeFault(SiteKind site, std::int64_t number) {
  const auto at = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return fault.site == site && fault.number == number && fault.verb.empty() && fault.when.empty();
  });
  if (at == faults_.end()) {
    return std::nullopt;
  }
  Fault fault = std::move(*at);
  faults_.erase(at);
  return fault;
}

Fate SimCluster::TakeActionFate(const cluster::Action& action) {
  const auto fault = TakeFault(SiteKind::kAction, ++state_.counters.actions);
  if (fault) {
    return fault->fate;
  }
  for (auto at = faults_.begin(); at != faults_.end(); ++at) {
    const bool meant = at->site == SiteKind::kAction && !at->verb.empty() && Concerns(action, *at);
    if (meant && --at->number == 0) {
      const Fate fate = at->fate;
      faults_.erase(at);
      return fate;
    }
  }
  return Fate::kApplied;
}

void SimCluster::Strike(const Fault& fault) {
  if (ClassOf(fault) == FaultClass::kPeople) {
    seen_.Add(Moment::kSomebodyActed);
  }
  if (fault.fate == Fate::kHelmUpgrade) {
    UpgradeBySomebody(fault);
    return;
  }
  Watch watch(*this);
  KubeletContext context{state_, *world_, laws_, watch};
  Happen(context, fault);
}

void SimCluster::HappenWhenItHolds() {
  const auto at = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return fault.site == SiteKind::kWait && !fault.when.empty() &&
           Holds(fault.when, fault.number, state_);
  });
  if (at != faults_.end()) {
    const Fault fault = *at;
    faults_.erase(at);
    Strike(fault);
  }
}

Result<cluster::Observation> SimCluster::Read(const cluster::Query& query) {
  if (std::holds_alternative<cluster::RolloutStatus>(query)) {
    state_.rollouts_watched = true;
  }
  const auto fault = TakeFault(SiteKind::kRead, ++state_.counters.reads);
  if (fault && fault->fate == Fate::kReadFails) {
    return tl::unexpected(Refused());
  }
  if (std::holds_alternative<cluster::EtcdRange>(query) && !EtcdServes(state_)) {
    return Fail(ErrorCode::kUnavailable, "etcdserver: no leader");
  }
  if (fault && fault->fate == Fate::kReadStale && previous_objects_ && CanBeStale(query)) {
    laws_.Add(Law::kStaleRead);
    if (previous_objects_->Digest() != state_.objects.Digest()) {
      seen_.Add(Moment::kStaleReadDiffered);
    }
    ClusterState stale = state_;
    stale.objects = *previous_objects_;
    return Observe(stale, *world_->notes, query);
  }
  return Observe(state_, *world_->notes, query);
}

void SimCluster::Launch(Operation operation) {
  const std::string id = std::to_string(++state_.operations_started);
  Millis wait = kKubectlMs;
  if (IsHelm(operation.action)) {
    helm::HelmTurn turn =
        helm::Start(world_->Helm(), RequestOf(operation.action, *world_), state_.now);
    laws_.Add(turn.laws);
    operation.helm = std::move(turn.next);
    operation.effect = std::move(turn.effect);
    wait = kHelmRequestMs;
  }
  state_.operations = state_.operations.Set(id, std::move(operation));
  SetTimer(state_, Timer{state_.now + wait, TimerKind::kOperation, id});
}

Result<cluster::OperationId> SimCluster::Start(const cluster::Action& action) {
  Operation operation;
  operation.action = action;
  operation.fate = TakeActionFate(action);
  if (operation.fate == Fate::kForbiddenForEver) {
    state_.troubles.push_back(Trouble{TroubleKind::kForbidden, VerbOf(action), kNever});
  }
  Launch(std::move(operation));
  return state_.operations_started;
}

void SimCluster::UpgradeBySomebody(const Fault& fault) {
  const helm::ReleaseRecord* newest = nullptr;
  state_.releases.ForPrefix(world_->ns + "/", [&](const std::string&, const auto& record) {
    if (record->name == world_->release &&
        (newest == nullptr || record->revision > newest->revision)) {
      newest = record.get();
    }
  });
  if (newest == nullptr) {
    return;
  }
  cluster::HelmUpgrade upgrade;
  upgrade.release = world_->release;
  upgrade.ns = world_->ns;
  upgrade.chart = "zilliztech/milvus";
  upgrade.version = helm::ChartVersion(*newest);
  if (fault.to.starts_with(kVersionFlag)) {
    upgrade.version = fault.to.substr(std::string_view(kVersionFlag).size());
  } else {
    upgrade.sets = {fault.to};
  }
  Operation operation;
  operation.action = std::move(upgrade);
  operation.orphaned = true;
  operation.foreign = true;
  Launch(std::move(operation));
}

Result<cluster::Event> SimCluster::Wait(Instant deadline) {
  BeginWait();
  return GoOnWaiting(deadline, {});
}

void SimCluster::BeginWait() {
  const auto fault = TakeFault(SiteKind::kWait, ++state_.counters.waits);
  if (fault) {
    Strike(*fault);
  }
}

Result<cluster::Event> SimCluster::GoOnWaiting(Instant deadline, const WaitWatch& watch) {
  while (done_.empty()) {
    if (!state_.timers || state_.timers->empty() || state_.timers->front().due > deadline) {
      if (deadline == kNever) {
        return Fail(ErrorCode::kUnavailable, "nothing is left to happen");
      }
      state_.now = std::max(state_.now, deadline);
      return cluster::Event(cluster::DeadlineReached{});
    }
    if (watch) {
      watch(*this);
    }
    const Timer timer = state_.timers->front();
    state_.timers = std::make_shared<const std::vector<Timer>>(std::next(state_.timers->begin()),
                                                               state_.timers->end());
    state_.now = std::max(state_.now, timer.due);
    HandleTimer(timer);
    if (!faults_.empty()) {
      HappenWhenItHolds();
    }
  }
  cluster::OperationDone done = std::move(done_.front());
  done_.erase(done_.begin());
  return cluster::Event(std::move(done));
}

void SimCluster::Pass(Millis ms) {
  const Instant until = state_.now + ms;
  while (state_.now < until) {
    const auto event =
        GoOnWaiting(until, {});  // nobody waits: what falls into a wait does not fall
    CHECK(event.has_value());
  }
}

void SimCluster::RunControllers() {
  state_.controllers_pending = false;
  kube::Reconciled result = kube::Reconcile(state_.objects);
  const kube::Objects before = std::exchange(state_.objects, std::move(result.objects));
  NoteProgress(before, state_);
  laws_.Add(result.laws);
  laws_.Add(Law::kControllerDelay);
  RemoveUnusedClaims(state_);
  Watch watch(*this);
  watch.ControllersRan(state_);
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

// A silent kubelet does none of these.
bool SimCluster::PutOff(const Timer& timer) {
  const bool of_kubelet = timer.kind == TimerKind::kContainerStart ||
                          timer.kind == TimerKind::kProbe || timer.kind == TimerKind::kAvailable ||
                          timer.kind == TimerKind::kKill;
  if (!of_kubelet || !OnLostNode(state_, timer.subject)) {
    return false;
  }
  SetTimer(state_, Timer{state_.now + kSilentMs, timer.kind, timer.subject});
  return true;
}

void SimCluster::StartPod(const std::string& pod) {
  if (state_.objects.Find(pod) == nullptr) {
    return;
  }
  Watch watch(*this);
  KubeletContext context{state_, *world_, laws_, watch};
  if (!WaitsForImage(context, pod)) {
    if (sink_ != nullptr) {
      sink_->PodStart(state_.now, pod);
    }
    const auto fault = TakeFault(SiteKind::kPodStart, ++state_.counters.pod_starts);
    if (fault) {
      TroubleAtStart(context, pod, fault->fate);
    }
    OnContainerStart(context, pod);
  }
}

void SimCluster::MoveProcess(const std::string& pod) {
  if (state_.processes.Find(pod) == nullptr) {
    return;
  }
  Watch watch(*this);
  KubeletContext context{state_, *world_, laws_, watch};
  if (IsToolStep(state_, pod)) {
    context.step_fate = StepFate("tool " + pod);
    const auto fault = TakeFault(SiteKind::kToolStep, ++state_.counters.tool_steps);
    context.tool_fate = fault ? fault->fate : Fate::kApplied;
  }
  OnProcess(context, pod);
}

void SimCluster::HandleTimer(const Timer& timer) {
  if (!state_.troubles.empty() && PutOff(timer)) {
    return;
  }
  Watch watch(*this);
  KubeletContext context{state_, *world_, laws_, watch};
  switch (timer.kind) {
    case TimerKind::kControllers:
      RunControllers();
      return;
    case TimerKind::kContainerStart:
      StartPod(timer.subject);
      return;
    case TimerKind::kProcess:
      MoveProcess(timer.subject);
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
    case TimerKind::kNodesFree:
    case TimerKind::kNodeEvicts:
    case TimerKind::kNodeBack:
    case TimerKind::kClaimFree:
    case TimerKind::kSessionLost:
      EndTrouble(context, timer);
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
    if (result) {
      seen_.Add(Moment::kAckLostButApplied);
    }
    result = Fail(ErrorCode::kOutcomeUnknown, "connection lost before an answer came");
  }
  done_.push_back(cluster::OperationDone{std::atoll(id.c_str()), std::move(result)});
}

// Why a call ends without any effect.
std::optional<Error> SimCluster::Refusal(const Operation& operation) {
  const std::string verb = VerbOf(operation.action);
  if (operation.fate == Fate::kForbidden || operation.fate == Fate::kForbiddenForEver ||
      Suffers(state_, TroubleKind::kForbidden, verb)) {
    laws_.Add(Law::kApiErrors);
    return Error{ErrorCode::kForbidden, "Error from server (Forbidden): cannot " + verb};
  }
  if (operation.fate == Fate::kNotApplied) {
    return Refused();
  }
  if (operation.fate == Fate::kTimedOut) {
    laws_.Add(Law::kApiErrors);
    return Error{ErrorCode::kOutcomeUnknown, "context deadline exceeded while awaiting headers"};
  }
  if (operation.fate == Fate::kServerError) {
    laws_.Add(Law::kApiErrors);
    return Error{ErrorCode::kUnavailable,
                 "Error from server (InternalError): an error on the server prevented the request "
                 "from succeeding"};
  }
  if (operation.fate == Fate::kConflict) {
    return Error{ErrorCode::kConflict,
                 "Error from server (Conflict): the object has been modified; please apply your "
                 "changes to the latest version and try again"};
  }
  return std::nullopt;
}

void SimCluster::StepOperation(const std::string& id) {
  const std::shared_ptr<const Operation> found = state_.operations.FindShared(id);
  if (found == nullptr) {
    return;
  }
  const Operation& operation = *found;
  if (auto error = Refusal(operation)) {
    Complete(id, operation, tl::unexpected(Seen(operation.action, *std::move(error))));
    return;
  }
  if (operation.helm) {
    StepHelm(id, operation);
    return;
  }
  previous_objects_ = std::make_shared<const kube::Objects>(state_.objects);
  auto result = Mutate(state_, operation.action, laws_);
  laws_.Add(Law::kApiLatency);
  if (operation.fate == Fate::kClaimPending || operation.fate == Fate::kClaimPendingForEver) {
    const bool for_ever = operation.fate == Fate::kClaimPendingForEver;
    HoldNewClaims(state_, for_ever ? kNever : state_.now + kClaimPendingMs);
  }
  Complete(id, operation, std::move(result));
}

void SimCluster::StepHelm(const std::string& id, Operation operation) {
  if (const auto* finish = std::get_if<helm::Finish>(&*operation.effect)) {
    if (finish->unknown) {
      unknown_ = unknown_.empty() ? finish->err : unknown_;
      Complete(id, operation, Fail(ErrorCode::kOutcomeUnknown, finish->err));
    } else if (finish->exit_code == 0) {
      Complete(id, operation, cluster::CommandResult{0, finish->out, finish->err});
    } else {
      Complete(id, operation, Fail(ErrorCode::kFailed, finish->err));
    }
    return;
  }
  const Fate fate = StepFate(std::string("helm ") + WordOf(*operation.effect));
  if (fate == Fate::kProcessKilled) {
    NoteLeftPending();
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
    input = CarryOut(state_, *world_->notes, *operation.effect);
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

void SimCluster::NoteLeftPending() {
  state_.releases.ForPrefix(world_->ns + "/", [&](const std::string&, const auto& record) {
    if (record->status == helm::ReleaseStatus::kPendingUpgrade) {
      seen_.Add(Moment::kReleaseLeftPending);
    }
  });
}

void SimCluster::DropClient(bool interrupted) {
  if (Holds("Milvus is stopped", 1, state_)) {
    seen_.Add(Moment::kClientKilledWhileStopped);
  }
  SharedMap<Operation> left;
  state_.operations.ForEach([&](const std::string& id, const auto& operation) {
    if (!operation->helm || operation->foreign) {
      Operation orphan = *operation;
      orphan.orphaned = true;
      left = left.Set(id, std::move(orphan));
    } else if (interrupted) {
      FailPendingRevision();
    } else {
      NoteLeftPending();
    }
  });
  state_.operations = std::move(left);
  done_.clear();
}

void SimCluster::FailPendingRevision() {
  std::vector<std::string> pending;
  state_.releases.ForPrefix(world_->ns + "/", [&](const std::string& key, const auto& record) {
    if (record->name == world_->release && record->status == helm::ReleaseStatus::kPendingUpgrade) {
      pending.push_back(key);
    }
  });
  for (const std::string& key : pending) {
    helm::ReleaseRecord record = *state_.releases.Find(key);
    record.status = helm::ReleaseStatus::kFailed;
    state_.releases = state_.releases.Set(key, std::move(record));
    laws_.Add(Law::kHelmInterrupted);
  }
}

void SimCluster::KillClient() { DropClient(false); }
void SimCluster::InterruptClient() { DropClient(true); }

Fingerprint SimCluster::Digest() const {
  Hasher hash;
  hash.Add(DigestOf(state_)).Add(done_.size()).Add(violations_.size());
  for (const Fault& fault : faults_) {
    hash.Add(fault.site).Add(fault.number).Add(fault.fate).Add(fault.subject).Add(fault.to);
    hash.Add(fault.verb).Add(fault.object).Add(fault.when);
  }
  if (!faults_.empty()) {  // faults are placed by count: then the counts matter too
    hash.Add(state_.counters.actions).Add(state_.counters.reads);
    hash.Add(state_.counters.waits).Add(state_.counters.process_steps);
    hash.Add(state_.counters.tool_steps).Add(state_.counters.pod_starts);
    hash.Add(state_.counters.tool_puts);
  }
  return hash.Get();
}

}  // namespace rehearse::sim
