#include "app/scenario/hunt.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>
#include <thread>

#include "app/scenario/judge.h"
#include "model/cluster/command_line.h"
#include "model/core/overloaded.h"

namespace rehearse::app {
namespace {

struct Node {
  Stand stand;
  std::vector<StepSpec> steps;
  std::vector<PlacedFault> faults;
  std::vector<sim::Violation> violations;
  std::size_t acts = 0;    // beyond the fixed steps
  std::string where;       // of the last fault
  bool resumable = false;  // an act goes on with the journal
  [[nodiscard]] std::size_t cost() const { return acts + faults.size(); }
};

// One way to take a step: from a point of the undisturbed run, with a fault.
struct Fork {
  std::size_t point = 0;
  sim::Fault fault;
  std::string where;
};

struct Walk {
  std::vector<Ready> points;  // before each driver step
  std::vector<Fork> forks;
  std::set<Fingerprint> known;
};

// What a level of the search holds: a node to go on from, or else the faults of a step that is
// taken from it. They wait until everything shorter is done.
struct Waiting {
  Node node;
  std::optional<Ready> given;  // the step, about to be taken
  StepSpec step = {};
  std::size_t acts = 0;  // that it counts for
};

struct Trial {
  std::optional<Node> node;  // nothing: came back, or left out
  std::int64_t states = 0;
  bool tried = false;
  Seen seen = {};  // also where it came back
};

Fingerprint DigestOf(const Node& node) {
  const Wants& wants = node.stand.wants;
  Hasher hash;
  hash.Add(node.stand.cluster->Digest()).Add(wants.reference->etcd.keys.Digest());
  hash.Add(wants.server.ToString()).Add(node.steps.size() - node.acts).Add(node.violations.size());
  for (const auto& [workload, replicas] : wants.replicas) {
    hash.Add(workload).Add(replicas);
  }
  bool failed = false;
  for (const StepEnd& end : node.stand.ends) {
    failed = failed || end.kind != EndKind::kReached;
  }
  hash.Add(failed);
  if (node.resumable && node.stand.ours) {
    for (const std::string& line : node.stand.ours->journal) {
      hash.Add(line);
    }
  }
  return hash.Get();
}

std::string WhereOf(const cluster::Step& step) {
  return std::visit(
      Overloaded{
          [](const cluster::ReadStep& read) { return cluster::Describe(read.query); },
          [](const cluster::StartStep& start) { return cluster::Describe(start.action); },
          [](const cluster::WaitStep&) { return std::string("a wait"); },
          [](const cluster::JournalStep&) { return std::string("the journal"); },
          [](const cluster::SayStep&) { return std::string("a message"); },
          [](const cluster::FinishStep&) { return std::string("the end"); },
      },
      step);
}

// The names of the processes that made steps.
class Names final : public sim::TraceSink {
 public:
  void ProcessStep(Instant /*at*/, const std::string& process) override { list.push_back(process); }
  void PodStart(Instant /*at*/, const std::string& /*pod*/) override {}
  std::vector<std::string> list;
};

Walk WalkStep(const Ready& ready, const sim::FaultClasses& classes) {
  Walk walk;
  Ready now = ready;
  while (!now.session->ended()) {
    sim::Session& session = *now.session;
    if (session.has_waited() && !walk.known.insert(session.Digest()).second) {
      return walk;  // an endless loop: every fault in it has been placed once
    }
    walk.points.push_back(now);
    const std::size_t point = walk.points.size() - 1;
    const cluster::Step step = session.Peek();
    for (sim::Fault& fault : sim::FaultsAt(session, step, classes)) {
      walk.forks.push_back({point, std::move(fault), WhereOf(step)});
    }
    Names names;
    session.mutable_cluster().Tell(&names);
    const sim::Counters before = session.cluster().state().counters;
    session.Step();
    session.mutable_cluster().Tell(nullptr);
    for (sim::Fault& fault :
         sim::FaultsInside(before, session.cluster().state().counters, classes)) {
      const bool of_process = fault.site == sim::SiteKind::kProcessStep;
      const auto index = static_cast<std::size_t>(fault.number - before.process_steps - 1);
      const bool is_named = of_process && index < names.list.size();
      walk.forks.push_back({point, std::move(fault), is_named ? names.list[index] : ""});
    }
  }
  return walk;
}

class Hunter {
 public:
  Hunter(const Course& course, const Scenario& scenario, const HuntOptions& options)
      : course_(course), scenario_(scenario), search_(*scenario.search), options_(options) {}

