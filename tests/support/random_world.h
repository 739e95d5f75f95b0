// tests/support/random_world.h: a simulated cluster on which our executor, the official procedures,
// people and time act in any order, and what must be true after each of them.
//
// Shape:  an act is a step of a scenario, with its faults: what led to a failure is a scenario file
//         that `rehearse replay` takes. Our executor is held to all properties. After others have
//         had a hand in it, it is held to what it claims: against the last state that was good, or
//         against the one that it found. What others lose must have been reported by a checker.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/scenario/judge.h"
#include "model/milvus/view.h"
#include "simulator/checkers/metadata.h"
#include "tests/support/acts_of_others.h"
#include "tests/support/random_start.h"

namespace rehearse::tests {

class RandomWorld {
 public:
  explicit RandomWorld(const RandomStart& start)
      : course_(CourseOf(start)), stand_(app::Begin(course_)), bases_{stand_.wants} {
    story_.name = "random-sequence";
    story_.start = SpecOf(start);
    tags_.insert(std::string("start: ") + NameOf(start.kind));
  }

  [[nodiscard]] const app::Course& course() const { return course_; }
  [[nodiscard]] const std::string& release() const { return course_.situation.release; }
  [[nodiscard]] const std::string& ns() const { return course_.situation.ns; }
  [[nodiscard]] const sim::ClusterState& state() const { return stand_.cluster->state(); }
  [[nodiscard]] const app::Stand& stand() const { return stand_; }
  [[nodiscard]] const app::Scenario& story() const { return story_; }
  [[nodiscard]] const std::set<std::string>& tags() const { return tags_; }

  // A person's scale, a deletion of a pod and time leave metadata alone; the rest does not
  // (`foreign`).
  void Take(const app::StepSpec& step, const std::vector<sim::Fault>& faults, bool foreign) {
    const app::Stand before = stand_;
    const bool ours = step.kind == app::StepKind::kExecutor;
    if (step.kind == app::StepKind::kScale) {
      for (const std::string& object : step.objects) {  // "Deployment/name"
        const std::string name = object.substr(object.find('/') + 1);
        others_.PersonScales(state().now, kube::Ref{"Deployment", ns(), name}.Key(), step.number);
      }
    }
    auto after = app::TakeStep(course_, before, step, {ours ? &others_ : nullptr, nullptr, faults});
    if (!after) {
      tags_.insert("a step that cannot be taken");
      return;
    }
    for (const sim::Fault& fault : faults) {
      story_.faults.push_back({story_.steps.size(), fault});
    }
    story_.steps.push_back(step);
    stand_ = *std::move(after);
    if (ours) {
      JudgeOurs(before, step);
    } else if (app::IsProcedure(step.kind)) {
      JudgeOthers(before);
    }
    foreign_ = foreign_ || foreign;
    unknown_ = unknown_ || foreign;
    acted_ = acted_ || !ours;
  }

  // What is wrong now; each a sentence.
  [[nodiscard]] std::vector<std::string> Problems() const {
    std::vector<std::string> problems = problems_;
    CheckEtcd(problems);
    CheckHistory(problems);
    CheckLoss(problems);
    return problems;
  }

 private:
  using Violations = std::vector<sim::Violation>;

  void JudgeOurs(const app::Stand& before, const app::StepSpec& step) {
    const app::StepEnd& end = stand_.ends.back();
    tags_.insert("ours: " + std::string(app::NameOf(end.kind)));
    if (end.kind == app::EndKind::kRefused) {
      return;
    }
    if (end.kind == app::EndKind::kStopped && end.account.empty()) {
      problems_.emplace_back("our executor stops without an account");
    }
    if (end.kind == app::EndKind::kHung) {
      problems_.push_back("our executor does not end: " + end.account);
      return;
    }
    Violations found;
    if (!foreign_) {
      found = Judge(before, step);
    } else if (end.kind != app::EndKind::kKilled) {
      found = JudgeAmongOthers(before);
    }
    for (const sim::Violation& violation : found) {
      reported_ = true;
      problems_.push_back("our executor: " + violation.property + ": " + violation.evidence);
    }
    if (found.empty() && end.kind == app::EndKind::kReached) {
      Accept();
    }
  }

  // Whatever the simulator and the judge of scenarios hold it to.
  [[nodiscard]] Violations Judge(const app::Stand& before, const app::StepSpec& step) const {
    Violations found = app::JudgeStep(course_, before, stand_, step);
    std::erase_if(found, [&](const sim::Violation& violation) {
      const bool again = violation.property.find("works again") != std::string::npos;
      return (again && acted_) || Has(before.cluster->violations(), violation.property) ||
             others_.Excuse(violation);
    });
    return found;
  }

  // Against each state that may be the one to be kept; the least that is wrong.
  [[nodiscard]] Violations JudgeAmongOthers(const app::Stand& before) {
    if (unknown_) {
      AddBase(before);
      unknown_ = false;
    }
    std::optional<Violations> best;
    for (const app::Wants& wants : bases_) {
      app::Stand basis = before;
      basis.wants = wants;
      Violations found = app::JudgeClaim(course_, basis, stand_.ends.back(), state());
      if (!best || found.size() < best->size()) {
        best = std::move(found);
      }
    }
    if (stand_.ends.back().kind == app::EndKind::kReached) {
      sim::SimCluster settled = Settled();
      for (const std::string& line : sim::NotReady(settled.state(), ns())) {
        best->push_back({sim::kStaysReady, settled.Now(), line});
      }
    }
    return *best;
  }

