#include "model/etcd/dump.h"

#include "model/core/check.h"
#include "model/migration/backup.h"
#include "model/migration/dump_reader.h"
#include "tests/fuzz/targets.h"

namespace rehearse::fuzz {

void Dump(std::string_view bytes) {
  const auto dump = migration::ReadAnyDump(std::string(bytes), "the file");
  if (!dump) {
    CHECK(dump.error().message.starts_with("the file: "));
    return;
  }
  const std::string lines = etcd::WriteJsonLines(dump->keys);
  const auto again = migration::ReadAnyDump(lines, "again");
  CHECK(dump->keys.empty() || (again && again->keys == dump->keys));
  CHECK(dump->keys.empty() || etcd::WriteJsonLines(again->keys) == lines);
}

void Backup(std::string_view bytes) {
  const auto file = migration::ReadBackup(bytes);
  if (!file) {
    CHECK(file.error().message.starts_with("invalid backup file, cannot read "));
    return;
  }
  CHECK(migration::LooksLikeBackup(bytes));
  const auto again = migration::ReadBackup(migration::WriteBackup(*file));
  CHECK(again && again->entries == file->entries);
  CHECK(again->IsComplete() == file->IsComplete());
  const etcd::Keys keys = migration::KeysOf(*file);
  CHECK(keys == migration::KeysOf(*again));
  for (const auto& [key, value] : file->entries) {
    CHECK(keys.Find(file->FullKey(key)) != nullptr);
  }
}

}  // namespace rehearse::fuzz
