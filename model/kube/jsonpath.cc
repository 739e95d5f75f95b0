#include "model/kube/jsonpath.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include "model/core/law.h"

namespace rehearse::kube {
namespace {

using Values = std::vector<const Json*>;

enum class Comparison {
  kExists,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

struct ComparisonSign {
  std::string_view sign;
  Comparison comparison;
};
// Longer signs first, so that "<=" is not read as "<".
constexpr std::array kSigns = {
    ComparisonSign{"==", Comparison::kEqual},
    ComparisonSign{"!=", Comparison::kNotEqual},
    ComparisonSign{"<=", Comparison::kLessOrEqual},
    ComparisonSign{">=", Comparison::kGreaterOrEqual},
    ComparisonSign{"<", Comparison::kLess},
    ComparisonSign{">", Comparison::kGreater},
};

struct Node;
using Path = std::vector<Node>;

// One side of a filter's comparison: a path from the element, or a constant.
struct Operand {
  Path path;
  std::optional<Json> constant;
};

enum class NodeKind { kField, kDescend, kSlice, kWildcard, kFilter };

struct Slice {
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  std::optional<std::int64_t> step;
  bool single = false;  // [2]: an index out of bounds is an error
};

struct Filter {
  Comparison comparison = Comparison::kExists;
  Operand left;
  Operand right;
};

struct Node {
  NodeKind kind = NodeKind::kField;
  std::string field;
  Slice slice;
  std::shared_ptr<const Filter> filter;
};

// Part of a template: literal text, or an expression.
struct Part {
  std::string text;
  Path path;
  bool is_path = false;
};

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return "";
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool IsQuote(char letter) { return letter == '"' || letter == '\''; }

// ---- parsing -----------------------------------------------------------------------------------

// The end of a bracketed text that starts at `open`; quoted text and nested brackets are skipped.
std::optional<std::size_t> FindClose(std::string_view text, std::size_t open) {
  std::string closers;
  for (std::size_t i = open; i < text.size(); ++i) {
    const char letter = text[i];
    if (letter == '\\') {
      ++i;
    } else if (IsQuote(letter)) {
      do {
        i = text.find(letter, i + 1);
      } while (i != std::string_view::npos && text[i - 1] == '\\');
      if (i == std::string_view::npos) {
        return std::nullopt;
      }
    } else if (letter == '{' || letter == '[' || letter == '(') {
      closers.push_back(letter == '{' ? '}' : letter == '[' ? ']' : ')');
    } else if (!closers.empty() && letter == closers.back()) {
      closers.pop_back();
      if (closers.empty()) {
        return i;
      }
    }
  }
  return std::nullopt;
}

// Quoted text as Go's strconv.Unquote reads it, for the escapes that templates use.
std::string Unquote(std::string_view quoted) {
  std::string text;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\' || i + 2 >= quoted.size()) {
      text.push_back(quoted[i]);
      continue;
    }
    ++i;
    text.push_back(quoted[i] == 'n' ? '\n' : quoted[i] == 't' ? '\t' : quoted[i]);
  }
  return text;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view whole) : whole_(whole) {}

  Result<std::vector<Part>> Template() const {
    std::vector<Part> parts;
    std::string_view rest = whole_;
    while (!rest.empty()) {
      const std::size_t open = rest.find('{');
      if (open != 0) {
        parts.push_back({std::string(rest.substr(0, open)), {}, false});
        rest = open == std::string_view::npos ? "" : rest.substr(open);
        continue;
      }
      const std::optional<std::size_t> close = FindClose(rest, 0);
      if (!close) {
        return Error("unclosed action");
      }
      TRY_ASSIGN(Part part, Action(Trim(rest.substr(1, *close - 1))));
      parts.push_back(std::move(part));
      rest = rest.substr(*close + 1);
    }
    return parts;
  }

 private:
  [[nodiscard]] tl::unexpected<rehearse::Error> Error(std::string_view what) const {
    return BadInput("error parsing jsonpath " + std::string(whole_) + ", " + std::string(what));
  }

  [[nodiscard]] Result<Part> Action(std::string_view text) const {
    if (text.size() >= 2 && IsQuote(text.front()) && text.back() == text.front()) {
      return Part{Unquote(text), {}, false};
    }
    if (text.empty()) {
      return Part{};
    }
    TRY_ASSIGN(Path path, ParsePath(text));
    return Part{"", std::move(path), true};
  }

