// upgrade/executor/earlier_backups.h: what earlier runs on the same release left to go back to, for
// the account of a run that has no backup of its own.
//
// Shape:  known by the labels of claims, tool configurations and tool pods of other attempts, as
//         the last look shows them. No volume is read: whether the file is whole is not said.
#pragma once

#include <string>

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// Why what an earlier attempt left may be a part of the metadata, though it looks like metadata of
// 2.1: a pod of it that was to write failed or is gone, none has restored since, and the metadata
// is not what its configuration was marked with; "" if nothing says so. What serves changes: there
// the mark says nothing. REQUIRES: deployments, pods, configurations and metadata were seen.
std::string HalfDoneBefore(const Context& context);

// Names each backup and, where the metadata may not be what it was, the commands that restore the
// newest. "" where nothing speaks for an earlier run.
std::string EarlierBackupsPart(const Context& context);

}  // namespace rehearse::upgrade::executor
