// Goal:   what a person does in a row is one driver: parts in order, conditions, kills, patience,
//         shared journals; and one command by hand.
// Method: small drivers against canned answers, in a loop that can kill after any step.
#include "upgrade/procedures/sequence.h"

#include <gtest/gtest.h>

#include "tests/upgrade/procedures/canned_cluster.h"
#include "upgrade/procedures/by_hand.h"
#include "upgrade/procedures/script.h"

namespace rehearse::upgrade {
namespace {

using cluster::OutcomeKind;

cluster::Action DeletePod(const std::string& name) {
  return cluster::Delete{{{"Pod", "ns", name}}, false};
}

Part Typed(const std::string& pod) {
  return {.name = "delete " + pod, .driver = std::make_shared<ByHand>(DeletePod(pod), 0)};
}

CannedCluster Refusing(const std::string& text) {
  CannedCluster cluster;
  cluster.On(text, CannedCluster::Results{Fail(ErrorCode::kForbidden, "forbidden")});
  return cluster;
}

struct Life {
  std::vector<std::string> done;  // commands that were started
  std::vector<std::string> journal;
  std::optional<cluster::Outcome> outcome;
  Instant end;
};

// Killed after the steps with these numbers (from 1); what was sent is lost with the answer.
Life Live(const cluster::Driver& driver, CannedCluster cluster, std::vector<int> kills = {}) {
  Life life;
  ScriptRun run;
  cluster::DriverStatePtr state = driver.Resume({}).value();
  cluster::Input input = cluster::Begin();
  for (int step = 1; step < 200 && !life.outcome; ++step) {
    cluster::Turn turn = driver.Next(state, input, cluster.Now());
    state = turn.state;
    if (const auto* start = std::get_if<cluster::StartStep>(&turn.step)) {
      life.done.push_back(cluster::Describe(start->action));
    } else if (const auto* line = std::get_if<cluster::JournalStep>(&turn.step)) {
      life.journal.push_back(line->line);
    } else if (const auto* finish = std::get_if<cluster::FinishStep>(&turn.step)) {
      life.outcome = finish->outcome;
    }
    input = Make(cluster, turn.step, run);
    if (std::ranges::count(kills, step) > 0) {
      cluster.Drop();
      state = driver.Resume(life.journal).value();
      input = cluster::Begin();
    }
  }
  life.end = cluster.Now();
  return life;
}

using Words = std::vector<std::string>;

// ---- one command

TEST(ByHandTest, EndsAsItsCommandDoes) {
  const Life good = Live(ByHand(DeletePod("a"), Seconds(60)), {});
  EXPECT_EQ(good.outcome->kind, OutcomeKind::kReached);
  EXPECT_EQ(good.end.ms, CannedCluster::kOperationMs + Seconds(60));
  const Life bad = Live(ByHand(DeletePod("a"), 0), Refusing("delete"));
  EXPECT_EQ(bad.outcome->kind, OutcomeKind::kStopped);
  EXPECT_EQ(bad.outcome->exit_code, 1);
  EXPECT_EQ(bad.outcome->account, "forbidden");
}

TEST(ByHandTest, WithoutACommandOnlyTimePasses) {
  const Life life = Live(ByHand(std::nullopt, Seconds(90)), {});
  EXPECT_EQ(life.end.ms, Seconds(90));
  EXPECT_TRUE(life.done.empty());
  EXPECT_EQ(life.outcome->kind, OutcomeKind::kReached);
}

// ---- order and conditions

TEST(SequenceTest, PartsRunInOrderAndTheLastOneCounts) {
  const Life life = Live(Sequence({Typed("a"), Typed("b")}), Refusing("delete pod a"));
  EXPECT_EQ(life.done, (Words{"delete Pod/a", "delete Pod/b"}));
  EXPECT_EQ(life.outcome->kind, OutcomeKind::kReached);
  EXPECT_EQ(life.outcome->account, "delete a: exit 1, forbidden\ndelete b: exit 0");
}

TEST(SequenceTest, ConditionsLookAtTheLastPartThatWasNoAct) {
  Part act = Typed("act");
  act.is_act = true;
  Part repair = Typed("repair");
  repair.when = When::kAfterFailure;
  Part celebrate = Typed("celebrate");
  celebrate.when = When::kAfterSuccess;
  const Sequence sequence({Typed("a"), act, repair, celebrate});
  EXPECT_EQ(Live(sequence, {}).done,
            (Words{"delete Pod/a", "delete Pod/act", "delete Pod/celebrate"}));
  EXPECT_EQ(Live(sequence, Refusing("delete pod a")).done,
            (Words{"delete Pod/a", "delete Pod/act", "delete Pod/repair", "delete Pod/celebrate"}));
  const Life both = Live(Sequence({Typed("a"), act}), Refusing("delete pod act"));
  EXPECT_EQ(both.outcome->kind, OutcomeKind::kReached);
}

TEST(SequenceTest, ActsAloneClaimNothing) {
  Part act = Typed("act");
  act.is_act = true;
  EXPECT_EQ(Live(Sequence({act}), {}).outcome->kind, OutcomeKind::kNothingToDo);
}

TEST(SequenceTest, AgainStopsAtTheFirstSuccess) {
  CannedCluster twice;
  twice.On("delete",
           CannedCluster::Results{Fail(ErrorCode::kUnavailable, "refused"),
                                  Fail(ErrorCode::kUnavailable, "refused"),
                                  cluster::CommandResult{}});
  const Life life = Live(Sequence(Again(Typed("a"), 5)), twice);
  EXPECT_EQ(life.done.size(), 3U);
  EXPECT_EQ(life.outcome->kind, OutcomeKind::kReached);
  EXPECT_EQ(Live(Sequence(Again(Typed("a"), 1)), Refusing("delete")).done.size(), 2U);
}

TEST(SequenceTest, PatienceEndsWhatDoesNot) {
  Part waits{.name = "wait", .driver = std::make_shared<ByHand>(std::nullopt, Seconds(9'000))};
  waits.patience_ms = Seconds(60);
  const Life life = Live(Sequence({waits}), {});
  EXPECT_EQ(life.end.ms, Seconds(60));
  EXPECT_EQ(life.outcome->exit_code, 130);
  EXPECT_EQ(life.outcome->kind, OutcomeKind::kStopped);
}

// ---- kills

TEST(SequenceTest, AKilledPartIsTypedAgainAndThoseBeforeItAreNot) {
  const Sequence sequence({Typed("a"), Typed("b")});
  const Life plain = Live(sequence, {});
  EXPECT_EQ(plain.journal, (Words{"begin 0", "end 0 reached 0 ", "begin 1", "end 1 reached 0 "}));
  std::size_t repeated = 0;
  for (int step = 1; step <= 9; ++step) {
    const Life life = Live(sequence, {}, {step});
    ASSERT_TRUE(life.outcome) << step;
    EXPECT_EQ(life.outcome->account, plain.outcome->account) << step;
    EXPECT_EQ(life.journal, plain.journal) << step;
    repeated += life.done.size() - plain.done.size();
  }
  EXPECT_EQ(repeated, 4U);  // after the start and after the wait of each
}

TEST(SequenceTest, AKilledPartCanBeLeftAlone) {
  Part killed = Typed("a");
  killed.after_kill = AfterKill::kNext;
  Part repair = Typed("repair");
  repair.when = When::kAfterFailure;
  const Life life = Live(Sequence({killed, repair}), {}, {2});
  EXPECT_EQ(life.done, (Words{"delete Pod/a", "delete Pod/repair"}));
  EXPECT_TRUE(life.outcome->account.starts_with("delete a: exit 130, killed"));
}

// ---- journals

// Writes one line in each life and ends with the number of lines that it knew.
struct Counting final : cluster::Driver {
  struct Knows final : cluster::DriverState {
    std::size_t lines = 0;
    bool has_written = false;
    [[nodiscard]] Fingerprint Digest(Instant /*now*/) const override { return lines; }
  };
  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(const Words& journal) const override {
    auto state = std::make_shared<Knows>();
    state->lines = journal.size();
    return cluster::DriverStatePtr(std::move(state));
  }
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& /*input*/,
                                   Instant /*now*/) const override {
    auto next = std::make_shared<Knows>(static_cast<const Knows&>(*state));
    if (!std::exchange(next->has_written, true)) {
      return {next, cluster::JournalStep{"a line of mine"}};
    }
    return {next, cluster::FinishStep{{OutcomeKind::kStopped, static_cast<int>(next->lines), ""}}};
  }
};

TEST(SequenceTest, PartsOfOneJournalGoOnWhereTheOtherStopped) {
  Part one{.name = "count", .driver = std::make_shared<Counting>(), .journal = "shared"};
  Part other = one;
  other.journal = "";
  const Life life = Live(Sequence({one, other, one}), {});
  EXPECT_EQ(life.outcome->account, "count: exit 0\ncount: exit 0\ncount: exit 1");
  const Life killed = Live(Sequence({one, other, one}), {}, {2});
  EXPECT_EQ(killed.outcome->account, "count: exit 1\ncount: exit 0\ncount: exit 2");
}

TEST(SequenceTest, AJournalOfAnotherSequenceIsRefused) {
  const Sequence sequence({Typed("a"), Typed("b")});
  for (const Words& journal : {Words{"begin 2"},
                               Words{"begin x"},
                               Words{"line 0 text"},
                               Words{"begin 1", "begin 0"},
                               Words{"begin 0", "end 0 perhaps 0 "},
                               Words{"begin 0", "end 0 reached x "},
                               Words{"hello"}}) {
    const auto state = sequence.Resume(journal);
    ASSERT_FALSE(state.has_value()) << journal.front();
    EXPECT_EQ(state.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(state.error().message,
              "journal line " + std::to_string(journal.size()) +
                  ": expected begin, line or end of a part of the sequence");
  }
}

}  // namespace
}  // namespace rehearse::upgrade
