// model/etcd/machine.h: one etcd keyspace and its leases.
//
// Units:        TTL in seconds, as etcd grants it.
// Shape:        State.keys ordered by key; a leased key names its lease.
// Transitions:  Put, PutIfAbsent, DeleteKey, DeletePrefix, Grant, Revoke. Pure: equal inputs give
//               equal outputs. Expiry is Revoke at the time that the simulator's timer says.
// Errors:       PutIfAbsent reports a lost comparison by false; nothing else can fail.
// Invariants:   every leased key names a lease that exists (CheckInvariants).
// Not modelled: compaction, watches, quorum (the simulator makes the whole service unavailable
//               instead); sound here because no procedure reads old revisions or watches through
//               the port, and the tool's session watch is a comparison at each of its steps.
// Source:       ETCD-01 .. ETCD-05.
#pragma once

#include <string_view>

#include "model/etcd/types.h"

namespace rehearse::etcd {

struct Lease {
  std::int64_t ttl_s = 0;
};
// Ids do not count; the TTL does.
inline Fingerprint DigestOf(const Lease& lease) { return Hasher().Add(lease.ttl_s).Get(); }

struct State {
  Keys keys;
  SharedMap<Lease> leases;  // by decimal id
  Revision revision = 1;
  LeaseId next_lease = 1;
};

State FromDump(const Dump& dump, std::int64_t lease_ttl_s);
Dump ToDump(const State& state);

void Put(State& state, std::string_view key, std::string value, LeaseId lease = 0);
// A transaction "version of key is 0 -> put": false where the key exists.
bool PutIfAbsent(State& state, std::string_view key, std::string value, LeaseId lease = 0);
void DeleteKey(State& state, std::string_view key);
void DeletePrefix(State& state, std::string_view prefix);
LeaseId Grant(State& state, std::int64_t ttl_s);
// Removes the lease and every key it holds, in one transaction.
void Revoke(State& state, LeaseId lease);

[[nodiscard]] const Lease* FindLease(const State& state, LeaseId lease);
void CheckInvariants(const State& state);

}  // namespace rehearse::etcd
