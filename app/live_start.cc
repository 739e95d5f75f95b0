#include "app/live_start.h"

#include <memory>

#include "app/live.h"
#include "app/load.h"
#include "live/words.h"
#include "model/etcd/dump.h"

namespace rehearse::app {
namespace {

constexpr Millis kInstallLimitMs = Seconds(900);
constexpr Millis kEtcdLimitMs = Seconds(120);  // for the release's own etcd to answer
constexpr Millis kLookMs = Seconds(1);

struct Options {
  LiveFlags live;
  std::string from;
  std::string assume;
  std::string chart_source = "bundled";
};

// An etcd that was installed a moment ago takes a while to answer.
Result<etcd::Dump> FirstLook(live::EtcdGateway& etcd) {
  for (const Millis began = live::SteadyMillis();;) {
    Result<etcd::Dump> there = etcd.Range("");
    if (there || there.error().code != ErrorCode::kUnavailable ||
        live::SteadyMillis() - began > kEtcdLimitMs) {
      return there;
    }
    live::WaitForAny({}, kLookMs);
  }
}

// Keys of sessions belong to servers; those that will run make their own.
Result<std::size_t> PutMetadata(live::EtcdGateway& etcd, const etcd::Dump& dump) {
  TRY_ASSIGN(const etcd::Dump there, FirstLook(etcd));
  if (!there.kvs.empty()) {
    return BadInput("etcd has " + std::to_string(there.kvs.size()) + " keys already (the first: " +
                    there.kvs.front().key + "); a start is made on an empty one only");
  }
  std::size_t count = 0;
  for (const etcd::KeyValue& kv : dump.kvs) {
    if (kv.lease == 0) {
      TRY(etcd.Put(kv.key, kv.value));
      ++count;
    }
  }
  return count;
}

Status Install(const live::Access& access,
               const helm::ReleaseRecord& record,
               const std::string& chart_folder,
               bool waits) {
  const std::string version = helm::ChartVersion(record);
  std::vector<std::string> argv = {"helm", "install", access.release};
  if (chart_folder.empty()) {
    argv.insert(argv.end(), {"zilliztech/milvus", "--version", version});
  } else {
    argv.push_back(chart_folder + "/milvus-" + version);
  }
  argv.insert(argv.end(), {"-n", access.ns, "--create-namespace", "-f", "-"});
  if (waits) {
    argv.insert(argv.end(), {"--wait", "--timeout", "600s"});
  }
  live::ProcessSpec spec = live::SpecOf(access, argv);
  spec.input = DumpYaml(helm::ConfigOf(record));
  spec.limit_ms = kInstallLimitMs;
  TRY_ASSIGN(const live::ProcessResult result, live::RunProcess(std::move(spec)));
  return result.exit_code == 0 ? Status()
                               : tl::unexpected(live::ErrorOf(result, "helm install", true));
}

// What helm --wait does, for a release that is installed already.
Status WaitForWorkloads(const live::Access& access) {
  const std::string kinds = "deployments,statefulsets";
  TRY_ASSIGN(const Json list,
             live::AskJson(access, {"kubectl", "get", kinds, "-n", access.ns, "-o", "json"}));
  const Json* items = At(list, {"items"});
  for (const Json& item : items != nullptr ? *items : Json::array()) {
    if (StringAt(item, {"metadata", "annotations", "meta.helm.sh/release-name"}) !=
        access.release) {
      continue;
    }
    const std::string name = StringAt(item, {"kind"}) + "/" + StringAt(item, {"metadata", "name"});
    live::ProcessSpec spec = live::SpecOf(
        access, {"kubectl", "rollout", "status", name, "-n", access.ns, "--timeout=600s"});
    spec.limit_ms = kInstallLimitMs;
    TRY_ASSIGN(const live::ProcessResult result, live::RunProcess(std::move(spec)));
    if (result.exit_code != 0) {
      return tl::unexpected(live::ErrorOf(result, "kubectl rollout status " + name, false));
    }
  }
  return {};
}

Result<int> DoStart(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const cluster::Situation situation, LoadSituation(options.from, options.assume));
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  TRY(CheckLive(options.live));
  TRY_ASSIGN(
      const std::string folder,
      ChartFolder(options.chart_source, catalog, {helm::ChartVersion(situation.releases.back())}));
  TRY(StartOn(options.live, situation, folder, terminal));
  return kHolds;
}

}  // namespace

Status StartOn(const LiveFlags& flags,
               const cluster::Situation& situation,
               const std::string& chart_folder,
               Terminal& terminal) {
  const helm::ReleaseRecord& newest = situation.releases.back();
  // Its own etcd comes with the release; Milvus does not reach it before it is Ready, and by then
  // it has the metadata.
  const bool own_etcd = flags.etcd.empty();
  if (own_etcd) {
    TRY(Install(flags.access, newest, chart_folder, false));
  }
  TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(flags));
  TRY_ASSIGN(const std::size_t keys, PutMetadata(etcd, situation.etcd));
  terminal.out << "put " << keys << " keys into etcd\n" << std::flush;
  TRY(own_etcd ? WaitForWorkloads(flags.access)
               : Install(flags.access, newest, chart_folder, true));
  terminal.out << "installed " << helm::ChartLabel(newest) << " as " << flags.access.release
               << " in namespace " << flags.access.ns << "\n";
  return {};
}

Command LiveStartCommand() {
  return {
      .name = "start",
      .summary = "put the release and the metadata of a capture on a cluster for rehearsals",
      .examples = {"rehearse live start --from capture/ --context rehearse-rehearse "
                   "--namespace default --release my-release --etcd http://127.0.0.1:2379"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto options = std::make_shared<Options>();
        app.add_option("--from", options->from, "a capture folder or a situation file")->required();
        app.add_option(
            "--assume", options->assume, "for what the capture does not show: KEY=VALUE,...");
        app.add_option("--chart-source",
                       options->chart_source,
                       "bundled, repo, or a folder with milvus-VERSION");
        AddLiveFlags(app, options->live);
        return [options](Terminal& terminal) { return DoStart(*options, terminal); };
      }};
}

}  // namespace rehearse::app
