#include "upgrade/alternatives.h"

#include "model/helm/values.h"
#include "upgrade/settings.h"
#include "upgrade/typed.h"

namespace rehearse::upgrade {
namespace {

constexpr Version kApp23{2, 3, 0, ""};
// What the documentation's commands name.
constexpr Version kPageApp{2, 5, 12, ""};
constexpr Version kPageChart{4, 1, 24, ""};
constexpr Version kPageRollbackApp{2, 1, 1, ""};
constexpr const char* kPage = "documentation: ";

struct Alternative {
  std::string typed;
  Candidate candidate;
};

class Collector {
 public:
  Collector(const PlanningInput& input, const Path& path)
      : input_(input), path_(path), start_(StartOf(input.survey)) {}

  std::vector<result::Refused> Collect() {
    if (!path_.steps.empty() && path_.steps.front().means == Means::kMetadataMigration) {
      AddMigrations();
    }
    AddHelmCommands();
    AddRolling();
    AddRollback();
    return std::move(refused_);
  }

 private:
  void AddMigrations();
  void AddHelmCommands();
  void AddVariants(const Candidate& step);
  void AddRolling();
  void AddRollback();
  void Ask(const std::string& typed, const Candidate& candidate);

  [[nodiscard]] std::string Namespace() const {
    return input_.survey.ns == "default" ? "" : " -n " + input_.survey.ns;
  }
  [[nodiscard]] Candidate Script(Means means, const Version& target) const;
  [[nodiscard]] Candidate Helm(const Station& from, const Version& chart) const;

