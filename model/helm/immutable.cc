#include <algorithm>
#include <array>

#include "model/helm/merge.h"

namespace rehearse::helm {
namespace {

// Law::kStatefulSetImmutable
constexpr std::array<std::string_view, 7> kStatefulSetMutable = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds"};

std::string NameOf(const Json& object) { return StringAt(object, {"metadata", "name"}); }

std::string Invalid(std::string_view resource, const Json& object, const std::string& why) {
  return std::string(resource) + " \"" + NameOf(object) + "\" is invalid: " + why;
}

Json SpecOf(const Json& object) {
  const Json* spec = At(object, {"spec"});
  return spec == nullptr ? Json::object() : *spec;
}

// A claim template as it is after defaulting.
Json NormalClaim(Json claim) {
  claim.erase("apiVersion");
  claim.erase("kind");
  claim.erase("status");
  if (claim.contains("metadata") && claim["metadata"].is_object()) {
    claim["metadata"].erase("creationTimestamp");
  }
  if (claim.contains("spec") && claim["spec"].is_object() &&
      !claim["spec"].contains("volumeMode")) {
    claim["spec"]["volumeMode"] = "Filesystem";
  }
  return claim;
}

Json NormalClaims(const Json& spec) {
  Json claims = Json::array();
  if (const Json* list = At(spec, {"volumeClaimTemplates"}); list != nullptr && list->is_array()) {
    for (const Json& claim : *list) {
      claims.push_back(NormalClaim(claim));
    }
  }
  return claims;
}

Json FrozenStatefulSetSpec(const Json& object) {
  Json spec = SpecOf(object);
  for (const std::string_view field : kStatefulSetMutable) {
    spec.erase(std::string(field));
  }
  spec["volumeClaimTemplates"] = NormalClaims(spec);
  return spec;
}

std::optional<std::string> StatefulSetError(const Json& live, const Json& next) {
  if (FrozenStatefulSetSpec(live) == FrozenStatefulSetSpec(next)) {
    return std::nullopt;
  }
  return Invalid("StatefulSet.apps",
                 next,
                 "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', "
                 "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
                 "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
}

// Bytes of a quantity ("50Gi"); 0 if it is not one.
std::int64_t QuantityBytes(const std::string& text) {
  constexpr std::array<std::string_view, 10> kSuffixes = {
      "Ki", "Mi", "Gi", "Ti", "Pi", "k", "M", "G", "T", "P"};
  std::size_t digits = 0;
  std::int64_t value = 0;
  while (digits < text.size() && digits < 12 && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + (text[digits++] - '0');
  }
  const std::string_view suffix = std::string_view(text).substr(digits);
  const auto found = std::find(kSuffixes.begin(), kSuffixes.end(), suffix);
  if (found == kSuffixes.end()) {
    return suffix.empty() ? value : 0;
  }
  const auto place = static_cast<std::size_t>(found - kSuffixes.begin());
  for (std::size_t i = 0; i <= place % 5; ++i) {
    value *= place < 5 ? 1024 : 1000;
  }
  return value;
}

std::optional<std::string> ClaimError(const Json& live, const Json& next) {
  Json before = NormalClaim(live)["spec"];
  Json after = NormalClaim(next)["spec"];
  const std::string requested = StringAt(after, {"resources", "requests", "storage"});
  for (Json* spec : {&before, &after}) {
    spec->erase("volumeAttributesClassName");
    if (spec->contains("resources")) {
      (*spec)["resources"].erase("requests");
    }
  }
  if (before != after) {  // Law::kClaimImmutable
    return Invalid("PersistentVolumeClaim",
                   next,
                   "spec: Forbidden: spec is immutable after creation except resources.requests "
                   "and volumeAttributesClassName for bound claims");
  }
  // Only a smaller request is judged: a claim bound to a larger volume keeps its own.
  const std::string asked = StringAt(live, {"spec", "resources", "requests", "storage"});
  const std::string held = StringAt(live, {"status", "capacity", "storage"}, asked);
  if (QuantityBytes(requested) < QuantityBytes(asked) &&
      QuantityBytes(requested) < QuantityBytes(held)) {
    return Invalid("PersistentVolumeClaim",
                   next,
                   "spec.resources.requests.storage: Forbidden: field can not be less than "
                   "status.capacity");
  }
  return std::nullopt;
}

std::optional<std::string> JobError(const Json& live, const Json& next) {
  const Json before = SpecOf(live);
  const Json after = SpecOf(next);
  for (const std::string_view field : {"template", "selector", "completions"}) {
    const Json* old_value = At(before, {field});
    const Json* new_value = At(after, {field});
    if (old_value != nullptr && new_value != nullptr && *old_value != *new_value) {
      return Invalid("Job.batch", next, "spec." + std::string(field) + ": field is immutable");
    }
  }
  return std::nullopt;
}

std::string SelectorText(const Json& selector) {
  std::string labels;
  if (const Json* match = At(selector, {"matchLabels"}); match != nullptr && match->is_object()) {
    for (const auto& [key, value] : match->items()) {
      labels += (labels.empty() ? "" : ", ") + Dump(Json(key)) + ":" + Dump(value);
    }
  }
  return "v1.LabelSelector{MatchLabels:map[string]string{" + labels +
         "}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}";
}

std::optional<std::string> DeploymentError(const Json& live, const Json& next) {
  const Json* before = At(live, {"spec", "selector"});
  const Json* after = At(next, {"spec", "selector"});
  if (before == nullptr || after == nullptr || *before == *after) {
    return std::nullopt;
  }
  return Invalid("Deployment.apps",
                 next,
                 "spec.selector: Invalid value: " + SelectorText(*after) + ": field is immutable");
}

std::optional<std::string> ServiceError(const Json& live, const Json& next) {
  const std::string before = StringAt(live, {"spec", "clusterIP"});
  const std::string after = StringAt(next, {"spec", "clusterIP"});
  if (before.empty() || after.empty() || before == after) {
    return std::nullopt;
  }
  return Invalid(
      "Service",
      next,
      "spec.clusterIPs[0]: Invalid value: [" + Dump(Json(after)) + "]: may not change once set");
}

}  // namespace

Json RestoreDefaults(const Json& live, Json merged) {
  const Json* claims = At(live, {"spec", "volumeClaimTemplates"});
  if (claims != nullptr && At(merged, {"spec", "volumeClaimTemplates"}) != nullptr &&
      NormalClaims(live.at("spec")) == NormalClaims(merged.at("spec"))) {
    merged["spec"]["volumeClaimTemplates"] = *claims;
  }
  return merged;
}

std::optional<std::string> ImmutableFieldError(const Json& live, const Json& next) {
  const std::string kind = StringAt(next, {"kind"});
  if (kind == "StatefulSet") {
    return StatefulSetError(live, next);
  }
  if (kind == "PersistentVolumeClaim") {
    return ClaimError(live, next);
  }
  if (kind == "Job") {
    return JobError(live, next);
  }
  if (kind == "Deployment") {
    return DeploymentError(live, next);
  }
  return kind == "Service" ? ServiceError(live, next) : std::nullopt;
}

}  // namespace rehearse::helm
