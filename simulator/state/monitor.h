// simulator/state/monitor.h: properties that are watched at every step of a run.
//
// Shape:  the kubelet tells a monitor what servers and tools do; a violation is kept with its time
//         and the property's English name. Monitors see the truth of the simulated cluster, which
//         no driver does.
#pragma once

#include <string>
#include <vector>

#include "simulator/state/cluster_state.h"
#include "simulator/state/moment.h"

namespace rehearse::sim {

struct Violation {
  std::string property;
  Instant at;
  std::string evidence;
  friend bool operator==(const Violation&, const Violation&) = default;
};

class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void MilvusStarts(const ClusterState& state, const std::string& pod) = 0;
  virtual void MilvusServes(const ClusterState& state, const std::string& pod) = 0;
  virtual void ToolChangesMetadata(const ClusterState& state, const std::string& pod) = 0;
  // `bytes` are about to be put in the place of the metadata.
  virtual void ToolRestores(const ClusterState& state, const std::string& bytes) = 0;
  virtual void ControllersRan(const ClusterState& state) = 0;
  virtual void Saw(Moment moment) = 0;

 protected:
  Monitor() = default;
  Monitor(const Monitor&) = default;
  Monitor& operator=(const Monitor&) = default;
};

}  // namespace rehearse::sim
