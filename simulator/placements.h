// simulator/placements.h: how many placements of faults a merged graph of runs stands for.
//
// Shape:  a node has at most one plain successor and any number of successors with one fault more.
//         The number of placements of exactly j faults from a node on is that from its plain
//         successor on, and that of j - 1 from each successor with a fault. Forks that came
//         together are searched once and counted as often as they are placements.
// Units:  counts of sets of faults.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/core/hash.h"

namespace rehearse::sim {

class Placements {
 public:
  struct Sum {
    std::int64_t all = 0;
    std::int64_t reached = 0;  // that end in success
  };

  void AddEdge(Fingerprint from, Fingerprint to, bool with_fault);
  void AddEnd(Fingerprint node, bool reached);

  // From `start` on, by the number of faults: 0 to faults_max. Runs that were not followed to their
  // end, or circle for ever, are not counted.
  [[nodiscard]] std::vector<Sum> Count(Fingerprint start, int faults_max) const;

  // A node of every circle of plain successors, in the order in which they were met.
  [[nodiscard]] std::vector<Fingerprint> Circles() const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xffffffffU;

  struct Run {
    Index next = kNone;
    Sum end;  // of the run that ends here
    Fingerprint node = 0;
  };
  struct Fork {
    Index from = 0;
    Index to = 0;
  };

  Index IndexOf(Fingerprint node);

  std::unordered_map<Fingerprint, Index> index_;
  std::vector<Run> runs_;
  std::vector<Fork> forks_;
};

}  // namespace rehearse::sim
