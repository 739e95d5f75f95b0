#include "upgrade/procedures/operator_upgrade.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "model/cluster/command_line.h"
#include "model/core/check.h"
#include "model/core/json.h"
#include "upgrade/procedures/operator_texts.h"

namespace rehearse::upgrade {
namespace {

using cluster::Action;
using cluster::OutcomeKind;

constexpr Millis kRequeue = Seconds(30);     // Law::kOperatorRequeue
constexpr Millis kPodLook = Seconds(1);      // Law::kOperatorRequeue
constexpr Millis kErrorPause = Seconds(1);   // Law::kOperatorRequeue
constexpr Millis kSessionTtl = Seconds(60);  // Law::kOperatorStop

// The operator's words. Law::kOperatorStates
constexpr std::string_view kPending;
constexpr std::string_view kOldVersionStopping = "OldVersionStopping";
constexpr std::string_view kBackupMeta = "BackupMeta";
constexpr std::string_view kUpdatingMeta = "UpdatingMeta";
constexpr std::string_view kNewVersionStarting = "NewVersionStarting";
constexpr std::string_view kSucceeded = "Succeeded";
constexpr std::string_view kBakupMetaFailed = "BakupMetaFailed";
constexpr std::string_view kUpdateMetaFailed = "UpdateMetaFailed";
constexpr std::string_view kRollbackNewVersionStopping = "RollbackNewVersionStopping";
constexpr std::string_view kRollbackRestoringOldMeta = "RollbackRestoringOldMeta";
constexpr std::string_view kRollbackOldVersionStarting = "RollbackOldVersionStarting";
constexpr std::string_view kRollbackedSucceeded = "RollbackedSucceeded";
constexpr std::string_view kRollbackFailed = "RollbackFailed";

// ---- the two resources -------------------------------------------------------------------------

// The status of the MilvusUpgrade.
struct Status {
  std::string state{kPending};
  bool meta_storage_changed = false;
  bool meta_backuped = false;
  bool is_rollbacking = false;
  std::string source_image;
  std::optional<std::map<std::string, std::int64_t>> replicas;  // by Deployment
  std::string backup_claim;
  int retried_times = 0;
  std::string message;  // of the condition Upgraded or Rollbacked

  friend bool operator==(const Status&, const Status&) = default;
};

Json ToJson(const Status& status) {
  Json json = {
      {"state", status.state},
      {"metaStorageChanged", status.meta_storage_changed},
      {"metaBackuped", status.meta_backuped},
      {"isRollbacking", status.is_rollbacking},
      {"sourceImage", status.source_image},
      {"backupPVC", status.backup_claim},
      {"retriedTimes", status.retried_times},
      {"conditions",
       {{{"type", status.is_rollbacking ? "Rollbacked" : "Upgraded"},
         {"status",
          status.state == kSucceeded || status.state == kRollbackedSucceeded ? "True" : "False"},
         {"reason", status.state},
         {"message", status.message}}}}};
  if (status.replicas) {
    json["replicasBeforeUprade"] = *status.replicas;
  }
  return json;
}

bool FlagAt(const Json& json, std::string_view name) {
  const Json* flag = At(json, {name});
  return flag != nullptr && *flag == true;
}

Status StatusFrom(const Json& json) {
  Status status;
  status.state = StringAt(json, {"state"});
  status.meta_storage_changed = FlagAt(json, "metaStorageChanged");
  status.meta_backuped = FlagAt(json, "metaBackuped");
  status.is_rollbacking = FlagAt(json, "isRollbacking");
  status.source_image = StringAt(json, {"sourceImage"});
  status.backup_claim = StringAt(json, {"backupPVC"});
  status.retried_times = static_cast<int>(IntAt(json, {"retriedTimes"}));
  if (const Json* conditions = At(json, {"conditions"}); conditions && !conditions->empty()) {
    status.message = StringAt(conditions->front(), {"message"});
  }
  if (const Json* replicas = At(json, {"replicasBeforeUprade"})) {
    status.replicas.emplace();
    for (const auto& [name, count] : replicas->items()) {
      (*status.replicas)[name] = IntAt(*replicas, {name});
    }
  }
  return status;
}

bool IsOneOf(std::string_view state, std::initializer_list<std::string_view> states) {
  return std::ranges::find(states, state) != states.end();
}

bool IsTerminal(std::string_view state) {
  return IsOneOf(
      state,
      {kSucceeded, kBakupMetaFailed, kUpdateMetaFailed, kRollbackedSucceeded, kRollbackFailed});
}

// ---- state of the driver -----------------------------------------------------------------------

enum class Phase {
  kIdle,         // a reconciliation begins with the next step
  kDeployments,  // they are read
  kPods,         // the pods of the state's task are read
  kStart,        // an action was started
  kOperation,    // its end is waited for
  kWritten,      // a line of the journal was written
  kPause,
  kEnd,
};

struct State final : cluster::DriverState {
  Status written;                     // as it is in the resource
  Status status;                      // as the reconciliation has it
  std::optional<Instant> stopped_at;  // annotation of the Milvus
  Phase phase = Phase::kIdle;
  std::vector<kube::ObjectPtr> deployments;
  std::vector<Action> actions;  // not started yet
  cluster::OperationId operation = 0;
  std::string next;                                   // state that follows the actions; "" none
  std::optional<std::optional<Instant>> to_annotate;  // what follows the actions, too
  bool awaits_pod = false;
  bool failed = false;
  Instant until;  // end of the pause

