// simulator/placements.h: how many placements of faults a merged graph of runs stands for.
//
// Shape:  a node has at most one plain successor and any number of successors with one fault more.
//         The number of placements of exactly j faults from a node on is that from its plain
//         successor on, and that of j - 1 from each successor with a fault. Forks that came
//         together are searched once and counted as often as they are placements.
// Units:  counts of sets of faults.
#pragma once

#include <cstdint>
#include <vector>

#include "model/core/hash.h"

namespace rehearse::sim {

// The numbers of fingerprints, in the order in which they came. Open addressing: 12 bytes a place.
class Numbering {
 public:
  // That of this one; `next` if it is new.
  std::uint32_t NumberOf(Fingerprint fingerprint, std::uint32_t next);
  // kNone if it never came.
  [[nodiscard]] std::uint32_t Find(Fingerprint fingerprint) const;
  static constexpr std::uint32_t kNone = 0xffffffffU;

 private:
  [[nodiscard]] std::size_t PlaceOf(Fingerprint fingerprint) const;
  void Grow();

  std::vector<Fingerprint> fingerprints_ = std::vector<Fingerprint>(1024);
  std::vector<std::uint32_t> numbers_ = std::vector<std::uint32_t>(1024, kNone);
  std::size_t count_ = 0;
};

class Placements {
 public:
  struct Sum {
    std::int64_t all = 0;
    std::int64_t reached = 0;  // that end in success
  };

  // Nodes are numbered as they come.
  std::uint32_t NumberOf(Fingerprint node);
  void AddEdge(Fingerprint from, Fingerprint to, bool with_fault);
  void AddEnd(Fingerprint node, bool reached);

  // From `start` on, by the number of faults: 0 to faults_max. Runs that were not followed to their
  // end, or circle for ever, are not counted.
  [[nodiscard]] std::vector<Sum> Count(Fingerprint start, int faults_max) const;

  // The number of a node of every circle of plain successors, in the order in which they were met.
  [[nodiscard]] std::vector<std::uint32_t> Circles() const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = Numbering::kNone;

  struct Run {
    Index next = kNone;
    Sum end;  // of the run that ends here
  };
  struct Fork {
    Index from = 0;
    Index to = 0;
  };

  Numbering numbers_;
  std::vector<Run> runs_;
  std::vector<Fork> forks_;
};

}  // namespace rehearse::sim
