// live/words.h: what kubectl and helm say when they fail, sorted by what a caller can do about it;
// and texts without the secrets that may stand in them.
//
// Errors: see the codes at CodeOf; the message is one line of the program's own words.
// Source: messages of kubectl 1.34.4 and helm 3.19.5, tests/live/words_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "live/process.h"
#include "model/core/result.h"

namespace rehearse::live {

// kNotFound, kAlreadyExists, kConflict, kForbidden (also for an expired token), kUnavailable (the
// server was not reached or was too busy to begin), kOutcomeUnknown (sent, no answer), kFailed.
// For a read kOutcomeUnknown is kUnavailable: nothing was applied.
ErrorCode CodeOf(const ProcessResult& result, bool mutates);

// "kubectl: <its words>", secrets masked; a limit that passed is said.
Error ErrorOf(const ProcessResult& result, std::string_view program, bool mutates);

// Values behind names like token, password, secretKey and behind "Bearer" are replaced by ***.
std::string Masked(std::string_view text);

}  // namespace rehearse::live
