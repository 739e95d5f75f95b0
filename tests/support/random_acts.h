// tests/support/random_acts.h: random acts on a RandomWorld as commands of RapidCheck, and the
// property that holds after each.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <rapidcheck/state.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "app/files.h"
#include "app/scenario/files.h"
#include "model/kube/machine.h"
#include "tests/support/random_ledger.h"
#include "tests/support/random_world.h"
#include "upgrade/procedures/script.h"

namespace rehearse::tests {

class Act final : public rc::state::Command<Ledger, RandomWorld> {
 public:
  explicit Act(const Ledger& ledger) {
    using K = ActKind;
    kind_ = ledger.alone ? *rc::gen::weightedElement<K>({{6, K::kOurs},
                                                         {3, K::kOursAgain},
                                                         {3, K::kPass},
                                                         {2, K::kScale},
                                                         {2, K::kDeletePod}})
                         : *rc::gen::weightedElement<K>({{5, K::kOurs},
                                                         {2, K::kOursAgain},
                                                         {4, K::kMigrateSh},
                                                         {2, K::kMigrateShRollback},
                                                         {1, K::kRollingUpdateSh},
                                                         {3, K::kHelm},
                                                         {1, K::kHelmRollback},
                                                         {3, K::kMilvusUpgrade},
                                                         {2, K::kPass},
                                                         {2, K::kScale},
                                                         {2, K::kDeletePod},
                                                         {1, K::kDeleteBackup}});
    choice_ = *rc::gen::resize(1000, rc::gen::inRange<std::size_t>(0, 60));
    crash_ = AnyCrash();
  }

  void checkPreconditions(const Ledger& ledger) const override {
    RC_PRE(kind_ != ActKind::kOursAgain || ledger.has_plan);
  }
  void apply(Ledger& ledger) const override {
    ledger.has_plan = ledger.has_plan || kind_ == ActKind::kOurs;
  }
  void run(const Ledger& ledger, RandomWorld& world) const override {
    ++Tally()[std::string("act: ") + Name()];
    Do(ledger, world);
    const std::vector<std::string> problems = world.Problems();
    if (!problems.empty()) {
      Keep(world, problems);
    }
    RC_ASSERT(problems == std::vector<std::string>());
  }
  void show(std::ostream& os) const override { os << Name() << " #" << choice_ << crash_; }

 private:
  [[nodiscard]] const char* Name() const {
    constexpr std::array<const char*, 12> kNames = {"executor",
                                                    "executor called again",
                                                    "migrate.sh",
                                                    "migrate.sh -o rollback",
                                                    "rollingUpdate.sh",
                                                    "helm upgrade",
                                                    "helm rollback",
                                                    "MilvusUpgrade",
                                                    "time passes",
                                                    "kubectl scale",
                                                    "kubectl delete pod",
                                                    "kubectl delete pvc (backup)"};
    return kNames.at(static_cast<std::size_t>(kind_));
  }

  template <std::size_t N>
  [[nodiscard]] std::string Choose(const std::array<const char*, N>& texts) const {
    return texts.at(choice_ % N);
  }

  void Do(const Ledger& ledger, RandomWorld& world) const {
    app::StepSpec step;
    switch (kind_) {
      case ActKind::kOurs:
        step.kind = app::StepKind::kExecutor;
        step.to = ledger.start == StartKind::kStandalone21
                      ? Choose<6>({"2.2.16", "2.2.3", "2.3.11", "2.4.17", "2.5.12", "latest"})
                      : Choose<5>({"2.3.13", "2.4.17", "2.5.12", "2.5.16", "latest"});
        return Procedure(world, std::move(step), false);
      case ActKind::kOursAgain:
        step.kind = app::StepKind::kExecutor;
        step.resumes = true;
        return world.stand().ours ? Procedure(world, std::move(step), false) : void();
      case ActKind::kMigrateSh:
      case ActKind::kMigrateShRollback:
        return MigrateSh(world);
      case ActKind::kRollingUpdateSh:
        return RollingUpdateSh(world);
      case ActKind::kHelm:
      case ActKind::kHelmRollback:
        return Helm(world);
      case ActKind::kMilvusUpgrade:
        step.kind = app::StepKind::kMilvusUpgrade;
        step.version = ledger.start == StartKind::kStandalone21 ? "2.1.4" : "";
        step.to = Choose<2>({"2.2.16", "2.5.12"});
        step.text = choice_ % 5 == 0 ? "rollback" : "";
        return Procedure(world, std::move(step), true);
      case ActKind::kPass:
        step.kind = app::StepKind::kWait;
        step.duration_ms = Seconds(static_cast<std::int64_t>(1 + choice_ * choice_));
        return world.Take(step, {}, false);
      case ActKind::kScale:
      case ActKind::kDeletePod:
      case ActKind::kDeleteBackup:
        return Person(world);
    }
  }

  // A procedure with its crash.
  void Procedure(RandomWorld& world, app::StepSpec step, bool foreign) const {
    std::vector<sim::Fault> faults;
    if (crash_.kind == Crash::Kind::kForGood) {
      step.killed_after = crash_.step;
    } else if (crash_.kind == Crash::Kind::kRestarted) {
      faults.push_back(
          {sim::SiteKind::kDriverStep, crash_.step, sim::Fate::kDriverKilledAfter, ""});
    }
    world.Take(step, faults, foreign);
  }

