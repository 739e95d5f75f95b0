#include "model/kube/machine.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/core/check.h"
#include "model/kube/codec.h"

namespace rehearse::kube {
namespace {

// All objects with the changes of one round.
class Round {
 public:
  explicit Round(Objects objects) : objects_(std::move(objects)) {}

  [[nodiscard]] const Objects& objects() const { return objects_; }
  [[nodiscard]] bool changed() const { return changed_; }
  LawSet& laws() { return laws_; }

  void Put(Object object) {
    const std::string key = object.ref.Key();
    objects_ = objects_.Set(key, std::move(object));
    changed_ = true;
  }
  void Delete(const Ref& ref) {
    objects_ = MarkDeleted(objects_, ref);
    changed_ = true;
  }

 private:
  Objects objects_;
  bool changed_ = false;
  LawSet laws_;
};

std::vector<ObjectPtr> Owned(const Objects& objects, std::string_view kind, const Ref& owner) {
  std::vector<ObjectPtr> owned;
  const std::string prefix = std::string(kind) + "/" + owner.ns + "/";
  objects.ForPrefix(prefix, [&](const std::string&, const ObjectPtr& object) {
    if (object->owner == owner) {
      owned.push_back(object);
    }
  });
  return owned;
}

Object NewPod(const Ref& owner, const std::string& name, const TemplatePtr& pod_template) {
  Object object;
  object.api_version = "v1";
  object.ref = Ref{"Pod", owner.ns, name};
  object.labels = pod_template->labels;
  object.annotations = pod_template->annotations;
  object.owner = owner;
  object.uid = "uid-" + name;
  Pod pod;
  pod.pod_template = pod_template;
  pod.waiting_reason = "ContainerCreating";
  object.body = std::move(pod);
  return object;
}

std::string PodSuffix(std::int64_t number) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  Fingerprint rest = Mix(static_cast<Fingerprint>(number) + 1);
  std::string text;
  for (int i = 0; i < 5; ++i) {
    text += kAlphabet[rest % kAlphabet.size()];
    rest /= kAlphabet.size();
  }
  return text;
}

WorkloadStatus CountPods(const std::vector<ObjectPtr>& pods, Fingerprint template_digest) {
  WorkloadStatus status;
  for (const ObjectPtr& object : pods) {
    const Pod& pod = *As<Pod>(object);
    if (!IsActive(*object, pod)) {
      continue;
    }
    ++status.replicas;
    status.updated += pod.pod_template->digest == template_digest ? 1 : 0;
    status.ready += pod.ready ? 1 : 0;
    status.available += pod.available ? 1 : 0;
  }
  return status;
}

// ---- ReplicaSet --------------------------------------------------------------------------------

void DeleteSurplus(Round& round, std::vector<ObjectPtr> active, std::int64_t surplus) {
  // Law::kReplicaSetDeletesUnreadyFirst
  std::stable_sort(active.begin(), active.end(), [](const ObjectPtr& a, const ObjectPtr& b) {
    return As<Pod>(a)->ready < As<Pod>(b)->ready;
  });
  for (std::size_t i = 0; i < static_cast<std::size_t>(surplus); ++i) {
    round.Delete(active.at(i)->ref);
  }
}

void SyncReplicaSet(Round& round, const ObjectPtr& object) {
  const ReplicaSet& body = *As<ReplicaSet>(object);
  const auto pods = Owned(round.objects(), "Pod", object->ref);
  std::vector<ObjectPtr> active;
  for (const ObjectPtr& pod : pods) {
    if (IsActive(*pod, *As<Pod>(pod))) {
      active.push_back(pod);
    }
  }
  const std::int64_t missing = body.replicas - static_cast<std::int64_t>(active.size());
  std::int64_t pods_made = body.pods_made;
  for (std::int64_t i = 0; i < missing; ++i) {
    const std::string name = object->ref.name + "-" + PodSuffix(pods_made++);
    round.Put(NewPod(object->ref, name, body.pod_template));
  }
  if (missing < 0) {
    DeleteSurplus(round, active, -missing);
  }
  if (missing != 0) {
    round.laws().Add(Law::kReplicaSetKeepsCount);
  }
  WorkloadStatus status = CountPods(
      missing == 0 ? pods : Owned(round.objects(), "Pod", object->ref), body.pod_template->digest);
  status.observed_generation = object->generation;
  if (missing != 0 || !(status == body.status)) {
    Object next = *object;
    auto& next_body = std::get<ReplicaSet>(next.body);
    next_body.pods_made = pods_made;
    next_body.status = status;
    round.Put(std::move(next));
  }
}

// ---- Deployment --------------------------------------------------------------------------------

struct Rollout {
  ObjectPtr deployment;
  ObjectPtr current;             // the ReplicaSet of the newest template; null until made
  std::vector<ObjectPtr> older;  // the others
};

Rollout RolloutOf(const Objects& objects, const ObjectPtr& deployment) {
  Rollout rollout{deployment, nullptr, {}};
  const Fingerprint digest = As<Deployment>(deployment)->pod_template->digest;
  for (const ObjectPtr& set : Owned(objects, "ReplicaSet", deployment->ref)) {
    if (!rollout.current && As<ReplicaSet>(set)->pod_template->digest == digest) {
      rollout.current = set;
    } else {
      rollout.older.push_back(set);
    }
  }
  return rollout;
}

void ScaleSet(Round& round, const ObjectPtr& set, std::int64_t replicas) {
  if (As<ReplicaSet>(set)->replicas == replicas) {
    return;
  }
  Object next = *set;
  std::get<ReplicaSet>(next.body).replicas = replicas;
  ++next.generation;
  round.Put(std::move(next));
}

TemplatePtr WithHashLabel(const PodTemplate& pod_template, const std::string& hash) {
  auto copy = std::make_shared<PodTemplate>(pod_template);
  copy->labels["pod-template-hash"] = hash;
  copy->document["metadata"]["labels"]["pod-template-hash"] = hash;
  return copy;
}

std::int64_t HighestRevision(const Rollout& rollout) {
  std::int64_t highest = 0;
  for (const ObjectPtr& set : rollout.older) {
    highest = std::max(highest, As<ReplicaSet>(set)->revision);
  }
  return highest;
}

void MakeSet(Round& round, const Rollout& rollout) {
  const Deployment& body = *As<Deployment>(rollout.deployment);
  const std::string hash = TemplateHash(*body.pod_template);
  Object set;
  set.api_version = "apps/v1";
  set.ref =
      Ref{"ReplicaSet", rollout.deployment->ref.ns, rollout.deployment->ref.name + "-" + hash};
  set.labels = body.pod_template->labels;
  set.labels["pod-template-hash"] = hash;
  set.owner = rollout.deployment->ref;
  set.uid = "uid-" + set.ref.name;
  ReplicaSet set_body;
  set_body.selector = body.selector;
  set_body.selector["pod-template-hash"] = hash;
  set_body.pod_template = WithHashLabel(*body.pod_template, hash);
  set_body.revision = HighestRevision(rollout) + 1;
  set.body = std::move(set_body);
  round.Put(std::move(set));
}

std::int64_t PodsLeft(const Objects& objects, const std::vector<ObjectPtr>& sets) {
  std::int64_t left = 0;
  for (const ObjectPtr& set : sets) {
    for (const ObjectPtr& object : Owned(objects, "Pod", set->ref)) {
      const PodPhase phase = As<Pod>(object)->phase;
      left += phase == PodPhase::kPending || phase == PodPhase::kRunning ? 1 : 0;
    }
  }
  return left;
}

// Law::kRecreateStopsOldFirst: no new pod before every old one is gone, terminating ones included.
void RollRecreate(Round& round, const Rollout& rollout) {
  for (const ObjectPtr& set : rollout.older) {
    ScaleSet(round, set, 0);
  }
  if (PodsLeft(round.objects(), rollout.older) == 0) {
    ScaleSet(round, rollout.current, As<Deployment>(rollout.deployment)->replicas);
  }
  round.laws().Add(Law::kRecreateStopsOldFirst);
}

// Law::kRollingUpdateBounds
void RollUpdate(Round& round, const Rollout& rollout) {
  const Deployment& body = *As<Deployment>(rollout.deployment);
  const ReplicaSet& current = *As<ReplicaSet>(rollout.current);
  const std::int64_t surge = ResolveCount(body.strategy.max_surge, body.replicas, true);
  std::int64_t unavailable = ResolveCount(body.strategy.max_unavailable, body.replicas, false);
  unavailable = surge == 0 && unavailable == 0 ? 1 : unavailable;
  std::int64_t total = current.replicas;
  std::int64_t available = current.status.available;
  for (const ObjectPtr& set : rollout.older) {
    total += As<ReplicaSet>(set)->replicas;
    available += As<ReplicaSet>(set)->status.available;
  }
  const std::int64_t room = body.replicas + surge - total;
  if (current.replicas < body.replicas && room > 0) {
    ScaleSet(round, rollout.current, std::min(body.replicas, current.replicas + room));
  } else if (current.replicas > body.replicas) {
    ScaleSet(round, rollout.current, body.replicas);
  }
  const std::int64_t available_min = body.replicas - unavailable;
  for (const ObjectPtr& set : rollout.older) {
    const ReplicaSet& old = *As<ReplicaSet>(set);
    const std::int64_t unhealthy = old.replicas - old.status.available;
    const std::int64_t surplus = std::max<std::int64_t>(0, available - available_min);
    const std::int64_t cut = std::min(old.replicas, std::max<std::int64_t>(0, unhealthy) + surplus);
    available -= std::max<std::int64_t>(0, cut - unhealthy);
    ScaleSet(round, set, old.replicas - cut);
  }
  round.laws().Add(Law::kRollingUpdateBounds);
}

void SyncDeploymentStatus(Round& round, const Ref& ref) {
  const ObjectPtr object = round.objects().FindShared(ref.Key());
  const Deployment& body = *As<Deployment>(object);
  WorkloadStatus status;
  std::int64_t revision = body.revision;
  for (const ObjectPtr& set : Owned(round.objects(), "ReplicaSet", ref)) {
    const ReplicaSet& set_body = *As<ReplicaSet>(set);
    const bool current = set_body.pod_template->digest == body.pod_template->digest;
    status.replicas += set_body.status.replicas;
    status.ready += set_body.status.ready;
    status.available += set_body.status.available;
    status.updated += current ? set_body.status.replicas : 0;
    revision = current ? set_body.revision : revision;
  }
  status.observed_generation = object->generation;
  if (!(status == body.status) || revision != body.revision) {
    Object next = *object;
    std::get<Deployment>(next.body).status = status;
    std::get<Deployment>(next.body).revision = revision;
    round.Put(std::move(next));
  }
}

void SyncDeployment(Round& round, const ObjectPtr& object) {
  const Rollout rollout = RolloutOf(round.objects(), object);
  if (!rollout.current) {
    MakeSet(round, rollout);
  } else if (As<Deployment>(object)->strategy.type == StrategyType::kRecreate) {
    RollRecreate(round, rollout);
  } else {
    RollUpdate(round, rollout);
  }
  SyncDeploymentStatus(round, object->ref);
}

// ---- StatefulSet -------------------------------------------------------------------------------

void MakeClaims(Round& round, const StatefulSet& body, const Ref& pod, const ObjectPtr& owner) {
  for (const std::string& claim_template : body.claim_templates) {
    const Ref ref{"PersistentVolumeClaim", pod.ns, claim_template + "-" + pod.name};
    if (round.objects().Find(ref.Key()) != nullptr) {
      continue;
    }
    Json document = {{"apiVersion", "v1"}, {"kind", ref.kind}};
    const Json* templates = At(*owner->document, {"spec", "volumeClaimTemplates"});
    for (const Json& item : templates != nullptr ? *templates : Json::array()) {
      if (StringAt(item, {"metadata", "name"}) == claim_template) {
        document["spec"] = item.value("spec", Json::object());
      }
    }
    document["metadata"] = {{"name", ref.name}, {"namespace", ref.ns}};
    const auto claim = FromJson(document, "volumeClaimTemplates");
    CHECK(claim.has_value());
    round.Put(*claim);
  }
}

TemplatePtr WithClaims(const StatefulSet& body, const std::string& pod_name) {
  auto copy = std::make_shared<PodTemplate>(*body.pod_template);
  for (const std::string& claim_template : body.claim_templates) {
    copy->volumes.push_back(Volume{claim_template, claim_template + "-" + pod_name, ""});
  }
  return copy;
}

bool IsFinished(const Object& pod) {
  const PodPhase phase = std::get<Pod>(pod.body).phase;
  return phase == PodPhase::kSucceeded || phase == PodPhase::kFailed;
}

// Law::kStatefulSetReplacesFailed
void ReplaceFinished(Round& round, const Object& pod) {
  if (IsFinished(pod) && !pod.terminating) {
    round.laws().Add(Law::kStatefulSetReplacesFailed);
    round.Delete(pod.ref);
  }
}

void SyncStatefulSet(Round& round, const ObjectPtr& object) {
  const StatefulSet& body = *As<StatefulSet>(object);
  bool all_ready = true;
  for (std::int64_t i = 0; i < body.replicas; ++i) {
    const Ref pod{"Pod", object->ref.ns, object->ref.name + "-" + std::to_string(i)};
    const ObjectPtr existing = round.objects().FindShared(pod.Key());
    if (existing) {
      ReplaceFinished(round, *existing);
      all_ready = all_ready && !existing->terminating && std::get<Pod>(existing->body).ready;
      continue;
    }
    if (!body.parallel && !all_ready) {
      break;  // OrderedReady: one after the other
    }
    all_ready = false;
    MakeClaims(round, body, pod, object);
    round.Put(NewPod(object->ref, pod.name, WithClaims(body, pod.name)));
    round.laws().Add(Law::kStatefulSetPods);
  }
  const auto pods = Owned(round.objects(), "Pod", object->ref);
  for (auto pod = pods.rbegin(); pod != pods.rend(); ++pod) {
    const std::string ordinal = (*pod)->ref.name.substr(object->ref.name.size() + 1);
    if (std::atoll(ordinal.c_str()) >= body.replicas && !(*pod)->terminating) {
      round.Delete((*pod)->ref);
      continue;
    }
    const bool outdated = As<Pod>(*pod)->pod_template->digest != body.pod_template->digest;
    if (outdated && !(*pod)->terminating && (all_ready || !As<Pod>(*pod)->ready)) {
      round.Delete((*pod)->ref);  // Law::kStatefulSetUpdatesOneByOne
      round.laws().Add(Law::kStatefulSetUpdatesOneByOne);
      break;
    }
  }
  WorkloadStatus status =
      CountPods(Owned(round.objects(), "Pod", object->ref), body.pod_template->digest);
  status.observed_generation = object->generation;
  if (!(status == body.status)) {
    Object next = *object;
    std::get<StatefulSet>(next.body).status = status;
    round.Put(std::move(next));
  }
}

// ---- volumes and scheduling --------------------------------------------------------------------

bool HasProvisioner(const Objects& objects, const std::string& storage_class) {
  const Object* object = objects.Find(Ref{"StorageClass", "", storage_class}.Key());
  return object != nullptr &&
         StringAt(*object->document, {"provisioner"}) != "kubernetes.io/no-provisioner";
}

ObjectPtr FreeVolume(const Objects& objects,
                     const Object& claim,
                     const std::string& storage_class) {
  const std::int64_t wanted =
      ParseQuantity(StringAt(*claim.document, {"spec", "resources", "requests", "storage"}));
  for (const ObjectPtr& volume : List(objects, "PersistentVolume", "")) {
    const Json& document = *volume->document;
    const std::int64_t size = ParseQuantity(StringAt(document, {"spec", "capacity", "storage"}));
    if (StringAt(document, {"status", "phase"}) == "Available" && size >= wanted &&
        StringAt(document, {"spec", "storageClassName"}) == storage_class) {
      return volume;
    }
  }
  return nullptr;
}

std::string DefaultStorageClass(const Objects& objects) {
  for (const ObjectPtr& object : List(objects, "StorageClass", "")) {
    const auto at = object->annotations.find("storageclass.kubernetes.io/is-default-class");
    if (at != object->annotations.end() && at->second == "true") {
      return object->ref.name;
    }
  }
  return "";
}

void BindTo(Round& round, const ObjectPtr& object, const std::string& volume) {
  Object next = *object;
  auto& claim = std::get<Claim>(next.body);
  claim.bound = true;
  claim.volume = volume;
  round.Put(std::move(next));
  round.laws().Add(Law::kClaimBinding);
}

void SyncClaim(Round& round, const ObjectPtr& object) {
  const Claim& claim = *As<Claim>(object);
  if (claim.bound || claim.held || object->terminating) {
    return;
  }
  const std::string storage_class =
      claim.storage_class.empty() ? DefaultStorageClass(round.objects()) : claim.storage_class;
  if (HasProvisioner(round.objects(), storage_class)) {
    BindTo(round, object, "pvc-" + object->ref.name);
    return;
  }
  const ObjectPtr volume = FreeVolume(round.objects(), *object, storage_class);
  if (volume) {
    Object taken = *volume;
    Json document = *volume->document;
    document["status"]["phase"] = "Bound";
    taken.document = std::make_shared<const Json>(document);
    // The phase is not desired state, but whether a volume is free decides the next binding.
    taken.document_digest = Mix(taken.document_digest + 1);
    round.Put(std::move(taken));
    BindTo(round, object, volume->ref.name);
  }
}

// Law::kNodeTaints
bool IsTainted(const Object& node) {
  const Json* taints = At(*node.document, {"spec", "taints"});
  return taints != nullptr && taints->is_array() &&
         std::any_of(taints->begin(), taints->end(), [](const Json& taint) {
           return StringAt(taint, {"key"}).starts_with("node.kubernetes.io/");
         });
}

std::string NodeFor(const Objects& objects) {
  for (const ObjectPtr& node : List(objects, "Node", "")) {
    const Json* unschedulable = At(*node->document, {"spec", "unschedulable"});
    if ((unschedulable == nullptr || *unschedulable != true) && !IsTainted(*node)) {
      return node->ref.name;
    }
  }
  return "";
}

bool ClaimsBound(const Objects& objects, const Ref& pod, const PodTemplate& pod_template) {
  return std::all_of(
      pod_template.volumes.begin(), pod_template.volumes.end(), [&](const Volume& volume) {
        if (volume.claim.empty()) {
          return true;
        }
        const Object* claim =
            objects.Find(Ref{"PersistentVolumeClaim", pod.ns, volume.claim}.Key());
        return claim != nullptr && std::get<Claim>(claim->body).bound;
      });
}

void SchedulePod(Round& round, const ObjectPtr& object) {
  const Pod& pod = *As<Pod>(object);
  if (!pod.node.empty() || pod.phase != PodPhase::kPending || object->terminating ||
      !ClaimsBound(round.objects(), object->ref, *pod.pod_template)) {
    return;
  }
  std::string node = NodeFor(round.objects());
  if (!node.empty()) {
    Object next = *object;
    std::get<Pod>(next.body).node = std::move(node);
    round.Put(std::move(next));
    round.laws().Add(Law::kScheduling);
  }
}

void SyncOne(Round& round, const ObjectPtr& object) {
  if (object->terminating) {
    return;
  }
  if (As<Deployment>(object) != nullptr) {
    SyncDeployment(round, object);
  } else if (As<ReplicaSet>(object) != nullptr) {
    SyncReplicaSet(round, object);
  } else if (As<StatefulSet>(object) != nullptr) {
    SyncStatefulSet(round, object);
  } else if (As<Claim>(object) != nullptr) {
    SyncClaim(round, object);
  } else if (As<Pod>(object) != nullptr) {
    SchedulePod(round, object);
  }
}

}  // namespace

