#include "simulator/explorer.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "model/core/check.h"
#include "simulator/engine/search.h"
#include "simulator/placements.h"

namespace rehearse::sim {
namespace {

constexpr std::size_t kSessionBytes = 4096;  // what a waiting session holds for itself, about
constexpr std::size_t kForkBytes = 3500;     // a fault that waits, with the session before it

// The faults that were placed on the way, newest first; forks share it.
struct Placed {
  Fault fault;
  std::shared_ptr<const Placed> before;
  int count = 1;
};
using PlacedPtr = std::shared_ptr<const Placed>;

std::vector<Fault> FaultsOf(const PlacedPtr& newest) {
  std::vector<Fault> faults;
  for (const Placed* placed = newest.get(); placed != nullptr; placed = placed->before.get()) {
    faults.push_back(placed->fault);
  }
  std::reverse(faults.begin(), faults.end());
  return faults;
}

// What a worker found out about a node while it expanded it.
struct Notes {
  std::int64_t steps = 0;
  std::uint64_t sometimes = 0;  // a bit each
  std::vector<Violation> violations;
};

struct Node {
  Session session;  // an armed one has the faults of its next step pending
  Fingerprint fingerprint = 0;
  PlacedPtr placed;
  bool armed = false;
  std::shared_ptr<Notes> notes = std::make_shared<Notes>();

  [[nodiscard]] int faults() const { return placed ? placed->count : 0; }
  [[nodiscard]] bool only_transient() const {
    for (const Placed* at = placed.get(); at != nullptr; at = at->before.get()) {
      if (!IsTransient(at->fault) || ClassOf(at->fault) == FaultClass::kPeople) {
        return false;
      }
    }
    return true;
  }
};
using NodePtr = std::shared_ptr<const Node>;
using SessionPtr = std::shared_ptr<const Session>;

// Where a fault stands within one step of the driver: it dies before anything, the call itself goes
// wrong, then what happens inside the cluster, then the driver dies.
std::pair<int, std::int64_t> OrderInStep(const Fault& fault) {
  if (fault.fate == Fate::kDriverKilledBefore) {
    return {0, 0};
  }
  if (fault.site == SiteKind::kProcessStep || fault.site == SiteKind::kToolStep ||
      fault.site == SiteKind::kPodStart) {
    constexpr std::int64_t kSites = 8;  // numbers of two kinds of site are never the same place
    return {2, fault.number * kSites + static_cast<std::int64_t>(fault.site)};
  }
  return {fault.fate == Fate::kDriverKilledAfter ? 3 : 1, 0};
}

class UpgradeModel {
 public:
  using State = NodePtr;
  static constexpr bool kKeepsSelfLoops = true;  // time passes: a run that circles for ever
  struct Action {
    NodePtr next;       // a step further; or else a fault is placed:
    SessionPtr before;  // before the step that it falls into
    PlacedPtr placed;
    Fingerprint fingerprint = 0;  // of the armed node
  };

  UpgradeModel(const Session& start, const ExploreOptions& options)
      : start_(start), options_(options) {}

  [[nodiscard]] std::vector<NodePtr> InitialStates() const {
    return {std::make_shared<const Node>(Node{start_, start_.Digest(), nullptr, false})};
  }
  [[nodiscard]] Fingerprint FingerprintOf(const NodePtr& node) const { return node->fingerprint; }
  [[nodiscard]] int CostOf(const Action& action) const { return action.next ? 0 : 1; }
  [[nodiscard]] std::size_t BytesOf(const NodePtr& /*node*/) const { return kSessionBytes; }
  [[nodiscard]] std::size_t BytesOf(const Action& /*fork*/) const { return kForkBytes; }
  [[nodiscard]] std::vector<engine::Property<NodePtr>> Properties() const { return {}; }

  [[nodiscard]] std::optional<NodePtr> Next(const NodePtr& /*node*/, const Action& action) const {
    if (action.next) {
      return action.next;
    }
    Node armed{*action.before, action.fingerprint, action.placed, true};
    armed.session.Inject(action.placed->fault);
    return std::make_shared<const Node>(std::move(armed));
  }

