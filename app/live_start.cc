#include "app/live_start.h"

#include <memory>

#include "app/live.h"
#include "app/load.h"
#include "live/words.h"
#include "model/etcd/dump.h"

namespace rehearse::app {
namespace {

constexpr Millis kInstallLimitMs = Seconds(900);

struct Options {
  LiveFlags live;
  std::string from;
  std::string assume;
  std::string chart_source = "bundled";
};

// Keys of sessions belong to servers; those that will run make their own.
Result<std::size_t> PutMetadata(live::EtcdGateway& etcd, const etcd::Dump& dump) {
  TRY_ASSIGN(const etcd::Dump there, etcd.Range(""));
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
               const std::string& chart_folder) {
  const std::string version = helm::ChartVersion(record);
  std::vector<std::string> argv = {"helm", "install", access.release};
  if (chart_folder.empty()) {
    argv.insert(argv.end(), {"zilliztech/milvus", "--version", version});
  } else {
    argv.push_back(chart_folder + "/milvus-" + version);
  }
  argv.insert(argv.end(),
              {"-n", access.ns, "--create-namespace", "-f", "-", "--wait", "--timeout", "600s"});
  live::ProcessSpec spec = live::SpecOf(access, argv);
  spec.input = DumpYaml(helm::ConfigOf(record));
  spec.limit_ms = kInstallLimitMs;
  TRY_ASSIGN(const live::ProcessResult result, live::RunProcess(std::move(spec)));
  return result.exit_code == 0 ? Status()
                               : tl::unexpected(live::ErrorOf(result, "helm install", true));
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
  TRY_ASSIGN(OpenEtcd etcd, OpenEtcdOf(flags));
  TRY_ASSIGN(const std::size_t keys, PutMetadata(etcd.gateway, situation.etcd));
  terminal.out << "put " << keys << " keys into etcd\n";
  TRY(Install(flags.access, newest, chart_folder));
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
