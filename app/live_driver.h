// app/live_driver.h: one driver in the real world, step by step, with a durable journal and a
// trace.
//
// Units:      milliseconds of the world.
// Shape:      the loop of simulator/session.h, with a journal on a disk. Between two steps it may
// be
//             asked to stop: while a command runs it waits for its end first.
// Errors:     Run: those of the journal (the line may not be on the disk, nothing was done upon it)
//             and of the trace.
// Invariants: no step follows a journal line that is not on the disk; secrets are masked in what is
//             traced and told.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/live_trace.h"
#include "live/journal.h"
#include "live/live_cluster.h"

namespace rehearse::app {

// Who meddles with a run: told of each step, and now and then while the driver waits.
class Meddler {
 public:
  enum class Death { kNone, kBefore, kAfter };  // the driver is killed before or after the step
  virtual ~Meddler() = default;
  virtual Result<Death> Before(const cluster::Step& step) = 0;
  virtual Status Meanwhile() = 0;
  // How long the driver may wait until it is told again.
  [[nodiscard]] virtual Millis LookMs() const = 0;

 protected:
  Meddler() = default;
  Meddler(const Meddler&) = default;
  Meddler& operator=(const Meddler&) = default;
};

struct LiveEnd {
  std::optional<cluster::Outcome> outcome = {};  // nothing: asked to stop, killed or given up
  bool killed = false;                           // and not started again
  bool hung = false;                             // no end within the limit
  std::string account = {};                      // where things stand then
};

// From now on the first Ctrl-C or SIGTERM asks to stop, the second one ends the program at once.
void CatchStop();
bool IsStopRequested();

class LiveDriver {
 public:
  LiveDriver(std::shared_ptr<const cluster::Driver> driver,
             live::LiveCluster& world,
             live::Journal& journal,
             LiveTrace& trace)
      : driver_(std::move(driver)), world_(world), journal_(journal), trace_(trace) {}

  // Progress for people, a line each.
  void TellWith(std::function<void(const std::string&)> tell) { tell_ = std::move(tell); }

  // `meddler` must outlive this. `resumes`: the driver goes on from its journal when it is killed.
  void MeddleWith(Meddler& meddler, bool resumes) {
    meddler_ = &meddler;
    resumes_ = resumes;
  }
  // From now on; then the run is given up.
  void LimitTo(Millis limit_ms) { give_up_ = world_.Now() + limit_ms; }

  Result<LiveEnd> Run(const std::function<bool()>& is_asked_to_stop);

 private:
  using Death = Meddler::Death;
  Result<cluster::Input> Perform(const cluster::Step& step);
  Result<cluster::Input> WaitFor(Instant deadline);
  Result<Death> TakeTurn(cluster::DriverStatePtr& state, cluster::Input& input);
  [[nodiscard]] std::string Account() const;

  std::shared_ptr<const cluster::Driver> driver_;
  live::LiveCluster& world_;
  live::Journal& journal_;
  LiveTrace& trace_;
  std::function<void(const std::string&)> tell_;
  Meddler* meddler_ = nullptr;
  bool resumes_ = true;
  Instant give_up_ = kNever;
  std::string last_said_;
  std::optional<cluster::Outcome> outcome_;
};

}  // namespace rehearse::app
