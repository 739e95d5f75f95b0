#include "upgrade/path_check.h"

#include <algorithm>

#include "upgrade/assemble.h"
#include "upgrade/evidence.h"
#include "upgrade/rendering.h"

namespace rehearse::upgrade {
namespace {

using result::CheckedHop;
using result::PathCheck;

constexpr const char* kTrace05 = "fixtures/traces/05-helm-upgrades.out";

// ---- from what is written to steps -------------------------------------------------------------

Status BeginsHere(const Survey& survey, const WrittenPath& path) {
  const auto differs = [&](const char* what, const std::string& said, const std::string& is) {
    return BadInput(path.file + ": from." + what + ": the path begins at " + said +
                    ", the release is at " + is);
  };
  const WrittenStart& from = path.from;
  if (from.chart && *from.chart != survey.chart) {
    return differs("chart", from.chart->ToString(), survey.chart.ToString());
  }
  if (from.app && *from.app != survey.app) {
    return differs("app", from.app->ToString(), survey.app.ToString());
  }
  if (!from.topology.empty() && from.topology != NameOf(survey.topology)) {
    return differs("topology", from.topology, std::string(NameOf(survey.topology)));
  }
  if (!from.message_queue.empty() && from.message_queue != NameOf(survey.queue)) {
    return differs("message_queue", from.message_queue, std::string(NameOf(survey.queue)));
  }
  return {};
}

// Follows a written path step by step.
class Walker {
 public:
  Walker(const PlanningFacts& facts, const Survey& survey, const RuleBook& book)
      : facts_(facts),
        survey_(survey),
        book_(book),
        at_(StartOf(survey)),
        mixcoord_(RunsMixcoord(survey, at_)),
        release_(survey.deployed) {}

  Result<Candidate> Take(const WrittenHop& hop) {
    TRY_ASSIGN(Candidate step, hop.means == Means::kHelmUpgrade ? Helm(hop) : Other(hop));
    at_ = step.to;
    return step;
  }

 private:
  Result<Candidate> Helm(const WrittenHop& hop) {
    const charts::ChartInfo* newest = facts_.catalog.Newest();
    Candidate step;
    step.means = Means::kHelmUpgrade;
    step.from = at_;
    step.from_mixcoord = mixcoord_;
    step.to = at_;
    step.to.chart = hop.chart ? *hop.chart : newest != nullptr ? newest->version : at_.chart;
    step.repository = hop.repository;
    step.mode = hop.values;
    if (hop.chart) {
      step.version = hop.chart->ToString();
    }
    Json given = Json::object();
    for (const std::string& set : hop.sets) {
      TRY(helm::ParseSet(set, given));
    }
    helm::UpgradeValues values = helm::ValuesForUpgrade(hop.values, release_, std::move(given));
    step.config = std::move(values.config);
    step.base = std::move(values.base);
    step.defaults = facts_.catalog.DefaultValues(step.to.chart.ToString());
    TRY_ASSIGN(step.to.app, ImageOf(hop, step));
    step.to.release_app = step.to.app;
    TakeOver(step);
    mixcoord_ = step.IsOn("mixCoordinator.enabled");
    return step;
  }

  // What helm would run: the tag among the values, else the chart's.
  Result<Version> ImageOf(const WrittenHop& hop, const Candidate& step) const {
    std::string tag = step.Text("image.all.tag");
    const charts::ChartInfo* chart = facts_.catalog.Find(step.to.chart.ToString());
    if (tag.empty() && chart != nullptr) {
      tag = chart->image_tag.empty() ? chart->app_version : chart->image_tag;
    }
    if (tag.empty()) {
      return step.from.app;  // a rule will say that there is no such chart
    }
    const auto app = ParseImageTagVersion(tag);
    if (!app) {
      return BadInput(hop.place + ": image tag \"" + tag + "\": expected a version");
    }
    if (hop.app && *hop.app != *app) {
      return BadInput(hop.place + ".app: the path expects Milvus " + hop.app->ToString() +
                      ", these values run " + app->ToString());
    }
    return *app;
  }

  void TakeOver(const Candidate& step) {
    const charts::ChartInfo* chart = facts_.catalog.Find(step.to.chart.ToString());
    if (chart == nullptr || step.defaults == nullptr) {
      return;
    }
    const Json& own = step.base ? *step.base : *step.defaults;
    release_.chart = helm::StoredJson{
        helm::Share({{"metadata", facts_.catalog.Metadata(*chart)}, {"values", own}}), nullptr};
    release_.config = helm::StoredJson{helm::Share(step.config), nullptr};
  }

