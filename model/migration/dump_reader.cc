#include "model/migration/dump_reader.h"

#include "model/core/bytes.h"
#include "model/etcd/dump.h"
#include "model/migration/backup.h"

namespace rehearse::migration {

Result<AnyDump> ReadAnyDump(std::string bytes, std::string_view where) {
  if (IsGzip(bytes)) {
    TRY_ASSIGN(bytes, Gunzip(bytes, where));
    if (IsGzip(bytes)) {
      return BadInput(std::string(where) + ": gzip inside gzip");
    }
  }
  if (!etcd::LooksLikeDump(bytes) && LooksLikeBackup(bytes)) {
    const Result<BackupFile> file = ReadBackup(bytes);
    if (!file) {
      return BadInput(std::string(where) + ": " + file.error().message);
    }
    etcd::Keys keys = KeysOf(*file);
    if (keys.Find("") != nullptr) {
      return BadInput(std::string(where) + ": an entry has no key");
    }
    return AnyDump{std::move(keys), 0, DumpKind::kBackup};
  }
  TRY_ASSIGN(etcd::Dump dump, etcd::ParseDump(bytes, where));
  bytes = std::string();  // a large dump need not be there twice
  const etcd::Revision revision = dump.revision;
  return AnyDump{etcd::KeysOf(std::move(dump)), revision, DumpKind::kEtcd};
}

}  // namespace rehearse::migration
