// upgrade/executor/releases.h: questions that judges ask of the stored revisions of the release.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// The newest stored revision; nullptr without any.
const helm::ReleaseRecord* NewestRelease(const Context& context);

// "revision 3 (milvus-4.0.34, pending-upgrade)"
std::string Describe(const helm::ReleaseRecord& record);

// Whether the revision is of the chart and has the values that the hop sets.
bool IsOfHop(const helm::ReleaseRecord& record, const result::HelmHop& hop);

// Kind/name of each Deployment and StatefulSet of the manifest that is not at 0 replicas there.
Result<std::vector<std::string>> WorkloadsIn(const helm::ReleaseRecord& record);

// The first difference between the manifest and the live Deployments and StatefulSets: images,
// replicas, presence; "" if they agree.
std::string ManifestDifference(const Context& context, const helm::ReleaseRecord& record);

}  // namespace rehearse::upgrade::executor
