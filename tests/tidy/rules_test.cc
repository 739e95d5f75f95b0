// Goal: every style rule finds what it is there for, and leaves alone what is right.
// Method: each rule on a small source of its own, wrong and right.
#include <gtest/gtest.h>

#include "tests/tidy/tree_rules.h"

namespace rehearse::tidy {
namespace {

std::string All(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += ToText(finding) + "\n";
  }
  return text;
}

Function OnlyFunction(std::string_view text) {
  const auto functions = FunctionsOf(MakeSource("app/x.cc", text));
  EXPECT_EQ(functions.size(), 1U) << text;
  return functions.empty() ? Function{} : functions.front();
}

std::string Repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) {
    repeated += text;
  }
  return repeated;
}

TEST(BlankerTest, CommentsAndLiteralsAreBlanks) {
  const Source source = MakeSource("x.cc",
                                   "int a = 1'000;  // sleep\n"
                                   "/* b\n c */ int d;\n"
                                   "auto e = \"f \\\" g\" 'h';\n"
                                   "auto i = R\"x(j \" k)x\"; int l;\n");
  EXPECT_EQ(source.code[0], "int a = 1'000;          ");
  EXPECT_EQ(source.code[1], "    ");
  EXPECT_EQ(source.code[2], "      int d;");
  EXPECT_EQ(source.code[3], "auto e = \"      \" ' ';");
  EXPECT_EQ(source.code[4], "auto i = R\"         \"; int l;");
  EXPECT_EQ(source.lines[4], "auto i = R\"x(j \" k)x\"; int l;");
}

TEST(FunctionsTest, LengthCountsFromTheFirstWordToTheClosingBrace) {
  const Function function =
      OnlyFunction("\ntemplate <typename T>\nint F(T a,\n      int b) {\n  return 1;\n}\n");
  EXPECT_EQ(function.name, "F");
  EXPECT_EQ(function.line, 2U);
  EXPECT_EQ(function.line_count, 5U);
  EXPECT_EQ(function.parameters, 2U);
  EXPECT_EQ(function.complexity, 1U);
}

TEST(FunctionsTest, FormsOfDeclarations) {
  EXPECT_EQ(
      OnlyFunction("std::map<int, int> F(std::map<int, int> a = {}, int b = G(1, 2));").parameters,
      2U);
  EXPECT_EQ(OnlyFunction("A::A(int a) : b_{a, 1}, c_(a) { D(); }").name, "A");
  EXPECT_EQ(OnlyFunction("bool operator()(int a, int b) const { return a < b; }").parameters, 2U);
  EXPECT_EQ(OnlyFunction("bool operator<(A a, B b) { return true; }").parameters, 2U);
  EXPECT_EQ(OnlyFunction("template <class T> requires(X<T>) void F(T t) { }").name, "F");
  EXPECT_EQ(OnlyFunction("class A : B {\n public:\n  void F(int) const;\n};\n").line, 3U);
  EXPECT_EQ(OnlyFunction("namespace a {\nconst auto f = [](int a) { return a; };\n}").line, 2U);
  EXPECT_EQ(OnlyFunction("auto F() -> Result<int> { return 1; }").parameters, 0U);
  for (const char* none : {"constexpr std::array<int, 2> kA = {{1, 2}};",
                           "enum class A : int { kB };",
                           "std::function<int(int, int)> f_ = {};",
                           "struct A { int b = 1; int c{2}; };",
                           "#define F(a) \\\n  do { G(a); } while (0)\n",
                           "using F = int(int);"}) {
    EXPECT_TRUE(FunctionsOf(MakeSource("a.cc", none)).empty()) << none;
  }
}

