// simulator/state/processes.h: which process a pod's containers are, told by their images.
//
// Shape:  repositories end in /milvus, /minio, /etcd or /meta-migration, whoever the registry is.
// Source: images of the charts (CHARTS-*), the pods of migrate.sh (SCRIPT-*).
#pragma once

#include <string>

#include "simulator/state/cluster_state.h"

namespace rehearse::sim {

ProcessKind KindOfProcess(const kube::PodTemplate& pod_template);

// The container that runs Milvus; nullptr: none does.
const kube::Container* MilvusContainer(const kube::PodTemplate& pod_template);

// The word of a container's command that starts the migration tool, with its -config=PATH; "" if
// none does.
std::string ToolCommand(const kube::PodTemplate& pod_template);

}  // namespace rehearse::sim
