#include <array>

#include "model/core/law.h"

namespace rehearse {
namespace {

constexpr std::array<LawText, kLawCount + 1> kLaws = {{
#define LAW(name, id, basis, statement, source) LawText{id, Basis::basis, statement, source},
#include "model/core/laws/all.def"
#undef LAW
    LawText{},  // stands for Law::kCount, so that an empty registry compiles
}};

}  // namespace

const LawText& TextOf(Law law) { return kLaws.at(static_cast<std::size_t>(law)); }

std::string_view NameOf(Basis basis) {
  switch (basis) {
    case Basis::kMeasured:
      return "measured";
    case Basis::kRead:
      return "read";
    case Basis::kAssumed:
      return "assumed";
  }
  return "assumed";
}

std::size_t LawSet::Count(Basis basis) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < kLawCount; ++i) {
    if (bits_.test(i) && kLaws.at(i).basis == basis) {
      ++count;
    }
  }
  return count;
}

}  // namespace rehearse
