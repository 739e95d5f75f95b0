// upgrade/executor/stage.h: a stage of the executor: what is looked at, and who judges it.
//
// Shape:  a judge is a pure function of the plan, the facts and what was seen in this poll. It asks
//         for more (Ask), says that the stage is done, acts, waits or gives up.
// Units:  milliseconds.
// Invariants: a judge never assumes that its last action took effect; it looks.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/cluster/port.h"
#include "model/result/plan.h"
#include "upgrade/executor.h"
#include "upgrade/executor/facts.h"

namespace rehearse::upgrade::executor {

// What can be looked at in a poll.
enum class Slot {
  kDeployments,
  kStatefulSets,
  kPods,
  kClaims,
  kConfigMaps,
  kReleases,
  kMetadata,  // everything below the meta root, sessions too
  kSessions,
  kLog,   // of one pod
  kFile,  // in one pod
  kCount
};
inline constexpr std::size_t kSlotCount = static_cast<std::size_t>(Slot::kCount);

enum class StageKind {
  kPreflight,
  kStop,
  kSessions,
  kWorkspace,
  kBackup,
  kVerifyBackup,
  kMigrate,
  kVerifyMigration,
  kSetImage,
  kStart,
  kVerifyService,
  kRestore,        // beside the path: before a retry and on the way back
  kVerifyRestore,  // beside the path
  kWayBack,        // beside the path: the old image on its own metadata
  kHelmPreflight,
  kHelmUpgrade,
  kRollout,
  kAgreement,
  kRollingPreflight,
  kRolling,
  kRolled,
  kCleanup,
  kSettled,
};

// ---- verdicts ----------------------------------------------------------------------------------

struct Ask {  // look at this too, then judge again
  Slot slot = Slot::kMetadata;
  kube::Ref pod;     // of kLog, kFile
  std::string path;  // of kFile
};
struct Done {
  Updates set = {};
  std::optional<StageKind> next = std::nullopt;  // of the same hop; else the next on the path
  int confirm = 1;                               // equal verdicts in a row that are needed
};
struct Learn {  // journal this, then look again
  Updates set;
  int confirm = 1;
};
struct Act {
  cluster::Action action;
  Updates set = {};  // journaled before
  int confirm = 1;
};
struct Pause {
  std::string why;
  bool suspect = false;  // this does not look as if it would pass: patience runs
};
struct GiveUp {
  std::string why;
  int confirm = 1;
  std::optional<kube::Ref> log_of = std::nullopt;  // the account quotes its log
  std::optional<StageKind> next = std::nullopt;    // else the stage's own way out
};
using Verdict = std::variant<Ask, Done, Learn, Act, Pause, GiveUp>;

// ---- what a judge is given ---------------------------------------------------------------------

using ObservationPtr = std::shared_ptr<const cluster::Observation>;
using Seen = std::array<ObservationPtr, kSlotCount>;

struct Context {
  const result::Plan& plan;
  const result::Hop& hop;
  const Facts& facts;
  const ExecutorOptions& options;
  const Seen& seen;
  std::string root_path;   // of the metadata; "": not known
  bool overdue = false;    // the deadline of the stage has passed
  bool impatient = false;  // a suspicion lasts longer than the stage's patience

  [[nodiscard]] bool Has(Slot slot) const {
    return seen[static_cast<std::size_t>(slot)] != nullptr;
  }
  // REQUIRES: Has(slot).
  [[nodiscard]] const cluster::Observation& At(Slot slot) const {
    return *seen[static_cast<std::size_t>(slot)];
  }
  [[nodiscard]] bool Bug(SeededBug bug) const { return options.bug == bug; }
  // A fact of this hop.
  [[nodiscard]] std::string Key(std::string_view name) const;
  [[nodiscard]] const std::string& Get(std::string_view name) const { return facts.Get(Key(name)); }
  [[nodiscard]] std::int64_t Int(std::string_view name) const { return facts.Int(Key(name)); }
  [[nodiscard]] std::pair<std::string, std::string> Set(std::string_view name,
                                                        std::string value) const {
    return {Key(name), std::move(value)};
  }
};

using Judge = Verdict (*)(const Context&);

struct Stage {
  std::string id;  // "<hop>.<n>"
  std::string name;
  std::string title;
  StageKind kind = StageKind::kPreflight;
  std::size_t hop = 0;
  std::vector<Slot> reads;
  Judge judge = nullptr;
  Millis poll_ms = 0;
  Millis deadline_ms = 0;
  Millis patience_ms = 0;
  Millis per_key_ms = 0;             // more of both for each key of the metadata
  std::optional<StageKind> way_out;  // where giving up leads; none: the executor stops
  bool on_path = true;               // false: entered by name only
  bool optional = false;             // giving up is noted, not a failure
};

}  // namespace rehearse::upgrade::executor
