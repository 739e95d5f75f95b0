#include "model/helm/codec.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/core/bytes.h"

namespace rehearse::helm {
namespace {

constexpr std::string_view kSecretType = "helm.sh/release.v1";   // Law::kReleaseSecretFormat
constexpr std::string_view kNamePrefix = "sh.helm.release.v1.";  // Law::kReleaseSecretFormat

// Law::kReleaseJsonOrder
constexpr std::array<std::string_view, 8> kMembers = {
    "name", "info", "chart", "config", "manifest", "hooks", "version", "namespace"};
constexpr std::array<std::string_view, 6> kInfoMembers = {
    "first_deployed", "last_deployed", "deleted", "description", "status", "notes"};
constexpr std::array<std::string_view, 6> kChartMembers = {
    "metadata", "lock", "templates", "values", "schema", "files"};
constexpr std::array<std::string_view, 17> kMetadataMembers = {"name",
                                                               "home",
                                                               "sources",
                                                               "version",
                                                               "description",
                                                               "keywords",
                                                               "maintainers",
                                                               "icon",
                                                               "apiVersion",
                                                               "condition",
                                                               "tags",
                                                               "appVersion",
                                                               "deprecated",
                                                               "annotations",
                                                               "kubeVersion",
                                                               "dependencies",
                                                               "type"};

struct RawMember {
  std::string key;
  std::string text;
};

// Splits the text of a JSON object into its members, keeping their order and their raw text.
// REQUIRES: `text` is valid JSON and an object.
class ObjectSplitter {
 public:
  explicit ObjectSplitter(std::string_view text) : text_(text) {}

  std::vector<RawMember> Split() {
    std::vector<RawMember> members;
    at_ = text_.find('{') + 1;
    SkipSpace();
    while (at_ < text_.size() && text_[at_] != '}') {
      const std::string_view key = TakeValue();
      SkipSpace();
      ++at_;  // ':'
      SkipSpace();
      const std::string_view value = TakeValue();
      members.push_back({std::string(key.substr(1, key.size() - 2)), std::string(value)});
      SkipSpace();
      at_ += at_ < text_.size() && text_[at_] == ',' ? 1U : 0U;
      SkipSpace();
    }
    return members;
  }

