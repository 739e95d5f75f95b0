// tests/tidy/functions.h: where the functions of a source are, how long, with how many parameters
// and decisions.
//
// Shape:  a lambda or a local class counts as a part of the function around it. Complexity is
//         1 + if, for, while, case, catch, &&, ||, ?. A case that only returns is a row of a table
//         and does not count, nor does a case that falls through to the next one.
// Relies: on clang-format's spacing (" && " is a condition, "T&& " a reference).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source.h"

namespace rehearse::tidy {

struct Function {
  std::string name;
  std::size_t line = 0;        // of its first word, counted from 1
  std::size_t line_count = 0;  // to the closing brace; 0 for a declaration
  std::size_t parameters = 0;
  std::size_t complexity = 0;
};

inline std::size_t CountOf(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = FindWord(text, what); at != std::string_view::npos;
       at = FindWord(text, what, at + what.size())) {
    ++count;
  }
  return count;
}

// Whether the case label at `at` leads to a row of a table or falls through.
inline bool IsTableRow(std::string_view body, std::size_t at) {
  std::size_t colon = at;
  do {
    colon = body.find(':', colon + 1);
  } while (colon != std::string_view::npos &&
           (body.substr(colon, 2) == "::" || body[colon - 1] == ':'));
  if (colon == std::string_view::npos) {
    return false;
  }
  const std::string_view rest = Trim(body.substr(colon + 1));
  if (rest.starts_with("case ")) {
    return true;
  }
  const std::string_view next = Trim(rest.substr(std::min(rest.find(';'), rest.size() - 1) + 1));
  return rest.starts_with("return ") && (next.starts_with("case ") || next.starts_with("}"));
}

inline std::size_t ComplexityOf(std::string_view body) {
  std::size_t complexity = 1;
  for (const char* word : {"if", "for", "while", "catch", "?", " &&", "||"}) {
    complexity += CountOf(body, word);
  }
  for (std::size_t at = FindWord(body, "case"); at != std::string_view::npos;
       at = FindWord(body, "case", at + 1)) {
    complexity += IsTableRow(body, at) ? 0U : 1U;
  }
  return complexity;
}

// What stands before a brace or a semicolon: the declaration, as far as the rules need it.
struct Head {
  std::string name;            // before the parameters; empty where there are none
  std::string_view arguments;  // between the parentheses
  std::string_view rest;       // after them
  bool assigned = false;       // '=' before any parentheses
  bool lambda = false;         // '=' and then '['
};

class HeadReader {
 public:
  explicit HeadReader(std::string_view text) : text_(text) {}

  Head Read() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (HasPrefix("operator") && !WordCharBefore()) {
        SkipOperator();
      } else if (c == '<') {
        ++angles_;
      } else if (c == '>' && angles_ > 0 && text_[at_ - 1] != '-') {
        --angles_;
      } else if (c == '=' && angles_ == 0) {
        head_.assigned = true;
        head_.lambda = Trim(text_.substr(at_ + 1)).starts_with("[");
        return head_;
      } else if (c == '(' && ReadGroup()) {
        return head_;
      }
    }
    return head_;
  }

 private:
  [[nodiscard]] bool HasPrefix(std::string_view what) const {
    return text_.substr(at_).starts_with(what);
  }
  [[nodiscard]] bool WordCharBefore() const { return at_ > 0 && IsWordChar(text_[at_ - 1]); }

  void SkipOperator() {
    const std::size_t open = text_.find('(', at_);
    at_ = std::min(open, text_.size());
    if (HasPrefix("()")) {
      at_ += 2;
    }
    --at_;
  }

  // A group in parentheses; true where it is the parameters.
  bool ReadGroup() {
    std::size_t end = at_;
    for (std::size_t depth = 0; end < text_.size(); ++end) {
      depth += text_[end] == '(' ? 1U : 0U;
      if (text_[end] == ')' && --depth == 0) {
        break;
      }
    }
    const std::string_view before = Trim(text_.substr(0, at_));
    std::size_t start = before.size();
    while (start > 0 && IsWordChar(before[start - 1])) {
      --start;
    }
    const std::string name(before.substr(start));
    const bool parameters = angles_ == 0 && name != "requires" && name != "decltype" &&
                            name != "alignas" && name != "__attribute__" && name != "explicit";
    if (parameters) {
      head_.name = name.empty() ? "operator" : name;
      head_.arguments = text_.substr(at_ + 1, std::min(end, text_.size()) - at_ - 1);
      head_.rest = text_.substr(std::min(end + 1, text_.size()));
    }
    at_ = end;
    return parameters;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t angles_ = 0;
  Head head_;
};

