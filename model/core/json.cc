#include "model/core/json.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>

#include "model/core/placed_yaml.h"

namespace rehearse {
namespace {

bool IsInteger(const std::string& text) {
  const std::size_t start = text[0] == '-' || text[0] == '+' ? 1 : 0;
  return text.size() > start && text.size() < 19 &&
         text.find_first_not_of("0123456789", start) == std::string::npos &&
         (text.size() == start + 1 || text[start] != '0');
}

constexpr std::string_view kDigits = "0123456789";

std::size_t CutDigits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of(kDigits), text.size());
  text.remove_prefix(count);
  return count;
}

void CutSign(std::string_view& text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    text.remove_prefix(1);
  }
}

// [-+]?([0-9]+.[0-9]*|.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?, with a point or an exponent.
bool IsFloat(std::string_view text) {
  const bool is_whole = text.find_first_of(".eE") == std::string_view::npos;
  CutSign(text);
  std::size_t digits = CutDigits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    digits += CutDigits(text);
  }
  if (is_whole || digits == 0 || text.empty()) {
    return !is_whole && digits > 0;
  }
  if (text[0] != 'e' && text[0] != 'E') {
    return false;
  }
  text.remove_prefix(1);
  CutSign(text);
  return CutDigits(text) > 0 && text.empty();
}

// Nothing where no float of 64 bits comes near it.
std::optional<double> FloatOf(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

Json PlainScalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") {
    return true;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return false;
  }
  if (IsInteger(text)) {
    return std::stoll(text);
  }
  if (IsFloat(text)) {
    const std::optional<double> number = FloatOf(text);
    return number ? Json(*number) : Json(text);
  }
  return text;
}

// What is nested deeper would end the recursions over a document.
constexpr std::size_t kDepthMax = 500;

// Aliases are copied, so that few lines can stand for very many nodes, and one that stands in its
// own node for endlessly many; there is an end to both.
class YamlReader {
 public:
  Json Read(const YAML::Node& node) {
    if (left_ == 0 || depth_ == kDepthMax) {
      left_ = 0;
      return nullptr;
    }
    --left_;
    ++depth_;
    Json json = ReadInside(node);
    --depth_;
    return json;
  }

  [[nodiscard]] bool HasEnded() const { return left_ == 0; }

 private:
  Json ReadInside(const YAML::Node& node) {
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return nullptr;
      case YAML::NodeType::Scalar:
        return node.Tag() == "!" ? Json(node.Scalar()) : PlainScalar(node.Scalar());
      case YAML::NodeType::Sequence: {
        Json list = Json::array();
        for (const auto& item : node) {
          list.push_back(Read(item));
        }
        return list;
      }
      case YAML::NodeType::Map: {
        Json object = Json::object();
        for (const auto& member : node) {
          object[member.first.Scalar()] = Read(member.second);
        }
        return object;
      }
    }
    return nullptr;
  }

  std::size_t left_ = 2'000'000;
  std::size_t depth_ = 0;
};

class NoEvents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&,
                const std::string&,
                YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&,
                       const std::string&,
                       YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&,
                  const std::string&,
                  YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// The library gives a document without end for a token that may not stand there, a comma at the
// beginning for one. No text has more documents than characters.
bool IsEndless(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  NoEvents events;
  std::size_t documents = 0;
  while (documents <= text.size() + 1 && parser.HandleNextDocument(events)) {
    ++documents;
  }
  return documents > text.size() + 1;
}

Place PlaceOf(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// A key as a part of a JSON pointer.
std::string PointerPart(const std::string& key) {
  std::string part = "/";
  for (const char c : key) {
    part += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return part;
}

void CollectPlaces(const YAML::Node& node, const std::string& pointer, PlacedYaml& out) {
  if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::string item = pointer + "/" + std::to_string(i);
      out.places[item] = PlaceOf(node[i].Mark());
      CollectPlaces(node[i], item, out);
    }
    return;
  }
  if (!node.IsMap()) {
    return;
  }
  for (const auto& member : node) {
    const std::string item = pointer + PointerPart(member.first.Scalar());
    if (!out.places.emplace(item, PlaceOf(member.first.Mark())).second) {
      out.repeated.emplace_back(item, PlaceOf(member.first.Mark()));
    }
    CollectPlaces(member.second, item, out);
  }
}

void EmitScalar(YAML::Emitter& out, const Json& json) {
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    const bool plain_is_text = PlainScalar(text).is_string();
    if (text.find('\n') != std::string::npos) {
      out << YAML::Literal << text;
    } else if (plain_is_text) {
      out << text;
    } else {
      out << YAML::DoubleQuoted << text;
    }
  } else if (json.is_null()) {
    out << YAML::Null;
  } else {
    out << json.dump();
  }
}