  void MigrateSh(RandomWorld& world) const {
    const bool rolls_back = kind_ == ActKind::kMigrateShRollback;
    const std::string target = Choose<3>({"2.2.0", "2.2.16", "2.5.12"});
    app::StepSpec step;
    step.kind = app::StepKind::kMigrateSh;
    step.version = std::string(1, static_cast<char>('A' + choice_ / 3 % 3));
    step.arguments = {"-i",
                      world.release(),
                      "-n",
                      world.ns(),
                      "-s",
                      "2.1.4",
                      "-t",
                      target,
                      "-w",
                      rolls_back ? "milvusdb/milvus:v2.1.4" : "milvusdb/milvus:v" + target};
    if (rolls_back) {
      step.arguments.insert(step.arguments.end(), {"-o", "rollback"});
    }
    Procedure(world, std::move(step), true);
  }

  void RollingUpdateSh(RandomWorld& world) const {
    const std::string target = Choose<3>({"2.2.16", "2.3.11", "2.4.16"});
    app::StepSpec step;
    step.kind = app::StepKind::kRollingUpdateSh;
    step.arguments = {
        "-i", world.release(), "-n", world.ns(), "-t", target, "-w", "milvusdb/milvus:v" + target};
    Procedure(world, std::move(step), true);
  }

  void Helm(RandomWorld& world) const {
    app::StepSpec step;
    if (kind_ == ActKind::kHelmRollback) {
      step.kind = app::StepKind::kHelmRollback;
      step.number = static_cast<std::int64_t>(1 + choice_ % 3);
      return Procedure(world, std::move(step), true);
    }
    step.kind = app::StepKind::kHelmUpgrade;
    step.version = Choose<5>({"3.2.18", "4.0.34", "4.1.28", "4.2.25", "4.2.49"});
    step.values =
        choice_ / 5 % 2 == 0 ? helm::ValuesMode::kReuse : helm::ValuesMode::kResetThenReuse;
    step.duration_ms = Seconds(300);
    Procedure(world, std::move(step), true);
  }

  [[nodiscard]] std::optional<kube::Ref> PickOf(const RandomWorld& world,
                                                std::string_view kind) const {
    std::vector<kube::Ref> refs;
    for (const kube::ObjectPtr& object : kube::List(world.state().objects, kind, world.ns())) {
      const bool is_backup = object->ref.name.find("backup") != std::string::npos ||
                             object->ref.name.find("meta-migration") != std::string::npos ||
                             object->ref.name == "upgrade";
      const bool is_milvus = object->ref.name.find("-milvus") != std::string::npos;
      if (kind == "Pod" || (kind == "Deployment" ? is_milvus : is_backup)) {
        refs.push_back(object->ref);
      }
    }
    return refs.empty() ? std::nullopt : std::optional(refs[choice_ % refs.size()]);
  }

  void Person(RandomWorld& world) const {
    const char* kind = kind_ == ActKind::kScale       ? "Deployment"
                       : kind_ == ActKind::kDeletePod ? "Pod"
                                                      : "PersistentVolumeClaim";
    const auto ref = PickOf(world, kind);
    if (!ref) {
      return;
    }
    app::StepSpec step;
    step.kind = kind_ == ActKind::kScale ? app::StepKind::kScale : app::StepKind::kDelete;
    step.objects = {ref->kind + "/" + ref->name};
    step.number = kind_ == ActKind::kScale ? static_cast<std::int64_t>(choice_ / 10 % 3) : 0;
    step.duration_ms = Seconds(5);
    world.Take(step, {}, kind_ == ActKind::kDeleteBackup);
  }

  // The story so far as a scenario file; each failing try overwrites the one before, so that the
  // shrunk one is left.
  static void Keep(const RandomWorld& world, const std::vector<std::string>& problems) {
    const std::string folder = std::string(REHEARSE_ROOT) + "/build";
    app::Scenario story = app::MovedFrom(".", folder, world.story());
    story.about = problems.front();
    const std::string text = app::ScenarioText(story);
    const std::string path = folder + "/random-sequence.yaml";
    const bool saved = app::WriteFileAtomically(path, text).has_value();
    RC_LOG() << (saved ? "saved as " + path + "; " : "") << "as a scenario:\n" << text << "\n";
  }

  ActKind kind_ = ActKind::kPass;
  std::size_t choice_ = 0;  // which target, chart, object, ...
  Crash crash_;
};

// One random start and one random sequence of acts; the property that all these tests run.
inline void CheckRandomSequence(bool alone) {
  RandomStart start;
  start.kind = *rc::gen::weightedElement<StartKind>({{5, StartKind::kStandalone21},
                                                     {2, StartKind::kStandalone22},
                                                     {1, StartKind::kStandalone23},
                                                     {1, StartKind::kCluster23},
                                                     {1, StartKind::kCluster24}});
  start.seed = *rc::gen::resize(1000, rc::gen::inRange<std::uint64_t>(0, 1000));
  start.collections = *rc::gen::resize(1000, rc::gen::inRange<std::int64_t>(1, 5));
  RandomWorld world(start);
  const Ledger ledger{start.kind, alone, false};
  const auto acts = *rc::gen::resize(
      6, rc::state::gen::commands(ledger, rc::state::gen::execOneOfWithArgs<Act>()));
  rc::state::runAll(acts, ledger, world);
  ++Tally()["sequences"];
  for (const std::string& tag : world.tags()) {
    ++Tally()[tag];
    RC_CLASSIFY(true, tag);
  }
}

}  // namespace rehearse::tests
