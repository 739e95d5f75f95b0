#include "app/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace rehearse::app {
namespace {

std::string_view CodeOf(Colour colour) {
  switch (colour) {
    case Colour::kGreen:
      return "32";
    case Colour::kRed:
      return "31";
    case Colour::kYellow:
      return "33";
    case Colour::kBold:
      return "1";
    case Colour::kFaint:
      return "2";
  }
  return "0";
}

bool IsSet(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool IsDumb() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) == "dumb";
}

}  // namespace

Terminal StandardTerminal() {
  std::ios::sync_with_stdio(false);
  return {.out = std::cout,
          .err = std::cerr,
          .colours = isatty(STDOUT_FILENO) == 1 && !IsSet("NO_COLOR") && !IsDumb(),
          .progress = isatty(STDERR_FILENO) == 1 && !IsDumb()};
}

std::string Paint(const Terminal& terminal, Colour colour, std::string_view text) {
  if (!terminal.colours) {
    return std::string(text);
  }
  return "\x1b[" + std::string(CodeOf(colour)) + "m" + std::string(text) + "\x1b[0m";
}

void ProgressLine::Show(std::string_view line) {
  if (!terminal_.progress) {
    return;
  }
  terminal_.err << "\r\x1b[K" << line << std::flush;
  shown_ = true;
}

void ProgressLine::Clear() {
  if (shown_) {
    terminal_.err << "\r\x1b[K" << std::flush;
    shown_ = false;
  }
}

}  // namespace rehearse::app
