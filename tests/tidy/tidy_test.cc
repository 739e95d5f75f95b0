// Goal: the sources of this project keep to its style; a new file is held to it without being
// named. Method: plain reading of every file below the root, with the rules that rules_test.cc
// tests.
#include <fnmatch.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "model/core/law.h"
#include "tests/tidy/tree_rules.h"

namespace rehearse::tidy {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Sorted paths, relative to the root, of every file that is not built.
std::vector<std::string> FilesOfProject() {
  std::vector<std::string> files;
  const fs::path root(REHEARSE_ROOT);
  for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator();
       ++at) {
    const std::string path = fs::relative(at->path(), root).string();
    if (path == "build" || path == ".git") {
      at.disable_recursion_pending();
    } else if (at->is_regular_file()) {
      files.push_back(path);
    }
  }
  std::ranges::sort(files);
  return files;
}

const Sources& AllSources() {
  static const Sources sources = [] {
    Sources all;
    for (const std::string& path : FilesOfProject()) {
      if (path.ends_with(".h") || path.ends_with(".cc")) {
        all.push_back(MakeSource(path, ReadText(fs::path(REHEARSE_ROOT) / path)));
      }
    }
    return all;
  }();
  return sources;
}

void Expect(const Findings& findings) {
  for (const Finding& finding : findings) {
    ADD_FAILURE() << ToText(finding);
  }
}

template <typename Rule>
void ExpectEverywhere(Rule rule) {
  ASSERT_FALSE(AllSources().empty());
  for (const Source& source : AllSources()) {
    Expect(rule(source));
  }
}

TEST(TidyTest, LinesAndFilesHaveTheirSize) {
  ExpectEverywhere(CheckLines);
  ExpectEverywhere(CheckFileSize);
}

TEST(TidyTest, FunctionsHaveTheirSize) { ExpectEverywhere(CheckFunctions); }

TEST(TidyTest, NothingBannedIsUsed) {
  ExpectEverywhere(CheckBans);
  ExpectEverywhere(CheckOrder);
}

TEST(TidyTest, HeadersAndCommentsKeepTheirForm) {
  ExpectEverywhere(CheckHeaderForm);
  ExpectEverywhere(CheckComments);
}

TEST(TidyTest, LibrariesStayInTheirWrappers) { ExpectEverywhere(CheckLibraries); }

TEST(TidyTest, IncludesFollowTheArrows) {
  const Rooms rooms = ReadRooms(ReadText(fs::path(REHEARSE_ROOT) / "cmake/rooms.cmake"));
  ASSERT_GT(rooms.size(), 10U);
  Expect(CheckWalls(rooms));
  ExpectEverywhere([&](const Source& source) { return CheckArrows(rooms, source); });
  Expect(CheckDeadHeaders(AllSources()));
}

std::vector<LawRow> AllLaws() {
  const std::vector<std::string> names = {
#define LAW(name, id, basis, statement, source) #name,
#include "model/core/laws/all.def"
#undef LAW
  };
  std::vector<LawRow> laws;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const LawText& text = TextOf(static_cast<Law>(i));
    laws.push_back({names[i],
                    std::string(text.id),
                    std::string(text.source),
                    std::string(NameOf(text.basis))});
  }
  return laws;
}

TEST(TidyTest, LawsAreNamedByCodeAndCodeNamesLaws) { Expect(CheckLaws(AllLaws(), AllSources())); }

TEST(TidyTest, LawsHaveASource) {
  const std::vector<std::string> files = FilesOfProject();
  const std::set<std::string> names(files.begin(), files.end());
  // A source may name a folder, or several files by a pattern.
  Expect(CheckLawSources(AllLaws(), [&](const std::string& file) {
    return names.contains(file) || fs::is_directory(fs::path(REHEARSE_ROOT) / file) ||
           std::ranges::any_of(files, [&](const std::string& name) {
             return fnmatch(file.c_str(), name.c_str(), FNM_PATHNAME) == 0;
           });
  }));
}

bool IsText(const std::string& path) {
  return !path.starts_with("fixtures/") && !path.starts_with("tests/tidy/") &&
         !path.ends_with(".gz") && !path.ends_with(".pyc");
}

TEST(TidyTest, NoFileNamesAMachine) {
  for (const std::string& path : FilesOfProject()) {
    if (IsText(path)) {
      Expect(CheckMachineWords(MakeSource(path, ReadText(fs::path(REHEARSE_ROOT) / path))));
    }
  }
}

std::string OutputOf(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    output += static_cast<char>(c);
  }
  pclose(pipe);
  return output;
}

TEST(TidyTest, ClangFormatHasNothingToChange) {
  const std::string in_root = std::string("cd '") + REHEARSE_ROOT + "' && ";
  EXPECT_NE(OutputOf(in_root + "echo 'int  a;' | clang-format --dry-run -Werror 2>&1"), "");
  std::string files;
  for (const Source& source : AllSources()) {
    files += " '" + source.path + "'";
  }
  const std::string output = OutputOf(in_root + "clang-format --dry-run -Werror" + files +
                                      " 2>&1 | grep -E 'error:|found'");
  std::set<std::string> seen;
  for (const std::string& line : SplitLines(output)) {
    if (seen.insert(line.substr(0, line.find(':'))).second) {
      ADD_FAILURE() << line;
    }
  }
}

// Printed, never enforced.
TEST(TidyTest, PrintsTheMeasures) {
  std::vector<std::size_t> lengths;
  std::size_t comments = 0;
  std::size_t lines = 0;
  for (const Source& source : AllSources()) {
    for (const Function& function : FunctionsOf(source)) {
      if (function.line_count > 0 && !IsTest(source)) {
        lengths.push_back(function.line_count);
      }
    }
    for (const std::string& line : source.lines) {
      comments += Trim(line).starts_with("//") ? 1U : 0U;
      lines += Trim(line).empty() ? 0U : 1U;
    }
  }
  ASSERT_FALSE(lengths.empty());
  std::ranges::sort(lengths);
  std::cout << AllSources().size() << " files, " << lengths.size() << " functions: median "
            << lengths[lengths.size() / 2] << ", p90 " << lengths[lengths.size() * 9 / 10]
            << " lines; comments " << comments * 100 / lines << " %\n";
}

}  // namespace
}  // namespace rehearse::tidy
