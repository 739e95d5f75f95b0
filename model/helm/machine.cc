#include "model/helm/machine.h"

#include <algorithm>
#include <set>

#include "model/core/check.h"
#include "model/core/hash.h"
#include "model/helm/machine_parts.h"
#include "model/helm/merge.h"
#include "model/helm/print.h"
#include "model/helm/words.h"

namespace rehearse::helm {
namespace {

enum class Phase {
  kStart,
  kHistory,        // ReadReleases
  kLookup,         // ReadLive for the templates
  kOwnership,      // ReadLive of what is new in the manifest
  kPrune,          // DeleteRelease, one by one
  kLock,           // PutRelease, create only
  kReadObject,     // ReadLive of the object at `index`
  kWriteObject,    // CreateObject or UpdateObject
  kReadDoomed,     // ReadLive of the object at `index` of `doomed`
  kDeleteDoomed,   // DeleteObject
  kWait,           // PollReady
  kSupersede,      // PutRelease of the revisions that are no longer in force
  kDeploy,         // PutRelease of the new revision
  kKeepOld,        // PutRelease of the old revision, unchanged, after a failure
  kFail,           // PutRelease of the new revision, failed
  kAtomicHistory,  // ReadReleases before the rollback of --atomic
  kDeployedAgain,  // ReadReleases before a rollback supersedes what is deployed
  kDone,
};

}  // namespace

struct HelmState::Body {
  std::shared_ptr<const HelmRequest> request;
  Phase phase = Phase::kStart;
  bool rolling_back = false;      // the command, or the tail of an --atomic upgrade
  std::string upgrade_error;      // why the rollback of --atomic runs; empty otherwise
  Shared<ReleaseRecord> current;  // the revision that the change is made against
  Shared<ReleaseRecord> next;     // the revision that is made
  ObjectsPtr old_objects;         // manifest in force, then objects that are adopted
  ObjectsPtr new_objects;         // new manifest, with owner metadata
  std::shared_ptr<const ObjectIndex> old_index;  // of old_objects
  std::shared_ptr<const Refs> new_refs;          // of new_objects, in their order
  std::vector<ObjectRef> refs;                   // of the pending ReadLive, or to be adopted
  std::vector<std::int64_t> prune;
  std::vector<JsonPtr> doomed;
  std::vector<ReleaseRecord> superseded;
  std::size_t index = 0;
  bool creating = false;            // the pending write is a create
  std::vector<std::string> errors;  // of patches; the others still run
  std::string failure;              // that ends the change
  Instant deadline = kNever;
  Fingerprint request_digest = 0;
};

namespace {

using Body = HelmState::Body;

Fingerprint DigestOfRequest(const HelmRequest& request) {
  Hasher hasher;
  if (const auto* upgrade = std::get_if<UpgradeRequest>(&request)) {
    hasher.Add(upgrade->release).Add(upgrade->ns).Add(upgrade->chart_version).Add(upgrade->mode);
    for (const std::string& set : upgrade->sets) {
      hasher.Add(set);
    }
    hasher.Add(HashJson(upgrade->files)).Add(upgrade->wait).Add(upgrade->atomic);
    hasher.Add(upgrade->timeout_ms).Add(upgrade->history_max);
  } else {
    const auto& rollback = std::get<RollbackRequest>(request);
    hasher.Add("rollback").Add(rollback.release).Add(rollback.ns).Add(rollback.revision);
    hasher.Add(rollback.wait).Add(rollback.timeout_ms).Add(rollback.history_max);
  }
  return hasher.Get();
}

// Works on its own copy of the body; each public call ends in one turn.
class Machine {
 public:
  Machine(const HelmWorld& world, Body body, Instant now)
      : world_(world), body_(std::move(body)), now_(now) {}

  HelmTurn Begin() {
    CHECK(world_.renderer != nullptr);
    if (const UpgradeRequest* upgrade = Upgrade();
        upgrade != nullptr && !world_.renderer->Exists(upgrade->chart_version)) {
      return Stop(1, "Error: " + ChartNotFoundError(upgrade->chart_version) + "\n");
    }
    body_.rolling_back = Upgrade() == nullptr;
    return Go(Phase::kHistory, ReadReleases{Release(), Namespace()});
  }

