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

std::size_t Numbering::PlaceOf(Fingerprint fingerprint) const {
  const std::size_t mask = fingerprints_.size() - 1;
  std::size_t place = fingerprint & mask;
  while (numbers_[place] != kNone && fingerprints_[place] != fingerprint) {
    place = (place + 1) & mask;
  }
  return place;
}

std::uint32_t Numbering::Find(Fingerprint fingerprint) const {
  return numbers_[PlaceOf(fingerprint)];
}

std::uint32_t Numbering::NumberOf(Fingerprint fingerprint, std::uint32_t next) {
  std::size_t place = PlaceOf(fingerprint);
  if (numbers_[place] != kNone) {
    return numbers_[place];
  }
  if (4 * count_ >= 3 * numbers_.size()) {
    Grow();
    place = PlaceOf(fingerprint);
  }
  fingerprints_[place] = fingerprint;
  numbers_[place] = next;
  ++count_;
  return next;
}

void Numbering::Grow() {
  std::vector<Fingerprint> fingerprints(2 * fingerprints_.size());
  std::vector<std::uint32_t> numbers(2 * numbers_.size(), kNone);
  fingerprints_.swap(fingerprints);
  numbers_.swap(numbers);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != kNone) {
      const std::size_t place = PlaceOf(fingerprints[i]);
      fingerprints_[place] = fingerprints[i];
      numbers_[place] = numbers[i];
    }
  }
}

std::uint32_t Placements::NumberOf(Fingerprint node) {
  const auto next = static_cast<Index>(runs_.size());
  const Index number = numbers_.NumberOf(node, next);
  if (number == next) {
    CHECK(next < kNone);
    runs_.push_back({kNone, {}});
  }
  return number;
}

void Placements::AddEdge(Fingerprint from, Fingerprint to, bool with_fault) {
  const Index source = NumberOf(from);
  const Index target = NumberOf(to);
  if (with_fault) {
    forks_.push_back({source, target});
  } else {
    runs_[source].next = target;
  }
}

void Placements::AddEnd(Fingerprint node, bool reached) {
  runs_[NumberOf(node)].end = {1, reached ? 1 : 0};
}

std::vector<Sum> Placements::Count(Fingerprint start, int faults_max) const {
  std::vector<Sum> answer;
  const Index first = numbers_.Find(start);
  if (first == kNone) {
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
    answer.push_back(sums[first]);
    fewer = std::move(sums);
  }
  return answer;
}

std::vector<std::uint32_t> Placements::Circles() const {
  std::vector<std::uint32_t> circles;
  std::vector<Index> walk_of(runs_.size(), kNone);  // the walk that came by first
  for (Index walk = 0; walk < runs_.size(); ++walk) {
    Index at = walk;
    for (; at != kNone && walk_of[at] == kNone; at = runs_[at].next) {
      walk_of[at] = walk;
    }
    if (at != kNone && walk_of[at] == walk) {
      circles.push_back(at);
    }
  }
  return circles;
}

}  // namespace rehearse::sim
