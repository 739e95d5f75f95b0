#include "simulator/state/fate.h"

namespace rehearse::sim {

std::string_view NameOf(Fate fate) {
  switch (fate) {
    case Fate::kApplied:
      return "applied";
    case Fate::kNotApplied:
      return "not applied";
    case Fate::kConflict:
      return "conflict";
    case Fate::kAckLost:
      return "applied, acknowledgement lost";
    case Fate::kTimedOut:
      return "timeout, not applied";
    case Fate::kServerError:
      return "server error";
    case Fate::kForbidden:
      return "forbidden";
    case Fate::kForbiddenForEver:
      return "forbidden for ever";
    case Fate::kClaimPending:
      return "claim pending";
    case Fate::kClaimPendingForEver:
      return "claim pending for ever";
    case Fate::kReadFails:
      return "read fails";
    case Fate::kReadStale:
      return "stale read";
    case Fate::kPodDeleted:
      return "pod deleted";
    case Fate::kPodEvicted:
      return "pod evicted";
    case Fate::kNodesFull:
      return "nodes full";
    case Fate::kNodesFullForEver:
      return "nodes full for ever";
    case Fate::kNodeLost:
      return "node lost";
    case Fate::kNodeLostForEver:
      return "node lost for ever";
    case Fate::kEtcdLeaderChange:
      return "etcd leader changes";
    case Fate::kEtcdDown:
      return "etcd down";
    case Fate::kEtcdDownForEver:
      return "etcd down for ever";
    case Fate::kLeasesLate:
      return "leases late";
    case Fate::kScaled:
      return "somebody scales";
    case Fate::kHelmUpgrade:
      return "somebody upgrades";
    case Fate::kObjectDeleted:
      return "somebody deletes";
    case Fate::kImagePullFails:
      return "image pull fails";
    case Fate::kImagePullFailsForEver:
      return "image pull fails for ever";
    case Fate::kCrashLoops:
      return "crash loop";
    case Fate::kCrashLoopsForEver:
      return "crash loop for ever";
    case Fate::kProcessKilled:
      return "process killed";
    case Fate::kStepFails:
      return "request fails";
    case Fate::kToolPanics:
      return "tool panics";
    case Fate::kDriverKilledBefore:
      return "executor killed before";
    case Fate::kDriverKilledAfter:
      return "executor killed after";
    case Fate::kInterrupted:
      return "interrupted";
    case Fate::kStartedAnew:
      return "started anew";
    case Fate::kRunOnceAgain:
      return "run once again";
  }
  return "unknown";
}

}  // namespace rehearse::sim
