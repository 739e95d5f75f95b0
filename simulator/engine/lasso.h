// simulator/engine/lasso.h: paths that circle for ever without an `eventually` property.
//
// Shape:  a search in depth through the states whose path has not met the property; an edge back
//         onto the present path closes a circle. It runs only when the search in breadth has found
//         no path that ends without it. The circle is a true one but need not be the shortest.
// Limits: the cost that a path has used counts as a part of its states: a circle has no costly
//         actions in it.
#pragma once

#include <unordered_map>

#include "simulator/engine/path.h"

namespace rehearse::sim::engine {

template <Model M>
class LassoFinder {
 public:
  LassoFinder(const Items<M>& items, std::size_t property, int cost_max)
      : items_(items), property_(property), cost_max_(cost_max) {}

  std::optional<Path<M>> Find() {
    for (typename M::State& state : items_.model().InitialStates()) {
      ItemOf<M> item = items_.Start(std::move(state));
      if (IsOpen(item)) {
        Enter(std::move(item), 0);
        if (Walk()) {
          return found_;
        }
      }
    }
    return std::nullopt;
  }

 private:
  struct Frame {
    ItemOf<M> item;
    int cost = 0;
    Fingerprint identity = 0;
    std::vector<typename M::Action> actions;
    std::size_t next = 0;  // the action to try
  };

  [[nodiscard]] bool IsOpen(const ItemOf<M>& item) const {
    const auto pending = items_.PendingOf(item);
    return std::find(pending.begin(), pending.end(), property_) != pending.end();
  }

  void Enter(ItemOf<M> item, int cost) {
    const Fingerprint identity = Identity(item, cost);
    if (!place_.emplace(identity, stack_.size()).second) {
      return;
    }
    Frame frame{std::move(item), cost, identity, {}, 0};
    ListActions(items_.model(), frame.item.state, cost_max_ - cost, frame.actions);
    stack_.push_back(std::move(frame));
  }

  [[nodiscard]] Fingerprint Identity(const ItemOf<M>& item, int cost) const {
    return Mix(items_.FingerprintOf(item) + Mix(static_cast<Fingerprint>(cost)));
  }

  // True when a circle is found.
  bool Walk() {
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      if (frame.next == frame.actions.size()) {
        place_[frame.identity] = kLeft;
        stack_.pop_back();
        continue;
      }
      const typename M::Action& action = frame.actions[frame.next++];
      const int cost = frame.cost + CostOf(items_.model(), action);
      std::optional<ItemOf<M>> next =
          cost <= cost_max_ ? items_.After(frame.item, action) : std::nullopt;
      if (!next || !IsOpen(*next)) {
        continue;
      }
      const Fingerprint identity = Identity(*next, cost);
      const auto known = place_.find(identity);
      if (known == place_.end()) {
        Enter(*std::move(next), cost);
      } else if (known->second != kLeft && identity != frame.identity) {
        Close(known->second, std::move(next->state));
        return true;
      }
    }
    return false;
  }

  void Close(std::size_t onto, typename M::State last) {
    for (const Frame& frame : stack_) {
      found_.states.push_back(frame.item.state);
      found_.actions.push_back(frame.actions[frame.next - 1]);
    }
    found_.states.push_back(std::move(last));
    found_.loops_to = onto;
    found_.is_loop = true;
  }

  static constexpr std::size_t kLeft = static_cast<std::size_t>(-1);  // searched, leads to none
  const Items<M>& items_;
  std::size_t property_;
  int cost_max_;
  std::vector<Frame> stack_;
  std::unordered_map<Fingerprint, std::size_t> place_;  // on the path, or kLeft
  Path<M> found_;
};

template <Model M>
std::optional<Path<M>> FindLasso(const Items<M>& items, std::size_t property, int cost_max) {
  return LassoFinder<M>(items, property, cost_max).Find();
}

}  // namespace rehearse::sim::engine
