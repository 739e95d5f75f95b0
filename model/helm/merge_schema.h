// model/helm/merge_schema.h: which fields of which Kubernetes types merge, and by which key.
//
// Shape:  a type is a node of a small graph; Lookup follows one field. Fields that are not listed
//         have no strategy: maps merge key by key, lists are replaced whole.
// Errors: none; an unknown type or field is opaque.
// Not modelled: status sub-resources beyond conditions; nobody patches them here.
// Source: HELM-20.
#pragma once

#include <string_view>

#include "model/core/json.h"

namespace rehearse::helm {

enum class MergeType {
  kOpaque,
  kObject,  // any kind: metadata only
  kMeta,
  kDeployment,
  kDeploymentSpec,
  kWorkload,  // StatefulSet, DaemonSet, ReplicaSet, Job
  kWorkloadSpec,
  kCronJob,
  kCronJobSpec,
  kPod,
  kPodTemplate,
  kPodSpec,
  kContainer,
  kService,
  kServiceSpec,
  kServiceAccount,
  kDisruptionBudget,
  kDisruptionBudgetSpec,
  kStatus,
};

struct FieldRule {
  MergeType type = MergeType::kOpaque;  // of the member, or of the list's items
  std::string_view merge_key;           // list of objects that merges by this key
  bool merge_scalars = false;           // list of scalars that merges as a set
  bool retain_keys = false;             // what the new value does not name is removed
  bool replace = false;                 // a map that is replaced whole
};

// The type of a whole manifest; kOpaque means that Kubernetes has no Go type for it (a custom
// resource), where helm sends a plain JSON merge patch.
MergeType MergeTypeOf(const Json& object);

FieldRule Lookup(MergeType type, std::string_view field);

}  // namespace rehearse::helm