  [[nodiscard]] Fingerprint Digest(Instant now) const override {
    Hasher hash;
    hash.Add(HashJson(ToJson(written))).Add(HashJson(ToJson(status))).Add(phase).Add(next);
    hash.Add(stopped_at ? std::min(now - *stopped_at, kSessionTtl + 1) : -1);
    hash.Add(to_annotate ? 1 + static_cast<int>(to_annotate->has_value()) : 0);
    hash.Add(awaits_pod).Add(failed).Add(phase == Phase::kPause ? until - now : 0);
    for (const Action& action : actions) {
      const cluster::Command command = cluster::CommandOf(action);
      hash.Add(cluster::Line(command)).Add(command.input);
    }
    for (const kube::ObjectPtr& deployment : deployments) {
      hash.Add(DigestOf(*deployment));
    }
    return hash.Get();
  }
};

const State& Of(const cluster::DriverStatePtr& state) {
  const auto* own = dynamic_cast<const State*>(state.get());
  CHECK(own != nullptr);
  return *own;
}

std::optional<OperatorTask> TaskOf(std::string_view state) {
  if (IsOneOf(state, {kBackupMeta, kBakupMetaFailed})) {
    return OperatorTask::kBackupMeta;
  }
  if (state == kUpdatingMeta) {
    return OperatorTask::kUpdateMeta;
  }
  if (state == kRollbackRestoringOldMeta) {
    return OperatorTask::kRollbackMeta;
  }
  return std::nullopt;
}

// ---- one call of a state's function ------------------------------------------------------------

class Reconciliation {
 public:
  Reconciliation(const OperatorUpgradeOptions& options, State& state, Instant now)
      : options_(options), state_(state), status_(state.status), now_(now) {}

  void Run(const std::vector<kube::ObjectPtr>& pods) {
    const auto row = std::ranges::find(kRows, std::string_view(status_.state), &Row::state);
    CHECK(row != std::end(kRows));
    (this->*row->function)(pods);
  }

 private:
  using Pods = std::vector<kube::ObjectPtr>;
  struct Row {
    std::string_view state;
    void (Reconciliation::*function)(const Pods&);
  };
  static const std::array<Row, 9> kRows;

  void GoTo(std::string_view state) { state_.next = state; }

  // ---- stop

  [[nodiscard]] bool IsStopping() const {
    return std::ranges::all_of(state_.deployments, [](const kube::ObjectPtr& object) {
      return kube::As<kube::Deployment>(object)->replicas == 0;
    });
  }

  [[nodiscard]] bool IsScaledDown() const {
    return std::ranges::all_of(state_.deployments, [](const kube::ObjectPtr& object) {
      const auto* deployment = kube::As<kube::Deployment>(object);
      return deployment->status.observed_generation >= object->generation &&
             deployment->replicas == 0 && deployment->status.replicas == 0;
    });
  }

