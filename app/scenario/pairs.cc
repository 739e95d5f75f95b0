#include "app/scenario/pairs.h"

#include <algorithm>
#include <array>

#include "upgrade/target.h"

namespace rehearse::app {
namespace {

constexpr std::array kNamed = {Version{2, 2, 0, ""}, Version{2, 3, 0, ""}, Version{2, 5, 12, ""}};
const Version kFirst{2, 1, 0, ""};
constexpr std::string_view kChartPrefix = "chart:";

bool IsSupported(const charts::ChartInfo& chart) {
  const auto app = upgrade::ImageVersionOf(chart);
  return chart.published && chart.has_objects && app && !(*app < kFirst);
}

bool IsLastOfItsMinor(const Point& point, const std::vector<Point>& points) {
  return std::ranges::none_of(points, [&](const Point& other) {
    return other.app.prerelease.empty() && other.app.SameMinor(point.app) &&
           (point.app < other.app ||
            (other.app == point.app && point.chart_version < other.chart_version));
  });
}

std::vector<Point> Representatives(const std::vector<Point>& points) {
  std::vector<Point> set;
  std::ranges::copy_if(points, std::back_inserter(set), [&](const Point& point) {
    const bool named = std::ranges::find(kNamed, point.app) != kNamed.end();
    return point.app.prerelease.empty() && point.last_of_its_app &&
           (named || IsLastOfItsMinor(point, points));
  });
  return set;
}

bool IsMinor(const std::string& text, const Point& point) {
  return text == std::to_string(point.app.major) + "." + std::to_string(point.app.minor);
}

// `set`: what the matrix is made of; `points`: what may be named beside it.
Result<std::vector<Point>> Chosen(const std::vector<Point>& set,
                                  const std::vector<Point>& points,
                                  const std::string& flag,
                                  const std::string& text) {
  std::vector<Point> chosen;
  std::ranges::copy_if(set, std::back_inserter(chosen), [&](const Point& point) {
    return text.empty() || IsMinor(text, point) || text == point.app.ToString();
  });
  if (chosen.empty()) {
    std::ranges::copy_if(points, std::back_inserter(chosen), [&](const Point& point) {
      return text == std::string(kChartPrefix) + point.chart ||
             (text == point.app.ToString() && point.last_of_its_app);
    });
  }
  if (chosen.empty()) {
    return BadInput(flag + " " + text +
                    ": no published chart of Milvus 2.1 or later (expected 2.5, 2.5.12 or "
                    "chart:4.2.49)");
  }
  return chosen;
}

}  // namespace

std::vector<Point> SupportedPoints(const charts::Catalog& catalog) {
  std::vector<Point> points;
  for (const charts::ChartInfo& chart : catalog.charts()) {
    if (IsSupported(chart)) {
      points.push_back(
          {chart.version.ToString(), chart.version, *upgrade::ImageVersionOf(chart), true});
    }
  }
  for (auto point = points.begin(); point != points.end(); ++point) {
    point->last_of_its_app = std::none_of(
        point + 1, points.end(), [&](const Point& later) { return later.app == point->app; });
  }
  return points;
}

std::size_t PointsLeftOut(const charts::Catalog& catalog) {
  return static_cast<std::size_t>(
      std::ranges::count_if(catalog.charts(), [](const charts::ChartInfo& chart) {
        return chart.published && chart.app_version.starts_with("2.") && !IsSupported(chart);
      }));
}

Result<std::vector<Pair>> PairsOf(const charts::Catalog& catalog, const PairFilter& filter) {
  const std::vector<Point> points = SupportedPoints(catalog);
  const std::vector<Point> set = filter.all ? points : Representatives(points);
  TRY_ASSIGN(const std::vector<Point> from, Chosen(set, points, "--from", filter.from));
  TRY_ASSIGN(const std::vector<Point> to, Chosen(set, points, "--to", filter.to));
  std::vector<Pair> pairs;
  for (const Point& start : from) {
    for (const Point& end : to) {
      if (start.chart_version < end.chart_version && !(end.app < start.app)) {
        pairs.push_back({start, end});
      }
    }
  }
  if (pairs.empty()) {
    return BadInput("no upgrade leads from " + filter.from + " to " + filter.to +
                    ": the target is not newer");
  }
  return pairs;
}

}  // namespace rehearse::app
