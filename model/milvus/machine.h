// model/milvus/machine.h: what a Milvus server does to etcd when it starts and stops.
//
// Units:        milliseconds for stops, seconds for lease TTLs (as etcd grants them).
// Shape:        facts and pure functions of version and metadata; the simulator supplies time,
//               leases and the order of the roles.
// Transitions:  RegisterAttempt (exclusive keys), StartWrites (what a healthy start leaves behind).
// Errors:       StartWrites gives kInvalidArgument for metadata that the server cannot decode.
// Not modelled: channel checkpoints' positions and timestamps, channel watch values, oracles: their
//               bytes depend on time and on the message queue. Their keys are given with empty
//               values and `value_known = false`; no law of this project reads those values.
// Source:       Law::kSessionTtl210 and the rows after it in model/core/laws/milvus.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/instant.h"
#include "model/core/law.h"
#include "model/core/result.h"
#include "model/core/version.h"
#include "model/etcd/types.h"
#include "model/milvus/types.h"

namespace rehearse::milvus {

struct ServerFacts {
  std::int64_t session_ttl_s = 0;
  Millis graceful_stop_ms = 0;  // SIGTERM until every session is revoked
  std::int64_t register_attempts = 0;
  Millis register_retry_ms = 0;
  bool shares_server_id = false;  // every role of one process has the same ServerID
  bool version_in_session = false;
  bool knows_databases = false;
  LawSet laws;
};
ServerFacts FactsOf(const Version& server);

// The roles that `milvus run ...` registers; args may be given with or without "milvus", "run".
// Empty for arguments that start no role. kMixCoord is given for servers that have it.
std::vector<Role> RolesOf(const std::vector<std::string>& args, const Version& server);

// Only one server may hold the key of an exclusive role.
bool IsExclusive(Role role);

struct SessionRequest {
  std::string_view root_path = "by-dev";
  Role role = Role::kRootCoord;
  std::int64_t server_id = 0;
  std::string address;  // host:port; see DefaultPort
  std::string host_name;
  etcd::LeaseId lease = 0;
  Version server;
};
std::string SessionKey(const SessionRequest& request);
std::string SessionValue(const SessionRequest& request);
int DefaultPort(Role role, const Version& server);
std::string SessionPrefix(std::string_view root_path);       // <root>/meta/session/
std::string ServerIdCounterKey(std::string_view root_path);  // <root>/meta/session/id

// What the loser of a registration logs.
std::string RegisterConflictText(Role role);

struct StartWrite {
  std::string key;
  std::optional<std::string> value;  // nothing: the key is deleted
  bool value_known = true;           // false: only the key is modelled, the value is left empty
};
struct StartRequest {
  std::string root_path = "by-dev";
  Version server;
  std::int64_t node_id = 0;        // ServerID of the datanode
  std::int64_t query_node_id = 0;  // ServerID of the querynode
  std::int64_t now_unix_ns = 0;    // stands in created_time of the default database
};
struct StartOutcome {
  std::vector<StartWrite> writes;  // ordered by key
  LawSet laws;
};
// What this server version has written or removed, beyond sessions, once it is healthy.
Result<StartOutcome> StartWrites(const etcd::Keys& keys, const StartRequest& request);

// Roles whose readiness a role waits for before it registers, within one instance.
std::vector<Role> WaitsFor(Role role, const Version& server);

}  // namespace rehearse::milvus
