#include "simulator/kubelet.h"

#include <algorithm>

#include "model/core/check.h"
#include "model/kube/machine.h"
#include "model/migration/types.h"
#include "model/milvus/minio.h"
#include "simulator/state/monitor.h"
#include "simulator/state/processes.h"
#include "simulator/troubles.h"

namespace rehearse::sim {
namespace {

constexpr Millis kContainerStartMs = 2'000;     // Law::kPodStart
constexpr Millis kMilvusBootMs = 1'000;         // Law::kMilvusStartTime
constexpr Millis kMilvusRecoverMs = 8'000;      // Law::kMilvusStartTime
constexpr Millis kDependencyRetryMs = 1'000;    // Law::kMilvusWaitsForParts
constexpr Millis kStandbyWatchMs = 1'000;       // Law::kRegisterAfterForeignLease
constexpr Millis kServerStartMs = 1'000;        // Law::kEtcdStartTime
constexpr Millis kToolStepMs = 5;               // Law::kToolStepTime
constexpr Millis kFirstRestartMs = 1'000;       // Law::kCrashLoop
constexpr Millis kCrashBackoffMs = 10'000;      // Law::kCrashLoop
constexpr Millis kCrashBackoffMaxMs = 300'000;  // Law::kCrashLoop
constexpr const char* kCreating = "ContainerCreating";

const kube::Object& PodObject(const ClusterState& state, const std::string& pod) {
  const kube::Object* object = state.objects.Find(pod);
  CHECK(object != nullptr);
  return *object;
}

const kube::Pod& PodOf(const ClusterState& state, const std::string& pod) {
  return std::get<kube::Pod>(PodObject(state, pod).body);
}

template <typename Change>
void ChangePod(ClusterState& state, const std::string& pod, Change&& change) {
  if (OnLostNode(state, pod)) {
    return;  // nobody reports it
  }
  kube::Object next = PodObject(state, pod);
  change(std::get<kube::Pod>(next.body));
  PutObject(state, std::move(next));
  WakeControllers(state);
}

std::string PathAfter(std::string_view text, std::string_view flag) {
  const std::size_t at = text.find(flag);
  if (at == std::string_view::npos) {
    return "";
  }
  const std::string_view rest = text.substr(at + flag.size());
  return std::string(rest.substr(0, rest.find_first_of(" ;&|\t\n'\"")));
}

// ---- ending ------------------------------------------------------------------------------------

void LetLeaseExpire(ClusterState& state, etcd::LeaseId lease) {
  const etcd::Lease* held = etcd::FindLease(state.etcd, lease);
  if (held != nullptr) {
    SetTimer(state,
             Timer{state.now + Seconds(held->ttl_s), TimerKind::kLease, std::to_string(lease)});
  }
}

void DropProcess(ClusterState& state, const std::string& pod) {
  for (const TimerKind kind : {TimerKind::kProcess,
                               TimerKind::kProbe,
                               TimerKind::kAvailable,
                               TimerKind::kKill,
                               TimerKind::kContainerStart}) {
    DropTimers(state, kind, pod);
  }
  state.processes = state.processes.Erase(pod);
}

void RemovePod(ClusterState& state, const std::string& pod) {
  DropProcess(state, pod);
  state.objects = state.objects.Erase(pod);
  state.logs = state.logs.Erase(pod);
  WakeControllers(state);
}

void RevokeSessions(ClusterState& state, const Process& process) {
  if (process.milvus) {
    for (const HeldSession& session : process.milvus->sessions) {
      etcd::Revoke(state.etcd, session.lease);
    }
  }
}

// ---- readiness ---------------------------------------------------------------------------------

std::int64_t MinReadySeconds(const ClusterState& state, const kube::Object& pod) {
  const kube::Object* set = pod.owner ? state.objects.Find(pod.owner->Key()) : nullptr;
  const kube::Object* owner =
      set != nullptr && set->owner ? state.objects.Find(set->owner->Key()) : nullptr;
  const auto* deployment = owner != nullptr ? std::get_if<kube::Deployment>(&owner->body) : nullptr;
  return deployment != nullptr ? deployment->min_ready_s : 0;
}

// The first probe at or after now; the container started `running_ms` ago.
void ScheduleProbe(KubeletContext& context, const std::string& pod, Millis running_ms) {
  const auto& containers = PodOf(context.state, pod).pod_template->containers;
  Millis wait = 0;
  if (!containers.empty() && containers.front().readiness) {
    const kube::Probe& probe = *containers.front().readiness;
    const Millis first = Seconds(probe.initial_delay_s);
    const Millis period = Seconds(std::max<std::int64_t>(1, probe.period_s));
    const Millis late = std::max<Millis>(0, running_ms - first);
    wait = first + (late + period - 1) / period * period - running_ms;
    context.laws.Add(Law::kReadinessProbe);
  }
  SetTimer(context.state, Timer{context.state.now + wait, TimerKind::kProbe, pod});
}

void BecomeHealthy(KubeletContext& context, const std::string& pod, Millis running_ms) {
  Process process = *context.state.processes.Find(pod);
  process.phase = ProcessPhase::kServing;
  process.healthy = true;
  PutProcess(context.state, pod, std::move(process));
  ScheduleProbe(context, pod, running_ms);
}

// ---- Milvus ------------------------------------------------------------------------------------

const kube::ConfigMap* MilvusConfig(const KubeletContext& context, const kube::Object& pod) {
  for (const kube::Volume& volume : std::get<kube::Pod>(pod.body).pod_template->volumes) {
    const kube::Object* object =
        volume.config_map.empty()
            ? nullptr
            : context.state.objects.Find(
                  kube::Ref{"ConfigMap", pod.ref.ns, volume.config_map}.Key());
    if (object != nullptr) {
      return &std::get<kube::ConfigMap>(object->body);
    }
  }
  return nullptr;
}

std::string RootPathOf(const KubeletContext& context, const kube::Object& pod) {
  const kube::ConfigMap* config = MilvusConfig(context, pod);
  return config != nullptr ? context.world.RootPathOf(*config) : context.world.root_path;
}

std::optional<MilvusProcess> NewMilvus(KubeletContext& context, const kube::Object& pod) {
  const kube::Container* container = MilvusContainer(*std::get<kube::Pod>(pod.body).pod_template);
  CHECK(container != nullptr);
  const auto version = ParseImageTagVersion(ImageTag(container->image));
  if (!version) {
    return std::nullopt;
  }
  MilvusProcess process;
  process.version = *version;
  process.root_path = RootPathOf(context, pod);
  process.missing = milvus::RolesOf(container->args, *version);
  const kube::ConfigMap* config = MilvusConfig(context, pod);
  process.active_standby = config != nullptr && context.world.HasActiveStandby(*config);
  return process;
}

std::int64_t TakeServerId(ClusterState& state, const std::string& root_path) {
  const std::string key = milvus::ServerIdCounterKey(root_path);
  const etcd::Entry* entry = state.etcd.keys.Find(key);
  const std::int64_t id = entry != nullptr ? std::atoll(entry->value.c_str()) : 1;
  etcd::Put(state.etcd, key, std::to_string(id + 1));
  return id;
}

bool RegisterRole(KubeletContext& context,
                  const kube::Object& pod,
                  milvus::Role role,
                  MilvusProcess& milvus) {
  ClusterState& state = context.state;
  milvus::SessionRequest request;
  request.root_path = milvus.root_path;
  request.role = role;
  request.server = milvus.version;
  if (milvus::IsExclusive(role) && state.etcd.keys.Find(milvus::SessionKey(request)) != nullptr) {
    return false;
  }
  const auto facts = milvus::FactsOf(milvus.version);
  if (milvus.server_id == 0 || !facts.shares_server_id) {
    milvus.server_id = TakeServerId(state, milvus.root_path);
  }
  request.server_id = milvus.server_id;
  request.address = "192.0.2.1:" + std::to_string(milvus::DefaultPort(role, milvus.version));
  request.host_name = pod.ref.name;
  const etcd::LeaseId lease = etcd::Grant(state.etcd, facts.session_ttl_s);
  request.lease = lease;
  CHECK(etcd::PutIfAbsent(
      state.etcd, milvus::SessionKey(request), milvus::SessionValue(request), lease));
  milvus.sessions.push_back(HeldSession{milvus::SessionKey(request), lease});
  milvus.node_id = role == milvus::Role::kDataNode ? milvus.server_id : milvus.node_id;
  milvus.query_node_id = role == milvus::Role::kQueryNode ? milvus.server_id : milvus.query_node_id;
  context.laws.Add(facts.laws);
  return true;
}

// The roles whose key was free, or could not be had yet, stay in `missing`.
void RegisterRoles(KubeletContext& context, const std::string& pod, MilvusProcess& milvus) {
  const kube::Object object = PodObject(context.state, pod);
  std::vector<milvus::Role> missing;
  for (const milvus::Role role : milvus.missing) {
    if (!RegisterRole(context, object, role, milvus)) {
      missing.push_back(role);
    }
  }
  milvus.missing = std::move(missing);
}

void RegisterMilvus(KubeletContext& context, const std::string& pod) {
  ClusterState& state = context.state;
  Process process = *state.processes.Find(pod);
  process.phase = ProcessPhase::kRegistering;
  MilvusProcess& milvus = *process.milvus;
  RegisterRoles(context, pod, milvus);
  const auto facts = milvus::FactsOf(milvus.version);
  if (milvus.missing.empty() || milvus.active_standby) {
    process.phase = ProcessPhase::kRecovering;
    PutProcess(state, pod, std::move(process));
    SetTimer(state, Timer{state.now + kMilvusRecoverMs, TimerKind::kProcess, pod});
    return;
  }
  const std::string conflict = milvus::RegisterConflictText(milvus.missing.front());
  ++milvus.attempts;
  const bool gives_up = milvus.attempts >= facts.register_attempts;
  PutProcess(state, pod, std::move(process));
  if (gives_up) {
    CrashPod(context, pod, "panic: All attempts results: " + conflict);
  } else {
    SetTimer(state, Timer{state.now + facts.register_retry_ms, TimerKind::kProcess, pod});
  }
}

void WriteStartKeys(KubeletContext& context, const MilvusProcess& milvus) {
  milvus::StartRequest request;
  request.root_path = milvus.root_path;
  request.server = milvus.version;
  request.node_id = milvus.node_id;
  request.query_node_id = milvus.query_node_id;
  // The wall clock of a run would make equal states differ; the origin stands for it.
  request.now_unix_ns = context.world.clock_origin_unix_ms * 1'000'000;
  const auto outcome = milvus::StartWrites(context.state.etcd.keys, request);
  if (!outcome) {
    return;  // a value that the server cannot decode: it leaves it alone
  }
  for (const milvus::StartWrite& write : outcome->writes) {
    if (write.value) {
      etcd::Put(context.state.etcd, write.key, *write.value);
    } else {
      etcd::DeleteKey(context.state.etcd, write.key);
    }
  }
  context.laws.Add(outcome->laws);
}

// Law::kRegisterAfterForeignLease. The key session/<role>-<id> of a waiting coordinator is not
// modelled.
void WatchForKey(KubeletContext& context, const std::string& pod) {
  SetTimer(context.state, Timer{context.state.now + kStandbyWatchMs, TimerKind::kProcess, pod});
  context.laws.Add(Law::kRegisterAfterForeignLease);
}

void TakeOver(KubeletContext& context, const std::string& pod) {
  Process process = *context.state.processes.Find(pod);
  RegisterRoles(context, pod, *process.milvus);
  const bool active = process.milvus->missing.empty();
  PutProcess(context.state, pod, process);
  if (active) {
    WriteStartKeys(context, *process.milvus);
  } else {
    WatchForKey(context, pod);
  }
}

void OnMilvus(KubeletContext& context, const std::string& pod, const Process& process) {
  ClusterState& state = context.state;
  const bool can_go_on =
      EtcdServes(state) && ObjectStoreServes(state, PodObject(state, pod).ref.ns);
  if (!can_go_on) {
    context.laws.Add(Law::kMilvusWaitsForParts);
    SetTimer(state, Timer{state.now + kDependencyRetryMs, TimerKind::kProcess, pod});
    return;
  }
  if (process.phase == ProcessPhase::kServing) {
    TakeOver(context, pod);
    return;
  }
  if (process.phase == ProcessPhase::kRecovering) {
    if (process.milvus->missing.empty()) {
      WriteStartKeys(context, *process.milvus);
    } else {
      WatchForKey(context, pod);
    }
    BecomeHealthy(context, pod, kMilvusBootMs + kMilvusRecoverMs);
    context.laws.Add(Law::kMilvusStartTime);
    context.monitor.MilvusServes(state, pod);
    return;
  }
  RegisterMilvus(context, pod);
}

// ---- MinIO -------------------------------------------------------------------------------------

void OnMinio(KubeletContext& context, const std::string& pod) {
  ClusterState& state = context.state;
  const kube::Object object = PodObject(state, pod);
  const kube::Pod& body = std::get<kube::Pod>(object.body);
  const bool reads_fs =
      ImageTag(body.pod_template->containers.front().image) < milvus::kMinioWithoutFs;
  const std::string claim = PlaceOf(object, "/export/x").claim_key;
  const VolumeContent* old = claim.empty() ? nullptr : state.volumes.Find(claim);
  VolumeContent content = old != nullptr ? *old : VolumeContent{};
  context.laws.Add(Law::kMinioFormats);
  if (content.minio_format == "fs" && !reads_fs) {
    CrashPod(
        context,
        pod,
        "ERROR Unable to use the drive /export: Drive /export: found backend type fs, expected "
        "xl or xl-single");
    return;
  }
  if (content.minio_format == "xl-single" && reads_fs) {
    CrashPod(
        context,
        pod,
        "ERROR Unable to initialize backend: format.json file: expected format-type: fs, found: "
        "xl-single");
    return;
  }
  if (content.minio_format.empty() && !claim.empty()) {
    const bool is_distributed = object.owner && object.owner->kind == "StatefulSet";
    const char* alone = reads_fs ? "fs" : "xl-single";
    content.minio_format = is_distributed ? "xl" : alone;
    state.volumes = state.volumes.Set(claim, std::move(content));
  }
  BecomeHealthy(context, pod, kServerStartMs);
}

// ---- the migration tool ------------------------------------------------------------------------

std::optional<ToolProcess> NewTool(KubeletContext& context, const std::string& pod) {
  const kube::Object object = PodObject(context.state, pod);
  const kube::Pod& body = std::get<kube::Pod>(object.body);
  const std::string path = PathAfter(ToolCommand(*body.pod_template), "-config=");
  const PlacedPath place = PlaceOf(object, path);
  const kube::Object* config =
      context.state.objects.Find(kube::Ref{"ConfigMap", object.ref.ns, place.config_map}.Key());
  if (config == nullptr) {
    AppendLog(context.state, pod, "panic: key not found: etcd.endpoints");
    return std::nullopt;
  }
  const auto& data = std::get<kube::ConfigMap>(config->body).data;
  const auto text = data->find(place.file);
  const auto image = migration::ToolImageOf(body.pod_template->containers.front().image);
  auto parsed = text == data->end()
                    ? Result<migration::ToolConfig>(
                          Fail(ErrorCode::kFailed, "panic: key not found: etcd.endpoints"))
                    : migration::ParseToolConfig(text->second, path);
  if (!image || !parsed) {
    AppendLog(context.state, pod, image ? parsed.error().message : image.error().message);
    return std::nullopt;
  }
  ToolProcess process;
  process.tool = std::make_shared<const migration::ToolState>(
      migration::StartTool(*image, *std::move(parsed), object.ref.name));
  return process;
}

// Carries out one effect of the tool and keeps what it gave.
class ToolEffects {
 public:
  ToolEffects(KubeletContext& context, std::string pod, ToolProcess& process)
      : context_(context), state_(context.state), pod_(std::move(pod)), process_(process) {}

