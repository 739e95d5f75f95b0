#include "simulator/single_fault.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <thread>

#include "model/core/check.h"

namespace rehearse::sim {
namespace {

// A point of the fault-free run and the faults that fall into its next step.
struct Point {
  Session session;
  std::vector<Fault> faults;
};

struct Walk {
  std::vector<Point> points;
  std::set<Fingerprint> known;  // states of the fault-free run
};

Walk WalkFaultFree(const Session& start, const FaultClasses& classes) {
  Walk walk;
  Session session = start;
  while (!session.ended()) {
    if (session.has_waited()) {
      walk.known.insert(session.Digest());
    }
    Point point{session, FaultsAt(session, session.Peek(), classes)};
    const Counters passed = session.cluster().state().counters;
    session.Step();
    for (Fault& fault : FaultsInside(passed, session.cluster().state().counters, classes)) {
      point.faults.push_back(std::move(fault));
    }
    walk.points.push_back(std::move(point));
  }
  return walk;
}

struct ForkEnd {
  std::int64_t states = 0;
  bool merged = false;
  bool reached = false;
  std::vector<FaultFinding> findings;
};

void Judge(const Session& session, const Fault& fault, const SearchOptions& options, ForkEnd& end) {
  for (Violation& violation : options.judge(session)) {
    end.findings.push_back(FaultFinding{fault, violation.property, violation.evidence});
  }
  end.reached = session.outcome() && session.outcome()->kind != cluster::OutcomeKind::kStopped;
  if (session.hung()) {
    end.findings.push_back(
        FaultFinding{fault, "the procedure ends within a bound", "no end within the bounds"});
  } else if (options.must_reach && !end.reached) {
    end.findings.push_back(FaultFinding{fault,
                                        "after any single transient fault the target is reached",
                                        session.outcome()->account});
  }
}

ForkEnd RunFork(const Walk& walk,
                const Point& point,
                const Fault& fault,
                const SearchOptions& options) {
  ForkEnd end;
  Session fork = point.session;
  fork.Inject(fault);
  while (!fork.ended()) {
    fork.Step();
    ++end.states;
    const bool spent = fork.cluster().pending_faults().empty();
    if (spent && fork.has_waited() && !fork.ended() && fork.cluster().violations().empty() &&
        walk.known.contains(fork.Digest())) {
      end.merged = true;
      end.reached = true;
      return end;
    }
  }
  Judge(fork, fault, options, end);
  return end;
}

struct Placement {
  const Point* point;
  const Fault* fault;
};

std::vector<Placement> PlacementsOf(const Walk& walk) {
  std::vector<Placement> placements;
  for (const Point& point : walk.points) {
    for (const Fault& fault : point.faults) {
      placements.push_back(Placement{&point, &fault});
    }
  }
  return placements;
}

// The placements shared out among threads; what each came to stands at its own place.
class Crew {
 public:
  Crew(const Walk& walk, const SearchOptions& options)
      : walk_(walk), options_(options), placements_(PlacementsOf(walk)) {
    ends_.resize(placements_.size());
  }

  std::vector<std::optional<ForkEnd>> Run() {
    std::vector<std::thread> helpers;
    for (int i = 1; i < options_.threads; ++i) {
      helpers.emplace_back([this] { Work(); });
    }
    Work();
    for (std::thread& helper : helpers) {
      helper.join();
    }
    return std::move(ends_);
  }

 private:
  void Work() {
    for (std::size_t i = next_++; i < placements_.size(); i = next_++) {
      ends_[i] = RunFork(walk_, *placements_[i].point, *placements_[i].fault, options_);
      if (options_.first_only && !ends_[i]->findings.empty()) {
        next_ = placements_.size();
      }
      if (options_.progress && i % 64 == 0) {
        options_.progress(static_cast<std::int64_t>(i));
      }
    }
  }

  const Walk& walk_;
  const SearchOptions& options_;
  std::vector<Placement> placements_;
  std::vector<std::optional<ForkEnd>> ends_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

FaultReport SearchSingleFaults(const Session& start, const SearchOptions& options) {
  const Walk walk = WalkFaultFree(start, options.classes);
  FaultReport report;
  for (std::optional<ForkEnd>& end : Crew(walk, options).Run()) {
    if (!end) {
      continue;  // left out: first_only
    }
    ++report.placements;
    report.states += end->states;
    report.merged += end->merged ? 1 : 0;
    report.reached += end->reached ? 1 : 0;
    report.stopped += end->reached ? 0 : 1;
    for (FaultFinding& finding : end->findings) {
      if (report.findings.size() < options.findings_max) {
        report.findings.push_back(std::move(finding));
      }
    }
  }
  return report;
}

}  // namespace rehearse::sim
