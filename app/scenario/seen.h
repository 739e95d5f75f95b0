// app/scenario/seen.h: the `sometimes` properties that a batch of runs has seen.
//
// Shape:  a set; the moments of the simulated cluster (simulator/state/moment.h), and how the steps
//         of whole procedures ended. A batch that never saw what it was to see fails: it has not
//         been where it should, and that nothing was violated there says nothing.
#pragma once

#include <bitset>
#include <string>
#include <vector>

#include "app/scenario/course.h"
#include "simulator/explorer.h"
#include "simulator/state/moment.h"

namespace rehearse::app {

inline constexpr const char* kFaultTookEffect = "a fault took effect";
inline constexpr const char* kTargetReached = "a procedure reached its target";
inline constexpr const char* kStoppedWithAccount = "a procedure stopped with an account";

// All of them by name, moments first.
const std::vector<std::string>& SometimesProperties();

class Seen {
 public:
  void Add(const std::string& name);  // REQUIRES: one of SometimesProperties().
  void Add(const sim::Moments& moments);
  // Moments of the cluster, ends of the steps, faults that fell.
  void Add(const Stand& stand);
  void Add(const Seen& other) { bits_ |= other.bits_; }
  [[nodiscard]] std::vector<std::string> Names() const;

 private:
  std::bitset<64> bits_;
};

// The moments as the search of placements asks for them.
std::vector<sim::Sometimes> MomentsAsked();

}  // namespace rehearse::app