  void RecordOldInfo() {
    if (status_.replicas) {
      return;
    }
    status_.replicas.emplace();
    for (const kube::ObjectPtr& object : state_.deployments) {
      const auto* deployment = kube::As<kube::Deployment>(object);
      (*status_.replicas)[object->ref.name] = deployment->replicas;
      if (status_.source_image.empty() && !deployment->pod_template->containers.empty()) {
        status_.source_image = deployment->pod_template->containers.front().image;
      }
    }
  }

  void Scale() {
    cluster::Scale scale;
    for (const kube::ObjectPtr& object : state_.deployments) {
      scale.refs.push_back(object->ref);
    }
    state_.actions.emplace_back(std::move(scale));
  }

  // True once Milvus has been stopped for long enough. Law::kOperatorStop
  bool HasStopped() {
    if (state_.stopped_at) {
      return now_ - *state_.stopped_at > kSessionTtl;
    }
    if (IsScaledDown()) {
      state_.to_annotate = std::optional<Instant>(now_);
    }
    return false;
  }

  void OldVersionStopping(const Pods& /*pods*/) {
    if (!IsStopping()) {
      RecordOldInfo();
      Scale();
    } else if (HasStopped()) {
      GoTo(kBackupMeta);
    }
  }

  void RollbackNewVersionStopping(const Pods& /*pods*/) {
    if (!IsStopping()) {
      Scale();
    } else if (HasStopped()) {
      GoTo(kRollbackRestoringOldMeta);
    }
  }

  // ---- the tool

  void Apply(std::string manifest) {
    state_.actions.emplace_back(cluster::Apply{options_.ns, std::move(manifest)});
  }

  void StartTask(OperatorTask task) {
    Apply(OperatorConfig(options_, task));
    Apply(OperatorPod(options_, task, status_.backup_claim));
    state_.awaits_pod = true;
  }

  enum class TaskEnd { kNone, kRunning, kDone, kFailed };
  TaskEnd EndOf(const Pods& pods) {
    if (pods.empty()) {
      return TaskEnd::kNone;
    }
    switch (kube::As<kube::Pod>(pods.front())->phase) {
      case kube::PodPhase::kPending:
      case kube::PodPhase::kRunning:
        state_.awaits_pod = true;
        return TaskEnd::kRunning;
      case kube::PodPhase::kSucceeded:
        return TaskEnd::kDone;
      case kube::PodPhase::kFailed:
        break;
    }
    return TaskEnd::kFailed;
  }

  void BackupMeta(const Pods& pods) {
    switch (EndOf(pods)) {
      case TaskEnd::kNone:
        status_.backup_claim = options_.backup_claim;
        if (options_.backup_claim.empty()) {
          status_.backup_claim = options_.name;
          Apply(OperatorClaim(options_));
        }
        return StartTask(OperatorTask::kBackupMeta);
      case TaskEnd::kRunning:
        return;
      case TaskEnd::kDone:
        status_.meta_backuped = true;
        return GoTo(kUpdatingMeta);
      case TaskEnd::kFailed:
        return GoTo(kBakupMetaFailed);
    }
  }

  // Law::kOperatorRetries
  void BakupMetaFailed(const Pods& pods) {
    if (status_.retried_times + 1 > options_.max_retry) {
      return UpgradeFailed(pods);
    }
    cluster::Delete deletion;
    for (const kube::ObjectPtr& pod : pods) {
      deletion.refs.push_back(pod->ref);
    }
    deletion.ignore_not_found = true;
    if (!deletion.refs.empty()) {
      state_.actions.emplace_back(std::move(deletion));
    }
    status_.state = kBackupMeta;
    ++status_.retried_times;
  }

