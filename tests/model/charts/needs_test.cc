// Goal: where the data cannot tell, predict says so; and its table knows charts, never pairs.
// Method: the table itself; upgrades to charts between the measured ones; the message queue lookup.
#include "model/charts/needs.h"

#include <gtest/gtest.h>

#include "model/charts/predict.h"
#include "tests/model/charts/fixture.h"

namespace rehearse::charts {
namespace {

Json PredictFor(const PredictRequest& request) {
  Result<Json> predicted = Predict(TestRenderer(), request);
  EXPECT_TRUE(predicted.has_value()) << predicted.error().message;
  return predicted ? *std::move(predicted) : Json();
}

Json Reuse(const std::string& from, const std::string& to, Topology topology) {
  PredictRequest request;
  request.from_chart = from;
  request.to_chart = to;
  request.topology = topology;
  request.mode = helm::ValuesMode::kReuse;
  return PredictFor(request);
}

TEST(NeedTableTest, EveryRowNamesChartsThatAreRendered) {
  const std::vector<NeedRow> rows = NeedRows();
  ASSERT_GT(rows.size(), 20U);
  for (const NeedRow& row : rows) {
    SCOPED_TRACE(std::string(row.path) + " " + std::string(row.first));
    const ChartInfo* first = TestCatalog().Find(row.first);
    const ChartInfo* last = TestCatalog().Find(row.last);
    ASSERT_NE(first, nullptr);
    ASSERT_NE(last, nullptr);
    EXPECT_TRUE(first->published && last->published);
    EXPECT_LE(first->version, last->version);
    EXPECT_NE(row.path.find('.'), std::string_view::npos);
  }
}

// A rule of a pair would make the outcome depend on the old chart beyond its values.
TEST(NeedTableTest, ChartsWithTheSameValuesFailAlike) {
  for (const char* to : {"4.2.20", "4.2.30", "4.2.49", "4.2.58", "5.0.0", "5.0.19"}) {
    for (const Topology topology : {Topology::kStandalone, Topology::kCluster}) {
      Json a = Reuse("4.1.25", to, topology);
      Json b = Reuse("4.1.27", to, topology);
      for (Json* json : {&a, &b}) {
        json->erase("from");
        json->erase("milvus_tags");
      }
      EXPECT_EQ(a, b) << to;
    }
  }
}

TEST(NeedTableTest, BetweenMeasuredChartsThePathIsKnownButNotThePlace) {
  const Json predicted = Reuse("3.2.18", "4.2.10", Topology::kCluster);
  EXPECT_EQ(predicted["result"], "unknown");
  EXPECT_EQ(predicted["interval"], "charts 4.2.8 to 4.2.14");
  const Json later = Reuse("3.2.18", "4.2.17", Topology::kCluster);
  EXPECT_EQ(later["missing"], ".Values.rootCoordinator.activeStandby.enabled");
  EXPECT_FALSE(later.contains("template"));
  const Json standalone = Reuse("4.2.0", "4.2.35", Topology::kStandalone);
  EXPECT_EQ(standalone["missing"], ".Values.streaming.enabled");
  EXPECT_FALSE(standalone.contains("template"));
}

TEST(NeedTableTest, AGivenValueAnswersTheNeed) {
  PredictRequest request;
  request.from_chart = "4.2.30";
  request.to_chart = "4.2.49";
  request.mode = helm::ValuesMode::kReuse;
  EXPECT_EQ(PredictFor(request)["missing"], ".Values.tei.enabled");
  request.sets = {"tei.enabled=false,queryNode.hpa.enabled=false,woodpecker.enabled=false"};
  EXPECT_EQ(PredictFor(request)["result"], "rendered");
}

TEST(NeedTableTest, ReusedValuesInThreeXAreNotKnown) {
  EXPECT_EQ(Reuse("3.1.0", "3.2.18", Topology::kStandalone)["result"], "unknown");
  EXPECT_EQ(Reuse("3.2.18", "3.2.18", Topology::kStandalone)["result"], "rendered");
}

TEST(PredictTest, WhatTheDataDoesNotShowIsUnknown) {
  PredictRequest request;
  request.from_chart = "4.1.24";
  request.to_chart = "4.2.49";
  request.sets = {"attu.enabled=true,pulsarv3.enabled=false"};
  EXPECT_EQ(PredictFor(request)["result"], "unknown");
}

TEST(PredictTest, TheLiveQueueDecidesFromFiveOn) {
  PredictRequest request;
  request.from_chart = "4.2.58";
  request.to_chart = "5.0.19";
  request.sets = {"pulsarv3.enabled=false"};
  EXPECT_EQ(Dump(PredictFor(request)["messageQueue"]), R"(["woodpecker"])");
  request.live_queue = "rocksmq";
  EXPECT_EQ(Dump(PredictFor(request)["messageQueue"]), R"(["rocksmq"])");
  request.sets.emplace_back("standalone.messageQueue=natsmq");
  EXPECT_EQ(Dump(PredictFor(request)["messageQueue"]), R"(["natsmq"])");
}

TEST(PredictTest, CoordinatorFlagsAreTakenAtTheirWord) {
  PredictRequest request;
  request.from_chart = "4.1.36";
  request.to_chart = "4.2.49";
  request.topology = Topology::kCluster;
  const std::string pulsar = "pulsar.enabled=true,pulsarv3.enabled=false";
  const auto coordinators = [&](const std::string& sets) {
    request.sets = {pulsar + sets};
    std::string found;
    const Json predicted = PredictFor(request);
    for (const Json& workload : predicted["workloads"]) {
      const std::string name = workload.get<std::string>();
      if (name.ends_with("coord")) {
        found += name.substr(name.rfind('-') + 1) + " ";
      }
    }
    return found;
  };
  const std::string four =
      ",rootCoordinator.enabled=true,queryCoordinator.enabled=true,dataCoordinator.enabled=true,"
      "indexCoordinator.enabled=true";
  EXPECT_EQ(coordinators(""), "mixcoord ");
  EXPECT_EQ(coordinators(",mixCoordinator.enabled=false"), "");
  EXPECT_EQ(coordinators(four), "datacoord indexcoord mixcoord querycoord rootcoord ");
  EXPECT_EQ(coordinators(four + ",mixCoordinator.enabled=false"),
            "datacoord indexcoord querycoord rootcoord ");
}

TEST(PredictTest, AChartThatWasNeverPublishedIsRefused) {
  PredictRequest request;
  request.from_chart = "4.1.24";
  request.to_chart = "4.2.50";
  EXPECT_EQ(Predict(TestRenderer(), request).error().message, "no chart 4.2.50 in the index");
  request.to_chart = "4.2.49";
  request.from_chart = "9.9.9";
  EXPECT_EQ(Predict(TestRenderer(), request).error().message, "no chart 9.9.9 in the index");
  request.from_chart = "4.1.24";
  request.sets = {"a"};
  EXPECT_EQ(Predict(TestRenderer(), request).error().code, ErrorCode::kInvalidArgument);
}

TEST(CatalogTest, TheIndexDecidesWhatExists) {
  const Catalog& catalog = TestCatalog();
  EXPECT_EQ(catalog.Newest()->version.ToString(), "5.0.19");
  EXPECT_EQ(catalog.Find("5.0.18"), nullptr);
  EXPECT_FALSE(catalog.Find("4.2.50")->published);
  ASSERT_EQ(catalog.ChartsForApp("2.2.14").size(), 1U);
  EXPECT_EQ(catalog.ChartsForApp("2.2.14")[0]->version.ToString(), "4.0.34");
  EXPECT_TRUE(catalog.ChartsForApp("2.2.16").empty());
  EXPECT_EQ(catalog.Find("4.0.28")->image_tag, "v2.2.12");
  EXPECT_TRUE(catalog.Find("4.0.31")->in_archived_repo);
  EXPECT_FALSE(catalog.Find("4.0.32")->in_archived_repo);
}

TEST(CatalogTest, ADamagedFileIsNamedWithItsPlace) {
  const std::string index = helm::ReadFixture("charts/index.json");
  const auto error = [&](std::string_view a, std::string_view b, std::string_view c) {
    const Result<Catalog> catalog = Catalog::Parse({a, b, c});
    return catalog ? "no error" : catalog.error().message;
  };
  EXPECT_EQ(error("{", "{\"values\":{}}", ""), "charts/index.json: not JSON at byte 2");
  EXPECT_EQ(error(R"({"charts":[["1.0.0"]],"dependencies":[]})", "", ""),
            "charts/index.json: row 1: column 2 is missing or mistyped");
  EXPECT_EQ(error(index, "{}", ""), "charts/defaults.json: no values");
  EXPECT_EQ(error(index, "{\"values\":{}}", "etcd\tany\n").rfind("charts/objects.tsv: row 1", 0),
            0U);
}

}  // namespace
}  // namespace rehearse::charts