  HelmTurn Next(const HelmInput& input) {
    switch (body_.phase) {
      case Phase::kHistory:
        return body_.rolling_back ? RollbackHistory(input) : UpgradeHistory(input);
      case Phase::kLookup:
        return Render(input);
      case Phase::kOwnership:
        return CheckOwnership(input);
      case Phase::kPrune:
        return input.error ? Fatal(input.error->message) : PruneNext(body_.index + 1);
      case Phase::kLock:
        return Locked(input);
      case Phase::kReadObject:
        return ObjectRead(input);
      case Phase::kWriteObject:
        return ObjectWritten(input);
      case Phase::kReadDoomed:
        return DoomedRead(input);
      case Phase::kDeleteDoomed:
        return NextDoomed(body_.index + 1);  // Law::kHelmNoDeleteAfterError: errors are ignored
      case Phase::kWait:
        return Waited(input);
      case Phase::kDeployedAgain:
        return DeployedRead(input);
      case Phase::kSupersede:
        return SupersedeNext(body_.index + 1);  // a failed write is only logged
      case Phase::kDeploy:
        return Deployed(input);
      case Phase::kKeepOld:
        return PutFailed();
      case Phase::kFail:
        return Failed();
      case Phase::kAtomicHistory:
        return AtomicHistory(input);
      case Phase::kStart:
      case Phase::kDone:
        break;
    }
    CHECK(body_.phase != Phase::kStart && body_.phase != Phase::kDone);
    return Stop(70, "");
  }

 private:
  // ---- the request ----

  const UpgradeRequest* Upgrade() const { return std::get_if<UpgradeRequest>(&*body_.request); }
  const RollbackRequest& Rollback() const { return std::get<RollbackRequest>(*body_.request); }
  std::string Release() const { return Upgrade() ? Upgrade()->release : Rollback().release; }
  std::string Namespace() const { return Upgrade() ? Upgrade()->ns : Rollback().ns; }
  int HistoryMax() const { return Upgrade() ? Upgrade()->history_max : Rollback().history_max; }
  Millis TimeoutMs() const { return Upgrade() ? Upgrade()->timeout_ms : Rollback().timeout_ms; }
  bool Waits() const { return Upgrade() ? Upgrade()->wait || Upgrade()->atomic : Rollback().wait; }
  std::int64_t UnixMs() const {
    return now_.ms +
           (Upgrade() ? Upgrade()->clock_origin_unix_ms : Rollback().clock_origin_unix_ms);
  }

  // ---- turns ----

  HelmTurn Go(Phase phase, HelmEffect effect) {
    body_.phase = phase;
    return {HelmState(std::make_shared<const Body>(std::move(body_))), std::move(effect), laws_};
  }
  HelmTurn Stop(int exit_code, std::string err) {
    return Go(Phase::kDone, Finish{exit_code, "", std::move(err), false});
  }
  HelmTurn Unknown(const std::string& what) {
    return Go(Phase::kDone, Finish{1, "", "not known: " + what + "\n", true});
  }
  // An error that leaves the stored revisions as they are.
  HelmTurn Fatal(const std::string& error) {
    if (!body_.upgrade_error.empty()) {
      return Stop(1,
                  "Error: UPGRADE FAILED: an error occurred while rolling back the release. "
                  "original upgrade error: " +
                      body_.upgrade_error + ": " + error + "\n");
    }
    return Stop(1, (body_.rolling_back ? "Error: " : "Error: UPGRADE FAILED: ") + error + "\n");
  }

  HelmTurn Put(Phase phase, ReleaseRecord record, bool create_only) {
    record.created_at_unix = create_only ? UnixMs() / 1'000 : 0;
    record.modified_at_unix = create_only ? 0 : UnixMs() / 1'000;
    return Go(phase, PutRelease{std::move(record), create_only});
  }

  // ---- upgrade: up to the lock ----