  [[nodiscard]] Result<Path> ParsePath(std::string_view text) const {
    if (!text.empty() && (text.front() == '@' || text.front() == '$')) {
      text.remove_prefix(1);
    }
    Path path;
    while (!text.empty()) {
      if (text.front() == '[') {
        const std::optional<std::size_t> close = FindClose(text, 0);
        if (!close) {
          return Error("unterminated array");
        }
        TRY_ASSIGN(Node node, Bracket(Trim(text.substr(1, *close - 1))));
        path.push_back(std::move(node));
        text.remove_prefix(*close + 1);
      } else if (text.starts_with("..")) {
        path.push_back({NodeKind::kDescend, "", {}, nullptr});
        text.remove_prefix(text.size() > 2 && text[2] != '[' ? 1 : 2);
      } else if (text.front() == '.') {
        text.remove_prefix(1);
        TRY_ASSIGN(Node node, Field(text));
        path.push_back(std::move(node));
      } else {
        return Error("unrecognized identifier " + std::string(text));
      }
    }
    return path;
  }

  // Reads a field name off the front of `text`.
  [[nodiscard]] Result<Node> Field(std::string_view& text) const {
    constexpr std::string_view kEnds = " \t\r\n.[,]()|=<>!{}'\"@$?:";
    Node node;
    while (!text.empty() && kEnds.find(text.front()) == std::string_view::npos) {
      if (text.front() == '\\' && text.size() > 1) {
        text.remove_prefix(1);
      }
      node.field.push_back(text.front());
      text.remove_prefix(1);
    }
    if (node.field == "*") {
      node.kind = NodeKind::kWildcard;
    } else if (node.field.empty() && !text.empty()) {
      return Error("unexpected " + std::string(text));
    }
    return node;
  }

  [[nodiscard]] Result<Node> Bracket(std::string_view text) const {
    if (text == "*") {
      return Node{NodeKind::kWildcard, "", {}, nullptr};
    }
    if (text.starts_with("?(") && text.back() == ')') {
      return FilterNode(Trim(text.substr(2, text.size() - 3)));
    }
    if (text.size() >= 2 && IsQuote(text.front()) && FindUnquoted(text, ",") == text.size()) {
      return Node{NodeKind::kField, UnescapeField(text.substr(1, text.size() - 2)), {}, nullptr};
    }
    return SliceNode(text);
  }

  static std::string UnescapeField(std::string_view text) {
    std::string field;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        ++i;
      }
      field.push_back(text[i]);
    }
    return field;
  }

  [[nodiscard]] Result<Node> SliceNode(std::string_view text) const {
    Node node{NodeKind::kSlice, "", {}, nullptr};
    node.slice.single = text.find(':') == std::string_view::npos;
    std::array<std::optional<std::int64_t>*, 3> bounds = {
        &node.slice.from, &node.slice.to, &node.slice.step};
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      const std::size_t colon = text.find(':');
      const std::string_view word = Trim(text.substr(0, colon));
      if (!word.empty()) {
        *bounds.at(i) = ParseInteger(word);
        if (!*bounds.at(i)) {
          return Error("invalid array index " + std::string(text));
        }
      }
      if (colon == std::string_view::npos) {
        return node.slice.single && !node.slice.from ? Result<Node>(Error("empty array index"))
                                                     : Result<Node>(std::move(node));
      }
      text = text.substr(colon + 1);
    }
    return Error("too many array bounds " + std::string(text));
  }

  // Where `what` stands outside quotes, or the size of `text`.
  static std::size_t FindUnquoted(std::string_view text, std::string_view what) {
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (quote == '\0' && text.substr(i).starts_with(what)) {
        return i;
      }
      if (quote == '\0' ? IsQuote(text[i]) : text[i] == quote) {
        quote = quote == '\0' ? text[i] : '\0';
      }
    }
    return text.size();
  }

  [[nodiscard]] Result<Node> FilterNode(std::string_view text) const {
    Filter filter;
    std::string_view left = text;
    for (const ComparisonSign& row : kSigns) {
      const std::size_t at = FindUnquoted(text, row.sign);
      if (at != text.size()) {
        filter.comparison = row.comparison;
        left = text.substr(0, at);
        TRY_ASSIGN(filter.right, ParseOperand(Trim(text.substr(at + row.sign.size()))));
        break;
      }
    }
    TRY_ASSIGN(filter.left, ParseOperand(Trim(left)));
    return Node{NodeKind::kFilter, "", {}, std::make_shared<const Filter>(std::move(filter))};
  }

  [[nodiscard]] Result<Operand> ParseOperand(std::string_view text) const {
    if (text.size() >= 2 && IsQuote(text.front()) && text.back() == text.front()) {
      return Operand{{}, Json(Unquote(text))};
    }
    if (!text.empty() && (text.front() == '@' || text.front() == '$')) {
      TRY_ASSIGN(Path path, ParsePath(text));
      return Operand{std::move(path), std::nullopt};
    }
    if (text == "true" || text == "false") {
      return Operand{{}, Json(text == "true")};
    }
    if (const std::optional<std::int64_t> number = ParseInteger(text)) {
      return Operand{{}, Json(*number)};
    }
    return Error("unrecognized filter operand " + std::string(text));
  }

  std::string_view whole_;
};

