#include "model/migration/types.h"

#include <algorithm>
#include <array>

#include "model/core/json.h"
#include "model/core/law.h"
#include "model/core/version.h"

namespace rehearse::migration {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text;
}

// A member without regard to the case of its name, as the tool's configuration library looks it up.
const Json* Member(const Json* json, std::string_view name) {
  if (json == nullptr || !json->is_object()) {
    return nullptr;
  }
  for (const auto& [key, value] : json->items()) {
    if (Lower(key) == Lower(std::string(name))) {
      return &value;
    }
  }
  return nullptr;
}

std::string TextOfScalar(const Json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  return value.is_null() ? "" : Dump(value);
}

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  [[nodiscard]] const Json* Find(std::string_view section, std::string_view name) const {
    return Member(Member(&json_, section), name);
  }
  [[nodiscard]] std::string Text(std::string_view section,
                                 std::string_view name,
                                 std::string_view fallback = "") const {
    const Json* value = Find(section, name);
    return value == nullptr ? std::string(fallback) : TextOfScalar(*value);
  }

 private:
  const Json& json_;
};

bool ParseGoBool(const std::string& text) {
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  return std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end();
}

std::vector<std::string> SplitEndpoints(const Json& value) {
  std::vector<std::string> endpoints;
  if (value.is_array()) {
    for (const Json& item : value) {
      endpoints.push_back(TextOfScalar(item));
    }
    return endpoints;
  }
  std::string text = TextOfScalar(value);
  for (std::size_t comma = 0; (comma = text.find(',')) != std::string::npos;) {
    endpoints.push_back(text.substr(0, comma));
    text.erase(0, comma + 1);
  }
  endpoints.push_back(text);
  return endpoints;
}

}  // namespace

std::string_view TagOf(ToolImage image) {
  switch (image) {
    case ToolImage::kV220:
      return "v2.2.0";
    case ToolImage::kV220Bugfix:
      return "v2.2.0-bugfix-20230112";
  }
  return "v2.2.0";
}

// Law::kToolImages.
Result<ToolImage> ToolImageOf(std::string_view image_reference) {
  std::string tag = ImageTag(image_reference);
  if (tag.empty()) {
    tag = image_reference;
  }
  for (const ToolImage image : {ToolImage::kV220, ToolImage::kV220Bugfix}) {
    if (tag == TagOf(image) || "v" + tag == TagOf(image)) {
      return image;
    }
  }
  return BadInput("no behaviour is known of the tool image " + std::string(image_reference) +
                  " (known: v2.2.0, v2.2.0-bugfix-20230112)");
}

std::string ToolConfig::MetaRootPath() const { return root_path + "/" + meta_sub_path; }

Fingerprint DigestOf(const ToolConfig& config) {
  Hasher hasher;
  hasher.Add(config.command).Add(config.run_with_backup).Add(config.source_version);
  hasher.Add(config.target_version).Add(config.backup_file_path).Add(config.metastore_type);
  for (const std::string& endpoint : config.endpoints) {
    hasher.Add(endpoint);
  }
  return hasher.Add(config.root_path).Add(config.meta_sub_path).Get();
}

// Law::kToolConfigKeys.
Result<ToolConfig> ParseToolConfig(std::string_view yaml, std::string_view where) {
  TRY_ASSIGN(const auto documents, ParseYaml(yaml, where));
  const Json json = documents.empty() ? Json::object() : documents.front();
  if (!json.is_object()) {
    return BadInput(std::string(where) + ": not a YAML mapping");
  }
  const Reader reader(json);
  const Json* endpoints = reader.Find("etcd", "endpoints");
  if (endpoints == nullptr || TextOfScalar(*endpoints).empty()) {
    return Fail(ErrorCode::kFailed,  // Law::kToolEndpointsPanic
                "panic: key not found: etcd.endpoints");
  }
  ToolConfig config;
  config.command = reader.Text("cmd", "type");
  config.run_with_backup = ParseGoBool(reader.Text("cmd", "runWithBackup"));
  config.source_version = reader.Text("config", "sourceVersion");
  config.target_version = reader.Text("config", "targetVersion");
  config.backup_file_path = reader.Text("config", "backupFilePath");
  config.metastore_type = reader.Text("metastore", "type", "etcd");
  config.endpoints = SplitEndpoints(*endpoints);
  config.root_path = reader.Text("etcd", "rootPath", "by-dev");
  config.meta_sub_path = reader.Text("etcd", "metaSubPath", "meta");
  return config;
}

}  // namespace rehearse::migration
