// upgrade/replicas.h: how many pods a Milvus Deployment at 0 replicas is to have again.
//
// Shape:  the executor stops what somebody started while the metadata is not whole, and leaves the
//         number that they set as an annotation on the Deployment: a run that does not have this
//         one's journal finds it there. A run that stops the Deployment, or starts the new image,
//         takes it away; where it says something else than what is there, somebody has to decide.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/helm/types.h"
#include "model/kube/types.h"

namespace rehearse::upgrade {

inline constexpr std::string_view kReplicasMark = "rehearse.io/replicas";

// Above 0; nullopt: there is no mark, or it is no such number.
std::optional<std::int64_t> MarkedReplicas(const kube::Object& deployment);

// What the manifest says of the Deployment; nullopt: nothing, or it cannot be read.
std::optional<std::int64_t> ReplicasInManifest(helm::ReleaseRecord record,
                                               const std::string& deployment);

}  // namespace rehearse::upgrade
