#include "simulator/checkers/property.h"

#include "simulator/state/moment.h"

namespace rehearse::sim {

std::string_view NameOf(PropertyKind kind) {
  switch (kind) {
    case PropertyKind::kAlways:
      return "always";
    case PropertyKind::kEventually:
      return "eventually";
    case PropertyKind::kSometimes:
      return "sometimes";
  }
  return "unknown";
}

std::vector<Property> AllProperties() {
  std::vector<Property> all;
  for (const char* name : {kServerFitsMetadata,
                           kToolIsAlone,
                           kNoMetadataLost,
                           kRestoresOwnBackup,
                           kRocksMqIsAlone,
                           kKeepsServing}) {
    all.push_back({PropertyKind::kAlways, name});
  }
  for (const char* name : {kEnds,
                           kReadyWhereClaimed,
                           kStaysReady,
                           kRunsTarget,
                           kReleaseDeployed,
                           kReleaseOnChart,
                           kReleaseAgrees,
                           kSettingsKept,
                           kMetadataEqual,
                           kMetadataDecodes,
                           kAccountIsTrue,
                           kNextUpgradeHarmless,
                           kReachesTarget}) {
    all.push_back({PropertyKind::kEventually, name});
  }
  for (std::size_t i = 0; i < kMomentCount; ++i) {
    all.push_back({PropertyKind::kSometimes, NameOf(static_cast<Moment>(i))});
  }
  return all;
}

}  // namespace rehearse::sim
