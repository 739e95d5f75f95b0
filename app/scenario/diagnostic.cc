#include "app/scenario/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rehearse::app {
namespace {

constexpr std::array<std::string_view, kLintCodes> kMeanings = {
    "the file is no single YAML document",
    "a key that is not known here",
    "a key that must be there is not",
    "a value of another type",
    "a word that is not among those allowed here",
    "a value that means nothing here",
    "a file that cannot be read",
    "a property that no checker has",
    "a fault that cannot happen",
    "a step that is not there",
    "a chart that was never published",
    "a key that stands twice",
    "two parts of the file exclude each other",
};

std::string Joined(const auto& words) { return fmt::format("{}", fmt::join(words, ", ")); }

}  // namespace

std::string NameOf(LintCode code) { return fmt::format("S{:03d}", static_cast<int>(code)); }

std::string_view Meaning(LintCode code) { return kMeanings.at(static_cast<std::size_t>(code) - 1); }

std::string TextOf(const Diagnostic& diagnostic) {
  return fmt::format("{}:{}:{}: {} {}",
                     diagnostic.file,
                     diagnostic.place.line,
                     diagnostic.place.column,
                     NameOf(diagnostic.code),
                     diagnostic.message);
}

void Document::Add(LintCode code, const std::string& pointer, std::string message) {
  std::string at = pointer;
  while (!at.empty() && !yaml.places.contains(at)) {
    at.resize(at.rfind('/'));
  }
  const Place place = at.empty() ? Place{} : yaml.places.at(at);
  diagnostics.push_back(Diagnostic{code, file, place, std::move(message)});
}

Form::Form(Document& document, const Json& json, std::string pointer)
    : document_(document), json_(json), pointer_(std::move(pointer)) {
  if (!json_.is_object()) {
    document_.Add(LintCode::kWrongType, pointer_, "expected a mapping");
  }
}

std::string Form::At(std::string_view key) const { return pointer_ + "/" + std::string(key); }

void Form::Report(LintCode code, std::string_view key, std::string message) {
  document_.Add(code, At(key), std::string(key) + ": " + std::move(message));
}

const Json* Form::Get(std::string_view key) {
  known_.emplace(key);
  return rehearse::At(json_, {key});
}

void Form::GetAll() {
  if (json_.is_object()) {
    for (const auto& [key, value] : json_.items()) {
      known_.insert(key);
    }
  }
}

void Form::Need(std::string_view key) {
  if (Get(key) == nullptr && json_.is_object()) {
    document_.Add(LintCode::kMissingKey, pointer_, "'" + std::string(key) + "' is missing");
  }
}

std::string Form::Text(std::string_view key, bool required) {
  if (required) {
    Need(key);
  }
  const Json* value = Get(key);
  if (value == nullptr) {
    return "";
  }
  if (!value->is_string()) {
    Report(LintCode::kWrongType, key, "expected a text (quote it if it looks like a number)");
    return "";
  }
  return value->get<std::string>();
}

std::string Form::OneOf(std::string_view key,
                        const std::vector<std::string>& allowed,
                        bool required) {
  std::string text = Text(key, required);
  if (!text.empty() && std::ranges::find(allowed, text) == allowed.end()) {
    Report(LintCode::kNotOneOf, key, "'" + text + "', expected one of " + Joined(allowed));
    text.clear();
  }
  return text;
}

std::int64_t Form::Whole(std::string_view key, std::int64_t min, std::int64_t fallback) {
  const Json* value = Get(key);
  if (value == nullptr) {
    return fallback;
  }
  if (!value->is_number_integer()) {
    Report(LintCode::kWrongType, key, "expected a whole number");
    return fallback;
  }
  if (*value < min) {
    Report(LintCode::kBadValue, key, "expected a whole number from " + std::to_string(min));
    return fallback;
  }
  return value->get<std::int64_t>();
}

bool Form::Flag(std::string_view key) {
  const Json* value = Get(key);
  if (value != nullptr && !value->is_boolean()) {
    Report(LintCode::kWrongType, key, "expected true or false");
  }
  return value != nullptr && *value == true;
}

std::vector<std::string> Form::Texts(std::string_view key) {
  const Json* value = Get(key);
  std::vector<std::string> texts;
  if (value == nullptr) {
    return texts;
  }
  const bool good =
      value->is_array() &&
      std::all_of(value->begin(), value->end(), [](const Json& item) { return item.is_string(); });
  if (!good) {
    Report(LintCode::kWrongType, key, "expected a list of texts");
    return texts;
  }
  for (const Json& item : *value) {
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

void Form::Close() {
  if (!json_.is_object()) {
    return;
  }
  for (const auto& [key, value] : json_.items()) {
    if (!known_.contains(key)) {
      Report(LintCode::kUnknownKey, key, "unknown key (expected " + Joined(known_) + ")");
    }
  }
}

}  // namespace rehearse::app
