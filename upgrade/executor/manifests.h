// upgrade/executor/manifests.h: the helper objects of an attempt: names, labels and manifests.
//
// Shape:  every object is named rehearse-<release>-a<attempt>-<what> and labelled with manager,
//         release and attempt, so that an object of an earlier attempt or of a script is never
//         taken for one of ours. It carries none of the chart's labels: no selector of Milvus
//         matches it. Pods have restartPolicy Never and keep their result; a retry has the next
//         number. With the pod that migrates the configuration is marked once more: whoever finds
//         the mark and other metadata knows that it may be a part, also when the pod is gone.
//         The tool writes /milvus/data/migration-<try>.bak: a second backup never lies over
//         the first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

inline constexpr std::string_view kManagerLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManager = "rehearse";
inline constexpr std::string_view kReleaseLabel = "rehearse.io/release";
inline constexpr std::string_view kAttemptLabel = "rehearse.io/attempt";
inline constexpr std::string_view kRoleLabel = "rehearse.io/role";
inline constexpr std::string_view kReaderRole = "reader";
// The value of kBaselineMark, of a DurableDigest: a text that YAML takes for no number.
std::string MarkOf(const std::string& digest);

// The attempt of this executor; 0 before it is chosen.
std::int64_t AttemptOf(const Context& context);
// The attempt whose label the object carries; 0 for objects of others.
std::int64_t AttemptOf(const kube::Object& object, std::string_view release);
// Made by an executor for another release of the namespace.
bool IsOfOtherRelease(const kube::Object& object, std::string_view release);
// One more than the highest attempt of which anything is left.
std::int64_t NextAttempt(const Context& context);

enum class ToolTask { kBackup, kMigrate, kRestore };
std::string ClaimName(const Context& context);
std::string ClaimName(const std::string& release, std::int64_t attempt);
std::string ConfigName(const Context& context, std::int64_t backup_try);
std::string PodName(const Context& context, ToolTask task, std::int64_t number);
std::string ReaderName(const Context& context, std::int64_t number);
std::string BackupPath(std::int64_t backup_try);  // in the pods

// Each is the action that creates the object.
cluster::Action MakeClaim(const Context& context);
cluster::Action MakeConfig(const Context& context, std::int64_t backup_try);
cluster::Action MakeToolPod(const Context& context, ToolTask task, std::int64_t number);
cluster::Action MakeMigration(const Context& context, std::int64_t number);  // its pod and the mark
cluster::Action MakeReader(const Context& context, std::int64_t number);

}  // namespace rehearse::upgrade::executor
