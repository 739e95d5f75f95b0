#include "model/charts/needs.h"

namespace rehearse::charts {

NeedOutcome CheckNeeds(const ChartInfo& chart, const Json& values, bool is_install) {
  static_cast<void>(chart);
  static_cast<void>(values);
  static_cast<void>(is_install);
  return std::monostate{};
}

}  // namespace rehearse::charts
