#include "app/live_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "app/live_driver.h"
#include "app/live_faults.h"
#include "app/live_start.h"
#include "app/load.h"
#include "app/scenario/drivers.h"
#include "app/scenario/files.h"
#include "app/scenario/judge.h"
#include "app/scratch.h"
#include "live/journal.h"
#include "live/lock.h"
#include "model/etcd/dump.h"
#include "model/kube/machine.h"
#include "model/milvus/view.h"

namespace rehearse::app {
namespace {

namespace fs = std::filesystem;

constexpr Millis kHungMs = Seconds(180);        // where the simulated step never ends
constexpr Millis kStepLimitMs = Seconds(1500);  // where it does
constexpr Millis kSettleMs = Seconds(10);       // after a command by hand
constexpr Millis kAgreeLimitMs = Seconds(60);   // for the cluster to come to rest
constexpr Millis kServesLimitMs = Seconds(120);
constexpr Millis kLookMs = Seconds(1);

// Judged by what is in volumes, which nobody sees from outside of a live cluster.
constexpr std::array<std::string_view, 2> kUnseenLive = {sim::kNoMetadataLost, sim::kAccountIsTrue};

Status CheckScenario(const Scenario& scenario) {
  if (scenario.steps.empty()) {
    return BadInput(scenario.file +
                    ": has no steps of its own; save what a search finds with check -o");
  }
  for (const StepSpec& step : scenario.steps) {
    if (step.kind == StepKind::kUse) {
      return BadInput(scenario.file + ": clients that use Milvus cannot be made real here");
    }
  }
  for (const PlacedFault& placed : scenario.faults) {
    TRY(CheckReal(placed.fault));
  }
  return {};
}

// How a step looks in one of the worlds.
struct Seen {
  StepEnd end;
  std::map<std::string, std::string> images;
  std::map<std::string, std::int64_t> replicas;
  std::string release;
  std::vector<std::string> violated;
};

std::string EndText(const StepEnd& end) {
  const bool has_exit = end.kind == EndKind::kReached || end.kind == EndKind::kStopped;
  return std::string(NameOf(end.kind)) +
         (has_exit ? ", exit " + std::to_string(end.exit_code) : "");
}

Seen Look(const Course& course, const Stand& before, StepEnd end, const sim::ClusterState& state) {
  Seen seen;
  const std::string& ns = course.situation.ns;
  seen.images = sim::MilvusImages(state, ns);
  for (const kube::ObjectPtr& object : kube::List(state.objects, "Deployment", ns)) {
    seen.replicas[object->ref.name] = kube::As<kube::Deployment>(object)->replicas;
  }
  std::int64_t newest = 0;
  state.releases.ForPrefix(ns + "/", [&](const std::string&, const auto& record) {
    if (record->name == course.situation.release && record->revision > newest) {
      newest = record->revision;
      seen.release = fmt::format("revision {}: {}, {}",
                                 record->revision,
                                 helm::ChartLabel(*record),
                                 helm::NameOf(record->status));
    }
  });
  if (end.kind == EndKind::kReached || end.kind == EndKind::kStopped) {
    for (const sim::Violation& violation : JudgeClaim(course, before, end, state)) {
      if (std::ranges::find(kUnseenLive, violation.property) == kUnseenLive.end()) {
        seen.violated.push_back(violation.property);
      }
    }
    std::ranges::sort(seen.violated);
  }
  seen.end = std::move(end);
  return seen;
}

template <typename Value>
void Compare(const std::map<std::string, Value>& live,
             const std::map<std::string, Value>& simulated,
             std::vector<std::string>& lines) {
  std::map<std::string, std::pair<std::string, std::string>> rows;
  for (const auto& [key, value] : live) {
    rows[key].first = fmt::format("{}", value);
  }
  for (const auto& [key, value] : simulated) {
    rows[key].second = fmt::format("{}", value);
  }
  for (const auto& [key, row] : rows) {
    if (row.first != row.second) {
      lines.push_back(fmt::format("{}: live {}, simulated {}",
                                  key,
                                  row.first.empty() ? "none" : row.first,
                                  row.second.empty() ? "none" : row.second));
    }
  }
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : "; ") + word;
  }
  return text.empty() ? "nothing" : text;
}

