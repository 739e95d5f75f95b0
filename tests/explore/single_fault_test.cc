// Goal: after any single transient fault the executor reaches its target and nothing is violated;
// and the search that says so would have found a broken executor. Method: every placement, by
// forking; the number of placements counted a second time from the trace alone; seeded bugs.
#include <gtest/gtest.h>

#include "simulator/explorer.h"
#include "tests/support/rehearsals.h"

namespace rehearse::tests {
namespace {

std::string Story(const sim::ExploreReport& report) {
  std::string text;
  for (const sim::ExploreFinding& finding : report.findings) {
    text += sim::Sentence(finding.faults.front()) + ": " + finding.property + ": " +
            finding.evidence + "\n";
  }
  return text.substr(0, 4000);
}

const sim::ExploreReport& OnTwoThreads() {
  static const sim::ExploreReport report = app::ExploreRehearsal(Hop(), {.threads = 2});
  return report;
}

TEST(SingleFaultTest, EveryPlacementReachesTheTargetAndTheNumberIsTheEnumerated) {
  const app::Rehearsal hop = Hop();
  const std::int64_t enumerated = app::EnumerateFaults(RunOf(hop).trace).value();
  const sim::ExploreReport& report = OnTwoThreads();
  EXPECT_EQ(report.placements, enumerated);
  EXPECT_GT(report.placements, 500);
  EXPECT_EQ(report.reached, report.placements);
  EXPECT_TRUE(report.findings.empty()) << Story(report);
  RecordProperty("placements", static_cast<int>(report.placements));
}

TEST(SingleFaultTest, TheResultDoesNotDependOnTheNumberOfThreads) {
  const app::Rehearsal hop = Hop();
  const sim::ExploreReport one = app::ExploreRehearsal(hop, {.threads = 1});
  const sim::ExploreReport& two = OnTwoThreads();
  EXPECT_EQ(one.placements, two.placements);
  EXPECT_EQ(one.states, two.states);
  EXPECT_EQ(one.merged, two.merged);
  EXPECT_EQ(one.steps, two.steps);
  EXPECT_EQ(Story(one), Story(two));
}

class SeededBugTest : public ::testing::TestWithParam<upgrade::SeededBug> {};

TEST_P(SeededBugTest, IsFoundByTheSearch) {
  app::Rehearsal hop = Hop();
  hop.executor.bug = GetParam();
  const sim::ExploreReport report = app::ExploreRehearsal(hop, {.threads = 2, .first_only = true});
  EXPECT_FALSE(report.findings.empty());
}

INSTANTIATE_TEST_SUITE_P(Executor,
                         SeededBugTest,
                         ::testing::Values(upgrade::SeededBug::kAssumeAppliedOnUnknown,
                                           upgrade::SeededBug::kSkipSessionWait,
                                           upgrade::SeededBug::kSkipRestoreBeforeRetry,
                                           upgrade::SeededBug::kReuseToolPod,
                                           upgrade::SeededBug::kNoRolloutWait,
                                           upgrade::SeededBug::kHelmRollbackOnPending));

// Equal fingerprints have equal futures: states that the search merged are run to the end both
// ways.
TEST(FingerprintTest, EqualFingerprintsHaveEqualFutures) {
  const app::Rehearsal hop = Hop();
  std::map<Fingerprint, sim::Session> known;
  sim::Session plain = app::StartSession(hop);
  std::vector<sim::Session> points;
  while (!plain.ended()) {
    known.emplace(plain.Digest(), plain);
    points.push_back(plain);
    plain.Step();
  }
  int compared = 0;
  for (std::size_t i = 0; i < points.size(); i += 23) {
    sim::Session fork = points[i];
    fork.Inject(
        {sim::SiteKind::kDriverStep, fork.driver_steps() + 1, sim::Fate::kDriverKilledBefore, ""});
    for (int step = 0; step < 400 && !fork.ended(); ++step) {
      fork.Step();
      const auto twin = known.find(fork.Digest());
      if (fork.ended() || twin == known.end() ||
          twin->second.cluster().Now() == fork.cluster().Now()) {
        continue;
      }
      sim::Session a = fork;
      sim::Session b = twin->second;
      const Millis apart = a.cluster().Now() - b.cluster().Now();
      while (!a.ended() && !b.ended()) {
        ASSERT_EQ(a.Digest(), b.Digest());
        ASSERT_EQ(a.cluster().Now() - b.cluster().Now(), apart);
        a.Step();
        b.Step();
      }
      EXPECT_EQ(a.ended(), b.ended());
      EXPECT_EQ(a.outcome()->kind, b.outcome()->kind);
      ++compared;
      break;
    }
  }
  EXPECT_GT(compared, 5);
}

}  // namespace
}  // namespace rehearse::tests
