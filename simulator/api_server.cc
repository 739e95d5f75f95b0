#include "simulator/api_server.h"

#include <algorithm>

#include "model/core/check.h"
#include "model/helm/codec.h"
#include "model/helm/merge.h"
#include "model/kube/codec.h"
#include "model/kube/jsonpath.h"
#include "model/kube/machine.h"
#include "simulator/kubelet.h"
#include "simulator/state/rollouts.h"
#include "simulator/troubles.h"

namespace rehearse::sim {
namespace {

using cluster::CommandResult;
using cluster::Observation;

constexpr std::string_view kReleasePrefix = "sh.helm.release.v1.";

std::string LowerKind(std::string kind) {
  std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return kind;
}

// As kubectl names an object in its answers: configmap/x, deployment.apps/x.
std::string Shown(const kube::Object& object) {
  const std::size_t slash = object.api_version.find('/');
  const std::string group =
      slash == std::string::npos ? "" : "." + object.api_version.substr(0, slash);
  return LowerKind(object.ref.kind) + group + "/" + object.ref.name;
}

std::string Plural(const std::string& kind) {
  const std::string lower = LowerKind(kind);
  return lower.ends_with("s") ? lower + "es" : lower + "s";
}

tl::unexpected<Error> NotFound(const kube::Ref& ref) {
  return Fail(
      ErrorCode::kNotFound,
      "Error from server (NotFound): " + Plural(ref.kind) + " \"" + ref.name + "\" not found");
}

CommandResult Said(std::string line) { return CommandResult{0, std::move(line) + "\n", ""}; }

bool SameDesired(const kube::Object& a, const kube::Object& b) {
  if (a.document_digest != b.document_digest || a.labels != b.labels ||
      a.annotations != b.annotations) {
    return false;
  }
  const auto* first = std::get_if<kube::Deployment>(&a.body);
  const auto* second = std::get_if<kube::Deployment>(&b.body);
  if (first != nullptr && second != nullptr) {
    return first->replicas == second->replicas &&
           first->pod_template->digest == second->pod_template->digest;
  }
  const auto* set = std::get_if<kube::StatefulSet>(&a.body);
  const auto* other = std::get_if<kube::StatefulSet>(&b.body);
  if (set != nullptr && other != nullptr) {
    return set->replicas == other->replicas &&
           set->pod_template->digest == other->pod_template->digest;
  }
  const auto* pod = std::get_if<kube::Pod>(&a.body);
  const auto* other_pod = std::get_if<kube::Pod>(&b.body);
  if (pod != nullptr && other_pod != nullptr) {
    return pod->pod_template->digest == other_pod->pod_template->digest;
  }
  return true;
}

// Labels and annotations make no new generation.
bool SameSpec(kube::Object a, const kube::Object& b) {
  a.labels = b.labels;
  a.annotations = b.annotations;
  return SameDesired(a, b);
}

Status CheckPodUpdate(const Json& live, const Json& next) {  // Law::kPodSpecImmutable
  const auto without_images = [](Json document) {
    Json spec = document.value("spec", Json::object());
    if (spec.contains("containers") && spec["containers"].is_array()) {
      for (Json& container : spec["containers"]) {
        container.erase("image");
      }
    }
    return spec;
  };
  if (without_images(live) != without_images(next)) {
    return Fail(ErrorCode::kForbidden,
                "The Pod \"" + StringAt(live, {"metadata", "name"}) +
                    "\" is invalid: spec: Forbidden: pod updates may not change fields other than "
                    "`spec.containers[*].image`");
  }
  return {};
}

// What a changed document makes of a live object.
ObjectNotes::Replacement ReplacementOf(const kube::Object& live, const Json& document) {
  const Json before = kube::ToJson(live);
  if (live.ref.kind == "Pod") {
    if (const Status allowed = CheckPodUpdate(before, document); !allowed) {
      return {allowed.error(), nullptr};
    }
  }
  if (const auto refusal = helm::ImmutableFieldError(before, document)) {
    return {Error{ErrorCode::kForbidden, *refusal}, nullptr};
  }
  Result<kube::Object> read = kube::FromJson(document, "API server");
  if (!read) {
    return {read.error(), nullptr};
  }
  kube::Object next = *std::move(read);
  next.owner = live.owner;
  next.uid = live.uid;
  next.terminating = live.terminating;
  next.generation = live.generation;
  if (SameDesired(live, next)) {
    return {};
  }
  if (!SameSpec(live, next)) {
    ++next.generation;
  }
  return {std::nullopt, std::make_shared<const kube::Object>(std::move(next))};
}

// Writes it over the live object. True if anything changed.
Result<bool> Write(ClusterState& state, const ObjectNotes::Replacement& replacement) {
  if (replacement.refusal) {
    return tl::unexpected(*replacement.refusal);
  }
  if (replacement.next == nullptr) {
    return false;
  }
  ++state.resource_version;
  state.objects = state.objects.SetShared(replacement.next->ref.Key(), replacement.next);
  WakeControllers(state);
  return true;
}

// The same with the number of the write that it would be.
ObjectNotes::Replacement Numbered(ObjectNotes::Replacement replacement, std::int64_t version) {
  if (replacement.next != nullptr) {
    kube::Object next = *replacement.next;
    next.resource_version = version;
    replacement.next = std::make_shared<const kube::Object>(std::move(next));
  }
  return replacement;
}

Result<bool> Replace(ClusterState& state, const kube::Object& live, const Json& document) {
  return Write(state, Numbered(ReplacementOf(live, document), state.resource_version + 1));
}

Status Create(ClusterState& state, Result<kube::Object> read, const std::string& ns) {
  TRY_ASSIGN(kube::Object object, std::move(read));
  if (object.ref.ns.empty() && object.ref.kind != "PersistentVolume" &&
      object.ref.kind != "StorageClass") {
    object.ref.ns = ns;
  }
  if (state.objects.Find(object.ref.Key()) != nullptr) {
    return Fail(ErrorCode::kAlreadyExists,
                Plural(object.ref.kind) + " \"" + object.ref.name + "\" already exists");
  }
  object.uid = "uid-" + object.ref.name;
  object.generation = 1;
  if (auto* pod = std::get_if<kube::Pod>(&object.body)) {
    pod->phase = kube::PodPhase::kPending;
    pod->waiting_reason = "ContainerCreating";
    state.logs = state.logs.Erase(object.ref.Key());  // of a finished pod of the same name
  }
  PutObject(state, std::move(object));
  WakeControllers(state);
  return {};
}

void DeleteLive(ClusterState& state, const kube::Ref& ref) {
  if (ref.kind == "PersistentVolumeClaim") {
    DeleteClaim(state, ref.Key());
    return;
  }
  state.objects = kube::MarkDeleted(state.objects, ref);
  if (ref.kind == "Pod" && state.objects.Find(ref.Key()) == nullptr) {
    state.logs = state.logs.Erase(ref.Key());
  }
  WakeControllers(state);
}

// ---- kubectl -----------------------------------------------------------------------------------

// Law::kApplyWarns
std::string WarningOn(const kube::Object& live) {
  const std::string annotation(helm::kLastApplied);
  return live.annotations.contains(annotation)
             ? ""
             : "Warning: resource " + Plural(live.ref.kind) + "/" + live.ref.name +
                   " is missing the " + annotation +
                   " annotation which is required by kubectl apply. kubectl apply should only be "
                   "used on resources created declaratively by either kubectl create --save-config "
                   "or kubectl apply. The missing annotation will be patched automatically.\n";
}

Result<CommandResult> ApplyOne(ClusterState& state, Json document, const std::string& ns) {
  if (StringAt(document, {"metadata", "namespace"}).empty()) {
    document["metadata"]["namespace"] = ns;
  }
  TRY_ASSIGN(const kube::Object wanted, kube::FromJson(document, "kubectl apply"));
  const kube::ObjectPtr live = state.objects.FindShared(wanted.ref.Key());
  if (!live) {
    TRY_ASSIGN(const Json noted, helm::ApplyThreeWay(document, Json()));
    TRY(Create(state, kube::FromJson(noted, "API server"), ns));
    return Said(Shown(wanted) + " created");
  }
  TRY_ASSIGN(const Json merged, helm::ApplyThreeWay(document, kube::ToJson(*live)));
  TRY_ASSIGN(const bool changed, Replace(state, *live, merged));
  return CommandResult{
      0, Shown(*live) + (changed ? " configured\n" : " unchanged\n"), WarningOn(*live)};
}

// Runs that were forked apply the same manifests.
std::shared_ptr<const Result<std::vector<Json>>> DocumentsOf(const std::string& manifest) {
  static Remembered<std::shared_ptr<const Result<std::vector<Json>>>> known(256);
  return known.Get({}, Hasher().Add(manifest).Get(), [&] {
    return std::make_shared<const Result<std::vector<Json>>>(ParseYaml(manifest, "kubectl apply"));
  });
}

class Mutation {
 public:
  Mutation(ClusterState& state, LawSet& laws) : state_(state), laws_(laws) {}

