// Goal: files are read and written as app/files.h says, above all when it goes wrong.
// Method: a folder of its own; a limit on the file size stands for the full disk.
#include "app/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "app/terminal.h"

namespace rehearse::app {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("rehearse_files_" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string Path(const std::string& name) const {
    return (folder_ / name).string();
  }

 private:
  fs::path folder_;
};

TEST_F(FilesTest, WhatIsWrittenIsRead) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(WriteFileAtomically(Path("a"), bytes));
  EXPECT_EQ(ReadFile(Path("a")).value(), bytes);
  ASSERT_TRUE(WriteFileAtomically(Path("a"), ""));
  EXPECT_EQ(ReadFile(Path("a")).value(), "");
  EXPECT_EQ(ListDirectory(Path("")).value(), std::vector<std::string>{"a"});
}

TEST_F(FilesTest, ErrorsNameTheFileAndTheReason) {
  const auto missing = ReadFile(Path("b"));
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message, "cannot read " + Path("b") + ": No such file or directory");
  EXPECT_EQ(ReadFile(Path("")).error().message, "cannot read " + Path("") + ": Is a directory");
  EXPECT_EQ(ListDirectory(Path("b")).error().code, ErrorCode::kNotFound);
  const auto nowhere = WriteFileAtomically(Path("b/c"), "x");
  EXPECT_EQ(nowhere.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(nowhere.error().message, "cannot write " + Path("b/c") + ": No such file or directory");
  EXPECT_EQ(WriteFileAtomically(Path(""), "x").error().message,
            "cannot write " + Path("") + ": Is a directory");
}

TEST_F(FilesTest, AFullDiskLeavesTheOldFileAndNoDraft) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "old"));
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit small{.rlim_cur = 100, .rlim_max = old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Status status = WriteFileAtomically(Path("a"), std::string(1000, 'x'));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kFailed);
  EXPECT_EQ(status.error().message, "cannot write " + Path("a") + ": File too large");
  EXPECT_EQ(ReadFile(Path("a")).value(), "old");
  EXPECT_EQ(ListDirectory(Path("")).value(), std::vector<std::string>{"a"});
}

TEST_F(FilesTest, ModeAndSymbolicLinkStay) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "old"));
  fs::permissions(Path("a"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("a", Path("link"));
  ASSERT_TRUE(WriteFileAtomically(Path("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(ReadFile(Path("a")).value(), "new");
  EXPECT_EQ(fs::status(Path("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FilesTest, ADeviceIsWrittenAndNotReplaced) {
  EXPECT_TRUE(WriteFileAtomically("/dev/null", "x"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(WriteFileAtomically("/dev/full", "x").error().message,
            "cannot write /dev/full: No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(FilesTest, DirectoriesAreToldApart) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), ""));
  EXPECT_TRUE(IsDirectory(Path("")));
  EXPECT_FALSE(IsDirectory(Path("a")));
  EXPECT_FALSE(IsDirectory(Path("b")));
}

}  // namespace
}  // namespace rehearse::app
