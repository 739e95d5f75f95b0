#include "model/etcd/dump.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/core/bytes.h"
#include "model/core/json.h"
#include "model/etcd/dump_scan.h"

namespace rehearse::etcd {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) {
    return {};
  }
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

Result<std::int64_t> IntOf(const Json& kv, const char* name, const std::string& where) {
  const Json* number = At(kv, {name});
  if (number == nullptr) {
    return std::int64_t{0};
  }
  if (number->is_number_integer()) {
    return number->get<std::int64_t>();
  }
  return BadInput(where + ": " + name + " is not a whole number");
}

Result<std::string> BytesOf(const Json& kv, const char* name, const std::string& where) {
  const Json* text = At(kv, {name});
  if (text == nullptr) {
    return std::string();  // etcdctl leaves out what is empty
  }
  if (!text->is_string()) {
    return BadInput(where + ": " + name + " is not a string");
  }
  return DecodeBase64(text->get_ref<const std::string&>(), where + ": " + name);
}

Result<KeyValue> ParseKeyValue(const Json& json, bool key_is_base64, const std::string& where) {
  const char* name = At(json, {"key_base64"}) != nullptr ? "key_base64" : "key";
  const Json* key = At(json, {name});
  if (key == nullptr || !key->is_string()) {
    return BadInput(where + ": no key");
  }
  KeyValue kv;
  if (key_is_base64 || std::string_view(name) != "key") {
    TRY_ASSIGN(kv.key, BytesOf(json, name, where));
  } else {
    kv.key = key->get<std::string>();
  }
  if (kv.key.empty()) {
    return BadInput(where + ": the key is empty");
  }
  TRY_ASSIGN(kv.value, BytesOf(json, "value", where));
  TRY_ASSIGN(kv.lease, IntOf(json, "lease", where));
  TRY_ASSIGN(kv.create_revision, IntOf(json, "create_revision", where));
  TRY_ASSIGN(kv.mod_revision, IntOf(json, "mod_revision", where));
  TRY_ASSIGN(kv.version, IntOf(json, "version", where));
  return kv;
}

Status SortKeys(Dump& dump, std::string_view where) {
  const auto by_key = [](const KeyValue& a, const KeyValue& b) { return a.key < b.key; };
  if (!std::is_sorted(dump.kvs.begin(), dump.kvs.end(), by_key)) {
    std::stable_sort(dump.kvs.begin(), dump.kvs.end(), by_key);
  }
  const auto twice =
      std::adjacent_find(dump.kvs.begin(), dump.kvs.end(), [](const auto& a, const auto& b) {
        return a.key == b.key;
      });
  if (twice != dump.kvs.end()) {
    return BadInput(std::string(where) + ": the key " + twice->key + " stands there twice");
  }
  for (const KeyValue& kv : dump.kvs) {
    dump.revision = std::max(dump.revision, kv.mod_revision);
  }
  return {};
}

Result<Dump> ParseEtcdctl(const Json& json, std::string_view where) {
  const Json* kvs = At(json, {"kvs"});
  if (kvs == nullptr ? At(json, {"header"}) == nullptr : !kvs->is_array()) {
    return BadInput(std::string(where) +
                    ": neither etcdctl's JSON (kvs[]) nor JSON lines (key, value)");
  }
  Dump dump;
  dump.revision = IntAt(json, {"header", "revision"});
  for (std::size_t i = 0; kvs != nullptr && i < kvs->size(); ++i) {
    const std::string place = std::string(where) + ": kvs[" + std::to_string(i) + "]";
    TRY_ASSIGN(KeyValue kv, ParseKeyValue((*kvs)[i], true, place));
    dump.kvs.push_back(std::move(kv));
  }
  TRY(SortKeys(dump, where));
  return dump;
}

Result<Dump> ParseLines(std::string_view text, std::string_view where) {
  Dump dump;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.empty()) {
      continue;
    }
    const std::string place = std::string(where) + ": line " + std::to_string(line);
    TRY_ASSIGN(const Json json, ParseJson(content, place));
    TRY_ASSIGN(KeyValue kv, ParseKeyValue(json, false, place));
    dump.kvs.push_back(std::move(kv));
  }
  TRY(SortKeys(dump, where));
  return dump;
}

bool IsPlain(std::string_view key) {
  return std::ranges::all_of(
      key, [](char c) { return c >= ' ' && c != '"' && c != '\\' && c != '\x7f'; });
}