// ---- evaluation --------------------------------------------------------------------------------

Result<Values> Evaluate(const Path& path, Values values);

void Descend(const Json& value, Values& into) {
  if (!value.is_structured() || value.empty()) {
    return;
  }
  into.push_back(&value);
  for (const Json& child : value) {
    Descend(child, into);
  }
}

Result<Values> EvaluateSlice(const Slice& slice, const Json& list) {
  if (!list.is_array()) {
    return Fail(ErrorCode::kFailed, Dump(list) + " is not array or slice");
  }
  const auto size = static_cast<std::int64_t>(list.size());
  const auto from_end = [size](std::int64_t index) { return index < 0 ? index + size : index; };
  const std::int64_t from = from_end(slice.from.value_or(0));
  const std::int64_t to = slice.single ? from + 1 : from_end(slice.to.value_or(size));
  if (from != to && (from < 0 || from >= size || to > size)) {
    const std::int64_t index = from >= 0 && from < size ? to - 1 : from;
    return Fail(ErrorCode::kFailed,
                "array index out of bounds: index " + std::to_string(index) + ", length " +
                    std::to_string(size));
  }
  const std::int64_t step = slice.step.value_or(1);
  if (step <= 0) {
    return Fail(ErrorCode::kFailed, "step must be > 0");
  }
  Values chosen;
  for (std::int64_t at = from; at < to; at += step) {
    chosen.push_back(&list[static_cast<std::size_t>(at)]);
  }
  return chosen;
}

Result<bool> Compare(Comparison comparison, const Json& left, const Json& right) {
  const bool same_type = left.type() == right.type() || (left.is_number() && right.is_number());
  if (!same_type || left.is_structured()) {
    return Fail(ErrorCode::kFailed, "incompatible types for comparison");
  }
  switch (comparison) {
    case Comparison::kExists:
      return true;
    case Comparison::kEqual:
      return left == right;
    case Comparison::kNotEqual:
      return left != right;
    case Comparison::kLess:
      return left < right;
    case Comparison::kLessOrEqual:
      return left <= right;
    case Comparison::kGreater:
      return left > right;
    case Comparison::kGreaterOrEqual:
      return left >= right;
  }
  return false;
}

Result<Values> EvaluateOperand(const Operand& operand, const Json& element) {
  if (operand.constant) {
    return Values{&*operand.constant};
  }
  return Evaluate(operand.path, {&element});
}

Result<bool> Passes(const Filter& filter, const Json& element) {
  TRY_ASSIGN(const Values left, EvaluateOperand(filter.left, element));
  if (filter.comparison == Comparison::kExists || left.empty()) {
    return !left.empty();
  }
  TRY_ASSIGN(const Values right, EvaluateOperand(filter.right, element));
  if (left.size() > 1 || right.size() > 1) {
    return Fail(ErrorCode::kFailed, "can only compare one element at a time");
  }
  return right.empty() ? Result<bool>(false) : Compare(filter.comparison, *left[0], *right[0]);
}

Result<Values> EvaluateFilter(const Filter& filter, const Json& list) {
  if (!list.is_array()) {
    return Fail(ErrorCode::kFailed, Dump(list) + " is not array or slice and cannot be filtered");
  }
  Values chosen;
  for (const Json& element : list) {
    TRY_ASSIGN(const bool passes, Passes(filter, element));
    if (passes) {
      chosen.push_back(&element);
    }
  }
  return chosen;
}

