// live/standin/container.h: Milvus, the migration tool and MinIO as programs of a container, under
// the names of the true images (live/kind/standin-images.sh).
//
// Shape:  each runs until it ends by itself or is asked to stop, and returns its exit code. Where
//         etcd and MinIO are is read from the files that the chart mounts. The rules are the
//         model's: no evidence for them; the kubelet, its probes and signals, and etcd are real.
// Units:  milliseconds.
// Faults: the tool looks for the ConfigMap of tool_fault.h.
// Not modelled: several endpoints of etcd (the first one counts), TLS, clients, MinIO of several
// servers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/core/result.h"

namespace rehearse::live {

struct ContainerJob {
  std::string image;              // as the pod names it; the tag is the version
  std::vector<std::string> args;  // of the container, or of the program in it
  std::string configs = "/milvus/configs";
  std::string host_name;             // the pod's name
  std::function<bool()> is_to_stop;  // SIGTERM came
};

// Errors: kInvalidArgument for a tag, a config or arguments that say nothing; kFailed.
Result<int> RunMilvusContainer(const ContainerJob& job);
Result<int> RunToolContainer(const ContainerJob& job);
Result<int> RunMinioContainer(const ContainerJob& job);

}  // namespace rehearse::live
