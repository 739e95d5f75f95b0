// Goal:   a hundred thousand random sequences of upgrades, migrations, ways back, retries, crashes,
//         time and acts of people: our executor loses nothing and claims what is true.
// Method: the properties of tests/props/random_sequences_test.cc, more often; what was run is
// written
//         to reports/random-sequences.md. Other numbers and seeds by RC_PARAMS; then there is a
//         report only where REHEARSE_REPORT is set.
#include <cstdlib>

#include "tests/support/random_acts.h"
#include "tests/support/reports.h"

namespace rehearse::tests {
namespace {

const bool kReports =
    std::getenv("RC_PARAMS") == nullptr || std::getenv("REHEARSE_REPORT") != nullptr;
const int kMany = setenv("RC_PARAMS", "seed=1 max_success=50000", 0);

// The batch is over: its numbers, then those of the next one.
std::string TakeTally(const std::string& title) {
  const std::int64_t sequences = Tally()["sequences"];
  std::string text =
      "## " + title + "\n\n" + std::to_string(sequences) +
      " sequences, none violates a property.\n\n| in how many | what |\n| --- | --- |\n";
  for (const auto& [name, count] : Tally()) {
    if (name != "sequences") {
      text += "| " + std::to_string(count) + " | " + name + " |\n";
    }
  }
  Tally().clear();
  return text;
}

std::string& Report() {
  static std::string report =
      std::string("# Random sequences\n\n") +
      "Written by `tests/slow/random_sequences_test.cc` (`./test --all`), RC_PARAMS `" +
      std::getenv("RC_PARAMS") +
      "`.\nActs are counted each time they are taken, starts and ends once for each sequence that "
      "has\n"
      "them.\n";
  return report;
}

RC_GTEST_PROP(ManyRandomSequences, aloneOurExecutorLosesNothingAndClaimsWhatIsTrue, ()) {
  RC_PRE(kMany == 0);
  CheckRandomSequence(true);
}

TEST(ManyRandomSequences, ReportsWhatWasRunAlone) {
  Report() += "\n" + TakeTally("Our executor, crashes, time, scaled and deleted pods");
}

RC_GTEST_PROP(ManyRandomSequences, amongOthersItClaimsWhatIsTrueAndLossesAreReported, ()) {
  CheckRandomSequence(false);
}

TEST(ManyRandomSequences, ReportsWhatWasRunAmongOthers) {
  Report() += "\n" + TakeTally("With the official procedures and other people");
  if (kReports && !::testing::UnitTest::GetInstance()->Failed()) {
    WriteReport("random-sequences.md", Report());
  }
}

}  // namespace
}  // namespace rehearse::tests
