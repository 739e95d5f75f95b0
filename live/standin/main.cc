// rehearse-standin play --api URL --etcd URL --folder DIR [--root-path by-dev] [--tool-step-ms 5]
// Plays Milvus and the migration tool for the pods of a control plane without kubelets, until it is
// told to stop (SIGTERM, SIGINT). Started by live/control-plane/up.sh.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "live/process.h"
#include "live/standin/player.h"

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void RequestStop(int /*signal*/) { stop_requested = 1; }

constexpr int kUsage = 64;
constexpr rehearse::Millis kTickMs = 50;

int Play(const std::map<std::string, std::string>& flags) {
  const auto flag = [&](const std::string& name, const std::string& fallback) {
    const auto at = flags.find(name);
    return at == flags.end() ? fallback : at->second;
  };
  auto etcd = rehearse::live::EtcdGateway::Open(flag("--etcd", ""));
  if (!etcd) {
    std::cerr << "rehearse-standin: " << etcd.error().message << "\n";
    return kUsage;
  }
  rehearse::live::KubeApi api(flag("--api", ""));
  rehearse::live::Player player({flag("--folder", "."),
                                 flag("--root-path", "by-dev"),
                                 std::atoll(flag("--tool-step-ms", "5").c_str())},
                                api,
                                *etcd);
  while (stop_requested == 0) {
    player.Tick();
    rehearse::live::WaitForAny({}, kTickMs);
  }
  player.StopAll();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, RequestStop);
  std::signal(SIGINT, RequestStop);
  std::map<std::string, std::string> flags;
  for (int i = 2; i + 1 < argc; i += 2) {
    flags[argv[i]] = argv[i + 1];
  }
  if (argc < 2 || std::string(argv[1]) != "play" || !flags.contains("--api")) {
    std::cerr << "rehearse-standin: expected: play --api URL --etcd URL --folder DIR\n";
    return kUsage;
  }
  return Play(flags);
}
