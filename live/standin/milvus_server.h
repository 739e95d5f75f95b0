// live/standin/milvus_server.h: what a Milvus server does to its etcd, done to a real one.
//
// Shape:  registers the sessions of its roles with leases and keeps them alive, writes what its
//         version writes at a start, revokes its leases when it is asked to stop. It serves no
//         client. The rules are the model's (model/milvus/machine.h): no evidence for them.
//         Whether it ends where a real server would (panic) is its owner's affair.
// Units:  milliseconds. Tick is to be called a few times a second.
#pragma once

#include <string>
#include <vector>

#include "live/etcd_gateway.h"
#include "model/milvus/machine.h"

namespace rehearse::live {

struct ServerJob {
  Version version;
  std::string root_path;
  std::vector<std::string> args;  // of the container
  std::string host_name;
  Millis recover_ms = 0;  // from the last session to healthy
};

class MilvusServer {
 public:
  MilvusServer(EtcdGateway& etcd, ServerJob job);

  // Registers what is missing, keeps alive, writes the keys of a start.
  void Tick();
  [[nodiscard]] bool healthy() const { return healthy_; }
  // What a real server says when it ends by itself; "" while it does not: a key is held by another
  // one for too many attempts, or a lease of its own has expired.
  [[nodiscard]] const std::string& panic() const { return panic_; }
  void KeepAlive();
  // SIGTERM: every session is gone afterwards. Errors: those of etcd.
  Status Stop();

 private:
  struct Session {
    etcd::LeaseId lease = 0;
    Millis ttl_ms = 0;
    Millis kept_at_ms = 0;
  };
  Result<bool> Register(milvus::Role role);
  Result<std::int64_t> TakeServerId();
  Status WriteStartKeys();
  void RegisterMissing();

  EtcdGateway& etcd_;
  ServerJob job_;
  milvus::ServerFacts facts_;
  std::vector<milvus::Role> missing_;
  std::vector<Session> sessions_;
  std::int64_t server_id_ = 0;
  std::int64_t node_id_ = 0;
  std::int64_t query_node_id_ = 0;
  Millis next_try_ms_ = 0;
  Millis recovered_ms_ = 0;
  std::int64_t attempts_ = 0;  // that met a key of somebody else
  std::string panic_;
  bool healthy_ = false;
};

}  // namespace rehearse::live
