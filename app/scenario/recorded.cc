#include "app/scenario/recorded.h"

#include <algorithm>

#include "app/embedded.h"
#include "model/migration/generate.h"

namespace rehearse::app {
namespace {

constexpr std::string_view kPrefix = "recorded:";
constexpr std::string_view kGenerated = "generated:";
constexpr std::size_t kDigitsMax = 9;
constexpr std::string_view kServer21 = "milvus-2.1.0-running";
constexpr std::string_view kServer22 = "milvus-2.2.16-on-migrated";
constexpr std::string_view kServer23 = "milvus-2.3.5-on-migrated";

bool IsNumber(const std::string& text) {
  return !text.empty() && text.size() <= kDigitsMax &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

bool IsGenerated(const std::string& metadata) {
  const std::size_t colon = metadata.rfind(':');
  return metadata.starts_with(kGenerated) && colon >= kGenerated.size() &&
         IsNumber(metadata.substr(kGenerated.size(), colon - kGenerated.size())) &&
         IsNumber(metadata.substr(colon + 1));
}

etcd::Dump Generated(const std::string& metadata, const etcd::Dump& captured) {
  migration::GenerateOptions options;
  options.seed = std::stoull(metadata.substr(kGenerated.size()));
  options.collections = std::stoll(metadata.substr(metadata.rfind(':') + 1));
  constexpr std::string_view kSession = "/session/";
  etcd::Dump merged;
  merged.revision = captured.revision + 1;
  for (const etcd::KeyValue& kv : captured.kvs) {
    if (kv.lease != 0 || kv.key.find(kSession) != std::string::npos) {
      merged.kvs.push_back(kv);
    }
  }
  migration::Generate21(options).ForEach([&](const std::string& key, const auto& entry) {
    if (key.find(kSession) == std::string::npos) {
      etcd::KeyValue kv;
      kv.key = key;
      kv.value = entry->value;
      merged.kvs.push_back(std::move(kv));
    }
  });
  std::ranges::sort(merged.kvs, {}, &etcd::KeyValue::key);
  return merged;
}

std::optional<std::string_view> RecordedMetadata(const std::string& metadata) {
  for (const std::string_view name : {kServer21, kServer22, kServer23}) {
    if (metadata == std::string(kPrefix) + std::string(name)) {
      return Embedded("etcd/" + std::string(name) + ".jsonl");
    }
  }
  return std::nullopt;
}

std::string RecordedNameFor(const Version& server) {
  const std::string_view name = server < Version{2, 2, 0, ""}   ? kServer21
                                : server < Version{2, 3, 0, ""} ? kServer22
                                                                : kServer23;
  return std::string(kPrefix) + std::string(name);
}

}  // namespace rehearse::app
