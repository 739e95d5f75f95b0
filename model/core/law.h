// model/core/law.h: the registry of laws: every rule and constant of the model has an id, a
// statement in our words and a source, and code names the id.
//
// Shape:  the rows stand in model/core/laws/<room>.def, one X-macro call each:
//         LAW(kName, "ROOM-NN", kMeasured | kRead | kAssumed, "statement", "source")
//         docs/laws.md is generated from them (a test compares).
// Basis:  measured: seen on the real part, with the fixture or trace named; read: in upstream
//         source or documentation, not run; assumed: neither, a stated guess.
#pragma once

#include <bitset>
#include <cstddef>
#include <span>
#include <string_view>

namespace rehearse {

enum class Basis { kMeasured, kRead, kAssumed };

enum class Law : unsigned {
#define LAW(name, id, basis, statement, source) name,
#include "model/core/laws/all.def"
#undef LAW
  kCount
};

struct LawText {
  std::string_view id;
  Basis basis;
  std::string_view statement;
  std::string_view source;
};

inline constexpr std::size_t kLawCount = static_cast<std::size_t>(Law::kCount);

const LawText& TextOf(Law law);
std::string_view NameOf(Basis basis);

// The laws that a result rests on.
class LawSet {
 public:
  LawSet() = default;
  LawSet(std::initializer_list<Law> laws) {
    for (const Law law : laws) {
      Add(law);
    }
  }
  void Add(Law law) { bits_.set(static_cast<std::size_t>(law)); }
  void Add(const LawSet& other) { bits_ |= other.bits_; }
  [[nodiscard]] bool Has(Law law) const { return bits_.test(static_cast<std::size_t>(law)); }
  [[nodiscard]] std::size_t Count(Basis basis) const;

 private:
  std::bitset<kLawCount> bits_;
};

}  // namespace rehearse
