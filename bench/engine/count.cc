// bench/engine/count.cc: the generic engine on two-phase commit: count N [THREADS] [symmetry].
// Prints "states transitions visited_bytes frontier_bytes"; exits with 1 if a property fails.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/engine/two_phase_commit.h"
#include "simulator/engine/search.h"

int main(int argc, char** argv) {
  namespace engine = rehearse::sim::engine;
  using rehearse::bench::TwoPhaseCommit;
  if (argc < 2) {
    std::fputs("usage: count N [THREADS] [symmetry]\n", stderr);
    return 64;
  }
  const bool symmetry = argc > 3 && std::string_view(argv[3]) == "symmetry";
  const TwoPhaseCommit model(static_cast<unsigned>(std::atoi(argv[1])), symmetry);
  engine::SearchOptions options;
  options.threads = argc > 2 ? std::atoi(argv[2]) : 1;
  const auto result = engine::Search<TwoPhaseCommit>(model, options).Run();
  std::printf("%lld %lld %zu %zu\n",
              static_cast<long long>(result.states),
              static_cast<long long>(result.transitions),
              result.visited_bytes,
              result.frontier_bytes_max);
  return result.verdict == engine::Verdict::kHolds ? 0 : 1;
}