  // A block of the search is long: once the time is up, what is left of it is passed over.
  [[nodiscard]] bool Late() const {
    const bool late = options_.elapsed_ms && options_.budget_ms != 0 &&
                      options_.elapsed_ms() >= options_.budget_ms;
    if (late) {
      was_late_ = true;
    }
    return late;
  }
  [[nodiscard]] bool was_late() const { return was_late_; }

  void Actions(const NodePtr& node, int cost_left, std::vector<Action>& out) const {
    if (Late()) {
      return;
    }
    Notes& notes = *node->notes;
    for (std::size_t i = 0; i < options_.sometimes.size(); ++i) {
      notes.sometimes |= options_.sometimes[i].holds(node->session) ? 1ULL << i : 0;
    }
    if (node->session.ended()) {
      Judge(*node);
    } else if (node->armed) {
      CarryOut(*node, cost_left, out);
    } else {
      Walk(*node, cost_left, out);
    }
  }

 private:
  // Step by step to where forks come together again: the end of a wait.
  void Walk(const Node& node, int cost_left, std::vector<Action>& out) const {
    Session session = node.session;
    Fingerprint place = node.fingerprint;
    do {
      place = Mix(place + 1);
      if (cost_left > 0 && IsOurs(node)) {
        StepWithFaults(session, [&](const SessionPtr& before, const Fault& fault) {
          out.push_back(Arm(before, place, node.placed, fault));
        });
      } else {
        session.Step();
      }
      ++node.notes->steps;
    } while (!session.ended() && !session.has_waited());
    out.push_back(Go(std::move(session), node.placed));
  }

  [[nodiscard]] bool IsOurs(const Node& node) const {
    if (!node.placed) {
      return true;
    }
    const Fault& first = node.placed->fault;
    Hasher hash;
    hash.Add(first.site).Add(first.number).Add(first.fate).Add(first.subject).Add(first.to);
    const auto part = hash.Get() % static_cast<Fingerprint>(options_.parts);
    return static_cast<int>(part) == options_.part;
  }

  // The step with its faults; more of them may fall into what is left of it.
  void CarryOut(const Node& node, int cost_left, std::vector<Action>& out) const {
    Session session = node.session;
    const auto last = OrderInStep(node.placed->fault);
    if (cost_left > 0 && last.first > 0 && IsOurs(node)) {
      StepWithFaults(session, [&](const SessionPtr& before, const Fault& fault) {
        if (OrderInStep(fault) > last) {
          out.push_back(Arm(before, node.fingerprint, node.placed, fault));
        }
      });
    } else {
      session.Step();
    }
    ++node.notes->steps;
    out.push_back(Go(std::move(session), node.placed));
  }

  // Takes the step and calls visit(session before it, fault) for every fault that can fall into it.
  template <typename Visit>
  void StepWithFaults(Session& session, Visit&& visit) const {
    const cluster::Step& step = session.Peek();
    const auto before = std::make_shared<const Session>(session);
    for (const Fault& fault : FaultsAt(*before, step, options_.classes)) {
      visit(before, fault);
    }
    // What falls inside of a wait is placed right before it, not at the beginning of the wait.
    SessionPtr last = before;
    const auto visit_inside = [&](const SimCluster& now) {
      const Counters& counters = last->cluster().state().counters;
      for (const Fault& fault : FaultsInside(counters, now.state().counters, options_.classes)) {
        visit(last, fault);
      }
    };
    session.Step(nullptr, [&](const SimCluster& now) {
      visit_inside(now);
      last = std::make_shared<const Session>(before->InsideOfWait(now));
    });
    visit_inside(session.cluster());
  }

  static Action Go(Session session, const PlacedPtr& placed) {
    const Fingerprint fingerprint = session.Digest();
    return {std::make_shared<const Node>(Node{std::move(session), fingerprint, placed, false}),
            nullptr,
            nullptr,
            0};
  }

  static Action Arm(const SessionPtr& before,
                    Fingerprint place,
                    const PlacedPtr& placed,
                    const Fault& fault) {
    Hasher hash;
    hash.Add(place).Add(fault.site).Add(fault.number).Add(fault.fate).Add(fault.subject);
    hash.Add(fault.to);
    const int count = placed ? placed->count + 1 : 1;
    return {
        nullptr, before, std::make_shared<const Placed>(Placed{fault, placed, count}), hash.Get()};
  }

