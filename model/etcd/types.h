// model/etcd/types.h: what etcd holds: keys, values, revisions and leases.
//
// Units:  revisions count committed transactions; TTL in seconds as etcd grants it.
// Shape:  keys are full paths without a leading slash (by-dev/meta/...); values are raw bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/hash.h"
#include "model/core/instant.h"
#include "model/core/shared_map.h"

namespace rehearse::etcd {

using LeaseId = std::int64_t;
using Revision = std::int64_t;

struct KeyValue {
  std::string key;
  std::string value;
  LeaseId lease = 0;  // 0: not leased
  Revision create_revision = 0;
  Revision mod_revision = 0;
  std::int64_t version = 1;  // number of puts since the key was created
};

// What one key maps to; revisions are left out of its digest.
struct Entry {
  std::string value;
  LeaseId lease = 0;
  Revision create_revision = 0;
  Revision mod_revision = 0;
  std::int64_t version = 1;
};

// Keys in order; the form in which a dump is read and the migration tool and the views see etcd.
using Keys = SharedMap<Entry>;

// Semantic: the value and whether a lease holds it. Lease ids and revisions do not count.
inline Fingerprint DigestOf(const Entry& entry) {
  return Hasher().Add(entry.value).Add(entry.lease != 0).Get();
}

struct Dump {
  std::vector<KeyValue> kvs;  // sorted by key
  Revision revision = 0;
};

}  // namespace rehearse::etcd
