// reports/wrap.h: words in lines of at most 100 columns.
#pragma once

#include <string>
#include <string_view>

namespace rehearse::reports {

// Each line behind `indent` blanks, the first behind `label`; ends with a newline.
std::string Wrap(std::string_view label, std::size_t indent, std::string_view words);

// "   downtime  about 2 min", the words in a column of their own.
std::string Section(std::string_view label, std::string_view words);

}  // namespace rehearse::reports
