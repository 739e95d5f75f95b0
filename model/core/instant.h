// model/core/instant.h: time as every world tells it.
//
// Units: milliseconds since the start of the run. In a simulated run the clock moves only in
//        Cluster::Wait; no other code reads a clock.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace rehearse {

using Millis = std::int64_t;

struct Instant {
  Millis ms = 0;
  friend auto operator<=>(Instant, Instant) = default;
};

inline constexpr Instant kNever{std::numeric_limits<Millis>::max()};

constexpr Instant operator+(Instant at, Millis by_ms) {
  return at == kNever ? kNever : Instant{at.ms + by_ms};
}
constexpr Millis operator-(Instant later, Instant earlier) { return later.ms - earlier.ms; }

constexpr Millis Seconds(std::int64_t count) { return count * 1000; }

}  // namespace rehearse
