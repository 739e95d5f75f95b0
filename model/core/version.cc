#include "model/core/version.h"

#include <charconv>
#include <vector>

namespace rehearse {
namespace {

bool IsNumeric(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::string_view> SplitDots(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(dot + 1);
  }
}

std::strong_ordering ComparePart(std::string_view a, std::string_view b) {
  const bool a_number = IsNumeric(a);
  const bool b_number = IsNumeric(b);
  if (a_number != b_number) {
    return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a_number && a.size() != b.size()) {
    return a.size() <=> b.size();
  }
  return a.compare(b) <=> 0;
}

std::strong_ordering ComparePrerelease(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) {
    return b.empty() <=> a.empty() == 0 ? std::strong_ordering::equal
           : a.empty()                  ? std::strong_ordering::greater
                                        : std::strong_ordering::less;
  }
  const auto a_parts = SplitDots(a);
  const auto b_parts = SplitDots(b);
  for (std::size_t i = 0; i < a_parts.size() && i < b_parts.size(); ++i) {
    const auto order = ComparePart(a_parts[i], b_parts[i]);
    if (order != 0) {
      return order;
    }
  }
  return a_parts.size() <=> b_parts.size();
}

bool ParseNumber(std::string_view text, std::int64_t* number) {
  if (!IsNumeric(text) || (text.size() > 1 && text[0] == '0')) {
    return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsPrerelease(std::string_view text) {
  constexpr std::string_view kAllowed =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
  for (const std::string_view part : SplitDots(text)) {
    if (part.empty() || part.find_first_not_of(kAllowed) != std::string_view::npos ||
        (IsNumeric(part) && part.size() > 1 && part[0] == '0')) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Version::ToString() const {
  std::string text =
      std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  if (!prerelease.empty()) {
    text += "-" + prerelease;
  }
  return text;
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.major <=> b.major; order != 0) {
    return order;
  }
  if (const auto order = a.minor <=> b.minor; order != 0) {
    return order;
  }
  if (const auto order = a.patch <=> b.patch; order != 0) {
    return order;
  }
  return ComparePrerelease(a.prerelease, b.prerelease);
}

bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

Result<Version> ParseVersion(std::string_view text) {
  const auto bad = [&] {
    return BadInput("not a version: '" + std::string(text) + "' (expected MAJOR.MINOR.PATCH)");
  };
  std::string_view rest = text.substr(0, text.find('+'));
  Version version;
  const std::size_t dash = rest.find('-');
  if (dash != std::string_view::npos) {
    version.prerelease = std::string(rest.substr(dash + 1));
    if (!IsPrerelease(version.prerelease)) {
      return bad();
    }
    rest = rest.substr(0, dash);
  }
  const auto parts = SplitDots(rest);
  if (parts.size() != 3 || !ParseNumber(parts[0], &version.major) ||
      !ParseNumber(parts[1], &version.minor) || !ParseNumber(parts[2], &version.patch)) {
    return bad();
  }
  return version;
}

Result<Version> ParseImageTagVersion(std::string_view tag) {
  return ParseVersion(!tag.empty() && tag[0] == 'v' ? tag.substr(1) : tag);
}

std::string ImageTag(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash)) {
    return "";
  }
  return std::string(image.substr(colon + 1));
}

}  // namespace rehearse