  Result<CommandResult> operator()(const cluster::Apply& action) {
    const auto documents = DocumentsOf(action.manifest);
    if (!*documents) {
      return tl::unexpected(documents->error());
    }
    CommandResult all;
    for (const Json& document : **documents) {
      TRY_ASSIGN(const CommandResult one, ApplyOne(state_, document, action.ns));
      all.out += one.out;
      all.err += one.err;
    }
    laws_.Add(Law::kApplyMerges);
    return all;
  }

  Result<CommandResult> operator()(const cluster::Patch& action) {
    TRY_ASSIGN(const kube::ObjectPtr live, Live(action.ref));
    TRY_ASSIGN(const Json patch, ParseJson(action.patch, "kubectl patch"));
    TRY_ASSIGN(const Json merged, helm::StrategicMergePatch(kube::ToJson(*live), patch));
    TRY_ASSIGN(const bool changed, Replace(state_, *live, merged));
    return Said(Shown(*live) + " patched" + (changed ? "" : " (no change)"));
  }

  Result<CommandResult> operator()(const cluster::Scale& action) {
    std::string said;
    for (const kube::Ref& ref : action.refs) {
      TRY_ASSIGN(const kube::ObjectPtr live, Live(ref));
      kube::Object next = *live;
      auto* deployment = std::get_if<kube::Deployment>(&next.body);
      auto* set = std::get_if<kube::StatefulSet>(&next.body);
      if (deployment == nullptr && set == nullptr) {
        return Fail(ErrorCode::kInvalidArgument, "cannot scale a " + ref.kind);
      }
      std::int64_t& replicas = deployment != nullptr ? deployment->replicas : set->replicas;
      if (replicas != action.replicas) {
        replicas = action.replicas;
        ++next.generation;
        PutObject(state_, std::move(next));
        WakeControllers(state_);
      }
      said += Shown(*live) + " scaled\n";
    }
    return CommandResult{0, said, ""};
  }

