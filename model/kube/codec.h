// model/kube/codec.h: Kubernetes JSON to typed objects and back.
//
// Errors: kInvalidArgument naming `where` and the field that is missing or of the wrong type.
// Shape:  FromJson keeps the whole document; ToJson(FromJson(x)) has every field of x, with typed
//         fields and status as they are now.
#pragma once

#include <string_view>

#include "model/core/json.h"
#include "model/kube/types.h"

namespace rehearse::kube {

Result<Object> FromJson(const Json& document, std::string_view where);

// The object as the API server would serve it.
Json ToJson(const Object& object);

Result<TemplatePtr> TemplateFromJson(const Json& document, std::string_view where);

// The pod-template-hash label: stable for equal templates; not the real hash function, so names
// of ReplicaSets differ from a real cluster's.
std::string TemplateHash(const PodTemplate& pod_template);

// The part of the document that counts for equality of desired state: no status, no server-set
// metadata.
Fingerprint DesiredDigest(const Json& document);

}  // namespace rehearse::kube
