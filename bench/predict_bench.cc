// bench/predict_bench.cc: the speed of predict over all measured cases, and how much of it rests on
// a chart's own data: leave-one-chart-out.
//
// Bars: all 726 cases < 2 s. Counters of LeaveOneChartOut: the cases of each target chart predicted
//       from the data of the chart before it (objects, defaults, needs); what still comes out
//       right, unknown, or wrong. Run with: build/release/bench/bench_predict
#include <benchmark/benchmark.h>

#include <sstream>

#include "model/charts/predict.h"
#include "model/core/check.h"
#include "tests/model/charts/fixture.h"

namespace rehearse::bench {
namespace {

const Json& Matrix() {
  static const Json matrix = helm::JsonFixture("charts/helm-upgrade-matrix.json.gz");
  return matrix;
}

charts::PredictRequest RequestOf(const Json& recorded) {
  charts::PredictRequest request;
  request.from_chart = recorded["from"].get<std::string>();
  request.to_chart = recorded["to"].get<std::string>();
  request.topology =
      recorded["mode"] == "standalone" ? charts::Topology::kStandalone : charts::Topology::kCluster;
  std::stringstream words(recorded["command"].get<std::string>());
  std::string word;
  words >> word;
  request.mode = word == "no-flag" ? helm::ValuesMode::kNone
                                   : *helm::ParseValuesMode(word.substr(0, word.rfind("-values")));
  while (words >> word) {
    if (word != "--set") {
      request.sets.push_back(word);
    }
  }
  return request;
}

void PredictAll(benchmark::State& state) {
  for (auto _ : state) {
    const charts::CatalogRenderer renderer(charts::TestCatalog());
    for (const Json& recorded : Matrix()["cases"]) {
      benchmark::DoNotOptimize(charts::Predict(renderer, RequestOf(recorded)));
    }
  }
}
BENCHMARK(PredictAll)->Unit(benchmark::kMillisecond);

// The published chart before this one.
std::string Predecessor(const std::string& version) {
  const charts::ChartInfo* before = nullptr;
  const Version chart = *ParseVersion(version);
  for (const charts::ChartInfo& info : charts::TestCatalog().charts()) {
    if (info.published && info.version < chart) {
      before = &info;
    }
  }
  CHECK(before != nullptr);
  return before->version.ToString();
}

// Image tags and places in templates are a chart's own; the rest can be told from its neighbour.
bool SameButForTheChartsOwn(Json predicted, const Json& recorded) {
  for (const char* member : {"result", "objects", "messageQueue", "missing", "error"}) {
    if (predicted.value(member, Json()) != recorded.value(member, Json())) {
      return false;
    }
  }
  return true;
}

void LeaveOneChartOut(benchmark::State& state) {
  int right = 0;
  int unknown = 0;
  int wrong = 0;
  for (auto _ : state) {
    right = unknown = wrong = 0;
    for (const Json& recorded : Matrix()["cases"]) {
      charts::PredictRequest request = RequestOf(recorded);
      request.to_chart = Predecessor(request.to_chart);
      const Result<Json> predicted = charts::Predict(charts::TestRenderer(), request);
      CHECK(predicted.has_value());
      if ((*predicted)["result"] == "unknown") {
        ++unknown;
      } else {
        ++(SameButForTheChartsOwn(*predicted, recorded) ? right : wrong);
      }
    }
  }
  state.counters["right"] = right;
  state.counters["unknown"] = unknown;
  state.counters["wrong"] = wrong;
}
BENCHMARK(LeaveOneChartOut)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rehearse::bench