TEST(FunctionsTest, ComplexityCountsDecisions) {
  EXPECT_EQ(OnlyFunction("int F(auto&& a) { if (a && b ||\n c) { for (;;) {} } return d ? 1 : 2; }")
                .complexity,
            6U);
  EXPECT_EQ(OnlyFunction("int F() { while (a &&\n b) {} }").complexity, 3U);
  // Rows of a table are free, a case that does something is not.
  EXPECT_EQ(
      OnlyFunction("int F(A a) { switch (a) { case A::kB: return 1; case A::kC: return 2; } }")
          .complexity,
      1U);
  EXPECT_EQ(OnlyFunction("int F(A a) { switch (a) { case A::kB: case A::kC: G(); return 2; case "
                         "A::kD: return H(); } }")
                .complexity,
            2U);
}

TEST(RulesTest, FunctionLimits) {
  const auto check = [](const std::string& text) {
    return All(CheckFunctions(MakeSource("app/x.cc", text)));
  };
  EXPECT_EQ(check("void F() {\n" + Repeat("  G();\n", 68) + "}\n"), "");
  EXPECT_EQ(check("void F() {\n" + Repeat("  G();\n", 69) + "}\n"),
            "app/x.cc:1: F: 71 lines, at most 70\n");
  EXPECT_EQ(check("void F(int a, int b, int c, int d);"), "");
  EXPECT_EQ(check("void F(int a, int b, int c, int d, int e);"),
            "app/x.cc:1: F: 5 parameters, at most 4\n");
  EXPECT_EQ(check("void F() {" + Repeat(" if (a) {}", 14) + "}"), "");
  EXPECT_EQ(check("void F() {" + Repeat(" if (a) {}", 15) + "}"),
            "app/x.cc:1: F: 16 decisions, at most 15\n");
}

TEST(RulesTest, FileAndLineLimits) {
  EXPECT_EQ(CheckFileSize(MakeSource("app/x.h", Repeat("\n", 301))).size(), 1U);
  EXPECT_EQ(CheckFileSize(MakeSource("app/x.cc", Repeat("\n", 800))).size(), 0U);
  EXPECT_EQ(CheckFileSize(MakeSource("app/x.cc", Repeat("\n", 801))).size(), 1U);
  EXPECT_EQ(CheckFileSize(MakeSource("tests/x.cc", Repeat("\n", 1000))).size(), 0U);
  EXPECT_EQ(CheckFileSize(MakeSource("tests/x.cc", Repeat("\n", 1001))).size(), 1U);
  EXPECT_EQ(CheckLines(MakeSource("app/x.cc", "\n" + Repeat("x", 101))).front().line, 2U);
  EXPECT_TRUE(CheckLines(MakeSource("app/x.cc", Repeat("\xC3\xA4", 100))).empty());
  EXPECT_EQ(CheckLines(MakeSource("app/x.cc", "a \nb\tc\nd\n")).size(), 2U);
}

TEST(RulesTest, EveryBannedWordIsFoundWhereItIsBannedAndNowhereElse) {
  for (const Ban& ban : Bans()) {
    for (const char* word : ban.words) {
      for (const char* folder : ban.folders) {
        const std::string path = std::string(folder) + "x.cc";
        EXPECT_FALSE(CheckBans(MakeSource(path, std::string("a ") + word + "(1);")).empty())
            << word;
        EXPECT_TRUE(CheckBans(MakeSource(path, std::string("// ") + word)).empty()) << word;
      }
      for (const char* file : ban.allowed) {
        EXPECT_TRUE(CheckBans(MakeSource(file, word)).empty()) << word;
      }
    }
  }
  EXPECT_TRUE(CheckBans(MakeSource("app/x.cc", "std::getenv(a); std::ifstream b;")).empty());
  EXPECT_TRUE(CheckBans(MakeSource("model/core/x.cc", "my_sleep(1); doubled = 1;")).empty());
}

TEST(RulesTest, OrderOfHashTablesAndPointers) {
  const auto check = [](const char* text) {
    return CheckOrder(MakeSource("simulator/x.cc", text)).size();
  };
  EXPECT_EQ(check("std::unordered_map<int, int> seen;\nfor (const auto& [a, b] : seen) {}"), 1U);
  EXPECT_EQ(check("std::unordered_set<int> seen_;\nauto a = seen_.begin();"), 1U);
  EXPECT_EQ(check("std::unordered_set<int> seen;\nseen.insert(1); for (int a : other) {}"), 0U);
  EXPECT_EQ(check("std::map<const Node*, int> a;"), 1U);
  EXPECT_EQ(check("std::map<int, Node*> a;"), 0U);
  EXPECT_TRUE(CheckOrder(MakeSource("app/x.cc", "std::map<const Node*, int> a;")).empty());
}