void CompareMetadata(const Course& course,
                     const sim::ClusterState& live,
                     const sim::ClusterState& simulated,
                     std::vector<std::string>& lines) {
  Version server = course.server;
  for (const auto& [workload, image] : sim::MilvusImages(live, course.situation.ns)) {
    server = ParseImageTagVersion(image.substr(image.rfind(':') + 1)).value_or(server);
  }
  const milvus::ViewOptions as{course.world->root_path, server};
  const auto is = milvus::ViewAs(live.etcd.keys, as);
  const auto was = milvus::ViewAs(simulated.etcd.keys, as);
  if (!is || !was) {
    if (is.has_value() != was.has_value()) {
      lines.push_back("metadata: can be read in one world only: " +
                      (is ? was.error() : is.error()).message);
    }
    return;
  }
  for (const milvus::ViewDifference& each : milvus::DiffViews(*was, *is)) {
    lines.push_back(
        fmt::format("metadata, {}: live {}, simulated {}", each.path, each.after, each.before));
  }
}

std::vector<std::string> Disagreement(const Seen& live, const Seen& simulated) {
  std::vector<std::string> lines;
  const auto compare = [&](const char* what, const std::string& is, const std::string& was) {
    if (is != was) {
      lines.push_back(fmt::format("{}: live {}, simulated {}", what, is, was));
    }
  };
  compare("end", EndText(live.end), EndText(simulated.end));
  compare("release", live.release, simulated.release);
  compare("violated", Joined(live.violated), Joined(simulated.violated));
  Compare(live.images, simulated.images, lines);
  Compare(live.replicas, simulated.replicas, lines);
  return lines;
}

class Runner {
 public:
  Runner(const LiveScenario& options, const Scenario& scenario, Course course, Terminal& terminal)
      : options_(options),
        scenario_(scenario),
        course_(std::move(course)),
        stand_(Begin(course_)),
        terminal_(terminal) {}

