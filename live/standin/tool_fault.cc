#include "live/standin/tool_fault.h"

#include <cstdlib>
#include <iostream>

namespace rehearse::live {

ToolFault ToolFault::Find() {
  ToolFault fault;
  auto inside = KubeApi::FromInside();
  if (!inside) {
    return fault;
  }
  const std::string path = "/api/v1/namespaces/" + inside->ns + "/configmaps/rehearse-standin";
  const auto asked = inside->api->Get(path);
  if (!asked) {
    if (asked.error().code != ErrorCode::kNotFound) {
      std::cerr << "no faults are looked for: " << asked.error().message << std::endl;
    }
    return fault;
  }
  fault.api_ = std::move(inside->api);
  fault.path_ = path;
  fault.panics_at_ = std::atoll(StringAt(*asked, {"data", "tool-panics-at"}).c_str());
  fault.steps_ = std::atoll(StringAt(*asked, {"data", "tool-steps"}).c_str());
  return fault;
}

bool ToolFault::FallsBeforeNextStep() { return ++steps_ == panics_at_; }

void ToolFault::Tell() {
  if (api_ == nullptr) {
    return;
  }
  const Status told = api_->MergePatch(path_, {{"data", {{"tool-steps", std::to_string(steps_)}}}});
  if (!told) {
    std::cerr << "the count of steps is lost: " << told.error().message << std::endl;
  }
}

}  // namespace rehearse::live
