#include "app/scenario/placements.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/scenario/judge.h"
#include "simulator/explorer.h"

namespace rehearse::app {
namespace {

constexpr std::size_t kFindingsMax = 100'000;

std::vector<sim::Fault> OwnFaults(const Scenario& scenario) {
  std::vector<sim::Fault> faults;
  for (const PlacedFault& placed : scenario.faults) {
    faults.push_back(placed.fault);
  }
  return faults;
}

class PlacementSearch {
 public:
  PlacementSearch(const Course& course, const Scenario& scenario, const HuntOptions& options)
      : course_(course),
        scenario_(scenario),
        options_(options),
        run_(*OnlyRun(scenario)),
        before_(Begin(course)) {}

  Result<HuntReport> Search() {
    TRY_ASSIGN(Ready start, Prepare(course_, before_, run_));
    if (start.refused) {
      HuntReport nothing;
      nothing.complete = true;
      return nothing;
    }
    for (const sim::Fault& fault : OwnFaults(scenario_)) {
      Disturb(start, fault);
    }
    TRY_ASSIGN(const Stand plain, TakeStep(course_, before_, run_, Company{}));
    const bool reaches =
        run_.kind == StepKind::kExecutor && plain.ends.back().kind == EndKind::kReached;
    sim::ExploreOptions options = OptionsFor(start, reaches);
    return ReportOf(
        options_.parts > 1
            ? sim::ExploreInParts(*start.session, std::move(options), options_.parts, options_.kept)
            : sim::Explore(*start.session, options));
  }

 private:
  [[nodiscard]] sim::ExploreOptions OptionsFor(const Ready& start, bool reaches) const {
    sim::ExploreOptions explore;
    explore.faults_max = static_cast<int>(scenario_.search->faults_max);
    explore.classes = scenario_.search->classes;
    explore.threads = options_.threads;
    explore.findings_max = kFindingsMax;
    explore.must_reach_faults = reaches ? 1 - static_cast<int>(scenario_.faults.size()) : -1;
    explore.memory_max = options_.budget.memory_max;
    explore.elapsed_ms = options_.budget.elapsed_ms;
    explore.budget_ms = options_.budget.time_ms;
    explore.sometimes = MomentsAsked();
    explore.judge = [this, &start](const sim::Session& session) {
      Ready ended;
      ended.session.emplace(session);
      ended.end = start.end;
      ended.end.faults = 0;  // whether it must have reached its target, the explorer says
      NoteEnd(ended);
      return JudgeStep(course_, before_, Settle(course_, before_, run_, std::move(ended)), run_);
    };
    if (options_.progress) {
      explore.progress = [this](const sim::ExploreProgress& now) {
        options_.progress(
            (now.parts > 1 && now.part != sim::kNoPart
                 ? fmt::format("part {} of {}, ", now.part + 1, now.parts)
                 : "") +
            fmt::format("{} faults being placed, {} states, {} waiting, {} a second, {} s or more",
                        now.faults,
                        now.states,
                        now.waiting,
                        now.states * Seconds(1) / std::max<Millis>(1, now.elapsed_ms),
                        now.left_ms_min / Seconds(1)));
      };
    }
    return explore;
  }

  static void NoteSeen(const sim::ExploreReport& explored, Seen& seen) {
    for (const sim::Sometimes& each : MomentsAsked()) {
      if (std::ranges::find(explored.never_seen, each.name) == explored.never_seen.end()) {
        seen.Add(each.name);
      }
    }
    if (explored.placements > 0) {
      seen.Add(kFaultTookEffect);
    }
    if (explored.reached > 0) {
      seen.Add(kTargetReached);
    }
    if (explored.stopped > 0) {
      seen.Add(kStoppedWithAccount);
    }
  }

  [[nodiscard]] Result<HuntReport> ReportOf(const sim::ExploreReport& explored) const {
    HuntReport report;
    report.stands = explored.states;
    report.placements = explored.placements;
    NoteSeen(explored, report.seen);
    report.merged = explored.merged;
    report.states = explored.steps;
    report.cost_reached = static_cast<std::size_t>(std::max(0, explored.faults_covered));
    report.stopped_by = explored.exhausted() ? "" : std::string(sim::NameOf(explored.stopped_by));
    for (const sim::ExploreFinding& finding : explored.findings) {
      TRY(Tell(finding, report));
    }
    report.complete = report.stopped_by.empty();
    return report;
  }

