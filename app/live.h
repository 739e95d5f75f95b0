// app/live.h: the subcommands of `rehearse live`.
#pragma once

#include "app/command.h"

namespace rehearse::app {

Command LiveUpCommand();
Command LiveDownCommand();
Command LiveStartCommand();
Command LiveRunCommand();
Command LiveWatchCommand();
Command LiveChartCommand();

}  // namespace rehearse::app