  void UpdatingMeta(const Pods& pods) {
    if (!status_.meta_storage_changed) {
      status_.meta_storage_changed = true;
      return StartTask(OperatorTask::kUpdateMeta);
    }
    switch (EndOf(pods)) {
      case TaskEnd::kNone:  // Law::kOperatorMissingPod
        state_.failed = true;
        status_.message = "cannot find update-meta pod";
        return;
      case TaskEnd::kRunning:
        return;
      case TaskEnd::kDone:
        return GoTo(kNewVersionStarting);
      case TaskEnd::kFailed:
        return GoTo(kUpdateMetaFailed);
    }
  }

  void UpgradeFailed(const Pods& /*pods*/) {
    if (options_.rollback_if_failed) {
      status_.is_rollbacking = true;
      GoTo(kRollbackNewVersionStopping);
    }
  }

  // Law::kOperatorRollback
  void RollbackRestoringOldMeta(const Pods& pods) {
    if (!status_.meta_backuped) {
      return GoTo(kRollbackOldVersionStarting);
    }
    switch (EndOf(pods)) {
      case TaskEnd::kNone:
        return StartTask(OperatorTask::kRollbackMeta);
      case TaskEnd::kRunning:
        return;
      case TaskEnd::kDone:
        return GoTo(kRollbackOldVersionStarting);
      case TaskEnd::kFailed:
        return GoTo(kRollbackFailed);
    }
  }

  // ---- start

  // Law::kOperatorStates: asked for, not waited for.
  void StartMilvus(const std::string& image) {
    for (const kube::ObjectPtr& object : state_.deployments) {
      const auto* deployment = kube::As<kube::Deployment>(object);
      const bool known = status_.replicas && status_.replicas->contains(object->ref.name);
      const std::int64_t replicas = known ? status_.replicas->at(object->ref.name) : 0;
      const auto& containers = deployment->pod_template->containers;
      state_.actions.emplace_back(cluster::Patch{
          object->ref,
          OperatorPatch(containers.empty() ? "" : containers.front().name, image, replicas)});
    }
    state_.to_annotate = std::optional<Instant>();
  }

  void NewVersionStarting(const Pods& /*pods*/) {
    StartMilvus(options_.target_image);
    GoTo(kSucceeded);
  }

  void RollbackOldVersionStarting(const Pods& /*pods*/) {
    StartMilvus(status_.source_image);
    GoTo(kRollbackedSucceeded);
  }

  const OperatorUpgradeOptions& options_;
  State& state_;
  Status& status_;
  Instant now_;
};

const std::array<Reconciliation::Row, 9> Reconciliation::kRows = {{
    {kOldVersionStopping, &Reconciliation::OldVersionStopping},
    {kBackupMeta, &Reconciliation::BackupMeta},
    {kBakupMetaFailed, &Reconciliation::BakupMetaFailed},
    {kUpdatingMeta, &Reconciliation::UpdatingMeta},
    {kUpdateMetaFailed, &Reconciliation::UpgradeFailed},
    {kNewVersionStarting, &Reconciliation::NewVersionStarting},
    {kRollbackNewVersionStopping, &Reconciliation::RollbackNewVersionStopping},
    {kRollbackRestoringOldMeta, &Reconciliation::RollbackRestoringOldMeta},
    {kRollbackOldVersionStarting, &Reconciliation::RollbackOldVersionStarting},
}};

// ---- the loop around it ------------------------------------------------------------------------

class OperatorUpgrade final : public cluster::Driver {
 public:
  explicit OperatorUpgrade(OperatorUpgradeOptions options) : options_(std::move(options)) {
    if (options_.target_image.empty()) {
      const bool has_v = options_.target_version.starts_with('v');
      options_.target_image =
          "milvusdb/milvus:" + std::string(has_v ? "" : "v") + options_.target_version;
    }
  }

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const override {
    auto state = std::make_shared<State>();
    for (std::size_t i = 0; i < journal.size(); ++i) {
      const std::string where = "journal line " + std::to_string(i + 1);
      TRY_ASSIGN(const Json line, ParseJson(journal[i], where));
      const Json* status = At(line, {"status"});
      const Json* stopped = At(line, {"stoppedAt"});
      if (status != nullptr && status->is_object()) {
        state->written = StatusFrom(*status);
      } else if (stopped != nullptr && (stopped->is_null() || stopped->is_number_integer())) {
        state->stopped_at = stopped->is_null()
                                ? std::nullopt
                                : std::optional<Instant>(Instant{IntAt(line, {"stoppedAt"})});
      } else {
        return BadInput(where + ": expected status or stoppedAt");
      }
    }
    state->status = state->written;
    return cluster::DriverStatePtr(std::move(state));
  }

  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override {
    auto next = std::make_shared<State>(Of(state));
    cluster::Step step = StepOf(*next, input, now);
    return {std::move(next), std::move(step)};
  }

