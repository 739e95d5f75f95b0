#include "live/port_forward.h"

#include <charconv>
#include <limits>

#include "live/words.h"

namespace rehearse::live {
namespace {

constexpr Millis kStartLimitMs = Seconds(10);

// "Forwarding from 127.0.0.1:34567 -> 2379"; 0 before it is said.
int PortIn(const std::string& said) {
  constexpr std::string_view kWords = "Forwarding from 127.0.0.1:";
  const std::size_t at = said.find(kWords);
  int port = 0;
  if (at != std::string::npos && said.find(" ->", at) != std::string::npos) {
    std::from_chars(said.data() + at + kWords.size(), said.data() + said.size(), port);
  }
  return port;
}

}  // namespace

Result<std::unique_ptr<PortForward>> PortForward::Start(const Access& access,
                                                        const std::string& target,
                                                        int port) {
  ProcessSpec spec = SpecOf(access,
                            {"kubectl",
                             "port-forward",
                             "-n",
                             access.ns,
                             "--address",
                             "127.0.0.1",
                             target,
                             ":" + std::to_string(port)});
  spec.limit_ms = std::numeric_limits<int>::max();  // as long as this object lives
  std::unique_ptr<PortForward> forward(new PortForward());
  TRY_ASSIGN(forward->child_, Child::Start(std::move(spec)));
  const Millis until = SteadyMillis() + kStartLimitMs;
  while (SteadyMillis() < until) {
    if (forward->child_->Pump()) {
      return tl::unexpected(ErrorOf(forward->child_->result(), "kubectl port-forward", false));
    }
    forward->port_ = PortIn(forward->child_->result().out);
    if (forward->port_ != 0) {
      return forward;
    }
    WaitForAny({forward->child_.get()}, until - SteadyMillis());
  }
  return Fail(ErrorCode::kUnavailable, "kubectl port-forward to " + target + " says nothing");
}

}  // namespace rehearse::live
