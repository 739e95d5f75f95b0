// live/etcd_gateway.h: a real etcd through its JSON gateway (/v3/...), which every etcd from 3.4 on
// serves on its client port.
//
// Units:   TTL in seconds, as etcd grants it; milliseconds for limits.
// Errors:  reads: kUnavailable (nothing was read). Writes: kUnavailable (no connection),
//          kOutcomeUnknown (sent, no answer). kFailed: etcd says no; its words are in the message.
//          kInvalidArgument: no http://HOST:PORT. Values never stand in a message.
// Shape:   a range is read at one revision, in pages.
// Threads: one call at a time for each gateway.
// Dialled: where the endpoint is behind a port-forward, it is asked for before the first call and
//          again when a connection was lost: the pod behind it may be another one by then.
// Not modelled: TLS and authentication to etcd.
// Wraps:   cpp-httplib.
// Source:  etcd documentation, "gRPC gateway"; rpc.proto.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "model/core/json.h"
#include "model/core/result.h"
#include "model/etcd/types.h"

namespace rehearse::live {

class EtcdGateway {
 public:
  // Gives an endpoint that can be reached now; it replaces the one of the call before.
  using Dial = std::function<Result<std::string>()>;

  static Result<EtcdGateway> Open(const std::string& endpoint);
  // A dial that fails makes the call kUnavailable.
  static EtcdGateway OpenBy(Dial dial);
  EtcdGateway(EtcdGateway&& other) noexcept;
  EtcdGateway& operator=(EtcdGateway&& other) noexcept;
  ~EtcdGateway();

  // Every key with the prefix; "" for all.
  Result<etcd::Dump> Range(std::string_view prefix);

  Status Put(std::string_view key, std::string_view value, etcd::LeaseId lease = 0);
  // False: the key exists, or its value is another one; nothing was written.
  Result<bool> PutIfAbsent(std::string_view key, std::string_view value, etcd::LeaseId lease = 0);
  Result<bool> CompareAndPut(std::string_view key,
                             std::string_view expected,
                             std::string_view value);
  Status DeleteKey(std::string_view key);
  Status DeletePrefix(std::string_view prefix);

  Result<etcd::LeaseId> Grant(std::int64_t ttl_s);
  // kNotFound: the lease has expired.
  Status KeepAlive(etcd::LeaseId lease);
  Status Revoke(etcd::LeaseId lease);

 private:
  struct Connection;
  explicit EtcdGateway(std::unique_ptr<Connection> connection);
  Result<Json> Post(const char* path, const Json& body, bool mutates);
  Result<Json> PostOnce(const char* path, const Json& body, bool mutates);
  Status Connect();
  Result<bool> Txn(const Json& compare, const Json& put);

  std::unique_ptr<Connection> connection_;
};

}  // namespace rehearse::live
