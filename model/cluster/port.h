// model/cluster/port.h: the seam between those who act and the world they act in.
//
// A world (SimCluster, LiveCluster) is a Cluster; an actor (our executor, an official script) is a
// Driver. A Driver sees only what it read and what it was told; no code asks which world it is in.
//
// Units:   Instant and Millis of the run; in a simulated world time passes only in Wait.
// Errors:  Read: kUnavailable, kForbidden (nothing was read). Start: kUnavailable (nothing was
// sent).
//          A finished operation: kConflict, kForbidden, kNotFound, kUnavailable (not applied),
//          kOutcomeUnknown (applied or not: look), kFailed (the command ran and says no).
// Fates:   a mutating action is not applied; or applied and acknowledged; or applied with the
//          acknowledgement lost. A driver can be killed before and after any step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/core/hash.h"
#include "model/core/instant.h"
#include "model/core/result.h"
#include "model/etcd/types.h"
#include "model/helm/types.h"
#include "model/helm/values.h"
#include "model/kube/types.h"

namespace rehearse::cluster {

// ---- reads -------------------------------------------------------------------------------------

struct GetObject {
  kube::Ref ref;
};
struct ListObjects {
  std::string kind;
  std::string ns;
  std::string selector;  // "a=b,c=d"; "" for all
};
// A kubectl get whose text is what counts, as scripts use it.
struct GetText {
  std::string resource;            // as typed: deploy, svc, storageclass, ...
  std::vector<std::string> names;  // empty: list
  std::string ns;                  // "" for cluster scope
  std::string selector;
  std::string output;  // name, json, or jsonpath=...
};
struct GetReleases {  // helm history and helm get: every stored revision, oldest first
  std::string release;
  std::string ns;
};
struct EtcdRange {
  std::string prefix;
};
struct PodLog {
  kube::Ref pod;
};
struct PodFile {  // kubectl exec POD -- cat PATH
  kube::Ref pod;
  std::string path;
};
// kubectl rollout status, one look at it. With `watch` kubectl goes on looking by itself: who
// stands for it asks again until the text says "successfully rolled out" or the exit code is not 0.
struct RolloutStatus {
  kube::Ref ref;
  bool watch = false;
};
using Query = std::variant<GetObject,
                           ListObjects,
                           GetText,
                           RolloutStatus,
                           GetReleases,
                           EtcdRange,
                           PodLog,
                           PodFile>;

// What a read gave; parts that were not read are empty.
struct CommandResult {
  int exit_code = 0;
  std::string out;
  std::string err;
};
struct Observation {
  std::vector<kube::ObjectPtr> objects;  // GetObject (0 or 1), ListObjects (by name)
  std::vector<helm::ReleaseRecord> releases;
  std::optional<etcd::Keys> keys;
  CommandResult text;  // GetText, RolloutStatus, PodLog, PodFile (out = the bytes)
};

// ---- actions -----------------------------------------------------------------------------------

struct Apply {  // kubectl apply -f -
  std::string ns;
  std::string manifest;  // YAML, as piped
};
struct Patch {  // kubectl patch, strategic merge
  kube::Ref ref;
  std::string patch;  // JSON text
};
struct Scale {
  std::vector<kube::Ref> refs;
  std::int64_t replicas = 0;
};
struct Annotate {
  kube::Ref ref;
  std::string key;
  std::string value;
  bool overwrite = false;
};
struct Delete {
  std::vector<kube::Ref> refs;
  bool ignore_not_found = false;
};
struct HelmUpgrade {
  std::string release;
  std::string ns;
  std::string chart;    // the chart reference, e.g. zilliztech/milvus
  std::string version;  // --version; "" = newest
  helm::ValuesMode values = helm::ValuesMode::kResetThenReuse;
  std::vector<std::string> sets;  // each K=V of --set
  bool wait = false;
  bool atomic = false;
  Millis timeout_ms = Seconds(300);
};
struct HelmRollback {
  std::string release;
  std::string ns;
  std::int64_t revision = 0;
};
using Action = std::variant<Apply, Patch, Scale, Annotate, Delete, HelmUpgrade, HelmRollback>;

using OperationId = std::int64_t;

// ---- events ------------------------------------------------------------------------------------

struct OperationDone {
  OperationId operation = 0;
  Result<CommandResult> result;
};
struct DeadlineReached {};
using Event = std::variant<OperationDone, DeadlineReached>;

class Cluster {  // Start never blocks; Wait is where time passes.
 public:
  virtual ~Cluster() = default;
  virtual Result<Observation> Read(const Query& query) = 0;  // may be stale
  virtual Result<OperationId> Start(const Action& action) = 0;
  virtual Result<Event> Wait(Instant deadline) = 0;
  [[nodiscard]] virtual Instant Now() const = 0;

 protected:
  Cluster() = default;
  Cluster(const Cluster&) = default;
  Cluster& operator=(const Cluster&) = default;
};

// ---- drivers -----------------------------------------------------------------------------------

struct Begin {};
using Input = std::variant<Begin, Result<Observation>, Result<OperationId>, Result<Event>>;

enum class OutcomeKind {
  kReached,      // the driver claims success
  kStopped,      // the driver stopped by itself; the account says where things stand
  kNothingToDo,  // there was nothing to reach
};
std::string_view NameOf(OutcomeKind kind);  // as traces have it: "nothing-to-do"
struct Outcome {
  OutcomeKind kind = OutcomeKind::kStopped;
  int exit_code = 0;    // a script's own exit code; 0 for kReached
  std::string account;  // for people: what was reached, what is left, how to go on
};

struct ReadStep {
  Query query;
};
struct StartStep {
  Action action;
};
struct WaitStep {
  Instant deadline;
};
struct JournalStep {  // append to the durable journal (fsynced in a live run)
  std::string line;
};
struct SayStep {  // progress for people: "<step id>\t<text>"; nothing happens
  std::string text;
};
struct FinishStep {
  Outcome outcome;
};
using Step = std::variant<ReadStep, StartStep, WaitStep, JournalStep, SayStep, FinishStep>;

// What a driver knows: an immutable value. Its digest covers everything its future depends on,
// with instants counted as time left from `now`.
class DriverState {
 public:
  virtual ~DriverState() = default;
  [[nodiscard]] virtual Fingerprint Digest(Instant now) const = 0;

 protected:
  DriverState() = default;
  DriverState(const DriverState&) = default;
  DriverState& operator=(const DriverState&) = default;
};
using DriverStatePtr = std::shared_ptr<const DriverState>;

struct Turn {
  DriverStatePtr state;
  Step step;
};

// A pure step function: equal states, inputs and times give equal turns. The input is the answer to
// the step before (Begin, also after JournalStep and SayStep).
class Driver {
 public:
  virtual ~Driver() = default;
  // From the durable journal; an empty one starts from the beginning.
  [[nodiscard]] virtual Result<DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const = 0;
  [[nodiscard]] virtual Turn Next(const DriverStatePtr& state,
                                  const Input& input,
                                  Instant now) const = 0;

 protected:
  Driver() = default;
  Driver(const Driver&) = default;
  Driver& operator=(const Driver&) = default;
};

}  // namespace rehearse::cluster
