// model/charts/catalog.h: the published Milvus charts, what each puts on a cluster, and its
// defaults.
//
// Shape:      read from the bytes of three files in fixtures/charts: index.json (decides what
//             exists), defaults.json (values by path, with the charts at which they change) and
//             objects.tsv (one line per form of an object: unit, topology, kind, name,
//             first and last chart, JSON). An object's JSON is parsed only when a chart of it is
//             rendered.
// Errors:     kInvalidArgument naming the file and the place.
// Invariants: charts are ordered by version; nothing is keyed by a pair of charts.
// Not modelled: charts before 3.0.0 are listed but have neither defaults nor objects.
// Source:     CHARTS-01 .. CHARTS-05.
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
  int dependency_set = 0;         // index into the catalog
  std::string kube_version;
};

struct CatalogBytes {
  std::string_view index;     // fixtures/charts/index.json
  std::string_view defaults;  // fixtures/charts/defaults.json
  std::string_view objects;   // fixtures/charts/objects.tsv
};

// A subchart of a chart, as its requirements name it.
struct Dependency {
  std::string name;   // the alias if there is one: the key of its values
  std::string chart;  // its own name
  std::string version;
  std::string condition;
};

// One form of an object and the charts that have it.
struct ObjectForm {
  std::string unit;      // etcd, minio, pulsar, pulsarv3, milvus, or a Milvus component
  std::string topology;  // any, standalone, cluster; for minio: any, standalone, distributed
  std::string kind;
  std::string name;  // with placeholders: "{fullname}-standalone"
  Version first;
  Version last;
  std::string json;
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
  // The chart's own values as far as they matter to rendering; null for an unknown chart.
  [[nodiscard]] std::shared_ptr<const Json> DefaultValues(std::string_view version) const;
  // Those of defaults.json alone, which were read from every chart.
  [[nodiscard]] Json ReadDefaultValues(const ChartInfo& chart) const;
  // What Chart.yaml says, as far as it is known.
  [[nodiscard]] Json Metadata(const ChartInfo& chart) const;
  [[nodiscard]] const std::vector<Dependency>& DependenciesOf(const ChartInfo& chart) const;
  // Every form of every object, in the order of the template paths.
  [[nodiscard]] const std::vector<ObjectForm>& forms() const;

  struct Store;

 private:
  std::shared_ptr<const Store> store_;
};

}  // namespace rehearse::charts
