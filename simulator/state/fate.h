// simulator/state/fate.h: what becomes of an action, a read, a pod, a process, the driver.
//
// Shape:   a fate falls on one kind of site each (simulator/fault.h has the table). Fates that last
//          have two forms: for a while (the durations below), and for ever.
// Units:   milliseconds; chosen so that a run notices and a patient one outlives them.
// Source:  Law::kFaultDurations.
#pragma once

#include <string>
#include <string_view>

#include "model/core/instant.h"

namespace rehearse::sim {

inline constexpr Millis kNodesFullMs = Seconds(240);
inline constexpr Millis kNodeLostMs = Seconds(400);
inline constexpr Millis kImagePullFailsMs = Seconds(180);
inline constexpr Millis kCrashLoopsMs = Seconds(90);
inline constexpr Millis kClaimPendingMs = Seconds(180);
inline constexpr Millis kEtcdDownMs = Seconds(300);
inline constexpr Millis kAwayMs = Seconds(600);  // somebody who pressed Ctrl-C comes back

enum class Fate {
  kApplied,
  // ---- of an action
  kNotApplied,        // connection refused: nothing happened
  kConflict,          // the server refuses this time
  kAckLost,           // applied, the client learns nothing
  kTimedOut,          // not applied, the client learns nothing
  kServerError,       // not applied: an internal error of the server
  kForbidden,         // not applied: this once
  kForbiddenForEver,  // from now on, for this verb
  kClaimPending,      // applied, but the new volume claim finds no volume
  kClaimPendingForEver,
  // ---- of a read
  kReadFails,
  kReadStale,
  // ---- while the driver waits; the subject is a pod, a node or an object
  kPodDeleted,
  kPodEvicted,
  kNodesFull,  // no node takes another pod
  kNodesFullForEver,
  kNodeLost,  // its kubelet is silent, what runs there runs on
  kNodeLostForEver,
  kEtcdLeaderChange,
  kEtcdDown,
  kEtcdDownForEver,
  kLeasesLate,   // every lease lives for its full TTL once more
  kScaled,       // by somebody
  kHelmUpgrade,  // by somebody
  kObjectDeleted,
  // ---- of the start of a container
  kImagePullFails,
  kImagePullFailsForEver,
  kCrashLoops,
  kCrashLoopsForEver,
  // ---- of a step of the tool or of helm
  kProcessKilled,
  kStepFails,
  kToolPanics,
  // ---- of a step of the driver
  kDriverKilledBefore,
  kDriverKilledAfter,
  kInterrupted,   // Ctrl-C; goes on later
  kStartedAnew,   // killed, and run again without its journal
  kRunOnceAgain,  // after its end
};
std::string_view NameOf(Fate fate);

// A trouble of the cluster that lasts.
enum class TroubleKind { kImagePull, kCrash, kNodeLost, kForbidden };
struct Trouble {
  TroubleKind kind = TroubleKind::kImagePull;
  std::string subject;  // an image, a node, a verb
  Instant until = kNever;
};

}  // namespace rehearse::sim
