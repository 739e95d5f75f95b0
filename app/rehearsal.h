// app/rehearsal.h: the composition: a situation and a plan become a simulated cluster with our
// executor in it, a run, and a result.
//
// Units:  milliseconds of the run.
// Errors: kInvalidArgument from the situation; a run itself never fails, it has a verdict.
#pragma once

#include <memory>
#include <string>

#include "model/charts/catalog.h"
#include "model/cluster/situation.h"
#include "model/result/run.h"
#include "simulator/checkers/outcome.h"
#include "simulator/explorer.h"
#include "simulator/session.h"
#include "upgrade/executor.h"

namespace rehearse::app {

struct Rehearsal {
  std::shared_ptr<const result::Plan> plan;
  std::shared_ptr<sim::World> world;
  sim::ClusterState start;
  sim::Claim claim;
  upgrade::ExecutorOptions executor;
};

Result<Rehearsal> MakeRehearsal(const cluster::Situation& situation,
                                const charts::Catalog& catalog,
                                result::Plan plan);

// A session at its very beginning; copies of it are runs of their own.
sim::Session StartSession(const Rehearsal& rehearsal);

struct RunOutput {
  result::RunResult result;
  std::string trace;  // JSON lines
};
struct RunOptions {
  std::vector<sim::Fault> faults;
  bool harmless_upgrade = true;  // a helm upgrade that changes one value nobody reads, at the end
  bool strict = false;           // unknown where a deciding law is assumed
};
Result<RunOutput> RunRehearsal(const Rehearsal& rehearsal, const RunOptions& options);

// What is wrong with an ended session of this rehearsal.
std::vector<sim::Violation> JudgeSession(const Rehearsal& rehearsal, const sim::Session& session);

// Every placement of up to options.faults_max faults; judged by JudgeSession where options.judge is
// empty. In `parts` where that many faults would need too much memory at once (ExploreInParts).
sim::ExploreReport ExploreRehearsal(const Rehearsal& rehearsal,
                                    sim::ExploreOptions options,
                                    int parts = 1);

// Counts the placements of one fault from the lines of a fault-free trace alone; written apart from
// the search, whose number it must equal.
Result<std::int64_t> EnumerateFaults(const std::string& trace);

}  // namespace rehearse::app
