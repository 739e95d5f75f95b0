#include "tests/fuzz/targets.h"

#include <array>

namespace rehearse::fuzz {

std::span<const Target> Targets() {
  static constexpr std::array<Target, 6> kTargets = {{{"dump", Dump},
                                                      {"backup", Backup},
                                                      {"metadata", Metadata},
                                                      {"release", Release},
                                                      {"capture", Capture},
                                                      {"text", Text}}};
  return kTargets;
}

}  // namespace rehearse::fuzz
