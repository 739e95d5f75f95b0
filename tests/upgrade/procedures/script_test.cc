// Goal:   the pieces of bash that the scripts lean on, and the frame that runs them as Drivers.
// Method: getopts against what bash 5.2 answers (fixture); a small script of each kind of deed.
#include "upgrade/procedures/script.h"

#include <gtest/gtest.h>

#include "tests/upgrade/procedures/canned_cluster.h"

namespace rehearse::upgrade {
namespace {

TEST(BashTest, GetoptsAnswersAsBashDoes) {
  constexpr std::string_view kArrow = " => ";
  std::size_t cases = 0;
  for (const std::string& line : SplitLines(ReadFixture("fixtures/bash/getopts.txt"))) {
    const std::size_t arrow = line.find(kArrow);
    if (line.starts_with("#") || arrow == std::string::npos) {
      continue;
    }
    const std::string arguments = line.substr(0, arrow);
    std::string answer;
    for (const Option& option :
         Getopts("n:i:s:t:r:w:o:m:c:e:d:",
                 cluster::SplitWords(arguments, "line").value_or(std::vector<std::string>()))) {
      answer += answer.empty() ? "" : " ";
      answer +=
          option.letter == '?' ? "?" : std::string(1, option.letter) + "=<" + option.argument + ">";
    }
    EXPECT_EQ(answer, line.substr(arrow + kArrow.size())) << arguments;
    ++cases;
  }
  EXPECT_EQ(cases, 16U);
}

TEST(BashTest, FlagsWithoutArgumentCanBeJoined) {
  std::string letters;
  for (const Option& option : Getopts("n:d", {"-dn", "x", "-d"})) {
    letters += option.letter + option.argument;
  }
  EXPECT_EQ(letters, "dnxd");
}

TEST(BashTest, WordsAndEntries) {
  EXPECT_EQ(SplitFields(" a  b\nc\t"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(SplitFields(" \n").empty());
  EXPECT_EQ(SplitLines("a\n\nb"), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_TRUE(IsUnset(""));
  EXPECT_TRUE(IsUnset(" \n"));
  EXPECT_FALSE(IsUnset("two words"));
  EXPECT_EQ(Substitution({0, "a\n\nb\n\n", ""}), "a\n\nb");
  EXPECT_EQ(Substitution({0, "\n", ""}), "");
  EXPECT_EQ(SplitReplicaEntry("d:3").deployment, "d");
  EXPECT_EQ(SplitReplicaEntry("d:3:4").count, "3");
  EXPECT_EQ(SplitReplicaEntry("d").count, "");
  EXPECT_EQ(SplitReplicaEntry("d:").count, "");
}

// One deed of each kind.
struct Sample {
  struct Vars {
    int turn = 0;
    std::string heard;
    void AddTo(Hasher& hash) const { hash.Add(turn).Add(heard); }
  };
  [[nodiscard]] static std::string_view Name() { return "sample.sh"; }
  static void Go(Vars& vars, const Answer& answer, Deeds& deeds) {
    vars.heard += "[" + std::to_string(answer.exit_code) + answer.out + answer.err + "]";
    switch (vars.turn++) {
      case 0:
        deeds.Say("one");
        deeds.Say("two");
        return deeds.Read(cluster::GetText{"pod", {"p"}, "ns", "", "name"});
      case 1:
        return deeds.Start(cluster::Delete{{{"Pod", "ns", "p"}}, false});
      case 2:
        return deeds.Sleep(Seconds(5));
      case 3:
        deeds.Say(vars.heard);
        return deeds.Exit(7);
    }
  }
};

TEST(ScriptDriverTest, DeedsBecomeStepsAndAnswersComeBack) {
  CannedCluster cluster;
  cluster.On("get pod", "pod/p\n")
      .On("delete pod", CannedCluster::Results{Fail(ErrorCode::kConflict, "no")});
  const ScriptRun run = RunScript(ScriptDriver<Sample>(Sample()), cluster);
  EXPECT_EQ(run.lines, (std::vector<std::string>{"one", "two", "[0][0pod/p\n][1no][0]"}));
  EXPECT_EQ(run.exit_code(), 7);
  EXPECT_EQ(run.outcome->kind, cluster::OutcomeKind::kStopped);
  EXPECT_EQ(cluster.Now().ms, CannedCluster::kOperationMs + Seconds(5));
  EXPECT_EQ(run.journal_lines, 0U);
}

class ScriptFrameTest : public ::testing::Test {
 protected:
  cluster::Turn Next(const cluster::Input& input, Instant now = {}) {
    cluster::Turn turn = driver_.Next(state_, input, now);
    state_ = turn.state;
    return turn;
  }
  void GoToOperation() {
    Next(cluster::Begin());
    Next(cluster::Begin());
    Next(cluster::Begin());
    Next(Result<cluster::Observation>(cluster::Observation()));
    Next(Result<cluster::OperationId>(4));
  }
  static cluster::Input Done(cluster::OperationId id) {
    return Result<cluster::Event>(
        cluster::Event(cluster::OperationDone{id, cluster::CommandResult()}));
  }

  ScriptDriver<Sample> driver_{Sample()};
  cluster::DriverStatePtr state_ = driver_.Resume({"a line of an earlier life"}).value();
};

TEST_F(ScriptFrameTest, WaitsForItsOwnOperationOnly) {
  GoToOperation();
  cluster::Turn turn = Next(Done(3));
  ASSERT_TRUE(std::holds_alternative<cluster::WaitStep>(turn.step));
  EXPECT_EQ(std::get<cluster::WaitStep>(turn.step).deadline, kNever);
  turn = Next(Done(4), Instant{1000});
  EXPECT_EQ(std::get<cluster::WaitStep>(turn.step).deadline, Instant{6000});
}

TEST_F(ScriptFrameTest, APauseLastsWhateverElseHappens) {
  GoToOperation();
  Next(Done(4), Instant{1000});
  cluster::Turn turn = Next(Done(9), Instant{2000});
  EXPECT_EQ(std::get<cluster::WaitStep>(turn.step).deadline, Instant{6000});
  turn = Next(Result<cluster::Event>(cluster::Event(cluster::DeadlineReached())), Instant{6000});
  EXPECT_TRUE(std::holds_alternative<cluster::SayStep>(turn.step));
}

TEST_F(ScriptFrameTest, DigestsCountTimeLeftAndNotTheClock) {
  GoToOperation();
  const cluster::DriverStatePtr before = state_;
  const Fingerprint early = Next(Done(4), Instant{1000}).state->Digest(Instant{1000});
  state_ = before;
  const Fingerprint late = Next(Done(4), Instant{8000}).state->Digest(Instant{8000});
  EXPECT_EQ(early, late);
  EXPECT_NE(early, state_->Digest(Instant{9000}));
  EXPECT_NE(early, before->Digest(Instant{1000}));
}

}  // namespace
}  // namespace rehearse::upgrade
