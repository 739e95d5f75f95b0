// live/port_forward.h: kubectl port-forward as a child, for as long as the object lives.
//
// Errors: Start: what kubectl says, kUnavailable after ten seconds without a word.
// Not modelled: starting it again when the connection is lost: reads then fail as kUnavailable.
#pragma once

#include <memory>
#include <string>

#include "live/access.h"

namespace rehearse::live {

class PortForward {
 public:
  // `target` as kubectl takes it: service/NAME, pod/NAME.
  static Result<std::unique_ptr<PortForward>> Start(const Access& access,
                                                    const std::string& target,
                                                    int port);
  [[nodiscard]] int port() const { return port_; }  // on loopback

 private:
  PortForward() = default;
  std::unique_ptr<Child> child_;
  int port_ = 0;
};

}  // namespace rehearse::live
