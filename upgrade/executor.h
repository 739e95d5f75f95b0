// upgrade/executor.h: carries out a plan: a Driver that reads, judges, acts and reads again.
//
// Units:   milliseconds; deadlines count from the moment a stage is entered (or resumed).
// Shape:   the plan is compiled to stages (executor/program.h). In each stage every query is read,
//          the stage's judge looks at what was seen and says: done, act, wait, or give up. Whatever
//          becomes of an action (done, refused, outcome unknown): read and judge again. An action
//          is repeated only when an observation shows that its effect is missing.
//          Facts that later stages need are journaled before the action that depends on them; a
//          resumed executor knows its journal and what it sees, nothing else.
// Errors:  Resume: kInvalidArgument for a journal of another plan or a broken line that is not the
//          last (a torn last line was never acted on and is left out).
// Invariants: metadata is written only while no Milvus runs, no session is alive and a verified
//          backup of this attempt equals what is in etcd; a migration is tried again only on
//          metadata that equals the backup; a new image starts only on verified metadata.
// Stops:   permanent faults only, always with an account: the cluster is not as planned; an action
//          is refused attempts_max times in a row; a deadline passes; the tool fails twice in
//          the same way; pods crash or wait for longer than patience_ms; somebody else acts on the
//          release. Before the new image has started, stopping means the way back: metadata as
//          in the backup, old image, old replicas.
// Not modelled: two executors on one release at once; their attempts differ and the tool's own
//          session key keeps them apart, but both may stop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster/port.h"
#include "model/result/plan.h"

namespace rehearse::upgrade {

// Annotation of the configuration of an attempt, from right before its migration: names the
// metadata as it then was, so that a run without the journal knows whether it still is.
inline constexpr std::string_view kBaselineMark = "rehearse.io/baseline";

// Deliberate mistakes, selectable by tests alone, to show that the search finds them.
enum class SeededBug {
  kNone,
  kTrustStaleBackup,        // a backup that is there is a good one: not verified
  kSkipSessionWait,         // pods gone means sessions gone
  kAssumeAppliedOnUnknown,  // an unknown outcome is a success
  kSkipRestoreBeforeRetry,  // the tool is run again on what it left
  kFirstDeploymentOnly,     // stops all, waits for the first
  kReuseToolPod,            // a failed pod's name is used again
  kScaleBeforePatch,        // starts the pods, sets the image when they are ready
  kSkipMigrationCheck,      // a tool that exits 0 has migrated
  kNoRolloutWait,           // applied means rolled out
  kHelmRollbackOnPending,   // cures a lock as helm's documentation says
};

struct ExecutorOptions {
  Millis poll_ms = Seconds(5);
  Millis rollout_poll_ms = Seconds(10);
  Millis action_deadline_ms = Seconds(60);  // kubectl; then the outcome is unknown
  Millis helm_deadline_ms = Seconds(600);
  Millis stage_deadline_ms = Seconds(900);
  Millis session_deadline_ms = Seconds(900);  // grace 30 s, lease 60 s, and leases that expire late
  Millis tool_deadline_ms = Seconds(1800);
  Millis tool_patience_ms = Seconds(420);  // with a tool pod that does not end
  Millis tool_per_key_ms = 5;              // more of both for each key: it reads and writes singly
  Millis rollout_deadline_ms = Seconds(1800);
  Millis patience_ms = Seconds(600);       // with pods that crash or cannot start
  Millis lock_patience_ms = Seconds(120);  // with our own pending revision that nobody works on
  int attempts_max = 3;                    // refused actions in a row, tool pods, backups
  int confirmations = 3;                   // equal judgements in a row before what cannot be undone
  SeededBug bug = SeededBug::kNone;
};

namespace executor {
class Program;
}

class Executor final : public cluster::Driver {
 public:
  explicit Executor(std::shared_ptr<const result::Plan> plan, ExecutorOptions options = {});

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const override;
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override;

 private:
  std::shared_ptr<const executor::Program> program_;
};

}  // namespace rehearse::upgrade
