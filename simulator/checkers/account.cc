#include <array>

#include "simulator/checkers/metadata.h"
#include "simulator/checkers/outcome.h"
#include "simulator/checkers/property.h"

namespace rehearse::sim {
namespace {

// Where the original lies: claim and file; empty names where no volume holds it.
struct Copy {
  std::string claim;
  std::string file;
};

Copy FindCopy(const ClusterState& state, const std::shared_ptr<const std::string>& bytes) {
  Copy copy;
  state.volumes.ForEach([&](const std::string& key, const auto& content) {
    for (const auto& [name, other] : content->files) {
      if (other == bytes) {
        copy = Copy{key.substr(key.rfind('/') + 1), name};
      }
    }
  });
  return copy;
}

bool Names(const std::string& account, const std::string& word) {
  return account.find(word) != std::string::npos;
}

}  // namespace

std::optional<Violation> CheckAccount(const ClusterState& start,
                                      const ClusterState& end,
                                      const cluster::Outcome& outcome,
                                      const Claim& claim) {
  if (SameMetadata(end.etcd.keys, start.etcd.keys, claim.root_path)) {
    return std::nullopt;
  }
  const auto bytes = FindValidBackup(end, start.etcd.keys, claim.root_path);
  if (!bytes) {
    return std::nullopt;  // lost: a property of its own
  }
  const Copy copy = FindCopy(end, bytes);
  for (const std::string& word : std::array<std::string, 3>{copy.claim, copy.file, "kubectl"}) {
    if (!Names(outcome.account, word)) {
      return Violation{kAccountIsTrue,
                       end.now,
                       "the only copy is " + copy.file + " on " + copy.claim +
                           ", and the account does not say '" + word + "'"};
    }
  }
  return std::nullopt;
}

}  // namespace rehearse::sim
