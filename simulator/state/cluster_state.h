// simulator/state/cluster_state.h: the whole simulated cluster as one value.
//
// Shape:      shared immutable parts: Kubernetes objects, helm release records, one etcd, the
//             processes inside pods, the contents of volumes, operations of clients under way, and
//             timers. Copying it is a fork.
// Units:      Instant; timers are the only place where absolute times stand.
// Invariants: a running container has a process; a leased key has a lease; a lease that nobody
// keeps
//             alive has a timer. CheckInvariants(state) says so.
// Digest:     DigestOf leaves out absolute time (timers count as time left), uids, the ids of
// leases
//             and operations, and how revisions ended that are older than the one in force.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/cluster/port.h"
#include "model/etcd/machine.h"
#include "model/helm/machine.h"
#include "model/kube/types.h"
#include "model/migration/machine.h"
#include "model/milvus/machine.h"
#include "simulator/state/fate.h"

namespace rehearse::sim {

enum class ProcessKind { kMilvus, kMinio, kEtcd, kTool, kOther };
enum class ProcessPhase { kStarting, kRegistering, kRecovering, kServing, kStopping };

struct HeldSession {
  std::string key;
  etcd::LeaseId lease = 0;
};

struct MilvusProcess {
  Version version;
  std::string root_path;
  std::vector<milvus::Role> missing;  // roles that are not registered yet
  std::vector<HeldSession> sessions;
  bool active_standby = false;  // waits, ready, while another one holds its key
  std::int64_t attempts = 0;
  std::int64_t server_id = 0;
  std::int64_t node_id = 0;
  std::int64_t query_node_id = 0;
};

struct ToolProcess {
  std::shared_ptr<const migration::ToolState> tool;
  std::optional<migration::EffectResult> result;
  etcd::LeaseId lease = 0;
  std::int64_t puts = 0;  // so far
  bool cleaned = false;   // it has removed metadata
};

struct Process {
  ProcessKind kind = ProcessKind::kOther;
  ProcessPhase phase = ProcessPhase::kStarting;
  bool healthy = false;
  std::optional<MilvusProcess> milvus;
  std::optional<ToolProcess> tool;
};
Fingerprint DigestOf(const Process& process);

// What lies on one claim's volume.
struct VolumeContent {
  std::string minio_format;                                         // "", "fs", "xl-single", "xl"
  std::map<std::string, std::shared_ptr<const std::string>> files;  // name -> bytes
};
Fingerprint DigestOf(const VolumeContent& content);

struct Log {
  std::vector<std::string> lines;
};
Fingerprint DigestOf(const Log& log);

enum class TimerKind {
  kControllers,
  kContainerStart,  // subject: pod key
  kProcess,         // next move of the pod's process
  kProbe,           // readiness
  kAvailable,       // ready for minReadySeconds
  kKill,            // end of the grace period
  kLease,           // subject: decimal lease id
  kEtcdBack,
  kOperation,    // subject: decimal operation id
  kNodesFree,    // no node is full any more
  kNodeEvicts,   // subject: node whose pods are given up
  kNodeBack,     // subject: node
  kClaimFree,    // subject: claim key
  kSessionLost,  // subject: pod key; cut off from etcd for a TTL
};

struct Timer {
  Instant due;
  TimerKind kind = TimerKind::kControllers;
  std::string subject;
};

struct Operation {
  cluster::Action action;
  Fate fate = Fate::kApplied;
  bool orphaned = false;  // its client is dead: nobody hears of the result
  bool foreign = false;   // somebody else's: it does not die with the driver
  std::optional<helm::HelmState> helm;
  std::optional<helm::HelmEffect> effect;  // of helm, to be carried out next
};
Fingerprint DigestOf(const Operation& operation);

struct Counters {  // how many sites of each kind the run has passed
  std::int64_t actions = 0;
  std::int64_t reads = 0;
  std::int64_t waits = 0;
  std::int64_t process_steps = 0;
  std::int64_t tool_steps = 0;  // those of the migration tool among them
  std::int64_t pod_starts = 0;
  std::int64_t tool_puts = 0;
};

// Deployments that are being rolled out, and when each last made progress.
using Rollouts = std::map<std::string, Instant>;

struct ClusterState {
  Instant now;
  kube::Objects objects;
  SharedMap<helm::ReleaseRecord> releases;  // by "<ns>/<Secret name>"
  etcd::State etcd;
  Instant etcd_down_until;
  SharedMap<Process> processes;                      // by pod key
  SharedMap<VolumeContent> volumes;                  // by claim key
  SharedMap<Log> logs;                               // by pod key
  SharedMap<Operation> operations;                   // by decimal id
  std::shared_ptr<const std::vector<Timer>> timers;  // ordered by due, kind, subject
  std::int64_t operations_started = 0;
  std::int64_t resource_version = 1'000'000;
  bool controllers_pending = false;
  Counters counters;
  std::vector<Trouble> troubles;
  std::shared_ptr<const Rollouts> rollouts;  // null: none
  bool rollouts_watched = false;             // somebody has asked for one's status
};

Fingerprint DigestOf(const ClusterState& state);
void CheckInvariants(const ClusterState& state);

void SetTimer(ClusterState& state, Timer timer);
void DropTimers(ClusterState& state, TimerKind kind, const std::string& subject);

// Whether a trouble is on. It ends by the clock alone: whoever suffers looks again by itself.
bool Suffers(const ClusterState& state, TroubleKind kind, const std::string& subject);

// Asks for a run of the controllers after their delay.
void WakeControllers(ClusterState& state);

void PutObject(ClusterState& state, kube::Object object);
void PutProcess(ClusterState& state, const std::string& pod, Process process);
void AppendLog(ClusterState& state, const std::string& pod, std::string line);

// A claim that an unfinished pod uses stays until the pod is gone; else it goes with its volume.
// Law::kClaimProtection. REQUIRES: the claim exists.
void DeleteClaim(ClusterState& state, const std::string& claim);
// Removes deleted claims that nobody uses any more.
void RemoveUnusedClaims(ClusterState& state);

std::string ReleaseKey(const std::string& ns, const std::string& release, std::int64_t revision);

}  // namespace rehearse::sim