  Result<CommandResult> operator()(const cluster::Annotate& action) {
    TRY_ASSIGN(const kube::ObjectPtr live, Live(action.ref));
    const auto at = live->annotations.find(action.key);
    if (at != live->annotations.end() && at->second != action.value && !action.overwrite) {
      return Fail(ErrorCode::kFailed,  // Law::kAnnotateNeedsOverwrite
                  "error: --overwrite is false but found the following declared annotation(s): '" +
                      action.key + "' already has a value (" + at->second + ")");
    }
    laws_.Add(Law::kAnnotateNeedsOverwrite);
    if (at == live->annotations.end() || at->second != action.value) {
      kube::Object next = *live;
      next.annotations[action.key] = action.value;
      PutObject(state_, std::move(next));
    }
    return Said(Shown(*live) + " annotated");
  }

  Result<CommandResult> operator()(const cluster::Delete& action) {
    std::string said;
    for (const kube::Ref& ref : action.refs) {
      if (DeleteRelease(ref)) {
        said += "secret \"" + ref.name + "\" deleted\n";
        continue;
      }
      const kube::ObjectPtr live = state_.objects.FindShared(ref.Key());
      if (!live) {
        if (action.ignore_not_found) {
          continue;
        }
        return NotFound(ref);
      }
      if (ref.kind == "PersistentVolumeClaim") {
        laws_.Add(Law::kClaimTakesItsContent);
      }
      DeleteLive(state_, ref);
      said += LowerKind(ref.kind) + " \"" + ref.name + "\" deleted\n";
    }
    return CommandResult{0, said, ""};
  }

  Result<CommandResult> operator()(const cluster::HelmUpgrade& /*unused*/) { return NotKubectl(); }
  Result<CommandResult> operator()(const cluster::HelmRollback& /*unused*/) { return NotKubectl(); }

 private:
  Result<CommandResult> NotKubectl() {
    CHECK(false && "helm is a process of its own");
    return Fail(ErrorCode::kFailed, "");
  }

  Result<kube::ObjectPtr> Live(const kube::Ref& ref) {
    kube::ObjectPtr live = state_.objects.FindShared(ref.Key());
    if (!live) {
      return NotFound(ref);
    }
    return live;
  }