 private:
  [[nodiscard]] cluster::Step StepOf(State& state, const cluster::Input& input, Instant now) const {
    switch (state.phase) {
      case Phase::kIdle:
        return Begin(state);
      case Phase::kDeployments:
        return OnDeployments(state, input, now);
      case Phase::kPods:
        return OnPods(state, input, now);
      case Phase::kStart:
      case Phase::kOperation:
        return OnAction(state, input, now);
      case Phase::kWritten:
        return AfterActions(state, now);
      case Phase::kPause:
        return now < state.until ? cluster::Step(cluster::WaitStep{state.until}) : Begin(state);
      case Phase::kEnd:
        break;
    }
    return Finish(state);
  }

  // DetermineCurrentState
  [[nodiscard]] cluster::Step Begin(State& state) const {
    Status& status = state.status;
    const bool is_rollback = status.is_rollbacking || options_.operation == "rollback";
    if (is_rollback && !std::string_view(status.state).starts_with("Rollback")) {
      status.is_rollbacking = true;
      status.state = kRollbackNewVersionStopping;
    } else if (status.state == kPending) {
      status.state = kOldVersionStopping;
    }
    return EnterState(state);
  }

  // Runs the function of the state, or writes the status where it has none.
  [[nodiscard]] cluster::Step EnterState(State& state) const {
    state.actions.clear();
    state.to_annotate.reset();
    state.next.clear();
    state.awaits_pod = false;
    state.failed = false;
    const bool has_function =
        !IsOneOf(state.status.state, {kSucceeded, kRollbackedSucceeded, kRollbackFailed});
    if (!has_function) {
      return Write(state, {});
    }
    state.phase = Phase::kDeployments;
    return cluster::ReadStep{cluster::ListObjects{
        "Deployment",
        options_.ns,
        "app.kubernetes.io/instance=" + options_.milvus + ",app.kubernetes.io/name=milvus"}};
  }

  [[nodiscard]] cluster::Step OnDeployments(State& state,
                                            const cluster::Input& input,
                                            Instant now) const {
    const auto& seen = std::get<Result<cluster::Observation>>(input);
    if (!seen) {
      return Fail(state, seen.error().message, now);
    }
    state.deployments = seen->objects;
    std::erase_if(state.deployments, [](const kube::ObjectPtr& object) {
      const auto component = object->labels.find("component");
      return component != object->labels.end() && component->second == "attu";
    });
    if (state.deployments.empty()) {
      return Fail(state, "milvuses.milvus.io \"" + options_.milvus + "\" not found", now);
    }
    const std::optional<OperatorTask> task = TaskOf(state.status.state);
    if (!task) {
      return RunFunction(state, {}, now);
    }
    state.phase = Phase::kPods;
    return cluster::ReadStep{
        cluster::ListObjects{"Pod", options_.ns, TaskSelector(options_, *task)}};
  }

  [[nodiscard]] cluster::Step OnPods(State& state, const cluster::Input& input, Instant now) const {
    const auto& seen = std::get<Result<cluster::Observation>>(input);
    return seen ? RunFunction(state, seen->objects, now) : Fail(state, seen.error().message, now);
  }

  [[nodiscard]] cluster::Step RunFunction(State& state,
                                          const std::vector<kube::ObjectPtr>& pods,
                                          Instant now) const {
    state.status.message.clear();
    Reconciliation(options_, state, now).Run(pods);
    state.deployments.clear();
    return AfterActions(state, now);
  }