  HelmTurn UpgradeHistory(const HelmInput& input) {
    if (input.error) {
      return Fatal(input.error->message);
    }
    const ReleaseRecord* last = Last(input.releases);
    if (last == nullptr) {
      return Fatal(NoDeployedError(Release()));
    }
    if (IsPending(last->status)) {
      laws_.Add(Law::kHelmPendingLocks);
      return Fatal(std::string(kPendingError));
    }
    const ReleaseRecord* current = LastWith(input.releases, {ReleaseStatus::kDeployed});
    if (current == nullptr &&
        (last->status == ReleaseStatus::kFailed || last->status == ReleaseStatus::kSuperseded)) {
      current = last;
    }
    if (current == nullptr) {
      return Fatal(NoDeployedError(Release()));
    }
    laws_.Add(Law::kHelmCurrentRelease);
    body_.current = *current;
    body_.prune = ToPrune(input.releases, HistoryMax());
    ReleaseRecord next;
    next.revision = last->revision + 1;
    next.labels = last->labels;
    body_.next = std::move(next);
    return StartRendering();
  }

  HelmTurn StartRendering() {
    Json given = Upgrade()->files;
    for (const std::string& set : Upgrade()->sets) {
      if (const Status parsed = ParseSet(set, given); !parsed) {
        return Stop(1, "Error: " + parsed.error().message + "\n");
      }
    }
    if (const Status parsed = Parse(body_.current); !parsed) {
      return Fatal("unable to build kubernetes objects from current release manifest: " +
                   parsed.error().message);
    }
    laws_.Add(Law::kValuesModes);
    const UpgradeValues values = ValuesForUpgrade(Upgrade()->mode, *body_.current, given);
    body_.next.Edit([&](ReleaseRecord& next) {
      next.config.value = values.config.empty() ? nullptr : Share(values.config);
      next.chart.value = values.base;  // until the chart itself is known
    });
    const RenderRequest request = MakeRenderRequest({});
    body_.refs = world_.renderer->Lookups(request);
    if (body_.refs.empty()) {
      return Render({.now = now_, .error = {}, .releases = {}, .live = {}});
    }
    return Go(Phase::kLookup, ReadLive{body_.refs});
  }

  RenderRequest MakeRenderRequest(std::vector<JsonPtr> live) const {
    RenderRequest request;
    request.chart_version = Upgrade()->chart_version;
    request.values = ConfigOf(*body_.next);
    request.base_values = body_.next->chart.value;
    request.base_chart = ChartVersion(*body_.current);
    request.release = Release();
    request.ns = body_.current->ns;
    request.current = body_.current.ptr();
    request.revision = body_.next->revision;
    request.live = std::move(live);
    return request;
  }

  HelmTurn Render(const HelmInput& input) {
    if (input.error) {
      return Fatal(input.error->message);
    }
    laws_.Add(Law::kHelmRenderBeforeRecord);
    RenderOutcome outcome = world_.renderer->Render(MakeRenderRequest(input.live));
    if (const auto* error = std::get_if<TemplateError>(&outcome)) {
      laws_.Add(error->laws);
      return Fatal(error->text);
    }
    if (const auto* unknown = std::get_if<RenderUnknown>(&outcome)) {
      laws_.Add(unknown->laws);
      return Unknown(unknown->what + " (" + unknown->interval + ")");
    }
    auto& rendered = std::get<Rendered>(outcome);
    laws_.Add(rendered.laws);
    MakeNextRecord(rendered);
    laws_.Add(Law::kHelmUnknownKind);
    for (const bool of_new : {true, false}) {
      const Objects& objects = of_new ? *body_.next->objects : *body_.current->objects;
      if (const auto error = UnknownKindError(objects, world_.serves_kind)) {
        return Fatal(of_new ? *error
                            : "unable to build kubernetes objects from current release manifest: " +
                                  *error);
      }
    }
    if (rendered.unlisted_objects > 0) {
      return Unknown("the contents of " + std::to_string(rendered.unlisted_objects) +
                     " of the rendered objects");
    }
    return ReadForOwnership();
  }

  static Status Parse(Shared<ReleaseRecord>& record) {
    if (record->objects) {
      return {};
    }
    ReleaseRecord parsed = *record;
    TRY(ParseManifest(parsed));
    record = std::move(parsed);
    return {};
  }

  void MakeNextRecord(const Rendered& rendered) {
    body_.next.Edit([&](ReleaseRecord& next) {
      next.name = Release();
      next.ns = body_.current->ns;
      next.status = ReleaseStatus::kPendingUpgrade;
      next.description = "Preparing upgrade";
      next.first_deployed = body_.current->first_deployed;
      next.last_deployed = TimeText(UnixMs());
      next.chart.value = rendered.chart;
      next.objects = std::make_shared<const Objects>(rendered.objects);
      SealContent(next);
    });
    SetOldObjects(body_.current->objects);
    SetNewObjects();
  }

