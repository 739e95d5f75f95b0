#include "app/live_faults.h"

#include <algorithm>
#include <array>

#include "model/core/check.h"

namespace rehearse::app {
namespace {

using sim::Fate;
using sim::SiteKind;

constexpr Millis kLookMs = 100;
constexpr Millis kLookAtHelmMs = 15;       // a release of few objects is pending for 0.1 s and more
constexpr Millis kCordonMs = Seconds(20);  // long enough that a run notices
constexpr const char* kStandIn = "rehearse-standin";

constexpr std::array kRealWhileWaiting = {
    Fate::kPodDeleted, Fate::kNodesFull, Fate::kScaled, Fate::kHelmUpgrade, Fate::kObjectDeleted};
constexpr std::array kRealDeaths = {
    Fate::kDriverKilledBefore, Fate::kDriverKilledAfter, Fate::kInterrupted};
constexpr std::array<std::string_view, 6> kRealConditions = {"Milvus is stopped",
                                                             "sessions are gone",
                                                             "tool runs",
                                                             "backup is written",
                                                             "metadata is cleaned",
                                                             "release is pending-upgrade"};

bool IsReal(const sim::Fault& fault) {
  if (fault.site == SiteKind::kWait) {
    return std::ranges::find(kRealWhileWaiting, fault.fate) != kRealWhileWaiting.end();
  }
  if (fault.site == SiteKind::kDriverStep) {
    return std::ranges::find(kRealDeaths, fault.fate) != kRealDeaths.end();
  }
  if (fault.site == SiteKind::kToolStep) {
    return fault.when.empty() && fault.fate == Fate::kToolPanics;
  }
  return fault.site == SiteKind::kProcessStep && fault.fate == Fate::kProcessKilled;
}

std::string NameOf(const std::string& key) { return key.substr(key.rfind('/') + 1); }

// "Pod/default/x" -> "Pod"
std::string KindOf(const std::string& key) { return key.substr(0, key.find('/')); }

// The pod of this name, else one of the same workload: generated names differ between two runs.
std::string LivePod(const Json& pods, std::string name) {
  for (int cut = 0; cut < 3; ++cut) {
    const Json* items = At(pods, {"items"});
    for (const Json& pod : items != nullptr ? *items : Json::array()) {
      const std::string found = StringAt(pod, {"metadata", "name"});
      if (found == name || (cut > 0 && found.starts_with(name + "-"))) {
        return found;
      }
    }
    name = name.substr(0, name.rfind('-'));
  }
  return "";
}

}  // namespace

Status CheckReal(const sim::Fault& fault) {
  const bool known =
      fault.when.empty() || std::ranges::find(kRealConditions, fault.when) != kRealConditions.end();
  return IsReal(fault) && known
             ? Status()
             : BadInput("this fault cannot be made real here: " + sim::Sentence(fault));
}

namespace {

bool IsSite(const sim::Fault& fault, std::int64_t steps, std::int64_t waits, bool is_wait) {
  return fault.site == SiteKind::kWait ? is_wait && waits == fault.number : steps == fault.number;
}

Result<Anchor> AnchorOf(sim::Session session, const sim::Fault& fault) {
  Anchor anchor;
  std::map<std::size_t, std::int64_t> since;
  std::int64_t steps = 0;
  std::int64_t waits = 0;
  while (!session.ended()) {
    const cluster::Step& step = session.Peek();
    const bool is_wait = std::holds_alternative<cluster::WaitStep>(step);
    waits += is_wait ? 1 : 0;
    anchor.kind = step.index();
    anchor.nth = ++since[anchor.kind];
    if (IsSite(fault, ++steps, waits, is_wait)) {
      return anchor;
    }
    if (std::holds_alternative<cluster::StartStep>(step)) {
      ++anchor.changes;
      since.clear();
    }
    session.Step();
  }
  return BadInput("the simulated run does not come to this fault: " + sim::Sentence(fault));
}

// Whether the process that takes this step is helm.
Result<bool> IsHelmStep(sim::Session session, const sim::Fault& fault) {
  bool helm = false;
  while (!session.ended()) {
    if (const auto* start = std::get_if<cluster::StartStep>(&session.Peek())) {
      helm = std::holds_alternative<cluster::HelmUpgrade>(start->action);
    }
    session.Step();
    if (session.cluster().state().counters.process_steps >= fault.number) {
      return helm;
    }
  }
  return BadInput("the simulated run does not come to this fault: " + sim::Sentence(fault));
}

Result<LiveFault> Placed(const sim::Session& session, const sim::Fault& fault) {
  LiveFault placed{fault, {}, fault.when};
  if (fault.site == SiteKind::kProcessStep) {
    TRY_ASSIGN(const bool helm, IsHelmStep(session, fault));
    if (!helm) {
      return BadInput("of processes only helm can be killed for real: " + sim::Sentence(fault));
    }
    placed.when = "release is pending-upgrade";
  } else if (placed.when.empty() && fault.site != SiteKind::kToolStep) {
    TRY_ASSIGN(placed.anchor, AnchorOf(session, fault));
  }
  return placed;
}

}  // namespace

Result<std::vector<LiveFault>> PlaceFaults(const Ready& ready,
                                           const std::vector<sim::Fault>& faults) {
  std::vector<LiveFault> placed;
  sim::Session session = *ready.session;
  for (const sim::Fault& fault : faults) {
    TRY_ASSIGN(LiveFault live, Placed(session, fault));
    placed.push_back(std::move(live));
    session.Inject(fault);
  }
  return placed;
}

Status TellStandIn(const live::Access& access, std::int64_t number) {
  TRY(live::Ask(
      access, {"kubectl", "delete", "configmap", kStandIn, "-n", access.ns, "--ignore-not-found"}));
  if (number != 0) {
    TRY(live::Ask(access,
                  {"kubectl",
                   "create",
                   "configmap",
                   kStandIn,
                   "-n",
                   access.ns,
                   "--from-literal=tool-panics-at=" + std::to_string(number)}));
  }
  return {};
}

FaultMeddler::FaultMeddler(MeddlerOptions options,
                           std::vector<LiveFault> faults,
                           live::LiveCluster& world,
                           live::EtcdGateway& etcd)
    : options_(std::move(options)), faults_(std::move(faults)), world_(world), etcd_(etcd) {
  std::erase_if(faults_,
                [](const LiveFault& each) { return each.fault.site == SiteKind::kToolStep; });
}

bool FaultMeddler::IsPast(const Anchor& anchor, const cluster::Step& step) const {
  if (changes_ != anchor.changes) {
    return changes_ > anchor.changes;
  }
  const auto seen = since_.find(step.index());
  const std::int64_t nth = (seen == since_.end() ? 0 : seen->second) + 1;
  const bool last_chance = std::holds_alternative<cluster::StartStep>(step) ||
                           std::holds_alternative<cluster::FinishStep>(step);
  return (step.index() == anchor.kind && nth >= anchor.nth) || last_chance;
}

Result<bool> FaultMeddler::IsDue(const LiveFault& each, const cluster::Step* step) {
  if (!each.when.empty()) {
    const bool asked = each.fault.site != SiteKind::kDriverStep || step != nullptr;
    const bool of_helm = each.fault.site == SiteKind::kProcessStep;
    return !asked ? Result<bool>(false) : of_helm ? HoldsWithinHelm(each.when) : Holds(each.when);
  }
  return step != nullptr && IsPast(each.anchor, *step);
}

Result<std::vector<sim::Fault>> FaultMeddler::TakeDue(const cluster::Step* step) {
  std::vector<sim::Fault> due;
  for (auto at = faults_.begin(); at != faults_.end();) {
    TRY_ASSIGN(const bool falls, IsDue(*at, step));
    if (falls) {
      due.push_back(at->fault);
    }
    at = falls ? faults_.erase(at) : std::next(at);
  }
  return due;
}

void FaultMeddler::Count(const cluster::Step& step) {
  ++since_[step.index()];
  if (std::holds_alternative<cluster::StartStep>(step)) {
    ++changes_;
    since_.clear();
  }
}

Result<Meddler::Death> FaultMeddler::Before(const cluster::Step& step) {
  if (world_.Now() >= uncordon_) {
    TRY(Cordon(false));
  }
  Death death = Death::kNone;
  TRY_ASSIGN(const std::vector<sim::Fault> due, TakeDue(&step));
  for (const sim::Fault& fault : due) {
    if (fault.site == SiteKind::kDriverStep) {
      options_.tell("fault: " + sim::Sentence(fault));
      death = fault.fate == Fate::kDriverKilledAfter ? Death::kAfter : Death::kBefore;
    } else {
      TRY(Strike(fault));
    }
  }
  if (death != Death::kBefore) {
    Count(step);
  }
  return death;
}

Status FaultMeddler::Meanwhile() {
  if (world_.Now() >= uncordon_) {
    TRY(Cordon(false));
  }
  TRY_ASSIGN(const std::vector<sim::Fault> due, TakeDue(nullptr));
  for (const sim::Fault& fault : due) {
    TRY(Strike(fault));
  }
  return {};
}

Millis FaultMeddler::LookMs() const {
  const bool of_helm = std::ranges::any_of(
      faults_, [](const LiveFault& each) { return each.fault.site == SiteKind::kProcessStep; });
  return of_helm && world_.Runs("helm") ? kLookAtHelmMs : kLookMs;
}

Result<bool> FaultMeddler::HoldsWithinHelm(const std::string& condition) {
  if (!world_.Runs("helm")) {
    return false;
  }
  world_.Halt("helm", true);
  Result<bool> holds = Holds(condition);
  if (!holds || !*holds) {
    world_.Halt("helm", false);
  }
  return holds;
}

// A pod that runs with this image and these words in its command.
Result<bool> FaultMeddler::PodRuns(const std::string& image, const std::string& words) {
  const live::Access& access = options_.live.access;
  TRY_ASSIGN(const Json pods,
             live::AskJson(access, {"kubectl", "get", "pods", "-n", access.ns, "-o", "json"}));
  const Json* items = At(pods, {"items"});
  for (const Json& pod : items != nullptr ? *items : Json::array()) {
    const Json* spec = At(pod, {"spec"});
    const std::string text = spec != nullptr ? Dump(*spec) : "";
    if (StringAt(pod, {"status", "phase"}) == "Running" && text.find(image) != std::string::npos &&
        text.find(words) != std::string::npos) {
      return true;
    }
  }
  return false;
}

Result<bool> FaultMeddler::Holds(const std::string& condition) {
  const live::Access& access = options_.live.access;
  const std::string meta = options_.root_path + "/meta/";
  if (condition == "Milvus is stopped") {
    TRY_ASSIGN(const bool runs, PodRuns("/milvus:", ""));
    return !runs;
  }
  if (condition == "sessions are gone") {
    TRY_ASSIGN(const etcd::Dump dump, etcd_.Range(meta + "session/"));
    return std::ranges::all_of(dump.kvs, [](const auto& kv) { return kv.lease == 0; });
  }
  if (condition == "tool runs") {
    return PodRuns("/meta-migration:", "-config=");
  }
  if (condition == "metadata is cleaned") {
    TRY_ASSIGN(const etcd::Dump dump, etcd_.Range(meta + "root-coord/collection/"));
    return dump.kvs.empty() ? PodRuns("/meta-migration:", "-config=") : Result<bool>(false);
  }
  std::vector<std::string> argv = {"kubectl", "get", "secrets", "-n", access.ns};
  const std::vector<std::string> more =
      condition == "backup is written"
          ? std::vector<std::string>{"--field-selector", "status.phase=Succeeded", "-o", "json"}
          : std::vector<std::string>{"-l", "owner=helm,status=pending-upgrade", "-o", "json"};
  argv[2] = condition == "backup is written" ? "pods" : argv[2];
  argv.insert(argv.end(), more.begin(), more.end());
  TRY_ASSIGN(const Json list, live::AskJson(access, argv));
  const Json* items = At(list, {"items"});
  return items != nullptr && !items->empty();
}

Status FaultMeddler::Cordon(bool cordon) {
  const live::Access& access = options_.live.access;
  TRY_ASSIGN(const std::string names, live::Ask(access, {"kubectl", "get", "nodes", "-o", "name"}));
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find('\n', at), names.size());
    const std::string node = names.substr(at, end - at);
    at = end + 1;
    TRY(live::Ask(access, {"kubectl", cordon ? "cordon" : "uncordon", node}));
  }
  uncordon_ = cordon ? world_.Now() + kCordonMs : kNever;
  return {};
}

