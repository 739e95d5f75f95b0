// live/lock.h: the object in the cluster that keeps two executors of one release apart.
//
// Shape:  ConfigMap rehearse-lock-<release> in the release's namespace; its data names the holder
//         (live/journal.h). Creating it is the API server's one atomic step. It outlives a crash;
//         the run that is resumed from the same journal has the same holder and goes on.
// Errors: Take: kConflict when somebody else holds it, with what to do about it; else what kubectl
//         says. A create whose outcome is not known is looked up.
// Invariants: Release deletes the object only while this holder is in it.
#pragma once

#include <string>

#include "live/access.h"
#include "model/core/result.h"

namespace rehearse::live {

Status TakeLock(const Access& access, const std::string& holder, const std::string& journal_path);
Status ReleaseLock(const Access& access, const std::string& holder);

}  // namespace rehearse::live