  bool DeleteRelease(const kube::Ref& ref) {
    const std::string key = ref.ns + "/" + ref.name;
    if (ref.kind != "Secret" || state_.releases.Find(key) == nullptr) {
      return false;
    }
    state_.releases = state_.releases.Erase(key);
    return true;
  }

  ClusterState& state_;
  LawSet& laws_;
};

// ---- reads -------------------------------------------------------------------------------------

std::vector<kube::ObjectPtr> Selected(const ClusterState& state,
                                      const cluster::ListObjects& query,
                                      const kube::Labels& labels) {
  std::vector<kube::ObjectPtr> list;
  state.objects.ForPrefix(query.kind + "/" + query.ns + "/",
                          [&](const std::string&, const kube::ObjectPtr& object) {
                            if (kube::Selects(labels, object->labels)) {
                              list.push_back(object);
                            }
                          });
  return list;
}

std::vector<helm::ReleaseRecord> ReleasesOf(const ClusterState& state,
                                            const std::string& release,
                                            const std::string& ns) {
  std::vector<helm::ReleaseRecord> records;
  const std::string prefix = ns + "/" + std::string(kReleasePrefix) + release + ".v";
  state.releases.ForPrefix(prefix, [&](const std::string&, const auto& record) {
    if (record->name == release) {
      records.push_back(*record);
    }
  });
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return a.revision < b.revision;
  });
  return records;
}

// Law::kRolloutStatusTexts
std::string RolloutText(const kube::Object& object) {
  const std::string name = "\"" + object.ref.name + "\"";
  const auto* deployment = std::get_if<kube::Deployment>(&object.body);
  if (deployment == nullptr) {
    return "";
  }
  const kube::WorkloadStatus& status = deployment->status;
  const auto waiting = [&](const std::string& why) {
    return "Waiting for deployment " + name + " rollout to finish: " + why + "...\n";
  };
  if (status.observed_generation < object.generation) {
    return "Waiting for deployment spec update to be observed...\n";
  }
  if (status.updated < deployment->replicas) {
    return waiting(std::to_string(status.updated) + " out of " +
                   std::to_string(deployment->replicas) + " new replicas have been updated");
  }
  if (status.replicas > status.updated) {
    return waiting(std::to_string(status.replicas - status.updated) +
                   " old replicas are pending termination");
  }
  if (status.available < status.updated) {
    return waiting(std::to_string(status.available) + " of " + std::to_string(status.updated) +
                   " updated replicas are available");
  }
  return "deployment " + name + " successfully rolled out\n";
}

class Reader {
 public:
  Reader(const ClusterState& state, ObjectNotes& notes) : state_(state), notes_(notes) {}

  Result<Observation> operator()(const cluster::GetObject& query) const {
    Observation seen;
    if (kube::ObjectPtr object = state_.objects.FindShared(query.ref.Key())) {
      seen.objects.push_back(std::move(object));
    }
    return seen;
  }

  Result<Observation> operator()(const cluster::ListObjects& query) const {
    TRY_ASSIGN(const kube::Labels labels, kube::ParseSelector(query.selector));
    Observation seen;
    seen.objects = Selected(state_, query, labels);
    return seen;
  }

  Result<Observation> operator()(const cluster::GetText& query) const {
    TRY_ASSIGN(const kube::Labels labels, kube::ParseSelector(query.selector));
    const std::string kind = kube::KindOf(query.resource);
    std::vector<kube::ObjectPtr> objects;
    Observation seen;
    for (const std::string& name : query.names) {
      const kube::Ref ref{kind, query.ns, name};
      if (kube::ObjectPtr object = state_.objects.FindShared(ref.Key())) {
        objects.push_back(std::move(object));
      } else {
        seen.text.exit_code = 1;
        seen.text.err += NotFound(ref).value().message + "\n";
      }
    }
    if (query.names.empty()) {
      objects = Selected(state_, cluster::ListObjects{kind, query.ns, query.selector}, labels);
    }
    if (seen.text.exit_code == 0) {
      TRY_ASSIGN(seen.text.out, *TextOf(objects, query.output, query.names.size() != 1));
    }
    return seen;
  }

  Result<Observation> operator()(const cluster::RolloutStatus& query) const {
    const kube::Object* object = state_.objects.Find(query.ref.Key());
    if (object == nullptr) {
      return NotFound(query.ref);
    }
    Observation seen;
    const auto* deployment = std::get_if<kube::Deployment>(&object->body);
    const bool observed =
        deployment != nullptr && deployment->status.observed_generation >= object->generation;
    if (observed && IsOverdue(state_, query.ref.Key())) {
      seen.text = {
          1, "", "error: deployment \"" + query.ref.name + "\" exceeded its progress deadline\n"};
    } else {
      seen.text.out = RolloutText(*object);
    }
    return seen;
  }

