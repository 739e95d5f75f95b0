// simulator/engine/model.h: what the search engine searches: states, actions, properties.
//
// Shape:  a model is a value with InitialStates, Actions, Next, FingerprintOf and Properties; the
//         order in which it lists states and actions must be the same every time. Optional members:
//           Actions(state, cost_left, out)  instead of Actions(state, out): actions dearer than
//                                           cost_left need not be listed
//           CostOf(action)                  0 if absent; cheaper paths are searched first. What
//           costs
//                                           may happen but need not: a path ends where no action
//                                           that is free leads on
//           kHasEventually = true           where a property is kEventually
//           Canonical(state)                the representative of all states that differ only in
//                                           the names of interchangeable parts
//           BytesOf(state)                  what a waiting state holds beside itself
//           BytesOf(action)                 what an action that waits for its turn holds
// Limits: fingerprints of 64 bits stand for states: n distinct ones collide with a probability of
//         about n*n / 2^65.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "model/core/hash.h"

namespace rehearse::sim::engine {

enum class When {
  kAlways,      // in every state
  kEventually,  // on every path, sooner or later: also on those that end and on those that circle
  kSometimes,   // in at least one state: says that the model can get there at all
};

template <typename State>
struct Property {
  When when = When::kAlways;
  std::string name;  // a claim in English
  std::function<bool(const State&)> holds;
};

// nullopt of Next: the action is not possible after all. A successor that equals its state is a
// step that changes nothing, and counts as no step unless the model says kKeepsSelfLoops = true.
template <typename M>
concept Model = requires(const M& model,
                         const typename M::State& state,
                         const typename M::Action& action) {
  { model.InitialStates() } -> std::same_as<std::vector<typename M::State>>;
  { model.Next(state, action) } -> std::same_as<std::optional<typename M::State>>;
  { model.FingerprintOf(state) } -> std::same_as<Fingerprint>;
  { model.Properties() } -> std::same_as<std::vector<Property<typename M::State>>>;
};

inline constexpr int kNoCostLimit = std::numeric_limits<int>::max();

template <Model M>
void ListActions(const M& model,
                 const typename M::State& state,
                 int cost_left,
                 std::vector<typename M::Action>& out) {
  out.clear();
  if constexpr (requires { model.Actions(state, cost_left, out); }) {
    model.Actions(state, cost_left, out);
  } else {
    model.Actions(state, out);
  }
}

template <Model M>
int CostOf(const M& model, const typename M::Action& action) {
  if constexpr (requires { model.CostOf(action); }) {
    return model.CostOf(action);
  } else {
    return 0;
  }
}

// What is stored for a state: its representative, where the model has symmetries.
template <Model M>
typename M::State CanonicalOf(const M& model, typename M::State state) {
  if constexpr (requires { model.Canonical(state); }) {
    return model.Canonical(state);
  } else {
    return state;
  }
}

template <Model M>
constexpr bool HasEventually() {
  if constexpr (requires { M::kHasEventually; }) {
    return M::kHasEventually;
  } else {
    return false;
  }
}

template <Model M>
constexpr bool KeepsSelfLoops() {
  return requires { requires M::kKeepsSelfLoops; };
}

template <Model M, typename Waiting>  // a state or an action
std::size_t BytesOf(const M& model, const Waiting& waiting) {
  if constexpr (requires { model.BytesOf(waiting); }) {
    return model.BytesOf(waiting);
  } else {
    return 0;
  }
}

}  // namespace rehearse::sim::engine
