// upgrade/procedures/by_hand.h: what an operator does who types one command and looks no further:
// the command (helm upgrade, kubectl scale, kubectl delete, ...), then some time in which the
// cluster settles. Without a command: somebody who only waits.
//
// Units:  settle_ms milliseconds after the command has ended.
// Shape:  reaches its end with the command's exit code; claims success where the command does.
// Crash:  keeps no journal: started again it types the command again.
#pragma once

#include <optional>

#include "model/cluster/port.h"

namespace rehearse::upgrade {

class ByHand final : public cluster::Driver {
 public:
  ByHand(std::optional<cluster::Action> command, Millis settle_ms)
      : command_(std::move(command)), settle_ms_(settle_ms) {}

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const override;
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override;

 private:
  std::optional<cluster::Action> command_;
  Millis settle_ms_;
};

}  // namespace rehearse::upgrade
