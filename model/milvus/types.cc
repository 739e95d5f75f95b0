#include "model/milvus/types.h"

#include <algorithm>

namespace rehearse::milvus {

std::string_view NameOf(LoadState state) {
  switch (state) {
    case LoadState::kReleased:
      return "released";
    case LoadState::kLoading:
      return "loading";
    case LoadState::kLoaded:
      return "loaded";
    case LoadState::kPartitionsLoaded:
      return "partitions loaded";
  }
  return "released";
}

std::string_view NameOf(Role role) {
  switch (role) {
    case Role::kRootCoord:
      return "rootcoord";
    case Role::kDataCoord:
      return "datacoord";
    case Role::kQueryCoord:
      return "querycoord";
    case Role::kIndexCoord:
      return "indexcoord";
    case Role::kProxy:
      return "proxy";
    case Role::kDataNode:
      return "datanode";
    case Role::kQueryNode:
      return "querynode";
    case Role::kIndexNode:
      return "indexnode";
    case Role::kMixCoord:
      return "mixcoord";
    case Role::kStreamingNode:
      return "streamingnode";
  }
  return "rootcoord";
}

const CollectionView* MetaView::Find(std::string_view name) const {
  const auto found =
      std::find_if(collections.begin(), collections.end(), [&](const CollectionView& collection) {
        return collection.name == name;
      });
  return found != collections.end() ? &*found : nullptr;
}

}  // namespace rehearse::milvus