  [[nodiscard]] cluster::Step AfterActions(State& state, Instant now) const {
    if (!state.actions.empty()) {
      Action action = std::move(state.actions.front());
      state.actions.erase(state.actions.begin());
      state.phase = Phase::kStart;
      return cluster::StartStep{std::move(action)};
    }
    if (state.to_annotate) {
      state.stopped_at = *std::exchange(state.to_annotate, std::nullopt);
      state.phase = Phase::kWritten;
      const Json at = state.stopped_at ? Json(state.stopped_at->ms) : Json();
      return cluster::JournalStep{Dump({{"stoppedAt", at}})};
    }
    if (!state.next.empty()) {
      state.status.state = state.next;
      return EnterState(state);
    }
    return Write(state, now);
  }

  [[nodiscard]] cluster::Step OnAction(State& state,
                                       const cluster::Input& input,
                                       Instant now) const {
    if (state.phase == Phase::kStart) {
      const auto& id = std::get<Result<cluster::OperationId>>(input);
      if (!id) {
        return Fail(state, id.error().message, now);
      }
      state.operation = *id;
      state.phase = Phase::kOperation;
      return cluster::WaitStep{kNever};
    }
    const auto& event = std::get<Result<cluster::Event>>(input);
    if (!event) {
      return Fail(state, event.error().message, now);
    }
    const auto* done = std::get_if<cluster::OperationDone>(&*event);
    if (done == nullptr || done->operation != state.operation) {
      return cluster::WaitStep{kNever};  // of an operator before
    }
    return done->result ? AfterActions(state, now) : Fail(state, done->result.error().message, now);
  }

  [[nodiscard]] cluster::Step Fail(State& state, std::string message, Instant now) const {
    state.actions.clear();
    state.to_annotate.reset();
    state.next.clear();
    state.deployments.clear();
    state.failed = true;
    state.status.message = std::move(message);
    return Write(state, now);
  }

  // The end of a reconciliation.
  [[nodiscard]] cluster::Step Write(State& state, Instant now) const {
    const bool changed = state.status != state.written;
    state.written = state.status;
    const bool ends = IsTerminal(state.status.state) && !state.failed;
    if (ends) {
      state.phase = Phase::kEnd;
    } else if (changed && !state.failed) {
      state.phase = Phase::kIdle;
    } else {
      state.phase = Phase::kPause;
      state.until = now + (state.failed ? kErrorPause : state.awaits_pod ? kPodLook : kRequeue);
    }
    if (changed) {
      return cluster::JournalStep{Dump({{"status", ToJson(state.written)}})};
    }
    return ends ? Finish(state) : cluster::Step(cluster::WaitStep{state.until});
  }

  [[nodiscard]] cluster::Step Finish(const State& state) const {
    const std::string_view wanted =
        options_.operation == "rollback" ? kRollbackedSucceeded : kSucceeded;
    const bool reached = state.written.state == wanted;
    std::string account = "MilvusUpgrade " + options_.name + " is " + state.written.state;
    account += state.written.message.empty() ? "" : ": " + state.written.message;
    return cluster::FinishStep{{reached ? OutcomeKind::kReached : OutcomeKind::kStopped,
                                reached ? 0 : 1,
                                std::move(account)}};
  }

  OperatorUpgradeOptions options_;
};

}  // namespace

std::unique_ptr<cluster::Driver> NewOperatorUpgrade(OperatorUpgradeOptions options) {
  return std::make_unique<OperatorUpgrade>(std::move(options));
}

Action DeletionOf(const OperatorUpgradeOptions& options) {
  cluster::Delete deletion;
  deletion.ignore_not_found = true;
  for (const OperatorTask task :
       {OperatorTask::kBackupMeta, OperatorTask::kUpdateMeta, OperatorTask::kRollbackMeta}) {
    deletion.refs.push_back({"Pod", options.ns, TaskName(options, task)});
    deletion.refs.push_back({"ConfigMap", options.ns, TaskName(options, task)});
  }
  if (options.backup_claim.empty()) {
    deletion.refs.push_back({"PersistentVolumeClaim", options.ns, options.name});
  }
  return deletion;
}

}  // namespace rehearse::upgrade
