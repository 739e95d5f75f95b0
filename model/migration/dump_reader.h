// model/migration/dump_reader.h: reads any file that holds metadata: etcdctl JSON, JSON lines, the
// migration tool's backup file, each plain or gzip.
//
// Errors: kInvalidArgument, `<where>: ...`.
#pragma once

#include <string>
#include <string_view>

#include "model/core/result.h"
#include "model/etcd/types.h"

namespace rehearse::migration {

enum class DumpKind { kEtcd, kBackup };

struct AnyDump {
  etcd::Keys keys;
  etcd::Revision revision = 0;  // 0 in a backup file
  DumpKind kind = DumpKind::kEtcd;
};

Result<AnyDump> ReadAnyDump(std::string bytes, std::string_view where);

}  // namespace rehearse::migration
