#include "app/live_images.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "model/core/version.h"
#include "model/migration/types.h"

namespace rehearse::app {
namespace {

constexpr const char* kRegistry = "docker.io/";
constexpr std::string_view kMilvus = "docker.io/milvusdb/milvus:";
constexpr int kPatchMax = 20;  // of any minor version; more than were ever published

// Every "image" below a JSON value.
void Collect(const Json& json, std::set<std::string>& images) {
  const std::string image = StringAt(json, {"image"});
  if (!image.empty()) {
    images.insert(image);
  }
  if (json.is_structured()) {
    for (const Json& each : json) {
      Collect(each, images);
    }
  }
}

bool HasStandIn(const std::string& image) {
  return image.find('{') == std::string::npos && !image.starts_with("apachepulsar/");
}

}  // namespace

std::vector<std::string> StandInImages(const charts::Catalog& catalog) {
  std::set<std::string> images;
  std::set<std::pair<std::int64_t, std::int64_t>> minors;
  for (const charts::ObjectForm& form : catalog.forms()) {
    std::set<std::string> found;
    if (const auto json = ParseJson(form.json, form.name)) {
      Collect(*json, found);
    }
    for (const std::string& image : found) {
      if (HasStandIn(image)) {
        images.insert(kRegistry + image);
      }
    }
  }
  for (const charts::ChartInfo& chart : catalog.charts()) {
    const auto version = ParseImageTagVersion(chart.image_tag);
    if (version) {
      images.insert(std::string(kMilvus) + chart.image_tag);
      minors.insert({version->major, version->minor});
    }
  }
  for (const auto& [major, minor] : minors) {
    for (int patch = 0; patch <= kPatchMax; ++patch) {
      images.insert(fmt::format("{}v{}.{}.{}", kMilvus, major, minor, patch));
    }
  }
  for (const migration::ToolImage tool :
       {migration::ToolImage::kV220, migration::ToolImage::kV220Bugfix}) {
    images.insert(std::string(kRegistry) +
                  "milvusdb/meta-migration:" + std::string(migration::TagOf(tool)));
  }
  return {images.begin(), images.end()};
}

}  // namespace rehearse::app
