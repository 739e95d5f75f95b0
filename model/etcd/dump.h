// model/etcd/dump.h: the whole content of an etcd as a file: reading and writing dumps.
//
// Shape:  two formats are told apart by their first characters, each plain or gzip:
//         - the JSON that `etcdctl get --prefix '' -w json` prints: one object with header.revision
//           and kvs[] of base64 keys and values;
//         - JSON lines: one object a key: key (text; key_base64 for one that is no UTF-8), value
//           (base64), lease, create_revision, mod_revision, version. Written by WriteJsonLines.
// Errors: kInvalidArgument, `<where>: <place>: <what>`; the place is a line or an index in kvs[].
//         The same key twice is an error: no etcd gives that.
// Not modelled: history of keys; a dump is one revision, which is all that metadata tools read.
#pragma once

#include <string>
#include <string_view>

#include "model/core/result.h"
#include "model/etcd/types.h"

namespace rehearse::etcd {

// True for what ParseDump may be able to read: starts with '{' (after gzip and white space).
bool LooksLikeDump(std::string_view bytes);

Result<Dump> ParseDump(std::string_view bytes, std::string_view where);

std::string WriteJsonLines(const Dump& dump);
std::string WriteJsonLines(const Keys& keys);

Keys KeysOf(Dump dump);
Dump DumpOf(const Keys& keys, Revision revision);

// The keys that are left when every lease has ended: as if all servers had been stopped.
Keys WithoutLeasedKeys(const Keys& keys);

}  // namespace rehearse::etcd
