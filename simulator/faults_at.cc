#include <algorithm>
#include <array>

#include "simulator/fault.h"
#include "simulator/session.h"
#include "simulator/state/processes.h"

namespace rehearse::sim {
namespace {

bool IsHelm(const cluster::Action& action) {
  return std::holds_alternative<cluster::HelmUpgrade>(action) ||
         std::holds_alternative<cluster::HelmRollback>(action);
}

bool MakesClaim(const cluster::Action& action) {
  const auto* apply = std::get_if<cluster::Apply>(&action);
  return apply != nullptr && apply->manifest.find("PersistentVolumeClaim") != std::string::npos;
}

std::vector<std::string> Keys(const ClusterState& state, const std::string& prefix) {
  std::vector<std::string> keys;
  state.objects.ForPrefix(prefix,
                          [&](const std::string& key, const auto&) { keys.push_back(key); });
  return keys;
}

bool HasLeaseRunningOut(const ClusterState& state) {
  return state.timers && std::any_of(state.timers->begin(), state.timers->end(), [](const auto& t) {
           return t.kind == TimerKind::kLease;
         });
}

std::vector<std::string> MilvusWorkloads(const ClusterState& state) {
  std::vector<std::string> workloads;
  for (const std::string& key : Keys(state, "Deployment/")) {
    const auto& body = std::get<kube::Deployment>(state.objects.Find(key)->body);
    if (KindOfProcess(*body.pod_template) == ProcessKind::kMilvus) {
      workloads.push_back(key);
    }
  }
  return workloads;
}

// What procedures leave beside the release: claims and configurations of a migration.
std::vector<std::string> HelperObjects(const ClusterState& state) {
  std::vector<std::string> helpers;
  for (const char* kind : {"PersistentVolumeClaim/", "ConfigMap/"}) {
    for (const std::string& key : Keys(state, kind)) {
      const std::string name = key.substr(key.rfind('/') + 1);
      if (name.starts_with("rehearse-") || name.starts_with("milvus-meta-migration-") ||
          name.starts_with("milvus-deploy-replicas-")) {
        helpers.push_back(key);
      }
    }
  }
  return helpers;
}

// What lasts for minutes or for ever; the others are over at once or within seconds.
constexpr std::array kLasting = {Fate::kForbiddenForEver,
                                 Fate::kClaimPending,
                                 Fate::kClaimPendingForEver,
                                 Fate::kPodEvicted,
                                 Fate::kNodesFull,
                                 Fate::kNodesFullForEver,
                                 Fate::kNodeLost,
                                 Fate::kNodeLostForEver,
                                 Fate::kEtcdDown,
                                 Fate::kEtcdDownForEver,
                                 Fate::kLeasesLate,
                                 Fate::kImagePullFails,
                                 Fate::kImagePullFailsForEver,
                                 Fate::kCrashLoops,
                                 Fate::kCrashLoopsForEver};

bool IsWanted(const Fault& fault, const FaultClasses& classes) {
  const bool lasts = std::find(kLasting.begin(), kLasting.end(), fault.fate) != kLasting.end();
  return classes.Has(ClassOf(fault)) && (classes.lasting || !lasts);
}

// Puts together the faults of one step.
class Collector {
 public:
  Collector(const Session& before, const FaultClasses& classes)
      : before_(before), classes_(classes) {}

  void At(const cluster::StartStep& step) {
    const std::int64_t number = counters().actions + 1;
    for (const Fate fate : {Fate::kNotApplied,
                            Fate::kAckLost,
                            Fate::kTimedOut,
                            Fate::kServerError,
                            Fate::kForbidden,
                            Fate::kForbiddenForEver}) {
      Add({SiteKind::kAction, number, fate});
    }
    if (!IsHelm(step.action)) {
      Add({SiteKind::kAction, number, Fate::kConflict});
    }
    if (MakesClaim(step.action)) {
      Add({SiteKind::kAction, number, Fate::kClaimPending});
      Add({SiteKind::kAction, number, Fate::kClaimPendingForEver});
    }
  }

  void At(const cluster::ReadStep& step) {
    const std::int64_t number = counters().reads + 1;
    Add({SiteKind::kRead, number, Fate::kReadFails});
    if (CanBeStale(step.query)) {
      Add({SiteKind::kRead, number, Fate::kReadStale});
    }
  }