void Emit(YAML::Emitter& out, const Json& json) {
  if (json.is_object()) {
    out << (json.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (const auto& [key, value] : json.items()) {
      out << YAML::Key;
      EmitScalar(out, Json(key));
      out << YAML::Value;
      Emit(out, value);
    }
    out << YAML::EndMap;
  } else if (json.is_array()) {
    out << (json.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const auto& item : json) {
      Emit(out, item);
    }
    out << YAML::EndSeq;
  } else {
    EmitScalar(out, json);
  }
}

// What a pure function gave before: manifests and tool configurations come by again and again in a
// search. Nobody can tell but by the time it takes.
template <typename Value>
class Notes {
 public:
  std::optional<Value> Find(std::string_view text) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto at = notes_.find(text);
    return at == notes_.end() ? std::nullopt : std::optional<Value>(at->second);
  }
  void Keep(std::string_view text, const Value& value) {
    constexpr std::size_t kBytesMax = std::size_t{8} << 20U;
    const std::lock_guard<std::mutex> guard(mutex_);
    bytes_ += text.size();
    if (bytes_ > kBytesMax) {
      notes_.clear();
      bytes_ = text.size();
    }
    notes_.emplace(text, value);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Value, std::less<>> notes_;
  std::size_t bytes_ = 0;
};

}  // namespace

namespace {

bool IsTooDeep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      i += c == '\\' ? 1U : 0U;
      in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    depth += c == '{' || c == '[' ? 1U : 0U;
    depth -= (c == '}' || c == ']') && depth > 0 ? 1U : 0U;
    if (depth > kDepthMax) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Json> ParseJson(std::string_view text, std::string_view where) {
  if (IsTooDeep(text)) {
    return BadInput(std::string(where) + ": JSON nested deeper than " + std::to_string(kDepthMax));
  }
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return BadInput(std::string(where) + ": not JSON at byte " + std::to_string(error.byte));
  } catch (const nlohmann::json::out_of_range&) {
    return BadInput(std::string(where) + ": JSON with a number that is too large");
  }
}

Result<std::vector<Json>> ParseYaml(std::string_view text, std::string_view where) {
  static Notes<std::vector<Json>> notes;
  if (auto known = notes.Find(text)) {
    return *std::move(known);
  }
  try {
    const std::string copy(text);
    if (IsEndless(copy)) {
      return BadInput(std::string(where) + ": not YAML: a token stands where none may stand");
    }
    std::vector<Json> documents;
    YamlReader reader;
    for (const YAML::Node& node : YAML::LoadAll(copy)) {
      Json json = reader.Read(node);
      if (!json.is_null()) {
        documents.push_back(std::move(json));
      }
    }
    if (reader.HasEnded()) {
      return BadInput(std::string(where) +
                      ": YAML with too many or too deep nodes (aliases count each time)");
    }
    notes.Keep(text, documents);
    return documents;
  } catch (const YAML::Exception& error) {
    return BadInput(std::string(where) + ": not YAML at line " +
                    std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
}

Result<PlacedYaml> ParsePlacedYaml(std::string_view text,
                                   std::string_view where,
                                   Place* error_place) {
  const std::string copy(text);
  try {
    if (!IsEndless(copy)) {  // for its place
      YAML::LoadAll(copy);
    }
  } catch (const YAML::Exception& error) {
    if (error_place != nullptr) {
      *error_place = PlaceOf(error.mark);
    }
  }
  TRY_ASSIGN(std::vector<Json> documents, ParseYaml(text, where));
  if (documents.size() != 1) {
    return BadInput(std::string(where) + ": expected one document, there are " +
                    std::to_string(documents.size()));
  }
  PlacedYaml out;
  out.document = std::move(documents.front());
  for (const YAML::Node& node : YAML::LoadAll(copy)) {
    CollectPlaces(node, "", out);
  }
  return out;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string DumpPretty(const Json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string DumpYaml(const Json& json) {
  static Notes<std::string> notes;
  const std::string key = Dump(json);
  if (auto known = notes.Find(key)) {
    return *std::move(known);
  }
  YAML::Emitter out;
  Emit(out, json);
  std::string text = std::string(out.c_str()) + "\n";
  notes.Keep(key, text);
  return text;
}

const Json* At(const Json& json, std::initializer_list<std::string_view> path) {
  const Json* at = &json;
  for (const std::string_view name : path) {
    if (!at->is_object()) {
      return nullptr;
    }
    const auto member = at->find(std::string(name));
    if (member == at->end()) {
      return nullptr;
    }
    at = &*member;
  }
  return at;
}

std::string StringAt(const Json& json,
                     std::initializer_list<std::string_view> path,
                     std::string_view fallback) {
  const Json* at = At(json, path);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string(fallback);
}

std::int64_t IntAt(const Json& json,
                   std::initializer_list<std::string_view> path,
                   std::int64_t fallback) {
  const Json* at = At(json, path);
  return at != nullptr && at->is_number_integer() ? at->get<std::int64_t>() : fallback;
}

namespace {

void AddJson(const Json& json, Hasher& hash) {
  switch (json.type()) {
    case Json::value_t::object:
      hash.Add(json.type()).Add(json.size());
      for (auto member = json.begin(); member != json.end(); ++member) {
        hash.Add(member.key());
        AddJson(*member, hash);
      }
      return;
    case Json::value_t::array:
      hash.Add(json.type()).Add(json.size());
      for (const Json& item : json) {
        AddJson(item, hash);
      }
      return;
    case Json::value_t::string:
      hash.Add(json.type()).Add(json.get_ref<const std::string&>());
      return;
    case Json::value_t::null:
    case Json::value_t::boolean:
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  hash.Add(Dump(json));  // 1 and 1U are the same number
}

}  // namespace

Fingerprint HashJson(const Json& json) {
  Hasher hash;
  AddJson(json, hash);
  return hash.Get();
}

}  // namespace rehearse
