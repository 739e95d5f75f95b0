#include "app/live.h"

#include "app/commands.h"

namespace rehearse::app {

Command LiveCommand() {
  return {.name = "live",
          .summary = "the same on real parts: a control plane of your own, or a cluster you name",
          .subcommands = {
              LiveUpCommand(),
              LiveDownCommand(),
              LiveStartCommand(),
              LiveRunCommand(),
              LiveWatchCommand(),
              LiveChartCommand(),
          }};
}

}  // namespace rehearse::app
