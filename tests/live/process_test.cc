// Goal: children run by argument vector, within their limits, and their output is whole.
// Method: real children: sh, cat, sleep.
#include "live/process.h"

#include <gtest/gtest.h>

namespace rehearse::live {
namespace {

TEST(ProcessTest, InputAndOutputPassWholeAndBytesStayBytes) {
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i) {
    bytes.push_back(static_cast<char>(i % 251));
  }
  const auto result = RunProcess({{"cat"}, bytes, Seconds(20)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 0);
  EXPECT_TRUE(result->out == bytes);
}

TEST(ProcessTest, ExitCodesAndErrorsComeThrough) {
  const auto result = RunProcess({{"sh", "-c", "echo no >&2; exit 3"}, "", Seconds(20)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->err, "no\n");
}

TEST(ProcessTest, WordsAreNotReadByAShell) {
  const auto result = RunProcess({{"printf", "%s", "$HOME; `id` 'x'"}, "", Seconds(20)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out, "$HOME; `id` 'x'");
}

TEST(ProcessTest, AChildBeyondItsLimitIsKilledWithItsOwnChildren) {
  const Millis began = SteadyMillis();
  const auto result = RunProcess({{"sh", "-c", "sleep 60 & sleep 60; true"}, "", 300});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->exit_code, 137);
  EXPECT_LT(SteadyMillis() - began, Seconds(30));
}

TEST(ProcessTest, AProgramThatIsNotThereIsNamed) {
  const auto result = RunProcess({{"no-such-program-here"}, "", Seconds(20)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message, "cannot start no-such-program-here: No such file or directory");
}

TEST(ProcessTest, AChildThatDoesNotReadItsInputIsNoError) {
  const auto result = RunProcess({{"true"}, std::string(std::size_t{1} << 20U, 'x'), Seconds(20)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 0);
}

}  // namespace
}  // namespace rehearse::live
