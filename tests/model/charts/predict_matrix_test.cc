// Goal: what `helm upgrade` between any two charts renders is predicted as it was measured.
// Method: the 726 measured cases of fixtures/charts/helm-upgrade-matrix.json.gz, every member; and
// the table of needs names charts, never pairs.
#include <gtest/gtest.h>

#include <set>

#include "model/charts/predict.h"
#include "tests/model/charts/fixture.h"

namespace rehearse::charts {
namespace {

PredictRequest RequestOf(const Json& recorded) {
  PredictRequest request;
  request.from_chart = recorded["from"].get<std::string>();
  request.to_chart = recorded["to"].get<std::string>();
  request.topology = recorded["mode"] == "standalone" ? Topology::kStandalone : Topology::kCluster;
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

TEST(PredictMatrixTest, EveryMeasuredCaseIsPredicted) {
  const Json matrix = helm::JsonFixture("charts/helm-upgrade-matrix.json.gz");
  ASSERT_EQ(matrix["cases"].size(), 726U);
  int right = 0;
  for (const Json& recorded : matrix["cases"]) {
    const Result<Json> predicted = Predict(TestRenderer(), RequestOf(recorded));
    ASSERT_TRUE(predicted.has_value()) << predicted.error().message;
    Json expected = recorded;
    if (expected.contains("workloads")) {
      const Json& names = matrix["workload_sets"][recorded["workloads"].get<std::string>()];
      std::set<std::string> sorted(names.begin(), names.end());
      expected["workloads"] = sorted;
    }
    Json got = *predicted;
    got.erase("text");
    EXPECT_EQ(Dump(got), Dump(expected));
    right += got == expected ? 1 : 0;
  }
  EXPECT_EQ(right, 726);
}

}  // namespace
}  // namespace rehearse::charts
