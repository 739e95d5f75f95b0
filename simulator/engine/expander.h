// simulator/engine/expander.h: what a worker does with one state of a block.
//
// Shape:   results go into the chunk that the worker holds; nothing is shared between chunks.
// Threads: one expander serves all workers: it does not change.
#pragma once

#include "simulator/engine/path.h"

namespace rehearse::sim::engine {

// A state that an action led to.
template <Model M>
struct FoundItem {
  ItemOf<M> item;
  Fingerprint fingerprint = 0;
  Fingerprint parent = 0;
  bool is_new = false;
  bool is_known = false;  // was met before in this chunk, or lately
};

// An action whose turn comes later.
template <Model M>
struct DearerAction {
  ItemOf<M> from;
  typename M::Action action;
};

struct Remark {  // something about a property, in a state
  std::size_t property = 0;
  Fingerprint fingerprint = 0;
};

// What one worker made of some states of a block.
template <Model M>
struct ChunkOf {
  std::vector<FoundItem<M>> found;
  std::vector<std::pair<int, DearerAction<M>>> dearer;  // with their costs
  std::vector<std::pair<ItemOf<M>, Fingerprint>> expanded;
  std::vector<Remark> violated;
  std::uint64_t seen = 0;  // properties, a bit each
  std::int64_t transitions = 0;
};

// Inserts the part of a chunk that belongs to one worker's shards, and marks the new ones. What it
// has met lately it knows by itself: most of what a search finds, it finds again soon.
template <Model M>
class Inserter {
 public:
  Inserter(std::size_t worker, std::size_t workers)
      : worker_(worker), workers_(workers), lately_(kLately) {}

  void Insert(VisitedSet& visited, std::vector<FoundItem<M>>& found) {
    for (std::size_t i = 0; i < std::min(kAhead, found.size()); ++i) {
      LookAt(visited, found[i]);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (i + kAhead < found.size()) {
        LookAt(visited, found[i + kAhead]);
      }
      FoundItem<M>& next = found[i];
      if (IsMine(next) && !next.is_known) {
        next.is_new = visited.Insert(next.fingerprint, next.parent);
      }
    }
  }

 private:
  static constexpr std::size_t kAhead = 16;          // insertions whose memory is on its way
  static constexpr std::size_t kLately = 1U << 15U;  // fits a core's own cache

  [[nodiscard]] bool IsMine(const FoundItem<M>& found) const {
    return workers_ == 1 || VisitedSet::ShardOf(found.fingerprint) % workers_ == worker_;
  }
  void LookAt(const VisitedSet& visited, FoundItem<M>& found) {
    if (!IsMine(found)) {
      return;
    }
    Fingerprint& place = lately_[found.fingerprint % kLately];
    if (place == found.fingerprint && place != 0) {
      found.is_known = true;
    } else {
      place = found.fingerprint;
      visited.Prefetch(found.fingerprint);
    }
  }

  std::size_t worker_;
  std::size_t workers_;
  std::vector<Fingerprint> lately_;
};

template <Model M>
std::vector<Inserter<M>> MakeInserters(std::size_t workers) {
  std::vector<Inserter<M>> inserters;
  for (std::size_t i = 0; i < workers; ++i) {
    inserters.emplace_back(i, workers);
  }
  return inserters;
}

template <Model M, bool kKeepsExpanded>
class Expander {
 public:
  Expander(const Items<M>& items, int cost_left) : items_(items), cost_left_(cost_left) {}

  void Expand(ItemOf<M> item, ChunkOf<M>& chunk, std::vector<typename M::Action>& actions) const {
    const Fingerprint fingerprint = items_.FingerprintOf(item);
    Check(item, fingerprint, chunk);
    ListActions(items_.model(), item.state, cost_left_, actions);
    const std::size_t before = chunk.found.size();
    for (typename M::Action& action : actions) {
      const int cost = CostOf(items_.model(), action);
      if (cost == 0) {
        Follow(item, fingerprint, action, chunk);
      } else if (cost <= cost_left_) {
        chunk.dearer.emplace_back(cost, DearerAction<M>{item, std::move(action)});
      }
    }
    if (chunk.found.size() == before) {  // the path ends here
      for (const std::size_t property : items_.PendingOf(item)) {
        chunk.violated.push_back({property, fingerprint});
      }
    }
    if constexpr (kKeepsExpanded) {
      chunk.expanded.emplace_back(std::move(item), fingerprint);
    }
  }

  void Follow(const ItemOf<M>& from,
              Fingerprint parent,
              const typename M::Action& action,
              ChunkOf<M>& chunk) const {
    std::optional<ItemOf<M>> next = items_.After(from, action);
    if (!next) {
      return;
    }
    const Fingerprint fingerprint = items_.FingerprintOf(*next);
    ++chunk.transitions;
    if (KeepsSelfLoops<M>() || fingerprint != parent) {
      chunk.found.push_back({*std::move(next), fingerprint, parent, false, false});
    }
  }

 private:
  void Check(const ItemOf<M>& item, Fingerprint fingerprint, ChunkOf<M>& chunk) const {
    for (std::size_t i = 0; i < items_.properties().size(); ++i) {
      const Property<typename M::State>& property = items_.properties()[i];
      if (property.when == When::kEventually) {
        continue;
      }
      const bool holds = property.holds(item.state);
      chunk.seen |= holds ? 1ULL << i : 0;
      if (property.when == When::kAlways && !holds) {
        chunk.violated.push_back({i, fingerprint});
      }
    }
  }

  const Items<M>& items_;
  int cost_left_;
};

}  // namespace rehearse::sim::engine