  void SetOldObjects(ObjectsPtr objects) {
    body_.old_objects = std::move(objects);
    body_.old_index = std::make_shared<const ObjectIndex>(*body_.old_objects, body_.next->ns);
  }

  void SetNewObjects() {
    laws_.Add(Law::kHelmOwnerMetadata);
    Objects owned;
    Refs refs;
    const Fingerprint owner = Hasher().Add(body_.next->name).Add(body_.next->ns).Get();
    for (const JsonPtr& object : *body_.next->objects) {
      const auto make = [&] { return Share(WithOwner(*object, *body_.next)); };
      owned.push_back(world_.notes != nullptr ? world_.notes->owned.Get({object}, owner, make)
                                              : make());
      refs.push_back(RefOf(*object, body_.next->ns));
    }
    body_.new_objects = std::make_shared<const Objects>(std::move(owned));
    body_.new_refs = std::make_shared<const Refs>(std::move(refs));
  }

  HelmTurn ReadForOwnership() {
    body_.refs.clear();
    for (const ObjectRef& ref : *body_.new_refs) {
      if (body_.old_index->Find(ref) == nullptr) {
        body_.refs.push_back(ref);
      }
    }
    if (body_.refs.empty()) {
      return PruneNext(0);
    }
    return Go(Phase::kOwnership, ReadLive{body_.refs});
  }

  HelmTurn CheckOwnership(const HelmInput& input) {
    if (input.error) {
      return Fatal(
          "Unable to continue with update: could not get information about the resource: " +
          input.error->message);
    }
    laws_.Add(Law::kHelmOwnership);
    CHECK(input.live.size() == body_.refs.size());
    Objects old = *body_.old_objects;
    for (std::size_t i = 0; i < body_.refs.size(); ++i) {
      if (input.live[i] == nullptr) {
        continue;
      }
      if (const auto error = OwnershipError(*input.live[i], body_.refs[i], *body_.next)) {
        return Fatal("Unable to continue with update: " + *error);
      }
      // Adopted: the new manifest stands in for the old one, so that nothing is removed.
      const auto at = std::find(body_.new_refs->begin(), body_.new_refs->end(), body_.refs[i]);
      old.push_back((*body_.new_objects)[static_cast<std::size_t>(at - body_.new_refs->begin())]);
    }
    body_.refs.clear();
    SetOldObjects(std::make_shared<const Objects>(std::move(old)));
    return PruneNext(0);
  }

  // ---- the lock ----

  HelmTurn PruneNext(std::size_t index) {
    if (index < body_.prune.size()) {
      laws_.Add(Law::kHelmHistoryCap);
      body_.index = index;
      return Go(Phase::kPrune, DeleteRelease{Release(), Namespace(), body_.prune[index]});
    }
    laws_.Add(Law::kHelmSecretIsTheLock);
    return Put(Phase::kLock, *body_.next, true);
  }

  HelmTurn Locked(const HelmInput& input) {
    if (input.error) {
      return Fatal(input.error->code == ErrorCode::kAlreadyExists
                       ? std::string(kExistsError)
                       : "create: failed to create: " + input.error->message);
    }
    if (body_.rolling_back) {
      return BuildForRollback();
    }
    return ReadNextObject(0);
  }

  // ---- the objects ----

  HelmTurn ReadNextObject(std::size_t index) {
    body_.index = index;
    if (index == body_.new_objects->size()) {
      return StartDeleting();
    }
    laws_.Add(Law::kHelmUpdateOrder);
    return Go(Phase::kReadObject, ReadLive{{(*body_.new_refs)[index]}});
  }

  HelmTurn ObjectRead(const HelmInput& input) {
    const JsonPtr& object = (*body_.new_objects)[body_.index];
    const ObjectRef& ref = (*body_.new_refs)[body_.index];
    if (input.error) {
      return Break("could not get information about the resource: " + input.error->message);
    }
    CHECK(input.live.size() == 1);
    const JsonPtr& live = input.live[0];
    body_.creating = live == nullptr;
    if (body_.creating) {
      return Go(Phase::kWriteObject, CreateObject{ref, object});
    }
    const JsonPtr old = body_.old_index->Find(ref);
    if (old == nullptr) {
      return Break("no " + ref.kind + " with the name \"" + ref.name + "\" found");
    }
    return Patch(ref, old, live);
  }

