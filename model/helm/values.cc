#include "model/helm/values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace rehearse::helm {
namespace {

constexpr std::array<std::string_view, 4> kModeNames = {
    "none", "reuse", "reset", "reset-then-reuse"};
constexpr std::array<std::string_view, 4> kModeFlags = {
    "", "--reuse-values", "--reset-values", "--reset-then-reuse-values"};

constexpr int kIndexMax = 65536;     // Law::kSetSyntax
constexpr int kNestedLevelMax = 30;  // Law::kSetSyntax

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

bool EqualFold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == y;
  });
}

// As Go's runtime words it: helm shows the recovered panic.
std::string WrongType(const Json& present, std::string_view wanted) {
  std::string_view type = "map[string]interface {}";
  if (present.is_null()) {
    type = "nil";
  } else if (present.is_string()) {
    type = "string";
  } else if (present.is_boolean()) {
    type = "bool";
  } else if (present.is_number_integer()) {
    type = "int64";
  } else if (present.is_number()) {
    type = "float64";
  } else if (present.is_array()) {
    type = "[]interface {}";
  }
  return "unable to parse key: interface conversion: interface {} is " + std::string(type) +
         ", not " + std::string(wanted);
}

// Law::kSetScalarTypes
Json TypedScalar(const std::string& text, bool strings_only) {
  if (strings_only) {
    return text;
  }
  if (EqualFold(text, "true")) {
    return true;
  }
  if (EqualFold(text, "false")) {
    return false;
  }
  if (EqualFold(text, "null")) {
    return nullptr;
  }
  if (text == "0") {
    return 0;
  }
  if (!text.empty() && text[0] != '0') {
    std::int64_t value = 0;
    const std::size_t skip = text[0] == '+' ? 1 : 0;
    const char* const begin = text.data() + skip;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(begin, end, value);
    const bool sign_twice = skip == 1 && begin != end && *begin == '-';
    if (failure == std::errc() && stop == end && !sign_twice) {
      return value;
    }
  }
  return text;
}

// Helm's strvals grammar. A `.` or `[` descends, `,` separates, `\` escapes one character.
class SetParser {
 public:
  SetParser(std::string_view text, bool strings_only) : text_(text), strings_only_(strings_only) {}

  Status ParseInto(Json& into) {
    while (at_ < text_.size()) {
      TRY(Key(into, 0));
    }
    return {};
  }

 private:
  struct Token {
    std::string text;
    char stop = '\0';  // '\0': the input ended
  };

