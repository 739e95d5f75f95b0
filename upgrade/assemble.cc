#include "upgrade/assemble.h"

#include "upgrade/alternatives.h"
#include "upgrade/hops.h"
#include "upgrade/rendering.h"
#include "upgrade/settings.h"

namespace rehearse::upgrade {
namespace {

using result::Plan;

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
result::Refusal DoesNotRender(const Error& error) {
  const bool foreign = error.code == ErrorCode::kAlreadyExists;
  return {.rule = foreign ? kOwnership : "renders",
          .source =
              foreign ? kOwnershipSource : "zilliztech/milvus-helm@9832476:charts/milvus/templates",
          .message = error.message,
          .refused = {},
          .commands = {}};
}

}  // namespace

std::vector<std::string> AssumptionsOf(const Survey& survey) {
  std::vector<std::string> lines;
  for (const cluster::Assumption& each : survey.situation->assumptions) {
    lines.push_back(each.key + "=" + each.value + " (" + each.why + ")");
  }
  return lines;
}

Plan EmptyPlan(const Survey& survey, const Target& target) {
  Plan plan;
  plan.release = survey.release;
  plan.ns = survey.ns;
  plan.target = target.asked;
  plan.to_chart = target.chart.ToString();
  plan.to_app = target.app.ToString();
  plan.assumptions = AssumptionsOf(survey);
  return plan;
}

PlanResult Assemble(const Charts& charts, const PlanningInput& input, const Path& path) {
  Plan plan = EmptyPlan(input.survey, input.target);
  plan.cost = path.cost;
  plan.notes = input.target.notes;
  AddNotes(input.survey, plan);
  Json config = helm::ConfigOf(input.survey.deployed);
  for (const Candidate& step : path.steps) {
    const std::size_t index = plan.hops.size();
    const HopInput hop_input{
        .survey = input.survey,
        .renderer = charts.renderer,
        .book = input.book,
        .chart_reference = charts.reference,
        .config_before = config,
        .number = static_cast<std::int64_t>(index) + 1,
        .written_sets = path.written_sets.empty() ? nullptr : &path.written_sets.at(index)};
    auto hop = MakeHop(hop_input, step);
    if (!hop) {
      return DoesNotRender(hop.error());
    }
    TRY_ASSIGN(config, WithSettings(config, hop->values_set));
    plan.hops.push_back(*std::move(hop));
  }
  if (path.written_sets.empty()) {
    plan.refused = RefusedAlternatives(input, path);
    Explain(input, path, plan);
  }
  return plan;
}

}  // namespace rehearse::upgrade