  void At(const cluster::WaitStep& /*step*/) {
    for (const Fate fate : {Fate::kEtcdLeaderChange,
                            Fate::kEtcdDown,
                            Fate::kEtcdDownForEver,
                            Fate::kNodesFull,
                            Fate::kNodesFullForEver}) {
      AddWait(fate);
    }
    if (HasLeaseRunningOut(state())) {
      AddWait(Fate::kLeasesLate);
    }
    for (const std::string& pod : Keys(state(), "Pod/")) {
      AddWait(Fate::kPodDeleted, pod);
      AddWait(Fate::kPodEvicted, pod);
    }
    for (const std::string& node : Keys(state(), "Node/")) {
      AddWait(Fate::kNodeLost, node);
      AddWait(Fate::kNodeLostForEver, node);
    }
    if (classes_.people) {
      AddPeople();
    }
  }

  void At(const cluster::JournalStep& /*step*/) {}
  void At(const cluster::SayStep& /*step*/) {}
  void At(const cluster::FinishStep& /*step*/) {}

  void AddDriverFaults(const cluster::Step& step) {
    if (std::holds_alternative<cluster::SayStep>(step)) {
      return;  // nothing happens in it
    }
    const std::int64_t number = before_.driver_steps() + 1;
    Add({SiteKind::kDriverStep, number, Fate::kDriverKilledBefore});
    Add({SiteKind::kDriverStep, number, Fate::kInterrupted});
    Add({SiteKind::kDriverStep, number, Fate::kStartedAnew});
    const bool is_last = std::holds_alternative<cluster::FinishStep>(step);
    Add({SiteKind::kDriverStep, number, is_last ? Fate::kRunOnceAgain : Fate::kDriverKilledAfter});
  }

  [[nodiscard]] std::vector<Fault> Take() { return std::move(faults_); }

 private:
  [[nodiscard]] const ClusterState& state() const { return before_.cluster().state(); }
  [[nodiscard]] const Counters& counters() const { return state().counters; }

  void Add(Fault fault) {
    if (IsWanted(fault, classes_)) {
      faults_.push_back(std::move(fault));
    }
  }
  void AddWait(Fate fate, std::string subject = "", std::string to = "") {
    Add({SiteKind::kWait, counters().waits + 1, fate, std::move(subject), std::move(to)});
  }

  void AddPeople() {
    for (const std::string& workload : MilvusWorkloads(state())) {
      for (const char* replicas : {"0", "1", "3"}) {
        AddWait(Fate::kScaled, workload, replicas);
      }
    }
    AddWait(Fate::kHelmUpgrade, "", std::string(kHarmlessSet));
    const std::string& other = before_.cluster().world().other_chart;
    if (!other.empty()) {
      AddWait(Fate::kHelmUpgrade, "", kVersionFlag + other);
    }
    for (const std::string& object : HelperObjects(state())) {
      AddWait(Fate::kObjectDeleted, object);
    }
  }

  const Session& before_;
  const FaultClasses& classes_;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> FaultsAt(const Session& before,
                            const cluster::Step& step,
                            const FaultClasses& classes) {
  Collector collector(before, classes);
  std::visit([&](const auto& each) { collector.At(each); }, step);
  collector.AddDriverFaults(step);
  return collector.Take();
}

std::vector<Fault> FaultsInside(const Counters& before,
                                const Counters& after,
                                const FaultClasses& classes) {
  std::vector<Fault> faults;
  const auto add = [&](Fault fault) {
    if (IsWanted(fault, classes)) {
      faults.push_back(std::move(fault));
    }
  };
  for (std::int64_t n = before.process_steps + 1; n <= after.process_steps; ++n) {
    add(Fault{SiteKind::kProcessStep, n, Fate::kProcessKilled});
    add(Fault{SiteKind::kProcessStep, n, Fate::kStepFails});
  }
  for (std::int64_t n = before.tool_steps + 1; n <= after.tool_steps; ++n) {
    add(Fault{SiteKind::kToolStep, n, Fate::kToolPanics});
  }
  for (std::int64_t n = before.pod_starts + 1; n <= after.pod_starts; ++n) {
    for (const Fate fate : {Fate::kImagePullFails,
                            Fate::kImagePullFailsForEver,
                            Fate::kCrashLoops,
                            Fate::kCrashLoopsForEver}) {
      add(Fault{SiteKind::kPodStart, n, fate});
    }
  }
  return faults;
}

}  // namespace rehearse::sim