  migration::EffectResult operator()(const migration::Print& effect) {
    AppendLog(state_, pod_, effect.line);
    return {};
  }
  migration::EffectResult operator()(const migration::GrantLease& effect) {
    process_.lease = etcd::Grant(state_.etcd, effect.ttl_s);
    return {};
  }
  migration::EffectResult operator()(const migration::PutIfAbsent& effect) {
    const etcd::LeaseId lease = effect.leased ? process_.lease : 0;
    const bool won = etcd::PutIfAbsent(state_.etcd, effect.key, effect.value, lease);
    return {.ok = true, .txn_succeeded = won, .bytes = {}, .error = {}};
  }
  migration::EffectResult operator()(const migration::CompareAndPut& effect) {
    const etcd::Entry* entry = state_.etcd.keys.Find(effect.key);
    const bool won = entry != nullptr && entry->value == effect.expected;
    if (won) {
      etcd::Put(state_.etcd, effect.key, effect.value);
    }
    return {.ok = true, .txn_succeeded = won, .bytes = {}, .error = {}};
  }
  migration::EffectResult operator()(const migration::Put& effect) {
    context_.monitor.ToolChangesMetadata(state_, pod_);
    etcd::Put(state_.etcd, effect.key, effect.value);
    ++state_.counters.tool_puts;
    ++process_.puts;
    return {};
  }
  migration::EffectResult operator()(const migration::DeletePrefix& effect) {
    context_.monitor.ToolChangesMetadata(state_, pod_);
    etcd::DeletePrefix(state_.etcd, effect.prefix);
    process_.cleaned = true;
    return {};
  }
  migration::EffectResult operator()(const migration::WriteFile& effect) {
    const PlacedPath place = PlaceOf(PodObject(state_, pod_), effect.path);
    if (place.claim_key.empty()) {
      return {};  // the container's own disk: gone with the pod
    }
    const VolumeContent* old = state_.volumes.Find(place.claim_key);
    VolumeContent content = old != nullptr ? *old : VolumeContent{};
    content.files[place.file] = std::make_shared<const std::string>(effect.bytes);
    state_.volumes = state_.volumes.Set(place.claim_key, std::move(content));
    return {};
  }
  migration::EffectResult operator()(const migration::ReadFile& effect) {
    const PlacedPath place = PlaceOf(PodObject(state_, pod_), effect.path);
    const VolumeContent* content =
        place.claim_key.empty() ? nullptr : state_.volumes.Find(place.claim_key);
    if (content == nullptr || !content->files.contains(place.file)) {
      return {.ok = false,
              .txn_succeeded = true,
              .bytes = {},
              .error = "open " + effect.path + ": no such file or directory"};
    }
    const std::string& bytes = *content->files.at(place.file);
    if (process_.tool->config && process_.tool->config->command == "rollback") {
      context_.monitor.ToolRestores(state_, bytes);
    }
    return {.ok = true, .txn_succeeded = true, .bytes = bytes, .error = {}};
  }
  migration::EffectResult operator()(const migration::RevokeLease& /*unused*/) {
    etcd::Revoke(state_.etcd, process_.lease);
    process_.lease = 0;
    return {};
  }
  migration::EffectResult operator()(const migration::Sleep& /*unused*/) { return {}; }
  migration::EffectResult operator()(const migration::Exit& /*unused*/) { return {}; }

