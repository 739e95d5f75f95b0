// simulator/sim_cluster.h: the simulated world behind the port. Copying one is a fork.
//
// Units:   time passes only in Wait.
// Faults:  simulator/fault.h; an injected one waits for its site.
// Threads: a value; one thread at a time for each copy. Copies share the World.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/cluster/port.h"
#include "model/core/law.h"
#include "simulator/fault.h"
#include "simulator/state/cluster_state.h"
#include "simulator/state/monitor.h"
#include "simulator/world.h"

namespace rehearse::sim {

// Told of what happens inside the cluster, for traces.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void ProcessStep(Instant at, const std::string& process) = 0;
  virtual void PodStart(Instant at, const std::string& pod) = 0;

 protected:
  TraceSink() = default;
  TraceSink(const TraceSink&) = default;
  TraceSink& operator=(const TraceSink&) = default;
};

class SimCluster;
// Looks at a cluster in the middle of a wait; may be empty.
using WaitWatch = std::function<void(const SimCluster& now)>;

class SimCluster final : public cluster::Cluster {
 public:
  SimCluster(ClusterState state, std::shared_ptr<const World> world);
  SimCluster(const SimCluster& other);
  SimCluster& operator=(const SimCluster& other);
  ~SimCluster() override = default;

  Result<cluster::Observation> Read(const cluster::Query& query) override;
  Result<cluster::OperationId> Start(const cluster::Action& action) override;
  Result<cluster::Event> Wait(Instant deadline) override;
  // The two halves of a wait: what falls into its beginning, and what happens until it ends.
  // `watch` is told before each thing that happens; a copy made there goes on with the second half.
  void BeginWait();
  Result<cluster::Event> GoOnWaiting(Instant deadline, const WaitWatch& watch);
  [[nodiscard]] Instant Now() const override { return state_.now; }

  // ---- what only a simulator can do --------------------------------------------------------
  [[nodiscard]] const ClusterState& state() const { return state_; }
  [[nodiscard]] const World& world() const { return *world_; }
  [[nodiscard]] const LawSet& laws() const { return laws_; }
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  // Why the model cannot say what happens from some point on; "" where it can.
  [[nodiscard]] const std::string& unknown() const { return unknown_; }

  void Inject(Fault fault) { faults_.push_back(std::move(fault)); }
  [[nodiscard]] const std::vector<Fault>& pending_faults() const { return faults_; }
  // The driver's process dies: helm dies with it, kubectl calls that were sent still arrive.
  void KillClient();
  // The same by Ctrl-C: helm notes that it was interrupted. Law::kHelmInterrupted.
  void InterruptClient();
  // Lets time pass with nobody acting.
  void Pass(Millis ms);

  // Keys at the start, against which monitors judge.
  void Remember(etcd::Keys original) {
    original_ = std::move(original);
    valid_backup_ = nullptr;
  }

  // Sites of faults are counted from 1 again.
  void CountAnew() { state_.counters = {}; }
  // Clients have worked with Milvus: etcd holds these keys now.
  void ChangeMetadata(etcd::Keys keys) { state_.etcd.keys = std::move(keys); }
  // From now on every Milvus component that has a ready pod is to keep one.
  void ExpectToKeepServing() { serving_before_ = std::make_shared<const ClusterState>(state_); }
  // `sometimes` properties that this run has seen.
  [[nodiscard]] const Moments& seen() const { return seen_; }

  // `sink` may be null; it must outlive the cluster and its copies that keep it.
  void Tell(TraceSink* sink) { sink_ = sink; }

  // Everything the future depends on.
  [[nodiscard]] Fingerprint Digest() const;

 private:
  class Watch;  // the monitors

  std::optional<Fault> TakeFault(SiteKind site, std::int64_t number);
  Fate TakeActionFate(const cluster::Action& action);
  void HappenWhenItHolds();
  void Strike(const Fault& fault);
  void Launch(Operation operation);
  void UpgradeBySomebody(const Fault& fault);
  void StartPod(const std::string& pod);
  void MoveProcess(const std::string& pod);
  void FailPendingRevision();
  void NoteLeftPending();
  [[nodiscard]] bool PutOff(const Timer& timer);
  [[nodiscard]] std::optional<Error> Refusal(const Operation& operation);
  void HandleTimer(const Timer& timer);
  void RunControllers();
  void StepOperation(const std::string& id);
  void StepHelm(const std::string& id, Operation operation);
  void Complete(const std::string& id,
                const Operation& operation,
                Result<cluster::CommandResult> result);
  Fate StepFate(const std::string& process);
  void DropClient(bool interrupted);

  ClusterState state_;
  std::shared_ptr<const World> world_;
  std::vector<Fault> faults_;
  std::vector<cluster::OperationDone> done_;
  std::shared_ptr<const kube::Objects> previous_objects_;  // before the last mutation
  LawSet laws_;
  std::vector<Violation> violations_;
  std::optional<etcd::Keys> original_;
  std::shared_ptr<const std::string> valid_backup_;  // of the original, as last seen
  std::string unknown_;
  std::shared_ptr<const ClusterState> serving_before_;
  Moments seen_;
  TraceSink* sink_ = nullptr;
};

}  // namespace rehearse::sim
