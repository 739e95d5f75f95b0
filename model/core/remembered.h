// model/core/remembered.h: what a pure function gave for shared immutable values.
//
// Shape:   the values stand for themselves by address and are kept alive, so that an address never
//          means another value. Full, it forgets everything: it only saves time.
// Threads: any number; a value may be made twice when two ask at once.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/core/hash.h"

namespace rehearse {

template <typename Value>
class Remembered {
 public:
  using Key = std::shared_ptr<const void>;

  explicit Remembered(std::size_t entries_max) : entries_max_(entries_max) {}

  // What make() gave for these values and this number, or gives now.
  template <typename Make>
  Value Get(std::vector<Key> keys, std::uint64_t number, Make&& make) {
    Hasher hash;
    hash.Add(number);
    for (const Key& key : keys) {
      hash.Add(reinterpret_cast<std::uintptr_t>(key.get()));
    }
    const Fingerprint place = hash.Get();
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      const auto at = entries_.find(place);
      if (at != entries_.end() && at->second.number == number && at->second.keys == keys) {
        return at->second.value;
      }
    }
    Value value = make();
    const std::lock_guard<std::mutex> guard(mutex_);
    if (entries_.size() >= entries_max_) {
      entries_.clear();
    }
    entries_.insert_or_assign(place, Entry{std::move(keys), number, value});
    return value;
  }

 private:
  struct Entry {
    std::vector<Key> keys;
    std::uint64_t number = 0;
    Value value;
  };

  std::size_t entries_max_;
  std::mutex mutex_;
  std::unordered_map<Fingerprint, Entry> entries_;
};

}  // namespace rehearse