  Result<Observation> operator()(const cluster::GetReleases& query) const {
    Observation seen;
    seen.releases = ReleasesOf(state_, query.release, query.ns);
    return seen;
  }

  Result<Observation> operator()(const cluster::EtcdRange& query) const {
    Observation seen;
    seen.keys = state_.etcd.keys.Below(query.prefix);
    return seen;
  }

  Result<Observation> operator()(const cluster::PodLog& query) const {
    if (state_.objects.Find(query.pod.Key()) == nullptr) {
      return NotFound(query.pod);
    }
    if (OnLostNode(state_, query.pod.Key())) {
      return Fail(ErrorCode::kUnavailable, "dial tcp: no route to the kubelet");
    }
    Observation seen;
    if (const Log* log = state_.logs.Find(query.pod.Key())) {
      for (const std::string& line : log->lines) {
        seen.text.out += line + "\n";
      }
    }
    return seen;
  }

  Result<Observation> operator()(const cluster::PodFile& query) const {
    const kube::Object* pod = state_.objects.Find(query.pod.Key());
    if (pod == nullptr) {
      return NotFound(query.pod);
    }
    Observation seen;
    if (state_.processes.Find(query.pod.Key()) == nullptr || OnLostNode(state_, query.pod.Key())) {
      return Fail(ErrorCode::kUnavailable, "cannot exec into a container that does not run");
    }
    const PlacedPath place = PlaceOf(*pod, query.path);
    const VolumeContent* content =
        place.claim_key.empty() ? nullptr : state_.volumes.Find(place.claim_key);
    if (content == nullptr || !content->files.contains(place.file)) {
      seen.text = CommandResult{1, "", "cat: " + query.path + ": No such file or directory\n"};
      return seen;
    }
    seen.text.out = *content->files.at(place.file);
    return seen;
  }

 private:
  [[nodiscard]] std::shared_ptr<const Result<std::string>> TextOf(
      const std::vector<kube::ObjectPtr>& objects, const std::string& output, bool is_list) const {
    Hasher asked;
    asked.Add(output).Add(is_list);
    return notes_.texts.Get({objects.begin(), objects.end()}, asked.Get(), [&] {
      std::vector<Json> documents;
      documents.reserve(objects.size());
      for (const kube::ObjectPtr& object : objects) {
        documents.push_back(kube::ToJson(*object));
      }
      return std::make_shared<const Result<std::string>>(
          kube::TextOutput(output, documents, is_list));
    });
  }

  const ClusterState& state_;
  ObjectNotes& notes_;
};

// ---- helm --------------------------------------------------------------------------------------

kube::Ref RefOf(const helm::ObjectRef& ref) { return kube::Ref{ref.kind, ref.ns, ref.name}; }

// What an object shows beside its own document and the number of its last write: forks that write
// the same in another order show the same.
std::uint64_t ShownBeside(const kube::Object& object) {
  Hasher hash;
  hash.Add(object.ref.Key()).Add(DigestOf(object)).Add(object.uid).Add(object.generation);
  hash.Add(object.owner ? object.owner->Key() : "");
  if (const auto* claim = std::get_if<kube::Claim>(&object.body)) {
    hash.Add(claim->volume);
  } else if (const auto* deployment = std::get_if<kube::Deployment>(&object.body)) {
    hash.Add(deployment->status.observed_generation).Add(deployment->revision);
  } else if (const auto* set = std::get_if<kube::StatefulSet>(&object.body)) {
    hash.Add(set->status.observed_generation);
  } else if (std::holds_alternative<kube::Pod>(object.body) ||
             std::holds_alternative<kube::ReplicaSet>(object.body)) {
    hash.Add(object.resource_version);  // helm has none of these
  }
  return hash.Get();
}

class HelmHand {
 public:
  HelmHand(ClusterState& state, ObjectNotes& notes, helm::HelmInput& input)
      : state_(state), notes_(notes), input_(input) {}

