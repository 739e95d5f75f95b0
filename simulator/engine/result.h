// simulator/engine/result.h: what a search is given and what it says.
//
// Units:  bytes; milliseconds of the clock that options bring along.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/core/instant.h"
#include "simulator/engine/model.h"

namespace rehearse::sim::engine {

struct Progress {
  std::int64_t states = 0;
  std::int64_t waiting = 0;  // known and not yet expanded
  int cost = 0;
  int depth = 0;
  Millis elapsed_ms = 0;
  Millis left_ms_min = 0;  // for what is waiting, at the rate so far; what it leads to comes on top
};

struct SearchOptions {
  int threads = 1;
  int cost_max = kNoCostLimit;
  bool stop_at_first = true;                // at the first violated property
  std::size_t memory_max = 0;               // bytes; 0: no bound
  std::function<Millis()> elapsed_ms = {};  // a clock; empty: no time budget, no progress
  Millis budget_ms = 0;                     // 0: no bound
  std::function<void(const Progress&)> progress = {};  // may be empty
};

enum class Verdict { kHolds, kViolated, kUnknown };
enum class StoppedBy { kNothing, kViolation, kObserver, kTime, kMemory };

template <Model M>
struct Path {
  std::vector<typename M::State> states;  // one more than actions; empty: there is no path to show
  std::vector<typename M::Action> actions;
  std::size_t loops_to = 0;  // for a path that circles: the state that the last one equals
  bool is_loop = false;
};

template <Model M>
struct Discovery {
  std::string property;
  Path<M> path;
};

template <Model M>
struct SearchResult {
  Verdict verdict = Verdict::kUnknown;
  StoppedBy stopped_by = StoppedBy::kNothing;
  std::int64_t states = 0;       // distinct
  std::int64_t transitions = 0;  // generated
  std::int64_t waiting = 0;      // known and not yet expanded, at the end
  int cost = 0;                  // of the layer that was searched last
  int depth = 0;
  std::vector<Discovery<M>> discoveries;  // at most one a property
  std::vector<char> properties_seen;      // in the model's order: held in some state
  std::size_t visited_bytes = 0;
  std::size_t frontier_bytes_max = 0;
  std::int64_t waiting_max = 0;
};

template <Model M>
Progress ProgressOf(const SearchResult<M>& result, Millis elapsed_ms) {
  const Millis left = elapsed_ms * result.waiting / (result.states == 0 ? 1 : result.states);
  return {result.states, result.waiting, result.cost, result.depth, elapsed_ms, left};
}

}  // namespace rehearse::sim::engine
