// simulator/engine/path.h: states with what is still to happen on their path, and the way to a
// fingerprint.
//
// Shape:  an item is a state and the set of `eventually` properties that its path has not met; two
//         paths that differ in them are searched apart. PathTo walks back along the parents' halves
//         to an initial state (a half may fit several fingerprints: all are followed), then forward
//         again through those fingerprints alone, which brings back the states and actions.
#pragma once

#include <algorithm>
#include <set>
#include <utility>

#include "model/core/check.h"
#include "simulator/engine/result.h"
#include "simulator/engine/visited.h"

namespace rehearse::sim::engine {

struct NothingPending {
  friend bool operator==(const NothingPending&, const NothingPending&) = default;
};

template <Model M>
struct ItemOf {
  typename M::State state;
  // A bit for each property.
  [[no_unique_address]] std::conditional_t<HasEventually<M>(), std::uint64_t, NothingPending>
      pending{};
};

template <Model M>
class Items {
 public:
  using State = typename M::State;
  using Action = typename M::Action;

  explicit Items(const M& model) : model_(model), properties_(model.Properties()) {
    CHECK(properties_.size() <= 64);
    for (std::size_t i = 0; i < properties_.size(); ++i) {
      eventual_ |= properties_[i].when == When::kEventually ? 1ULL << i : 0;
    }
    CHECK(HasEventually<M>() == (eventual_ != 0));
  }

  [[nodiscard]] const M& model() const { return model_; }
  [[nodiscard]] const std::vector<Property<State>>& properties() const { return properties_; }

  [[nodiscard]] ItemOf<M> Start(State state) const {
    ItemOf<M> item{CanonicalOf(model_, std::move(state)), {}};
    SetPending(item, eventual_);
    return item;
  }

  // Without turning it into its representative: a path shows states as they come.
  [[nodiscard]] ItemOf<M> StartAsItIs(State state) const {
    ItemOf<M> item{std::move(state), {}};
    SetPending(item, eventual_);
    return item;
  }

  [[nodiscard]] std::optional<ItemOf<M>> After(const ItemOf<M>& from, const Action& action) const {
    std::optional<ItemOf<M>> next = AfterAsItIs(from, action);
    if (next) {
      next->state = CanonicalOf(model_, std::move(next->state));
    }
    return next;
  }

  [[nodiscard]] std::optional<ItemOf<M>> AfterAsItIs(const ItemOf<M>& from,
                                                     const Action& action) const {
    std::optional<State> state = model_.Next(from.state, action);
    if (!state) {
      return std::nullopt;
    }
    ItemOf<M> next{*std::move(state), {}};
    if constexpr (HasEventually<M>()) {
      SetPending(next, from.pending);
    }
    return next;
  }

  // Of the item's representative.
  [[nodiscard]] Fingerprint FingerprintAny(const ItemOf<M>& item) const {
    return FingerprintOf(ItemOf<M>{CanonicalOf(model_, item.state), item.pending});
  }

  [[nodiscard]] Fingerprint FingerprintOf(const ItemOf<M>& item) const {
    const Fingerprint own = model_.FingerprintOf(item.state);
    if constexpr (HasEventually<M>()) {
      return Mix(own + Mix(item.pending));
    } else {
      return own;
    }
  }

  [[nodiscard]] std::vector<std::size_t> PendingOf(const ItemOf<M>& item) const {
    std::vector<std::size_t> pending;
    if constexpr (HasEventually<M>()) {
      for (std::size_t i = 0; i < properties_.size(); ++i) {
        if ((item.pending >> i & 1U) != 0) {
          pending.push_back(i);
        }
      }
    }
    return pending;
  }

 private:
  void SetPending(ItemOf<M>& item, [[maybe_unused]] std::uint64_t before) const {
    if constexpr (HasEventually<M>()) {
      item.pending = before;
      for (std::size_t i = 0; i < properties_.size(); ++i) {
        if ((before >> i & 1U) != 0 && properties_[i].holds(item.state)) {
          item.pending &= ~(1ULL << i);
        }
      }
    }
  }

