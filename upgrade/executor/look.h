// upgrade/executor/look.h: questions that judges ask of what was seen.
//
// Shape:  pure functions of a Context (or of parts of an observation). "Planned deployments" are
// the
//         Milvus Deployments of a metadata hop.
// Errors: none; what is not there is said as absent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/core/version.h"
#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// ---- objects -----------------------------------------------------------------------------------

kube::ObjectPtr FindObject(const cluster::Observation& seen, std::string_view name);
// nullptr: no such Deployment or StatefulSet, or another kind of object.
const kube::Labels* SelectorOf(const kube::Object& workload);
const kube::PodTemplate* TemplateOf(const kube::Object& workload);
std::int64_t ReplicasOf(const kube::Object& workload);
// Image of the container; "" if the template has none of this name.
std::string ImageOf(const kube::PodTemplate& pod_template, std::string_view container);

// Pods that a workload selects, in order of name.
std::vector<kube::ObjectPtr> PodsOf(const cluster::Observation& pods, const kube::Object& workload);

bool IsFinished(const kube::Object& pod);  // Succeeded or Failed: its processes are gone

// Why the workload is not rolled out; "" if it is: newest spec seen, all pods updated and ready.
std::string RolloutProblem(const kube::Object& workload);

// A pod that looks as if it would not start by itself, or nullptr; why goes to `reason`.
kube::ObjectPtr StuckPod(const std::vector<kube::ObjectPtr>& pods, std::string* reason);

// ---- Milvus, as the metadata hop plans it
// --------------------------------------------------------

// Deployments of Milvus itself by their labels.
std::vector<kube::ObjectPtr> MilvusDeployments(const Context& context);
// Planned deployments that are not there.
std::vector<std::string> MissingDeployments(const Context& context);
// Planned deployments that want pods.
std::vector<kube::ObjectPtr> ScaledUp(const Context& context);
// "somebody scaled Deployment/x to 2 replicas"
std::string SomebodyScaled(const kube::Object& deployment);
// What is left of Milvus: a deployment not observed at 0, or an unfinished pod; "" = nothing.
std::string MilvusLeft(const Context& context);

// Unfinished pods of the planned deployments.
std::vector<kube::ObjectPtr> MilvusPods(const Context& context);
// What somebody else did while Milvus is stopped for the migration: scaled it up, or runs a
// migration pod; "" if nothing.
std::string ForeignAct(const Context& context);

// ---- helper pods -------------------------------------------------------------------------------

enum class PodState { kAbsent, kActive, kSucceeded, kFailed };
PodState StateOf(const Context& context, std::string_view pod);

// Unfinished pods that run the migration tool; `ours` of this attempt, or all others.
std::vector<kube::ObjectPtr> ToolPods(const Context& context, bool ours);
std::string NamesOf(const std::vector<kube::ObjectPtr>& objects);

// ---- metadata ----------------------------------------------------------------------------------

// Live session keys without their prefix (the id counter is none).
std::vector<std::string> SessionsIn(const etcd::Keys& keys, std::string_view root_path);
// What a backup holds: below the meta root, not leased, no sessions.
etcd::Keys DurableKeys(const etcd::Keys& keys, std::string_view root_path);
// The digest of DurableKeys in hexadecimal, as it is journaled.
std::string DurableDigest(const etcd::Keys& keys, std::string_view root_path);
std::string DigestText(const etcd::Keys& keys);

// Why the sessions are not those of the version; "" if they are. Versions are compared by minor:
// the patch level that a server writes is not always its tag's.
std::string SessionProblem(const etcd::Keys& keys,
                           std::string_view root_path,
                           std::string_view image);

// ---- words -------------------------------------------------------------------------------------

std::string Join(const std::vector<std::string>& words, std::string_view between = ", ");
// The last non-empty lines of a log, at most `lines_max`.
std::string Tail(std::string_view log, std::size_t lines_max);

}  // namespace rehearse::upgrade::executor
