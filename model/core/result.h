// model/core/result.h: the one way in which an operation reports that it could not be done.
//
// Errors:  a code exists only where some caller reacts to it; the message is for people and names
//          the file and the place where there is one.
// Wraps:   tl::expected (libexpected-dev); no other file includes it.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace rehearse {

enum class ErrorCode {
  kInvalidArgument,  // bad input from outside: exit 64
  kNotFound,         // the named thing does not exist
  kAlreadyExists,    // the named thing exists already
  kConflict,         // optimistic lock lost; reading again and retrying can help
  kForbidden,        // the server refuses; retrying does not help
  kUnavailable,      // nothing was applied; retrying can help
  kOutcomeUnknown,   // sent, no answer: only a later observation can tell
  kFailed,           // the operation ran and failed; the message is its own
};

struct Error {
  ErrorCode code = ErrorCode::kFailed;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}
inline tl::unexpected<Error> BadInput(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, std::move(message));
}

}  // namespace rehearse

#define REHEARSE_CONCAT_INNER(a, b) a##b
#define REHEARSE_CONCAT(a, b) REHEARSE_CONCAT_INNER(a, b)

// TRY(expression): leaves the function with the error if there is one.
#define TRY(expression)                                     \
  do {                                                      \
    auto try_status = (expression);                         \
    if (!try_status) {                                      \
      return tl::unexpected(std::move(try_status).error()); \
    }                                                       \
  } while (false)

// TRY_ASSIGN(auto name, expression): the value, or leaves the function with the error.
#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_IMPL(REHEARSE_CONCAT(try_result_, __LINE__), declaration, expression)
#define TRY_ASSIGN_IMPL(name, declaration, expression) \
  auto name = (expression);                            \
  if (!name) {                                         \
    return tl::unexpected(std::move(name).error());    \
  }                                                    \
  declaration = *std::move(name)