  void AddBase(const app::Stand& before) {
    const result::Plan& plan = *stand_.ours->plan;
    const std::string from = plan.hops.empty() ? plan.to_app : plan.hops.front().from_app;
    for (const std::string& version : {from, plan.to_app}) {
      const auto server = ParseVersion(version);
      auto view = server ? milvus::ViewAs(before.cluster->state().etcd.keys,
                                          {course_.world->root_path, *server})
                         : Result<milvus::MetaView>(BadInput("no version"));
      if (view) {
        app::Wants wants = before.wants;
        wants.server = *server;
        wants.reference = std::make_shared<const sim::ClusterState>(before.cluster->state());
        wants.view = std::make_shared<const milvus::MetaView>(*std::move(view));
        bases_.push_back(std::move(wants));
      }
    }
  }

  void Accept() {
    app::Accept(course_, stand_);
    bases_ = {stand_.wants};
    unknown_ = false;
  }

  void JudgeOthers(const app::Stand& before) {
    const app::StepEnd& end = stand_.ends.back();
    tags_.insert("others: " + std::string(app::NameOf(end.kind)));
    const bool ended = end.kind == app::EndKind::kReached || end.kind == app::EndKind::kStopped;
    const Violations claimed =
        ended ? app::JudgeClaim(course_, before, stand_.ends.back(), state()) : Violations();
    reported_ = reported_ || !claimed.empty() || !stand_.cluster->violations().empty();
    if (end.kind == app::EndKind::kReached && !reported_) {
      Accept();
    }
  }

  static bool Has(const Violations& violations, const std::string& property) {
    return std::ranges::any_of(
        violations, [&](const sim::Violation& known) { return known.property == property; });
  }

  [[nodiscard]] sim::SimCluster Settled() const {
    sim::SimCluster settled = *stand_.cluster;
    settled.Tell(nullptr);
    settled.Pass(Seconds(600));
    return settled;
  }

  // Our executor loses nothing, whenever it is looked at; what others lose is reported.
  void CheckLoss(std::vector<std::string>& problems) const {
    const etcd::Keys& original = stand_.wants.reference->etcd.keys;
    const std::string& root = course_.world->root_path;
    if (sim::SameMetadata(state().etcd.keys, original, root)) {
      return;
    }
    const auto planned = stand_.ours ? ParseVersion(stand_.ours->plan->to_app) : BadInput("none");
    const bool is_safe = IsSeen(*stand_.cluster, stand_.wants.server) ||
                         (planned && IsSeen(*stand_.cluster, *planned)) ||
                         sim::FindValidBackup(state(), original, root) != nullptr;
    if (!foreign_ && !is_safe) {
      problems.emplace_back("metadata is lost without a backup that can be restored");
    }
    if (reported_) {
      return;
    }
    const sim::SimCluster settled = Settled();
    const std::optional<Version> running = RunningIn(settled);
    if (running && !IsSeen(settled, *running) && settled.violations().empty()) {
      problems.emplace_back("clients of " + running->ToString() +
                            " see a loss that no checker reports");
    }
  }

  static std::optional<Version> RunningIn(const sim::SimCluster& cluster) {
    std::optional<Version> running;
    cluster.state().processes.ForEach([&](const std::string&, const auto& process) {
      if (process->milvus && process->phase == sim::ProcessPhase::kServing) {
        running = process->milvus->version;
      }
    });
    return running;
  }

  // Whether a server of this version shows all that was there at the last good state.
  [[nodiscard]] bool IsSeen(const sim::SimCluster& cluster, const Version& server) const {
    const auto after =
        milvus::ViewAs(cluster.state().etcd.keys, {course_.world->root_path, server});
    return after && milvus::ClassifyDifferences(*stand_.wants.view, *after).unlawful.empty();
  }

  // Leases and revisions of etcd.
  void CheckEtcd(std::vector<std::string>& problems) const {
    const etcd::State& etcd = state().etcd;
    if (etcd.revision < last_revision_) {
      problems.emplace_back("etcd: the revision goes back");
    }
    last_revision_ = etcd.revision;
    etcd.keys.ForEach([&](const std::string& key, const auto& entry) {
      if (entry->lease != 0 && etcd::FindLease(etcd, entry->lease) == nullptr) {
        problems.push_back("etcd: " + key + " is held by a lease that is not there");
      }
      if (entry->mod_revision > etcd.revision || entry->create_revision > entry->mod_revision) {
        problems.push_back("etcd: revisions of " + key + " are out of order");
      }
    });
  }

  // Revisions of the release: one after the other, one deployed at most, only the last one pending.
  void CheckHistory(std::vector<std::string>& problems) const {
    const std::vector<helm::ReleaseRecord> records = app::SituationOf(course_, state()).releases;
    std::int64_t deployed = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (i > 0 && records[i].revision <= records[i - 1].revision) {
        problems.emplace_back("helm: revisions are not in order");
      }
      deployed += records[i].status == helm::ReleaseStatus::kDeployed ? 1 : 0;
      if (helm::IsPending(records[i].status) && i + 1 != records.size()) {
        problems.emplace_back("helm: a revision before the last one is pending");
      }
    }
    if (deployed > 1) {
      problems.emplace_back("helm: " + std::to_string(deployed) + " revisions are deployed");
    }
  }

  app::Course course_;
  app::Stand stand_;
  std::vector<app::Wants> bases_;  // states that may be the one to be kept
  ActsOfOthers others_;
  bool foreign_ = false;   // somebody else has touched metadata or release
  bool unknown_ = false;   // and since then no state is known to be good
  bool acted_ = false;     // somebody but our executor did anything
  bool reported_ = false;  // a judge has reported a loss
  std::vector<std::string> problems_;
  app::Scenario story_;
  std::set<std::string> tags_;
  mutable etcd::Revision last_revision_ = 0;
};

}  // namespace rehearse::tests
