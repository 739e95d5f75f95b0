// app/live_start.h: the start of a rehearsal on real parts.
//
// Errors: kInvalidArgument where etcd has keys already; those of helm and etcd.
#pragma once

#include <string>

#include "app/command.h"
#include "app/live_access.h"

namespace rehearse::app {

// Installs the newest release of the situation from its chart and puts its metadata into etcd, but
// for what servers hold by a lease. `chart_folder` as ChartFolder gives it.
Status StartOn(const LiveFlags& flags,
               const cluster::Situation& situation,
               const std::string& chart_folder,
               Terminal& terminal);

}  // namespace rehearse::app
