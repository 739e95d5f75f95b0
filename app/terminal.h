// app/terminal.h: where a command writes, and what may be written there.
//
// Shape:      results go to `out`, everything else (progress, errors, hints) to `err`.
// Invariants: colours and progress lines appear only on a terminal; with NO_COLOR set (to anything
//             but the empty string) there are no colours. Redirected output is therefore the same
//             bytes on every run.
// Source:     no-color.org for NO_COLOR.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace rehearse::app {

struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool colours = false;   // `out` shows colours
  bool progress = false;  // `err` shows lines that are overwritten
};

// The process's own standard streams.
Terminal StandardTerminal();

enum class Colour { kGreen, kRed, kYellow, kBold, kFaint };

// The text in that colour, or the text alone where the terminal shows none.
std::string Paint(const Terminal& terminal, Colour colour, std::string_view text);

// One line on `err` that is overwritten by the next Show and gone when the object is.
class ProgressLine {
 public:
  explicit ProgressLine(Terminal& terminal) : terminal_(terminal) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { Clear(); }

  void Show(std::string_view line);
  void Clear();

 private:
  Terminal& terminal_;
  bool shown_ = false;
};

}  // namespace rehearse::app
