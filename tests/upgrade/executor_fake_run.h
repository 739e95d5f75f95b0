// tests/upgrade/executor_fake_run.h: runs an executor in the scripted world, with deaths of the
// executor, and says what each end is meant to look like.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/upgrade/executor_fake_world.h"
#include "upgrade/executor.h"
#include "upgrade/metadata_check.h"

namespace rehearse::upgrade {

struct RunResult {
  cluster::Outcome outcome;
  bool ended = false;
  std::vector<std::string> journal;
  std::vector<std::string> said;
  int steps = 0;
};

enum class Death { kBefore, kAfter, kWhileJournaling };

struct RunOptions {
  int kill_at_step = -1;  // the driver dies at this step and is resumed
  Death death = Death::kBefore;
  int steps_max = 20'000;
  std::vector<std::string> journal = {};  // of an earlier run
  std::function<bool(const FakeWorld&)> stop_when = [](const FakeWorld&) { return false; };
};

class Runner {
 public:
  Runner(const Executor& executor, FakeWorld& world, RunOptions options)
      : executor_(executor), world_(world), options_(options) {}

  RunResult Run() {
    result_.journal = options_.journal;
    Resume();
    while (result_.steps < options_.steps_max && !result_.ended && !options_.stop_when(world_)) {
      const int step = result_.steps++;
      const cluster::Turn turn = executor_.Next(state_, input_, world_.Now());
      state_ = turn.state;
      if (step == options_.kill_at_step && Die(turn.step)) {
        continue;
      }
      std::visit([this](const auto& each) { Carry(each); }, turn.step);
      if (step == options_.kill_at_step) {
        Resume();
      }
    }
    return result_;
  }

 private:
  // False: the step is carried out first. A death that this step cannot have ends the run.
  bool Die(const cluster::Step& step) {
    const auto* journal = std::get_if<cluster::JournalStep>(&step);
    switch (options_.death) {
      case Death::kBefore:
        break;
      case Death::kAfter:
        if (journal != nullptr || std::holds_alternative<cluster::StartStep>(step)) {
          return false;
        }
        result_.steps = options_.steps_max;
        return true;
      case Death::kWhileJournaling:
        if (journal == nullptr) {
          result_.steps = options_.steps_max;
          return true;
        }
        result_.journal.push_back(journal->line.substr(0, journal->line.size() / 2));
        Resume();
        result_.journal.pop_back();  // whoever keeps the journal drops the torn line
        return true;
    }
    Resume();
    return true;
  }
  void Resume() {
    auto resumed = executor_.Resume(result_.journal);
    CHECK(resumed.has_value());
    state_ = *resumed;
    input_ = cluster::Begin{};
  }
  void Carry(const cluster::ReadStep& step) { input_ = world_.Read(step.query); }
  void Carry(const cluster::StartStep& step) { input_ = world_.Start(step.action); }
  void Carry(const cluster::WaitStep& step) { input_ = world_.Wait(step.deadline); }
  void Carry(const cluster::JournalStep& step) {
    result_.journal.push_back(step.line);
    input_ = cluster::Begin{};
  }
  void Carry(const cluster::SayStep& step) {
    result_.said.push_back(step.text);
    input_ = cluster::Begin{};
  }
  void Carry(const cluster::FinishStep& step) {
    result_.outcome = step.outcome;
    result_.ended = true;
  }

  const Executor& executor_;
  FakeWorld& world_;
  RunOptions options_;
  RunResult result_;
  cluster::DriverStatePtr state_;
  cluster::Input input_;
};

inline RunResult CarryOut(FakeWorld& world,
                          RunOptions options = {},
                          ExecutorOptions executor_options = {}) {
  const Executor executor(std::make_shared<const result::Plan>(MakePlan()), executor_options);
  return Runner(executor, world, options).Run();
}

inline std::vector<std::string> MigrationFindings(const etcd::Keys& keys) {
  return CheckMigration(ExpectationOf(LoadKeys("milvus-2.1.0-running"), "by-dev"),
                        keys,
                        "by-dev",
                        CheckMoment::kInService);
}

inline void ExpectReached(const FakeWorld& world, const RunResult& run) {
  ASSERT_TRUE(run.ended);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kReached) << run.outcome.account;
  EXPECT_EQ(world.Image(), kNewImage);
  EXPECT_EQ(world.Replicas(), 1);
  EXPECT_EQ(MigrationFindings(world.keys), std::vector<std::string>());
  EXPECT_EQ(helm::ChartVersion(world.releases.back()), "4.0.34");
  EXPECT_EQ(world.releases.back().status, helm::ReleaseStatus::kDeployed);
  EXPECT_FALSE(world.tool_met_session);
  EXPECT_EQ(world.Names("PersistentVolumeClaim").size(), 1U);  // the backup stays
  EXPECT_TRUE(world.Names("ConfigMap").empty());
  EXPECT_EQ(world.Names("Pod").size(), 1U);
}

inline etcd::Keys WithoutSessions(etcd::Keys keys) {
  keys.ForPrefix(kSessions,
                 [&keys](const std::string& key, const auto&) { keys = keys.Erase(key); });
  return keys;
}

// Old image, old replicas, metadata as it was.
inline void ExpectWayBack(const FakeWorld& world, const RunResult& run) {
  ASSERT_TRUE(run.ended);
  EXPECT_EQ(run.outcome.kind, cluster::OutcomeKind::kStopped);
  EXPECT_EQ(world.Image(), kOldImage) << run.outcome.account;
  EXPECT_EQ(world.Replicas(), 1);
  EXPECT_EQ(WithoutSessions(world.keys), WithoutSessions(LoadKeys("milvus-2.1.0-running")))
      << run.outcome.account;
}

inline bool IsScale(const Action& action) { return std::holds_alternative<cluster::Scale>(action); }

}  // namespace rehearse::upgrade