Result<Values> EvaluateNode(const Node& node, const Json& value) {
  Values found;
  switch (node.kind) {
    case NodeKind::kField:
      if (node.field.empty()) {  // "{.}": the value itself
        found.push_back(&value);
      } else if (const Json* member = At(value, {node.field})) {
        found.push_back(member);
      }
      return found;
    case NodeKind::kDescend:
      Descend(value, found);
      return found;
    case NodeKind::kWildcard:
      if (value.is_structured()) {
        for (const Json& child : value) {
          found.push_back(&child);
        }
      }
      return found;
    case NodeKind::kSlice:
      return EvaluateSlice(node.slice, value);
    case NodeKind::kFilter:
      return EvaluateFilter(*node.filter, value);
  }
  return found;
}

Result<Values> Evaluate(const Path& path, Values values) {
  for (const Node& node : path) {
    Values next;
    for (const Json* value : values) {
      if (value->is_null()) {  // a null has no parts, of whatever kind they are
        continue;
      }
      TRY_ASSIGN(const Values found, EvaluateNode(node, *value));
      next.insert(next.end(), found.begin(), found.end());
    }
    values = std::move(next);
  }
  return values;
}

// ---- printing ----------------------------------------------------------------------------------

// Go's encoding/json writes <, > and & as escapes; outside strings they do not occur in JSON.
std::string EscapeHtml(std::string_view json) {
  std::string text;
  for (const char letter : json) {
    const bool escaped = letter == '<' || letter == '>' || letter == '&';
    text += escaped ? fmt::format("\\u{:04x}", static_cast<int>(letter)) : std::string(1, letter);
  }
  return text;
}

std::string PrintValue(const Json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  return value.is_null() ? "<nil>" : EscapeHtml(Dump(value));
}

std::string PrettyText(const Json& document) {
  return EscapeHtml(document.dump(4, ' ', false, Json::error_handler_t::replace)) + "\n";
}

Json ListOf(const std::vector<Json>& documents) {
  return Json{{"apiVersion", "v1"},
              {"kind", "List"},
              {"metadata", {{"resourceVersion", ""}}},
              {"items", documents}};
}

}  // namespace

// Law::kKubectlJsonPath
Result<std::string> EvalJsonPath(std::string_view template_text, const Json& document) {
  TRY_ASSIGN(const std::vector<Part> parts, Parser(template_text).Template());
  std::string text;
  for (const Part& part : parts) {
    text += part.text;
    if (!part.is_path) {
      continue;
    }
    TRY_ASSIGN(const Values values, Evaluate(part.path, {&document}));
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += (i == 0 ? "" : " ") + PrintValue(*values[i]);
    }
  }
  return text;
}

// Law::kKubectlName
std::string ResourceName(const Json& document) {
  std::string resource = StringAt(document, {"kind"});
  std::ranges::transform(resource, resource.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  const std::string version = StringAt(document, {"apiVersion"});
  const std::size_t slash = version.find('/');
  if (slash != std::string::npos) {
    resource += "." + version.substr(0, slash);
  }
  return resource + "/" + StringAt(document, {"metadata", "name"});
}

Result<std::string> TextOutput(std::string_view output,
                               const std::vector<Json>& documents,
                               bool is_list) {
  constexpr std::string_view kJsonPath = "jsonpath=";
  if (output.starts_with(kJsonPath) || output == "json") {
    const Json root = is_list ? ListOf(documents) : documents.empty() ? Json() : documents.front();
    // Law::kKubectlJson
    return output == "json" ? PrettyText(root)
                            : EvalJsonPath(output.substr(kJsonPath.size()), root);
  }
  if (!output.empty() && output != "name") {
    return BadInput("unable to match a printer suitable for the output format \"" +
                    std::string(output) + "\", allowed formats here are: json,jsonpath,name");
  }
  std::string text = output.empty() && !documents.empty() ? "NAME\n" : "";
  for (const Json& document : documents) {
    text += (output == "name" ? ResourceName(document) : StringAt(document, {"metadata", "name"})) +
            "\n";
  }
  return text;
}

}  // namespace rehearse::kube
