// model/core/version.h: semantic versions as the migration tool (blang/semver, strict) and helm
// order them.
//
// Errors: kInvalidArgument for anything but MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]; no leading v.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/core/result.h"

namespace rehearse {

struct Version {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::int64_t patch = 0;
  std::string prerelease;  // without the '-'; empty for a release

  [[nodiscard]] std::string ToString() const;
  [[nodiscard]] bool SameMinor(const Version& other) const {
    return major == other.major && minor == other.minor;
  }
};

// SemVer 2.0 precedence; build metadata is dropped when parsing.
std::strong_ordering operator<=>(const Version& a, const Version& b);
bool operator==(const Version& a, const Version& b);

Result<Version> ParseVersion(std::string_view text);
// Also accepts one leading v, as image tags have it.
Result<Version> ParseImageTagVersion(std::string_view tag);

// The tag of an image reference: what follows the last ':' behind the last '/'; "" without one.
std::string ImageTag(std::string_view image);

}  // namespace rehearse
