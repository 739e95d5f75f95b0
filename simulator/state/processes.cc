#include "simulator/state/processes.h"

namespace rehearse::sim {
namespace {

std::string_view RepositoryOf(std::string_view image) {
  const std::size_t colon = image.rfind(':');
  const std::size_t slash = image.rfind('/');
  return colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)
             ? image.substr(0, colon)
             : image;
}

}  // namespace

std::string ToolCommand(const kube::PodTemplate& pod_template) {
  for (const kube::Container& container : pod_template.containers) {
    for (const auto* words : {&container.command, &container.args}) {
      for (std::size_t i = 0; i < words->size(); ++i) {
        const std::string& word = (*words)[i];
        if (word.find("-config=") != std::string::npos) {
          return word;
        }
        if (word == "-config" && i + 1 < words->size()) {
          return word + "=" + (*words)[i + 1];
        }
      }
    }
  }
  return "";
}

const kube::Container* MilvusContainer(const kube::PodTemplate& pod_template) {
  for (const kube::Container& container : pod_template.containers) {
    if (RepositoryOf(container.image).ends_with("/milvus")) {
      return &container;
    }
  }
  return nullptr;
}

ProcessKind KindOfProcess(const kube::PodTemplate& pod_template) {
  if (MilvusContainer(pod_template) != nullptr) {
    return ProcessKind::kMilvus;
  }
  for (const kube::Container& container : pod_template.containers) {
    const std::string_view repository = RepositoryOf(container.image);
    if (repository.ends_with("/meta-migration")) {
      return ToolCommand(pod_template).empty() ? ProcessKind::kOther : ProcessKind::kTool;
    }
    if (repository.ends_with("/minio")) {
      return ProcessKind::kMinio;
    }
    if (repository.ends_with("/etcd")) {
      return ProcessKind::kEtcd;
    }
  }
  return ProcessKind::kOther;
}

}  // namespace rehearse::sim
