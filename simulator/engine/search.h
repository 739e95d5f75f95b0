// simulator/engine/search.h: exhaustive search of a model, cheapest and shortest paths first.
//
// Shape:   breadth first by (cost, depth), in blocks: the workers of a crew expand the states of a
//          block, then each inserts what belongs to its own shards of the visited set, then the
//          new states are taken over in the order in which one thread would have found them. Dearer
//          actions wait, with the state they start from, until everything cheaper is done.
// Results: the same for every number of threads, paths included.
// Bounds:  no capacities. Budgets of time and memory stop it with kUnknown; Run goes on where it
//          stopped if it is called again.
// Memory:  12 bytes a state and the spare capacity of visited.h; the path to a state is found again
//          by a walk along the kept halves of the parents' fingerprints (path.h).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <utility>

#include "simulator/engine/expander.h"
#include "simulator/engine/lasso.h"
#include "simulator/engine/workers.h"

namespace rehearse::sim::engine {

// Told of the search in order, by one thread. Members that it lacks are not called.
struct NoObserver {};

template <Model M, typename Observer = NoObserver>
class Search {
 public:
  using State = typename M::State;
  using Action = typename M::Action;

  Search(const M& model, SearchOptions options, Observer* observer = nullptr)
      : model_(model),
        options_(std::move(options)),
        observer_(observer),
        items_(model),
        crew_(options_.threads),
        inserters_(MakeInserters<M>(crew_.size())) {
    result_.properties_seen.resize(items_.properties().size(), 0);
    Begin();
  }

  [[nodiscard]] SearchOptions& options() { return options_; }

  SearchResult<M> Run() {
    result_.stopped_by = StoppedBy::kNothing;
    while (result_.stopped_by == StoppedBy::kNothing && Ready()) {
      if (at_ < layer_.size()) {
        ExpandBlock();
      } else {
        CarryOutBlock();
      }
      Account();
    }
    Conclude();
    return result_;
  }

 private:
  using Item = ItemOf<M>;
  using Found = FoundItem<M>;
  using Dearer = DearerAction<M>;
  using Chunk = ChunkOf<M>;
  static constexpr bool kTellsExpanded = requires(Observer & observer, const State& state) {
    observer.OnExpanded(state, Fingerprint{});
  };
  static constexpr std::size_t kBlock = 4096;  // states of one round of the crew
  static constexpr std::size_t kChunk = 64;    // states that a worker takes at once

  using Place = std::pair<int, int>;  // cost, depth

  void Begin() {
    std::vector<Chunk> chunks(1);
    for (State& state : model_.InitialStates()) {
      const Item item = items_.Start(std::move(state));
      const Fingerprint fingerprint = items_.FingerprintOf(item);
      chunks[0].found.push_back({item, fingerprint, fingerprint, false, false});
    }
    InsertAll(chunks);
    for (Found& found : chunks[0].found) {
      TakeIn(found, layer_, 0);
    }
  }

  // Makes sure that there is a block to work on; false: everything has been searched.
  bool Ready() {
    if (at_ < layer_.size() || PendingHere() != nullptr) {
      return true;
    }
    layer_.clear();
    at_ = 0;
    if (!next_.empty()) {
      std::swap(layer_, next_);
      ++result_.depth;
      return true;
    }
    if (waiting_.empty()) {
      return false;
    }
    std::tie(result_.cost, result_.depth) = waiting_.begin()->first;
    return true;
  }

  // Dearer actions that lead into the layer that is being searched.
  std::vector<Dearer>* PendingHere() {
    const auto at = waiting_.find(Place{result_.cost, result_.depth});
    return at == waiting_.end() ? nullptr : &at->second;
  }

  // ---- rounds of the crew --------------------------------------------------------------------

  template <typename Work>
  std::vector<Chunk> Share(std::size_t count, Work&& work) {
    std::vector<Chunk> chunks((count + kChunk - 1) / kChunk);
    std::atomic<std::size_t> next{0};
    crew_.Run([&](std::size_t) {
      std::vector<Action> actions;
      for (std::size_t c = next++; c < std::max(chunks.size(), done_.size()); c = next++) {
        if (c < done_.size()) {
          done_[c] = {};
        }
        for (std::size_t i = c * kChunk; i < std::min(count, (c + 1) * kChunk); ++i) {
          work(i, chunks[c], actions);
        }
      }
    });
    done_.clear();
    InsertAll(chunks);
    return chunks;
  }

  void InsertAll(std::vector<Chunk>& chunks) {
    crew_.Run([&](std::size_t worker) {
      for (Chunk& chunk : chunks) {
        inserters_[worker].Insert(visited_, chunk.found);
      }
    });
  }

  void ExpandBlock() {
    const std::size_t count = std::min(kBlock, layer_.size() - at_);
    const Expander<M, kTellsExpanded> expander(items_, options_.cost_max - result_.cost);
    for (std::size_t i = at_; i < at_ + count; ++i) {
      extra_bytes_ -= BytesOf(model_, layer_[i].state);
    }
    std::vector<Chunk> chunks =
        Share(count, [&](std::size_t i, Chunk& chunk, std::vector<Action>& actions) {
          expander.Expand(std::move(layer_[at_ + i]), chunk, actions);
        });
    at_ += count;
    for (Chunk& chunk : chunks) {
      TakeRemarks(chunk);
      for (Found& found : chunk.found) {
        TakeIn(found, next_, 0);
      }
      for (auto& [cost, dearer] : chunk.dearer) {
        extra_bytes_ += BytesOf(model_, dearer.action);
        waiting_[{result_.cost + cost, result_.depth + 1}].push_back(std::move(dearer));
        ++waiting_count_;
      }
    }
    done_ = std::move(chunks);
  }

