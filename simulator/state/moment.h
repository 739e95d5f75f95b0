// simulator/state/moment.h: what a batch of runs must have seen at least once, or it has not been
// where it should: each is a `sometimes` property.
//
// Shape:   a set of moments; the simulated cluster notes each as it passes. It says nothing about
//          the future and counts in no fingerprint.
#pragma once

#include <bitset>
#include <string_view>

namespace rehearse::sim {

enum class Moment {
  kAckLostButApplied,
  kToolKilledBetweenPuts,
  kToolFailedAfterClean,
  kBackupRestored,
  kClientKilledWhileStopped,
  kReleaseLeftPending,
  kStaleReadDiffered,
  kLeaseOutlivedItsHolder,
  kSomebodyActed,
  kCount
};
inline constexpr std::size_t kMomentCount = static_cast<std::size_t>(Moment::kCount);

// "an acknowledgement was lost and the action had been applied"
std::string_view NameOf(Moment moment);

class Moments {
 public:
  void Add(Moment moment) { bits_.set(static_cast<std::size_t>(moment)); }
  [[nodiscard]] bool Has(Moment moment) const {
    return bits_.test(static_cast<std::size_t>(moment));
  }

 private:
  std::bitset<kMomentCount> bits_;
};

}  // namespace rehearse::sim
