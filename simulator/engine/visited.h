// simulator/engine/visited.h: the fingerprints of all states that were reached, and what it takes
// to find the way to each.
//
// Shape:   open addressing with linear probing in 256 shards by the top byte. An entry is 12 bytes:
//          the fingerprint and the upper half of the fingerprint of the state it was first reached
//          from. Within a shard a fingerprint's place grows with its value, so that a grown shard
//          is filled in one pass in order, and all fingerprints with a given upper half stand
//          together. No capacity is to be given: a full shard grows by an eighth by itself.
// Memory:  a grown shard is between 0.755 and 0.85 full: at most 15.9 bytes an entry.
// Threads: shards are independent of each other: several threads may insert at once as long as no
//          two of them touch one shard.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/core/hash.h"

namespace rehearse::sim::engine {

class VisitedSet {
 public:
  static constexpr std::size_t kShards = 256;
  static constexpr std::size_t kEntryBytes = 12;

  static std::size_t ShardOf(Fingerprint fingerprint) { return fingerprint >> 56U; }
  static std::uint32_t UpperHalf(Fingerprint fingerprint) {
    return static_cast<std::uint32_t>(fingerprint >> 32U);
  }

  // Asks for the memory in which `fingerprint` would stand, ahead of its use.
  void Prefetch(Fingerprint fingerprint) const {
    const Shard& shard = shards_[ShardOf(fingerprint)];
    if (!shard.keys.empty()) {
      __builtin_prefetch(&shard.keys[Home(fingerprint, shard.keys.size())]);
    }
  }

  // True if it is new. `parent` is kept for the first insertion only; a state without one is its
  // own parent.
  bool Insert(Fingerprint fingerprint, Fingerprint parent) {
    const Fingerprint key = fingerprint == 0 ? 1 : fingerprint;
    Shard& shard = shards_[ShardOf(key)];
    if ((shard.size + 1) * 20 > shard.keys.size() * 17) {
      Grow(shard);
    }
    std::size_t at = Home(key, shard.keys.size());
    while (shard.keys[at] != 0) {
      if (shard.keys[at] == key) {
        return false;
      }
      at = at + 1 == shard.keys.size() ? 0 : at + 1;
    }
    shard.keys[at] = key;
    shard.parents[at] = UpperHalf(parent);
    ++shard.size;
    return true;
  }

  [[nodiscard]] bool Contains(Fingerprint fingerprint) const {
    const Fingerprint key = fingerprint == 0 ? 1 : fingerprint;
    const Shard& shard = shards_[ShardOf(key)];
    for (std::size_t at = shard.keys.empty() ? 0 : Home(key, shard.keys.size());
         !shard.keys.empty() && shard.keys[at] != 0;
         at = at + 1 == shard.keys.size() ? 0 : at + 1) {
      if (shard.keys[at] == key) {
        return true;
      }
    }
    return false;
  }

  struct Entry {
    Fingerprint fingerprint = 0;
    std::uint32_t parent = 0;  // upper half
  };
  // All entries with this upper half: one, but for a collision of 32 bits.
  [[nodiscard]] std::vector<Entry> WithUpperHalf(std::uint32_t half) const {
    std::vector<Entry> found;
    const Shard& shard = shards_[half >> 24U];
    const std::size_t capacity = shard.keys.size();
    if (capacity == 0) {
      return found;
    }
    const std::size_t first = Home(static_cast<Fingerprint>(half) << 32U, capacity);
    const std::size_t last =
        Home((static_cast<Fingerprint>(half) << 32U) | 0xffffffffULL, capacity);
    for (std::size_t i = 0; i < capacity; ++i) {
      const std::size_t at = (first + i) % capacity;
      if (shard.keys[at] == 0 && i >= last - first) {
        break;
      }
      if (shard.keys[at] != 0 && UpperHalf(shard.keys[at]) == half) {
        found.push_back({shard.keys[at], shard.parents[at]});
      }
    }
    return found;
  }

  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) {
      sum += shard.size;
    }
    return sum;
  }
  // Spare capacity included.
  [[nodiscard]] std::size_t Bytes() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) {
      sum += shard.keys.size() * kEntryBytes;
    }
    return sum;
  }

 private:
  struct Shard {
    std::vector<Fingerprint> keys;  // 0: free
    std::vector<std::uint32_t> parents;
    std::size_t size = 0;
  };

  // A shard has fewer than 2^32 places: that is 51 TB of them all.
  static std::size_t Home(Fingerprint key, std::size_t capacity) {
    return (((key << 8U) >> 32U) * capacity) >> 32U;
  }

  static void Grow(Shard& shard) {
    constexpr std::size_t kFirst = 16;
    const std::size_t capacity =
        shard.keys.empty() ? kFirst : shard.keys.size() + shard.keys.size() / 8 + 1;
    Shard next{std::vector<Fingerprint>(capacity), std::vector<std::uint32_t>(capacity), 0};
    for (std::size_t i = 0; i < shard.keys.size(); ++i) {
      if (shard.keys[i] != 0) {
        std::size_t at = Home(shard.keys[i], capacity);
        while (next.keys[at] != 0) {
          at = at + 1 == capacity ? 0 : at + 1;
        }
        next.keys[at] = shard.keys[i];
        next.parents[at] = shard.parents[i];
      }
    }
    next.size = shard.size;
    shard = std::move(next);
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace rehearse::sim::engine
