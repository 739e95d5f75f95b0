// upgrade/procedures/helm_by_hand.h: what an operator does who types one helm upgrade and looks no
// further: the command, then some time in which the cluster settles.
//
// Units:  settle_ms milliseconds after helm has ended.
// Shape:  reaches its end with helm's exit code; claims success where helm does.
#pragma once

#include "model/cluster/port.h"

namespace rehearse::upgrade {

class HelmByHand final : public cluster::Driver {
 public:
  HelmByHand(cluster::HelmUpgrade command, Millis settle_ms)
      : command_(std::move(command)), settle_ms_(settle_ms) {}

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const override;
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override;

 private:
  cluster::HelmUpgrade command_;
  Millis settle_ms_;
};

}  // namespace rehearse::upgrade
