// upgrade/executor/releases.h: questions that judges ask of the stored revisions of the release.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// The newest stored revision; nullptr without any.
const helm::ReleaseRecord* NewestRelease(const Context& context);

// What a hop must not begin on: no release, or one that helm works on just now.
std::optional<Verdict> ReleaseNotAtRest(const Context& context);

// "revision 3 (milvus-4.0.34, pending-upgrade)"
std::string Describe(const helm::ReleaseRecord& record);

// Whether the revision is of the chart and has the values that the hop sets.
bool IsOfHop(const helm::ReleaseRecord& record, const result::HelmHop& hop);

// Kind/name of each Deployment and StatefulSet of the manifest that is not at 0 replicas there.
Result<std::vector<std::string>> WorkloadsIn(const helm::ReleaseRecord& record);

// What the newest revision says of the Deployment; 1 where it says nothing.
std::int64_t ReplicasInRelease(const Context& context, const std::string& deployment);

// A Deployment with another number of replicas than the manifest's, which the next helm upgrade
// sets back; "" if there is none. One at 0 is down: its mark counts (upgrade/replicas.h),
// as does one that says something else than what is there.
std::string ScaledByHand(const Context& context, const helm::ReleaseRecord& record);

// The first difference between the manifest and the live Deployments and StatefulSets: images,
// presence, and replicas where all is compared; "" if they agree.
enum class Compared { kAll, kAllButReplicas };
std::string ManifestDifference(const Context& context,
                               const helm::ReleaseRecord& record,
                               Compared compared = Compared::kAll);

}  // namespace rehearse::upgrade::executor
