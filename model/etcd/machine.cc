#include "model/etcd/machine.h"

#include "model/core/check.h"

namespace rehearse::etcd {
namespace {

void Write(State& state, std::string_view key, std::string value, LeaseId lease) {
  const Entry* old = state.keys.Find(key);
  Entry entry;
  entry.value = std::move(value);
  entry.lease = lease;
  entry.create_revision = old != nullptr ? old->create_revision : state.revision;
  entry.mod_revision = state.revision;
  entry.version = old != nullptr ? old->version + 1 : 1;
  state.keys = state.keys.Set(std::string(key), std::move(entry));
}

std::vector<std::string> KeysOf(const State& state, LeaseId lease) {
  std::vector<std::string> names;
  state.keys.ForEach([&](const std::string& key, const auto& entry) {
    if (entry->lease == lease) {
      names.push_back(key);
    }
  });
  return names;
}

}  // namespace

State FromDump(const Dump& dump, std::int64_t lease_ttl_s) {
  State state;
  state.revision = dump.revision;
  for (const KeyValue& kv : dump.kvs) {
    state.keys = state.keys.Set(
        kv.key, Entry{kv.value, kv.lease, kv.create_revision, kv.mod_revision, kv.version});
    state.revision = std::max(state.revision, kv.mod_revision);
    if (kv.lease != 0) {
      state.leases = state.leases.Set(std::to_string(kv.lease), Lease{lease_ttl_s});
      state.next_lease = std::max(state.next_lease, kv.lease + 1);
    }
  }
  return state;
}

Dump ToDump(const State& state) {
  Dump dump;
  dump.revision = state.revision;
  state.keys.ForEach([&](const std::string& key, const auto& entry) {
    dump.kvs.push_back(KeyValue{key,
                                entry->value,
                                entry->lease,
                                entry->create_revision,
                                entry->mod_revision,
                                entry->version});
  });
  return dump;
}

// Law::kEtcdPutIsOneRevision
void Put(State& state, std::string_view key, std::string value, LeaseId lease) {
  CHECK(lease == 0 || FindLease(state, lease) != nullptr);
  ++state.revision;
  Write(state, key, std::move(value), lease);
}

// Law::kEtcdTxnIsAtomic
bool PutIfAbsent(State& state, std::string_view key, std::string value, LeaseId lease) {
  if (state.keys.Find(key) != nullptr) {
    return false;
  }
  Put(state, key, std::move(value), lease);
  return true;
}

void DeleteKey(State& state, std::string_view key) {
  if (state.keys.Find(key) != nullptr) {
    ++state.revision;
    state.keys = state.keys.Erase(key);
  }
}

// Law::kEtcdPrefixDelete
void DeletePrefix(State& state, std::string_view prefix) {
  std::vector<std::string> names;
  state.keys.ForPrefix(prefix, [&](const std::string& key, const auto&) { names.push_back(key); });
  state.revision += names.empty() ? 0 : 1;
  for (const std::string& name : names) {
    state.keys = state.keys.Erase(name);
  }
}

LeaseId Grant(State& state, std::int64_t ttl_s) {
  CHECK(ttl_s > 0);
  const LeaseId lease = state.next_lease++;
  state.leases = state.leases.Set(std::to_string(lease), Lease{ttl_s});
  return lease;
}

// Law::kEtcdLeaseTakesItsKeys
void Revoke(State& state, LeaseId lease) {
  const auto names = KeysOf(state, lease);
  state.revision += names.empty() ? 0 : 1;
  for (const std::string& name : names) {
    state.keys = state.keys.Erase(name);
  }
  state.leases = state.leases.Erase(std::to_string(lease));
}

const Lease* FindLease(const State& state, LeaseId lease) {
  return state.leases.Find(std::to_string(lease));
}

void CheckInvariants(const State& state) {
  state.keys.ForEach([&](const std::string&, const auto& entry) {
    CHECK(entry->lease == 0 || FindLease(state, entry->lease) != nullptr);
    CHECK(entry->mod_revision >= entry->create_revision);
  });
}

}  // namespace rehearse::etcd
