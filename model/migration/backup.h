// model/migration/backup.h: the backup file of the migration tool, both ways.
//
// Shape:  u64 little-endian length and protobuf header, then length and protobuf entry up to the
// end
//         of the file; no checksum. The tool writes entries in random order, we by key.
// Errors: the tool's own texts. A file that ends between two entries is accepted, as the tool does:
//         header.entries is not compared (callers may: see BackupFile::IsComplete).
// Source: Law::kBackupFileFormat, kBackupTruncatedAccepted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "model/core/result.h"
#include "model/etcd/types.h"

namespace rehearse::migration {

struct BackupHeader {
  std::int32_t version = 0;
  std::string instance;   // metaRootPath without its last element
  std::string meta_path;  // the last element
  std::int64_t entries = 0;
  std::string component;
  std::string extra;  // JSON {"entry_include_root_path":true}

  [[nodiscard]] bool EntryIncludesRootPath() const;
};

struct BackupFile {
  BackupHeader header;
  std::map<std::string, std::string> entries;  // as they stand in the file

  // Not checked by the tool: are all entries there that the header promises?
  [[nodiscard]] bool IsComplete() const;
  // The key in etcd to which an entry is restored.
  [[nodiscard]] std::string FullKey(const std::string& entry_key) const;
};

bool LooksLikeBackup(std::string_view bytes);
Result<BackupFile> ReadBackup(std::string_view bytes);
std::string WriteBackup(const BackupFile& file);

// What `backup` saves of these keys: everything below the meta root that no lease holds.
BackupFile BackupOf(const etcd::Keys& keys, std::string_view meta_root_path);
etcd::Keys KeysOf(const BackupFile& file);

}  // namespace rehearse::migration
