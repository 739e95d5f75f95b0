#include "live/words.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace rehearse::live {
namespace {

struct Phrase {
  std::string_view text;
  ErrorCode code;
};

// The first that is found decides.
constexpr std::array kPhrases = {
    Phrase{"(NotFound)", ErrorCode::kNotFound},
    Phrase{"(AlreadyExists)", ErrorCode::kAlreadyExists},
    Phrase{"(Conflict)", ErrorCode::kConflict},
    Phrase{"the object has been modified", ErrorCode::kConflict},
    Phrase{"(Forbidden)", ErrorCode::kForbidden},
    Phrase{" is forbidden", ErrorCode::kForbidden},
    Phrase{"Unauthorized", ErrorCode::kForbidden},
    Phrase{"must be logged in", ErrorCode::kForbidden},
    Phrase{"connection refused", ErrorCode::kUnavailable},
    Phrase{"no such host", ErrorCode::kUnavailable},
    Phrase{"no route to host", ErrorCode::kUnavailable},
    Phrase{"TooManyRequests", ErrorCode::kUnavailable},
    Phrase{"the server has received too many requests", ErrorCode::kUnavailable},
    Phrase{"(ServiceUnavailable)", ErrorCode::kUnavailable},
    Phrase{"currently unable to handle the request", ErrorCode::kUnavailable},
    Phrase{"(InternalError)", ErrorCode::kOutcomeUnknown},
    Phrase{"an error on the server", ErrorCode::kOutcomeUnknown},
    Phrase{"etcdserver: ", ErrorCode::kOutcomeUnknown},
    Phrase{"connection reset by peer", ErrorCode::kOutcomeUnknown},
    Phrase{"unexpected EOF", ErrorCode::kOutcomeUnknown},
    Phrase{": EOF", ErrorCode::kOutcomeUnknown},
    Phrase{"i/o timeout", ErrorCode::kOutcomeUnknown},
    Phrase{"Client.Timeout", ErrorCode::kOutcomeUnknown},
    Phrase{"TLS handshake timeout", ErrorCode::kUnavailable},
};

constexpr std::array<std::string_view, 9> kSecretNames = {"token",
                                                          "password",
                                                          "passwd",
                                                          "secretkey",
                                                          "accesskey",
                                                          "secretaccesskey",
                                                          "client-key-data",
                                                          "rootpassword",
                                                          "authorization"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return lower;
}

bool EndsWithSecretName(std::string_view lower) {
  while (!lower.empty() && (lower.back() == '"' || lower.back() == ' ')) {
    lower.remove_suffix(1);
  }
  return std::ranges::any_of(kSecretNames,
                             [&](std::string_view name) { return lower.ends_with(name); });
}

std::size_t EndOfValue(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of(" \t\n\"',;&}", at), text.size());
}

std::size_t SkipQuotes(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \"'", at), text.size());
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, last - first + 1);
}

}  // namespace

ErrorCode CodeOf(const ProcessResult& result, bool mutates) {
  ErrorCode code =
      result.timed_out || result.exit_code > 128 ? ErrorCode::kOutcomeUnknown : ErrorCode::kFailed;
  if (code == ErrorCode::kFailed) {
    const auto* phrase = std::ranges::find_if(kPhrases, [&](const Phrase& row) {
      return result.err.find(row.text) != std::string::npos;
    });
    code = phrase == kPhrases.end() ? code : phrase->code;
  }
  return code == ErrorCode::kOutcomeUnknown && !mutates ? ErrorCode::kUnavailable : code;
}

std::string Masked(std::string_view text) {
  const std::string lower = Lower(text);
  std::string masked;
  std::size_t at = 0;
  while (at < text.size()) {
    const bool bearer = lower.compare(at, 7, "bearer ") == 0;
    const bool assigned =
        (text[at] == '=' || text[at] == ':') && EndsWithSecretName(lower.substr(0, at));
    if (!bearer && !assigned) {
      masked.push_back(text[at++]);
      continue;
    }
    const std::size_t value = SkipQuotes(text, at + (bearer ? 7 : 1));
    masked.append(text.substr(at, value - at));
    at = EndOfValue(text, value);
    if (lower.compare(value, 6, "bearer") == 0) {  // Authorization: Bearer x
      at = EndOfValue(text, SkipQuotes(text, at));
    }
    masked += at == value ? "" : "***";
  }
  return masked;
}

Error ErrorOf(const ProcessResult& result, std::string_view program, bool mutates) {
  std::string said = Masked(Trim(result.err));
  std::ranges::replace(said, '\n', ' ');
  if (result.timed_out) {
    said = "no end within its time limit" + (said.empty() ? "" : ": " + said);
  } else if (said.empty()) {
    said = "exit code " + std::to_string(result.exit_code) + " without a word";
  }
  return {CodeOf(result, mutates), std::string(program) + ": " + said};
}

}  // namespace rehearse::live