 private:
  void SkipSpace() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  void SkipString() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      at_ += text_[at_] == '\\' ? 1U : 0U;
    }
    ++at_;
  }
  // A container ends at the bracket that closes it; brackets inside strings do not count.
  void SkipContainer() {
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        SkipString();
        continue;
      }
      ++at_;
      depth += c == '{' || c == '[' ? 1 : 0;
      depth -= c == '}' || c == ']' ? 1 : 0;
      if (depth == 0) {
        return;
      }
    }
  }
  std::string_view TakeValue() {
    const std::size_t start = at_;
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    if (first == '"') {
      SkipString();
    } else if (first == '{' || first == '[') {
      SkipContainer();
    } else {
      at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
    }
    return text_.substr(start, at_ - start);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool Contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

StoredJson StoredPart(const Json& json, const std::string& key, const std::string& raw) {
  return {Share(json[key]), std::make_shared<const std::string>(raw)};
}

Status ReadInfo(const Json& info, const std::string& raw, ReleaseRecord& record) {
  TRY_ASSIGN(record.status, ParseReleaseStatus(StringAt(info, {"status"})));
  record.description = StringAt(info, {"description"});
  record.first_deployed = StringAt(info, {"first_deployed"});
  record.last_deployed = StringAt(info, {"last_deployed"});
  record.deleted = StringAt(info, {"deleted"});
  record.notes = StringAt(info, {"notes"});
  for (const RawMember& member : ObjectSplitter(raw).Split()) {
    record.info_order.push_back(member.key);
    if (!Contains(kInfoMembers, member.key)) {
      record.unread["info." + member.key] = member.text;
    }
  }
  return {};
}

void ReadManifest(const Json& json, const std::string& raw, ReleaseRecord& record) {
  record.manifest = std::make_shared<const std::string>(json.get<std::string>());
  if (DumpAsGo(json) != raw) {
    record.unread["manifest"] = raw;
  }
}

Status ReadMember(const Json& json, const RawMember& member, ReleaseRecord& record) {
  const std::string& key = member.key;
  if (key == "chart") {
    record.chart = StoredPart(json, key, member.text);
  } else if (key == "config") {
    record.config = StoredPart(json, key, member.text);
  } else if (key == "hooks") {
    record.hooks = StoredPart(json, key, member.text);
  } else if (key == "manifest" && json[key].is_string()) {
    ReadManifest(json[key], member.text, record);
  } else if (key == "info") {
    return ReadInfo(json[key], member.text, record);
  } else if (!Contains(kMembers, key)) {
    record.unread[key] = member.text;
  }
  return {};
}

Result<ReleaseRecord> ReadRelease(const std::string& text, const std::string& where) {
  TRY_ASSIGN(const Json json, ParseJson(text, where));
  if (!json.is_object() || At(json, {"info", "status"}) == nullptr) {
    return BadInput(where + ": not a helm release: no info.status");
  }
  ReleaseRecord record;
  record.name = StringAt(json, {"name"});
  record.ns = StringAt(json, {"namespace"});
  record.revision = IntAt(json, {"version"});
  for (const RawMember& member : ObjectSplitter(text).Split()) {
    record.order.push_back(member.key);
    if (const Status read = ReadMember(json, member, record); !read) {
      return BadInput(where + ": " + read.error().message);
    }
  }
  if (record.name.empty() || record.revision <= 0) {
    return BadInput(where + ": not a helm release: no name or no version");
  }
  return record;
}

std::int64_t ParseUnix(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void ReadLabels(const Json& secret, ReleaseRecord& record) {
  const Json* labels = At(secret, {"metadata", "labels"});
  if (labels == nullptr || !labels->is_object()) {
    return;
  }
  for (const auto& [key, value] : labels->items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : Dump(value);
    if (key == "createdAt") {
      record.created_at_unix = ParseUnix(text);
    } else if (key == "modifiedAt") {
      record.modified_at_unix = ParseUnix(text);
    } else if (key != "name" && key != "owner" && key != "status" && key != "version") {
      record.labels[key] = text;
    }
  }
}

// The members of `json` named in `order` first, in that order, then the others by name.
template <std::size_t N>
std::string DumpInOrder(const Json& json, const std::array<std::string_view, N>& order) {
  std::string out = "{";
  const auto add = [&](const std::string& key, const Json& value) {
    out += (out.size() > 1 ? "," : "") + DumpAsGo(Json(key)) + ":";
    out += key == "metadata" && value.is_object() ? DumpInOrder(value, kMetadataMembers)
                                                  : DumpAsGo(value);
  };
  for (const std::string_view key : order) {
    if (const Json* value = At(json, {key}); value != nullptr) {
      add(std::string(key), *value);
    }
  }
  for (const auto& [key, value] : json.items()) {
    if (!Contains(order, key)) {
      add(key, value);
    }
  }
  return out + "}";
}

std::string PartText(const StoredJson& part) {
  if (part.text) {
    return *part.text;
  }
  return part.value ? DumpAsGo(*part.value) : "";
}

std::string ChartText(const StoredJson& chart) {
  if (chart.text || !chart.value || !chart.value->is_object()) {
    return PartText(chart);
  }
  return DumpInOrder(*chart.value, kChartMembers);
}

std::string InfoMember(const ReleaseRecord& record, std::string_view key) {
  if (key == "first_deployed") {
    return DumpAsGo(record.first_deployed);
  }
  if (key == "last_deployed") {
    return DumpAsGo(record.last_deployed);
  }
  if (key == "deleted") {
    return DumpAsGo(record.deleted);
  }
  if (key == "description") {
    return record.description.empty() ? "" : DumpAsGo(record.description);
  }
  if (key == "status") {
    return DumpAsGo(std::string(NameOf(record.status)));
  }
  if (key == "notes") {
    return record.notes.empty() ? "" : DumpAsGo(record.notes);
  }
  const auto unread = record.unread.find("info." + std::string(key));
  return unread == record.unread.end() ? "" : unread->second;
}

template <std::size_t N>
std::vector<std::string> OrderOf(const std::vector<std::string>& stored,
                                 const std::array<std::string_view, N>& standard) {
  std::vector<std::string> order = stored;
  for (const std::string_view key : standard) {
    if (!Contains(order, key)) {
      order.emplace_back(key);
    }
  }
  return order;
}

std::string InfoText(const ReleaseRecord& record) {
  std::string out = "{";
  for (const std::string& key : OrderOf(record.info_order, kInfoMembers)) {
    const std::string text = InfoMember(record, key);
    if (!text.empty()) {
      out += (out.size() > 1 ? ",\"" : "\"") + key + "\":" + text;
    }
  }
  return out + "}";
}

std::string MemberText(const ReleaseRecord& record, const std::string& key) {
  const auto unread = record.unread.find(key);
  if (unread != record.unread.end()) {
    return unread->second;
  }
  if (key == "name") {
    return DumpAsGo(record.name);
  }
  if (key == "info") {
    return InfoText(record);
  }
  if (key == "chart") {
    return ChartText(record.chart);
  }
  if (key == "config") {
    return PartText(record.config);
  }
  if (key == "hooks") {
    return PartText(record.hooks);
  }
  if (key == "manifest") {
    const std::string text = ManifestText(record);
    return text.empty() ? "" : DumpAsGo(text);
  }
  if (key == "version") {
    return std::to_string(record.revision);
  }
  return key == "namespace" && !record.ns.empty() ? DumpAsGo(record.ns) : "";
}

}  // namespace

bool IsReleaseSecret(const Json& secret) {
  return StringAt(secret, {"kind"}, "Secret") == "Secret" &&
         StringAt(secret, {"type"}) == kSecretType;
}

Result<ReleaseRecord> DecodeReleaseSecret(const Json& secret, std::string_view where) {
  const std::string name = StringAt(secret, {"metadata", "name"});
  const std::string place = std::string(where) + ": Secret " + name;
  const Json* data = At(secret, {"data", "release"});
  if (data == nullptr || !data->is_string()) {
    return BadInput(place + ": no data.release");
  }
  TRY_ASSIGN(const std::string inner,
             DecodeBase64(data->get_ref<const std::string&>(), place + ": data.release"));
  TRY_ASSIGN(std::string bytes, DecodeBase64(inner, place + ": data.release, second layer"));
  if (!IsGzip(bytes)) {
    return BadInput(place + ": data.release is not gzip");
  }
  TRY_ASSIGN(bytes, Gunzip(bytes, place + ": data.release"));
  TRY_ASSIGN(ReleaseRecord record, ReadRelease(bytes, place));
  if (record.ns.empty()) {
    record.ns = StringAt(secret, {"metadata", "namespace"});
  }
  ReadLabels(secret, record);
  SealContent(record);
  return record;
}

std::string ReleaseJson(const ReleaseRecord& record) {
  std::string out = "{";
  for (const std::string& key : OrderOf(record.order, kMembers)) {
    const std::string text = MemberText(record, key);
    if (!text.empty()) {
      out += (out.size() > 1 ? ",\"" : "\"") + key + "\":" + text;
    }
  }
  return out + "}";
}

Json EncodeReleaseSecret(const ReleaseRecord& record) {
  Json labels = Json::object();
  for (const auto& [key, value] : record.labels) {
    labels[key] = value;
  }
  labels["name"] = record.name;
  labels["owner"] = "helm";
  labels["status"] = NameOf(record.status);
  labels["version"] = std::to_string(record.revision);
  if (record.created_at_unix != 0) {
    labels["createdAt"] = std::to_string(record.created_at_unix);
  }
  if (record.modified_at_unix != 0) {
    labels["modifiedAt"] = std::to_string(record.modified_at_unix);
  }
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"type", kSecretType},
          {"metadata",
           {{"name", SecretName(record.name, record.revision)},
            {"namespace", record.ns},
            {"labels", std::move(labels)}}},
          {"data", {{"release", EncodeBase64(EncodeBase64(Gzip(ReleaseJson(record))))}}}};
}

std::string SecretName(std::string_view release, std::int64_t revision) {
  return std::string(kNamePrefix) + std::string(release) + ".v" + std::to_string(revision);
}

std::string DumpAsGo(const Json& json) {
  const std::string plain = Dump(json);
  std::string out;
  out.reserve(plain.size() + plain.size() / 16);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else if (plain.compare(i, 3, "\xe2\x80\xa8") == 0) {
      out += "\\u2028";
      i += 2;
    } else if (plain.compare(i, 3, "\xe2\x80\xa9") == 0) {
      out += "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace rehearse::helm
