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

struct Stop {
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
  return Weight{{a.cost.unmeasured_steps + b.cost.unmeasured_steps,
                 a.cost.irreversible_steps + b.cost.irreversible_steps,
                 a.cost.downtime_ms + b.cost.downtime_ms,
                 a.cost.hops + b.cost.hops},
                a.age + b.age};
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
  explicit Explorer(const PlanningInput& input) : input_(input), stops_(MakeStops()) {}

  SearchResult Run();

 private:
  struct Found {
    Station station;
    std::map<std::size_t, Candidate> steps_to;  // by vertex
  };

  std::vector<Stop> MakeStops() const;
  void AddStop(std::vector<Stop>& stops, const Stop& stop) const;
  std::size_t VertexOf(const Station& station);
  void Expand(std::size_t vertex);
  void TryStep(std::size_t vertex, Candidate step);
  bool IsGoal(const Station& station) const;
  std::int64_t AgeOf(const Candidate& step) const;
  Path PathTo(std::size_t goal, const std::vector<std::size_t>& before) const;

  const PlanningInput& input_;
  std::vector<Stop> stops_;
  std::deque<Found> found_;
  Graph graph_;
  std::map<std::string, result::Refused> blocked_;  // by rule
};

bool IsForward(const Stop& stop, const Survey& survey, const Target& target) {
  return !(stop.chart < survey.chart) && !(target.chart < stop.chart) && !(target.app < stop.app) &&
         !(stop.app < survey.app);
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
std::vector<Stop> Explorer::MakeStops() const {
  std::vector<Stop> stops;
  AddStop(stops, {input_.target.chart, input_.target.app});
  for (const WalkedStation& walked : WalkedStations(input_.survey)) {
    AddStop(stops, {walked.chart, walked.app});
  }
  std::map<std::pair<std::int64_t, std::int64_t>, Stop> highest;  // by minor, and chart minor
  for (const charts::ChartInfo& chart : input_.catalog.charts()) {
    const auto image = ImageVersionOf(chart);
    if (chart.published && image && image->prerelease.empty() &&
        IsForward({chart.version, *image}, input_.survey, input_.target)) {
      highest[{image->major * 1000 + image->minor,
               chart.version.major * 1000 + chart.version.minor}] = {chart.version, *image};
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
std::int64_t Explorer::AgeOf(const Candidate& step) const {
  const auto& charts = input_.catalog.charts();
  const auto at = std::ranges::find(charts, step.to.chart, &charts::ChartInfo::version);
  return std::distance(at, charts.end());
}

void Explorer::TryStep(std::size_t vertex, Candidate step) {
  const RuleInput question{input_.survey, input_.catalog, input_.tools, step};
  if (auto refused = input_.book.FirstRefusal(StepRules(), question)) {
    refused->alternative = "chart " + step.to.chart.ToString() + " with Milvus " +
                           step.to.app.ToString() + " from chart " + step.from.chart.ToString() +
                           " with Milvus " + step.from.app.ToString();
    blocked_.emplace(refused->rule, *std::move(refused));
    return;
  }
  const Weight weight{CostOf(input_.survey, step), AgeOf(step)};
  const std::size_t to = VertexOf(step.to);
  boost::add_edge(vertex, to, EdgeData{weight}, graph_);
  found_[vertex].steps_to.emplace(to, std::move(step));
}

void Explorer::Expand(std::size_t vertex) {
  const Station from = found_[vertex].station;
  if (IsGoal(from)) {
    return;
  }
  if (from.metadata == MetadataGeneration::kV21) {
    TryStep(vertex, MigrationStep(input_, from));
  }
  for (const Stop& stop : stops_) {
    const bool moves =
        from.chart < stop.chart || from.app < stop.app || from.release_app != stop.app;
    if (moves && !(stop.chart < from.chart) && !(stop.app < from.app)) {
      TryStep(vertex, HelmStep(input_, from, stop.chart, stop.app));
    }
  }
  // The same chart and image, to tell helm what runs already or to go on with it.
  for (const Stop& stop : stops_) {
    if (!(stop.chart < from.chart) && stop.app < from.app && stop.app.SameMinor(from.app)) {
      TryStep(vertex, HelmStep(input_, from, stop.chart, from.app));
    }
  }
}

Path Explorer::PathTo(std::size_t goal, const std::vector<std::size_t>& before) const {
  Path path;
  for (std::size_t at = goal; before[at] != at; at = before[at]) {
    path.steps.push_back(found_[before[at]].steps_to.at(at));
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
                 .config = helm::ConfigOf(input.survey.deployed),
                 .defaults = input.catalog.DefaultValues(chart.ToString()),
                 .migration = std::nullopt};
  const auto settings = SettingsAt({input.survey, input.book, chart, app});
  if (auto config = WithSettings(step.config, settings)) {
    step.config = *std::move(config);
  }
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
      .migration = MigrationArguments{
          image, written_by, app.SameMinor(kApp22) ? app : kMeasuredAfterMigration, false}};
}

result::PlanCost CostOf(const Survey& survey, const Candidate& step) {
  result::PlanCost cost{.downtime_ms = DowntimeOf(survey, step), .hops = 1};
  if (step.means == Means::kMetadataMigration) {
    cost.unmeasured_steps = WasStartedOnConverted(step.to.app) ? 0 : 1;
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