  Result<Candidate> Other(const WrittenHop& hop) {
    const bool back = hop.means == Means::kHelmRollback;
    if (hop.chart && *hop.chart != at_.chart && !back) {
      return BadInput(hop.place + ".chart: " + hop.procedure + " leaves the chart, which is " +
                      at_.chart.ToString() + " here; found " + hop.chart->ToString());
    }
    const Target target{
        .chart = at_.chart, .app = *hop.app, .image_set = true, .asked = "", .notes = {}};
    Candidate step = MigrationStep({survey_, facts_.catalog, facts_.tools, book_, target}, at_);
    step.means = hop.means;
    step.config = helm::ConfigOf(release_);
    step.to = at_;
    step.to.app = *hop.app;
    if (hop.means == Means::kMetadataMigration || hop.means == Means::kMigrateScript) {
      step.to.metadata = MetadataGeneration::kV22;
      ReadMigration(hop, *step.migration);
    } else {
      step.migration.reset();
    }
    if (back) {
      step.to.chart = *hop.chart;
      step.to.release_app = *hop.app;
    }
    return step;
  }

  static void ReadMigration(const WrittenHop& hop, MigrationArguments& migration) {
    if (!hop.tool.empty()) {
      migration.tool_image = hop.tool;
    }
    migration.source = hop.source.value_or(migration.source);
    migration.target = hop.target.value_or(migration.target);
    migration.removes_backup = hop.removes_backup;
  }

  const PlanningFacts& facts_;
  const Survey& survey_;
  const RuleBook& book_;
  Station at_;
  bool mixcoord_;
  helm::ReleaseRecord release_;  // as the hops so far leave it, as far as values matter
};

Result<Path> StepsOf(const PlanningFacts& facts,
                     const Survey& survey,
                     const RuleBook& book,
                     const WrittenPath& written) {
  TRY(BeginsHere(survey, written));
  Walker walker(facts, survey, book);
  Path path;
  for (const WrittenHop& hop : written.hops) {
    TRY_ASSIGN(Candidate step, walker.Take(hop));
    path.cost = path.cost + CostOf(survey, step);
    path.steps.push_back(std::move(step));
    path.written_sets.push_back(hop.sets);
  }
  return path;
}

// ---- judging -----------------------------------------------------------------------------------

std::string EvidenceOf(const Survey& survey, const Candidate& step) {
  if (step.means == Means::kMetadataMigration) {
    return WasStartedOnConverted(step.to.app)
               ? "a real Milvus " + step.to.app.ToString() + " was right on converted metadata"
               : "no Milvus " + step.to.app.ToString() + " was ever started on converted metadata";
  }
  if (step.means != Means::kHelmUpgrade) {
    return "this procedure was not measured as a part of a path";
  }
  std::string text = WasWalked(survey, step.from.chart, step.to.chart)
                         ? "walked with real helm on a real API server, with pods that become "
                           "ready at once"
                         : "never walked between these charts with this topology and message queue";
  if (!step.to.app.SameMinor(step.from.app)) {
    text += "; no Milvus " + step.to.app.ToString() + " was ever started on what " +
            step.from.app.ToString() + " leaves";
  }
  return text;
}

std::vector<std::string> ImagesOf(const Json& object) {
  std::vector<std::string> images;
  const Json* containers = At(object, {"spec", "template", "spec", "containers"});
  for (const Json& container : containers != nullptr ? *containers : Json::array()) {
    images.push_back(StringAt(container, {"image"}));
  }
  return images;
}

result::Prediction PredictionOf(const helm::Rendered& rendered) {
  result::Prediction prediction;
  const std::vector<std::string> workloads = charts::Workloads(rendered.objects);
  for (const std::string& name : workloads) {
    for (const helm::JsonPtr& object : rendered.objects) {
      if (StringAt(*object, {"kind"}) + "/" + StringAt(*object, {"metadata", "name"}) == name) {
        prediction.workloads.push_back({name, ImagesOf(*object)});
      }
    }
  }
  for (std::string line : rendered.message_queue_lines) {
    std::erase(line, '"');
    prediction.message_queues.push_back(std::move(line));
  }
  return prediction;
}

class Judge {
 public:
  Judge(const PlanningFacts& facts, const Survey& survey, const RuleBook& book)
      : facts_(facts), survey_(survey), book_(book), renderer_(facts.catalog) {}

  CheckedHop Check(const Candidate& step, const std::string& procedure) {
    CheckedHop hop;
    hop.id = std::to_string(++number_);
    hop.procedure = procedure;
    hop.from_chart = step.from.chart.ToString();
    hop.to_chart = step.to.chart.ToString();
    hop.from_app = step.from.app.ToString();
    hop.to_app = step.to.app.ToString();
    hop.evidence = EvidenceOf(survey_, step);
    hop.cost = CostOf(survey_, step);
    hop.refused = book_.AllRefusals(StepRules(), {survey_, facts_.catalog, facts_.tools, step});
    if (step.means == Means::kHelmUpgrade) {
      Render(step, hop);
    }
    SetVerdict(hop);
    return hop;
  }

