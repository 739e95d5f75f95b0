// upgrade/executor/judges.h: the judges of all stages; one file each for the parts of a hop.
//
// Shape:  pure functions, see stage.h. What each looks at is in program.cc beside its name.
#pragma once

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// prepare_stages.cc: until Milvus is down.
Verdict JudgePreflight(const Context& context);
Verdict JudgeStop(const Context& context);
Verdict JudgeSessions(const Context& context);

// backup_stages.cc
Verdict JudgeWorkspace(const Context& context);
Verdict JudgeBackup(const Context& context);
Verdict JudgeVerifyBackup(const Context& context);

// migrate_stages.cc
Verdict JudgeMigrate(const Context& context);
Verdict JudgeVerifyMigration(const Context& context);

// restore_stages.cc: before a retry, and the way back.
Verdict JudgeRestore(const Context& context);
Verdict JudgeVerifyRestore(const Context& context);
Verdict JudgeWayBack(const Context& context);

// start_stages.cc
Verdict JudgeSetImage(const Context& context);
Verdict JudgeStart(const Context& context);
Verdict JudgeVerifyService(const Context& context);

// helm_stages.cc
Verdict JudgeHelmPreflight(const Context& context);
Verdict JudgeHelmUpgrade(const Context& context);
Verdict JudgeRollout(const Context& context);
Verdict JudgeAgreement(const Context& context);

// rolling_stages.cc
Verdict JudgeRollingPreflight(const Context& context);
Verdict JudgeRolling(const Context& context);
Verdict JudgeRolled(const Context& context);

// cleanup_stage.cc
Verdict JudgeCleanup(const Context& context);
Verdict JudgeSettled(const Context& context);

// Shared: an unfinished pod of the tool. Normal for a while; one that hangs is deleted, and whoever
// made it looks at what it left.
Verdict WatchTool(const Context& context, const kube::Ref& pod, const std::string& what);

// Shared: a pod of the tool that failed without a word crashed at its start: not what the metadata
// does to the tool. The next one has to wait, or all tries are spent within seconds.
Verdict AfterSilence(const kube::Ref& pod);

// Shared: brings the planned deployments to an image and their replicas, and watches until they are
// rolled out. nullopt: they are.
std::optional<Verdict> BringUp(const Context& context, bool new_image);

}  // namespace rehearse::upgrade::executor
