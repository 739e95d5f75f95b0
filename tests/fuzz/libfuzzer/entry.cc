// The entry point that libFuzzer looks for; compiled once a target, which REHEARSE_FUZZ names.
#include <cstdint>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  rehearse::fuzz::REHEARSE_FUZZ({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
