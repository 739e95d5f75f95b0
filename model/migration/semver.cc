#include "model/migration/semver.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "model/core/law.h"

namespace rehearse::migration {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";

using Problem = std::optional<std::string>;

bool IsNumeric(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}
bool HasLeadingZero(std::string_view text) { return text.size() > 1 && text[0] == '0'; }
bool IsAlphanumeric(std::string_view text) {
  return text.find_first_not_of(std::string(kDigits) + std::string(kLetters)) ==
         std::string_view::npos;
}

std::string Capitalised(std::string_view word) {
  std::string text(word);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// `part` is major, minor or patch.
Problem NumberProblem(std::string_view part, std::string_view text) {
  if (!IsNumeric(text)) {
    return fmt::format(R"(Invalid character(s) found in {} number "{}")", part, text);
  }
  if (HasLeadingZero(text)) {
    return fmt::format(
        R"({} number must not contain leading zeroes "{}")", Capitalised(part), text);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc()) {
    return std::nullopt;
  }
  return fmt::format(R"(strconv.ParseUint: parsing "{}": {})",
                     text,
                     text.empty() ? "invalid syntax" : "value out of range");
}

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t dot = 0; (dot = text.find('.')) != std::string_view::npos;) {
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  return parts;
}

Problem PrereleaseProblem(std::string_view prerelease) {
  for (const std::string_view part : Split(prerelease)) {
    if (part.empty()) {
      return "Prerelease is empty";
    }
    if (IsNumeric(part) && HasLeadingZero(part)) {
      return fmt::format(R"(Numeric PreRelease version must not contain leading zeroes "{}")",
                         part);
    }
    if (!IsAlphanumeric(part)) {
      return fmt::format(R"(Invalid character(s) found in prerelease "{}")", part);
    }
  }
  return std::nullopt;
}

Problem BuildProblem(std::string_view build) {
  for (const std::string_view part : Split(build)) {
    if (part.empty()) {
      return "Build meta data is empty";
    }
    if (!IsAlphanumeric(part)) {
      return fmt::format(R"(Invalid character(s) found in build meta data "{}")", part);
    }
  }
  return std::nullopt;
}

// What follows the first `separator`, cut off `text`; nothing without one.
std::optional<std::string_view> CutBehind(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

Problem ProblemOf(std::string_view text) {
  if (text.empty()) {
    return "Version string empty";
  }
  std::string_view major = text;
  const auto behind_major = CutBehind(major, '.');
  std::string_view minor = behind_major.value_or("");
  const auto behind_minor = CutBehind(minor, '.');
  if (!behind_minor) {
    return "No Major.Minor.Patch elements found";
  }
  std::string_view patch = *behind_minor;
  const auto build = CutBehind(patch, '+');
  const auto prerelease = CutBehind(patch, '-');
  Problem problem = NumberProblem("major", major);
  problem = problem ? problem : NumberProblem("minor", minor);
  problem = problem ? problem : NumberProblem("patch", patch);
  problem = problem || !prerelease ? problem : PrereleaseProblem(*prerelease);
  return problem || !build ? problem : BuildProblem(*build);
}

}  // namespace

// Law::kToolValidate.
Result<Version> ParseSemver(const std::string& text) {
  if (Problem problem = ProblemOf(text)) {
    return BadInput(*std::move(problem));
  }
  return ParseVersion(text);
}

}  // namespace rehearse::migration
