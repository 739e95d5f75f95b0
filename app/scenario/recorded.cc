#include "app/scenario/recorded.h"

#include "app/embedded.h"

namespace rehearse::app {
namespace {

constexpr std::string_view kPrefix = "recorded:";
constexpr std::string_view kServer21 = "milvus-2.1.0-running";
constexpr std::string_view kServer22 = "milvus-2.2.16-on-migrated";
constexpr std::string_view kServer23 = "milvus-2.3.5-on-migrated";

}  // namespace

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