  static Notes::Patched MakePatch(const ObjectRef& ref,
                                  const Json& old,
                                  const Json& next,
                                  const Json& live) {
    Notes::Patched patched;
    const Result<Json> patch = CreateThreeWayPatch(old, next, live);
    if (!patch) {
      patched.error = "failed to create patch: " + patch.error().message;
      return patched;
    }
    if (patch->empty()) {
      return patched;
    }
    Result<Json> merged = StrategicMergePatch(live, *patch);
    if (!merged) {
      patched.error = CannotPatch(ref, merged.error().message);
      return patched;
    }
    patched.patch = Share(*patch);
    patched.merged = Share(RestoreDefaults(live, *std::move(merged)));
    return patched;
  }

  HelmTurn Patch(const ObjectRef& ref, const JsonPtr& old, const JsonPtr& live) {
    laws_.Add(Law::kThreeWayMerge);
    const JsonPtr& next = (*body_.new_objects)[body_.index];
    const auto make = [&] {
      return std::make_shared<const Notes::Patched>(MakePatch(ref, *old, *next, *live));
    };
    const auto patched =
        world_.notes != nullptr ? world_.notes->patches.Get({old, next, live}, 0, make) : make();
    if (!patched->error.empty()) {
      return PatchFailed(patched->error);
    }
    if (patched->patch == nullptr) {
      return ReadNextObject(body_.index + 1);
    }
    return Go(Phase::kWriteObject, UpdateObject{ref, patched->merged, patched->patch});
  }

  static std::string CannotPatch(const ObjectRef& ref, const std::string& error) {
    return "cannot patch \"" + ref.name + "\" with kind " + ref.kind + ": " + error;
  }

  HelmTurn PatchFailed(std::string error) {
    body_.errors.push_back(std::move(error));
    return ReadNextObject(body_.index + 1);
  }

  HelmTurn ObjectWritten(const HelmInput& input) {
    if (!input.error) {
      return ReadNextObject(body_.index + 1);
    }
    const ObjectRef& ref = (*body_.new_refs)[body_.index];
    if (body_.creating) {
      return Break("failed to create resource: " + input.error->message);
    }
    return PatchFailed(CannotPatch(ref, input.error->message));
  }

  HelmTurn StartDeleting() {
    if (!body_.errors.empty()) {
      laws_.Add(Law::kHelmNoDeleteAfterError);
      std::string all = body_.errors[0];
      for (std::size_t i = 1; i < body_.errors.size(); ++i) {
        all += " && " + body_.errors[i];
      }
      return Break(all);
    }
    body_.doomed.clear();
    const ObjectIndex kept(*body_.new_objects, body_.next->ns);
    for (const JsonPtr& object : *body_.old_objects) {
      if (kept.Find(RefOf(*object, body_.next->ns)) == nullptr) {
        body_.doomed.push_back(object);
      }
    }
    return NextDoomed(0);
  }

  HelmTurn NextDoomed(std::size_t index) {
    body_.index = index;
    if (index == body_.doomed.size()) {
      return StartWaiting();
    }
    return Go(Phase::kReadDoomed, ReadLive{{RefOf(*body_.doomed[index], body_.next->ns)}});
  }

  HelmTurn DoomedRead(const HelmInput& input) {
    const bool gone = input.error || input.live.empty() || input.live[0] == nullptr;
    if (gone || IsKept(*input.live[0])) {
      return NextDoomed(body_.index + 1);
    }
    return Go(Phase::kDeleteDoomed,
              DeleteObject{RefOf(*body_.doomed[body_.index], body_.next->ns)});
  }

  // ---- waiting and finishing ----

  bool WaitsNow() const { return Waits() || !body_.upgrade_error.empty(); }

  HelmTurn StartWaiting() {
    if (!WaitsNow()) {
      return StartSuperseding();
    }
    laws_.Add(Law::kHelmWait);
    body_.deadline = now_ + TimeoutMs();
    return Poll();
  }