TEST(RulesTest, HeadersSayWhatTheyAreAndAreIncludedOnce) {
  EXPECT_TRUE(CheckHeaderForm(MakeSource("app/x.h", "// app/x.h: an x.\n#pragma once\n")).empty());
  EXPECT_EQ(CheckHeaderForm(MakeSource("app/x.h", "// app/y.h: a y.\n")).size(), 2U);
  EXPECT_TRUE(CheckHeaderForm(MakeSource("app/x.cc", "")).empty());
}

TEST(RulesTest, LibrariesStayInTheirWrappers) {
  for (const Wrapper& wrapper : Wrappers()) {
    const std::string line = std::string("#include ") + wrapper.include + "x.h>";
    EXPECT_EQ(CheckLibraries(MakeSource("elsewhere/x.cc", line)).size(), 1U) << line;
    for (const char* file : wrapper.files) {
      const std::string path =
          std::string(file) + (std::string_view(file).ends_with("/") ? "x.cc" : "");
      EXPECT_TRUE(CheckLibraries(MakeSource(path, line)).empty()) << path;
    }
  }
  EXPECT_EQ(CheckLibraries(MakeSource("app/x.cc", "#include <unknown/x.h>")).size(), 1U);
  EXPECT_TRUE(CheckLibraries(MakeSource("app/x.cc", "#include <vector>")).empty());
}

TEST(RulesTest, NothingIsLeftOver) {
  const auto check = [](const char* text) {
    return CheckComments(MakeSource("app/x.cc", text)).size();
  };
  EXPECT_EQ(check("int a;  // TO"
                  "DO: b"),
            1U);
  EXPECT_EQ(check("// FIX"
                  "ME"),
            1U);
  EXPECT_EQ(check("// Add(law);"), 1U);
  EXPECT_EQ(check("// return a;"), 1U);
  EXPECT_EQ(check("// if (a) {"), 1U);
  EXPECT_EQ(check("// what it is (or was);"), 0U);
  EXPECT_EQ(check("// Returns what was asked; nothing else."), 0U);
}

constexpr const char* kRooms =
    "rehearse_room(core model/core lib::lib)\n"
    "rehearse_room(etcd model/etcd core)\n"
    "rehearse_room(cluster model/cluster\n              etcd)\n"
    "rehearse_room(upgrade upgrade cluster)\n"
    "rehearse_room(procedures upgrade/procedures cluster)\n"
    "rehearse_room(simulator simulator cluster)\n"
    "rehearse_room(live live cluster)\n"
    "rehearse_room(app app upgrade simulator)\n";

TEST(ArrowsTest, IncludesFollowTheArrowsOfTheRooms) {
  const Rooms rooms = ReadRooms(kRooms);
  ASSERT_EQ(rooms.size(), 8U);
  const auto check = [&](const char* path, const std::string& include) {
    return CheckArrows(rooms, MakeSource(path, "#include \"" + include + "\"")).size();
  };
  EXPECT_EQ(check("upgrade/x.cc", "model/etcd/types.h"), 0U);
  EXPECT_EQ(check("upgrade/x.cc", "upgrade/y.h"), 0U);
  EXPECT_EQ(check("simulator/x.cc", "model/etcd/machine.h"), 0U);
  EXPECT_EQ(check("app/x.cc", "simulator/y.h"), 0U);
  EXPECT_EQ(check("tests/x.cc", "simulator/y.h"), 0U);
  EXPECT_EQ(check("upgrade/x.cc", "model/etcd/machine.h"), 1U);
  EXPECT_EQ(check("live/x.cc", "model/etcd/machine.h"), 1U);
  EXPECT_EQ(check("upgrade/x.cc", "simulator/y.h"), 1U);
  EXPECT_EQ(check("upgrade/x.cc", "upgrade/procedures/y.h"), 1U);
  EXPECT_EQ(check("model/core/x.cc", "model/etcd/types.h"), 1U);
  EXPECT_EQ(check("app/x.cc", "live/y.h"), 1U);
  EXPECT_EQ(check("app/x.cc", "tests/y.h"), 1U);
  EXPECT_EQ(check("app/x.cc", "elsewhere/y.h"), 1U);
}

