// tests/tidy/rules.h: the style rules, each a function from a source to its findings.
//
// Shape:  a rule that is about one file takes a Source; what is about the whole tree stands in
//         tree_rules.h. Limits are those of tests/README.md.
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/bans.h"
#include "tests/tidy/functions.h"

namespace rehearse::tidy {

inline bool IsHeader(const Source& source) { return source.path.ends_with(".h"); }
inline bool IsTest(const Source& source) { return IsUnder(source.path, "tests/"); }

// Columns as an editor counts them: bytes that continue a UTF-8 character do not count.
inline std::size_t Columns(std::string_view line) {
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [](char c) { return (c & '\xC0') != '\x80'; }));
}

inline Findings CheckLines(const Source& source) {
  Findings findings;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (Columns(source.lines[i]) > 100) {
      findings.push_back({source.path, i + 1, "longer than 100 columns"});
    }
    if (source.lines[i].ends_with(" ") || source.lines[i].find('\t') != std::string::npos) {
      findings.push_back({source.path, i + 1, "tab, or blank at the end of the line"});
    }
  }
  return findings;
}

inline Findings CheckFileSize(const Source& source) {
  const std::size_t line_max = IsHeader(source) ? 300 : IsTest(source) ? 1000 : 800;
  if (source.lines.size() <= line_max) {
    return {};
  }
  return {{source.path, source.lines.size(), "file longer than " + std::to_string(line_max)}};
}

inline Findings CheckFunctions(const Source& source) {
  Findings findings;
  const auto check =
      [&](const Function& function, const char* what, std::size_t is, std::size_t max) {
        if (is > max) {
          findings.push_back({source.path,
                              function.line,
                              function.name + ": " + std::to_string(is) + " " + what +
                                  ", at most " + std::to_string(max)});
        }
      };
  for (const Function& function : FunctionsOf(source)) {
    const bool macro = function.name.size() > 1 && std::ranges::none_of(function.name, [](char c) {
                         return std::islower(static_cast<unsigned char>(c)) != 0;
                       });
    check(function, "lines", function.line_count, 70);
    check(function, "decisions", function.complexity, 15);
    check(function, "parameters", macro ? 0 : function.parameters, 4);
  }
  return findings;
}

inline Findings CheckHeaderForm(const Source& source) {
  Findings findings;
  if (!IsHeader(source)) {
    return findings;
  }
  if (std::ranges::find(source.lines, "#pragma once") == source.lines.end()) {
    findings.push_back({source.path, 1, "no #pragma once"});
  }
  if (source.lines.empty() || !source.lines[0].starts_with("// " + source.path + ": ")) {
    findings.push_back({source.path, 1, "does not open with '// " + source.path + ": what it is'"});
  }
  return findings;
}

// Paths of one machine, and hosts that a build must not depend on; any text file.
inline Findings CheckMachineWords(const Source& source) {
  Findings findings;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    for (const char* word : {"/work/",
                             "/root/",
                             "/tmp/bash",
                             "shared/spec",
                             "shared/data",
                             "deb.debian.org",
                             "proxy.golang.org",
                             "pypi.org",
                             "crates.io"}) {
      if (source.lines[i].find(word) != std::string::npos) {
        findings.push_back({source.path, i + 1, std::string(word) + " belongs to one machine"});
      }
    }
  }
  return findings;
}

// Left-overs, and comments that are code.
inline Findings CheckComments(const Source& source) {
  constexpr std::string_view kCalleeChars =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.->";
  Findings findings;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const std::string_view line = Trim(source.lines[i]);
    for (const char* word : {"TO"
                             "DO",
                             "FIX"
                             "ME",
                             "XX"
                             "X"}) {
      if (HasWord(source.lines[i], word)) {
        findings.push_back({source.path, i + 1, std::string(word) + " is not left on main"});
      }
    }
    if (!line.starts_with("//")) {
      continue;
    }
    const std::string_view comment = Trim(line.substr(2));
    const bool call =
        comment.find_first_not_of(kCalleeChars) == comment.find('(') && comment.ends_with(");");
    const bool keyword = comment.starts_with("return ") || comment.starts_with("if (");
    if (call || (keyword && (comment.ends_with(";") || comment.ends_with("{")))) {
      findings.push_back({source.path, i + 1, "commented-out code"});
    }
  }
  return findings;
}

}  // namespace rehearse::tidy
