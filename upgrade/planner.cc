#include "upgrade/planner.h"

#include <algorithm>
#include <set>

#include "upgrade/alternatives.h"
#include "upgrade/hops.h"
#include "upgrade/search.h"
#include "upgrade/settings.h"
#include "upgrade/survey.h"
#include "upgrade/target.h"
#include "upgrade/typed.h"

namespace rehearse::upgrade {
namespace {

using result::Plan;
using result::Refusal;
using result::Refused;

constexpr const char* kDowngradeSource = "milvus-io/milvus issues #26612, #33242";

Current CurrentOf(const Survey& survey) {
  return Current{.chart = survey.chart,
                 .app = survey.app,
                 .release_app = survey.release_app,
                 .pulsar_v2 = survey.queue == MessageQueue::kPulsarV2};
}

Refusal RefusalOf(Refused refused) {
  return Refusal{.rule = std::move(refused.rule),
                 .source = std::move(refused.source),
                 .message = std::move(refused.message),
                 .refused = {},
                 .commands = {}};
}

Refusal Behind(const Survey& survey, const Target& target) {
  return Refusal{.rule = "downgrade",
                 .source = kDowngradeSource,
                 .message = "chart " + survey.chart.ToString() + " with Milvus " +
                            survey.app.ToString() + " is ahead of " + target.asked + " (chart " +
                            target.chart.ToString() + ", Milvus " + target.app.ToString() +
                            "): what newer versions have written older ones do not read",
                 .refused = {},
                 .commands = {}};
}

// Why nothing can be done from here, whatever the target; with the commands that change that.
std::optional<Refusal> StuckAt(const Survey& survey,
                               const PlanningFacts& facts,
                               const RuleBook& book) {
  const Candidate nowhere;
  const RuleInput question{survey, facts.catalog, facts.tools, nowhere};
  std::vector<Refused> reasons = book.AllRefusals(SituationRules(), question);
  if (reasons.empty()) {
    return std::nullopt;
  }
  Refusal refusal = RefusalOf(reasons.front());
  if (refusal.rule == "metadata-cleaned") {
    refusal.commands = TypedRescue(survey, kToolImages[0]);
  }
  if (refusal.rule == "release-locked") {
    refusal.commands = {Typed(
        {"kubectl",
         "delete",
         "secret",
         "-n",
         survey.ns,
         "sh.helm.release.v1." + survey.release + ".v" + std::to_string(survey.newest.revision)})};
  }
  for (std::size_t i = 1; i < reasons.size(); ++i) {
    reasons[i].alternative = "going on as if only that had been mended";
    refusal.refused.push_back(std::move(reasons[i]));
  }
  return refusal;
}

Plan EmptyPlan(const Survey& survey, const Target& target) {
  Plan plan;
  plan.release = survey.release;
  plan.ns = survey.ns;
  plan.target = target.asked;
  plan.to_chart = target.chart.ToString();
  plan.to_app = target.app.ToString();
  for (const cluster::Assumption& assumption : survey.situation->assumptions) {
    plan.assumptions.push_back(assumption.key + "=" + assumption.value + " (" + assumption.why +
                               ")");
  }
  return plan;
}

Plan NothingToDo(const Survey& survey, const Target& target) {
  Plan plan = EmptyPlan(survey, target);
  plan.to_chart = survey.chart.ToString();
  plan.notes = {"nothing to do: chart " + plan.to_chart + " with Milvus " + plan.to_app +
                " is what the release has"};
  if (survey.stopped) {
    plan.notes.push_back("but every Milvus Deployment is at 0 replicas: nobody is served");
  }
  return plan;
}

Refusal OldOnNew(const Survey& survey) {
  return Refusal{.rule = "old-image",
                 .source = "fixtures/etcd/milvus-2.1.0-on-2.2-metadata.jsonl",
                 .message = "Milvus " + survey.app.ToString() +
                            " is there already, but on metadata of 2.2: it looks healthy, and "
                            "every index and every alias is out of its sight. Go on to 2.2, or "
                            "restore the metadata of 2.1 from a backup",
                 .refused = {},
                 .commands = {}};
}

Refusal NoPath(const Survey& survey, const Target& target, std::vector<Refused> blocked) {
  Refusal refusal{.rule = "no-path",
                  .source = "the rules listed",
                  .message = "no allowed path leads from chart " + survey.chart.ToString() +
                             " with Milvus " + survey.app.ToString() + " to chart " +
                             target.chart.ToString() + " with Milvus " + target.app.ToString(),
                  .refused = std::move(blocked),
                  .commands = {}};
  if (refusal.refused.size() == 1) {
    refusal.rule = refusal.refused.front().rule;
    refusal.source = refusal.refused.front().source;
    refusal.message += ": " + refusal.refused.front().message;
  }
  return refusal;
}

void AddNotes(const Survey& survey, Plan& plan) {
  if (survey.stopped) {
    plan.notes.emplace_back("every Milvus Deployment is at 0 replicas: it is down already");
  }
  if (survey.app != survey.release_app) {
    plan.notes.push_back("what runs is v" + survey.app.ToString() + ", what helm knows is v" +
                         survey.release_app.ToString() +
                         ": any other helm command would put the latter back");
  }
  if (survey.metadata.newer_was_here) {
    plan.notes.emplace_back(
        "a server of 2.2 or later has started on the metadata of 2.1: what it wrote since (users, "
        "checkpoints) stays, and that the conversion is whole after that was never measured");
  }
  if (survey.newest.status == helm::ReleaseStatus::kFailed) {
    plan.notes.push_back("revision " + std::to_string(survey.newest.revision) +
                         " has failed: helm compares the next one with revision " +
                         std::to_string(survey.deployed.revision));
  }
  for (const ToolPod& pod : survey.tool_pods) {
    plan.notes.push_back("pod " + pod.name +
                         " of an earlier migration keeps its result for ever; nothing here relies "
                         "on it");
  }
}

std::string Words(const Station& station) {
  return "chart " + station.chart.ToString() + " with Milvus " + station.app.ToString();
}

// For every stop: why it is not left out.
void Explain(const PlanningInput& input, const Path& path, Plan& plan) {
  for (std::size_t i = 0; i + 1 < path.steps.size(); ++i) {
    const Station& from = path.steps[i].from;
    const Station& to = path.steps[i + 1].to;
    const Candidate skip = HelmStep(input, from, to.chart, to.app);
    const RuleInput question{input.survey, input.catalog, input.tools, skip};
    std::string line = "not straight from " + Words(from) + " to " + Words(to) + ": ";
    if (const auto refused = input.book.FirstRefusal(StepRules(), question)) {
      plan.explanation.push_back(line + refused->message + " (rule " + refused->rule + ", " +
                                 refused->source + ")");
      continue;
    }
    const result::PlanCost whole = CostOf(input.survey, skip);
    const result::PlanCost first = CostOf(input.survey, path.steps[i]);
    const result::PlanCost second = CostOf(input.survey, path.steps[i + 1]);
    const auto unmeasured = first.unmeasured_steps + second.unmeasured_steps;
    plan.explanation.push_back(line + "no rule refuses it, but it counts " +
                               std::to_string(whole.unmeasured_steps) +
                               " unmeasured steps against " + std::to_string(unmeasured) +
                               " with the stop at " + Words(path.steps[i].to));
  }
  plan.explanation.push_back(
      "cost, in the order in which it counts: " + std::to_string(plan.cost.unmeasured_steps) +
      " unmeasured steps, " + std::to_string(plan.cost.irreversible_steps) +
      " irreversible steps, " + std::to_string(plan.cost.downtime_ms) + " ms of downtime, " +
      std::to_string(plan.cost.hops) + " hops");
}

// A chart that does not render with these values is an obstacle like any other.
PlanResult Assemble(const PlanningFacts& facts, const PlanningInput& input, const Path& path) {
  Plan plan = EmptyPlan(input.survey, input.target);
  plan.cost = path.cost;
  plan.notes = input.target.notes;
  AddNotes(input.survey, plan);
  Json config = helm::ConfigOf(input.survey.deployed);
  for (const Candidate& step : path.steps) {
    const HopInput hop_input{input.survey,
                             input.catalog,
                             input.book,
                             facts.chart_reference,
                             config,
                             static_cast<std::int64_t>(plan.hops.size()) + 1};
    auto hop = MakeHop(hop_input, step);
    if (!hop) {
      return Refusal{.rule = "renders",
                     .source = "zilliztech/milvus-helm@9832476:charts/milvus/templates",
                     .message = hop.error().message,
                     .refused = {},
                     .commands = {}};
    }
    TRY_ASSIGN(config, WithSettings(config, hop->values_set));
    plan.hops.push_back(*std::move(hop));
  }
  plan.refused = RefusedAlternatives(input, path);
  Explain(input, path, plan);
  return plan;
}

Version ToolTarget() { return Version{2, 2, 0, ""}; }

}  // namespace

PlanResult MakePlan(const PlanningFacts& facts) {
  TRY_ASSIGN(const Survey survey, SurveyOf(facts.situation));
  TRY_ASSIGN(const ResolvedTarget resolved,
             ResolveTarget(facts.catalog, facts.target, CurrentOf(survey)));
  const RuleBook book{facts.without_rules};
  const Target& target = resolved.target;
  if (auto stuck = StuckAt(survey, facts, book)) {
    return *std::move(stuck);
  }
  if (resolved.order == TargetOrder::kBehind) {
    return Behind(survey, target);
  }
  const bool fits =
      (StartOf(survey).metadata == MetadataGeneration::kV21) == (survey.app < ToolTarget());
  if (resolved.order == TargetOrder::kSame && fits) {
    return NothingToDo(survey, target);
  }
  if (resolved.order == TargetOrder::kSame && survey.app < ToolTarget()) {
    return OldOnNew(survey);
  }
  const PlanningInput input{survey, facts.catalog, facts.tools, book, target};
  SearchResult found = FindPath(input);
  if (!found.found) {
    return NoPath(survey, target, std::move(found.blocked));
  }
  return Assemble(facts, input, found.path);
}

Result<std::optional<ToolQuestion>> ToolQuestionOf(const cluster::Situation& situation) {
  TRY_ASSIGN(const Survey survey, SurveyOf(situation));
  if (StartOf(survey).metadata != MetadataGeneration::kV21) {
    return std::optional<ToolQuestion>();
  }
  const Version source = survey.app < ToolTarget() ? survey.app : survey.release_app;
  return std::optional(ToolQuestion{.images = {kToolImages.begin(), kToolImages.end()},
                                    .source_version = source.ToString(),
                                    .target_version = ToolTarget().ToString(),
                                    .root_path = survey.root_path});
}

}  // namespace rehearse::upgrade