  Result<HuntReport> Run() {
    const auto resumes = [](const StepSpec& step) { return step.resumes; };
    const bool resumable =
        std::ranges::any_of(scenario_.steps, resumes) || std::ranges::any_of(search_.acts, resumes);
    Node root{Begin(course_), {}, {}, {}, 0, "", resumable};
    Push(std::move(root));
    for (std::size_t cost = 0; cost < levels_.size(); ++cost) {
      while (!levels_[cost].empty()) {
        if (Stopped()) {
          return End(false);
        }
        TRY(GoOn(levels_[cost]));
        if (Satisfied() || cut_short_) {
          return End(Satisfied());
        }
      }
      report_.cost_reached = cost;
    }
    return End(true);
  }

 private:
  // So many faults are tried before findings are looked at: few at first, since the first ones may
  // do, then more, since threads wait for each other after each batch.
  static constexpr std::size_t kFirstBatch = 8;
  static constexpr std::size_t kLargestBatch = 64;

  [[nodiscard]] bool Stopped() const { return options_.budget.Spent(); }
  [[nodiscard]] bool Satisfied() const {
    return !options_.wanted.empty() &&
           std::ranges::all_of(options_.wanted,
                               [&](const std::string& name) { return Found(name); });
  }
  [[nodiscard]] bool Found(const std::string& property) const {
    return std::ranges::any_of(report_.findings, [&](const HuntFinding& finding) {
      return finding.violation.property == property;
    });
  }

  HuntReport End(bool complete) {
    report_.complete = complete;
    report_.stopped_by = complete ? "" : "time budget";
    return std::move(report_);
  }

  Status GoOn(std::deque<Waiting>& level) {
    if (!level.front().given) {
      return ExpandSome(level);
    }
    const Waiting next = std::move(level.front());
    level.pop_front();
    TakeForks({next.node, next.step, next.acts}, *next.given);
    return {};
  }

  void Push(Node node) {
    if (!seen_.insert(DigestOf(node)).second) {
      return;
    }
    ++report_.stands;
    report_.seen.Add(node.stand);
    for (const sim::Violation& violation : node.violations) {
      Note(node, violation);
    }
    const std::size_t cost = node.cost();
    Wait(cost, {std::move(node), std::nullopt});
  }

  void Wait(std::size_t cost, Waiting next) {
    if (levels_.size() <= cost) {
      levels_.resize(cost + 1);
    }
    levels_[cost].push_back(std::move(next));
  }

  void Note(const Node& node, const sim::Violation& violation) {
    const std::string key = violation.property + "\n" + node.where;
    if (!noted_.insert(key).second) {
      return;
    }
    Scenario story = scenario_;
    story.search.reset();
    story.steps = node.steps;
    story.faults = node.faults;
    Expectation expect;
    for (const sim::Violation& each : node.violations) {
      expect.violated.push_back(each.property);
    }
    story.expect = std::move(expect);
    report_.findings.push_back({violation, node.where, std::move(story), report_.states, 0});
  }

  // A step about to be taken from a node.
  struct Taking {
    const Node& node;
    const StepSpec& step;
    std::size_t acts = 0;  // that it counts for
  };

  // A step that was taken from a node without a fault.
  struct Taken {
    Ready given;
    std::int64_t states = 0;
    Node after;
  };

  // Goes on from nodes at the front of a level: from one, or as many as all threads can be busy
  // with. They are told of in their order, as if one were taken after the other.
  Status ExpandSome(std::deque<Waiting>& level) {
    const std::size_t wave = options_.threads > 1 ? 4 * Count(options_.threads) : 1;
    std::vector<Node> nodes;
    while (!level.empty() && !level.front().given && nodes.size() < wave) {
      nodes.push_back(std::move(level.front().node));
      level.pop_front();
    }
    std::vector<Taking> takings;
    for (const Node& node : nodes) {
      AddTakings(node, takings);
    }
    for (std::size_t i = 0; i < takings.size(); i += wave) {
      const std::size_t end = std::min(takings.size(), i + wave);
      std::vector<Result<Taken>> taken(end - i, BadInput("not taken"));
      InParallel(end - i, [&](std::size_t at) { taken[at] = Take(takings[i + at]); });
      for (std::size_t at = i; at < end; ++at) {
        TRY_ASSIGN(Taken one, std::move(taken[at - i]));
        Accept(takings[at], std::move(one));
        if (Satisfied()) {
          return {};
        }
        if (Stopped()) {
          cut_short_ = true;
          return {};
        }
      }
    }
    return {};
  }

  void AddTakings(const Node& node, std::vector<Taking>& takings) const {
    if (node.steps.size() < scenario_.steps.size()) {
      takings.push_back({node, scenario_.steps[node.steps.size()], 0});
    } else if (node.acts < search_.length_max) {
      for (const StepSpec& act : search_.acts) {
        takings.push_back({node, act, 1});
      }
    }
  }

