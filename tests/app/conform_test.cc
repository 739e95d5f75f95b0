// Goal: a recorded run conforms exactly when the model allows it: runs of the model itself do, with
// the fault that was in them found again; mutated ones do not, and the first difference is named.
// Method: traces of the simulated demo, as they are and with one thing changed.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/conform_search.h"
#include "app/trace.h"
#include "tests/support/rehearsals.h"
#include "upgrade/executor.h"

namespace rehearse::app {
namespace {

const Rehearsal& Demo() {
  static const Rehearsal rehearsal = tests::Hop();
  return rehearsal;
}

RecordedRun RunOfModel(const std::vector<sim::Fault>& faults = {}) {
  RunOptions options;
  options.faults = faults;
  options.harmless_upgrade = false;
  auto run = ParseRun(tests::RunOf(Demo(), options).trace, "trace");
  EXPECT_TRUE(run) << run.error().message;
  return *std::move(run);
}

Conformance Search(const RecordedRun& run, int faults_max = 0) {
  ConformOptions options;
  options.faults_max = faults_max;
  return SearchConforming(StartSession(Demo()), run, options);
}

// The annotations of what the run marks, null where it marks nothing.
Json* MarkIn(RecordedRun& run) {
  for (cluster::Call& call : run.changes) {
    for (std::size_t i = 0; call.input && call.input->is_array() && i < call.input->size(); ++i) {
      Json& metadata = (*call.input)[i]["metadata"];
      if (metadata.contains("annotations")) {
        return &metadata["annotations"];
      }
    }
  }
  return nullptr;
}

TEST(ConformTest, TheDigestOfTheMetadataMayBeAnother) {
  RecordedRun run = RunOfModel();
  Json* mark = MarkIn(run);
  ASSERT_NE(mark, nullptr);
  (*mark)[std::string(upgrade::kBaselineMark)] = "digest-1";
  EXPECT_TRUE(Search(run).conforms);
  (*mark)["other"] = "1";
  EXPECT_FALSE(Search(run).conforms);
}

TEST(ConformTest, ARunOfTheModelConforms) {
  const RecordedRun run = RunOfModel();
  EXPECT_EQ(run.outcome, "reached");
  EXPECT_GT(run.changes.size(), 10U);
  const Conformance found = Search(run);
  EXPECT_TRUE(found.conforms) << found.allowed.front() << " / " << found.came;
  EXPECT_EQ(found.matched, run.changes.size());
}

TEST(ConformTest, ARunThatWasCutOffConforms) {
  RecordedRun run = RunOfModel();
  run.changes.resize(5);
  run.outcome.clear();
  EXPECT_TRUE(Search(run).conforms);
}

TEST(ConformTest, SwappedChangesDoNotConform) {
  RecordedRun run = RunOfModel();
  std::swap(run.changes[2], run.changes[3]);
  const std::string third = cluster::TextOf(run.changes[2]);
  const Conformance found = Search(run);
  ASSERT_FALSE(found.conforms);
  EXPECT_FALSE(found.bound_hit);
  EXPECT_EQ(found.matched, 2U);
  EXPECT_EQ(found.came, third);
  ASSERT_EQ(found.allowed.size(), 1U);
}

TEST(ConformTest, AnotherExitCodeDoesNotConform) {
  RecordedRun run = RunOfModel();
  ASSERT_EQ(run.changes.front().exit_code, 0);
  run.changes.front().exit_code = 1;
  const Conformance found = Search(run);
  ASSERT_FALSE(found.conforms);
  EXPECT_EQ(found.matched, 0U);
  EXPECT_TRUE(found.allowed.front().ends_with(" succeeds")) << found.allowed.front();
}

TEST(ConformTest, AnotherEndDoesNotConform) {
  RecordedRun run = RunOfModel();
  run.outcome = "stopped";
  const Conformance found = Search(run);
  ASSERT_FALSE(found.conforms);
  EXPECT_EQ(found.matched, run.changes.size());
  EXPECT_EQ(found.came, "the end: stopped");
  EXPECT_EQ(found.allowed, std::vector<std::string>{"the end: reached"});
}

TEST(ConformTest, AMissingChangeDoesNotConform) {
  RecordedRun run = RunOfModel();
  run.changes.erase(run.changes.begin() + 4);
  EXPECT_FALSE(Search(run).conforms);
}

TEST(ConformTest, AFaultThatNobodyRecordedIsFound) {
  const RecordedRun run =
      RunOfModel({sim::Fault{sim::SiteKind::kAction, 3, sim::Fate::kConflict, ""}});
  EXPECT_FALSE(Search(run, 0).conforms);
  const Conformance found = Search(run, 1);
  ASSERT_TRUE(found.conforms);
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_EQ(found.faults.front().site, sim::SiteKind::kAction);
  EXPECT_EQ(found.faults.front().number, 3);
}

TEST(ConformTest, BeyondTheBoundTheAnswerIsUnknown) {
  RecordedRun run = RunOfModel();
  std::swap(run.changes[2], run.changes[3]);
  const Conformance found =
      SearchConforming(StartSession(Demo()), run, ConformOptions{.faults_max = 1, .steps_max = 10});
  EXPECT_FALSE(found.conforms);
  EXPECT_TRUE(found.bound_hit);
}

TEST(ConformTest, ABrokenTraceNamesFileAndLine) {
  EXPECT_EQ(ParseRun("", "t").error().message, "t: an empty file");
  EXPECT_EQ(ParseRun("{}\n", "t").error().message,
            "t: line 1: not the header of a trace (rehearse/trace/v1)");
  const std::string header =
      R"({"schema":"rehearse/trace/v1","world":"live","release":"r","namespace":"n","target":"x"})";
  EXPECT_EQ(
      ParseRun(header + "\n{\"kind\":\"done\",\"operation\":3,\"at_ms\":1}\n", "t").error().message,
      "t: line 2: the end of an operation that was not started");
}

}  // namespace
}  // namespace rehearse::app
