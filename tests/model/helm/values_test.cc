// Goal: values are read and merged as helm does it.
// Method: --set texts and tables recorded from helm 3.19.5 (fixtures/helm/values.json), then the
// four values modes on a release whose chart and user values differ.
#include "model/helm/values.h"

#include <gtest/gtest.h>

#include "tests/model/helm/fixture.h"

namespace rehearse::helm {
namespace {

// Where helm's text holds what only Go can print, up to which word the messages are compared.
std::string Comparable(const std::string& message) {
  for (const std::string_view mark : {"error parsing index", "unexpected data at end"}) {
    if (message.find(mark) != std::string::npos) {
      return std::string(mark);
    }
  }
  return message;
}

TEST(SetTest, EveryRecordedTextIsParsedAsHelmParsesIt) {
  const Json recorded = JsonFixture("helm/values.json");
  ASSERT_GT(recorded["set"].size(), 80U);
  for (const Json& item : recorded["set"]) {
    SCOPED_TRACE(Dump(item));
    Json values = Json::object();
    Status status;
    for (const Json& text : item["text"]) {
      status = item.value("string", false) ? ParseSetString(text.get<std::string>(), values)
                                           : ParseSet(text.get<std::string>(), values);
    }
    if (item.contains("error")) {
      ASSERT_FALSE(status.has_value());
      EXPECT_EQ(Comparable(status.error().message),
                Comparable("failed parsing --set data: " + item["error"].get<std::string>()));
    } else {
      ASSERT_TRUE(status.has_value()) << status.error().message;
      EXPECT_EQ(values, item["result"]);
    }
  }
}

TEST(CoalesceTest, EveryRecordedMergeIsReproduced) {
  const Json recorded = JsonFixture("helm/values.json");
  ASSERT_GT(recorded["coalesce"].size(), 10U);
  for (const Json& item : recorded["coalesce"]) {
    SCOPED_TRACE(Dump(item));
    Json values = item["user"];
    if (item.contains("src")) {
      CoalesceTables(values, item["src"]);
    } else {
      values = Coalesce(item["chart"], std::move(values));
    }
    EXPECT_EQ(values, item["result"]);
  }
}

ReleaseRecord Release(const std::string& chart_values, const std::string& config) {
  ReleaseRecord record;
  record.chart.value = Share({{"values", *ParseJson(chart_values, "chart")}});
  record.config.value = Share(*ParseJson(config, "config"));
  return record;
}

TEST(ValuesModeTest, NoneKeepsTheOldValuesOnlyIfNothingIsGiven) {
  const ReleaseRecord old = Release(R"({"a":1})", R"({"cluster":{"enabled":false}})");
  EXPECT_EQ(ValuesForUpgrade(ValuesMode::kNone, old, Json::object()).config, ConfigOf(old));
  EXPECT_EQ(Dump(ValuesForUpgrade(ValuesMode::kNone, old, {{"x", 1}}).config), R"({"x":1})");
}

TEST(ValuesModeTest, ReuseCarriesTheOldChartsDefaults) {
  const ReleaseRecord old = Release(R"({"a":1,"t":{"x":1}})", R"({"t":{"x":2}})");
  const UpgradeValues values = ValuesForUpgrade(ValuesMode::kReuse, old, {{"n", 1}});
  EXPECT_EQ(Dump(*values.base), R"({"a":1,"t":{"x":2}})");
  EXPECT_EQ(Dump(values.config), R"({"n":1,"t":{"x":2}})");
}

TEST(ValuesModeTest, ResetThenReuseKeepsOnlyTheUsersValues) {
  const ReleaseRecord old = Release(R"({"a":1})", R"({"t":{"x":2},"u":1})");
  const UpgradeValues values =
      ValuesForUpgrade(ValuesMode::kResetThenReuse, old, {{"t", {{"x", nullptr}}}});
  EXPECT_EQ(values.base, nullptr);
  EXPECT_EQ(Dump(values.config), R"({"t":{},"u":1})");
}

TEST(ValuesModeTest, ResetForgetsThem) {
  const ReleaseRecord old = Release(R"({"a":1})", R"({"u":1})");
  EXPECT_EQ(ValuesForUpgrade(ValuesMode::kReset, old, Json::object()).config, Json::object());
}

TEST(ConditionTest, AnAbsentConditionEnablesTheSubchart) {
  const Json values = {{"pulsar", {{"enabled", false}}}};
  EXPECT_FALSE(ConditionEnabled(values, "pulsar.enabled"));
  EXPECT_TRUE(ConditionEnabled(values, "pulsarv3.enabled"));
  EXPECT_FALSE(ConditionEnabled(values, "x.y,pulsar.enabled"));
}

}  // namespace
}  // namespace rehearse::helm