  Result<Taken> Take(const Taking& taking) const {
    TRY_ASSIGN(Ready ready, Prepare(course_, taking.node.stand, taking.step));
    for (const sim::Fault& fault : FaultsOf(scenario_, taking.node.steps.size())) {
      Disturb(ready, fault);
    }
    Taken taken{ready, 0, {}};
    RunToEnd(ready, Company{});
    taken.states = ready.session->driver_steps();
    taken.after = After(taking, std::move(ready));
    return taken;
  }

  void Accept(const Taking& taking, Taken taken) {
    report_.states += taken.states;
    Push(std::move(taken.after));
    const Ready& given = taken.given;
    const bool may_fail = taking.node.faults.size() < search_.faults_max && given.killed_at == 0;
    if (may_fail && IsProcedure(taking.step.kind) && !given.refused) {
      Wait(taking.node.cost() + taking.acts + 1,
           {taking.node, std::move(taken.given), taking.step, taking.acts});
    }
  }

  // Each number below `count` once, on all threads.
  template <typename Work>
  void InParallel(std::size_t count, Work work) const {
    std::atomic<std::size_t> next{0};
    const auto all = [&] {
      for (std::size_t i = next++; i < count; i = next++) {
        work(i);
      }
    };
    std::vector<std::thread> helpers;
    for (std::size_t i = 1; i < std::min(Count(options_.threads), count); ++i) {
      helpers.emplace_back(all);
    }
    all();
    for (std::thread& helper : helpers) {
      helper.join();
    }
  }
  static std::size_t Count(int threads) { return static_cast<std::size_t>(threads); }

  Node After(const Taking& taking, Ready ready) const {
    const Node& node = taking.node;
    Node next{{},
              node.steps,
              node.faults,
              node.violations,
              node.acts + taking.acts,
              node.where,
              node.resumable};
    next.stand = Settle(course_, node.stand, taking.step, std::move(ready));
    next.steps.push_back(taking.step);
    std::vector<sim::Violation> found = JudgeStep(course_, node.stand, next.stand, taking.step);
    AcceptIfGood(course_, taking.step, found.empty(), next.stand);
    AddNew(next.violations, std::move(found));
    return next;
  }

  void TakeForks(const Taking& taking, const Ready& given) {
    const Walk walk = WalkStep(given, search_.classes);
    std::size_t batch = kFirstBatch;
    for (std::size_t i = 0; i < walk.forks.size() && !Satisfied();) {
      const std::size_t end = std::min(walk.forks.size(), i + batch);
      TryBatch(taking, walk, i, end);
      i = end;
      batch = std::min(2 * batch, kLargestBatch);
    }
  }

  void TryBatch(const Taking& taking, const Walk& walk, std::size_t from, std::size_t to) {
    std::vector<Trial> trials(to - from);
    InParallel(to - from, [&](std::size_t i) {
      if (!Stopped()) {
        trials[i] = Try(taking, walk, walk.forks[from + i]);
      }
    });
    Gather(std::move(trials));
  }

  void Gather(std::vector<Trial> trials) {
    for (Trial& trial : trials) {
      cut_short_ = cut_short_ || !trial.tried;
      report_.placements += trial.tried ? 1 : 0;
      report_.seen.Add(trial.seen);
      report_.merged += trial.tried && !trial.node ? 1 : 0;
      report_.states += trial.states;
      if (trial.node) {
        Push(*std::move(trial.node));
      }
    }
    if (options_.progress) {
      options_.progress(fmt::format("{} stands, {} faults placed, {} steps",
                                    report_.stands,
                                    report_.placements,
                                    report_.states));
    }
  }

  Trial Try(const Taking& taking, const Walk& walk, const Fork& fork) const {
    Trial trial;
    trial.tried = true;
    Ready ready = walk.points[fork.point];
    const std::int64_t before = ready.session->driver_steps();
    Disturb(ready, fork.fault);
    const bool apart = RunToEnd(ready, {nullptr, &walk.known, {}});
    trial.states = ready.session->driver_steps() - before;
    trial.seen.Add(ready.session->cluster().seen());
    if (!ready.session->HasPendingFaults()) {
      trial.seen.Add(kFaultTookEffect);
    }
    if (apart) {
      Node next = After(taking, std::move(ready));
      next.faults.push_back({taking.node.steps.size(), fork.fault});
      next.where = std::string(sim::NameOf(fork.fault.fate)) + ": " + fork.where;
      trial.node.emplace(std::move(next));
    }
    return trial;
  }

  const Course& course_;
  const Scenario& scenario_;
  const SearchSpec& search_;
  const HuntOptions& options_;
  HuntReport report_;
  bool cut_short_ = false;  // by the budget
  std::set<Fingerprint> seen_;
  std::set<std::string> noted_;
  std::vector<std::deque<Waiting>> levels_;
};

}  // namespace

Result<HuntReport> Hunt(const Course& course,
                        const Scenario& scenario,
                        const HuntOptions& options) {
  return Hunter(course, scenario, options).Run();
}

}  // namespace rehearse::app
