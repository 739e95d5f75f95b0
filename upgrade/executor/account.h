// upgrade/executor/account.h: what the executor says when it stops: where things stand and how to
// go on.
//
// Invariants: nothing is said that was not seen in the last look or verified before; what could not
//         be read is called unknown.
#pragma once

#include <string>

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// `seen` of the context is the last look: releases, deployments, pods, metadata, log.
std::string StopAccount(const Context& context, const Stage& stage, const std::string& why);

// What is left when the hop is done is the backup alone: the tool's configuration is made anew.
enum class Helpers { kThere, kRemoved };
// How to go back to the attempt's backup by hand. REQUIRES: context.hop.metadata.
std::string RestoreCommands(const Context& context, Helpers helpers);

std::string ReachedAccount(const result::Plan& plan, const Facts& facts);

}  // namespace rehearse::upgrade::executor
