// app/files.h: the file system as commands use it; every other room takes and gives bytes.
//
// Errors:     the message is `cannot read PATH: <the system's words>` (or `write`). Reading:
//             kNotFound when there is no such file, else kInvalidArgument. Writing:
//             kInvalidArgument where another path would help (no such folder, no permission),
//             else kFailed (full disk, I/O error).
// Invariants: WriteFileAtomically leaves either the old file or the whole new one, also when the
//             machine stops in the middle.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/core/result.h"

namespace rehearse::app {

Result<std::string> ReadFile(const std::string& path);

// Writes beside the file, syncs, renames, syncs the folder. A symbolic link stays and its target is
// replaced. What is not a regular file (a pipe, /dev/stdout) is written directly.
Status WriteFileAtomically(const std::string& path, std::string_view bytes);

bool IsDirectory(const std::string& path);

// The names (without the folder) of all entries, sorted.
Result<std::vector<std::string>> ListDirectory(const std::string& path);

}  // namespace rehearse::app
