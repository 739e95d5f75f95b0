// app/live_faults.h: faults of a scenario, made real: somebody who meddles with a live run.
//
// Shape:  a fault that is counted ("while the executor waits for the 7th time") falls where the
//         simulated run has it: behind the same number of changes, at the same kind of step. One
//         with a condition falls when the condition holds in the real cluster.
// Real:   the driver killed (with its kubectl or helm) or interrupted, pods and objects deleted,
//         nodes cordoned, workloads scaled, a second helm upgrade, helm killed while the release is
//         pending-upgrade; the migration tool failing, by the stand-in that plays it.
// Errors: kInvalidArgument: a fault that cannot be made real, or that the simulated run never
//         comes to.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/live_driver.h"
#include "app/scenario/course.h"
#include "live/live_cluster.h"
#include "simulator/fault.h"

namespace rehearse::app {

// Where a counted fault falls: at the nth step of a kind after so many changes were begun.
struct Anchor {
  std::size_t changes = 0;
  std::size_t kind = 0;  // index in cluster::Step
  std::int64_t nth = 1;
};

struct LiveFault {
  sim::Fault fault;
  Anchor anchor;     // of one without a condition
  std::string when;  // its condition; "": where the anchor is
};

// Whether it can be made real at all.
Status CheckReal(const sim::Fault& fault);

// The faults of one step, in their places; `ready` is that step made ready in the simulation.
Result<std::vector<LiveFault>> PlaceFaults(const Ready& ready,
                                           const std::vector<sim::Fault>& faults);

// Tells the stand-in of the tool to panic before its step `number`, once; 0: not any more.
Status TellStandIn(const live::Access& access, std::int64_t number);

struct MeddlerOptions {
  live::LiveOptions live;
  std::string root_path;  // of Milvus in etcd
  std::string chart;      // version of the release, for somebody's helm upgrade
  std::function<void(const std::string&)> tell;
};

class FaultMeddler final : public Meddler {
 public:
  FaultMeddler(MeddlerOptions options,
               std::vector<LiveFault> faults,
               live::LiveCluster& world,
               live::EtcdGateway& etcd);
  Result<Death> Before(const cluster::Step& step) override;
  Status Meanwhile() override;
  [[nodiscard]] Millis LookMs() const override;
  // Undoes what lasts: nodes take pods again.
  Status Leave();
  // Sentences of the faults that never fell.
  [[nodiscard]] std::vector<std::string> Missed() const;

 private:
  Result<bool> Holds(const std::string& condition);
  Result<bool> PodRuns(const std::string& image, const std::string& words);
  [[nodiscard]] bool IsPast(const Anchor& anchor, const cluster::Step& step) const;
  // `step` is null while the driver waits.
  Result<bool> IsDue(const LiveFault& each, const cluster::Step* step);
  Result<std::vector<sim::Fault>> TakeDue(const cluster::Step* step);
  void Count(const cluster::Step& step);
  // Looks while helm is halted, and leaves it so where the condition holds: it must not go on
  // until the fault falls.
  Result<bool> HoldsWithinHelm(const std::string& condition);
  Status Strike(const sim::Fault& fault);
  Status Type(std::vector<std::string> argv);
  Status UpgradeBySomebody(const std::string& asked);
  Status Cordon(bool cordon);

  MeddlerOptions options_;
  std::vector<LiveFault> faults_;  // that have not fallen
  live::LiveCluster& world_;
  live::EtcdGateway& etcd_;
  std::size_t changes_ = 0;
  std::map<std::size_t, std::int64_t> since_;  // steps of each kind since the last change
  Instant uncordon_ = kNever;
};

}  // namespace rehearse::app
