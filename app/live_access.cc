#include "app/live_access.h"

#include <cstdlib>
#include <filesystem>

#include "app/files.h"
#include "app/live_chart.h"
#include "app/load.h"
#include "live/capture.h"
#include "live/port_forward.h"

namespace rehearse::app {

void AddLiveFlags(CLI::App& app, LiveFlags& flags) {
  live::Access& access = flags.access;
  app.add_option("--context", access.context, "the context of the kubeconfig")->required();
  app.add_option("--namespace", access.ns, "the release's namespace")->required();
  app.add_option("--release", access.release, "the helm release")->required();
  app.add_option("--kubeconfig", access.kubeconfig, "instead of where kubectl looks by itself");
  app.add_option("--kubectl", access.kubectl, "the program kubectl");
  app.add_option("--helm", access.helm, "the program helm");
  app.add_option("--etcd",
                 flags.etcd,
                 "http://HOST:PORT of Milvus's etcd; without it by kubectl port-forward to the "
                 "service RELEASE-etcd");
  app.add_option("--i-know-this-is",
                 flags.i_know_this_is,
                 "the context once more, where the cluster is not one for rehearsals");
}

Result<live::EtcdGateway> OpenEtcdOf(const LiveFlags& flags) {
  if (!flags.etcd.empty()) {
    return live::EtcdGateway::Open(flags.etcd);
  }
  // Ends with the gateway, or when there is another one.
  auto forward = std::make_shared<std::unique_ptr<live::PortForward>>();
  return live::EtcdGateway::OpenBy([access = flags.access, forward]() -> Result<std::string> {
    constexpr int kEtcdPort = 2379;
    forward->reset();
    TRY_ASSIGN(*forward,
               live::PortForward::Start(access, "service/" + access.release + "-etcd", kEtcdPort));
    return "http://127.0.0.1:" + std::to_string((*forward)->port());
  });
}

Result<cluster::Situation> CaptureNow(const live::Access& access,
                                      const std::string& assume,
                                      live::EtcdGateway& etcd) {
  live::CaptureResult captured = live::Capture(access, &etcd);
  for (const char* needed : {"objects.json", "release-secrets.json", "etcd.jsonl"}) {
    if (!captured.files.contains(needed)) {
      return Fail(ErrorCode::kUnavailable,
                  std::string(needed) + " cannot be read: " + captured.missing.front().why);
    }
  }
  TRY_ASSIGN(auto assumptions, ParseAssume(assume));
  assumptions["release"] = access.release;
  assumptions["namespace"] = access.ns;
  return cluster::ReadCapture(captured.files, assumptions);
}

Status CheckLive(const LiveFlags& flags) {
  TRY(live::CheckContext(flags.access, flags.i_know_this_is));
  return live::CheckPrograms(flags.access);
}

Result<std::string> ProjectFolder() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (fs::exists(folder / "live/parts/build.sh", error)) {
      return folder.string();
    }
  }
  return BadInput("the scripts in live/ are not found above " + program.string() +
                  ": run this program from the project's own build");
}

Result<std::string> CacheFolder() {
  if (const char* given = std::getenv("REHEARSE_CACHE"); given != nullptr && *given != '\0') {
    return std::string(given);
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return BadInput("neither REHEARSE_CACHE nor HOME is set");
  }
  return std::string(home) + "/.cache/rehearse";
}

std::vector<std::string> ChartsOf(const result::Plan& plan) {
  std::vector<std::string> versions;
  for (const result::Hop& hop : plan.hops) {
    if (hop.helm) {
      versions.push_back(hop.helm->version);
    }
  }
  return versions;
}

Result<std::string> ChartFolder(const std::string& source,
                                const charts::Catalog& catalog,
                                const std::vector<std::string>& versions) {
  if (source == "repo") {
    return std::string();
  }
  if (source != "bundled") {
    return IsDirectory(source)
               ? Result<std::string>(source)
               : BadInput("--chart-source " + source + ": neither bundled nor repo nor a folder");
  }
  TRY_ASSIGN(const std::string cache, CacheFolder());
  const std::string folder = cache + "/charts";
  for (const std::string& version : versions) {
    TRY(WriteChart(catalog, version, folder + "/milvus-" + version));
  }
  return folder;
}

}  // namespace rehearse::app