  const PlanningInput& input_;
  const Path& path_;
  Station start_;
  std::vector<result::Refused> refused_;
};

void Collector::Ask(const std::string& typed, const Candidate& candidate) {
  const RuleInput question{input_.survey, input_.catalog, input_.tools, candidate};
  if (auto refused = input_.book.FirstRefusal(StepRules(), question)) {
    refused->alternative = typed;
    refused_.push_back(*std::move(refused));
  }
}

Candidate Collector::Script(Means means, const Version& target) const {
  const Candidate own = MigrationStep(input_, start_);
  Candidate candidate = own;
  candidate.means = means;
  candidate.to.app = target;
  candidate.migration->target = target;
  return candidate;
}

void Collector::AddMigrations() {
  const Survey& survey = input_.survey;
  const std::string script = "./migrate.sh -i " + survey.release + Namespace();
  const Version source = MigrationStep(input_, start_).migration->source;
  const Version target = input_.target.app < kApp23 ? kPageApp : input_.target.app;
  const std::string pair = " -s " + source.ToString() + " -t " + target.ToString();
  const std::string image = " -w " + survey.image_repository + ":v" + target.ToString();
  const Candidate straight = Script(Means::kMigrateScript, target);
  for (const std::string& rest : {std::string(),
                                  " -r " + survey.root_path,
                                  " -r " + survey.root_path + image,
                                  image + " -d true"}) {
    Ask(kPage + script + pair + rest, straight);
  }
  Ask(kPage + script + pair + " -o rollback -w " + survey.image_repository + ":v" +
          kPageRollbackApp.ToString(),
      Script(Means::kMigrateScriptBack, kPageRollbackApp));
  const Candidate own = MigrationStep(input_, start_);
  for (const ToolOutcome& tool : input_.tools) {
    Candidate other = own;
    other.migration->tool_image = tool.image;
    Ask("the migration tool " + tool.image, other);
  }
  Candidate careless = own;
  careless.means = Means::kMigrateScript;
  careless.migration->removes_backup = true;
  Ask(script + " -s " + source.ToString() + " -t " + own.migration->target.ToString() + " -d false",
      careless);
}

Candidate Collector::Helm(const Station& from, const Version& chart) const {
  Candidate candidate = HelmStep(input_, from, chart, input_.target.app);
  candidate.config = helm::ConfigOf(input_.survey.deployed);
  candidate.to.app = candidate.to.release_app = [&] {
    const std::string pinned = StringAt(candidate.config, {"image", "all", "tag"});
    if (const auto own = ParseImageTagVersion(pinned)) {
      return *own;
    }
    const charts::ChartInfo* info = input_.catalog.Find(chart.ToString());
    const auto image = info != nullptr ? ImageVersionOf(*info) : std::nullopt;
    return image ? *image : input_.target.app;
  }();
  return candidate;
}

void Collector::AddHelmCommands() {
  const std::string upgrade = "helm upgrade " + input_.survey.release + " ";
  const std::string flag = " --reset-then-reuse-values";
  if (const charts::ChartInfo* newest = input_.catalog.Newest()) {
    Candidate bare = Helm(start_, newest->version);
    bare.version = std::nullopt;
    Ask(kPage + upgrade + "zilliztech/milvus" + flag + Namespace(), bare);
  }
  if (start_.chart < kPageChart) {
    Candidate archived = Helm(start_, kPageChart);
    archived.repository = "milvus";
    Ask(kPage + upgrade + "milvus/milvus" + flag + " --version=" + kPageChart.ToString() +
            Namespace(),
        archived);
  }
  if (!path_.steps.empty() && path_.steps.front().means == Means::kMetadataMigration) {
    const Station& between = path_.steps.front().to;
    Ask("any other helm upgrade of chart " + between.chart.ToString() + " after hop 1",
        Helm(between, between.chart));
  }
  const Candidate direct = HelmStep(input_, start_, input_.target.chart, input_.target.app);
  if (path_.steps.size() > 1) {
    Ask("helm upgrade straight to chart " + input_.target.chart.ToString() + " with Milvus " +
            input_.target.app.ToString(),
        direct);
  }
  for (const Candidate& step : path_.steps) {
    if (step.means == Means::kHelmUpgrade) {
      AddVariants(step);
      return;
    }
  }
}

// The planner's first helm step, each time without one thing that it insists on.
void Collector::AddVariants(const Candidate& step) {
  const std::string to = "helm upgrade to chart " + step.to.chart.ToString();
  Candidate reuse = step;
  reuse.mode = helm::ValuesMode::kReuse;
  Ask(to + " with --reuse-values", reuse);
  Candidate none = step;
  none.mode = helm::ValuesMode::kNone;
  Ask(to + " without a values flag", none);
  const Candidate plain = Helm(step.from, step.to.chart);
  if (plain.to.app != step.to.app) {
    Ask(to + " without image.all.tag", plain);
  }
  const Json& own = helm::ConfigOf(input_.survey.deployed);
  const auto settings = SettingsAt({input_.survey, input_.book, step.to.chart, step.to.app});
  for (const result::ValueSet& left_out : MissingSettings(settings, own)) {
    if (left_out.key == "image.all.tag") {
      continue;
    }
    std::vector<result::ValueSet> rest = settings;
    std::erase_if(rest, [&](const result::ValueSet& value) { return value.key == left_out.key; });
    Candidate without = step;
    if (auto config = WithSettings(own, rest)) {
      without.config = *std::move(config);
      Ask(to + " without " + left_out.key, without);
    }
  }
}

void Collector::AddRolling() {
  const Survey& survey = input_.survey;
  const std::string target = input_.target.app.ToString();
  Candidate rolling = HelmStep(input_, start_, input_.target.chart, input_.target.app);
  rolling.means = Means::kRollingUpdateScript;
  rolling.to.chart = start_.chart;
  rolling.to.metadata = start_.metadata;
  Ask(std::string(kPage) + "sh rollingUpdate.sh -n " + survey.ns + " -i " + survey.release +
          " -o update -t " + target + " -w '" + survey.image_repository + ":v" + target + "'",
      rolling);
}

void Collector::AddRollback() {
  if (path_.steps.empty()) {
    return;
  }
  Candidate back = path_.steps.back();
  back.means = Means::kHelmRollback;
  back.from = path_.steps.back().to;
  back.to = start_;
  back.to.metadata = back.from.metadata;
  Ask("helm rollback " + input_.survey.release + " " +
          std::to_string(input_.survey.deployed.revision) + Namespace() + ", as a way back",
      back);
}

}  // namespace

std::vector<result::Refused> RefusedAlternatives(const PlanningInput& input, const Path& path) {
  return Collector(input, path).Collect();
}

}  // namespace rehearse::upgrade
