// model/migration/semver.h: versions as the migration tool parses them: strictly, with the words of
// its library for what it refuses.
//
// Errors: kInvalidArgument with the tool's own text.
// Source: Law::kToolValidate.
#pragma once

#include <string>

#include "model/core/result.h"
#include "model/core/version.h"

namespace rehearse::migration {

Result<Version> ParseSemver(const std::string& text);

}  // namespace rehearse::migration
