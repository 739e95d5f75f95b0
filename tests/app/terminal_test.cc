// Goal: nothing but plain text where there is no terminal.
// Method: the same calls with and without what a terminal can do.
#include "app/terminal.h"

#include <gtest/gtest.h>

#include <sstream>

namespace rehearse::app {
namespace {

TEST(TerminalTest, ColoursOnlyWhereTheyShow) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(Paint(Terminal{.out = out, .err = err}, Colour::kRed, "a"), "a");
  EXPECT_EQ(Paint(Terminal{.out = out, .err = err, .colours = true}, Colour::kRed, "a"),
            "\x1b[31ma\x1b[0m");
}

TEST(TerminalTest, AProgressLineIsGoneInTheEnd) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal plain{.out = out, .err = err};
  ProgressLine(plain).Show("a");
  EXPECT_EQ(err.str(), "");
  Terminal terminal{.out = out, .err = err, .progress = true};
  {
    ProgressLine line(terminal);
    line.Show("a");
    line.Show("b");
  }
  EXPECT_EQ(err.str(), "\r\x1b[Ka\r\x1b[Kb\r\x1b[K");
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace rehearse::app
