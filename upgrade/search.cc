#include "upgrade/search.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <deque>
#include <limits>
#include <map>

#include "upgrade/downtime.h"
#include "upgrade/evidence.h"
#include "upgrade/settings.h"

namespace rehearse::upgrade {
namespace {

constexpr Version kApp22{2, 2, 0, ""};
constexpr Version kApp23{2, 3, 0, ""};
constexpr Version kLast21{2, 1, 4, ""};
constexpr const char* kOneMinor = "one-minor";
constexpr Version kChart424{4, 2, 4, ""};  // one mixed coordinator by default

struct Stop {
  Version chart;
  Version app;
};

// A step in as few words as give it again.
struct StepName {
  Means means = Means::kHelmUpgrade;
  Version chart;
  Version app;
};

// What is minimised, with the order among equals behind it.
struct Weight {
  result::PlanCost cost;
  std::int64_t age = 0;  // how far the stops are below the highest charts

  friend auto operator<=>(const Weight&, const Weight&) = default;
};

Weight operator+(const Weight& a, const Weight& b) {
  return Weight{a.cost + b.cost, a.age + b.age};
}

constexpr std::int64_t kInfinite = std::numeric_limits<std::int64_t>::max();
constexpr Weight kUnreached{{kInfinite, kInfinite, kInfinite, kInfinite}, kInfinite};

struct EdgeData {
  Weight weight;
};
using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, EdgeData>;

class Explorer {
 public:
  explicit Explorer(const PlanningInput& input)
      : input_(input),
        memo_(input.memo != nullptr ? *input.memo : own_memo_),
        stops_(MakeStops()) {}

  SearchResult Run();

 private:
  struct Found {
    Station station;
    std::map<std::size_t, StepName> steps_to;  // by vertex
  };

  std::vector<Stop> MakeStops();
  Candidate StepOf(const Station& from, const StepName& name) const;
  const StepMemo::Judged& Judge(const Station& from, const StepName& name);
  bool IsFarAhead(const Station& from, const Stop& stop) const;
  bool IsWorthTrying(const Station& from, const Stop& stop) const;
  void AddStop(std::vector<Stop>& stops, const Stop& stop) const;
  std::size_t VertexOf(const Station& station);
  void Expand(std::size_t vertex);
  void TryStep(std::size_t vertex, const StepName& name);
  bool IsGoal(const Station& station) const;
  std::int64_t AgeOf(const Version& chart) const;
  Path PathTo(std::size_t goal, const std::vector<std::size_t>& before) const;

