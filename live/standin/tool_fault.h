// live/standin/tool_fault.h: the fault that somebody asks of the migration tool's stand-in, as a
// container sees it.
//
// Shape:  the ConfigMap rehearse-standin of the pod's namespace, read and written through the API
//         server with the pod's own account (live/kind/up.sh lets it): tool-panics-at: "N" makes
//         the tool panic before its Nth step, counted over all pods since then (tool-steps keeps
//         the count); once.
// Errors: none: without an API server, an account or the ConfigMap nothing falls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "live/standin/kube_api.h"

namespace rehearse::live {

class ToolFault {
 public:
  static ToolFault Find();
  // To be asked before each step.
  bool FallsBeforeNextStep();
  // Keeps the count for the next pod; REQUIRES: the tool is at its end.
  void Tell();

 private:
  std::unique_ptr<KubeApi> api_;
  std::string path_;
  std::int64_t panics_at_ = 0;
  std::int64_t steps_ = 0;
};

}  // namespace rehearse::live