  const M& model_;
  std::vector<Property<State>> properties_;
  std::uint64_t eventual_ = 0;
};

// From the state back to an initial one: at each distance, the fingerprints that may be on the way.
inline std::vector<std::set<Fingerprint>> WayBack(const VisitedSet& visited, Fingerprint target) {
  std::vector<std::set<Fingerprint>> way = {{target}};
  for (;;) {
    std::set<Fingerprint> parents;
    for (const Fingerprint fingerprint : way.back()) {
      for (const VisitedSet::Entry& entry :
           visited.WithUpperHalf(VisitedSet::UpperHalf(fingerprint))) {
        if (entry.fingerprint != fingerprint) {
          continue;
        }
        if (entry.parent == VisitedSet::UpperHalf(fingerprint)) {
          return way;  // an initial state is its own parent
        }
        for (const VisitedSet::Entry& parent : visited.WithUpperHalf(entry.parent)) {
          parents.insert(parent.fingerprint);
        }
      }
    }
    CHECK(!parents.empty());
    way.push_back(std::move(parents));
  }
}

template <Model M>
class PathFinder {
 public:
  PathFinder(const Items<M>& items, std::vector<std::set<Fingerprint>> way)
      : items_(items), way_(std::move(way)) {}

  Path<M> Find() {
    for (typename M::State& state : items_.model().InitialStates()) {
      const ItemOf<M> item = items_.StartAsItIs(std::move(state));
      if (way_.back().contains(items_.FingerprintAny(item))) {
        nodes_.push_back({item, 0, std::nullopt});
      }
    }
    std::size_t from = 0;
    for (std::size_t left = way_.size() - 1; left > 0; --left) {
      const std::size_t to = nodes_.size();
      for (std::size_t i = from; i < to; ++i) {
        Advance(i, way_[left - 1]);
      }
      from = to;
    }
    CHECK(from < nodes_.size());
    return PathOf(from);
  }

 private:
  struct Node {
    ItemOf<M> item;
    std::size_t parent = 0;
    std::optional<typename M::Action> action;
  };

  void Advance(std::size_t from, const std::set<Fingerprint>& allowed) {
    const ItemOf<M> item = nodes_[from].item;
    std::vector<typename M::Action> actions;
    ListActions(items_.model(), item.state, kNoCostLimit, actions);
    std::stable_sort(actions.begin(), actions.end(), [&](const auto& a, const auto& b) {
      return CostOf(items_.model(), a) < CostOf(items_.model(), b);
    });
    std::set<Fingerprint> taken;
    for (typename M::Action& action : actions) {
      std::optional<ItemOf<M>> next = items_.AfterAsItIs(item, action);
      if (!next) {
        continue;
      }
      const Fingerprint fingerprint = items_.FingerprintAny(*next);
      if (allowed.contains(fingerprint) && taken.insert(fingerprint).second) {
        nodes_.push_back({*std::move(next), from, std::move(action)});
      }
    }
  }

  Path<M> PathOf(std::size_t node) const {
    Path<M> path;
    for (; nodes_[node].action; node = nodes_[node].parent) {
      path.states.push_back(nodes_[node].item.state);
      path.actions.push_back(*nodes_[node].action);
    }
    path.states.push_back(nodes_[node].item.state);
    std::reverse(path.states.begin(), path.states.end());
    std::reverse(path.actions.begin(), path.actions.end());
    return path;
  }

  const Items<M>& items_;
  std::vector<std::set<Fingerprint>> way_;
  std::vector<Node> nodes_;
};

template <Model M>
Path<M> PathTo(const Items<M>& items, const VisitedSet& visited, Fingerprint target) {
  return PathFinder<M>(items, WayBack(visited, target)).Find();
}

}  // namespace rehearse::sim::engine
