// Goal: a live run's journal keeps what it was given, also when its last line is torn, and is used
// by one run at a time. Method: files in a folder of its own.
#include "live/journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rehearse::live {
namespace {

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("journal-test-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
               "-" + testing::UnitTest::GetInstance()->current_test_info()->name() + "-" +
               std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "run.journal";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(JournalTest, LinesAndHolderComeBack) {
  std::string holder;
  {
    auto journal = Journal::Open(path_);
    ASSERT_TRUE(journal);
    holder = journal->holder();
    ASSERT_TRUE(journal->Append("one"));
    ASSERT_TRUE(journal->Append("two"));
  }
  const auto again = Journal::Open(path_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->holder(), holder);
  EXPECT_EQ(again->lines(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(JournalTest, ATornLastLineIsGoneAndTheNextOneIsWhole) {
  {
    auto journal = Journal::Open(path_);
    ASSERT_TRUE(journal);
    ASSERT_TRUE(journal->Append("one"));
  }
  std::ofstream(path_, std::ios::app) << "{\"tor";
  {
    auto journal = Journal::Open(path_);
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->lines(), std::vector<std::string>{"one"});
    ASSERT_TRUE(journal->Append("two"));
  }
  const auto again = Journal::Open(path_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->lines(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(JournalTest, TwoRunsCannotHaveOneJournal) {
  const auto first = Journal::Open(path_);
  ASSERT_TRUE(first);
  const auto second = Journal::Open(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "the journal " + path_.string() + " is in use by another run");
}

TEST_F(JournalTest, AnotherFileIsLeftAlone) {
  std::ofstream(path_) << "dear diary\n";
  const auto journal = Journal::Open(path_);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, ErrorCode::kInvalidArgument);
  std::ostringstream text;
  text << std::ifstream(path_).rdbuf();
  EXPECT_EQ(text.str(), "dear diary\n");
}

TEST_F(JournalTest, AFullDiskIsSaidAndLeavesAJournalThatOpens) {
  auto journal = Journal::Open(path_);
  ASSERT_TRUE(journal);
  ASSERT_TRUE(journal->Append("one"));
  const auto size = std::filesystem::file_size(path_);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = size + 4;
  setrlimit(RLIMIT_FSIZE, &tight);
  const auto status = journal->Append("a line that does not fit any more");
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kFailed);
  EXPECT_EQ(status.error().message,
            "cannot write the journal " + path_.string() + ": File too large");
  journal = Fail(ErrorCode::kFailed, "closed");
  const auto again = Journal::Open(path_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->lines(), std::vector<std::string>{"one"});
}

}  // namespace
}  // namespace rehearse::live