  void Judge(const Node& node) const {
    const Session& session = node.session;
    Notes& notes = *node.notes;
    notes.violations = options_.judge(session);
    const auto add = [&](const char* property, std::string evidence) {
      const bool is_known = std::any_of(notes.violations.begin(),
                                        notes.violations.end(),
                                        [&](const auto& v) { return v.property == property; });
      if (!is_known) {
        notes.violations.push_back({property, session.cluster().Now(), std::move(evidence)});
      }
    };
    if (session.hung()) {
      add(kEndsProperty, "no end within the bounds");
    } else if (!Reached(session) && node.faults() <= options_.must_reach_faults &&
               node.only_transient()) {
      add(kReachesProperty, session.outcome()->account);
    }
  }

 public:
  static constexpr const char* kEndsProperty = "the procedure ends within a bound";
  static constexpr const char* kReachesProperty =
      "after any single transient fault the target is reached";

  static bool Reached(const Session& session) {
    return session.outcome() && session.outcome()->kind != cluster::OutcomeKind::kStopped;
  }

 private:
  const Session& start_;
  const ExploreOptions& options_;
  mutable std::atomic<bool> was_late_ = false;
};

// Keeps what the search passes by, in order.
class Keeper {
 public:
  explicit Keeper(const ExploreOptions& options) : options_(options) {}

  void OnEdge(Fingerprint from, Fingerprint to, int cost, bool is_new) {
    if (from != to || !is_new) {  // not the start, which is its own parent
      placements_.AddEdge(from, to, cost != 0);
    }
    report_.merged += cost == 0 && !is_new ? 1 : 0;
  }

  bool OnExpanded(const NodePtr& node, Fingerprint fingerprint) {
    const Notes& notes = *node->notes;
    const std::size_t number = placements_.NumberOf(fingerprint);
    placed_.resize(std::max(placed_.size(), number + 1));
    placed_[number] = node->placed;
    report_.steps += notes.steps;
    report_.states += node->armed ? 0 : 1;
    sometimes_ |= notes.sometimes;
    if (node->session.ended()) {
      ++report_.ends;
      placements_.AddEnd(fingerprint, UpgradeModel::Reached(node->session));
    }
    const std::vector<Violation>& on_the_way = node->session.cluster().violations();
    const bool watch = options_.first_only && notes.violations.empty();
    for (const Violation& violation : watch ? on_the_way : notes.violations) {
      Add({FaultsOf(node->placed),
           violation.property,
           violation.evidence,
           node->session.driver_steps(),
           report_.steps});
    }
    return !options_.first_only || report_.findings.empty();
  }

  // REQUIRES: the search is over.
  ExploreReport Report(Fingerprint start) {
    const auto sums = placements_.Count(start, options_.faults_max);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      report_.placements_by_faults.push_back(sums[i].all);
      report_.placements += i == 0 ? 0 : sums[i].all;
      report_.reached += i == 0 ? 0 : sums[i].reached;
    }
    report_.stopped = report_.placements - report_.reached;
    for (const std::uint32_t circling : placements_.Circles()) {
      Add({FaultsOf(placed_[circling]),
           UpgradeModel::kEndsProperty,
           "it comes back to where it has been, for ever",
           0,
           report_.steps});
    }
    for (std::size_t i = 0; i < options_.sometimes.size(); ++i) {
      if ((sometimes_ >> i & 1U) == 0) {
        report_.never_seen.push_back(options_.sometimes[i].name);
      }
    }
    return std::move(report_);
  }

 private:
  void Add(ExploreFinding finding) {
    ++report_.findings_total;
    if (report_.findings.size() < options_.findings_max) {
      report_.findings.push_back(std::move(finding));
    }
  }

