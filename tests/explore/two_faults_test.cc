// Goal: the explorer places every pair of faults, once each, and merging changes no count. Method:
// a small driver (look, scale, wait, look), for which all runs with up to two faults are also made
// one by one, each from the start and to its end, without any merging.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "simulator/explorer.h"
#include "tests/support/rehearsals.h"

namespace rehearse::tests {
namespace {

enum class At { kLook, kNote, kScale, kWait, kPause, kEnd };

struct ScalerState final : cluster::DriverState {
  explicit ScalerState(At where) : at(where) {}
  At at;
  [[nodiscard]] Fingerprint Digest(Instant /*now*/) const override {
    return Hasher().Add(at).Get();
  }
};

// Scales MinIO to nothing; tries again whatever fails. Its journal says that it has looked.
class Scaler final : public cluster::Driver {
 public:
  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const override {
    return cluster::DriverStatePtr(
        std::make_shared<ScalerState>(journal.empty() ? At::kLook : At::kScale));
  }

  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override {
    const At at = After(static_cast<const ScalerState&>(*state).at, input);
    return {std::make_shared<ScalerState>(at), StepAt(at, now)};
  }

 private:
  static At After(At at, const cluster::Input& input) {
    if (std::holds_alternative<cluster::Begin>(input)) {
      return at == At::kNote ? At::kScale : at;
    }
    if (const auto* read = std::get_if<Result<cluster::Observation>>(&input)) {
      return read->has_value() ? At::kNote : At::kLook;
    }
    if (std::holds_alternative<Result<cluster::OperationId>>(input)) {
      return At::kWait;
    }
    if (at == At::kPause) {
      return At::kEnd;
    }
    const auto& event = std::get<Result<cluster::Event>>(input);
    const auto* done = event ? std::get_if<cluster::OperationDone>(&*event) : nullptr;
    return done != nullptr && done->result ? At::kPause : At::kScale;
  }

