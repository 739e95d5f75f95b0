// model/etcd/dump_scan.h: dumps as etcdctl and this program write them, read fast.
//
// Shape:  knows objects of the members key, value, lease, create_revision, mod_revision and version
//         in any order, plain strings and whole numbers; no escapes, no other members.
// Errors: none: for anything else it gives nothing, and dump.cc reads the text as any JSON.
#pragma once

#include <optional>
#include <string_view>

#include "model/etcd/types.h"

namespace rehearse::etcd {

// One object per line: key is a text.
std::optional<Dump> ScanLines(std::string_view text);

// One document with header and kvs[]: keys are base64.
std::optional<Dump> ScanEtcdctl(std::string_view text);

}  // namespace rehearse::etcd
