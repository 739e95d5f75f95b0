#include <gtest/gtest.h>
#include <chrono>
#include <cstdio>
#include "simulator/explorer.h"
#include "tests/support/rehearsals.h"
namespace rehearse::tests {
TEST(Zz, Stat) {
  const app::Rehearsal hop = Hop();
  const char* k = getenv("K");
  sim::ExploreOptions o{.faults_max = k ? atoi(k) : 1, .threads = 2};
  const bool list = getenv("LIST") != nullptr;
  if (list) {
    o.judge = [](const sim::Session& s) {
      return std::vector<sim::Violation>{{"end", s.cluster().Now(), ""}};
    };
    o.must_reach_faults = -1;
    o.findings_max = 1000000;
  }
  timespec c0, c1;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c0);
  const auto r = app::ExploreRehearsal(hop, o);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c1);
  const double cpu = double(c1.tv_sec - c0.tv_sec) + 1e-9 * double(c1.tv_nsec - c0.tv_nsec);
  for (std::size_t i = 0; i < r.placements_by_faults.size(); ++i)
    printf("faults %zu: %ld\n", i, long(r.placements_by_faults[i]));
  printf("placements %ld reached %ld states %ld merged %ld steps %ld ends %ld mem %.1f MB cpu %.2f s  %.0f steps/s findings %ld\n",
         long(r.placements), long(r.reached), long(r.states), long(r.merged), long(r.steps),
         long(r.ends), double(r.memory_bytes) / 1e6, cpu, double(r.steps) / cpu, long(r.findings_total));
  if (list)
    for (const auto& f : r.findings) {
      printf("END");
      for (const auto& x : f.faults) printf(" [%s %ld %s %s]", std::string(NameOf(x.site)).c_str(), long(x.number), std::string(NameOf(x.fate)).c_str(), x.subject.c_str());
      printf(" steps %ld\n", long(f.steps));
    }
}
}  // namespace rehearse::tests