// A key that is no text is written as base64, under a name of its own.
void AppendKey(std::string& out, const std::string& key) {
  if (IsPlain(key)) {
    out.append("{\"key\":\"").append(key).append("\"");
    return;
  }
  const std::string text = rehearse::Dump(Json(key));
  if (ParseJson(text, "").value_or(Json()) == Json(key)) {
    out.append("{\"key\":").append(text);
    return;
  }
  out.append("{\"key_base64\":\"");
  AppendBase64(out, key);
  out.append("\"");
}

void AppendNumber(std::string& out, std::string_view name, std::int64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(name).append(digits.data(), end);
}

void AppendLine(std::string& out, const std::string& key, const Entry& entry) {
  AppendKey(out, key);
  out.append(",\"value\":\"");
  AppendBase64(out, entry.value);
  AppendNumber(out, "\",\"lease\":", entry.lease);
  AppendNumber(out, ",\"create_revision\":", entry.create_revision);
  AppendNumber(out, ",\"mod_revision\":", entry.mod_revision);
  AppendNumber(out, ",\"version\":", entry.version);
  out.append("}\n");
}

}  // namespace

namespace {

bool IsKeyLine(const Result<Json>& line) {
  return line && (At(*line, {"key"}) != nullptr || At(*line, {"key_base64"}) != nullptr);
}

Result<Dump> ParseText(std::string_view bytes, std::string_view where) {
  const std::string_view text = Trim(bytes);
  if (text.empty()) {
    return BadInput(std::string(where) + ": empty");
  }
  std::optional<Dump> fast = ScanEtcdctl(text);
  fast = fast ? std::move(fast) : ScanLines(text);
  if (fast) {
    TRY(SortKeys(*fast, where));
    return *std::move(fast);
  }
  const std::string_view first_line = text.substr(0, text.find('\n'));
  const Result<Json> first = ParseJson(first_line, std::string(where) + ": line 1");
  if (IsKeyLine(first)) {
    return ParseLines(bytes, where);
  }
  if (first && first_line.size() == text.size()) {
    return ParseEtcdctl(*first, where);
  }
  TRY_ASSIGN(const Json whole, ParseJson(text, where));
  return ParseEtcdctl(whole, where);
}

// Of lines with these keys and values, rounded up.
constexpr std::size_t kLineOverhead = 120;

std::size_t LengthOf(std::string_view key, std::string_view value) {
  return key.size() + value.size() / 3 * 4 + kLineOverhead;
}

}  // namespace

bool LooksLikeDump(std::string_view bytes) {
  const std::string_view text = Trim(bytes);
  return !text.empty() && text[0] == '{';
}

Result<Dump> ParseDump(std::string_view bytes, std::string_view where) {
  if (!IsGzip(bytes)) {
    return ParseText(bytes, where);
  }
  TRY_ASSIGN(const std::string plain, Gunzip(bytes, where));
  if (IsGzip(plain)) {
    return BadInput(std::string(where) + ": gzip inside gzip");
  }
  return ParseText(plain, where);
}

std::string WriteJsonLines(const Dump& dump) {
  std::string out;
  for (const KeyValue& kv : dump.kvs) {
    AppendLine(
        out, kv.key, Entry{kv.value, kv.lease, kv.create_revision, kv.mod_revision, kv.version});
  }
  return out;
}

std::string WriteJsonLines(const Keys& keys) {
  std::size_t length = 0;
  keys.ForEach(
      [&](const std::string& key, const auto& entry) { length += LengthOf(key, entry->value); });
  std::string out;
  out.reserve(length);
  keys.ForEach([&](const std::string& key, const auto& entry) { AppendLine(out, key, *entry); });
  return out;
}

Keys KeysOf(Dump dump) {
  std::vector<std::pair<std::string, Keys::Value>> entries;
  entries.reserve(dump.kvs.size());
  for (KeyValue& kv : dump.kvs) {
    entries.emplace_back(
        std::move(kv.key),
        std::make_shared<const Entry>(
            Entry{std::move(kv.value), kv.lease, kv.create_revision, kv.mod_revision, kv.version}));
  }
  return Keys::FromSorted(std::move(entries));
}

Dump DumpOf(const Keys& keys, Revision revision) {
  Dump dump;
  dump.revision = revision;
  keys.ForEach([&](const std::string& key, const auto& entry) {
    dump.kvs.push_back(KeyValue{key,
                                entry->value,
                                entry->lease,
                                entry->create_revision,
                                entry->mod_revision,
                                entry->version});
  });
  return dump;
}

Keys WithoutLeasedKeys(const Keys& keys) {
  Keys left = keys;
  keys.ForEach([&](const std::string& key, const auto& entry) {
    if (entry->lease != 0) {
      left = left.Erase(key);
    }
  });
  return left;
}

}  // namespace rehearse::etcd
