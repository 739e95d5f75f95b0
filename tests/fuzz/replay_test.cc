// Goal: what fuzzing found once stays found, and no parser of foreign data dies of its corpus.
// Method: every file of fixtures/fuzz/<target>/, whole and cut at many places, through the target.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/fuzz/targets.h"

namespace rehearse::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCuts = 8;

std::string BytesOf(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

TEST(FuzzReplayTest, EveryTargetSurvivesItsCorpus) {
  for (const Target& target : Targets()) {
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator("fixtures/fuzz/" + std::string(target.name))) {
      const std::string bytes = BytesOf(entry.path());
      SCOPED_TRACE(entry.path().string());
      target.run(bytes);
      for (std::size_t cut = 1; cut < kCuts; ++cut) {
        target.run(std::string_view(bytes).substr(0, bytes.size() * cut / kCuts));
      }
      ++files;
    }
    EXPECT_GT(files, 5U) << target.name;
  }
}

TEST(FuzzReplayTest, NoTargetNeedsAnyByte) {
  for (const Target& target : Targets()) {
    target.run("");
    for (int byte = 0; byte < 256; ++byte) {
      target.run(std::string(1, static_cast<char>(byte)));
    }
  }
}

}  // namespace
}  // namespace rehearse::fuzz