  HelmTurn Poll() {
    PollReady poll;
    poll.refs = *body_.new_refs;
    poll.deadline = body_.deadline;
    return Go(Phase::kWait, std::move(poll));
  }

  HelmTurn Waited(const HelmInput& input) {
    if (!input.error && input.ready) {
      body_.deadline = kNever;
      return StartSuperseding();
    }
    if (now_ >= body_.deadline) {
      body_.deadline = kNever;
      return body_.rolling_back ? BreakRollbackWait() : Break(std::string(kTimeoutError));
    }
    return Poll();
  }

  HelmTurn StartSuperseding() {
    laws_.Add(Law::kHelmFinish);
    if (body_.rolling_back) {
      return Go(Phase::kDeployedAgain, ReadReleases{Release(), Namespace()});
    }
    body_.current.Edit([](ReleaseRecord& current) { current.status = ReleaseStatus::kSuperseded; });
    body_.superseded = {*body_.current};
    return SupersedeNext(0);
  }

  HelmTurn DeployedRead(const HelmInput& input) {
    if (input.error) {
      return Fatal(input.error->message);
    }
    body_.superseded.clear();
    for (ReleaseRecord record : input.releases) {
      if (record.status == ReleaseStatus::kDeployed) {
        record.status = ReleaseStatus::kSuperseded;
        body_.superseded.push_back(std::move(record));
      }
    }
    return SupersedeNext(0);
  }

  HelmTurn SupersedeNext(std::size_t index) {
    body_.index = index;
    if (index < body_.superseded.size()) {
      return Put(Phase::kSupersede, body_.superseded[index], false);
    }
    body_.next.Edit([&](ReleaseRecord& next) {
      next.status = ReleaseStatus::kDeployed;
      next.description = body_.rolling_back ? next.description : "Upgrade complete";
    });
    return Put(Phase::kDeploy, *body_.next, false);
  }

  HelmTurn Deployed(const HelmInput& input) {
    if (input.error) {
      return Fatal("update: failed to update: " + input.error->message);
    }
    if (!body_.upgrade_error.empty()) {
      return Stop(1,
                  "Error: UPGRADE FAILED: release " + Release() +
                      " failed, and has been rolled back due to atomic being set: " +
                      body_.upgrade_error + "\n");
    }
    std::string out =
        body_.rolling_back ? std::string(kRolledBackText) : UpgradedText(*body_.next, UnixMs());
    return Go(Phase::kDone, Finish{0, std::move(out), "", false});
  }

  // ---- failing ----

  // The change ends here: the old revision is stored again, the new one as failed.
  HelmTurn Break(std::string error) {
    laws_.Add(Law::kHelmFailedUpgrade);
    const std::string what = body_.rolling_back ? "Rollback" : "Upgrade";
    body_.failure = std::move(error);
    body_.next.Edit([&](ReleaseRecord& next) {
      next.status = ReleaseStatus::kFailed;
      next.description = what + " \"" + Release() + "\" failed: " + body_.failure;
    });
    if (body_.rolling_back) {
      body_.current.Edit(
          [](ReleaseRecord& current) { current.status = ReleaseStatus::kSuperseded; });
    }
    return Put(Phase::kKeepOld, *body_.current, false);
  }

  HelmTurn BreakRollbackWait() {
    body_.next.Edit([&](ReleaseRecord& next) {
      next.status = ReleaseStatus::kFailed;
      next.description = "Release \"" + Release() + "\" failed: " + std::string(kTimeoutError);
    });
    body_.failure = "release " + Release() + " failed: " + std::string(kTimeoutError);
    return Put(Phase::kKeepOld, *body_.current, false);
  }

  HelmTurn PutFailed() { return Put(Phase::kFail, *body_.next, false); }

  HelmTurn Failed() {
    if (body_.rolling_back) {
      return Fatal(body_.failure);
    }
    if (Upgrade()->atomic) {
      laws_.Add(Law::kHelmAtomic);
      return Go(Phase::kAtomicHistory, ReadReleases{Release(), Namespace()});
    }
    return Fatal(body_.failure);
  }

  // ---- rollback ----

