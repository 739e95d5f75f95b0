// Goal: the executor outlives every fault that passes within minutes and reaches its target; from
// one that never passes it stops cleanly, with a true account. Method: the standalone hop 2.1.4 ->
// 2.2.16; each kind of lasting fault at every n-th place where it can fall, run to the end and
// judged; the shares are printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "simulator/checkers/property.h"
#include "tests/support/rehearsals.h"

namespace rehearse::tests {
namespace {

constexpr std::int64_t kEvery = 16;

struct Shares {
  int reached = 0;
  int stopped = 0;
  int violated = 0;
};

struct Placed {
  sim::Session before;
  sim::Fault fault;
};

// Every n-th place of each fate, counted for each fate and subject by itself.
std::vector<Placed> Places(const app::Rehearsal& rehearsal) {
  const sim::FaultClasses classes{
      .machines = true, .network = false, .client = false, .people = false, .lasting = true};
  const sim::FaultClasses brief{
      .machines = true, .network = false, .client = false, .people = false, .lasting = false};
  std::vector<Placed> places;
  std::map<std::pair<sim::Fate, std::string>, std::int64_t> counts;
  sim::Session session = app::StartSession(rehearsal);
  while (!session.ended()) {
    const sim::Session before = session;
    const cluster::Step step = session.Peek();
    std::vector<sim::Fault> faults = sim::FaultsAt(before, step, classes);
    const auto also_brief = sim::FaultsAt(before, step, brief);
    session.Step();
    const auto& counters = before.cluster().state().counters;
    for (auto& fault : sim::FaultsInside(counters, session.cluster().state().counters, classes)) {
      faults.push_back(std::move(fault));
    }
    for (sim::Fault& fault : faults) {
      const bool lasts = std::find(also_brief.begin(), also_brief.end(), fault) == also_brief.end();
      const bool in_process =
          fault.site == sim::SiteKind::kProcessStep || fault.site == sim::SiteKind::kToolStep;
      const std::int64_t every = fault.site == sim::SiteKind::kPodStart ? 1 : kEvery;
      if (lasts && !in_process && counts[{fault.fate, fault.subject}]++ % every == 0) {
        places.push_back({before, std::move(fault)});
      }
    }
  }
  return places;
}

TEST(LastingFaultTest, WhatPassesIsOutlivedAndWhatDoesNotEndsInATrueAccount) {
  const app::Rehearsal hop = Hop();
  std::map<std::string, Shares> shares;
  for (const Placed& place : Places(hop)) {
    sim::Session session = place.before;
    session.Inject(place.fault);
    session.Run();
    const auto violations = app::JudgeSession(hop, session);
    const bool reached =
        session.outcome() && session.outcome()->kind != cluster::OutcomeKind::kStopped;
    Shares& share = shares[std::string(NameOf(place.fault.fate))];
    ++(!violations.empty() ? share.violated : reached ? share.reached : share.stopped);
    for (const sim::Violation& violation : violations) {
      ADD_FAILURE() << sim::Sentence(place.fault) << ": " << violation.property << ": "
                    << violation.evidence;
    }
    EXPECT_TRUE(reached || !sim::IsTransient(place.fault))
        << sim::Sentence(place.fault) << ": "
        << (session.outcome() ? session.outcome()->account : "no end");
  }
  for (const auto& [fate, share] : shares) {
    std::printf("%-28s reached %3d, stopped cleanly %3d, violated %3d\n",
                fate.c_str(),
                share.reached,
                share.stopped,
                share.violated);
  }
  EXPECT_GT(shares.size(), 12U);
}

}  // namespace
}  // namespace rehearse::tests
