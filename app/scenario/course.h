// app/scenario/course.h: a scenario made ready, and where it stands between two of its steps.
//
// Units:  milliseconds of the run.
// Shape:  a Stand is a value: taking a step gives another one, so that a search can go on from any
//         of them in several ways. Each step has a session of its own on the same cluster; sites of
//         faults are counted anew in each.
// Ends:   a script that is killed is not started again (that is a step of its own); our executor
//         is, and goes on from its journal. A state that comes back within a step is an endless
//         loop: the step is hung.
// Errors: kInvalidArgument from the start, or a step that makes no sense on the command line.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/scenario/scenario.h"
#include "model/charts/catalog.h"
#include "model/cluster/situation.h"
#include "model/core/remembered.h"
#include "model/result/plan.h"
#include "simulator/checkers/outcome.h"
#include "simulator/session.h"
#include "upgrade/executor.h"

namespace rehearse::app {

// What a simulated world takes as it is, and a real one shorter.
struct Pace {
  upgrade::ExecutorOptions executor = {};
  Millis settle_ms_max = kNever.ms;  // after a command by hand
};

// What a harmless helm upgrade does to a cluster.
struct HarmlessEnd {
  Millis after_ms = 0;
  std::vector<std::string> changes;  // of images
};

struct Course {
  std::shared_ptr<const sim::World> world;
  sim::ClusterState start;
  cluster::Situation situation;
  std::shared_ptr<const charts::Catalog> catalog;
  std::string folder;  // of the scenario; paths in its steps are relative to it
  Version server;      // that runs at the start
  Pace pace = {};
  // By what helm sees of the cluster: stands of a search are often equal in that.
  std::shared_ptr<Remembered<std::shared_ptr<const HarmlessEnd>>> harmless =
      std::make_shared<Remembered<std::shared_ptr<const HarmlessEnd>>>(4096);
  // By the form of a step: whether it reaches its target on the untouched cluster.
  std::shared_ptr<Remembered<bool>> untouched = std::make_shared<Remembered<bool>>(256);
};

// What people want of the cluster at some moment: that is what a procedure must not change.
struct Wants {
  Version server;                                      // the metadata is its
  std::shared_ptr<const sim::ClusterState> reference;  // its metadata is what counts
  std::shared_ptr<const milvus::MetaView> view;        // of the reference
  std::map<std::string, std::int64_t> replicas;        // Deployment/name of Milvus
};

enum class EndKind { kReached, kStopped, kHung, kRefused, kKilled };
std::string_view NameOf(EndKind kind);

struct StepEnd {
  EndKind kind = EndKind::kStopped;
  int exit_code = 0;
  std::string account;            // last words
  std::vector<std::string> said;  // what it printed
  std::string target;             // the Milvus version that it was to reach; "" none
  std::string target_chart;
  std::vector<std::string> asked;  // each K=V that it was to set
  int faults = 0;                  // that were placed in it
  bool struck = false;             // all of them fell
  bool restores = false;           // it was to go back to what was there before
};

// The last run of our executor: its journal outlives it.
struct OurRun {
  std::shared_ptr<const result::Plan> plan;
  std::vector<std::string> journal;
};

struct Stand {
  std::shared_ptr<const sim::SimCluster> cluster;
  Wants wants;
  std::vector<StepEnd> ends;
  std::shared_ptr<const OurRun> ours = nullptr;  // null: it never ran
};

Result<Course> MakeCourse(const StartSpec& start,
                          const std::string& folder,
                          std::shared_ptr<const charts::Catalog> catalog);
Stand Begin(const Course& course);

// Whether any pod of Milvus is ready.
bool MilvusServes(const sim::ClusterState& state);

// One step made ready on a stand. Acts that no driver carries out (use, wait) have no session.
struct Ready {
  std::optional<sim::Session> session;
  StepEnd end;  // target and chart are known before it runs; all of it where it is refused
  bool refused = false;
  bool resumes = false;                                // killed, it is started again and goes on
  std::shared_ptr<const result::Plan> plan = nullptr;  // our executor's
  // Driver step before which (after: after which) the driver is killed for good; 0: none.
  std::int64_t killed_at = 0;
  bool killed_after = false;
};
Result<Ready> Prepare(const Course& course, const Stand& stand, const StepSpec& step);

// Places one fault of the step that is to come.
void Disturb(Ready& ready, const sim::Fault& fault);

// Runs a prepared session to the end of its step; both may be null. False: it came to a state of
// `known`, whose future is known as well, and was left there.
struct Company {
  sim::StepSink* sink = nullptr;
  const std::set<Fingerprint>* known = nullptr;
  std::vector<sim::Fault> faults = {};  // only TakeStep places them
};
bool RunToEnd(Ready& ready, const Company& company);
// How the step has ended, from its session: reached, stopped, or else hung.
void NoteEnd(Ready& ready);

// What is wanted once the step has ended; `use` and `scale` change it, success makes it new.
Stand Settle(const Course& course, const Stand& before, const StepSpec& step, Ready ready);

// Success that is good: what is there now is what people want from now on.
void Accept(const Course& course, Stand& stand);

// The whole step, with the faults of `company`.
Result<Stand> TakeStep(const Course& course,
                       const Stand& stand,
                       const StepSpec& step,
                       const Company& company);

// What could be captured of this cluster now.
cluster::Situation SituationOf(const Course& course, const sim::ClusterState& state);

}  // namespace rehearse::app