TEST(ArrowsTest, NoEditOfTheRoomsOpensAWall) {
  EXPECT_EQ(All(CheckWalls(ReadRooms(kRooms))), "");
  const std::string lower =
      "rehearse_room(core model/core)\nrehearse_room(cluster model/cluster core)\n";
  EXPECT_EQ(CheckWalls(ReadRooms(lower + "rehearse_room(etcd model/etcd cluster)\n")).size(), 1U);
  EXPECT_EQ(CheckWalls(ReadRooms(lower + "rehearse_room(simulator simulator cluster)\n"
                                         "rehearse_room(upgrade upgrade simulator)\n"))
                .size(),
            1U);
}

TEST(TreeTest, AHeaderThatOnlyItsOwnSourceIncludesIsDead) {
  const Sources sources = {MakeSource("app/a.h", ""),
                           MakeSource("app/a.cc", "#include \"app/a.h\""),
                           MakeSource("app/b.h", ""),
                           MakeSource("app/c.cc", "#include \"app/b.h\"")};
  EXPECT_EQ(All(CheckDeadHeaders(sources)), "app/a.h:1: no other file includes it\n");
}

TEST(LawsTest, NamesAreRegisteredAndRegisteredNamesAreUsed) {
  const std::vector<LawRow> laws = {{"kA", "ETCD-01", "", ""}, {"kB", "ETCD-02", "", ""}};
  EXPECT_EQ(All(CheckLaws(
                laws, {MakeSource("simulator/x.cc", "Add(Law::kA);  // Law::kB, Law::kCount")})),
            "");
  EXPECT_EQ(All(CheckLaws(laws,
                          {MakeSource("simulator/x.cc", "Add(Law::kA);\n// Law::kC"),
                           MakeSource("tests/x.cc", "Law::kB")})),
            "simulator/x.cc:2: Law::kC is not registered\n"
            "model/core/laws:1: ETCD-02 (kB) is named by no code\n");
  EXPECT_EQ(CheckLaws({{"kA", "E-1", "", ""}, {"kB", "E-1", "", ""}},
                      {MakeSource("app/x.cc", "Law::kA Law::kB")})
                .size(),
            1U);
}

TEST(LawsTest, FixturesOfASource) {
  EXPECT_EQ(FixturesOf("fixtures/a/b.json, seen; and (fixtures/c.out)"),
            (std::vector<std::string>{"fixtures/a/b.json", "fixtures/c.out"}));
}

TEST(LawsTest, AMeasuredLawNamesARecordingThatExists) {
  const auto check = [](const char* basis, const char* source) {
    return CheckLawSources({{"kA", "E-1", source, basis}},
                           [](const std::string& file) { return file == "fixtures/a.json"; })
        .size();
  };
  EXPECT_EQ(check("measured", "fixtures/a.json"), 0U);
  EXPECT_EQ(check("measured", "fixtures/b.json"), 1U);
  EXPECT_EQ(check("measured", "milvus-io/milvus@1234:a.go"), 1U);
  EXPECT_EQ(check("read", "milvus-io/milvus@1234:a.go"), 0U);
  EXPECT_EQ(check("assumed", ""), 1U);
}

TEST(RulesTest, NoTextNamesAMachine) {
  EXPECT_EQ(CheckMachineWords(MakeSource("docs/x.md", "see\n/root/x\n")).front().line, 2U);
  EXPECT_TRUE(CheckMachineWords(MakeSource("docs/x.md", "a shared data set of work")).empty());
}

}  // namespace
}  // namespace rehearse::tidy
