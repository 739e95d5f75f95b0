#include "simulator/state/cluster_state.h"

#include <algorithm>
#include <tuple>

#include "model/cluster/command_line.h"
#include "model/core/check.h"
#include "simulator/state/rollouts.h"

namespace rehearse::sim {
namespace {

constexpr Millis kControllerDelayMs = 100;  // Law::kControllerDelay

auto OrderOf(const Timer& timer) { return std::tie(timer.due, timer.kind, timer.subject); }

const std::vector<Timer>& TimersOf(const ClusterState& state) {
  static const std::vector<Timer> none;
  return state.timers ? *state.timers : none;
}

}  // namespace

Fingerprint DigestOf(const Process& process) {
  Hasher hash;
  hash.Add(process.kind).Add(process.phase).Add(process.healthy);
  if (process.milvus) {
    hash.Add(process.milvus->version.ToString()).Add(process.milvus->root_path);
    hash.Add(process.milvus->attempts).Add(process.milvus->active_standby);
    for (const milvus::Role role : process.milvus->missing) {
      hash.Add(role);
    }
    for (const HeldSession& session : process.milvus->sessions) {
      hash.Add(session.key);
    }
  }
  if (process.tool) {
    hash.Add(DigestOf(*process.tool->tool)).Add(process.tool->lease != 0);
    if (process.tool->result) {
      hash.Add(process.tool->result->ok).Add(process.tool->result->txn_succeeded);
    }
  }
  return hash.Get();
}

Fingerprint DigestOf(const VolumeContent& content) {
  Hasher hash;
  hash.Add(content.minio_format);
  for (const auto& [name, bytes] : content.files) {
    hash.Add(name).Add(*bytes);
  }
  return hash.Get();
}

Fingerprint DigestOf(const Log& log) {
  Hasher hash;
  for (const std::string& line : log.lines) {
    hash.Add(line);
  }
  return hash.Get();
}

Fingerprint DigestOf(const Operation& operation) {
  Hasher hash;
  hash.Add(cluster::Line(cluster::CommandOf(operation.action)));
  hash.Add(operation.fate).Add(operation.orphaned).Add(operation.foreign);
  if (operation.helm) {
    hash.Add(DigestOf(*operation.helm));
  }
  return hash.Get();
}

namespace {

// Time left; -1: for ever.
Millis Left(Instant until, Instant now) {
  return until == kNever ? -1 : std::max<Millis>(0, until - now);
}

}  // namespace

namespace {

// A driver may tell how the revisions ended that are not in force yet; of older ones nobody does.
void AddDescriptions(const SharedMap<helm::ReleaseRecord>& releases, Hasher& hash) {
  std::map<std::string_view, std::int64_t> deployed;  // by name
  releases.ForEach([&](const std::string&, const auto& record) {
    if (record->status == helm::ReleaseStatus::kDeployed) {
      deployed[record->name] = std::max(deployed[record->name], record->revision);
    }
  });
  releases.ForEach([&](const std::string&, const auto& record) {
    if (record->revision >= deployed[record->name]) {
      hash.Add(record->description);
    }
  });
}

}  // namespace

Fingerprint DigestOf(const ClusterState& state) {
  Hasher hash;
  AddDescriptions(state.releases, hash);
  hash.Add(state.objects.Digest()).Add(state.releases.Digest()).Add(state.etcd.keys.Digest());
  hash.Add(state.etcd.leases.size()).Add(state.processes.Digest()).Add(state.volumes.Digest());
  hash.Add(state.logs.Digest());
  state.operations.ForEach(  // ids do not count, their order does
      [&](const std::string&, const auto& operation) {
        hash.Add(DigestOf(*operation));
        const Instant deadline = operation->helm ? helm::DeadlineOf(*operation->helm) : kNever;
        hash.Add(deadline == kNever ? -1 : deadline - state.now);
      });
  hash.Add(Left(state.etcd_down_until, state.now));
  for (const Trouble& trouble : state.troubles) {
    const Millis left = Left(trouble.until, state.now);
    if (left != 0) {
      hash.Add(trouble.kind).Add(trouble.subject).Add(left);
    }
  }
  if (state.rollouts_watched && state.rollouts) {  // nothing else looks at their clocks
    for (const auto& [deployment, since] : *state.rollouts) {
      hash.Add(deployment).Add(IsOverdue(state, deployment) ? -1 : state.now - since);
    }
  }
  for (const Timer& timer : TimersOf(state)) {
    hash.Add(timer.due - state.now).Add(timer.kind);
    // Lease and operation ids are numbered in the order of their making; what they hold counts.
    if (timer.kind == TimerKind::kLease) {
      const auto* lease = etcd::FindLease(state.etcd, std::atoll(timer.subject.c_str()));
      hash.Add(lease != nullptr ? lease->ttl_s : 0);
    } else if (timer.kind != TimerKind::kOperation) {
      hash.Add(timer.subject);
    }
  }
  return hash.Get();
}

void CheckInvariants(const ClusterState& state) {
  etcd::CheckInvariants(state.etcd);
  const auto& timers = TimersOf(state);
  CHECK(std::is_sorted(timers.begin(), timers.end(), [](const Timer& a, const Timer& b) {
    return OrderOf(a) < OrderOf(b);
  }));
  CHECK(timers.empty() || timers.front().due >= state.now);
  state.processes.ForEach(
      [&](const std::string& pod, const auto&) { CHECK(state.objects.Find(pod) != nullptr); });
}

void SetTimer(ClusterState& state, Timer timer) {
  std::vector<Timer> timers = TimersOf(state);
  const auto at =
      std::lower_bound(timers.begin(), timers.end(), timer, [](const Timer& a, const Timer& b) {
        return OrderOf(a) < OrderOf(b);
      });
  timers.insert(at, std::move(timer));
  state.timers = std::make_shared<const std::vector<Timer>>(std::move(timers));
}

void DropTimers(ClusterState& state, TimerKind kind, const std::string& subject) {
  std::vector<Timer> timers = TimersOf(state);
  std::erase_if(timers,
                [&](const Timer& timer) { return timer.kind == kind && timer.subject == subject; });
  state.timers = std::make_shared<const std::vector<Timer>>(std::move(timers));
}

bool Suffers(const ClusterState& state, TroubleKind kind, const std::string& subject) {
  return std::any_of(state.troubles.begin(), state.troubles.end(), [&](const Trouble& trouble) {
    return trouble.kind == kind && trouble.subject == subject && trouble.until > state.now;
  });
}

void WakeControllers(ClusterState& state) {
  if (!state.controllers_pending) {
    state.controllers_pending = true;
    SetTimer(state, Timer{state.now + kControllerDelayMs, TimerKind::kControllers, ""});
  }
}

void PutObject(ClusterState& state, kube::Object object) {
  object.resource_version = ++state.resource_version;
  const std::string key = object.ref.Key();
  state.objects = state.objects.Set(key, std::move(object));
}

void PutProcess(ClusterState& state, const std::string& pod, Process process) {
  state.processes = state.processes.Set(pod, std::move(process));
}

void AppendLog(ClusterState& state, const std::string& pod, std::string line) {
  const Log* old = state.logs.Find(pod);
  Log log = old != nullptr ? *old : Log{};
  log.lines.push_back(std::move(line));
  state.logs = state.logs.Set(pod, std::move(log));
}

namespace {

bool IsUsed(const ClusterState& state, const kube::Ref& claim) {
  bool used = false;
  state.objects.ForPrefix("Pod/" + claim.ns + "/", [&](const std::string&, const auto& object) {
    const auto& pod = std::get<kube::Pod>(object->body);
    const bool ended =
        pod.phase == kube::PodPhase::kSucceeded || pod.phase == kube::PodPhase::kFailed;
    for (const kube::Volume& volume : pod.pod_template->volumes) {
      used = used || (!ended && volume.claim == claim.name);
    }
  });
  return used;
}

}  // namespace

void DeleteClaim(ClusterState& state, const std::string& claim) {
  kube::Object next = *state.objects.Find(claim);
  if (!IsUsed(state, next.ref)) {
    state.objects = state.objects.Erase(claim);
    state.volumes = state.volumes.Erase(claim);
  } else if (!next.terminating) {
    next.terminating = true;
    PutObject(state, std::move(next));
  }
  WakeControllers(state);
}

void RemoveUnusedClaims(ClusterState& state) {
  std::vector<std::string> going;
  state.objects.ForPrefix("PersistentVolumeClaim/",
                          [&](const std::string& key, const auto& object) {
                            if (object->terminating) {
                              going.push_back(key);
                            }
                          });
  for (const std::string& key : going) {
    DeleteClaim(state, key);
  }
}

std::string ReleaseKey(const std::string& ns, const std::string& release, std::int64_t revision) {
  return ns + "/sh.helm.release.v1." + release + ".v" + std::to_string(revision);
}

}  // namespace rehearse::sim
