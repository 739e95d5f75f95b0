// model/kube/machine.h: what the controllers of Kubernetes do: Deployment, ReplicaSet, StatefulSet,
// garbage collection of owned objects, volume binding and scheduling.
//
// Shape:        Reconcile works on all objects at once and runs every controller until nothing
//               changes any more. It makes pods (phase Pending) and marks pods as terminating; what
//               happens inside a pod is the kubelet's part (simulator/kubelet.h).
// Transitions:  pure: equal objects give equal results. Names of new pods come from a counter of
//               their ReplicaSet, so they do not depend on chance.
// Invariants:   a pod of a Deployment belongs to one of its ReplicaSets; a StatefulSet never has
// two
//               pods of one ordinal.
// Not modelled: controller lag beyond one delay (KUBE-01), progress deadlines as a rollback reason,
//               resources and taints (a schedulable node takes every pod unless a fault says
//               otherwise), PodDisruptionBudgets. Sound for the hops here: no rule reads them.
// Source:       KUBE-01 .. KUBE-14.
#pragma once

#include "model/core/law.h"
#include "model/kube/types.h"

namespace rehearse::kube {

struct Reconciled {
  Objects objects;
  bool changed = false;
  LawSet laws;
};

Reconciled Reconcile(const Objects& objects);

// Marks a pod as being deleted, or removes an object of another kind at once together with its
// owned objects (background propagation). REQUIRES: the object exists.
Objects MarkDeleted(const Objects& objects, const Ref& ref);

// Objects of one kind in one namespace, by name. `ns` "" is cluster scope.
std::vector<ObjectPtr> List(const Objects& objects, std::string_view kind, std::string_view ns);

// A pod that counts for its controller: not terminating, not finished.
bool IsActive(const Object& object, const Pod& pod);

// Bytes of a Kubernetes quantity ("10Gi", "500M"); 0 if it is not one.
std::int64_t ParseQuantity(std::string_view text);

}  // namespace rehearse::kube