  // Nothing may be left for the next helm command to undo.
  void CheckEnd(const Candidate& last, CheckedHop& hop) const {
    if (last.to.release_app == last.to.app) {
      return;
    }
    hop.refused.push_back({.alternative = "",
                           .rule = "ends-agreed",
                           .source = kTrace05,
                           .message = "the path ends while helm still knows v" +
                                      last.to.release_app.ToString() + " and v" +
                                      last.to.app.ToString() +
                                      " runs: the next helm command puts the former back"});
    SetVerdict(hop);
  }

 private:
  static void SetVerdict(CheckedHop& hop) {
    if (!hop.refused.empty()) {
      hop.verdict = result::HopVerdict::kRefused;
    } else if (!hop.unknown.empty()) {
      hop.verdict = result::HopVerdict::kUnknown;
    }
  }

  void Render(const Candidate& step, CheckedHop& hop) {
    const helm::RenderOutcome outcome =
        RenderStep({survey_, renderer_, step, number_, before_ ? &*before_ : nullptr});
    if (const auto* rendered = std::get_if<helm::Rendered>(&outcome)) {
      hop.prediction = PredictionOf(*rendered);
      const std::string foreign = ForeignObject(survey_, rendered->objects);
      if (!foreign.empty()) {
        hop.refused.push_back({.alternative = "",
                               .rule = kOwnership,
                               .source = kOwnershipSource,
                               .message = foreign});
      }
      before_ = rendered->objects;
    } else if (const auto* error = std::get_if<helm::TemplateError>(&outcome)) {
      hop.refused.push_back({.alternative = "",
                             .rule = "renders",
                             .source = "zilliztech/milvus-helm@9832476:charts/milvus/templates",
                             .message = "helm upgrade fails: " + error->text});
    } else {
      const auto& gap = std::get<helm::RenderUnknown>(outcome);
      hop.unknown = gap.what + " is not known (" + gap.interval + ")";
    }
  }

  const PlanningFacts& facts_;
  const Survey& survey_;
  const RuleBook& book_;
  charts::CatalogRenderer renderer_;
  std::int64_t number_ = 0;
  std::optional<helm::Objects> before_;
};

// The planner's own way to where the path ends.
void Compare(PlanningInput input, PathCheck& check) {
  StepMemo memo;
  input.memo = &memo;
  const Station start = StartOf(input.survey);
  const bool ahead = !(input.target.chart < start.chart) && !(input.target.app < start.app);
  if (!ahead) {
    check.own_refusal = "the path ends behind where it begins";
    return;
  }
  SearchResult own = FindPath(input);
  if (!own.found) {
    check.own_refusal = "no allowed path leads there";
    for (const result::Refused& refused : own.blocked) {
      check.own_refusal += "; " + refused.rule + ": " + refused.message;
    }
    return;
  }
  check.own_cost = own.path.cost;
  for (const Candidate& step : own.path.steps) {
    check.own_stops.push_back(Words(step.to));
  }
}

Target EndOf(const Path& path, const std::string& file) {
  const Station& end = path.steps.back().to;
  return {.chart = end.chart, .app = end.app, .image_set = false, .asked = file, .notes = {}};
}

}  // namespace

Result<PathCheck> CheckPath(const PlanningFacts& facts, const WrittenPath& written) {
  TRY_ASSIGN(const Survey survey, SurveyOf(facts.situation));
  const RuleBook book{facts.without_rules};
  TRY_ASSIGN(const Path path, StepsOf(facts, survey, book, written));
  PathCheck check;
  check.release = survey.release;
  check.ns = survey.ns;
  check.path = written.file;
  check.cost = path.cost;
  check.assumptions = AssumptionsOf(survey);
  check.situation =
      book.AllRefusals(SituationRules(), {survey, facts.catalog, facts.tools, path.steps.front()});
  Judge judge(facts, survey, book);
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    check.hops.push_back(judge.Check(path.steps[i], written.hops[i].procedure));
  }
  judge.CheckEnd(path.steps.back(), check.hops.back());
  const Target target = EndOf(path, written.file);
  Compare({survey, facts.catalog, facts.tools, book, target}, check);
  return check;
}

PlanResult PlanOfPath(const PlanningFacts& facts, const WrittenPath& written) {
  for (const WrittenHop& hop : written.hops) {
    if (hop.means != Means::kHelmUpgrade && hop.means != Means::kMetadataMigration &&
        hop.means != Means::kRollingUpdate) {
      return BadInput(hop.place + ".procedure: " + hop.procedure +
                      " is judged, not carried out: expected helm-upgrade, metadata-migration or "
                      "rolling-update");
    }
  }
  TRY_ASSIGN(const Survey survey, SurveyOf(facts.situation));
  const RuleBook book{facts.without_rules};
  TRY_ASSIGN(const Path path, StepsOf(facts, survey, book, written));
  const Target target = EndOf(path, written.file);
  const charts::CatalogRenderer renderer(facts.catalog);
  return Assemble(
      {facts.chart_reference, renderer}, {survey, facts.catalog, facts.tools, book, target}, path);
}

}  // namespace rehearse::upgrade