  Token Until(std::string_view stops) {
    Token token;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (stops.find(c) != std::string_view::npos) {
        token.stop = c;
        return token;
      }
      if (c != '\\') {
        token.text += c;
      } else if (at_ < text_.size()) {
        token.text += text_[at_++];
      }
    }
    return token;
  }

  static void Set(Json& table, const std::string& key, Json value) {
    if (!key.empty()) {
      table[key] = std::move(value);
    }
  }

  Status Key(Json& table, int level) {
    const Token token = Until("=[,.");
    switch (token.stop) {
      case '=': {
        TRY_ASSIGN(Json value, Value());
        Set(table, token.text, std::move(value));
        return {};
      }
      case '[':
        return ListKey(table, token.text, level);
      case '.':
        return TableKey(table, token.text, level + 1);
      case ',':
        Set(table, token.text, "");
        return BadInput("key " + Quoted(token.text) + " has no value (cannot end with ,)");
      default:
        return token.text.empty() ? Status()
                                  : BadInput("key " + Quoted(token.text) + " has no value");
    }
  }

  Status TableKey(Json& table, const std::string& key, int level) {
    if (level > kNestedLevelMax) {
      return BadInput("value name nested level is greater than maximum supported nested level of " +
                      std::to_string(kNestedLevelMax));
    }
    Json inner = Json::object();
    if (const Json* present = At(table, {key}); present != nullptr) {
      if (!present->is_object()) {
        return BadInput(WrongType(*present, "map[string]interface {}"));
      }
      inner = *present;
    }
    const bool at_end = at_ >= text_.size();
    TRY(Key(inner, level));
    if (inner.empty()) {
      return at_end ? Status() : BadInput("key map " + Quoted(key) + " has no value");
    }
    Set(table, key, std::move(inner));
    return {};
  }

  Status ListKey(Json& table, const std::string& key, int level) {
    TRY_ASSIGN(const int index, Index());
    Json list = Json::array();
    if (const Json* present = At(table, {key}); present != nullptr) {
      if (!present->is_array()) {
        return BadInput(WrongType(*present, "[]interface {}"));
      }
      list = *present;
    }
    TRY(ListItem(list, index, level));
    Set(table, key, std::move(list));
    return {};
  }

  Result<int> Index() {
    const Token token = Until("]");
    int index = 0;
    const char* const end = token.text.data() + token.text.size();
    const auto [stop, failure] = std::from_chars(token.text.data(), end, index);
    if (token.stop == '\0' || failure != std::errc() || stop != end) {
      return BadInput("error parsing index: " + Quoted(token.text));
    }
    if (index < 0) {
      return BadInput("negative " + std::to_string(index) + " index not allowed");
    }
    if (index > kIndexMax) {
      return BadInput("index of " + std::to_string(index) +
                      " is greater than maximum supported index of " + std::to_string(kIndexMax));
    }
    return index;
  }

  static Json& Slot(Json& list, int index) {
    while (list.size() <= static_cast<std::size_t>(index)) {
      list.push_back(nullptr);
    }
    return list[static_cast<std::size_t>(index)];
  }

  Status ListItem(Json& list, int index, int level) {
    const Token token = Until("[.=");
    if (!token.text.empty()) {
      return BadInput("unexpected data at end of array index: " + Quoted(token.text));
    }
    if (token.stop == '=') {
      TRY_ASSIGN(Json value, Value());
      Slot(list, index) = std::move(value);
      return {};
    }
    if (token.stop == '\0') {
      return {};  // the text ended behind the index: helm leaves the list as it is
    }
    Json& slot = Slot(list, index);
    if (token.stop == '[') {
      TRY_ASSIGN(const int inner_index, Index());
      if (!slot.is_array()) {
        slot = Json::array();
      }
      return ListItem(slot, inner_index, level);
    }
    if (!slot.is_object()) {
      slot = Json::object();
    }
    return Key(slot, level);
  }

  Result<Json> Value() {
    if (at_ < text_.size() && text_[at_] == '{') {
      ++at_;
      return ListValue();
    }
    return TypedScalar(Until(",").text, strings_only_);
  }

  Result<Json> ListValue() {
    Json list = Json::array();
    while (true) {
      const Token token = Until(",}");
      if (token.stop == '\0') {
        return BadInput("list must terminate with '}'");
      }
      list.push_back(TypedScalar(token.text, strings_only_));
      if (token.stop == '}') {
        at_ += at_ < text_.size() && text_[at_] == ',' ? 1U : 0U;
        return list;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool strings_only_;
};

Status ParseAny(std::string_view text, bool strings_only, Json& into) {
  Status parsed = SetParser(text, strings_only).ParseInto(into);
  if (!parsed) {
    return BadInput("failed parsing --set data: " + parsed.error().message);
  }
  return parsed;
}

}  // namespace

std::string_view NameOf(ValuesMode mode) { return kModeNames.at(static_cast<std::size_t>(mode)); }

std::string_view FlagOf(ValuesMode mode) { return kModeFlags.at(static_cast<std::size_t>(mode)); }

Result<ValuesMode> ParseValuesMode(std::string_view text) {
  const auto found = std::find(kModeNames.begin(), kModeNames.end(), text);
  if (found == kModeNames.end()) {
    return BadInput("not a values mode: \"" + std::string(text) +
                    "\" (none, reuse, reset, reset-then-reuse)");
  }
  return static_cast<ValuesMode>(found - kModeNames.begin());
}

Status ParseSet(std::string_view text, Json& into) { return ParseAny(text, false, into); }

Status ParseSetString(std::string_view text, Json& into) { return ParseAny(text, true, into); }

Json MergeFiles(Json base, const Json& over) {
  for (const auto& [key, value] : over.items()) {
    Json& slot = base[key];
    slot = slot.is_object() && value.is_object() ? MergeFiles(std::move(slot), value) : value;
  }
  return base;
}

void CoalesceTables(Json& dst, const Json& src) {
  if (!dst.is_object() || !src.is_object()) {
    return;
  }
  std::vector<std::string> removed;  // Law::kNullRemovesKey: they must not come back from src
  for (const auto& [key, value] : dst.items()) {
    if (value.is_null()) {
      removed.push_back(key);
    }
  }
  for (const auto& [key, value] : src.items()) {
    const auto present = dst.find(key);
    if (present == dst.end()) {
      dst[key] = value;
    } else if (present->is_object() && value.is_object()) {
      CoalesceTables(*present, value);
    }
  }
  for (const std::string& key : removed) {
    dst.erase(key);
  }
}

Json Coalesce(const Json& chart_values, Json user_values) {
  if (!user_values.is_object()) {
    user_values = Json::object();
  }
  for (const auto& [key, value] : chart_values.items()) {
    const auto present = user_values.find(key);
    if (present == user_values.end()) {
      user_values[key] = value;
    } else if (present->is_null()) {
      user_values.erase(present);  // Law::kNullRemovesKey
    } else if (present->is_object() && value.is_object()) {
      CoalesceTables(*present, value);
    }
  }
  return user_values;
}

UpgradeValues ValuesForUpgrade(ValuesMode mode, const ReleaseRecord& current, Json given) {
  UpgradeValues values{std::move(given), nullptr};
  const Json& old_config = ConfigOf(current);
  switch (mode) {
    case ValuesMode::kReset:
      break;
    case ValuesMode::kReuse: {
      const Json* old_chart = current.chart.value ? At(*current.chart.value, {"values"}) : nullptr;
      values.base = Share(Coalesce(old_chart ? *old_chart : Json::object(), old_config));
      CoalesceTables(values.config, old_config);
      break;
    }
    case ValuesMode::kResetThenReuse:
      CoalesceTables(values.config, old_config);
      break;
    case ValuesMode::kNone:
      if (values.config.empty() && !old_config.empty()) {
        values.config = old_config;
      }
      break;
  }
  return values;
}

const Json* ValueAt(const Json& values, std::string_view dotted_path) {
  const Json* at = &values;
  while (!dotted_path.empty()) {
    const std::size_t dot = dotted_path.find('.');
    at = At(*at, {dotted_path.substr(0, dot)});
    if (at == nullptr || dot == std::string_view::npos) {
      return at;
    }
    dotted_path.remove_prefix(dot + 1);
  }
  return at;
}

bool ConditionEnabled(const Json& values, std::string_view condition) {
  while (!condition.empty()) {
    const std::size_t comma = condition.find(',');
    const Json* value = ValueAt(values, condition.substr(0, comma));
    if (value != nullptr && value->is_boolean()) {
      return value->get<bool>();
    }
    if (comma == std::string_view::npos) {
      break;
    }
    condition.remove_prefix(comma + 1);
  }
  return true;  // Law::kAbsentConditionEnables
}

}  // namespace rehearse::helm
