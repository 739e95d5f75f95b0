// Goal: the search engine counts right, finds shortest paths, and gives the same results for every
// number of threads. Method: two-phase commit, whose numbers of states are published; small graphs
// whose answers are known by sight; budgets that stop it half way.
#include "simulator/engine/search.h"

#include <gtest/gtest.h>

#include "bench/engine/two_phase_commit.h"

namespace rehearse::tests {
namespace {

using bench::TwoPhaseCommit;
using sim::engine::Search;
using sim::engine::SearchOptions;
using sim::engine::StoppedBy;
using sim::engine::Verdict;
using sim::engine::When;

TEST(TwoPhaseCommitTest, HasAsManyStatesAsPublished) {
  for (const auto& [count, states] : {std::pair(3U, 288), std::pair(5U, 8'832)}) {
    const TwoPhaseCommit model(count);
    const auto result = Search<TwoPhaseCommit>(model, {}).Run();
    EXPECT_EQ(result.states, states);
    EXPECT_EQ(result.verdict, Verdict::kHolds);
    EXPECT_EQ(result.waiting, 0);
  }
}

TEST(TwoPhaseCommitTest, FullSymmetryLeavesOneStateOfEachKind) {
  for (const auto& [count, states] : {std::pair(3U, 80), std::pair(5U, 314)}) {
    const TwoPhaseCommit model(count, true);
    EXPECT_EQ(Search<TwoPhaseCommit>(model, {}).Run().states, states);
  }
}

TEST(TwoPhaseCommitTest, StatesTakeAtMost16BytesOnTwoThreadsToo) {
  const TwoPhaseCommit model(6);
  const auto result = Search<TwoPhaseCommit>(model, {.threads = 2}).Run();
  EXPECT_EQ(result.states, 50'816);
  EXPECT_LE(result.visited_bytes, 16U * 50'816U);
}

// A graph given by its edges; costs in the action.
struct Graph {
  using State = int;
  struct Action {
    int to = 0;
    int cost = 0;
    friend bool operator==(const Action&, const Action&) = default;
  };
  static constexpr bool kHasEventually = true;

  std::map<int, std::vector<Action>> edges;
  std::vector<sim::engine::Property<int>> properties;

  [[nodiscard]] std::vector<int> InitialStates() const { return {0}; }
  void Actions(int state, std::vector<Action>& out) const {
    if (const auto at = edges.find(state); at != edges.end()) {
      out = at->second;
    }
  }
  [[nodiscard]] std::optional<int> Next(int /*state*/, const Action& action) const {
    return action.to;
  }
  [[nodiscard]] int CostOf(const Action& action) const { return action.cost; }
  [[nodiscard]] Fingerprint FingerprintOf(int state) const {
    return Mix(static_cast<Fingerprint>(state) + 12345);
  }
  [[nodiscard]] std::vector<sim::engine::Property<int>> Properties() const { return properties; }
};

sim::engine::Property<int> Sooner(int goal) {
  return {When::kEventually, "the goal is reached", [goal](int state) { return state == goal; }};
}
sim::engine::Property<int> Never(int bad) {
  return {When::kAlways, "the bad state is avoided", [bad](int state) { return state != bad; }};
}

std::vector<int> StatesOf(const Graph& graph, const SearchOptions& options = {}) {
  const auto result = Search<Graph>(graph, options).Run();
  return result.discoveries.empty() ? std::vector<int>{} : result.discoveries[0].path.states;
}

TEST(SearchTest, FindsTheCheapestAndThenTheShortestPath) {
  // 9 is bad: three free steps lead there, or one dear one, or by way of 5 a dear one and a free.
  const Graph graph{{{0, {{9, 2}, {5, 1}, {1, 0}}}, {1, {{2, 0}}}, {2, {{9, 0}}}, {5, {{9, 0}}}},
                    {Never(9), Sooner(9)}};
  EXPECT_EQ(StatesOf(graph), (std::vector<int>{0, 1, 2, 9}));
  Graph without = graph;
  without.edges.erase(2);
  EXPECT_EQ(StatesOf(without, {.stop_at_first = false}), (std::vector<int>{0, 5, 9}));
  without.edges.erase(5);
  EXPECT_EQ(StatesOf(without, {.cost_max = 1, .stop_at_first = false}),
            (std::vector<int>{0, 1, 2}));
}

TEST(SearchTest, APathThatEndsWithoutTheGoalIsACounterexample) {
  const Graph graph{{{0, {{1, 0}, {2, 0}}}, {1, {{3, 0}}}}, {Sooner(3)}};
  EXPECT_EQ(StatesOf(graph), (std::vector<int>{0, 2}));
}

TEST(SearchTest, APathThatCirclesWithoutTheGoalIsACounterexample) {
  const Graph graph{{{0, {{1, 0}}}, {1, {{2, 0}, {3, 0}}}, {2, {{1, 0}}}}, {Sooner(3)}};
  const auto result = Search<Graph>(graph, {}).Run();
  ASSERT_EQ(result.verdict, Verdict::kViolated);
  const auto& path = result.discoveries[0].path;
  EXPECT_EQ(path.states, (std::vector<int>{0, 1, 2, 1}));
  EXPECT_TRUE(path.is_loop);
  EXPECT_EQ(path.loops_to, 1U);
}

TEST(SearchTest, AGoalMetOnAllPathsHoldsThoughTheyCircleAfterwards) {
  const Graph graph{{{0, {{3, 0}}}, {3, {{4, 0}}}, {4, {{3, 0}}}}, {Sooner(3)}};
  EXPECT_EQ(Search<Graph>(graph, {}).Run().verdict, Verdict::kHolds);
}

TEST(SearchTest, WhatIsNeverSeenFails) {
  const Graph graph{{{0, {{3, 0}}}},
                    {Sooner(3), {When::kSometimes, "seven", [](int state) { return state == 7; }}}};
  const auto result = Search<Graph>(graph, {}).Run();
  EXPECT_EQ(result.verdict, Verdict::kViolated);
  ASSERT_EQ(result.discoveries.size(), 1U);
  EXPECT_EQ(result.discoveries[0].property, "seven");
  EXPECT_TRUE(result.discoveries[0].path.states.empty());
}

// Two-phase commit with one promise that does not hold.
struct Wrong : TwoPhaseCommit {
  using TwoPhaseCommit::TwoPhaseCommit;
  [[nodiscard]] std::vector<sim::engine::Property<State>> Properties() const {
    return {{When::kAlways, "nobody commits", [](const State& state) {
               return state.commit == 0 || state.prepared != state.heard || state.abort != 0;
             }}};
  }
};

TEST(SearchTest, CounterexamplesAreTheSameForEveryNumberOfThreads) {
  const Wrong model(6);
  const auto one = Search<Wrong>(model, {.threads = 1}).Run();
  const auto two = Search<Wrong>(model, {.threads = 2}).Run();
  ASSERT_EQ(one.verdict, Verdict::kViolated);
  const auto& path = one.discoveries[0].path;
  EXPECT_EQ(path.actions.size(), 13U);  // six prepare, six are heard, the manager commits
  EXPECT_EQ(path.states, two.discoveries[0].path.states);
  EXPECT_EQ(one.states, two.states);
  EXPECT_EQ(one.transitions, two.transitions);
  for (std::size_t i = 0; i < path.actions.size(); ++i) {
    EXPECT_EQ(model.Next(path.states[i], path.actions[i]), path.states[i + 1]);
  }
}

TEST(SearchTest, APathThroughRepresentativesIsAPathOfTheModel) {
  const Wrong model(6, true);
  const auto result = Search<Wrong>(model, {}).Run();
  ASSERT_EQ(result.verdict, Verdict::kViolated);
  const auto& path = result.discoveries[0].path;
  EXPECT_EQ(path.actions.size(), 13U);
  for (std::size_t i = 0; i < path.actions.size(); ++i) {
    EXPECT_EQ(model.Next(path.states[i], path.actions[i]), path.states[i + 1]);
  }
}

TEST(SearchTest, ABudgetStopsItWithUnknownAndItCanGoOn) {
  const TwoPhaseCommit model(6);
  Millis now = 0;
  SearchOptions options;
  options.elapsed_ms = [&now] { return ++now; };
  options.budget_ms = 3;
  Search<TwoPhaseCommit> search(model, options);
  const auto first = search.Run();
  EXPECT_EQ(first.verdict, Verdict::kUnknown);
  EXPECT_EQ(first.stopped_by, StoppedBy::kTime);
  EXPECT_GT(first.waiting, 0);
  search.options().budget_ms = 0;
  const auto rest = search.Run();
  EXPECT_EQ(rest.verdict, Verdict::kHolds);
  EXPECT_EQ(rest.states, Search<TwoPhaseCommit>(model, {}).Run().states);
}

TEST(SearchTest, ABoundOfMemoryStopsItWithUnknown) {
  const TwoPhaseCommit model(8);
  const auto result = Search<TwoPhaseCommit>(model, {.memory_max = 1'000'000}).Run();
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_EQ(result.stopped_by, StoppedBy::kMemory);
  EXPECT_LT(result.visited_bytes, 2'000'000U);
}

TEST(VisitedSetTest, KeepsWhatWasInsertedAndItsFirstParent) {
  sim::engine::VisitedSet visited;
  for (Fingerprint i = 0; i < 100'000; ++i) {
    EXPECT_TRUE(visited.Insert(Mix(i), Mix(i / 2)));
    EXPECT_FALSE(visited.Insert(Mix(i), 7));
  }
  EXPECT_EQ(visited.size(), 100'000U);
  EXPECT_LE(visited.Bytes(), 16 * visited.size());
  EXPECT_TRUE(visited.Contains(Mix(77)));
  EXPECT_FALSE(visited.Contains(Mix(100'001)));
  for (Fingerprint i = 0; i < 100'000; i += 7) {
    const Fingerprint key = Mix(i) == 0 ? 1 : Mix(i);
    bool found = false;
    for (const auto& entry : visited.WithUpperHalf(sim::engine::VisitedSet::UpperHalf(key))) {
      found = found || (entry.fingerprint == key &&
                        entry.parent == sim::engine::VisitedSet::UpperHalf(Mix(i / 2)));
    }
    EXPECT_TRUE(found) << i;
  }
}

}  // namespace
}  // namespace rehearse::tests
