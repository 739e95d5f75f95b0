#include "simulator/checkers/property.h"

#include <array>

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

std::string_view SourceOf(const Property& property) {
  struct Row {
    std::string_view name;
    std::string_view source;
  };
  static constexpr std::array kRows = {
      Row{kRestoresOwnBackup, "simulator/checkers/restored_backup.cc"},
      Row{kRocksMqIsAlone, "simulator/checkers/rocksmq.cc"},
      Row{kKeepsServing, "simulator/checkers/availability.cc"},
      Row{kServerFitsMetadata, "simulator/checkers/metadata.cc"},
      Row{kToolIsAlone, "simulator/checkers/metadata.cc"},
      Row{kNoMetadataLost, "simulator/checkers/metadata.cc"},
      Row{kSettingsKept, "simulator/checkers/settings.cc"},
      Row{kAccountIsTrue, "simulator/checkers/account.cc"},
      Row{kNextUpgradeHarmless, "simulator/checkers/next_upgrade.cc"},
      Row{kEnds, "simulator/session.cc"},
      Row{kReachesTarget, "simulator/explorer.cc"},
  };
  if (property.kind == PropertyKind::kSometimes) {
    return "simulator/state/moment.h";
  }
  for (const Row& row : kRows) {
    if (row.name == property.name) {
      return row.source;
    }
  }
  return "simulator/checkers/outcome.cc";
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