 private:
  KubeletContext& context_;
  ClusterState& state_;
  std::string pod_;
  ToolProcess& process_;
};

bool NeedsEtcd(const migration::Effect& effect) {
  return !std::holds_alternative<migration::Print>(effect) &&
         !std::holds_alternative<migration::WriteFile>(effect) &&
         !std::holds_alternative<migration::ReadFile>(effect) &&
         !std::holds_alternative<migration::Sleep>(effect) &&
         !std::holds_alternative<migration::Exit>(effect);
}

void NoteToolEnd(KubeletContext& context, const ToolProcess& tool, int exit_code) {
  const bool ok = exit_code == migration::kToolOk;
  const std::string command = tool.tool->config ? tool.tool->config->command : "";
  if (ok && command == "rollback") {
    context.monitor.Saw(Moment::kBackupRestored);
  }
  if (!ok && tool.puts > 0) {
    context.monitor.Saw(Moment::kToolKilledBetweenPuts);
  }
  if (!ok && tool.cleaned) {
    context.monitor.Saw(Moment::kToolFailedAfterClean);
  }
}

void OnTool(KubeletContext& context, const std::string& pod, Process process) {
  ClusterState& state = context.state;
  ToolProcess& tool = *process.tool;
  if (context.step_fate == Fate::kProcessKilled || context.tool_fate == Fate::kToolPanics) {
    NoteToolEnd(context, tool, migration::kToolPanicked);
  }
  if (context.step_fate == Fate::kProcessKilled) {
    KillProcess(state, pod);
    FinishPod(state, pod, 137);
    return;
  }
  if (context.tool_fate == Fate::kToolPanics) {
    AppendLog(
        state, pod, "panic: runtime error: invalid memory address or nil pointer dereference");
    KillProcess(state, pod);
    FinishPod(state, pod, migration::kToolPanicked);
    return;
  }
  migration::ToolTurn turn =
      migration::Step(*tool.tool, migration::ToolInput{state.etcd.keys, tool.result});
  context.laws.Add(turn.laws);
  tool.tool = std::make_shared<const migration::ToolState>(std::move(turn.next));
  if (const auto* exit = std::get_if<migration::Exit>(&turn.effect)) {
    if (OnLostNode(state, pod)) {  // ended, and nobody hears of it before the node is back
      SetTimer(state, Timer{state.now + kSilentMs, TimerKind::kProcess, pod});
      return;
    }
    if (tool.lease != 0) {
      LetLeaseExpire(state, tool.lease);
    }
    NoteToolEnd(context, tool, exit->code);
    FinishPod(state, pod, exit->code);
    return;
  }
  const bool fails =
      NeedsEtcd(turn.effect) && (context.step_fate == Fate::kStepFails || !EtcdServes(state));
  if (fails) {
    tool.result = migration::EffectResult{
        .ok = false, .txn_succeeded = false, .bytes = {}, .error = "context deadline exceeded"};
  } else {
    tool.result = std::visit(ToolEffects(context, pod, tool), turn.effect);
  }
  const auto* sleep = std::get_if<migration::Sleep>(&turn.effect);
  PutProcess(state, pod, std::move(process));
  SetTimer(
      state,
      Timer{
          state.now + kToolStepMs + (sleep != nullptr ? sleep->ms : 0), TimerKind::kProcess, pod});
  context.laws.Add(Law::kToolStepTime);
}

// ---- starting and stopping ---------------------------------------------------------------------

// Law::kPlayedPods
bool IsPlayed(const KubeletContext& context, ProcessKind kind) {
  return context.world.played_pods && kind != ProcessKind::kTool;
}

bool StartProcess(KubeletContext& context, const std::string& pod, Process& process) {
  ClusterState& state = context.state;
  Millis first_move = kServerStartMs;
  if (IsPlayed(context, process.kind)) {
    process.phase = ProcessPhase::kServing;
    process.healthy = true;
    SetTimer(state, Timer{state.now, TimerKind::kProbe, pod});
    context.laws.Add(Law::kPlayedPods);
    return true;
  }
  if (process.kind == ProcessKind::kMilvus) {
    process.milvus = NewMilvus(context, PodObject(state, pod));
    context.monitor.MilvusStarts(state, pod);
    if (!process.milvus) {  // a tag that is no version: what runs is not known
      process.kind = ProcessKind::kOther;
    }
    first_move = kMilvusBootMs;
  } else if (process.kind == ProcessKind::kTool) {
    process.tool = NewTool(context, pod);
    if (!process.tool) {
      FinishPod(state, pod, migration::kToolPanicked);
      return false;
    }
    first_move = kToolStepMs;
  }
  SetTimer(state, Timer{state.now + first_move, TimerKind::kProcess, pod});
  return true;
}

void StopPod(KubeletContext& context, const kube::Object& object) {
  ClusterState& state = context.state;
  const std::string pod = object.ref.Key();
  const Process* running = state.processes.Find(pod);
  if (running == nullptr || IsPlayed(context, running->kind)) {
    RemovePod(state, pod);
    return;
  }
  if (running->phase == ProcessPhase::kStopping) {
    return;
  }
  Process process = *running;
  for (const TimerKind kind : {TimerKind::kProcess, TimerKind::kProbe, TimerKind::kAvailable}) {
    DropTimers(state, kind, pod);
  }
  process.phase = ProcessPhase::kStopping;
  process.healthy = false;
  const Millis grace = Seconds(std::get<kube::Pod>(object.body).pod_template->grace_period_s);
  Millis stop = kServerStartMs;
  if (process.milvus) {
    const auto facts = milvus::FactsOf(process.milvus->version);
    stop = facts.graceful_stop_ms;
    context.laws.Add(facts.laws);
  } else if (process.kind == ProcessKind::kTool) {
    stop = kToolStepMs;  // it has no handler for SIGTERM
  } else if (process.kind == ProcessKind::kOther) {
    stop = grace;
  }
  PutProcess(state, pod, std::move(process));
  SetTimer(state, Timer{state.now + grace, TimerKind::kKill, pod});
  if (stop < grace) {
    SetTimer(state, Timer{state.now + stop, TimerKind::kProcess, pod});
  }
  ChangePod(state, pod, [](kube::Pod& body) {
    body.ready = false;
    body.available = false;
  });
  context.laws.Add(Law::kGracefulStop);
}

void OnStopped(KubeletContext& context, const std::string& pod, const Process& process) {
  if (process.kind == ProcessKind::kTool) {
    KillProcess(context.state, pod);
  } else if (EtcdServes(context.state)) {
    RevokeSessions(context.state, process);
  } else {
    KillProcess(context.state, pod);
  }
  RemovePod(context.state, pod);
}

// Law::kPodStart
bool HasItsConfigMaps(KubeletContext& context, const kube::Object& pod) {
  for (const kube::Volume& volume : std::get<kube::Pod>(pod.body).pod_template->volumes) {
    if (!volume.config_map.empty() &&
        context.state.objects.Find(kube::Ref{"ConfigMap", pod.ref.ns, volume.config_map}.Key()) ==
            nullptr) {
      context.laws.Add(Law::kPodStart);
      return false;
    }
  }
  return true;
}

}  // namespace

void CrashPod(KubeletContext& context, const std::string& pod, const std::string& line) {
  AppendLog(context.state, pod, line);
  KillProcess(context.state, pod);
  const std::int64_t restarts = PodOf(context.state, pod).restarts + 1;
  ChangePod(context.state, pod, [&](kube::Pod& body) {
    body.ready = false;
    body.available = false;
    body.restarts = restarts;
    body.exit_code = 1;
    body.waiting_reason = "CrashLoopBackOff";
  });
  const Millis wait = restarts == 1
                          ? kFirstRestartMs
                          : std::min(kCrashBackoffMaxMs,
                                     kCrashBackoffMs << std::min<std::int64_t>(restarts - 2, 5));
  SetTimer(context.state, Timer{context.state.now + wait, TimerKind::kContainerStart, pod});
  context.laws.Add(Law::kCrashLoop);
}

void FinishPod(ClusterState& state, const std::string& pod, int exit_code) {
  DropProcess(state, pod);
  ChangePod(state, pod, [&](kube::Pod& body) {
    body.phase = exit_code == 0 ? kube::PodPhase::kSucceeded : kube::PodPhase::kFailed;
    body.ready = false;
    body.available = false;
    body.waiting_reason.clear();
    body.exit_code = exit_code;
  });
}

void KillProcess(ClusterState& state, const std::string& pod) {
  const Process* process = state.processes.Find(pod);
  if (process == nullptr) {
    return;
  }
  if (process->milvus) {
    for (const HeldSession& session : process->milvus->sessions) {
      LetLeaseExpire(state, session.lease);
    }
  }
  if (process->tool && process->tool->lease != 0) {
    LetLeaseExpire(state, process->tool->lease);
  }
  DropProcess(state, pod);
}

bool IsToolStep(const ClusterState& state, const std::string& pod) {
  const Process* process = state.processes.Find(pod);
  return process != nullptr && process->tool && process->phase != ProcessPhase::kStopping;
}

void Sync(KubeletContext& context) {
  ClusterState& state = context.state;
  std::vector<kube::ObjectPtr> pods;
  state.objects.ForPrefix(
      "Pod/", [&](const std::string&, const kube::ObjectPtr& object) { pods.push_back(object); });
  for (const kube::ObjectPtr& object : pods) {
    const auto& pod = std::get<kube::Pod>(object->body);
    if (OnLostNode(state, object->ref.Key())) {
      continue;
    }
    if (object->terminating) {
      StopPod(context, *object);
    } else if (!pod.node.empty() && pod.phase == kube::PodPhase::kPending &&
               pod.waiting_reason == kCreating && HasItsConfigMaps(context, *object)) {
      ChangePod(
          state, object->ref.Key(), [](kube::Pod& body) { body.waiting_reason = "Starting"; });
      SetTimer(state,
               Timer{state.now + (context.world.played_pods ? 0 : kContainerStartMs),
                     TimerKind::kContainerStart,
                     object->ref.Key()});
      context.laws.Add(Law::kPodStart);
    }
  }
}

void OnContainerStart(KubeletContext& context, const std::string& pod) {
  if (WaitsForImage(context, pod)) {
    return;  // this start is the one that finds it out
  }
  if (PodOf(context.state, pod).phase == kube::PodPhase::kPending &&
      !HasItsConfigMaps(context, PodObject(context.state, pod))) {
    ChangePod(context.state, pod, [](kube::Pod& body) { body.waiting_reason = kCreating; });
    return;  // Sync starts it once it has them
  }
  Process process;
  process.kind = KindOfProcess(*PodOf(context.state, pod).pod_template);
  ChangePod(context.state, pod, [](kube::Pod& body) {
    body.phase = kube::PodPhase::kRunning;
    body.waiting_reason.clear();
  });
  if (CrashesAtStart(context.state, pod)) {
    if (PodOf(context.state, pod).pod_template->restart_policy == "Never") {
      FinishPod(context.state, pod, 1);
    } else {
      PutProcess(context.state, pod, std::move(process));
      CrashPod(context, pod, "panic: the container cannot start");
    }
    return;
  }
  if (StartProcess(context, pod, process)) {
    PutProcess(context.state, pod, std::move(process));
  }
}

void OnProcess(KubeletContext& context, const std::string& pod) {
  const Process process = *context.state.processes.Find(pod);
  if (process.phase == ProcessPhase::kStopping) {
    OnStopped(context, pod, process);
    return;
  }
  switch (process.kind) {
    case ProcessKind::kMilvus:
      OnMilvus(context, pod, process);
      return;
    case ProcessKind::kMinio:
      OnMinio(context, pod);
      return;
    case ProcessKind::kTool:
      OnTool(context, pod, process);
      return;
    case ProcessKind::kEtcd:
    case ProcessKind::kOther:
      BecomeHealthy(context, pod, kServerStartMs);
      return;
  }
}

void OnProbe(KubeletContext& context, const std::string& pod) {
  const std::int64_t min_ready_s = MinReadySeconds(context.state, PodObject(context.state, pod));
  ChangePod(context.state, pod, [&](kube::Pod& body) {
    body.ready = true;
    body.available = min_ready_s == 0;
  });
  if (min_ready_s != 0) {
    SetTimer(context.state,
             Timer{context.state.now + Seconds(min_ready_s), TimerKind::kAvailable, pod});
  }
}

void OnAvailable(KubeletContext& context, const std::string& pod) {
  ChangePod(context.state, pod, [](kube::Pod& body) { body.available = body.ready; });
}

void OnKill(KubeletContext& context, const std::string& pod) {
  KillProcess(context.state, pod);
  RemovePod(context.state, pod);
}

void OnLease(KubeletContext& context, const std::string& lease) {
  ClusterState& state = context.state;
  const etcd::LeaseId id = std::atoll(lease.c_str());
  if (!EtcdServes(state)) {  // Law::kEtcdLeaseClockStopsWhileDown
    context.laws.Add(Law::kEtcdLeaseClockStopsWhileDown);
    const etcd::Lease* held = etcd::FindLease(state.etcd, id);
    const Millis ttl_ms = Seconds(held != nullptr ? held->ttl_s : 1);
    SetTimer(state, Timer{state.now + ttl_ms, TimerKind::kLease, lease});
    return;
  }
  etcd::Revoke(state.etcd, id);
  context.monitor.Saw(Moment::kLeaseOutlivedItsHolder);
  context.laws.Add(Law::kEtcdLeaseOutlivesItsHolder);
}

}  // namespace rehearse::sim
