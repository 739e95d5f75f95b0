#include "app/scenario/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/scenario/drivers.h"
#include "app/scenario/files.h"
#include "app/scenario/judge.h"
#include "app/scenario/narrator.h"
#include "app/scenario/placements.h"
#include "model/kube/machine.h"
#include "simulator/checkers/metadata.h"

namespace rehearse::app {
namespace {

// A run of the fixed steps alone, told.
struct Told {
  Stand start;
  Stand end;
  std::vector<sim::Violation> violations;
  Narrator narrator;
};

Result<Told> Tell(const Course& course, const Scenario& scenario) {
  Told told;
  told.start = Begin(course);
  told.end = told.start;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    const StepSpec& step = scenario.steps[i];
    const std::vector<sim::Fault> faults = FaultsOf(scenario, i);
    told.narrator.Begin(step, faults, told.end.cluster->Now());
    const Stand before = told.end;
    TRY_ASSIGN(Stand after, TakeStep(course, before, step, {&told.narrator, nullptr, faults}));
    told.narrator.End(after.ends.back(), after.cluster->Now());
    std::vector<sim::Violation> found = JudgeStep(course, before, after, step);
    AcceptIfGood(course, step, found.empty(), after);
    AddNew(told.violations, std::move(found));
    told.end = std::move(after);
  }
  return told;
}

void CheckStep(const StepSpec& step,
               std::size_t index,
               const StepEnd& end,
               std::vector<std::string>& unmet) {
  const std::string name = "step " + std::to_string(index + 1);
  const bool has_exit = end.kind == EndKind::kReached || end.kind == EndKind::kStopped;
  if (step.expect.exit_code && (!has_exit || end.exit_code != *step.expect.exit_code)) {
    unmet.push_back(fmt::format("{}: expected exit {}, it {}",
                                name,
                                *step.expect.exit_code,
                                has_exit ? "exited with " + std::to_string(end.exit_code)
                                         : "is " + std::string(NameOf(end.kind))));
  }
  if (!step.expect.outcome.empty() && step.expect.outcome != NameOf(end.kind)) {
    unmet.push_back(
        fmt::format("{}: expected {}, it is {}", name, step.expect.outcome, NameOf(end.kind)));
  }
  for (const std::string& text : step.expect.says) {
    const bool said = end.account.find(text) != std::string::npos ||
                      std::ranges::any_of(end.said, [&](const std::string& line) {
                        return line.find(text) != std::string::npos;
                      });
    if (!said) {
      unmet.push_back(fmt::format("{}: expected it to say \"{}\"", name, text));
    }
  }
}

const kube::Object* Find(const sim::ClusterState& state,
                         const std::string& ns,
                         const std::string& name) {
  const std::size_t slash = name.find('/');
  return state.objects.Find(kube::Ref{name.substr(0, slash), ns, name.substr(slash + 1)}.Key());
}

void CheckWorkloads(const StateExpectation& expect,
                    const sim::ClusterState& state,
                    const std::string& ns,
                    std::vector<std::string>& unmet) {
  const auto images = sim::MilvusImages(state, ns);
  for (const auto& [workload, image] : expect.images) {
    const auto at = images.find(workload);
    if (at == images.end() || at->second != image) {
      unmet.push_back(fmt::format("{}: expected image {}, it has {}",
                                  workload,
                                  image,
                                  at == images.end() ? "none of Milvus" : at->second));
    }
  }
  for (const auto& [workload, replicas] : expect.replicas) {
    const kube::Object* object = Find(state, ns, workload);
    const auto* deployment =
        object != nullptr ? std::get_if<kube::Deployment>(&object->body) : nullptr;
    if (deployment == nullptr || deployment->replicas != replicas) {
      unmet.push_back(fmt::format(
          "{}: expected {} replicas, it {}",
          workload,
          replicas,
          deployment == nullptr ? "is not there" : "has " + std::to_string(deployment->replicas)));
    }
  }
  for (const std::string& name : expect.present) {
    if (Find(state, ns, name) == nullptr) {
      unmet.push_back(name + ": expected to be there");
    }
  }
  for (const std::string& name : expect.absent) {
    if (Find(state, ns, name) != nullptr) {
      unmet.push_back(name + ": expected to be gone");
    }
  }
}

void CheckRelease(const StateExpectation& expect,
                  const sim::ClusterState& state,
                  const Course& course,
                  std::vector<std::string>& unmet) {
  const helm::ReleaseRecord* newest = nullptr;
  state.releases.ForPrefix(course.situation.ns + "/", [&](const std::string&, const auto& record) {
    if (record->name == course.situation.release &&
        (newest == nullptr || record->revision > newest->revision)) {
      newest = record.get();
    }
  });
  if (newest == nullptr) {
    return;
  }
  const auto check = [&](const char* what, const std::string& wanted, const std::string& is) {
    if (!wanted.empty() && wanted != is) {
      unmet.push_back(fmt::format("release {}: expected {}, it is {}", what, wanted, is));
    }
  };
  check("chart", expect.release_chart, helm::ChartLabel(*newest));
  check("status", expect.release_status, std::string(helm::NameOf(newest->status)));
  check("revision",
        expect.release_revision == 0 ? "" : std::to_string(expect.release_revision),
        std::to_string(newest->revision));
}

void CheckMetadata(const std::string& expected,
                   const Course& course,
                   const Told& told,
                   std::vector<std::string>& unmet) {
  if (expected.empty()) {
    return;
  }
  const bool unchanged = sim::SameMetadata(
      course.start.etcd.keys, told.end.cluster->state().etcd.keys, course.world->root_path);
  const bool lost = std::ranges::any_of(told.violations, [](const sim::Violation& violation) {
    return violation.property == "metadata equal before and after by the lawful table";
  });
  const std::string is = unchanged ? "unchanged" : lost ? "different" : "equal";
  if (expected != is) {
    unmet.push_back("metadata: expected " + expected + ", it is " + is);
  }
}

std::vector<result::PropertyResult> PropertiesOf(const std::vector<sim::Violation>& violations,
                                                 const std::vector<std::string>& expected) {
  std::vector<result::PropertyResult> list;
  for (const std::string& name : AllProperties()) {
    result::PropertyResult property;
    property.name = name;
    property.expected = std::ranges::find(expected, name) != expected.end();
    const auto at = std::ranges::find(violations, name, &sim::Violation::property);
    if (at != violations.end()) {
      property.violated = true;
      property.at_ms = at->at.ms;
      property.evidence = at->evidence;
    }
    list.push_back(std::move(property));
  }
  return list;
}

// How a finding is told: whole, and saved where.
struct Telling {
  bool whole = false;
  std::string from;  // folder that the story's paths are relative to
  std::string to;    // and will be
};

result::FoundStory StoryOf(const Course& course,
                           const HuntFinding& finding,
                           const Telling& telling) {
  result::FoundStory story;
  story.property = finding.violation.property;
  story.where = finding.where;
  story.evidence = finding.violation.evidence;
  story.length = finding.story.steps.size() + finding.story.faults.size();
  story.states_before = finding.states_before;
  story.more = finding.more;
  story.scenario = ScenarioText(MovedFrom(telling.from, telling.to, finding.story));
  if (!telling.whole) {
    return story;
  }
  if (const auto told = Tell(course, finding.story)) {
    story.lines = told->narrator.lines();
    story.changes = Changes(course, told->start, told->end);
  }
  return story;
}

Status Search(const Course& course,
              const Scenario& scenario,
              const ScenarioOptions& options,
              result::ScenarioResult& out) {
  const HuntOptions hunt{options.threads,
                         scenario.expect ? scenario.expect->found : std::vector<std::string>(),
                         options.budget,
                         options.progress,
                         options.parts,
                         options.kept};
  const bool placements = OnlyRun(scenario) != nullptr;
  TRY_ASSIGN(const HuntReport report,
             placements ? SearchPlacements(course, scenario, hunt) : Hunt(course, scenario, hunt));
  Seen seen = report.seen;
  for (const std::string& name : out.seen) {
    seen.Add(name);
  }
  out.seen = seen.Names();
  out.search = {true,
                report.complete,
                scenario.search->length_max,
                scenario.search->faults_max,
                report.cost_reached,
                report.stands,
                report.placements,
                report.merged,
                report.states,
                report.stopped_by};
  std::vector<sim::Violation> violations;
  Hasher hash;
  hash.Add(out.trace_hash).Add(report.stands).Add(report.states).Add(report.placements);
  for (const HuntFinding& finding : report.findings) {
    violations.push_back(finding.violation);
    hash.Add(ScenarioText(finding.story));
  }
  out.trace_hash = fmt::format("{:016x}", hash.Get());
  std::vector<std::string> expected;
  if (scenario.expect) {
    expected = scenario.expect->violated;
    expected.insert(expected.end(), scenario.expect->found.begin(), scenario.expect->found.end());
  }
  const bool wanted_only = scenario.expect && !scenario.expect->found.empty();
  std::vector<sim::Violation> counted;
  std::set<std::string> told;  // the first of each property is told in full
  for (const HuntFinding& finding : report.findings) {
    const bool wanted = std::ranges::find(expected, finding.violation.property) != expected.end();
    if (wanted || !wanted_only) {
      counted.push_back(finding.violation);
      const bool whole = told.insert(finding.violation.property).second;
      const std::string to = options.save_to.empty() ? course.folder : options.save_to;
      out.stories.push_back(StoryOf(course, finding, {whole, course.folder, to}));
    }
  }
  out.properties = PropertiesOf(counted, expected);
  return {};
}

void Decide(const Scenario& scenario, result::ScenarioResult& out) {
  for (const result::PropertyResult& property : out.properties) {
    if (property.violated && !property.expected) {
      out.unmet.push_back("violated: " + property.name + ": " + property.evidence);
    } else if (!property.violated && property.expected) {
      out.unmet.push_back("expected to be violated, but holds: " + property.name);
    }
  }
  const bool unfinished = out.search.searched && !out.search.complete;
  const bool any = std::ranges::any_of(
      out.properties, [](const result::PropertyResult& p) { return p.violated && !p.expected; });
  const bool more_parts =
      out.search.stopped_by == sim::NameOf(sim::StoppedBy::kMemory) && out.search.faults_max == 2;
  if (unfinished && !any) {
    out.verdict = result::Verdict::kUnknown;
    out.summary = fmt::format(
        "unknown: the {} is spent; covered: every story of up to {} acts and faults, "
        "{} placements of faults{}",
        out.search.stopped_by,
        out.search.covered,
        out.search.placements,
        more_parts ? "; a search in (more) --parts holds less at once" : "");
  } else if (!out.unmet.empty()) {
    out.verdict = result::Verdict::kViolated;
    out.summary = out.unmet.front();
  } else {
    out.verdict = result::Verdict::kHolds;
    const auto violated = std::ranges::count_if(out.properties, &result::PropertyResult::violated);
    out.summary = violated == 0     ? "every property holds"
                  : scenario.search ? fmt::format("found, as expected: {}", violated)
                                    : fmt::format("as expected, with {} violated", violated);
  }
}

Result<result::ScenarioResult> RunOnce(const Course& course,
                                       const Scenario& scenario,
                                       const ScenarioOptions& options) {
  result::ScenarioResult out;
  out.file = scenario.file;
  out.name = scenario.name;
  out.about = scenario.about;
  out.page = scenario.page;
  out.rows = scenario.rows;
  out.ran = true;
  TRY_ASSIGN(const Told told, Tell(course, scenario));
  out.lines = told.narrator.lines();
  out.trace_hash = told.narrator.hash();
  out.simulated_ms = told.end.cluster->Now().ms;
  out.changes = Changes(course, told.start, told.end);
  Seen seen;
  seen.Add(told.end);
  out.seen = seen.Names();
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    CheckStep(scenario.steps[i], i, told.end.ends[i], out.unmet);
  }
  if (scenario.expect) {
    const StateExpectation& state = scenario.expect->state;
    CheckWorkloads(state, told.end.cluster->state(), course.situation.ns, out.unmet);
    CheckRelease(state, told.end.cluster->state(), course, out.unmet);
    CheckMetadata(state.metadata, course, told, out.unmet);
  }
  if (scenario.search) {
    TRY(Search(course, scenario, options, out));
  } else {
    out.properties = PropertiesOf(
        told.violations, scenario.expect ? scenario.expect->violated : std::vector<std::string>());
  }
  Decide(scenario, out);
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    const bool refused = told.end.ends[i].kind == EndKind::kRefused;
    if (refused && scenario.steps[i].expect.outcome.empty() &&
        out.verdict == result::Verdict::kHolds) {
      out.verdict = result::Verdict::kRefused;
      out.summary = told.end.ends[i].account;
    }
  }
  return out;
}

