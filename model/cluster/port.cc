#include "model/cluster/port.h"

namespace rehearse::cluster {

std::string_view NameOf(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kReached:
      return "reached";
    case OutcomeKind::kStopped:
      return "stopped";
    case OutcomeKind::kNothingToDo:
      return "nothing-to-do";
  }
  return "";
}

}  // namespace rehearse::cluster
