// bench/engine/two_phase_commit.h: two-phase commit with n resource managers, the textbook model
// that several checkers have published state counts for.
//
// Shape:  a transaction manager, n resource managers and a set of messages that only grows.
//         Messages are Prepared(rm), Commit and Abort; a manager decides by messages alone.
// Source: the protocol as in J. Gray and L. Lamport, "Consensus on Transaction Commit", section 3;
//         distinct states 288 (n = 3), 8,832 (5), 1,745,408 (8), 10,340,352 (9).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "simulator/engine/model.h"

namespace rehearse::bench {

class TwoPhaseCommit {
 public:
  enum class Manager : std::uint32_t { kInit, kCommitted, kAborted };
  enum class Resource : std::uint32_t { kWorking, kPrepared, kCommitted, kAborted };
  enum class Kind : std::uint8_t {
    kManagerCommits,
    kManagerAborts,
    kManagerHears,  // that a resource manager is prepared
    kPrepares,
    kChoosesToAbort,
    kHearsCommit,
    kHearsAbort,
  };
  struct Action {
    Kind kind = Kind::kManagerCommits;
    std::uint8_t resource = 0;
  };

  struct State {
    std::uint32_t resources = 0;  // two bits each
    std::uint16_t heard = 0;      // by the transaction manager: who is prepared
    std::uint16_t prepared = 0;   // messages: who has said so
    std::uint8_t manager = 0;
    std::uint8_t commit = 0;  // message
    std::uint8_t abort = 0;   // message
    friend bool operator==(const State&, const State&) = default;
  };

  explicit TwoPhaseCommit(unsigned resources, bool symmetry = false)
      : count_(resources), symmetry_(symmetry) {}

  [[nodiscard]] std::vector<State> InitialStates() const { return {State{}}; }

  void Actions(const State& state, std::vector<Action>& out) const {
    if (state.manager == 0) {
      if (state.heard == (1U << count_) - 1) {
        out.push_back({Kind::kManagerCommits, 0});
      }
      out.push_back({Kind::kManagerAborts, 0});
    }
    for (std::uint8_t rm = 0; rm < count_; ++rm) {
      if (state.manager == 0 && (state.prepared >> rm & 1U) != 0) {
        out.push_back({Kind::kManagerHears, rm});
      }
      if (Of(state, rm) == Resource::kWorking) {
        out.push_back({Kind::kPrepares, rm});
        out.push_back({Kind::kChoosesToAbort, rm});
      }
      if (state.commit != 0) {
        out.push_back({Kind::kHearsCommit, rm});
      }
      if (state.abort != 0) {
        out.push_back({Kind::kHearsAbort, rm});
      }
    }
  }

  [[nodiscard]] std::optional<State> Next(const State& state, const Action& action) const {
    State next = state;
    switch (action.kind) {
      case Kind::kManagerCommits:
        next.manager = static_cast<std::uint8_t>(Manager::kCommitted);
        next.commit = 1;
        break;
      case Kind::kManagerAborts:
        next.manager = static_cast<std::uint8_t>(Manager::kAborted);
        next.abort = 1;
        break;
      case Kind::kManagerHears:
        next.heard = static_cast<std::uint16_t>(next.heard | 1U << action.resource);
        break;
      case Kind::kPrepares:
        Set(next, action.resource, Resource::kPrepared);
        next.prepared = static_cast<std::uint16_t>(next.prepared | 1U << action.resource);
        break;
      case Kind::kChoosesToAbort:
      case Kind::kHearsAbort:
        Set(next, action.resource, Resource::kAborted);
        break;
      case Kind::kHearsCommit:
        Set(next, action.resource, Resource::kCommitted);
        break;
    }
    return next;
  }

  [[nodiscard]] Fingerprint FingerprintOf(const State& state) const {
    const std::uint64_t first = static_cast<std::uint64_t>(state.resources) << 32U |
                                static_cast<std::uint64_t>(state.heard) << 16U | state.prepared;
    const std::uint64_t second =
        static_cast<std::uint64_t>(state.manager | static_cast<unsigned>(state.commit) << 2U |
                                   static_cast<unsigned>(state.abort) << 3U);
    return Mix((first + 0x9e3779b97f4a7c15ULL * (second + 1)) ^ 0x243f6a8885a308d3ULL);
  }

  // Resource managers are interchangeable: they are sorted by all that is known of each.
  [[nodiscard]] State Canonical(const State& state) const {
    if (!symmetry_) {
      return state;
    }
    std::array<std::uint8_t, 16> keys{};
    for (unsigned rm = 0; rm < count_; ++rm) {
      keys[rm] =
          static_cast<std::uint8_t>((state.resources >> 2 * rm & 3U) << 2U |
                                    (state.heard >> rm & 1U) << 1U | (state.prepared >> rm & 1U));
    }
    std::sort(keys.begin(), keys.begin() + count_);
    State sorted = state;
    sorted.resources = 0;
    sorted.heard = 0;
    sorted.prepared = 0;
    for (unsigned rm = 0; rm < count_; ++rm) {
      sorted.resources |= static_cast<std::uint32_t>(keys[rm] >> 2U) << 2 * rm;
      sorted.heard = static_cast<std::uint16_t>(sorted.heard | (keys[rm] >> 1U & 1U) << rm);
      sorted.prepared = static_cast<std::uint16_t>(sorted.prepared | (keys[rm] & 1U) << rm);
    }
    return sorted;
  }

  [[nodiscard]] std::vector<sim::engine::Property<State>> Properties() const {
    const auto any = [count = count_](const State& state, Resource wanted) {
      for (unsigned rm = 0; rm < count; ++rm) {
        if (Of(state, rm) == wanted) {
          return true;
        }
      }
      return false;
    };
    const auto all = [count = count_](const State& state, std::uint32_t each) {
      return state.resources == each * (0x55555555U >> (32 - 2 * count));
    };
    return {{sim::engine::When::kAlways,
             "no resource manager commits while another one aborts",
             [any](const State& state) {
               return !any(state, Resource::kCommitted) || !any(state, Resource::kAborted);
             }},
            {sim::engine::When::kSometimes,
             "all commit",
             [all](const State& state) { return all(state, 2); }},
            {sim::engine::When::kSometimes, "all abort", [all](const State& state) {
               return all(state, 3);
             }}};
  }

 private:
  static Resource Of(const State& state, unsigned rm) {
    return static_cast<Resource>(state.resources >> 2 * rm & 3U);
  }
  static void Set(State& state, unsigned rm, Resource to) {
    state.resources = (state.resources & ~(3U << 2 * rm)) | static_cast<std::uint32_t>(to)
                                                                << 2 * rm;
  }

  unsigned count_;
  bool symmetry_;
};

}  // namespace rehearse::bench
