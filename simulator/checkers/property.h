// simulator/checkers/property.h: every property by kind and English name: the one list that reports
// enumerate.
//
// Shape:  always: holds at every moment of a run; eventually: holds when the procedure has ended;
//         sometimes: seen at least once in a batch of runs, or the batch fails.
#pragma once

#include <string_view>
#include <vector>

namespace rehearse::sim {

enum class PropertyKind { kAlways, kEventually, kSometimes };
std::string_view NameOf(PropertyKind kind);

struct Property {
  PropertyKind kind = PropertyKind::kAlways;
  std::string_view name;
};

// ---- always
inline constexpr const char* kServerFitsMetadata = "no server runs on metadata of another version";
inline constexpr const char* kToolIsAlone =
    "no live session while metadata is cleaned, written or restored";
inline constexpr const char* kNoMetadataLost =
    "no metadata lost: the original is live or in a valid backup";
inline constexpr const char* kRestoresOwnBackup =
    "a backup that is restored is the one of this attempt";
inline constexpr const char* kRocksMqIsAlone = "RocksMQ is never shared by two pods";
inline constexpr const char* kKeepsServing =
    "during a rolling update every component keeps a ready pod";
// ---- eventually
inline constexpr const char* kEnds = "the procedure ends within a bound";
inline constexpr const char* kReadyWhereClaimed =
    "every workload is ready where success is claimed";
inline constexpr const char* kStaysReady = "every workload stays ready where success is claimed";
inline constexpr const char* kRunsTarget = "every Milvus container runs the target";
inline constexpr const char* kReleaseDeployed = "the release is deployed";
inline constexpr const char* kReleaseOnChart = "the release is on the target's chart";
inline constexpr const char* kReleaseAgrees = "helm release and live objects agree";
inline constexpr const char* kSettingsKept =
    "replicas, labels and values are what the user had or asked for";
inline constexpr const char* kMetadataEqual = "metadata equal before and after by the lawful table";
inline constexpr const char* kMetadataDecodes = "metadata can be decoded at the end";
inline constexpr const char* kAccountIsTrue =
    "on a stop the account names the only copy and how to restore it";
inline constexpr const char* kNextUpgradeHarmless =
    "a following harmless helm upgrade changes no image";
inline constexpr const char* kReachesTarget =
    "after any single transient fault the target is reached";

// The file that checks it.
std::string_view SourceOf(const Property& property);

// Every property, always first, each kind in the order in which it is documented.
std::vector<Property> AllProperties();

}  // namespace rehearse::sim
