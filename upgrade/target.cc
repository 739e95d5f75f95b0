#include "upgrade/target.h"

#include <algorithm>

namespace rehearse::upgrade {
namespace {

constexpr std::string_view kChartPrefix = "chart:";
// Charts that must not be used to upgrade a release with Pulsar v2:
// zilliztech/milvus-helm@9832476:charts/milvus/README.md.
constexpr Version kPulsarTrapFirst{4, 2, 21, ""};
constexpr Version kPulsarTrapLast{4, 2, 29, ""};

struct Offer {
  const charts::ChartInfo* chart;
  Version image;
};

bool IsTrap(const Version& chart, const Current& current) {
  return current.pulsar_v2 && !(chart < kPulsarTrapFirst) && !(kPulsarTrapLast < chart);
}

// Every published chart of this minor version of Milvus, lowest chart first.
std::vector<Offer> OffersOf(const charts::Catalog& catalog, const Version& app) {
  std::vector<Offer> offers;
  for (const charts::ChartInfo& chart : catalog.charts()) {
    const auto image = ImageVersionOf(chart);
    if (chart.published && image && image->SameMinor(app)) {
      offers.push_back(Offer{&chart, *image});
    }
  }
  return offers;
}

// The chart for an app version among `offers`: its own, the highest; else the highest image below
// it and of these the highest chart. nullptr: all images are newer.
const Offer* Choose(const std::vector<Offer>& offers, const Version& app) {
  const Offer* best = nullptr;
  for (const Offer& offer : offers) {
    const bool exact = offer.image == app;
    if (!exact && (app < offer.image || !offer.image.prerelease.empty())) {
      continue;
    }
    if (best == nullptr || !(offer.image < best->image)) {
      best = &offer;
    }
  }
  return best;
}

Result<Target> AppTarget(const charts::Catalog& catalog,
                         std::string_view text,
                         const Current& current) {
  const auto app = ParseVersion(text);
  if (!app) {
    return BadInput("\"" + std::string(text) +
                    "\" is no target: X.Y.Z (a version of Milvus), chart:V or latest is expected");
  }
  std::vector<Offer> offers = OffersOf(catalog, *app);
  if (offers.empty()) {
    return BadInput("no chart was ever published for Milvus " + std::to_string(app->major) + "." +
                    std::to_string(app->minor));
  }
  std::erase_if(offers, [&](const Offer& offer) { return IsTrap(offer.chart->version, current); });
  std::vector<Offer> ahead = offers;
  std::erase_if(ahead, [&](const Offer& offer) { return offer.chart->version < current.chart; });
  const Offer* chosen = Choose(ahead, *app);
  if (chosen == nullptr) {
    chosen = Choose(offers, *app);
  }
  if (!app->prerelease.empty() && (chosen == nullptr || chosen->image != *app)) {
    return BadInput("no chart was ever published for Milvus " + app->ToString());
  }
  if (chosen == nullptr) {
    return BadInput("no chart was ever published for Milvus " + app->ToString() +
                    ", nor for an earlier version of the same minor");
  }
  Target target{.chart = chosen->chart->version,
                .app = *app,
                .image_set = chosen->image != *app,
                .asked = std::string(text),
                .notes = {}};
  if (target.image_set) {
    target.notes.push_back("pairing not published; image existence not checked: chart " +
                           target.chart.ToString() + " brings v" + chosen->image.ToString() +
                           ", v" + app->ToString() +
                           " is set by hand; helm list and the version labels will go on showing "
                           "the chart's own version");
  }
  return target;
}

Result<Target> ChartTarget(const charts::Catalog& catalog,
                           std::string_view text,
                           const Current& current) {
  const std::string version(text.substr(kChartPrefix.size()));
  const charts::ChartInfo* chart = catalog.Find(version);
  if (chart == nullptr) {
    return BadInput("there is no chart " + version);
  }
  if (!chart->published) {
    return BadInput("chart " + version + " was never published");
  }
  const auto image = ImageVersionOf(*chart);
  if (!image) {
    return BadInput("chart " + version + " does not say which Milvus it brings");
  }
  Target target{.chart = chart->version,
                .app = *image,
                .image_set = false,
                .asked = std::string(text),
                .notes = {}};
  if (*image < current.app && image->SameMinor(current.app)) {
    target.app = current.app;
    target.image_set = true;
    target.notes.push_back("chart " + version + " brings v" + image->ToString() + "; v" +
                           current.app.ToString() + ", which runs, is kept");
  }
  return target;
}

Result<Target> NewestTarget(const charts::Catalog& catalog) {
  const charts::ChartInfo* newest = nullptr;
  std::optional<Version> image;
  for (const charts::ChartInfo& chart : catalog.charts()) {
    const auto own = ImageVersionOf(chart);
    if (chart.published && own && own->prerelease.empty()) {
      newest = &chart;
      image = own;
    }
  }
  if (newest == nullptr) {
    return BadInput("the chart index holds no release");
  }
  return Target{
      .chart = newest->version, .app = *image, .image_set = false, .asked = "latest", .notes = {}};
}

TargetOrder OrderOf(const charts::Catalog& catalog, const Target& target, const Current& current) {
  const bool by_chart = target.asked.starts_with(kChartPrefix) || target.asked == "latest";
  if (target.app < current.app || (by_chart && target.chart < current.chart)) {
    return TargetOrder::kBehind;
  }
  if (target.app != current.app || current.release_app != current.app) {
    return TargetOrder::kAhead;
  }
  if (by_chart) {
    return target.chart == current.chart ? TargetOrder::kSame : TargetOrder::kAhead;
  }
  // The version runs already, under a chart of its minor: another chart of it is no other version.
  const charts::ChartInfo* chart = catalog.Find(current.chart.ToString());
  const auto image = chart != nullptr ? ImageVersionOf(*chart) : std::nullopt;
  return image && image->SameMinor(target.app) ? TargetOrder::kSame : TargetOrder::kAhead;
}

}  // namespace

std::optional<Version> ImageVersionOf(const charts::ChartInfo& chart) {
  const auto image =
      ParseImageTagVersion(chart.image_tag.empty() ? chart.app_version : chart.image_tag);
  return image ? std::optional(*image) : std::nullopt;
}

Result<ResolvedTarget> ResolveTarget(const charts::Catalog& catalog,
                                     std::string_view text,
                                     const Current& current) {
  Result<Target> target = text == "latest"                 ? NewestTarget(catalog)
                          : text.starts_with(kChartPrefix) ? ChartTarget(catalog, text, current)
                                                           : AppTarget(catalog, text, current);
  if (!target) {
    return tl::unexpected(target.error());
  }
  const TargetOrder order = OrderOf(catalog, *target, current);
  return ResolvedTarget{*std::move(target), order};
}

}  // namespace rehearse::upgrade
