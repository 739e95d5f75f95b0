// tests/support/random_ledger.h: what the generator of random acts knows and draws.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include "tests/support/random_start.h"

namespace rehearse::tests {

enum class ActKind {
  kOurs,
  kOursAgain,
  kMigrateSh,
  kMigrateShRollback,
  kRollingUpdateSh,
  kHelm,
  kHelmRollback,
  kMilvusUpgrade,
  kPass,
  kScale,
  kDeletePod,
  kDeleteBackup,
};

// What the generator knows.
struct Ledger {
  StartKind start = StartKind::kStandalone21;
  bool alone = false;  // only our executor, time and harmless people act
  bool has_plan = false;
};

// What becomes of the process of a driver.
struct Crash {
  enum class Kind { kNone, kRestarted, kForGood } kind = Kind::kNone;
  std::int64_t step = 0;  // of the driver, from 1; a run that is shorter ends by itself
};

inline std::ostream& operator<<(std::ostream& os, const Crash& crash) {
  switch (crash.kind) {
    case Crash::Kind::kNone:
      return os;
    case Crash::Kind::kRestarted:
      return os << ", killed after step " << crash.step << " and started again";
    case Crash::Kind::kForGood:
      break;
  }
  return os << ", killed for good after step " << crash.step;
}

inline Crash AnyCrash() {
  Crash crash;
  crash.kind = *rc::gen::weightedElement<Crash::Kind>(
      {{3, Crash::Kind::kNone}, {3, Crash::Kind::kRestarted}, {3, Crash::Kind::kForGood}});
  if (crash.kind != Crash::Kind::kNone) {
    crash.step = *rc::gen::resize(1000, rc::gen::inRange<std::int64_t>(1, 400));
  }
  return crash;
}

// How often what happened, over all sequences of a batch: reports are made of it.
inline std::map<std::string, std::int64_t>& Tally() {
  static std::map<std::string, std::int64_t> tally;
  return tally;
}

}  // namespace rehearse::tests
