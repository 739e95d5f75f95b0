#include <array>

#include "simulator/checkers/metadata.h"
#include "simulator/checkers/outcome.h"
#include "simulator/checkers/property.h"

namespace rehearse::sim {
namespace {

// Where an original lies.
struct Copy {
  std::string claim;
  std::string file;
};

// Visits every file of the volumes that holds the original, until visit(copy) says true.
template <typename Visit>
bool AnyCopy(const ClusterState& state,
             const etcd::Keys& original,
             const std::string& root_path,
             Visit&& visit) {
  bool found = false;
  state.volumes.ForEach([&](const std::string& key, const auto& content) {
    for (const auto& [name, bytes] : content->files) {
      found = found || (IsValidBackup(*bytes, original, root_path) &&
                        visit(Copy{key.substr(key.rfind('/') + 1), name}));
    }
  });
  return found;
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
  std::string unsaid;  // of the first copy: the word that the account lacks
  std::string copies;
  const auto tells = [&](const Copy& copy) {
    copies += (copies.empty() ? "" : ", ") + copy.file + " on " + copy.claim;
    for (const std::string& word : std::array<std::string, 3>{copy.claim, copy.file, "kubectl"}) {
      if (!Names(outcome.account, word)) {
        unsaid = unsaid.empty() ? word : unsaid;
        return false;
      }
    }
    return true;
  };
  const bool told = AnyCopy(end, start.etcd.keys, claim.root_path, tells);
  if (!told && !copies.empty()) {  // none is left: lost, a property of its own
    return Violation{kAccountIsTrue,
                     end.now,
                     "the original is left in " + copies +
                         " alone, and the account does not say '" + unsaid + "'"};
  }
  return std::nullopt;
}

}  // namespace rehearse::sim
