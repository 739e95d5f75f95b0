// model/charts/catalog.h: the published Milvus charts, what each puts on a cluster, and its
// defaults.
//
// Shape:      read from the bytes of three files in fixtures/charts: the index (decides what
//             exists), the defaults of every tag, the rendered objects of every tag from 3.1.0 on.
//             The objects are parsed only when a chart of theirs is rendered.
// Errors:     kInvalidArgument naming the file and the place.
// Invariants: charts are ordered by version; every published chart has an app version and a tag.
// Not modelled: values of user-added dependencies; templates that only other values reach.
// Source:     CHARTS-01 .. CHARTS-09.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/json.h"
#include "model/core/result.h"
#include "model/core/version.h"

namespace rehearse::charts {

struct ChartInfo {
  Version version;
  std::string app_version;  // as the chart says it: "2.2.14", "2.5.0-beta"
  std::string image_tag;    // image.all.tag by default: "v2.2.14"; not always v<app_version>
  bool published = false;   // in the index; only these can be installed by name
  bool deprecated = false;
  bool in_archived_repo = false;  // also in the index of the archived repository
  bool has_objects = false;       // what it renders is known (3.1.0 and later)
};

struct CatalogBytes {
  std::string_view index;     // charts.json
  std::string_view defaults;  // chart-defaults.json
  std::string_view objects;   // release-objects.json
};

class Catalog {
 public:
  static Result<Catalog> Parse(const CatalogBytes& bytes);

  // Every known chart, lowest version first; also those that were never published.
  [[nodiscard]] const std::vector<ChartInfo>& charts() const;
  // nullptr if there is no such chart at all.
  [[nodiscard]] const ChartInfo* Find(std::string_view version) const;
  // Published charts of this app version, lowest first.
  [[nodiscard]] std::vector<const ChartInfo*> ChartsForApp(std::string_view app_version) const;
  // The highest published chart whose app version is not a prerelease; nullptr: none.
  [[nodiscard]] const ChartInfo* Newest() const;
  // The chart's own values as far as they matter to rendering; nullptr for an unknown chart.
  [[nodiscard]] std::shared_ptr<const Json> DefaultValues(std::string_view version) const;

  struct Store;
  [[nodiscard]] const Store& store() const { return *store_; }

 private:
  std::shared_ptr<const Store> store_;
};

}  // namespace rehearse::charts
