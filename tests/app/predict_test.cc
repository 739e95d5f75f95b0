// Goal: rehearse predict prints one object or one text and says the result by its exit code.
// Method: the command through RunCli, with the catalog that is built in.
#include <gtest/gtest.h>

#include <sstream>

#include "app/cli.h"
#include "app/commands.h"
#include "model/core/json.h"

namespace rehearse::app {
namespace {

struct Outcome {
  int exit_code;
  std::string out;
  std::string err;
};

Outcome Predict(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "predict");
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{.out = out, .err = err};
  const int exit_code = RunCli({PredictCommand()}, arguments, terminal);
  return {exit_code, out.str(), err.str()};
}

std::vector<std::string> Pair(const std::string& from, const std::string& to) {
  return {"--from-chart", from, "--to-chart", to};
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const std::vector<std::string> kStandaloneReuse = {"--topology", "standalone", "--values", "reuse"};

TEST(PredictCommandTest, ARenderingExitsWithZeroAndListsTheWorkloads) {
  const Outcome outcome =
      Predict(Pair("4.2.58", "5.0.0") + std::vector<std::string>{"--topology",
                                                                 "standalone",
                                                                 "--values",
                                                                 "reset-then-reuse",
                                                                 "--set",
                                                                 "pulsarv3.enabled=false",
                                                                 "--set",
                                                                 "image.all.tag=v2.6.1",
                                                                 "--live-lookup",
                                                                 "rocksmq",
                                                                 "--format",
                                                                 "json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = *ParseJson(outcome.out, "out");
  EXPECT_EQ(json["result"], "rendered");
  EXPECT_EQ(json["objects"], 13);
  EXPECT_EQ(Dump(json["milvus_tags"]), R"(["v2.6.1"])");
  EXPECT_EQ(Dump(json["messageQueue"]), R"(["rocksmq"])");
  EXPECT_EQ(json["workloads"].size(), 3U);
  EXPECT_EQ(json["command"],
            "reset-then-reuse-values --set pulsarv3.enabled=false --set image.all.tag=v2.6.1");
}

TEST(PredictCommandTest, AnErrorExitsWithOneAndNamesWhatIsMissing) {
  const Outcome outcome = Predict(Pair("4.2.30", "4.2.49") + kStandaloneReuse);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("milvus/templates/tei-statefulset.yaml:1:14"), std::string::npos);
  EXPECT_NE(outcome.out.find("<.Values.tei.enabled>"), std::string::npos);
}

TEST(PredictCommandTest, WhatIsNotKnownExitsWithTwo) {
  const Outcome outcome = Predict(Pair("3.1.0", "3.2.18") + kStandaloneReuse);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.out.find("unknown"), std::string::npos);
}

TEST(PredictCommandTest, BadInputExitsWith64) {
  EXPECT_EQ(Predict(Pair("4.2.30", "4.2.50") + kStandaloneReuse).exit_code, 64);
  EXPECT_EQ(
      Predict(Pair("4.2.30", "5.0.0") + kStandaloneReuse + std::vector<std::string>{"--set", "a"})
          .exit_code,
      64);
  EXPECT_EQ(Predict(Pair("4.2.30", "5.0.0")).exit_code, 64);
  EXPECT_EQ(Predict(Pair("4.2.30", "5.0.0") +
                    std::vector<std::string>{"--topology", "both", "--values", "reuse"})
                .exit_code,
            64);
}

}  // namespace
}  // namespace rehearse::app