bool IsActive(const Object& object, const Pod& pod) {
  return !object.terminating &&
         (pod.phase == PodPhase::kPending || pod.phase == PodPhase::kRunning);
}

std::vector<ObjectPtr> List(const Objects& objects, std::string_view kind, std::string_view ns) {
  std::vector<ObjectPtr> list;
  const std::string prefix = std::string(kind) + "/" + std::string(ns) + "/";
  objects.ForPrefix(prefix,
                    [&](const std::string&, const ObjectPtr& object) { list.push_back(object); });
  return list;
}

Objects MarkDeleted(const Objects& objects, const Ref& ref) {
  const ObjectPtr object = objects.FindShared(ref.Key());
  CHECK(object != nullptr);
  if (ref.kind == "Pod") {
    if (object->terminating) {
      return objects;
    }
    const PodPhase phase = std::get<Pod>(object->body).phase;
    if (phase == PodPhase::kSucceeded || phase == PodPhase::kFailed) {
      return objects.Erase(ref.Key());  // Law::kFinishedPodsGoAtOnce
    }
    Object next = *object;
    next.terminating = true;
    return objects.Set(ref.Key(), std::move(next));
  }
  Objects left = objects.Erase(ref.Key());
  for (const std::string_view kind : {"ReplicaSet", "Pod"}) {
    for (const ObjectPtr& owned : Owned(left, kind, ref)) {
      left = MarkDeleted(left, owned->ref);  // Law::kOwnedObjectsFollow
    }
  }
  return left;
}

