#include "simulator/state/moment.h"

namespace rehearse::sim {

std::string_view NameOf(Moment moment) {
  switch (moment) {
    case Moment::kAckLostButApplied:
      return "an acknowledgement was lost and the action had been applied";
    case Moment::kToolKilledBetweenPuts:
      return "the migration tool was killed between two puts";
    case Moment::kToolFailedAfterClean:
      return "the migration tool failed after it had removed the metadata";
    case Moment::kBackupRestored:
      return "a backup was restored";
    case Moment::kClientKilledWhileStopped:
      return "the procedure was killed while Milvus was stopped";
    case Moment::kReleaseLeftPending:
      return "a helm client died and left the release pending";
    case Moment::kStaleReadDiffered:
      return "a stale read showed what was no longer true";
    case Moment::kLeaseOutlivedItsHolder:
      return "a session outlived its server";
    case Moment::kSomebodyActed:
      return "somebody else acted in the middle";
    case Moment::kCount:
      break;
  }
  return "unknown";
}

}  // namespace rehearse::sim