  HelmTurn AtomicHistory(const HelmInput& input) {
    if (input.error) {
      return Fatal(
          "an error occurred while finding last successful release. original upgrade "
          "error: " +
          body_.failure + ": " + input.error->message);
    }
    const ReleaseRecord* good =
        LastWith(input.releases, {ReleaseStatus::kSuperseded, ReleaseStatus::kDeployed});
    if (good == nullptr) {
      return Fatal(
          "unable to find a previously successful release when attempting to rollback. "
          "original upgrade error: " +
          body_.failure);
    }
    body_.upgrade_error = body_.failure;
    body_.rolling_back = true;
    return PrepareRollback(input.releases, good->revision);
  }

  HelmTurn RollbackHistory(const HelmInput& input) {
    if (input.error) {
      return Fatal(input.error->message);
    }
    const ReleaseRecord* last = Last(input.releases);
    if (last == nullptr) {
      return Fatal("release: not found");
    }
    const std::int64_t wanted = Rollback().revision == 0 ? last->revision - 1 : Rollback().revision;
    return PrepareRollback(input.releases, wanted);
  }

  HelmTurn PrepareRollback(const Records& records, std::int64_t revision) {
    laws_.Add(Law::kHelmRollback);
    const ReleaseRecord* previous = WithRevision(records, revision);
    if (previous == nullptr) {
      return Fatal(NoRevisionError(revision));
    }
    body_.current = *Last(records);
    ReleaseRecord next = *previous;
    next.revision = body_.current->revision + 1;
    next.status = ReleaseStatus::kPendingRollback;
    next.description = "Rollback to " + std::to_string(revision);
    next.first_deployed = body_.current->first_deployed;
    next.last_deployed = TimeText(UnixMs());
    next.order.clear();
    next.info_order.clear();
    body_.next = std::move(next);
    body_.prune = ToPrune(records, HistoryMax());
    body_.errors.clear();
    body_.failure.clear();
    body_.refs.clear();
    return PruneNext(0);
  }

  HelmTurn BuildForRollback() {
    laws_.Add(Law::kHelmRollbackLeavesPending);
    for (const bool of_new : {false, true}) {
      Shared<ReleaseRecord>& record = of_new ? body_.next : body_.current;
      const std::string where = std::string("unable to build kubernetes objects from ") +
                                (of_new ? "new" : "current") + " release manifest: ";
      if (const Status parsed = Parse(record); !parsed) {
        return Fatal(where + parsed.error().message);
      }
      if (const auto error = UnknownKindError(*record->objects, world_.serves_kind)) {
        return Fatal(where + *error);
      }
    }
    SetOldObjects(body_.current->objects);
    SetNewObjects();
    return ReadNextObject(0);
  }

  const HelmWorld& world_;
  Body body_;
  Instant now_;
  LawSet laws_;
};

}  // namespace

Fingerprint DigestOf(const HelmState& state) {
  const Body* body = state.body();
  if (body == nullptr) {
    return 0;
  }
  Hasher hasher;
  hasher.Add(body->request_digest).Add(body->phase).Add(body->rolling_back);
  hasher.Add(body->upgrade_error).Add(body->failure).Add(body->index).Add(body->creating);
  hasher.Add(DigestOf(*body->current)).Add(DigestOf(*body->next));
  hasher.Add(body->current->description).Add(body->next->description);
  for (const std::string& error : body->errors) {
    hasher.Add(error);
  }
  for (const std::int64_t revision : body->prune) {
    hasher.Add(revision);
  }
  for (const ReleaseRecord& record : body->superseded) {
    hasher.Add(DigestOf(record));
  }
  for (const ObjectRef& ref : body->refs) {
    hasher.Add(ref.kind).Add(ref.ns).Add(ref.name);
  }
  return hasher.Get();
}

Instant DeadlineOf(const HelmState& state) {
  return state.body() == nullptr ? kNever : state.body()->deadline;
}

HelmTurn Start(const HelmWorld& world, const HelmRequest& request, Instant now) {
  Body body;
  body.request = std::make_shared<const HelmRequest>(request);
  body.request_digest = DigestOfRequest(request);
  return Machine(world, std::move(body), now).Begin();
}

HelmTurn Step(const HelmWorld& world, const HelmState& state, const HelmInput& input) {
  CHECK(state.body() != nullptr);
  return Machine(world, *state.body(), input.now).Next(input);
}

}  // namespace rehearse::helm
