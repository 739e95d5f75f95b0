// model/helm/machine.h: `helm upgrade` and `helm rollback` as a step machine: one effect at a time,
// each of which can fail, and between any two of which the client can be killed.
//
// Units:       milliseconds since run start (Instant); the wall clock of the records is
//              clock_origin_unix_ms + now.
// Shape:       Start gives the first turn; the world carries the effect out and gives the outcome
// to
//              Step, until the effect is Finish. HelmState is a value: copying it costs a
//              reference.
// Transitions: read releases, look up, render, read live, lock (PutRelease, create only), per
// object
//              read and create or patch, delete what is gone, wait, supersede, finish.
// Errors:      in helm's own words, in Finish.stderr; exit code 1.
// Invariants:  nothing is changed before the first PutRelease; no object is deleted after a failed
//              patch; at most history_max revisions stay.
// Not modelled: hooks (no Milvus chart renders one by default), --force, post-renderers.
// Source:      HELM-30 .. HELM-49.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/core/instant.h"
#include "model/core/law.h"
#include "model/core/remembered.h"
#include "model/helm/render.h"
#include "model/helm/types.h"
#include "model/helm/values.h"

namespace rehearse::helm {

inline constexpr Millis kDefaultTimeoutMs = 300'000;  // Law::kHelmDefaultTimeout
inline constexpr int kDefaultHistoryMax = 10;         // Law::kHelmHistoryCap
inline constexpr Millis kPollIntervalMs = 2'000;      // Law::kHelmPollInterval

struct UpgradeRequest {
  std::string release;
  std::string ns;
  std::string chart_version;
  ValuesMode mode = ValuesMode::kNone;
  std::vector<std::string> sets;  // --set arguments, in order
  Json files = Json::object();    // -f files, merged
  bool wait = false;
  bool atomic = false;  // implies wait
  Millis timeout_ms = kDefaultTimeoutMs;
  int history_max = kDefaultHistoryMax;
  std::int64_t clock_origin_unix_ms = 0;
};

struct RollbackRequest {
  std::string release;
  std::string ns;
  std::int64_t revision = 0;  // 0: the one before the last
  bool wait = false;
  Millis timeout_ms = kDefaultTimeoutMs;
  int history_max = kDefaultHistoryMax;
  std::int64_t clock_origin_unix_ms = 0;
};

using HelmRequest = std::variant<UpgradeRequest, RollbackRequest>;

// What the machine asks of the world. One at a time.
struct ReadReleases {  // -> HelmInput.releases: every revision of the release, any order
  std::string release;
  std::string ns;
};
struct ReadLive {  // -> HelmInput.live: one entry per ref, null where it does not exist
  std::vector<ObjectRef> refs;
};
struct CreateObject {
  ObjectRef ref;
  JsonPtr object;
};
struct UpdateObject {  // a strategic patch; `merged` is what it makes of the object that was read
  ObjectRef ref;
  JsonPtr merged;
  JsonPtr patch;
};
struct DeleteObject {  // background propagation
  ObjectRef ref;
};
struct PutRelease {  // create_only: kAlreadyExists if the Secret is there (the lock)
  ReleaseRecord record;
  bool create_only = false;
};
struct DeleteRelease {  // the history cap
  std::string release;
  std::string ns;
  std::int64_t revision = 0;
};
struct PollReady {  // -> HelmInput.ready; asked again after interval_ms until the deadline
  std::vector<ObjectRef> refs;
  Instant deadline;
  Millis interval_ms = kPollIntervalMs;
};
struct Finish {
  int exit_code = 0;
  std::string out;
  std::string err;
  bool unknown = false;  // the model cannot say what helm would do here; `err` says why
};

using HelmEffect = std::variant<ReadReleases,
                                ReadLive,
                                CreateObject,
                                UpdateObject,
                                DeleteObject,
                                PutRelease,
                                DeleteRelease,
                                PollReady,
                                Finish>;

// The outcome of the last effect.
struct HelmInput {
  Instant now;
  std::optional<Error> error;  // set: the effect failed; the message is the API server's
  std::vector<ReleaseRecord> releases;
  std::vector<JsonPtr> live;
  bool ready = false;
};

// Steps that many runs have in common; it saves time and changes nothing.
struct Notes {
  struct Patched {
    std::string error;  // why there is no patch; empty: there is one
    JsonPtr patch;      // null: nothing to change
    JsonPtr merged;
  };
  Remembered<JsonPtr> owned{2048};                           // manifests with owner metadata
  Remembered<std::shared_ptr<const Patched>> patches{2048};  // by old, new and live object
};

// What helm can ask without an effect.
struct HelmWorld {
  const Renderer* renderer = nullptr;
  // API discovery: whether the server knows this kind ("policy/v1beta1", "PodDisruptionBudget").
  std::function<bool(std::string_view api_version, std::string_view kind)> serves_kind;
  Notes* notes = nullptr;  // null: nothing is remembered
};

class HelmState {
 public:
  struct Body;  // in machine.cc
  HelmState() = default;
  explicit HelmState(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  [[nodiscard]] const Body* body() const { return body_.get(); }

 private:
  std::shared_ptr<const Body> body_;
};
// Everything but times; a pending wait counts through DeadlineOf.
Fingerprint DigestOf(const HelmState& state);
// When a wait ends; kNever if nothing is waited for.
Instant DeadlineOf(const HelmState& state);

struct HelmTurn {
  HelmState next;
  HelmEffect effect;
  LawSet laws;
};

HelmTurn Start(const HelmWorld& world, const HelmRequest& request, Instant now);
// REQUIRES: the last effect of `state` was not Finish.
HelmTurn Step(const HelmWorld& world, const HelmState& state, const HelmInput& input);

}  // namespace rehearse::helm
