#include "simulator/checkers/outcome.h"
#include "simulator/checkers/property.h"

namespace rehearse::sim {

std::vector<Violation> CheckNextUpgrade(const ClusterState& before,
                                        const ClusterState& after,
                                        const std::optional<cluster::Outcome>& outcome,
                                        const Claim& claim) {
  std::vector<Violation> found;
  const auto add = [&](std::string evidence) {
    found.push_back(Violation{kNextUpgradeHarmless, after.now, std::move(evidence)});
  };
  if (!outcome || outcome->exit_code != 0) {
    add(outcome ? outcome->account : "helm does not end");
  }
  const auto images = MilvusImages(before, claim.ns);
  for (const auto& [workload, image] : MilvusImages(after, claim.ns)) {
    const auto old = images.find(workload);
    if (old == images.end()) {
      add(workload + " runs " + image + " and was not there");
    } else if (old->second != image) {
      add(workload + " runs " + image + ", it ran " + old->second);
    }
  }
  for (const std::string& line : NotReady(after, claim.ns)) {
    add(line);
  }
  return found;
}

}  // namespace rehearse::sim
