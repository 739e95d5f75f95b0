#include "simulator/checkers/metadata.h"
#include "simulator/checkers/property.h"

namespace rehearse::sim {

std::optional<Violation> CheckRestoredBackup(const ClusterState& state,
                                             const etcd::Keys& original,
                                             const std::string& root_path,
                                             const std::string& bytes) {
  const auto keys = KeysInBackup(bytes);
  if (keys == nullptr) {
    return std::nullopt;  // the tool refuses it, before it removes anything
  }
  if (SameMetadata(*keys, original, root_path) ||
      GenerationOf(original, root_path) == Generation::kNone) {
    return std::nullopt;  // what was lost before this attempt can come from an earlier one alone
  }
  return Violation{kRestoresOwnBackup,
                   state.now,
                   "a backup is restored that does not hold the metadata of this attempt's start"};
}

}  // namespace rehearse::sim
