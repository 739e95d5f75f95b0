// model/core/hash.h: fixed-key 64-bit hashing for fingerprints.
//
// Shape:  Hasher absorbs values in order; HashString and Mix are the parts. Equal inputs give equal
//         outputs on every machine and in every build: nothing depends on addresses or std::hash.
// Limits: 64 bits. n distinct states collide with a probability of about n*n / 2^65.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace rehearse {

using Fingerprint = std::uint64_t;

constexpr Fingerprint Mix(Fingerprint x) {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31U;
  return x;
}

inline Fingerprint HashString(std::string_view text) {
  Fingerprint hash = 0x9e3779b97f4a7c15ULL ^ (text.size() * 0xff51afd7ed558ccdULL);
  while (text.size() >= 8) {
    Fingerprint word = 0;
    std::memcpy(
        &word, text.data(), 8);  // little-endian hosts only, as all that Debian builds for us
    hash = (hash ^ Mix(word)) * 0x9fb21c651e98df25ULL;
    text.remove_prefix(8);
  }
  Fingerprint tail = 0;
  std::memcpy(&tail, text.data(), text.size());
  return Mix((hash ^ Mix(tail + text.size())) * 0x9fb21c651e98df25ULL);
}

class Hasher {
 public:
  Hasher& Add(std::string_view text) { return Absorb(HashString(text)); }
  Hasher& Add(const char* text) { return Add(std::string_view(text)); }
  template <typename T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) Hasher& Add(T value) {
    return Absorb(static_cast<Fingerprint>(value));
  }
  [[nodiscard]] Fingerprint Get() const { return Mix(state_); }

 private:
  Hasher& Absorb(Fingerprint value) {
    state_ = Mix(state_ + 0x9e3779b97f4a7c15ULL) ^ Mix(value ^ 0x2545f4914f6cdd1dULL);
    return *this;
  }
  Fingerprint state_ = 0x243f6a8885a308d3ULL;
};

}  // namespace rehearse
