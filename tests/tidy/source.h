// tests/tidy/source.h: C++ text as the rules of tests/tidy/rules.h see it, without a compiler.
//
// Shape:        `code` has the shape of `lines`, but comments and what stands inside literals are
//               blanks, so that a rule about code is not fooled by text.
// Not modelled: templates beyond matching angle brackets, macros that hide a brace. The sources are
//               kept in clang-format's shape, on which the heuristics below rely.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace rehearse::tidy {

struct Source {
  std::string path;  // relative to the project's root
  std::vector<std::string> lines;
  std::vector<std::string> code;
};

struct Finding {
  std::string path;
  std::size_t line = 0;
  std::string message;
};
using Findings = std::vector<Finding>;

inline std::string ToText(const Finding& finding) {
  return finding.path + ":" + std::to_string(finding.line) + ": " + finding.message;
}

inline bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Where `word` stands in `text` from `from` on, not as a part of a longer identifier.
inline std::size_t FindWord(std::string_view text, std::string_view word, std::size_t from = 0) {
  for (std::size_t at = text.find(word, from); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool starts = at == 0 || !IsWordChar(word.front()) || !IsWordChar(text[at - 1]);
    const bool ends = end == text.size() || !IsWordChar(word.back()) || !IsWordChar(text[end]);
    if (starts && ends) {
      return at;
    }
  }
  return std::string_view::npos;
}

inline bool HasWord(std::string_view text, std::string_view word) {
  return FindWord(text, word) != std::string_view::npos;
}

inline std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \n\t");
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(" \n\t") - first + 1);
}

inline std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Replaces comments and the inside of literals by blanks.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text) {}

  std::string Run() {
    while (at_ < text_.size()) {
      if (Starts("//")) {
        BlankUntil("\n");
      } else if (Starts("/*")) {
        Blank(2);
        BlankUntil("*/");
        Blank(2);
      } else if (Starts("R\"") && (at_ == 0 || !IsWordChar(text_[at_ - 1]))) {
        BlankRawString();
      } else if (text_[at_] == '"' || (text_[at_] == '\'' && !IsDigitSeparator())) {
        BlankLiteral(text_[at_]);
      } else {
        out_ += text_[at_++];
      }
    }
    return out_;
  }

 private:
  [[nodiscard]] bool Starts(std::string_view what) const {
    return text_.substr(at_).starts_with(what);
  }
  [[nodiscard]] bool IsDigitSeparator() const {
    return at_ > 0 && at_ + 1 < text_.size() && std::isxdigit(text_[at_ - 1]) != 0 &&
           std::isxdigit(text_[at_ + 1]) != 0;
  }
  void Blank(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count) {
      out_ += text_[at_++] == '\n' ? '\n' : ' ';
    }
  }
  void BlankUntil(std::string_view end) {
    Blank(std::min(text_.find(end, at_), text_.size()) - at_);
  }
  void BlankRawString() {
    const std::size_t open = text_.find('(', at_);
    const std::string end = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
    out_ += "R\"";
    at_ += 2;
    Blank(std::min(text_.find(end, at_), text_.size()) - at_ + end.size() - 1);
    out_ += '"';
    ++at_;
  }
  void BlankLiteral(char quote) {
    out_ += text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      Blank(text_[at_] == '\\' ? 2 : 1);
    }
    if (at_ < text_.size()) {
      out_ += text_[at_++];
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

inline Source MakeSource(std::string path, std::string_view text) {
  return {std::move(path), SplitLines(text), SplitLines(Blanker(text).Run())};
}

// `folder` names a folder (with its subfolders) or one file.
inline bool IsUnder(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && folder.ends_with('/'));
}

// The name between the quotes or angle brackets of an #include line, with its opening character;
// empty where the line is none.
inline std::string IncludeOf(const std::string& line) {
  if (!line.starts_with("#include ")) {
    return "";
  }
  const std::size_t open = line.find_first_of("<\"");
  if (open == std::string::npos) {
    return "";
  }
  return line.substr(open, line.find_first_of(">\"", open + 1) - open);
}

}  // namespace rehearse::tidy