Reconciled Reconcile(const Objects& objects) {
  constexpr int kRoundsMax = 32;  // more would mean that two controllers undo each other
  constexpr std::array<std::string_view, 5> kKinds = {
      "PersistentVolumeClaim/", "Deployment/", "ReplicaSet/", "StatefulSet/", "Pod/"};
  Reconciled result{objects, false, {}};
  for (int i = 0; i < kRoundsMax; ++i) {
    Round round(result.objects);
    for (const std::string_view kind : kKinds) {
      std::vector<std::string> keys;
      round.objects().ForPrefix(
          kind, [&](const std::string& key, const ObjectPtr&) { keys.push_back(key); });
      for (const std::string& key : keys) {
        const ObjectPtr object = round.objects().FindShared(key);
        if (object) {
          SyncOne(round, object);
        }
      }
    }
    result.laws.Add(round.laws());
    if (!round.changed()) {
      return result;
    }
    result.objects = round.objects();
    result.changed = true;
  }
  CHECK(false && "controllers do not come to rest");
  return result;
}

std::int64_t ParseQuantity(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::int64_t factor;
  };
  constexpr std::array kUnits = {Unit{"Ki", std::int64_t{1} << 10U},
                                 Unit{"Mi", std::int64_t{1} << 20U},
                                 Unit{"Gi", std::int64_t{1} << 30U},
                                 Unit{"Ti", std::int64_t{1} << 40U},
                                 Unit{"k", 1'000},
                                 Unit{"M", 1'000'000},
                                 Unit{"G", 1'000'000'000},
                                 Unit{"T", 1'000'000'000'000},
                                 Unit{"", 1}};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return 0;
  }
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : kUnits) {
    if (unit.suffix == suffix) {
      return number * unit.factor;
    }
  }
  return 0;
}

}  // namespace rehearse::kube