  Result<int> Run() {
    TRY(MakeStart());
    CatchStop();
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
      TRY_ASSIGN(const bool agrees, Take(i));
      if (IsStopRequested()) {
        terminal_.out << "stopped after step " << i + 1 << "\n";
        return kUnknown;
      }
      if (!agrees) {
        terminal_.out << "differs: live and simulated do not agree after step " << i + 1 << "\n";
        return kViolated;
      }
    }
    terminal_.out << "agrees: live and simulated end alike in " << scenario_.steps.size()
                  << " steps with " << scenario_.faults.size() << " faults\n";
    return kHolds;
  }

 private:
  const live::Access& access() const { return options_.live.access; }

  Status MakeStart() {
    if (!MilvusServes(course_.start)) {
      return BadInput(options_.file + ": its start is a Milvus that does not run");
    }
    const std::string chart = helm::ChartVersion(course_.situation.releases.back());
    TRY_ASSIGN(const std::string folder,
               ChartFolder(options_.chart_source, *course_.catalog, {chart}));
    TRY(TellStandIn(access(), 0));
    TRY(StartOn(options_.live, course_.situation, folder, terminal_));
    TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options_.live));
    const std::string sessions = course_.world->root_path + "/meta/session/proxy";
    for (const Millis began = live::SteadyMillis();;) {
      TRY_ASSIGN(const etcd::Dump dump, etcd.Range(sessions));
      if (!dump.kvs.empty()) {
        return {};
      }
      if (live::SteadyMillis() - began > kServesLimitMs) {
        return Fail(ErrorCode::kUnavailable,
                    "no session of a proxy in etcd: Milvus does not serve");
      }
      live::WaitForAny({}, kLookMs);
    }
  }

  // The driver of a step that is to run on the live cluster, and the charts that it needs.
  Result<Made> DriverFor(const StepSpec& step, live::EtcdGateway& etcd) {
    Course now = course_;
    now.pace.executor.poll_ms = options_.poll_ms;
    now.pace.executor.rollout_poll_ms =
        std::min(now.pace.executor.rollout_poll_ms, 2 * options_.poll_ms);
    now.pace.settle_ms_max = kSettleMs;
    Stand first = stand_;
    std::vector<std::string> versions = {helm::ChartVersion(course_.situation.releases.back())};
    if (step.kind == StepKind::kExecutor) {
      if (!stand_.ends.empty()) {
        TRY_ASSIGN(now.situation, CaptureNow(access(), "", etcd));
      }
      first.ends.clear();
      TRY_ASSIGN(const auto planned, PlanFor(now.situation, *now.catalog, step.to));
      if (const auto* plan = std::get_if<result::Plan>(&planned)) {
        versions = ChartsOf(*plan);
      }
    }
    TRY_ASSIGN(Made made, DriverOf(now, first, step));
    if (!made.end.target_chart.empty()) {
      versions.push_back(made.end.target_chart);
    }
    TRY_ASSIGN(chart_folder_, ChartFolder(options_.chart_source, *now.catalog, versions));
    return made;
  }

  // Lets time pass instead of a driver.
  static StepEnd Pass(const StepSpec& step) {
    live::WaitForAny({}, std::min(step.duration_ms, kSettleMs));
    StepEnd end;
    end.kind = EndKind::kReached;
    return end;
  }

  Result<LiveEnd> Drive(Made& made, std::size_t index, const std::vector<LiveFault>& faults) {
    const StepSpec& step = scenario_.steps[index];
    TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options_.live));
    TRY_ASSIGN(live::EtcdGateway second, OpenEtcdOf(options_.live));
    TRY_ASSIGN(live::Journal journal,
               live::Journal::Open(scratch_.folder() + "/" + std::to_string(index)));
    const std::string suffix = scenario_.steps.size() == 1 ? "" : "." + std::to_string(index + 1);
    TRY_ASSIGN(LiveTrace trace,
               LiveTrace::Open(options_.trace.empty() ? "" : options_.trace + suffix,
                               {access().release, access().ns, made.end.target},
                               false));
    TRY(live::TakeLock(access(), journal.holder(), journal.path()));
    const live::LiveOptions live_options{access(), chart_folder_};
    live::LiveCluster world(live_options, std::move(etcd));
    LiveDriver driver(made.driver, world, journal, trace);
    const auto tell = [&](const std::string& text) {
      made.end.said.push_back(text);
      terminal_.err << text << std::endl;
    };
    driver.TellWith(tell);
    FaultMeddler meddler({live_options,
                          course_.world->root_path,
                          helm::ChartVersion(course_.situation.releases.back()),
                          tell},
                         faults,
                         world,
                         second);
    driver.MeddleWith(meddler, step.kind == StepKind::kExecutor);
    driver.LimitTo(simulated_.end.kind == EndKind::kHung ? kHungMs : kStepLimitMs);
    Result<LiveEnd> end = driver.Run(IsStopRequested);
    TRY(meddler.Leave());
    TRY(live::ReleaseLock(access(), journal.holder()));
    for (const std::string& missed : meddler.Missed()) {
      return Fail(ErrorCode::kFailed, "this fault never fell: " + missed);
    }
    return end;
  }

  Result<StepEnd> TakeLive(std::size_t index, const std::vector<LiveFault>& faults) {
    const StepSpec& step = scenario_.steps[index];
    if (step.kind == StepKind::kWait) {
      return Pass(step);
    }
    Made made;
    {
      TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options_.live));
      TRY_ASSIGN(made, DriverFor(step, etcd));
    }
    if (made.driver == nullptr) {
      made.end.kind = EndKind::kRefused;
      return made.end;
    }
    for (const LiveFault& each : faults) {
      if (each.fault.site == sim::SiteKind::kToolStep) {
        TRY(TellStandIn(access(), each.fault.number));
      }
    }
    TRY_ASSIGN(const LiveEnd end, Drive(made, index, faults));
    TRY(TellStandIn(access(), 0));
    if (!end.outcome) {
      made.end.kind = end.killed ? EndKind::kKilled : EndKind::kHung;
      made.end.account = end.account;
      return made.end;
    }
    const bool stopped = end.outcome->kind == cluster::OutcomeKind::kStopped;
    made.end.kind = stopped ? EndKind::kStopped : EndKind::kReached;
    made.end.exit_code = end.outcome->exit_code;
    made.end.account = end.outcome->account;
    return made.end;
  }

  Stand TakeSimulated(std::size_t index, const std::vector<sim::Fault>& faults, Ready ready) {
    for (const sim::Fault& fault : faults) {
      Disturb(ready, fault);
    }
    RunToEnd(ready, {});
    return Settle(course_, stand_, scenario_.steps[index], std::move(ready));
  }

  // Both worlds may still be on their way to rest: they are looked at until they agree.
  Result<std::vector<std::string>> CompareWorlds(const StepEnd& end,
                                                 const sim::ClusterState& simulated) {
    TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options_.live));
    for (const Millis began = live::SteadyMillis();;) {
      TRY_ASSIGN(const cluster::Situation now, CaptureNow(access(), "", etcd));
      TRY_ASSIGN(const sim::ClusterState state, sim::BuildState(now, *course_.world));
      live_ = Look(course_, stand_, end, state);
      std::vector<std::string> lines = Disagreement(live_, simulated_);
      CompareMetadata(course_, state, simulated, lines);
      if (lines.empty() || live::SteadyMillis() - began > kAgreeLimitMs) {
        return lines;
      }
      live::WaitForAny({}, kLookMs);
    }
  }

  Result<bool> Take(std::size_t index) {
    const StepSpec& step = scenario_.steps[index];
    const std::vector<sim::Fault> faults = FaultsOf(scenario_, index);
    TRY_ASSIGN(Ready ready, Prepare(course_, stand_, step));
    TRY_ASSIGN(const std::vector<LiveFault> placed, PlaceFaults(ready, faults));
    Stand after = TakeSimulated(index, faults, std::move(ready));
    const sim::ClusterState& state = after.cluster->state();
    simulated_ = Look(course_, stand_, after.ends.back(), state);
    terminal_.out << "step " << index + 1 << ": " << Describe(step) << "\n" << std::flush;
    for (const sim::Fault& fault : faults) {
      terminal_.out << "  fault      " << sim::Sentence(fault) << "\n";
    }
    TRY_ASSIGN(const StepEnd end, TakeLive(index, placed));
    TRY_ASSIGN(const std::vector<std::string> lines, CompareWorlds(end, state));
    terminal_.out << "  live       " << EndText(live_.end) << "; " << live_.release
                  << "; violated: " << Joined(live_.violated) << "\n"
                  << "  simulated  " << EndText(simulated_.end) << "; " << simulated_.release
                  << "; violated: " << Joined(simulated_.violated) << "\n";
    for (const std::string& line : lines) {
      terminal_.out << "  differs    " << line << "\n";
    }
    terminal_.out << std::flush;
    AcceptIfGood(course_, step, simulated_.violated.empty(), after);
    stand_ = std::move(after);
    return lines.empty();
  }

  const LiveScenario& options_;
  const Scenario& scenario_;
  Course course_;
  Stand stand_;  // the simulated one
  Terminal& terminal_;
  Scratch scratch_;
  std::string chart_folder_;
  Seen live_;
  Seen simulated_;
};

}  // namespace

Result<int> RunScenarioLive(const LiveScenario& options, Terminal& terminal) {
  TRY_ASSIGN(charts::Catalog charts, LoadCatalog());
  const auto catalog = std::make_shared<const charts::Catalog>(std::move(charts));
  TRY_ASSIGN(Scenario scenario, GoodScenario(options.file, catalog));
  scenario.search.reset();
  TRY(CheckScenario(scenario));
  TRY(CheckLive(options.live));
  TRY_ASSIGN(Course course, MakeCourse(scenario.start, FolderOf(options.file), catalog));
  const live::Access& access = options.live.access;
  if (course.situation.release != access.release || course.situation.ns != access.ns) {
    return BadInput(options.file + ": is about release " + course.situation.release +
                    " in namespace " + course.situation.ns);
  }
  return Runner(options, scenario, std::move(course), terminal).Run();
}

}  // namespace rehearse::app