Scenario WithFaults(Scenario scenario, const ScenarioOptions& options) {
  if (options.faults != 0 && !scenario.search) {
    scenario.search.emplace();
    scenario.search->length_max = 0;
  }
  if (scenario.search) {
    scenario.search->faults_max = std::max(scenario.search->faults_max, options.faults);
    scenario.search->classes = options.classes.value_or(scenario.search->classes);
  }
  return scenario;
}

}  // namespace

Result<Scenario> Adapted(const Scenario& scenario, const ScenarioOptions& options) {
  Scenario own = scenario;
  if (!options.procedure.empty()) {
    TRY_ASSIGN(own, WithProcedure(scenario, options.procedure));
  }
  own = WithFaults(std::move(own), options);
  TRY(CheckSearchable(own));
  if (options.parts > 1 && own.search && own.search->faults_max != 2) {
    return BadInput(scenario.file + ": " + std::to_string(own.search->faults_max) +
                    " faults: only a search of two is made in parts");
  }
  return own;
}

namespace {

// What the last step that says so wants to reach; "" none does.
std::string TargetOf(const Scenario& scenario) {
  std::string target;
  for (const StepSpec& step : scenario.steps) {
    const auto flag = std::ranges::find(step.arguments, "-t");
    if (step.kind == StepKind::kExecutor || step.kind == StepKind::kHelmUpgrade ||
        step.kind == StepKind::kMilvusUpgrade) {
      target = step.to.empty() && !step.version.empty() ? "chart:" + step.version
               : step.to.empty()                        ? "latest"
                                                        : step.to;
    } else if (flag != step.arguments.end() && flag + 1 != step.arguments.end()) {
      target = *(flag + 1);
    }
  }
  return target;
}

}  // namespace