  const PlanningInput& input_;
  StepMemo own_memo_;
  StepMemo& memo_;
  std::vector<Stop> stops_;
  std::deque<Found> found_;
  Graph graph_;
  std::map<std::string, result::Refused> blocked_;  // by rule
};

bool IsForward(const Stop& stop, const Survey& survey, const Target& target) {
  return !(stop.chart < survey.chart) && !(target.chart < stop.chart) && !(target.app < stop.app) &&
         !(stop.app < survey.app);
}

std::vector<StepMemo::Offer> OffersOf(const charts::Catalog& catalog) {
  std::vector<StepMemo::Offer> offers;
  for (const charts::ChartInfo& chart : catalog.charts()) {
    const auto image = ImageVersionOf(chart);
    if (chart.published && image && image->prerelease.empty()) {
      offers.push_back({chart.version, *image});
    }
  }
  return offers;
}

void Explorer::AddStop(std::vector<Stop>& stops, const Stop& stop) const {
  const bool known = std::ranges::any_of(
      stops, [&](const Stop& other) { return other.chart == stop.chart && other.app == stop.app; });
  if (!known && IsForward(stop, input_.survey, input_.target)) {
    stops.push_back(stop);
  }
}

// Where a path may stop: at the target, where somebody has walked, and at the highest chart of each
// minor version of Milvus below and from each chart boundary that rules speak of.
std::vector<Stop> Explorer::MakeStops() {
  std::vector<Stop> stops;
  AddStop(stops, {input_.target.chart, input_.target.app});
  for (const WalkedStation& walked : WalkedStations(input_.survey)) {
    AddStop(stops, {walked.chart, walked.app});
  }
  if (memo_.offers.empty()) {
    memo_.offers = OffersOf(input_.catalog);
  }
  std::map<std::pair<std::int64_t, std::int64_t>, Stop> highest;  // by minor, and chart minor
  for (const StepMemo::Offer& offer : memo_.offers) {
    if (IsForward({offer.chart, offer.image}, input_.survey, input_.target)) {
      highest[{offer.image.major * 1000 + offer.image.minor,
               offer.chart.major * 1000 + offer.chart.minor}] = {offer.chart, offer.image};
    }
  }
  for (const auto& [minor, stop] : highest) {
    AddStop(stops, stop);
  }
  return stops;
}

std::size_t Explorer::VertexOf(const Station& station) {
  for (std::size_t i = 0; i < found_.size(); ++i) {
    if (found_[i].station == station) {
      return i;
    }
  }
  found_.push_back(Found{station, {}});
  boost::add_vertex(graph_);
  return found_.size() - 1;
}

bool Explorer::IsGoal(const Station& station) const {
  return station.chart == input_.target.chart && station.app == input_.target.app &&
         station.release_app == input_.target.app &&
         (station.metadata == MetadataGeneration::kV21) == (station.app < kApp22);
}

// A distance in charts, so that sums over a path compare.
std::int64_t Explorer::AgeOf(const Version& chart) const {
  const auto& charts = input_.catalog.charts();
  const auto at = std::ranges::lower_bound(charts, chart, {}, &charts::ChartInfo::version);
  return std::distance(at, charts.end());
}

Candidate Explorer::StepOf(const Station& from, const StepName& name) const {
  switch (name.means) {
    case Means::kMetadataMigration:
      return MigrationStep(input_, from);
    case Means::kRollingUpdate:
      return RollingStep(input_, from, name.app);
    case Means::kHelmUpgrade:
    case Means::kMigrateScript:
    case Means::kMigrateScriptBack:
    case Means::kRollingUpdateScript:
    case Means::kHelmRollback:
      break;
  }
  return HelmStep(input_, from, name.chart, name.app);
}

const StepMemo::Judged& Explorer::Judge(const Station& from, const StepName& name) {
  const StepMemo::Key key{name.means, from, name.chart, name.app};
  const auto known = memo_.judged.find(key);
  if (known != memo_.judged.end()) {
    return known->second;
  }
  const Candidate step = StepOf(from, name);
  StepMemo::Judged judged;
  judged.to = step.to;
  judged.refused =
      input_.book.FirstRefusal(StepRules(), {input_.survey, input_.catalog, input_.tools, step});
  if (judged.refused) {
    judged.refused->alternative = Words(step.to) + " from " + Words(step.from);
  }
  judged.cost = CostOf(input_.survey, step);
  judged.age = AgeOf(step.to.chart);
  return memo_.judged.emplace(key, std::move(judged)).first->second;
}

void Explorer::TryStep(std::size_t vertex, const StepName& name) {
  const Station from = found_[vertex].station;
  const StepMemo::Judged& judged = Judge(from, name);
  if (judged.refused) {
    blocked_.emplace(judged.refused->rule, *judged.refused);
    return;
  }
  const std::size_t to = VertexOf(judged.to);
  boost::add_edge(vertex, to, EdgeData{{judged.cost, judged.age}}, graph_);
  found_[vertex].steps_to.emplace(to, name);
}

// Refused by the one rule, and known to be so: no need to ask again.
bool Explorer::IsFarAhead(const Station& from, const Stop& stop) const {
  return from.app.major == stop.app.major && from.app.minor + 1 < stop.app.minor &&
         blocked_.contains(kOneMinor);
}

bool Explorer::IsWorthTrying(const Station& from, const Stop& stop) const {
  const bool rolling = input_.strategy == Strategy::kRolling;
  if ((rolling && from.app != stop.app) || IsFarAhead(from, stop)) {
    return false;  // rolling: a new image comes component by component only
  }
  const bool moves = from.chart < stop.chart || from.app < stop.app || from.release_app != stop.app;
  return moves && !(stop.chart < from.chart) && !(stop.app < from.app);
}

void Explorer::Expand(std::size_t vertex) {
  const Station from = found_[vertex].station;
  if (IsGoal(from)) {
    return;
  }
  if (from.metadata == MetadataGeneration::kV21) {
    TryStep(vertex, {Means::kMetadataMigration, from.chart, MigrationStep(input_, from).to.app});
  }
  if (input_.strategy == Strategy::kRolling && from.app < input_.target.app) {
    TryStep(vertex, {Means::kRollingUpdate, from.chart, input_.target.app});
  }
  for (const Stop& stop : stops_) {
    if (IsWorthTrying(from, stop)) {
      TryStep(vertex, {Means::kHelmUpgrade, stop.chart, stop.app});
    }
  }
  // The same chart and image, to tell helm what runs already or to go on with it.
  for (const Stop& stop : stops_) {
    if (!(stop.chart < from.chart) && stop.app < from.app && stop.app.SameMinor(from.app)) {
      TryStep(vertex, {Means::kHelmUpgrade, stop.chart, from.app});
    }
  }
}

Path Explorer::PathTo(std::size_t goal, const std::vector<std::size_t>& before) const {
  Path path;
  for (std::size_t at = goal; before[at] != at; at = before[at]) {
    const Found& from = found_[before[at]];
    path.steps.push_back(StepOf(from.station, from.steps_to.at(at)));
  }
  std::ranges::reverse(path.steps);
  return path;
}

SearchResult Explorer::Run() {
  VertexOf(StartOf(input_.survey));
  for (std::size_t vertex = 0; vertex < found_.size(); ++vertex) {
    Expand(vertex);
  }
  std::vector<Weight> distances(found_.size());
  std::vector<std::size_t> before(found_.size());
  boost::dijkstra_shortest_paths(graph_,
                                 0,
                                 boost::weight_map(boost::get(&EdgeData::weight, graph_))
                                     .distance_map(distances.data())
                                     .predecessor_map(before.data())
                                     .distance_inf(kUnreached)
                                     .distance_zero(Weight{}));
  SearchResult result;
  for (std::size_t vertex = 0; vertex < found_.size(); ++vertex) {
    if (IsGoal(found_[vertex].station) && distances[vertex] < kUnreached) {
      result.found = true;
      result.path = PathTo(vertex, before);
      result.path.cost = distances[vertex].cost;
      return result;
    }
  }
  for (auto& [rule, refused] : blocked_) {
    result.blocked.push_back(std::move(refused));
  }
  return result;
}

}  // namespace

SearchResult FindPath(const PlanningInput& input) { return Explorer(input).Run(); }

Station StartOf(const Survey& survey) {
  Station start{.chart = survey.chart,
                .app = survey.app,
                .release_app = survey.release_app,
                .metadata = survey.metadata.generation};
  const bool open =
      survey.metadata.generation == MetadataGeneration::kEmpty || survey.metadata.undecided;
  if (open) {
    start.metadata = survey.app < kApp22 ? MetadataGeneration::kV21 : MetadataGeneration::kV22;
  }
  return start;
}

// At the start as it is found; later as the planner's own settings have it.
bool RunsMixcoord(const Survey& survey, const Station& at) {
  const bool at_start = at.chart == survey.chart && at.release_app == survey.release_app;
  if (!at_start) {
    return !(at.chart < kChart424);
  }
  return std::ranges::any_of(survey.deployments,
                             [](const auto& each) { return each.container == "mixcoord"; });
}

StepMemo::Values ValuesAt(const PlanningInput& input, const Version& chart, const Version& app) {
  StepMemo::Values values{.config = helm::ConfigOf(input.survey.deployed),
                          .defaults = input.catalog.DefaultValues(chart.ToString())};
  const auto settings = SettingsAt({input.survey, input.book, chart, app});
  if (auto config = WithSettings(values.config, settings)) {
    values.config = *std::move(config);
  }
  return values;
}

Candidate HelmStep(const PlanningInput& input,
                   const Station& from,
                   const Version& chart,
                   const Version& app) {
  Candidate step{.means = Means::kHelmUpgrade,
                 .from = from,
                 .to = {chart, app, app, from.metadata},
                 .repository = "zilliztech",
                 .version = chart.ToString(),
                 .mode = helm::ValuesMode::kResetThenReuse,
                 .config = {},
                 .defaults = nullptr,
                 .base = nullptr,
                 .from_mixcoord = RunsMixcoord(input.survey, from)};
  if (input.memo == nullptr) {
    StepMemo::Values values = ValuesAt(input, chart, app);
    step.config = std::move(values.config);
    step.defaults = std::move(values.defaults);
    return step;
  }
  const auto key = std::pair(chart, app);
  auto known = input.memo->values.find(key);
  if (known == input.memo->values.end()) {
    known = input.memo->values.emplace(key, ValuesAt(input, chart, app)).first;
  }
  step.config = known->second.config;
  step.defaults = known->second.defaults;
  return step;
}

Candidate MigrationStep(const PlanningInput& input, const Station& from) {
  const bool to_22 = input.target.app.SameMinor(kApp22);
  Version app = to_22 ? input.target.app : kMeasuredAfterMigration;
  if (app < from.app) {  // a newer server was started on the old metadata
    app = from.app;
  }
  const Version& written_by = from.app.SameMinor(kLast21)           ? from.app
                              : from.release_app.SameMinor(kLast21) ? from.release_app
                                                                    : kLast21;
  const std::string image = [&] {
    for (const ToolOutcome& tool : input.tools) {
      if (tool.succeeds) {
        return tool.image;
      }
    }
    return input.tools.empty() ? std::string(kToolImages[0]) : input.tools.front().image;
  }();
  return Candidate{
      .means = Means::kMetadataMigration,
      .from = from,
      .to = {from.chart, app, from.release_app, MetadataGeneration::kV22},
      .repository = "",
      .version = std::nullopt,
      .mode = helm::ValuesMode::kResetThenReuse,
      .config = helm::ConfigOf(input.survey.deployed),
      .defaults = nullptr,
      .base = nullptr,
      .from_mixcoord = true,
      .migration = MigrationArguments{
          image, written_by, app.SameMinor(kApp22) ? app : kMeasuredAfterMigration, false}};
}

Candidate RollingStep(const PlanningInput& input, const Station& from, const Version& app) {
  return Candidate{.means = Means::kRollingUpdate,
                   .from = from,
                   .to = {from.chart, app, from.release_app, from.metadata},
                   .repository = "",
                   .version = std::nullopt,
                   .mode = helm::ValuesMode::kResetThenReuse,
                   .config = helm::ConfigOf(input.survey.deployed),
                   .defaults = nullptr,
                   .base = nullptr};
}

result::PlanCost CostOf(const Survey& survey, const Candidate& step) {
  result::PlanCost cost{.downtime_ms = DowntimeOf(survey, step), .hops = 1};
  if (step.means == Means::kMetadataMigration) {
    cost.unmeasured_steps = WasStartedOnConverted(step.to.app) ? 0 : 1;
    return cost;
  }
  if (step.means == Means::kRollingUpdate) {
    cost.unmeasured_steps = 1;  // the one recording is of pods that are ready at once
    return cost;
  }
  const bool newer_minor = !step.to.app.SameMinor(step.from.app);
  cost.unmeasured_steps = WasWalked(survey, step.from.chart, step.to.chart) ? 0 : 1;
  cost.unmeasured_steps += newer_minor ? 1 : 0;  // no such start was ever seen
  // RocksMQ of 2.3 cannot be read by 2.2, and of later versions nothing is known.
  cost.irreversible_steps = newer_minor && !(step.to.app < kApp23) ? 1 : 0;
  return cost;
}

}  // namespace rehearse::upgrade
