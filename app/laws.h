// app/laws.h: the registry of laws, printed.
#pragma once

#include <string>

namespace rehearse::app {

// The text of docs/laws.md.
std::string LawsMarkdown();

}  // namespace rehearse::app
