#include "upgrade/planner.h"

#include <algorithm>
#include <set>

#include "upgrade/assemble.h"
#include "upgrade/search.h"
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

// A rolling update leaves the chart alone unless a chart is what is asked for.
Target TargetOf(const PlanningFacts& facts, const Survey& survey, Target target) {
  const bool by_chart = target.asked == "latest" || target.asked.starts_with("chart:");
  if (facts.strategy == Strategy::kRolling && !by_chart && target.app.SameMinor(survey.app)) {
    target.chart = survey.chart;
    target.image_set = true;
    target.notes = {
        "the chart stays: image existence not checked; helm list and the version labels "
        "go on showing the chart's own version"};
  }
  return target;
}

Version ToolTarget() { return Version{2, 2, 0, ""}; }

}  // namespace

struct Planner::Parts {
  PlanningFacts facts;
  Survey survey;
  RuleBook book;
  std::optional<Refusal> stuck;
  charts::CatalogRenderer renderer;
  StepMemo memo;
};

Result<Planner> Planner::On(const PlanningFacts& facts) {
  TRY_ASSIGN(Survey survey, SurveyOf(facts.situation));
  const RuleBook book{facts.without_rules};
  auto stuck = StuckAt(survey, facts, book);
  Planner planner;
  planner.parts_ = std::make_shared<Parts>(Parts{facts,
                                                 std::move(survey),
                                                 book,
                                                 std::move(stuck),
                                                 charts::CatalogRenderer(facts.catalog),
                                                 {}});
  return planner;
}

PlanResult Planner::PlanTo(const std::string& asked) const {
  const PlanningFacts& facts = parts_->facts;
  const Survey& survey = parts_->survey;
  TRY_ASSIGN(const ResolvedTarget resolved, ResolveTarget(facts.catalog, asked, CurrentOf(survey)));
  if (parts_->stuck) {
    return *parts_->stuck;
  }
  const Target target = TargetOf(facts, survey, resolved.target);
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
  const PlanningInput input{
      survey, facts.catalog, facts.tools, parts_->book, target, facts.strategy, &parts_->memo};
  SearchResult found = FindPath(input);
  if (!found.found) {
    return NoPath(survey, target, std::move(found.blocked));
  }
  return Assemble({facts.chart_reference, parts_->renderer}, input, found.path);
}

PlanResult MakePlan(const PlanningFacts& facts) {
  TRY_ASSIGN(const Planner planner, Planner::On(facts));
  return planner.PlanTo(facts.target);
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
