// model/cluster/command_line.h: reads and actions as the commands a person would type.
//
// Shape: Argv is an argument vector (no shell); Shell quotes it for copying into one. The plan
//        prints them, traces keep them, a live cluster runs them.
#pragma once

#include <string>
#include <vector>

#include "model/cluster/port.h"

namespace rehearse::cluster {

struct Command {
  std::vector<std::string> argv;  // argv[0] is kubectl, helm or etcdctl
  std::string input;              // piped to it
};

Command CommandOf(const Action& action);
Command CommandOf(const Query& query);

// One line for a POSIX shell; an input is shown as a here-document of manifests.
std::string Shell(const Command& command);

// One flat line for progress and traces, without the input.
std::string Line(const Command& command);

// A few words without values: "scale Deployment/x to 0".
std::string Describe(const Action& action);
std::string Describe(const Query& query);

}  // namespace rehearse::cluster
