#include "model/etcd/dump_scan.h"

#include <algorithm>
#include <charconv>

#include "model/core/bytes.h"

namespace rehearse::etcd {
namespace {

// Each Take and Skip moves on and says whether it found what it looked for; after a false nothing
// more is to be asked.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  void SkipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) {
      ++at_;
    }
  }
  [[nodiscard]] bool AtEnd() const { return at_ == end_; }

  bool Take(char c) {
    SkipSpace();
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }

  // ASCII without escapes and control characters: its bytes are its meaning.
  bool TakeString(std::string_view& text) {
    if (!Take('"')) {
      return false;
    }
    const char* start = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && *at_ >= ' ' && *at_ != '\x7f') {
      ++at_;
    }
    if (at_ == end_ || *at_ != '"') {
      return false;
    }
    text = std::string_view(start, static_cast<std::size_t>(at_ - start));
    ++at_;
    return true;
  }

  bool TakeName(std::string_view& name) { return TakeString(name) && Take(':'); }

  bool TakeInteger(std::int64_t& number) {
    SkipSpace();
    const auto [end, error] = std::from_chars(at_, end_, number);
    const bool whole = error == std::errc() && end != end_ && *end != '.' && *end != 'e' &&
                       *end != 'E' && (*at_ != '0' || end == at_ + 1);
    at_ = whole ? end : at_;
    return whole;
  }

  // After one part of an object or array: a comma, or its end.
  bool TakeSeparator(char close, bool& more) {
    SkipSpace();
    if (at_ == end_ || (*at_ != ',' && *at_ != close)) {
      return false;
    }
    more = *at_ == ',';
    ++at_;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

bool TakeBase64(Scanner& scanner, std::string& bytes) {
  std::string_view text;
  if (!scanner.TakeString(text)) {
    return false;
  }
  Result<std::string> decoded = DecodeBase64(text, "");
  if (decoded) {
    bytes = *std::move(decoded);
  }
  return decoded.has_value();
}

bool TakeMember(Scanner& scanner, bool key_is_base64, KeyValue& kv) {
  std::string_view name;
  std::string_view text;
  if (!scanner.TakeName(name)) {
    return false;
  }
  if (name == "key") {
    if (key_is_base64) {
      return TakeBase64(scanner, kv.key);
    }
    const bool taken = scanner.TakeString(text);
    kv.key = text;
    return taken;
  }
  if (name == "value") {
    return TakeBase64(scanner, kv.value);
  }
  if (name == "lease") {
    return scanner.TakeInteger(kv.lease);
  }
  if (name == "create_revision") {
    return scanner.TakeInteger(kv.create_revision);
  }
  if (name == "mod_revision") {
    return scanner.TakeInteger(kv.mod_revision);
  }
  return name == "version" && scanner.TakeInteger(kv.version);
}

bool TakeKeyValue(Scanner& scanner, bool key_is_base64, KeyValue& kv) {
  kv.version = 0;  // what is left out is 0, as in the slow reading
  bool more = scanner.Take('{');
  bool whole = more;
  while (whole && more) {
    whole = TakeMember(scanner, key_is_base64, kv) && scanner.TakeSeparator('}', more);
  }
  return whole && !kv.key.empty();
}

bool TakeKeyValues(Scanner& scanner, Dump& dump) {
  bool more = scanner.Take('[');
  bool whole = more;
  while (whole && more) {
    whole =
        TakeKeyValue(scanner, true, dump.kvs.emplace_back()) && scanner.TakeSeparator(']', more);
  }
  return whole;
}

bool TakeHeader(Scanner& scanner, Dump& dump) {
  bool more = scanner.Take('{');
  bool whole = more;
  while (whole && more) {
    std::string_view name;
    std::int64_t number = 0;
    whole =
        scanner.TakeName(name) && scanner.TakeInteger(number) && scanner.TakeSeparator('}', more);
    dump.revision = name == "revision" ? number : dump.revision;
  }
  return whole;
}

bool TakePart(Scanner& scanner, Dump& dump) {
  std::string_view name;
  std::int64_t number = 0;
  if (!scanner.TakeName(name)) {
    return false;
  }
  if (name == "header") {
    return TakeHeader(scanner, dump);
  }
  if (name == "kvs" && dump.kvs.empty()) {
    return TakeKeyValues(scanner, dump);
  }
  return name == "count" && scanner.TakeInteger(number);
}

}  // namespace

std::optional<Dump> ScanLines(std::string_view text) {
  Dump dump;
  Scanner scanner(text);
  scanner.SkipSpace();
  dump.kvs.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  while (!scanner.AtEnd()) {
    if (!TakeKeyValue(scanner, false, dump.kvs.emplace_back())) {
      return std::nullopt;
    }
    scanner.SkipSpace();
  }
  return dump;
}

std::optional<Dump> ScanEtcdctl(std::string_view text) {
  Dump dump;
  Scanner scanner(text);
  bool more = scanner.Take('{');
  bool whole = more;
  while (whole && more) {
    whole = TakePart(scanner, dump) && scanner.TakeSeparator('}', more);
  }
  scanner.SkipSpace();
  return whole && scanner.AtEnd() && !dump.kvs.empty() ? std::optional(std::move(dump))
                                                       : std::nullopt;
}

}  // namespace rehearse::etcd