  void operator()(const helm::ReadReleases& effect) {
    input_.releases = ReleasesOf(state_, effect.release, effect.ns);
  }
  void operator()(const helm::ReadLive& effect) {
    for (const helm::ObjectRef& ref : effect.refs) {
      const kube::ObjectPtr object = state_.objects.FindShared(RefOf(ref).Key());
      const auto show = [&] {
        Json document = kube::ToJson(*object);
        document["metadata"].erase("resourceVersion");
        return helm::Share(std::move(document));
      };
      input_.live.push_back(
          object == nullptr ? nullptr
                            : notes_.documents.Get({object->document}, ShownBeside(*object), show));
    }
  }
  void operator()(const helm::CreateObject& effect) {
    const auto read = notes_.created.Get({effect.object}, 0, [&] {
      return std::make_shared<const Result<kube::Object>>(
          kube::FromJson(*effect.object, "API server"));
    });
    Keep(Create(state_, *read, effect.ref.ns));
  }
  void operator()(const helm::UpdateObject& effect) {
    const kube::ObjectPtr live = state_.objects.FindShared(RefOf(effect.ref).Key());
    if (!live) {
      input_.error = NotFound(RefOf(effect.ref)).value();
      return;
    }
    const auto replacement =
        notes_.replacements.Get({live->document, effect.merged}, ShownBeside(*live), [&] {
          return std::make_shared<const ObjectNotes::Replacement>(
              ReplacementOf(*live, *effect.merged));
        });
    const auto changed = Write(state_, Numbered(*replacement, state_.resource_version + 1));
    if (!changed) {
      input_.error = changed.error();
    }
  }
  void operator()(const helm::DeleteObject& effect) {
    if (state_.objects.Find(RefOf(effect.ref).Key()) != nullptr) {
      DeleteLive(state_, RefOf(effect.ref));
    }
  }
  void operator()(const helm::PutRelease& effect) {
    const std::string key =
        ReleaseKey(effect.record.ns, effect.record.name, effect.record.revision);
    if (effect.create_only && state_.releases.Find(key) != nullptr) {
      input_.error = Error{ErrorCode::kAlreadyExists,
                           "secrets \"" + key.substr(key.find('/') + 1) + "\" already exists"};
      return;
    }
    state_.releases = state_.releases.Set(key, effect.record);
  }
  void operator()(const helm::DeleteRelease& effect) {
    state_.releases = state_.releases.Erase(ReleaseKey(effect.ns, effect.release, effect.revision));
  }
  void operator()(const helm::PollReady& effect) {
    input_.ready = std::all_of(effect.refs.begin(), effect.refs.end(), [&](const auto& ref) {
      return IsReady(state_, ref);
    });
  }
  void operator()(const helm::Finish& /*unused*/) {}

 private:
  void Keep(const Status& status) {
    if (!status) {
      input_.error = status.error();
    }
  }

  ClusterState& state_;
  ObjectNotes& notes_;
  helm::HelmInput& input_;
};

}  // namespace

bool IsReady(const ClusterState& state, const helm::ObjectRef& ref) {
  const kube::Object* object = state.objects.Find(RefOf(ref).Key());
  if (object == nullptr) {
    return false;
  }
  if (const auto* deployment = std::get_if<kube::Deployment>(&object->body)) {
    const std::int64_t spare =
        deployment->strategy.type == kube::StrategyType::kRollingUpdate
            ? kube::ResolveCount(deployment->strategy.max_unavailable, deployment->replicas, false)
            : 0;
    return deployment->status.observed_generation >= object->generation &&
           deployment->status.updated == deployment->status.replicas &&
           deployment->status.ready >= deployment->replicas - spare;
  }
  if (const auto* set = std::get_if<kube::StatefulSet>(&object->body)) {
    return set->status.observed_generation >= object->generation &&
           set->status.updated == set->replicas && set->status.ready == set->replicas;
  }
  if (const auto* claim = std::get_if<kube::Claim>(&object->body)) {
    return claim->bound;
  }
  if (const auto* pod = std::get_if<kube::Pod>(&object->body)) {
    return pod->ready;
  }
  return true;
}

Result<CommandResult> Mutate(ClusterState& state, const cluster::Action& action, LawSet& laws) {
  return std::visit(Mutation(state, laws), action);
}

helm::HelmInput CarryOut(ClusterState& state, ObjectNotes& notes, const helm::HelmEffect& effect) {
  helm::HelmInput input;
  input.now = state.now;
  std::visit(HelmHand(state, notes, input), effect);
  return input;
}

Result<Observation> Observe(const ClusterState& state,
                            ObjectNotes& notes,
                            const cluster::Query& query) {
  return std::visit(Reader(state, notes), query);
}

}  // namespace rehearse::sim