inline std::size_t CountParameters(std::string_view arguments) {
  std::size_t count = Trim(arguments).empty() || Trim(arguments) == "void" ? 0 : 1;
  int depth = 0;
  for (const char c : arguments) {
    depth += c == '(' || c == '<' || c == '{' || c == '[' ? 1 : 0;
    depth -= c == ')' || c == '>' || c == '}' || c == ']' ? 1 : 0;
    count += c == ',' && depth == 0 ? 1U : 0U;
  }
  return count;
}

// Walks over namespaces and classes; what is inside a function is one piece.
class FunctionScanner {
 public:
  explicit FunctionScanner(const Source& source) {
    bool directive = false;
    for (const std::string& line : source.code) {
      directive = directive || line.starts_with("#");
      text_ += directive ? std::string(line.size(), ' ') : line;
      text_ += '\n';
      directive = directive && line.ends_with("\\");
    }
  }

  std::vector<Function> Scan() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      parens_ += c == '(' ? 1 : 0;
      parens_ -= c == ')' ? 1 : 0;
      if (c == '{' && parens_ > 0) {
        at_ = ClosingBrace();
      } else if (c == '{') {
        OnBrace();
      } else if (c == '}') {
        head_start_ = at_ + 1;
      } else if (c == ';' && parens_ == 0) {
        OnDeclaration();
      } else if (c == ':' && IsAccessSpecifier()) {
        head_start_ = at_ + 1;
      }
      ++at_;
    }
    return functions_;
  }

 private:
  [[nodiscard]] std::string_view HeadText() const {
    return Trim(std::string_view(text_).substr(head_start_, at_ - head_start_));
  }
  [[nodiscard]] bool IsAccessSpecifier() const {
    const std::string_view head = HeadText();
    return head == "public" || head == "private" || head == "protected";
  }
  [[nodiscard]] std::size_t ClosingBrace() const {
    std::size_t depth = 0;
    for (std::size_t at = at_; at < text_.size(); ++at) {
      depth += text_[at] == '{' ? 1U : 0U;
      if (text_[at] == '}' && --depth == 0) {
        return at;
      }
    }
    return text_.size() - 1;
  }
  [[nodiscard]] std::size_t LineAt(std::size_t at) const {
    return 1 + static_cast<std::size_t>(std::count(
                   text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  }

  static bool OpensScope(std::string_view text, const Head& head) {
    return text.starts_with("namespace") || text.starts_with("extern \"") ||
           (head.name.empty() && !head.assigned &&
            (HasWord(text, "class") || HasWord(text, "struct") || HasWord(text, "union")) &&
            !HasWord(text, "enum"));
  }
  // Foo() : a_{1}: this brace initialises a member, the body is still to come.
  static bool IsMemberInitialiser(const Head& head, std::string_view text) {
    const std::size_t colon = head.rest.find(':');
    return colon != std::string_view::npos && head.rest.substr(colon, 2) != "::" &&
           (IsWordChar(text.back()) || text.back() == '>');
  }

  void OnBrace() {
    const std::string_view text = HeadText();
    const Head head = HeadReader(text).Read();
    if (OpensScope(text, head)) {
      head_start_ = at_ + 1;
      return;
    }
    const std::size_t end = ClosingBrace();
    const bool function = head.lambda || (!head.name.empty() && !IsMemberInitialiser(head, text));
    if (function) {
      Add(head, text, end);
      head_start_ = end + 1;
    }
    at_ = end;
  }

  void OnDeclaration() {
    const std::string_view text = HeadText();
    const Head head = HeadReader(text).Read();
    if (!head.name.empty() && !text.starts_with("using") && !text.starts_with("static_assert")) {
      Add(head, text, at_);
      functions_.back().line_count = 0;
    }
    head_start_ = at_ + 1;
  }

  void Add(const Head& head, std::string_view text, std::size_t end) {
    const std::size_t start = static_cast<std::size_t>(text.data() - text_.data());
    const std::size_t line = LineAt(start);
    functions_.push_back(
        {.name = head.name,
         .line = line,
         .line_count = LineAt(end) - line + 1,
         .parameters = CountParameters(head.arguments),
         .complexity = ComplexityOf(std::string_view(text_).substr(at_, end - at_))});
  }

  std::string text_;
  std::size_t at_ = 0;
  std::size_t head_start_ = 0;
  int parens_ = 0;
  std::vector<Function> functions_;
};

inline std::vector<Function> FunctionsOf(const Source& source) {
  return FunctionScanner(source).Scan();
}

}  // namespace rehearse::tidy
