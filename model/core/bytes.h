// model/core/bytes.h: base64 and gzip, as etcdctl, helm and kubectl write them.
//
// Errors: kInvalidArgument; `where` names the file (or part of it) in the message.
// Wraps:  zlib; no other file includes it.
#pragma once

#include <string>
#include <string_view>

#include "model/core/result.h"

namespace rehearse {

std::string EncodeBase64(std::string_view bytes);
void AppendBase64(std::string& out, std::string_view bytes);
Result<std::string> DecodeBase64(std::string_view text, std::string_view where);

bool IsGzip(std::string_view bytes);
// Deterministic: no name, no time. Level 9, as helm's storage driver uses it.
std::string Gzip(std::string_view bytes);
// size_max guards against a bomb: a larger output is an error.
Result<std::string> Gunzip(std::string_view bytes,
                           std::string_view where,
                           std::size_t size_max = std::size_t{1} << 31U);

}  // namespace rehearse