  void CarryOutBlock() {
    std::vector<Dearer>& all = *PendingHere();
    const std::size_t count = std::min(kBlock, all.size() - carried_);
    const Expander<M, kTellsExpanded> expander(items_, 0);
    for (std::size_t i = carried_; i < carried_ + count; ++i) {
      extra_bytes_ -= BytesOf(model_, all[i].action);
    }
    std::vector<Chunk> chunks =
        Share(count, [&](std::size_t i, Chunk& chunk, std::vector<Action>&) {
          const Dearer dearer = std::move(all[carried_ + i]);
          expander.Follow(dearer.from, items_.FingerprintOf(dearer.from), dearer.action, chunk);
        });
    for (Chunk& chunk : chunks) {
      TakeRemarks(chunk);
      for (Found& found : chunk.found) {
        TakeIn(found, layer_, 1);
      }
    }
    done_ = std::move(chunks);
    carried_ += count;
    waiting_count_ -= count;
    if (carried_ == all.size()) {
      waiting_.erase(Place{result_.cost, result_.depth});
      carried_ = 0;
    }
  }

  // ---- taking over, in order -----------------------------------------------------------------

  void TakeRemarks(Chunk& chunk) {
    result_.transitions += chunk.transitions;
    for (std::size_t i = 0; i < result_.properties_seen.size(); ++i) {
      result_.properties_seen[i] |= static_cast<char>(chunk.seen >> i & 1U);
    }
    for (const Remark& remark : chunk.violated) {
      if (!violated_.contains(remark.property)) {
        violated_[remark.property] = remark.fingerprint;
        result_.stopped_by = options_.stop_at_first ? StoppedBy::kViolation : result_.stopped_by;
      }
    }
    if constexpr (kTellsExpanded) {
      for (auto& [item, fingerprint] : chunk.expanded) {
        if (!observer_->OnExpanded(item.state, fingerprint)) {
          result_.stopped_by = StoppedBy::kObserver;
        }
      }
    }
  }

  // What is known already stays in its chunk.
  void TakeIn(Found& found, std::vector<Item>& layer, int cost) {
    if constexpr (requires { observer_->OnEdge(Fingerprint{}, Fingerprint{}, 0, true); }) {
      observer_->OnEdge(found.parent, found.fingerprint, cost, found.is_new);
    }
    if (found.is_new) {
      ++result_.states;
      extra_bytes_ += BytesOf(model_, found.item.state);
      layer.push_back(std::move(found.item));
    }
  }

  // ---- budgets and the end -------------------------------------------------------------------

  void Account() {
    const std::size_t waiting = layer_.size() - at_ + next_.size();
    const std::size_t frontier = waiting * sizeof(Item) + waiting_count_ * sizeof(Dearer);
    result_.waiting = static_cast<std::int64_t>(waiting + waiting_count_);
    result_.waiting_max = std::max(result_.waiting_max, result_.waiting);
    result_.frontier_bytes_max = std::max(result_.frontier_bytes_max, frontier + extra_bytes_);
    result_.visited_bytes = visited_.Bytes();
    if (result_.stopped_by != StoppedBy::kNothing || result_.waiting == 0) {
      return;
    }
    if (options_.memory_max != 0 &&
        result_.visited_bytes + frontier + extra_bytes_ > options_.memory_max) {
      result_.stopped_by = StoppedBy::kMemory;
    }
    const Millis elapsed_ms = options_.elapsed_ms ? options_.elapsed_ms() : 0;
    if (options_.budget_ms != 0 && elapsed_ms >= options_.budget_ms) {
      result_.stopped_by = StoppedBy::kTime;
    }
    if (options_.progress && options_.elapsed_ms) {
      options_.progress(ProgressOf(result_, elapsed_ms));
    }
  }

  void Conclude() {
    result_.discoveries.clear();
    for (const auto& [property, fingerprint] : violated_) {
      AddDiscovery(property, PathTo(items_, visited_, fingerprint));
    }
    const bool exhausted = result_.stopped_by == StoppedBy::kNothing;
    for (std::size_t i = 0; exhausted && i < items_.properties().size(); ++i) {
      if (items_.properties()[i].when == When::kSometimes && result_.properties_seen[i] == 0) {
        AddDiscovery(i, {});
      }
      if (items_.properties()[i].when == When::kEventually && !violated_.contains(i)) {
        if (auto lasso = FindLasso(items_, i, options_.cost_max)) {
          AddDiscovery(i, *std::move(lasso));
        }
      }
    }
    result_.verdict = !result_.discoveries.empty() ? Verdict::kViolated
                      : exhausted                  ? Verdict::kHolds
                                                   : Verdict::kUnknown;
  }

  void AddDiscovery(std::size_t property, Path<M> path) {
    result_.discoveries.push_back({items_.properties()[property].name, std::move(path)});
  }

  const M& model_;
  SearchOptions options_;
  Observer* observer_;
  Items<M> items_;
  Crew crew_;
  VisitedSet visited_;
  std::vector<Inserter<M>> inserters_;  // one a worker
  std::vector<Chunk> done_;             // taken over; the workers of the next block destroy them
  std::vector<Item> layer_;             // being searched, from at_ on
  std::size_t at_ = 0;
  std::vector<Item> next_;  // one step deeper, at the same cost
  std::map<Place, std::vector<Dearer>> waiting_;
  std::size_t waiting_count_ = 0;
  std::size_t carried_ = 0;                      // of the waiting ones that lead here
  std::size_t extra_bytes_ = 0;                  // that waiting states and actions hold
  std::map<std::size_t, Fingerprint> violated_;  // property -> the first state that shows it
  SearchResult<M> result_;
};

}  // namespace rehearse::sim::engine
