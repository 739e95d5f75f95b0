// Goal: every mistake in a scenario file is told with its code and its place; a good file is read
// as it is written. Method: a good file, and the same with one mistake for each code.
#include "app/scenario/lint.h"

#include <gtest/gtest.h>

#include <set>

namespace rehearse::app {
namespace {

constexpr const char* kGood = R"(schema: rehearse/scenario/v1
about: a story
start:
  capture: there
steps:
  - run: migrate.sh
    version: B
    arguments: -i my-release -w 'a b'
    expect: {exit: 3, says: [no]}
  - run: helm upgrade
    version: 4.0.34
    values: reuse
    set: [a=b]
faults:
  - {step: 1, at: action, number: 2, fate: "not applied"}
search:
  acts:
    - {run: wait, seconds: 5}
  length: 2
  classes: [client]
expect:
  violated: [all is well]
)";

Surroundings Around() {
  return {.exists = [](const std::string& path) { return path == "there"; },
          .published = [](const std::string& chart) { return chart == "4.0.34"; },
          .properties = {"all is well"}};
}

std::string Replaced(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<Diagnostic> Lint(const std::string& text) {
  return LintScenario(text, "a.yaml", Around()).diagnostics;
}

TEST(LintTest, AGoodFileIsReadAsItIsWritten) {
  const Linted linted = LintScenario(kGood, "folder/a.yaml", Around());
  for (const Diagnostic& diagnostic : linted.diagnostics) {
    ADD_FAILURE() << TextOf(diagnostic);
  }
  const Scenario& scenario = linted.scenario;
  EXPECT_EQ(scenario.name, "a");
  ASSERT_EQ(scenario.steps.size(), 2U);
  EXPECT_EQ(scenario.steps[0].arguments,
            (std::vector<std::string>{"-i", "my-release", "-w", "a b"}));
  EXPECT_EQ(scenario.steps[0].expect.exit_code, 3);
  EXPECT_EQ(scenario.steps[1].values, helm::ValuesMode::kReuse);
  ASSERT_EQ(scenario.faults.size(), 1U);
  ASSERT_TRUE(scenario.search);
  EXPECT_TRUE(scenario.search->classes.client);
  EXPECT_FALSE(scenario.search->classes.network);
}

TEST(LintTest, WhatIsWrittenIsReadBack) {
  const Scenario scenario = LintScenario(kGood, "a.yaml", Around()).scenario;
  const std::string text = ScenarioText(scenario);
  const Linted again = LintScenario(text, "a.yaml", Around());
  EXPECT_TRUE(again.diagnostics.empty()) << text;
  EXPECT_EQ(ScenarioText(again.scenario), text);
}

struct Mistake {
  LintCode code;
  std::string text;
  int line;
};

std::vector<Mistake> Mistakes() {
  return {
      {LintCode::kNotYaml, Replaced("steps:", "steps: ["), 6},
      {LintCode::kUnknownKey, Replaced("version: B", "vesion: B"), 7},
      {LintCode::kMissingKey, Replaced("arguments: -i my-release -w 'a b'", "version: B"), 6},
      {LintCode::kWrongType, Replaced("about: a story", "about: [a]"), 2},
      {LintCode::kNotOneOf, Replaced("values: reuse", "values: keep"), 12},
      {LintCode::kBadValue, Replaced("seconds: 5", "seconds: 0"), 18},
      {LintCode::kNoSuchFile, Replaced("capture: there", "capture: here"), 4},
      {LintCode::kUnknownProperty, Replaced("[all is well]", "[all is bad]"), 22},
      {LintCode::kBadFault, Replaced("\"not applied\"", "vanished"), 15},
      {LintCode::kNoSuchStep, Replaced("step: 1", "step: 3"), 15},
      {LintCode::kNoSuchChart, Replaced("4.0.34", "4.0.35"), 11},
      {LintCode::kRepeatedKey, Replaced("about: a story", "about: a\nabout: b"), 3},
      {LintCode::kContradiction, Replaced("capture: there", "{capture: there, chart: 4.0.34}"), 4},
  };
}

TEST(LintTest, EveryMistakeHasItsCodeAndItsPlace) {
  std::set<LintCode> codes;
  for (const Mistake& mistake : Mistakes()) {
    bool found = false;
    std::string all;
    for (const Diagnostic& diagnostic : Lint(mistake.text)) {
      all += TextOf(diagnostic) + "\n";
      found = found || (diagnostic.code == mistake.code && diagnostic.place.line == mistake.line);
    }
    EXPECT_TRUE(found) << NameOf(mistake.code) << " at line " << mistake.line << "\n" << all;
    codes.insert(mistake.code);
  }
  EXPECT_EQ(codes.size(), static_cast<std::size_t>(kLintCodes));
}

}  // namespace
}  // namespace rehearse::app