  const ExploreOptions& options_;
  ExploreReport report_;
  std::vector<PlacedPtr> placed_;  // the way to each node, by its number
  Placements placements_;
  std::uint64_t sometimes_ = 0;
};

StoppedBy StoppedByOf(engine::StoppedBy stopped) {
  switch (stopped) {
    case engine::StoppedBy::kNothing:
      return StoppedBy::kNothing;
    case engine::StoppedBy::kViolation:
    case engine::StoppedBy::kObserver:
      return StoppedBy::kFinding;
    case engine::StoppedBy::kTime:
      return StoppedBy::kTime;
    case engine::StoppedBy::kMemory:
      return StoppedBy::kMemory;
  }
  return StoppedBy::kNothing;
}

engine::SearchOptions EngineOptions(const ExploreOptions& options) {
  engine::SearchOptions engine;
  engine.threads = options.threads;
  engine.cost_max = options.faults_max;
  engine.memory_max = options.memory_max;
  engine.elapsed_ms = options.elapsed_ms;
  engine.budget_ms = options.budget_ms;
  if (options.progress) {
    engine.progress = [&options](const engine::Progress& now) {
      options.progress({now.states,
                        now.waiting,
                        now.cost,
                        options.part,
                        options.parts,
                        now.elapsed_ms,
                        now.left_ms_min});
    };
  }
  return engine;
}

}  // namespace

std::string_view NameOf(StoppedBy stopped) {
  switch (stopped) {
    case StoppedBy::kNothing:
      return "nothing";
    case StoppedBy::kFinding:
      return "first finding";
    case StoppedBy::kTime:
      return "time budget";
    case StoppedBy::kMemory:
      return "memory budget";
  }
  return "unknown";
}

ExploreReport Explore(const Session& start, const ExploreOptions& options) {
  CHECK(options.sometimes.size() <= 64);
  const UpgradeModel model(start, options);
  Keeper keeper(options);
  engine::Search<UpgradeModel, Keeper> search(model, EngineOptions(options), &keeper);
  const auto result = search.Run();
  ExploreReport report = keeper.Report(start.Digest());
  report.stopped_by = model.was_late() ? StoppedBy::kTime : StoppedByOf(result.stopped_by);
  report.faults_covered = report.exhausted() ? options.faults_max : result.cost - 1;
  report.memory_bytes = result.visited_bytes + result.frontier_bytes_max;
  return report;
}

namespace {

// Takes in what a part found beyond what the search of single faults finds in every part.
void Join(ExploreReport& all, ExploreReport part, const ExploreReport& single) {
  for (std::size_t k = 1; k < part.placements_by_faults.size(); ++k) {
    all.placements_by_faults.at(k) +=
        part.placements_by_faults[k] - single.placements_by_faults.at(k);
  }
  all.placements += part.placements - single.placements;
  all.reached += part.reached - single.reached;
  all.stopped += part.stopped - single.stopped;
  all.states += part.states;
  all.merged += part.merged;
  all.steps += part.steps;
  all.ends += part.ends;
  all.findings_total += part.findings_total - single.findings_total;
  for (ExploreFinding& finding : part.findings) {
    if (finding.faults.size() > 1) {
      all.findings.push_back(std::move(finding));
    }
  }
  std::erase_if(all.never_seen, [&](const std::string& name) {
    return std::find(part.never_seen.begin(), part.never_seen.end(), name) == part.never_seen.end();
  });
  all.stopped_by = all.exhausted() ? part.stopped_by : all.stopped_by;
  all.faults_covered = std::min(all.faults_covered, std::max(1, part.faults_covered));
  all.memory_bytes = std::max(all.memory_bytes, part.memory_bytes);
}

ExploreReport ExplorePart(const Session& start,
                          const ExploreOptions& options,
                          const KeptParts& kept) {
  if (kept.find) {
    if (std::optional<ExploreReport> known = kept.find(options.part)) {
      return *std::move(known);
    }
  }
  ExploreReport report = Explore(start, options);
  if (kept.keep && report.exhausted()) {
    kept.keep(options.part, report);
  }
  return report;
}

}  // namespace

ExploreReport ExploreInParts(const Session& start,
                             ExploreOptions options,
                             int parts,
                             const KeptParts& kept) {
  CHECK(options.faults_max == 2 && parts > 0);
  options.parts = parts;
  options.part = kNoPart;
  const ExploreReport single = ExplorePart(start, options, kept);
  ExploreReport all = single;
  for (options.part = 0; options.part < parts && all.exhausted(); ++options.part) {
    Join(all, ExplorePart(start, options, kept), single);
  }
  return all;
}

}  // namespace rehearse::sim
