#include "model/helm/words.h"

#include <algorithm>
#include <vector>

#include "model/helm/print.h"

namespace rehearse::helm {
namespace {

constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
constexpr std::string_view kReleaseName = "meta.helm.sh/release-name";
constexpr std::string_view kReleaseNamespace = "meta.helm.sh/release-namespace";
constexpr std::string_view kResourcePolicy = "helm.sh/resource-policy";

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

// "" if metadata[part][key] is `wanted`.
std::string ValueError(const Json& live,
                       std::string_view part,
                       std::string_view key,
                       const std::string& wanted) {
  const Json* actual = At(live, {"metadata", part, key});
  if (actual == nullptr || !actual->is_string()) {
    return "missing key " + Quoted(key) + ": must be set to " + Quoted(wanted);
  }
  if (*actual != wanted) {
    return "key " + Quoted(key) + " must equal " + Quoted(wanted) + ": current value is " +
           Quoted(actual->get<std::string>());
  }
  return "";
}

}  // namespace

std::string NoDeployedError(const std::string& release) {
  return Quoted(release) + " has no deployed releases";
}

std::string NoRevisionError(std::int64_t revision) {
  return "release has no " + std::to_string(revision) + " version";
}

std::string ChartNotFoundError(const std::string& chart_version) {
  return "chart \"milvus\" matching " + chart_version +
         " not found in zilliztech index. (try 'helm repo update'): no chart version found for "
         "milvus-" +
         chart_version;
}

std::optional<std::string> UnknownKindError(
    const Objects& objects,
    const std::function<bool(std::string_view, std::string_view)>& serves_kind) {
  std::vector<std::string> errors;
  for (const JsonPtr& object : objects) {
    const ObjectRef ref = RefOf(*object, "");
    if (serves_kind && !serves_kind(ref.api_version, ref.kind)) {
      const std::string text =
          "resource mapping not found for name: " + Quoted(ref.name) +
          " namespace: " + Quoted(ref.ns) + " from \"\": no matches for kind " + Quoted(ref.kind) +
          " in version " + Quoted(ref.api_version) + "\nensure CRDs are installed first";
      if (std::find(errors.begin(), errors.end(), text) == errors.end()) {
        errors.push_back(text);
      }
    }
  }
  if (errors.empty()) {
    return std::nullopt;
  }
  if (errors.size() == 1) {
    return errors[0];
  }
  std::string all = "[" + errors[0];
  for (std::size_t i = 1; i < errors.size(); ++i) {
    all += ", " + errors[i];
  }
  return all + "]";
}

std::optional<std::string> OwnershipError(const Json& live,
                                          const ObjectRef& ref,
                                          const ReleaseRecord& release) {
  std::string errors;
  const auto add = [&](std::string_view what, const std::string& error) {
    if (!error.empty()) {
      errors += "; " + std::string(what) + " validation error: " + error;
    }
  };
  add("label", ValueError(live, "labels", kManagedBy, "Helm"));
  add("annotation", ValueError(live, "annotations", kReleaseName, release.name));
  add("annotation", ValueError(live, "annotations", kReleaseNamespace, release.ns));
  if (errors.empty()) {
    return std::nullopt;
  }
  return ref.kind + " " + Quoted(ref.name) + " in namespace " + Quoted(ref.ns) +
         " exists and cannot be imported into the current release: invalid ownership metadata" +
         errors;
}

std::string UpgradedText(const ReleaseRecord& record, std::int64_t unix_ms) {
  return "Release " + Quoted(record.name) +
         " has been upgraded. Happy Helming!\nNAME: " + record.name +
         "\nLAST DEPLOYED: " + TableTime(unix_ms) + "\nNAMESPACE: " + record.ns +
         "\nSTATUS: " + std::string(NameOf(record.status)) +
         "\nREVISION: " + std::to_string(record.revision) + "\nTEST SUITE: None\n";
}

Json WithOwner(Json object, const ReleaseRecord& release) {
  Json& metadata = object["metadata"];
  for (const char* part : {"labels", "annotations"}) {
    if (!metadata.contains(part) || !metadata[part].is_object()) {
      metadata[part] = Json::object();
    }
  }
  metadata["labels"][std::string(kManagedBy)] = "Helm";
  metadata["annotations"][std::string(kReleaseName)] = release.name;
  metadata["annotations"][std::string(kReleaseNamespace)] = release.ns;
  return object;
}

bool IsKept(const Json& live) {
  return StringAt(live, {"metadata", "annotations", kResourcePolicy}) == "keep";
}

}  // namespace rehearse::helm