Result<Scenario> WithProcedure(const Scenario& scenario, const std::string& procedure) {
  const std::string target = TargetOf(scenario);
  if (target.empty()) {
    return BadInput(scenario.file + ": no step says which version to reach");
  }
  Scenario other = scenario;
  other.expect.reset();
  other.search.reset();
  other.faults.clear();
  other.steps = {StepSpec{}};
  StepSpec& step = other.steps.front();
  step.to = target;
  if (procedure == "executor") {
    step.kind = StepKind::kExecutor;
    return other;
  }
  if (target == "latest" || target.starts_with("chart:")) {
    step.kind = StepKind::kHelmUpgrade;
    step.version = target == "latest" ? "" : target.substr(std::string("chart:").size());
    step.to.clear();
  } else if (procedure == "MilvusUpgrade") {
    step.kind = StepKind::kMilvusUpgrade;
  } else {
    const std::string image = "milvusdb/milvus:v" + target;
    step.kind = procedure == "migrate.sh" ? StepKind::kMigrateSh : StepKind::kRollingUpdateSh;
    step.arguments = {"-i", scenario.start.release, "-t", target, "-w", image};
  }
  return other;
}

Result<result::ScenarioResult> RunScenario(const Scenario& scenario,
                                           std::shared_ptr<const charts::Catalog> catalog,
                                           const ScenarioOptions& options) {
  TRY_ASSIGN(const Scenario own, Adapted(scenario, options));
  TRY_ASSIGN(const Course course,
             MakeCourse(own.start, FolderOf(scenario.file), std::move(catalog)));
  TRY_ASSIGN(result::ScenarioResult first, RunOnce(course, own, options));
  const bool whole = !first.search.searched || first.search.complete;
  if (options.twice && whole) {
    ScenarioOptions anew = options;  // what was kept would only agree with itself
    anew.kept = {};
    TRY_ASSIGN(const result::ScenarioResult second, RunOnce(course, own, anew));
    const bool cut = second.search.searched && !second.search.complete;  // by the budget
    if (!cut && first.trace_hash != second.trace_hash) {
      first.unmet.push_back("two runs differ: " + first.trace_hash + " and " + second.trace_hash);
      first.verdict = result::Verdict::kViolated;
      first.summary = first.unmet.back();
    }
  }
  return first;
}

}  // namespace rehearse::app
