#include <memory>

#include "app/files.h"
#include "app/live.h"
#include "app/live_access.h"
#include "app/live_driver.h"
#include "app/live_scenario.h"
#include "app/load.h"
#include "app/rehearsal.h"
#include "app/report.h"
#include "live/journal.h"
#include "live/lock.h"
#include "model/etcd/dump.h"
#include "model/milvus/lawful.h"
#include "model/milvus/view.h"
#include "reports/run_text.h"
#include "upgrade/executor.h"

namespace rehearse::app {
namespace {

struct Options {
  LiveFlags live;
  std::string scenario;
  std::string to;
  std::string from;
  std::string assume;
  std::string chart_source = "repo";
  std::string journal;
  std::string trace;
  std::int64_t poll_ms = Seconds(5);
};

// What the plan is made from stands beside the journal: a resumed run makes the same plan.
Result<cluster::Situation> SituationOf(const Options& options,
                                       bool resumed,
                                       live::EtcdGateway& etcd) {
  if (!options.from.empty()) {
    return LoadSituation(options.from, options.assume);
  }
  const std::string file = options.journal + ".situation.json";
  if (resumed) {
    return LoadSituation(file, "");
  }
  TRY_ASSIGN(cluster::Situation situation, CaptureNow(options.live.access, options.assume, etcd));
  TRY(WriteFileAtomically(file, DumpPretty(ToJson(situation)) + "\n"));
  return situation;
}

std::string RootPathOf(const result::Plan& plan) {
  for (const result::Hop& hop : plan.hops) {
    if (hop.metadata) {
      return hop.metadata->root_path;
    }
    if (hop.helm && !hop.helm->root_path.empty()) {
      return hop.helm->root_path;
    }
  }
  return "by-dev";
}

Result<milvus::MetaView> ViewOf(const etcd::Keys& keys,
                                const result::Plan& plan,
                                const std::string& app) {
  TRY_ASSIGN(const Version server, ParseVersion(app));
  return milvus::ViewAs(keys, {RootPathOf(plan), server});
}

// Is what a client saw before still there?
Result<bool> JudgeMetadata(const cluster::Situation& start,
                           const result::Plan& plan,
                           live::EtcdGateway& etcd,
                           Terminal& terminal) {
  TRY_ASSIGN(etcd::Dump end, etcd.Range(""));
  const std::string from = plan.hops.empty() ? plan.to_app : plan.hops.front().from_app;
  TRY_ASSIGN(const milvus::MetaView before, ViewOf(etcd::KeysOf(start.etcd), plan, from));
  TRY_ASSIGN(const milvus::MetaView after, ViewOf(etcd::KeysOf(std::move(end)), plan, plan.to_app));
  const milvus::Classification differences = milvus::ClassifyDifferences(before, after);
  for (const milvus::ViewDifference& lost : differences.unlawful) {
    terminal.out << "  " << lost.path << ": was " << lost.before << ", is " << lost.after << "\n";
  }
  terminal.out << "metadata: " << before.collections.size() << " collections before, "
               << after.collections.size() << " after, " << differences.lawful.size()
               << " lawful differences, " << differences.unlawful.size() << " others\n";
  return differences.unlawful.empty();
}

// How long the model takes for it: pods become ready as their probes say, which on kwok they do
// not.
Result<Millis> ExpectedMs(const cluster::Situation& situation,
                          const charts::Catalog& catalog,
                          const result::Plan& plan) {
  TRY_ASSIGN(const Rehearsal rehearsal, MakeRehearsal(situation, catalog, plan));
  TRY_ASSIGN(const RunOutput output, RunRehearsal(rehearsal, {}));
  return output.result.simulated_ms;
}

struct Ground {
  cluster::Situation situation;
  result::Plan plan;
  std::string chart_folder;
};

Result<int> Judge(const Options& options,
                  const Ground& ground,
                  const cluster::Outcome& outcome,
                  Terminal& terminal) {
  terminal.out << outcome.account << (outcome.account.ends_with('\n') ? "" : "\n");
  if (outcome.kind == cluster::OutcomeKind::kStopped) {
    terminal.out << "violated: the plan does not reach its target\n";
    return kViolated;
  }
  TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options.live));
  TRY_ASSIGN(const bool kept, JudgeMetadata(ground.situation, ground.plan, etcd, terminal));
  terminal.out << (kept ? "holds: " : "violated: ") << ground.plan.release << " runs Milvus "
               << ground.plan.to_app << " on chart " << ground.plan.to_chart << ", metadata "
               << (kept ? "equal before and after by the lawful table\n" : "is not what it was\n");
  return kept ? kHolds : kViolated;
}

