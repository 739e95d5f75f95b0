#include "simulator/troubles.h"

#include <algorithm>

#include "model/core/check.h"
#include "model/kube/codec.h"
#include "model/kube/machine.h"
#include "simulator/api_server.h"

namespace rehearse::sim {
namespace {

constexpr Millis kNodeEvictsMs = Seconds(300);      // Law::kNodeUnreachable
constexpr Millis kPullBackoffMs = Seconds(10);      // Law::kImagePullBackOff
constexpr Millis kPullBackoffMaxMs = Seconds(300);  // Law::kImagePullBackOff
constexpr Millis kLeaderChangeMs = Seconds(3);      // Law::kEtcdLeaderChange
constexpr std::string_view kFullTaint = "node.kubernetes.io/disk-pressure";
constexpr std::string_view kLostTaint = "node.kubernetes.io/unreachable";

const kube::Pod& PodOf(const ClusterState& state, const std::string& pod) {
  return std::get<kube::Pod>(state.objects.Find(pod)->body);
}

std::string NodeKey(const std::string& name) { return kube::Ref{"Node", "", name}.Key(); }

void SetTaint(ClusterState& state, const std::string& node, std::string_view taint, bool on) {
  const kube::Object* object = state.objects.Find(node);
  if (object == nullptr) {
    return;
  }
  Json document = *object->document;
  Json left = Json::array();
  const Json* taints = At(document, {"spec", "taints"});
  for (const Json& each : taints != nullptr ? *taints : Json::array()) {
    if (StringAt(each, {"key"}) != taint) {
      left.push_back(each);
    }
  }
  if (on) {
    left.push_back({{"key", taint}, {"effect", "NoSchedule"}});
  }
  document["spec"]["taints"] = std::move(left);
  auto next = kube::FromJson(document, node);
  CHECK(next.has_value());
  PutObject(state, *std::move(next));
  WakeControllers(state);
}

std::vector<std::string> Keys(const ClusterState& state, const std::string& prefix) {
  std::vector<std::string> keys;
  state.objects.ForPrefix(prefix,
                          [&](const std::string& key, const auto&) { keys.push_back(key); });
  return keys;
}

void ForPodsOn(const ClusterState& state, const std::string& node, auto&& visit) {
  for (const std::string& pod : Keys(state, "Pod/")) {
    if (NodeKey(PodOf(state, pod).node) == node) {
      visit(pod);
    }
  }
}

void SetReady(ClusterState& state, const std::string& pod, bool ready) {
  kube::Object next = *state.objects.Find(pod);
  auto& body = std::get<kube::Pod>(next.body);
  if (body.ready != ready) {
    body.ready = ready;
    body.available = ready;
    PutObject(state, std::move(next));
  }
}

// ---- nodes -------------------------------------------------------------------------------------

void FillNodes(KubeletContext& context, bool for_ever) {
  ClusterState& state = context.state;
  for (const std::string& node : Keys(state, "Node/")) {
    SetTaint(state, node, kFullTaint, true);
  }
  if (!for_ever) {
    SetTimer(state, Timer{state.now + kNodesFullMs, TimerKind::kNodesFree, ""});
  }
  context.laws.Add(Law::kNodeTaints);
}

void LoseNode(KubeletContext& context, const std::string& node, bool for_ever) {
  ClusterState& state = context.state;
  if (state.objects.Find(node) == nullptr) {
    return;
  }
  SetTaint(state, node, kLostTaint, true);
  ForPodsOn(state, node, [&](const std::string& pod) { SetReady(state, pod, false); });
  const Instant until = for_ever ? kNever : state.now + kNodeLostMs;
  state.troubles.push_back(Trouble{TroubleKind::kNodeLost, node, until});
  SetTimer(state, Timer{state.now + kNodeEvictsMs, TimerKind::kNodeEvicts, node});
  if (!for_ever) {
    SetTimer(state, Timer{until, TimerKind::kNodeBack, node});
  }
  context.laws.Add(Law::kNodeUnreachable);
}

void GiveUpPodsOf(ClusterState& state, const std::string& node) {
  if (!Suffers(state, TroubleKind::kNodeLost, node)) {
    return;
  }
  ForPodsOn(state, node, [&](const std::string& pod) {
    if (kube::IsActive(*state.objects.Find(pod), PodOf(state, pod))) {
      state.objects = kube::MarkDeleted(state.objects, state.objects.Find(pod)->ref);
    }
  });
  WakeControllers(state);
}

void BringNodeBack(ClusterState& state, const std::string& node) {
  SetTaint(state, node, kLostTaint, false);
  ForPodsOn(state, node, [&](const std::string& pod) {
    const Process* process = state.processes.Find(pod);
    if (process != nullptr && process->healthy && !state.objects.Find(pod)->terminating) {
      SetReady(state, pod, true);
    }
  });
}

// ---- etcd --------------------------------------------------------------------------------------

void StopEtcd(KubeletContext& context, Instant until) {
  ClusterState& state = context.state;
  state.etcd_down_until = until;
  if (until != kNever) {
    SetTimer(state, Timer{until, TimerKind::kEtcdBack, ""});
  }
  state.processes.ForEach([&](const std::string& pod, const auto& process) {
    if (process->milvus && !process->milvus->sessions.empty()) {
      const Millis ttl_ms = Seconds(milvus::FactsOf(process->milvus->version).session_ttl_s);
      if (until > state.now + ttl_ms) {
        SetTimer(state, Timer{state.now + ttl_ms, TimerKind::kSessionLost, pod});
      }
    }
  });
}

void LoseSession(KubeletContext& context, const std::string& pod) {
  const Process* process = context.state.processes.Find(pod);
  const bool cut_off = process != nullptr && process->milvus &&
                       process->phase != ProcessPhase::kStopping && !EtcdServes(context.state);
  if (cut_off) {
    context.laws.Add(Law::kSessionLostExits);
    CrashPod(context, pod, "session keep-alive channel closed, the server exits");
  }
}

// Law::kLeasesExtended
void ExtendLeases(KubeletContext& context) {
  ClusterState& state = context.state;
  const std::vector<Timer> timers = state.timers ? *state.timers : std::vector<Timer>{};
  for (const Timer& timer : timers) {
    const auto* lease = timer.kind == TimerKind::kLease
                            ? etcd::FindLease(state.etcd, std::atoll(timer.subject.c_str()))
                            : nullptr;
    if (lease != nullptr) {
      DropTimers(state, TimerKind::kLease, timer.subject);
      SetTimer(state, Timer{timer.due + Seconds(lease->ttl_s), TimerKind::kLease, timer.subject});
    }
  }
  context.laws.Add(Law::kLeasesExtended);
}

// ---- pods and objects --------------------------------------------------------------------------

void EvictPod(KubeletContext& context, const std::string& pod) {
  const kube::Object* object = context.state.objects.Find(pod);
  if (object == nullptr || !kube::IsActive(*object, std::get<kube::Pod>(object->body))) {
    return;
  }
  KillProcess(context.state, pod);
  FinishPod(context.state, pod, 137);
  context.laws.Add(Law::kEviction);
}

void Act(KubeletContext& context, const cluster::Action& action) {
  const auto ignored = Mutate(context.state, action, context.laws);
  (void)ignored;  // somebody else sees the answer
}

kube::Ref RefOf(const std::string& key) {
  const std::size_t first = key.find('/');
  const std::size_t second = key.find('/', first + 1);
  CHECK(second != std::string::npos);
  return kube::Ref{
      key.substr(0, first), key.substr(first + 1, second - first - 1), key.substr(second + 1)};
}

const std::string& FirstImage(const ClusterState& state, const std::string& pod) {
  static const std::string none;
  const auto& containers = PodOf(state, pod).pod_template->containers;
  return containers.empty() ? none : containers.front().image;
}

bool SuffersInAny(const ClusterState& state, TroubleKind kind, const std::string& pod) {
  const auto& containers = PodOf(state, pod).pod_template->containers;
  return std::any_of(containers.begin(), containers.end(), [&](const auto& container) {
    return Suffers(state, kind, container.image);
  });
}

}  // namespace

void Happen(KubeletContext& context, const Fault& fault) {
  ClusterState& state = context.state;
  context.laws.Add(Law::kFaultDurations);
  if (fault.fate == Fate::kEtcdLeaderChange) {
    StopEtcd(context, state.now + kLeaderChangeMs);
    context.laws.Add(Law::kEtcdLeaderChange);
  } else if (fault.fate == Fate::kEtcdDown) {
    StopEtcd(context, state.now + kEtcdDownMs);
  } else if (fault.fate == Fate::kEtcdDownForEver) {
    StopEtcd(context, kNever);
  } else if (fault.fate == Fate::kLeasesLate) {
    ExtendLeases(context);
  } else if (fault.fate == Fate::kNodesFull || fault.fate == Fate::kNodesFullForEver) {
    FillNodes(context, fault.fate == Fate::kNodesFullForEver);
  } else if (fault.fate == Fate::kNodeLost || fault.fate == Fate::kNodeLostForEver) {
    LoseNode(context, fault.subject, fault.fate == Fate::kNodeLostForEver);
  } else if (fault.fate == Fate::kPodEvicted) {
    EvictPod(context, fault.subject);
  } else if (fault.fate == Fate::kScaled) {
    Act(context, cluster::Scale{{RefOf(fault.subject)}, std::atoll(fault.to.c_str())});
  } else if (state.objects.Find(fault.subject) != nullptr) {  // a pod or another object is deleted
    Act(context, cluster::Delete{{state.objects.Find(fault.subject)->ref}, true});
  }
}

void EndTrouble(KubeletContext& context, const Timer& timer) {
  ClusterState& state = context.state;
  if (timer.kind == TimerKind::kNodesFree) {
    for (const std::string& node : Keys(state, "Node/")) {
      SetTaint(state, node, kFullTaint, false);
    }
  } else if (timer.kind == TimerKind::kNodeEvicts) {
    GiveUpPodsOf(state, timer.subject);
  } else if (timer.kind == TimerKind::kNodeBack) {
    BringNodeBack(state, timer.subject);
  } else if (timer.kind == TimerKind::kSessionLost) {
    LoseSession(context, timer.subject);
  } else if (timer.kind == TimerKind::kClaimFree && state.objects.Find(timer.subject) != nullptr) {
    kube::Object next = *state.objects.Find(timer.subject);
    std::get<kube::Claim>(next.body).held = false;
    PutObject(state, std::move(next));
    WakeControllers(state);
  }
}

bool OnLostNode(const ClusterState& state, const std::string& pod) {
  if (state.troubles.empty()) {
    return false;
  }
  const kube::Object* object = state.objects.Find(pod);
  return object != nullptr &&
         Suffers(state, TroubleKind::kNodeLost, NodeKey(std::get<kube::Pod>(object->body).node));
}

void TroubleAtStart(KubeletContext& context, const std::string& pod, Fate fate) {
  ClusterState& state = context.state;
  const bool pull = fate == Fate::kImagePullFails || fate == Fate::kImagePullFailsForEver;
  const bool for_ever = fate == Fate::kImagePullFailsForEver || fate == Fate::kCrashLoopsForEver;
  const Millis lasts_ms = pull ? kImagePullFailsMs : kCrashLoopsMs;
  state.troubles.push_back(Trouble{pull ? TroubleKind::kImagePull : TroubleKind::kCrash,
                                   FirstImage(state, pod),
                                   for_ever ? kNever : state.now + lasts_ms});
  context.laws.Add(Law::kFaultDurations);
  context.laws.Add(pull ? Law::kImagePullBackOff : Law::kTroubledContainer);
}

bool WaitsForImage(KubeletContext& context, const std::string& pod) {
  ClusterState& state = context.state;
  if (state.troubles.empty() || !SuffersInAny(state, TroubleKind::kImagePull, pod)) {
    return false;
  }
  kube::Object next = *state.objects.Find(pod);
  auto& body = std::get<kube::Pod>(next.body);
  const std::int64_t tries = ++body.failed_pulls;
  body.waiting_reason = "ImagePullBackOff";
  PutObject(state, std::move(next));
  const Millis wait =
      std::min(kPullBackoffMaxMs, kPullBackoffMs << std::min<std::int64_t>(tries - 1, 5));
  SetTimer(state, Timer{state.now + wait, TimerKind::kContainerStart, pod});
  return true;
}

bool CrashesAtStart(const ClusterState& state, const std::string& pod) {
  return !state.troubles.empty() && SuffersInAny(state, TroubleKind::kCrash, pod);
}

void HoldNewClaims(ClusterState& state, Instant until) {
  for (const std::string& key : Keys(state, "PersistentVolumeClaim/")) {
    const auto& claim = std::get<kube::Claim>(state.objects.Find(key)->body);
    if (claim.bound || claim.held) {
      continue;
    }
    kube::Object next = *state.objects.Find(key);
    std::get<kube::Claim>(next.body).held = true;
    PutObject(state, std::move(next));
    if (until != kNever) {
      SetTimer(state, Timer{until, TimerKind::kClaimFree, key});
    }
  }
}

}  // namespace rehearse::sim
