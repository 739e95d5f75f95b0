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

struct LiveEnd {
  std::optional<cluster::Outcome> outcome;  // nothing: it was asked to stop
  std::string account;                      // where things stand then
};

class LiveDriver {
 public:
  LiveDriver(std::shared_ptr<const cluster::Driver> driver,
             live::LiveCluster& world,
             live::Journal& journal,
             LiveTrace& trace)
      : driver_(std::move(driver)), world_(world), journal_(journal), trace_(trace) {}

  // Progress for people, a line each.
  void TellWith(std::function<void(const std::string&)> tell) { tell_ = std::move(tell); }

  Result<LiveEnd> Run(const std::function<bool()>& is_asked_to_stop);

 private:
  Result<cluster::Input> Perform(const cluster::Step& step);
  [[nodiscard]] std::string Account() const;

  std::shared_ptr<const cluster::Driver> driver_;
  live::LiveCluster& world_;
  live::Journal& journal_;
  LiveTrace& trace_;
  std::function<void(const std::string&)> tell_;
  std::string last_said_;
  std::optional<cluster::Outcome> outcome_;
};

}  // namespace rehearse::app
