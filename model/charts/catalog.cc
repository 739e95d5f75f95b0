#include "model/charts/catalog.h"

#include <algorithm>
#include <array>
#include <map>

#include "model/charts/known_values.h"

namespace rehearse::charts {
namespace {

constexpr std::string_view kIndexName = "charts/index.json";        // Law::kChartIndex
constexpr std::string_view kDefaultsName = "charts/defaults.json";  // Law::kChartDefaults
constexpr std::string_view kObjectsName = "charts/objects.tsv";

// From this chart on the value is this one; null: the path is absent.
struct ValueRun {
  std::string path;
  Version since;
  Json value;
  bool read = true;  // in defaults.json; else in known_values.cc
};

std::string Place(std::string_view file, std::size_t row) {
  return std::string(file) + ": row " + std::to_string(row + 1);
}

bool ColumnIs(const Json& row, std::size_t column, bool (Json::*test)() const noexcept) {
  return column < row.size() && (row[column].*test)();
}

Result<ChartInfo> ReadChart(const Json& row, const std::string& place) {
  constexpr std::array<bool (Json::*)() const noexcept, 8> kTypes = {&Json::is_string,
                                                                     &Json::is_string,
                                                                     &Json::is_string,
                                                                     &Json::is_number,
                                                                     &Json::is_number,
                                                                     &Json::is_number,
                                                                     &Json::is_number,
                                                                     &Json::is_string};
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (!row.is_array() || !ColumnIs(row, i, kTypes.at(i))) {
      return BadInput(place + ": column " + std::to_string(i + 1) + " is missing or mistyped");
    }
  }
  ChartInfo chart;
  TRY_ASSIGN(chart.version, ParseVersion(row[0].get<std::string>()));
  chart.app_version = row[1].get<std::string>();
  chart.image_tag = row[2].get<std::string>();
  chart.published = row[3] == 1;
  chart.deprecated = row[4] == 1;
  chart.in_archived_repo = row[5] == 1;
  chart.dependency_set = row[6].get<int>();
  chart.kube_version = row[7].get<std::string>();
  return chart;
}

std::vector<Dependency> ReadDependencies(const Json& list) {
  std::vector<Dependency> dependencies;
  for (const Json& item : list) {
    Dependency dependency;
    dependency.chart = StringAt(item, {"name"});
    dependency.name = StringAt(item, {"alias"}, dependency.chart);
    dependency.version = StringAt(item, {"version"});
    dependency.condition = StringAt(item, {"condition"});
    dependencies.push_back(std::move(dependency));
  }
  return dependencies;
}

// Takes the text up to the next tab off the front of `line`.
std::string_view TakeColumn(std::string_view& line) {
  const std::size_t tab = line.find('\t');
  const std::string_view column = line.substr(0, tab);
  line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  return column;
}

Result<ObjectForm> ReadForm(std::string_view line, const std::string& place) {
  ObjectForm form;
  form.unit = TakeColumn(line);
  form.topology = TakeColumn(line);
  form.kind = TakeColumn(line);
  form.name = TakeColumn(line);
  const Result<Version> first = ParseVersion(TakeColumn(line));
  const Result<Version> last = ParseVersion(TakeColumn(line));
  if (!first || !last || line.empty() || line.front() != '{') {
    return BadInput(place + ": not unit, topology, kind, name, first chart, last chart, object");
  }
  form.first = *first;
  form.last = *last;
  form.json = line;
  return form;
}

Result<std::vector<ObjectForm>> ReadForms(std::string_view text) {
  std::vector<ObjectForm> forms;
  for (std::size_t row = 0; !text.empty(); ++row) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    TRY_ASSIGN(ObjectForm form, ReadForm(text.substr(0, end), Place(kObjectsName, row)));
    forms.push_back(std::move(form));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return forms;
}

Result<std::vector<ValueRun>> ReadDefaults(std::string_view text) {
  TRY_ASSIGN(const Json json, ParseJson(text, kDefaultsName));
  const Json* values = At(json, {"values"});
  if (values == nullptr || !values->is_object()) {
    return BadInput(std::string(kDefaultsName) + ": no values");
  }
  std::vector<ValueRun> runs;
  for (const auto& [path, list] : values->items()) {
    for (const Json& item : list) {
      if (!item.is_array() || item.size() != 2 || !item[0].is_string()) {
        return BadInput(std::string(kDefaultsName) + ": " + path + ": not [chart, value]");
      }
      TRY_ASSIGN(Version since, ParseVersion(item[0].get<std::string>()));
      runs.push_back({path, std::move(since), item[1], true});
    }
  }
  for (const KnownValue& known : KnownValues()) {
    TRY_ASSIGN(Version since, ParseVersion(known.since));
    TRY_ASSIGN(Json value, ParseJson(known.json, known.path));
    runs.push_back({std::string(known.path), std::move(since), std::move(value), false});
  }
  return runs;
}

void SetPath(Json& values, std::string_view path, const Json& value) {
  const std::size_t dot = path.find('.');
  const std::string key(path.substr(0, dot));
  if (dot == std::string_view::npos) {
    values[key] = value;
    return;
  }
  Json& table = values[key];
  if (!table.is_object()) {
    table = Json::object();
  }
  SetPath(table, path.substr(dot + 1), value);
}

Json ValuesAt(const std::vector<ValueRun>& runs, const Version& chart, bool read_only) {
  std::map<std::string_view, const ValueRun*> last;
  for (const ValueRun& run : runs) {
    if (run.since <= chart && (run.read || !read_only)) {
      const ValueRun*& best = last[run.path];
      if (best == nullptr || best->since <= run.since) {
        best = &run;
      }
    }
  }
  Json values = Json::object();
  for (const auto& [path, run] : last) {
    if (!run->value.is_null()) {
      SetPath(values, path, run->value);
    }
  }
  return values;
}

}  // namespace

