#include "reports/wrap.h"

#include <fmt/format.h>

namespace rehearse::reports {
namespace {

constexpr std::size_t kWidth = 100;

}  // namespace

std::string Wrap(std::string_view label, std::size_t indent, std::string_view words) {
  std::string text(label);
  text.resize(std::max(text.size(), indent), ' ');
  std::size_t column = text.size();
  bool first = true;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (!first && column + 1 + word.size() > kWidth) {
      text += "\n" + std::string(indent, ' ');
      column = indent;
      first = true;
    }
    text += (first ? "" : " ") + std::string(word);
    column += word.size() + (first ? 0 : 1);
    first = false;
  }
  return text + "\n";
}

std::string Section(std::string_view label, std::string_view words) {
  return Wrap(fmt::format("   {:<9} ", label), 13, words);
}

}  // namespace rehearse::reports
