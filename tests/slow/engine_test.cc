// Goal: the search engine counts the states of big textbook models right and keeps them in at most
// 16 bytes each. Method: two-phase commit with 8 and 9 resource managers, on one thread and on two.
#include <gtest/gtest.h>

#include "bench/engine/two_phase_commit.h"
#include "simulator/engine/search.h"

namespace rehearse::tests {
namespace {

using bench::TwoPhaseCommit;
using sim::engine::Search;
using sim::engine::Verdict;

class BigSearchTest : public ::testing::TestWithParam<std::pair<unsigned, std::int64_t>> {};

TEST_P(BigSearchTest, CountsAsPublishedOnOneThreadAndOnTwo) {
  const auto& [managers, states] = GetParam();
  const TwoPhaseCommit model(managers);
  const auto one = Search<TwoPhaseCommit>(model, {.threads = 1}).Run();
  const auto two = Search<TwoPhaseCommit>(model, {.threads = 2}).Run();
  EXPECT_EQ(one.states, states);
  EXPECT_EQ(one.verdict, Verdict::kHolds);
  EXPECT_LE(one.visited_bytes, 16U * static_cast<std::size_t>(states));
  EXPECT_EQ(two.states, states);
  EXPECT_EQ(two.transitions, one.transitions);
  EXPECT_EQ(two.visited_bytes, one.visited_bytes);
}

INSTANTIATE_TEST_SUITE_P(TwoPhaseCommit,
                         BigSearchTest,
                         ::testing::Values(std::pair(8U, 1'745'408), std::pair(9U, 10'340'352)));

}  // namespace
}  // namespace rehearse::tests
