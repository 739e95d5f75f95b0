// app/dump_file.h: metadata files as the commands take them.
//
// Errors: those of app/files.h and of model/migration/dump_reader.h, which name the file.
#pragma once

#include <string>

#include "app/files.h"
#include "model/core/result.h"
#include "model/migration/dump_reader.h"

namespace rehearse::app {

inline Result<migration::AnyDump> ReadDumpFile(const std::string& path) {
  TRY_ASSIGN(std::string bytes, ReadFile(path));
  return migration::ReadAnyDump(std::move(bytes), path);
}

}  // namespace rehearse::app
