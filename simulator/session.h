// simulator/session.h: one driver in one simulated cluster, step by step.
//
// Shape:  a value: copying it is a fork of world, driver and journal together. Step carries out one
//         step of the driver; Run goes on to the end.
// Faults: the driver's own death (before and after any step) is placed here, everything else in the
//         cluster. A killed driver is started again 5 s later and knows its journal only; one that
//         somebody interrupted goes on ten minutes later; one that somebody starts anew has no
//         journal either.
// Bounds: a run that passes steps_max or time_max has not ended (a property of its own).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/core/remembered.h"
#include "simulator/sim_cluster.h"

namespace rehearse::sim {

inline constexpr Millis kRestartMs = 5'000;

struct Bounds {
  std::int64_t steps_max = 100'000;
  Instant time_max{Seconds(24 * 3600)};
};

// Told of each step of a driver, in order.
class StepSink {
 public:
  virtual ~StepSink() = default;
  virtual void Stepped(Instant began,
                       const cluster::Step& step,
                       const cluster::Input& answer,
                       const SimCluster& world) = 0;

 protected:
  StepSink() = default;
  StepSink(const StepSink&) = default;
  StepSink& operator=(const StepSink&) = default;
};

class Session {
 public:
  Session(SimCluster cluster, std::shared_ptr<const cluster::Driver> driver);

  // One step of the driver; `sink` may be null, `watch` empty. REQUIRES: !ended().
  void Step(StepSink* sink = nullptr, const WaitWatch& watch = {});
  // To the end; `sink` may be null.
  void Run(StepSink* sink = nullptr);

  [[nodiscard]] bool ended() const { return outcome_.has_value() || hung_; }
  [[nodiscard]] bool hung() const { return hung_; }
  [[nodiscard]] const std::optional<cluster::Outcome>& outcome() const { return outcome_; }
  [[nodiscard]] const SimCluster& cluster() const { return cluster_; }
  SimCluster& mutable_cluster() { return cluster_; }
  [[nodiscard]] std::vector<std::string> journal() const;
  [[nodiscard]] std::int64_t driver_steps() const { return driver_steps_; }
  // The last step was a wait: time has passed, and forks come together again at such points.
  [[nodiscard]] bool has_waited() const {
    return std::holds_alternative<Result<cluster::Event>>(input_);
  }
  void set_bounds(Bounds bounds) { bounds_ = bounds; }

  // The step that the driver will take next, without taking it. Copies made afterwards share it.
  const cluster::Step& Peek();
  // This session, which stands before a wait, from a moment inside of it on: its next step is what
  // is left of that wait. `now` is what a watch of the wait was told.
  [[nodiscard]] Session InsideOfWait(const SimCluster& now) const;
  void Inject(Fault fault);
  // Faults that were injected and have not fallen yet.
  [[nodiscard]] bool HasPendingFaults() const {
    return !driver_faults_.empty() || !cluster_.pending_faults().empty();
  }
  [[nodiscard]] Fingerprint Digest() const;

 private:
  struct JournalLine;  // with the line before it; forks share them
  using JournalPtr = std::shared_ptr<const JournalLine>;

  void Resume();
  cluster::Input Perform(const cluster::Step& step, const WaitWatch& watch);
  void Restart(Fate fate);
  std::optional<Fate> TakeFault();
  void Think();

  SimCluster cluster_;
  std::shared_ptr<const cluster::Driver> driver_;
  cluster::DriverStatePtr state_;
  cluster::Input input_ = cluster::Begin{};
  std::shared_ptr<const cluster::Turn> turn_;  // the driver's next, where it is known
  JournalPtr journal_;                         // the newest line; null: empty
  std::shared_ptr<Remembered<cluster::DriverStatePtr>> resumed_;  // from a journal; forks share it
  std::vector<Fault> driver_faults_;
  std::optional<cluster::Outcome> outcome_;
  bool hung_ = false;
  bool is_inside_wait_ = false;  // the next step has begun
  std::int64_t driver_steps_ = 0;
  Bounds bounds_;
};

}  // namespace rehearse::sim