  // A run that circles has not been judged: what it has left is seen when it is run again.
  Status Tell(const sim::ExploreFinding& finding, HuntReport& report) const {
    HuntFinding* known = Known(report, finding.property);
    const bool circles = finding.steps == 0;
    if (known != nullptr) {
      ++known->more;
    }
    if (known != nullptr && !circles) {
      return {};
    }
    if (known != nullptr && options_.budget.Spent()) {
      report.stopped_by = sim::NameOf(sim::StoppedBy::kTime);
      return {};
    }
    TRY_ASSIGN(const std::vector<HuntFinding> told, Again(finding));
    for (const HuntFinding& each : told) {
      const bool asked = circles || each.violation.property == finding.property;
      if (asked && Known(report, each.violation.property) == nullptr) {
        report.findings.push_back(each);
      }
    }
    return {};
  }

  static HuntFinding* Known(HuntReport& report, const std::string& property) {
    for (HuntFinding& finding : report.findings) {
      if (finding.violation.property == property) {
        return &finding;
      }
    }
    return nullptr;
  }

  // The finding as a story of its own, run again: one entry for each property that it violates.
  [[nodiscard]] Result<std::vector<HuntFinding>> Again(const sim::ExploreFinding& finding) const {
    HuntFinding told;
    told.states_before = finding.searched;
    Scenario& story = told.story;
    story = scenario_;
    story.search.reset();
    story.steps = {run_};
    story.steps.front().expect = {};
    for (const sim::Fault& fault : finding.faults) {
      story.faults.push_back({0, fault});
      told.where += (told.where.empty() ? "" : "; ") + sim::Sentence(fault);
    }
    TRY_ASSIGN(const Stand after,
               TakeStep(course_, before_, run_, {nullptr, nullptr, OwnFaults(story)}));
    const std::vector<sim::Violation> all = JudgeStep(course_, before_, after, run_);
    story.expect.emplace();
    for (const sim::Violation& violation : all) {
      const auto& names = story.expect->violated;
      if (std::ranges::find(names, violation.property) == names.end()) {
        story.expect->violated.push_back(violation.property);
      }
    }
    if (std::ranges::find(all, finding.property, &sim::Violation::property) == all.end()) {
      return Fail(ErrorCode::kFailed,
                  scenario_.file + ": found and not found again (a defect of the search): " +
                      finding.property + ": " + finding.evidence + " (" + told.where + ")");
    }
    std::vector<HuntFinding> list;
    for (const sim::Violation& violation : all) {
      told.violation = violation;
      list.push_back(told);
    }
    return list;
  }

  const Course& course_;
  const Scenario& scenario_;
  const HuntOptions& options_;
  const StepSpec& run_;
  Stand before_;
};

// nullptr: there are several, or nothing is searched.
const StepSpec* OnlyStep(const Scenario& scenario) {
  if (!scenario.search) {
    return nullptr;
  }
  const SearchSpec& search = *scenario.search;
  const bool acts = search.length_max > 0 && !search.acts.empty();
  if (scenario.steps.size() == 1 && !acts) {
    return &scenario.steps.front();
  }
  const bool one = scenario.steps.empty() && search.acts.size() == 1 && search.length_max == 1;
  return one ? &search.acts.front() : nullptr;
}

bool MayBeKilled(const Scenario& scenario) {
  const sim::FaultClasses& classes = scenario.search->classes;
  return classes.client || classes.people ||
         std::ranges::any_of(scenario.faults, [](const PlacedFault& placed) {
           return placed.fault.site == sim::SiteKind::kDriverStep;
         });
}

}  // namespace

const StepSpec* OnlyRun(const Scenario& scenario) {
  const StepSpec* run = OnlyStep(scenario);
  const bool searched = run != nullptr && scenario.search->faults_max > 0;
  if (!searched || run->kind == StepKind::kExecutor) {
    return searched ? run : nullptr;
  }
  const bool several = scenario.search->faults_max > 1;
  return several && IsProcedure(run->kind) && !MayBeKilled(scenario) ? run : nullptr;
}

Status CheckSearchable(const Scenario& scenario) {
  if (scenario.search && scenario.search->faults_max > 1 && OnlyRun(scenario) == nullptr) {
    return BadInput(fmt::format(
        "{}: {} faults: more than one fault is searched in a single run only: of the executor "
        "(--procedure executor), or of another procedure with --classes machines,network",
        scenario.file,
        scenario.search->faults_max));
  }
  return {};
}

Result<HuntReport> SearchPlacements(const Course& course,
                                    const Scenario& scenario,
                                    const HuntOptions& options) {
  return PlacementSearch(course, scenario, options).Search();
}

}  // namespace rehearse::app
