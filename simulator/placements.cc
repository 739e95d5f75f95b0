#include "simulator/placements.h"

#include "model/core/check.h"

namespace rehearse::sim {
namespace {

using Sum = Placements::Sum;

void Add(Sum& sum, const Sum& more) {
  sum.all += more.all;
  sum.reached += more.reached;
}

}  // namespace

Placements::Index Placements::IndexOf(Fingerprint node) {
  const auto [at, is_new] = index_.emplace(node, static_cast<Index>(runs_.size()));
  if (is_new) {
    CHECK(runs_.size() < kNone);
    runs_.push_back({kNone, {}, node});
  }
  return at->second;
}

void Placements::AddEdge(Fingerprint from, Fingerprint to, bool with_fault) {
  const Index source = IndexOf(from);
  const Index target = IndexOf(to);
  if (with_fault) {
    forks_.push_back({source, target});
  } else {
    runs_[source].next = target;
  }
}

void Placements::AddEnd(Fingerprint node, bool reached) {
  runs_[IndexOf(node)].end = {1, reached ? 1 : 0};
}

std::vector<Sum> Placements::Count(Fingerprint start, int faults_max) const {
  std::vector<Sum> answer;
  const auto first = index_.find(start);
  if (first == index_.end()) {
    return answer;
  }
  std::vector<Sum> fewer;  // of each node, with one fault fewer
  for (int faults = 0; faults <= faults_max; ++faults) {
    std::vector<Sum> sums(runs_.size());
    if (faults == 0) {
      for (std::size_t i = 0; i < runs_.size(); ++i) {
        sums[i] = runs_[i].end;
      }
    } else {
      for (const Fork& fork : forks_) {
        Add(sums[fork.from], fewer[fork.to]);
      }
    }
    std::vector<char> is_done(runs_.size());
    std::vector<Index> path;
    for (Index i = 0; i < runs_.size(); ++i) {
      for (Index at = i; at != kNone && is_done[at] == 0; at = runs_[at].next) {
        is_done[at] = 1;
        path.push_back(at);
      }
      for (; !path.empty(); path.pop_back()) {
        const Index next = runs_[path.back()].next;
        if (next != kNone && next != path.back()) {
          Add(sums[path.back()], sums[next]);
        }
      }
    }
    answer.push_back(sums[first->second]);
    fewer = std::move(sums);
  }
  return answer;
}

std::vector<Fingerprint> Placements::Circles() const {
  std::vector<Fingerprint> circles;
  std::vector<Index> walk_of(runs_.size(), kNone);  // the walk that came by first
  for (Index walk = 0; walk < runs_.size(); ++walk) {
    Index at = walk;
    for (; at != kNone && walk_of[at] == kNone; at = runs_[at].next) {
      walk_of[at] = walk;
    }
    if (at != kNone && walk_of[at] == walk) {
      circles.push_back(runs_[at].node);
    }
  }
  return circles;
}

}  // namespace rehearse::sim