Result<int> Carry(const Options& options,
                  const Ground& ground,
                  live::Journal& journal,
                  Terminal& terminal) {
  TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options.live));
  TRY_ASSIGN(LiveTrace trace,
             LiveTrace::Open(options.trace,
                             {ground.plan.release, ground.plan.ns, ground.plan.target},
                             !journal.lines().empty()));
  TRY(live::TakeLock(options.live.access, journal.holder(), journal.path()));
  live::LiveCluster world({options.live.access, ground.chart_folder}, std::move(etcd));
  upgrade::ExecutorOptions executor;
  executor.poll_ms = options.poll_ms;
  executor.rollout_poll_ms = std::min(executor.rollout_poll_ms, 2 * options.poll_ms);
  LiveDriver driver(std::make_shared<upgrade::Executor>(
                        std::make_shared<const result::Plan>(ground.plan), executor),
                    world,
                    journal,
                    trace);
  driver.TellWith([&](const std::string& text) { terminal.err << text << std::endl; });
  CatchStop();
  const Result<LiveEnd> end = driver.Run(IsStopRequested);
  if (!end) {
    return Fail(end.error().code,
                end.error().message + "; the lock stays; go on with --journal " + journal.path());
  }
  if (!end->outcome) {
    terminal.out << end->account << "\n";
    return kUnknown;
  }
  TRY(live::ReleaseLock(options.live.access, journal.holder()));
  return Judge(options, ground, *end->outcome, terminal);
}

Result<int> DoRun(Options options, Terminal& terminal) {
  if (options.scenario.empty() == options.to.empty()) {
    return BadInput("expected either a scenario file or --to");
  }
  if (!options.scenario.empty()) {
    return RunScenarioLive({.live = options.live,
                            .file = options.scenario,
                            .chart_source = options.chart_source,
                            .trace = options.trace,
                            .poll_ms = options.poll_ms},
                           terminal);
  }
  TRY(CheckLive(options.live));
  if (options.journal.empty()) {
    options.journal = options.live.access.release + ".journal";
  }
  TRY_ASSIGN(live::Journal journal, live::Journal::Open(options.journal));
  Ground ground;
  {
    TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options.live));
    TRY_ASSIGN(ground.situation, SituationOf(options, !journal.lines().empty(), etcd));
  }
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  TRY_ASSIGN(auto planned, PlanFor(ground.situation, catalog, options.to));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    PrintRefusal(*refusal, "rehearse/run/v1", "text", terminal);
    return kRefused;
  }
  ground.plan = std::get<result::Plan>(std::move(planned));
  if (ground.plan.release != options.live.access.release ||
      ground.plan.ns != options.live.access.ns) {
    return BadInput("the plan is for release " + ground.plan.release + " in namespace " +
                    ground.plan.ns + ", not for the one that --release and --namespace name");
  }
  TRY_ASSIGN(ground.chart_folder,
             ChartFolder(options.chart_source, catalog, ChartsOf(ground.plan)));
  terminal.out << PlanText(ground.plan, terminal) << "\n";
  TRY_ASSIGN(const Millis expected, ExpectedMs(ground.situation, catalog, ground.plan));
  terminal.out << "expected: about " << reports::DurationText(expected)
               << " in all, where pods become ready as their probes say\n"
               << std::flush;
  return Carry(options, ground, journal, terminal);
}

}  // namespace

Command LiveRunCommand() {
  return {.name = "run",
          .summary = "plan an upgrade and carry it out on a real cluster, with the same executor",
          .examples =
              {"rehearse live run --to 2.2.16 --context kind-live --namespace default "
               "--release my-release --trace live.jsonl",
               "rehearse live run scenarios/live/tool-panics.yaml --context "
               "rehearse-rehearse --namespace default --release my-release --chart-source bundled",
               "rehearse live run --to 2.2.16 --context prod --namespace milvus --release "
               "my-release --i-know-this-is prod --journal my-release.journal"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("scenario",
                           options->scenario,
                           "carry out this scenario from its own start, faults and all, and "
                           "compare its end with the simulated one");
            app.add_option("--to", options->to, "X.Y.Z, chart:V or latest");
            app.add_option("--from",
                           options->from,
                           "plan from this capture or situation; without it from what the cluster "
                           "shows now");
            app.add_option(
                "--assume", options->assume, "for what the capture does not show: KEY=VALUE,...");
            app.add_option("--chart-source",
                           options->chart_source,
                           "repo, bundled, or a folder with milvus-VERSION");
            app.add_option("--journal",
                           options->journal,
                           "the durable memory of this run (RELEASE.journal); a run that was "
                           "interrupted goes on from it");
            app.add_option("--trace", options->trace, "write what happened as JSON lines");
            app.add_option("--poll-ms", options->poll_ms, "between two looks at the cluster")
                ->check(CLI::Range(100, 60'000));
            AddLiveFlags(app, options->live);
            return [options](Terminal& terminal) { return DoRun(*options, terminal); };
          }};
}

}  // namespace rehearse::app
