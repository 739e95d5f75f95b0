// model/helm/merge.h: how helm, kubectl apply and kubectl patch change a live object.
//
// Shape:  objects are whole manifests. Lists merge by the key that the Kubernetes types declare for
//         their field (containers by name, ports by containerPort and so on); all other lists and
//         unknown kinds are replaced whole.
// Errors: kInvalidArgument: a list entry lacks its merge key, a $patch directive is unknown.
// Invariants: StrategicThreeWayMerge is StrategicMergePatch of the patch of CreateThreeWayPatch.
// Not modelled: defaults that the API server fills in, except in RestoreDefaults.
// Source: HELM-20 .. HELM-25.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/helm/types.h"

namespace rehearse::helm {

// Three-way: what `next` names is set, what `old` named and `next` does not is removed, all else of
// `live` stays. `old` may be null (nothing is removed).
Result<Json> StrategicThreeWayMerge(const Json& old, const Json& next, const Json& live);

// The patch that the three-way merge sends; an empty object: nothing to do.
Result<Json> CreateThreeWayPatch(const Json& old, const Json& next, const Json& live);

// `kubectl patch` (type strategic): $patch: delete | replace | merge, $retainKeys,
// $deleteFromPrimitiveList, null deletes a key.
Result<Json> StrategicMergePatch(const Json& live, const Json& patch);

// `kubectl patch --type merge` (RFC 7386), and what apply uses for kinds without Go types.
Json JsonMergePatch(Json live, const Json& patch);

// `kubectl apply`: three-way with the last-applied annotation of `live` as old; keeps the
// annotation current.
Result<Json> ApplyThreeWay(const Json& next, const Json& live);
inline constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// Lists that are replaced whole lose what the API server had filled in (volumeClaimTemplates), and
// it fills it in again: where only that differs, the live list is kept.
Json RestoreDefaults(const Json& live, Json merged);

// Why the API server refuses to turn `live` into `next`, in its words; nullopt if it does not.
// Covers StatefulSet, PersistentVolumeClaim, Job, Deployment (selector), Service (clusterIP).
std::optional<std::string> ImmutableFieldError(const Json& live, const Json& next);

}  // namespace rehearse::helm