Status FaultMeddler::UpgradeBySomebody(const std::string& asked) {
  const live::Access& access = options_.live.access;
  cluster::HelmUpgrade upgrade;
  upgrade.release = access.release;
  upgrade.ns = access.ns;
  upgrade.chart = "zilliztech/milvus";
  upgrade.version = options_.chart;
  if (asked.starts_with(sim::kVersionFlag)) {
    upgrade.version = asked.substr(std::string_view(sim::kVersionFlag).size());
  } else {
    upgrade.sets = {asked};
  }
  TRY_ASSIGN(const auto argv,
             live::HelmArgv(cluster::Action(std::move(upgrade)), options_.live.chart_folder));
  live::ProcessSpec spec = live::SpecOf(access, argv);
  spec.limit_ms = Seconds(120);
  TRY_ASSIGN(const live::ProcessResult result, live::RunProcess(std::move(spec)));
  options_.tell("somebody's helm upgrade: exit code " + std::to_string(result.exit_code));
  return {};
}

Status FaultMeddler::Type(std::vector<std::string> argv) {
  const live::Access& access = options_.live.access;
  argv.insert(argv.end(), {"-n", access.ns});
  TRY(live::Ask(access, argv));
  return {};
}

Status FaultMeddler::Strike(const sim::Fault& fault) {
  options_.tell("fault: " + sim::Sentence(fault));
  const live::Access& access = options_.live.access;
  const std::string name = NameOf(fault.subject);
  const std::string kind = KindOf(fault.subject);
  if (fault.fate == Fate::kPodDeleted) {
    TRY_ASSIGN(const Json pods,
               live::AskJson(access, {"kubectl", "get", "pods", "-n", access.ns, "-o", "json"}));
    const std::string pod = LivePod(pods, name);
    return pod.empty() ? Status(Fail(ErrorCode::kNotFound, "there is no pod like " + name))
                       : Type({"kubectl", "delete", "pod", pod, "--wait=false"});
  }
  if (fault.fate == Fate::kObjectDeleted) {
    return Type({"kubectl", "delete", kind, name, "--wait=false"});
  }
  if (fault.fate == Fate::kScaled) {
    return Type({"kubectl", "scale", kind + "/" + name, "--replicas=" + fault.to});
  }
  if (fault.fate == Fate::kNodesFull) {
    return Cordon(true);
  }
  if (fault.fate == Fate::kHelmUpgrade) {
    return UpgradeBySomebody(fault.to);
  }
  CHECK(fault.fate == Fate::kProcessKilled);
  return world_.Kill("helm") ? Status()
                             : Status(Fail(ErrorCode::kFailed, "no helm of this run to kill"));
}

Status FaultMeddler::Leave() { return uncordon_ == kNever ? Status() : Cordon(false); }

std::vector<std::string> FaultMeddler::Missed() const {
  std::vector<std::string> missed;
  for (const LiveFault& each : faults_) {
    missed.push_back(sim::Sentence(each.fault));
  }
  return missed;
}

}  // namespace rehearse::app