struct Catalog::Store {
  std::vector<ChartInfo> charts;
  std::map<std::string, std::size_t, std::less<>> by_version;
  std::vector<std::vector<Dependency>> dependencies;
  std::vector<Json> dependency_json;
  std::vector<ValueRun> runs;
  std::vector<ObjectForm> forms;
};

namespace {

Status ReadIndex(std::string_view text, Catalog::Store& store) {
  TRY_ASSIGN(const Json json, ParseJson(text, kIndexName));
  const Json* charts = At(json, {"charts"});
  const Json* sets = At(json, {"dependencies"});
  if (charts == nullptr || !charts->is_array() || sets == nullptr || !sets->is_array()) {
    return BadInput(std::string(kIndexName) + ": no charts or no dependencies");
  }
  for (const Json& set : *sets) {
    store.dependencies.push_back(ReadDependencies(set));
    store.dependency_json.push_back(set);
  }
  store.dependencies.emplace_back();  // of charts whose dependencies are not known
  store.dependency_json.push_back(Json::array());
  for (std::size_t row = 0; row < charts->size(); ++row) {
    TRY_ASSIGN(ChartInfo chart, ReadChart((*charts)[row], Place(kIndexName, row)));
    store.charts.push_back(std::move(chart));
  }
  std::sort(store.charts.begin(), store.charts.end(), [](const auto& a, const auto& b) {
    return a.version < b.version;
  });
  int last_known = static_cast<int>(store.dependencies.size()) - 1;
  for (std::size_t i = 0; i < store.charts.size(); ++i) {
    ChartInfo& chart = store.charts[i];
    const bool known = chart.dependency_set >= 0 &&
                       static_cast<std::size_t>(chart.dependency_set) < store.dependencies.size();
    // A chart that was never published has those of the published one before it.
    chart.dependency_set = known ? chart.dependency_set : last_known;
    last_known = chart.dependency_set;
    store.by_version[chart.version.ToString()] = i;
  }
  return {};
}

}  // namespace

Result<Catalog> Catalog::Parse(const CatalogBytes& bytes) {
  auto store = std::make_shared<Store>();
  TRY(ReadIndex(bytes.index, *store));
  TRY_ASSIGN(store->runs, ReadDefaults(bytes.defaults));
  TRY_ASSIGN(store->forms, ReadForms(bytes.objects));
  for (ChartInfo& chart : store->charts) {
    chart.has_objects =
        std::any_of(store->forms.begin(), store->forms.end(), [&](const auto& form) {
          return form.first <= chart.version && chart.version <= form.last;
        });
  }
  Catalog catalog;
  catalog.store_ = std::move(store);
  return catalog;
}

const std::vector<ChartInfo>& Catalog::charts() const { return store_->charts; }

const std::vector<ObjectForm>& Catalog::forms() const { return store_->forms; }

const ChartInfo* Catalog::Find(std::string_view version) const {
  const auto found = store_->by_version.find(version);
  return found == store_->by_version.end() ? nullptr : &store_->charts[found->second];
}

std::vector<const ChartInfo*> Catalog::ChartsForApp(std::string_view app_version) const {
  std::vector<const ChartInfo*> charts;
  for (const ChartInfo& chart : store_->charts) {
    if (chart.published && chart.app_version == app_version) {
      charts.push_back(&chart);
    }
  }
  return charts;
}

const ChartInfo* Catalog::Newest() const {
  for (auto chart = store_->charts.rbegin(); chart != store_->charts.rend(); ++chart) {
    if (chart->published && chart->app_version.find('-') == std::string::npos) {
      return &*chart;
    }
  }
  return nullptr;
}

std::shared_ptr<const Json> Catalog::DefaultValues(std::string_view version) const {
  const ChartInfo* chart = Find(version);
  if (chart == nullptr || chart->image_tag.empty()) {
    return nullptr;
  }
  return std::make_shared<const Json>(ValuesAt(store_->runs, chart->version, false));
}

Json Catalog::ReadDefaultValues(const ChartInfo& chart) const {
  return ValuesAt(store_->runs, chart.version, true);
}

Json Catalog::Metadata(const ChartInfo& chart) const {
  Json metadata = {{"name", "milvus"},
                   {"version", chart.version.ToString()},
                   {"apiVersion", "v1"},
                   {"appVersion", chart.app_version},
                   {"kubeVersion", chart.kube_version}};
  const Json& dependencies =
      store_->dependency_json.at(static_cast<std::size_t>(chart.dependency_set));
  if (!dependencies.empty()) {
    metadata["dependencies"] = dependencies;
  }
  return metadata;
}

const std::vector<Dependency>& Catalog::DependenciesOf(const ChartInfo& chart) const {
  return store_->dependencies.at(static_cast<std::size_t>(chart.dependency_set));
}

}  // namespace rehearse::charts