  static cluster::Step StepAt(At at, Instant now) {
    const kube::Ref minio{"Deployment", "default", "my-release-minio"};
    switch (at) {
      case At::kLook:
        return cluster::ReadStep{cluster::GetObject{minio}};
      case At::kNote:
        return cluster::JournalStep{"looked"};
      case At::kScale:
        return cluster::StartStep{cluster::Scale{{minio}, 0}};
      case At::kWait:
      case At::kPause:
        return cluster::WaitStep{now + Seconds(5)};
      case At::kEnd:
        break;
    }
    return cluster::FinishStep{{cluster::OutcomeKind::kReached, 0, "scaled"}};
  }
};

sim::Session StartOf(const app::Rehearsal& hop) {
  sim::SimCluster cluster(hop.start, hop.world);
  return sim::Session(std::move(cluster), std::make_shared<Scaler>());
}

// A place within a run: the driver's step and the fault's rank among those of that step.
using Place = std::tuple<std::int64_t, int, std::int64_t>;

Place PlaceOf(std::int64_t step, const sim::Fault& fault) {
  const bool inside = fault.site == sim::SiteKind::kProcessStep;
  const int rank = fault.fate == sim::Fate::kDriverKilledBefore  ? 0
                   : inside                                      ? 2
                   : fault.fate == sim::Fate::kDriverKilledAfter ? 3
                                                                 : 1;
  return {step, rank, inside ? fault.number : 0};
}

// The faults that can fall behind `after` in the run that has `faults`.
std::vector<std::pair<Place, sim::Fault>> FurtherFaults(sim::Session session,
                                                        const std::vector<sim::Fault>& faults,
                                                        const Place& after) {
  for (const sim::Fault& fault : faults) {
    session.Inject(fault);
  }
  std::vector<std::pair<Place, sim::Fault>> further;
  while (!session.ended()) {
    const cluster::Step step = session.Peek();
    auto found = sim::FaultsAt(session, step, {});
    const sim::Counters before = session.cluster().state().counters;
    const std::int64_t number = session.driver_steps() + 1;
    session.Step();
    for (sim::Fault& fault : sim::FaultsInside(before, session.cluster().state().counters, {})) {
      found.push_back(std::move(fault));
    }
    const bool dies_first = std::get<0>(after) == number && std::get<1>(after) == 0;
    for (sim::Fault& fault : found) {
      const Place place = PlaceOf(number, fault);
      if (place > after && !dies_first) {
        further.emplace_back(place, std::move(fault));
      }
    }
  }
  return further;
}

TEST(TwoFaultsTest, EveryPairIsPlacedOnce) {
  const app::Rehearsal hop = Hop();
  const sim::Session start = StartOf(hop);
  const Place nowhere{0, 0, 0};
  const auto single = FurtherFaults(start, {}, nowhere);
  std::int64_t pairs = 0;
  for (const auto& [place, fault] : single) {
    pairs += static_cast<std::int64_t>(FurtherFaults(start, {fault}, place).size());
  }
  sim::ExploreOptions options;
  options.faults_max = 2;
  options.judge = [](const sim::Session&) { return std::vector<sim::Violation>{}; };
  const sim::ExploreReport report = sim::Explore(start, options);
  ASSERT_EQ(report.placements_by_faults.size(), 3U);
  EXPECT_EQ(report.placements_by_faults[0], 1);
  EXPECT_EQ(report.placements_by_faults[1], static_cast<std::int64_t>(single.size()));
  EXPECT_EQ(report.placements_by_faults[2], pairs);
  EXPECT_GT(pairs, 200);
  EXPECT_EQ(report.reached, report.placements);
  EXPECT_GT(report.merged, 0);
  EXPECT_LT(report.ends, report.placements);
  EXPECT_TRUE(report.exhausted());
}

TEST(TwoFaultsTest, ThreadsChangeNothing) {
  const app::Rehearsal hop = Hop();
  const sim::Session start = StartOf(hop);
  const auto explore = [&](int threads) {
    sim::ExploreOptions options;
    options.faults_max = 2;
    options.threads = threads;
    options.judge = [](const sim::Session& session) {
      return std::vector<sim::Violation>{{"an end", session.cluster().Now(), ""}};
    };
    std::string text;
    const sim::ExploreReport report = sim::Explore(start, options);
    for (const sim::ExploreFinding& finding : report.findings) {
      for (const sim::Fault& fault : finding.faults) {
        text += sim::Sentence(fault) + "; ";
      }
      text += std::to_string(finding.steps) + "\n";
    }
    return text + std::to_string(report.states) + " " + std::to_string(report.steps) + " " +
           std::to_string(report.merged);
  };
  EXPECT_EQ(explore(1), explore(2));
}

TEST(TwoFaultsTest, PartsAddUpToTheWhole) {
  const app::Rehearsal hop = Hop();
  const sim::Session start = StartOf(hop);
  sim::ExploreOptions options;
  options.faults_max = 2;
  options.threads = 2;
  options.judge = [](const sim::Session& session) {
    const bool late = session.cluster().Now().ms > 1'000'000;
    return late ? std::vector<sim::Violation>{{"in time", session.cluster().Now(), "late"}}
                : std::vector<sim::Violation>{};
  };
  const sim::ExploreReport whole = sim::Explore(start, options);
  const sim::ExploreReport parts = sim::ExploreInParts(start, options, 3);
  EXPECT_TRUE(parts.exhausted());
  EXPECT_EQ(parts.placements_by_faults, whole.placements_by_faults);
  EXPECT_EQ(parts.placements, whole.placements);
  EXPECT_EQ(parts.reached, whole.reached);
  EXPECT_EQ(parts.stopped, whole.stopped);
  EXPECT_EQ(parts.findings.empty(), whole.findings.empty());
  EXPECT_LT(parts.memory_bytes, whole.memory_bytes);
}

// Broken off by the clock, again and again, it searches each part once.
TEST(TwoFaultsTest, PartsThatAreFinishedAreNotSearchedAgain) {
  const app::Rehearsal hop = Hop();
  const sim::Session start = StartOf(hop);
  std::map<int, sim::ExploreReport> finished;
  std::vector<int> searched;
  const sim::KeptParts kept = {[&](int part) {
                                 return finished.contains(part) ? std::optional(finished.at(part))
                                                                : std::nullopt;
                               },
                               [&](int part, const sim::ExploreReport& report) {
                                 searched.push_back(part);
                                 finished.emplace(part, report);
                               }};
  sim::ExploreOptions options;
  options.faults_max = 2;
  options.threads = 2;
  options.judge = [](const sim::Session&) { return std::vector<sim::Violation>(); };
  bool late = true;
  options.elapsed_ms = [&] { return late && !searched.empty() ? Millis{2} : Millis{0}; };
  options.budget_ms = 1;
  const sim::ExploreReport broken_off = sim::ExploreInParts(start, options, 3, kept);
  EXPECT_EQ(broken_off.stopped_by, sim::StoppedBy::kTime);
  EXPECT_EQ(broken_off.faults_covered, 1);
  EXPECT_EQ(searched, std::vector<int>{sim::kNoPart});
  late = false;
  const sim::ExploreReport whole = sim::ExploreInParts(start, options, 3, kept);
  EXPECT_EQ(searched, (std::vector<int>{sim::kNoPart, 0, 1, 2}));
  const sim::ExploreReport again = sim::ExploreInParts(start, options, 3, kept);
  EXPECT_EQ(searched.size(), 4U);
  EXPECT_TRUE(again.exhausted());
  EXPECT_EQ(again.placements_by_faults, whole.placements_by_faults);
  EXPECT_EQ(again.reached, whole.reached);
  EXPECT_EQ(again.states, whole.states);
}

TEST(TwoFaultsTest, BudgetsAndFirstFindingsStopIt) {
  const app::Rehearsal hop = Hop();
  const sim::Session start = StartOf(hop);
  sim::ExploreOptions options;
  options.faults_max = 2;
  options.judge = [](const sim::Session& session) {
    const bool late = session.cluster().Now().ms > 20'000;
    return late ? std::vector<sim::Violation>{{"in time", session.cluster().Now(), "late"}}
                : std::vector<sim::Violation>{};
  };
  options.first_only = true;
  const sim::ExploreReport first = sim::Explore(start, options);
  if (!first.findings.empty()) {
    EXPECT_EQ(first.stopped_by, sim::StoppedBy::kFinding);
    EXPECT_LE(first.findings.front().faults.size(), 2U);
  }
  options.first_only = false;
  Millis now = 0;
  options.elapsed_ms = [&now] { return now += 100; };
  options.budget_ms = 300;
  const sim::ExploreReport stopped = sim::Explore(start, options);
  EXPECT_EQ(stopped.stopped_by, sim::StoppedBy::kTime);
  EXPECT_FALSE(stopped.exhausted());
  options.elapsed_ms = {};
  options.memory_max = 1;
  EXPECT_EQ(sim::Explore(start, options).stopped_by, sim::StoppedBy::kMemory);
  options.memory_max = 0;
  options.sometimes = {{"never true", [](const sim::Session&) { return false; }},
                       {"has waited", [](const sim::Session& s) { return s.has_waited(); }}};
  EXPECT_EQ(sim::Explore(start, options).never_seen, std::vector<std::string>{"never true"});
}

// Looks, waits, looks, for ever: the wait brings it back to an equal state.
class Circler final : public cluster::Driver {
 public:
  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& /*journal*/) const override {
    return cluster::DriverStatePtr(std::make_shared<ScalerState>(At::kPause));
  }
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& /*input*/,
                                   Instant now) const override {
    return {state, cluster::WaitStep{now + Seconds(5)}};
  }
};

TEST(TwoFaultsTest, ARunThatCirclesForEverIsAFinding) {
  const app::Rehearsal hop = Hop();
  const sim::Session start(sim::SimCluster(hop.start, hop.world), std::make_shared<Circler>());
  sim::ExploreOptions options;
  options.faults_max = 0;
  options.judge = [](const sim::Session&) { return std::vector<sim::Violation>{}; };
  const sim::ExploreReport report = sim::Explore(start, options);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].property, "the procedure ends within a bound");
  EXPECT_EQ(report.ends, 0);
}

}  // namespace
}  // namespace rehearse::tests
