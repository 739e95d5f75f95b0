// rehearse-standin play --api URL --etcd URL --folder DIR [--root-path by-dev] [--tool-step-ms 5]
//   Plays Milvus and the migration tool for the pods of a control plane without kubelets, until it
//   is told to stop (SIGTERM, SIGINT). Started by live/control-plane/up.sh.
// rehearse-standin milvus|meta-migration|minio ARGUMENT...
//   Is one of them in a container of its own, with the container's arguments; REHEARSE_IMAGE is the
//   name of its image (live/kind/standin-images.sh).
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "live/process.h"
#include "live/standin/container.h"
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

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int BeContainer(const std::string& what, std::vector<std::string> args) {
  rehearse::live::ContainerJob job;
  job.image = FromEnvironment("REHEARSE_IMAGE");
  job.args = std::move(args);
  job.host_name = FromEnvironment("HOSTNAME");
  job.is_to_stop = [] { return stop_requested != 0; };
  const rehearse::Result<int> exit_code = what == "milvus" ? rehearse::live::RunMilvusContainer(job)
                                          : what == "minio" ? rehearse::live::RunMinioContainer(job)
                                                            : rehearse::live::RunToolContainer(job);
  if (!exit_code) {
    std::cerr << "rehearse-standin: " << exit_code.error().message << "\n";
    return kUsage;
  }
  return *exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, RequestStop);
  std::signal(SIGINT, RequestStop);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.empty() ? "" : words.front();
  if (what == "milvus" || what == "minio" || what == "meta-migration") {
    return BeContainer(what, {words.begin() + 1, words.end()});
  }
  std::map<std::string, std::string> flags;
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
    flags[words[i]] = words[i + 1];
  }
  if (what != "play" || !flags.contains("--api")) {
    std::cerr << "rehearse-standin: expected: play --api URL --etcd URL --folder DIR\n"
                 "             or: milvus|minio|meta-migration ARGUMENT...\n";
    return kUsage;
  }
  return Play(flags);
}
