// upgrade/executor/backup_check.h: reads a backup file back through a reader pod and compares it
// with etcd.
//
// Shape:  ReadAndCompare brings a reader pod up, asks for the file and for the metadata, decodes
// and
//         hands over. A file equals etcd if every durable key (not leased, no session) of each
//         side is in the other, byte for byte.
// Errors: a file that cannot be decoded, or that holds fewer entries than its header promises, is
//         bad; a read that fails is repeated.
#pragma once

#include <functional>
#include <optional>

#include "model/migration/backup.h"
#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

// The file, or why it cannot be decoded.
using Compare = std::function<Verdict(const Result<migration::BackupFile>&)>;
Verdict ReadAndCompare(const Context& context, const Compare& compare);

// Deletes the reader pods; nullopt: there is none.
std::optional<Verdict> RemoveReader(const Context& context);

// Equal: the facts of the verified backup. Not equal (confirmed): marked as bad.
Verdict JudgeBackupFile(const Context& context, const Result<migration::BackupFile>& file);
// The facts as if a backup had been verified, from etcd alone: a seeded bug.
Updates AcceptUnread(const Context& context);

// The first durable key of `wanted` that `keys` lacks or has with another value; "" if none.
std::string FirstMissing(const etcd::Keys& wanted, const etcd::Keys& keys);

}  // namespace rehearse::upgrade::executor
