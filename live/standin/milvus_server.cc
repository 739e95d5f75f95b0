#include "live/standin/milvus_server.h"

#include <chrono>
#include <cstdlib>

#include "live/process.h"
#include "model/etcd/dump.h"

namespace rehearse::live {
namespace {

std::int64_t UnixNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

MilvusServer::MilvusServer(EtcdGateway& etcd, ServerJob job)
    : etcd_(etcd),
      job_(std::move(job)),
      facts_(milvus::FactsOf(job_.version)),
      missing_(milvus::RolesOf(job_.args, job_.version)) {}

Result<std::int64_t> MilvusServer::TakeServerId() {
  const std::string key = milvus::ServerIdCounterKey(job_.root_path);
  while (true) {
    TRY_ASSIGN(const etcd::Dump dump, etcd_.Range(key));
    if (dump.kvs.empty() || dump.kvs.front().key != key) {
      TRY_ASSIGN(const bool first, etcd_.PutIfAbsent(key, "2"));
      if (first) {
        return 1;
      }
      continue;
    }
    const std::string& value = dump.kvs.front().value;
    const std::int64_t id = std::atoll(value.c_str());
    TRY_ASSIGN(const bool taken, etcd_.CompareAndPut(key, value, std::to_string(id + 1)));
    if (taken) {
      return id;
    }
  }
}

Result<bool> MilvusServer::Register(milvus::Role role) {
  if (server_id_ == 0 || !facts_.shares_server_id) {
    TRY_ASSIGN(server_id_, TakeServerId());
  }
  milvus::SessionRequest request;
  request.root_path = job_.root_path;
  request.role = role;
  request.server = job_.version;
  request.server_id = server_id_;
  request.address = "192.0.2.1:" + std::to_string(milvus::DefaultPort(role, job_.version));
  request.host_name = job_.host_name;
  TRY_ASSIGN(request.lease, etcd_.Grant(facts_.session_ttl_s));
  TRY_ASSIGN(
      const bool won,
      etcd_.PutIfAbsent(milvus::SessionKey(request), milvus::SessionValue(request), request.lease));
  if (!won) {
    TRY(etcd_.Revoke(request.lease));
    return false;
  }
  sessions_.push_back({request.lease, Seconds(facts_.session_ttl_s), SteadyMillis()});
  node_id_ = role == milvus::Role::kDataNode ? server_id_ : node_id_;
  query_node_id_ = role == milvus::Role::kQueryNode ? server_id_ : query_node_id_;
  return true;
}

Status MilvusServer::WriteStartKeys() {
  TRY_ASSIGN(etcd::Dump dump, etcd_.Range(job_.root_path));
  milvus::StartRequest request;
  request.root_path = job_.root_path;
  request.server = job_.version;
  request.node_id = node_id_;
  request.query_node_id = query_node_id_;
  request.now_unix_ns = UnixNanos();
  TRY_ASSIGN(const milvus::StartOutcome outcome,
             milvus::StartWrites(etcd::KeysOf(std::move(dump)), request));
  for (const milvus::StartWrite& write : outcome.writes) {
    TRY(write.value ? etcd_.Put(write.key, *write.value) : etcd_.DeleteKey(write.key));
  }
  return {};
}

void MilvusServer::KeepAlive() {
  const Millis now = SteadyMillis();
  for (Session& session : sessions_) {
    if (now - session.kept_at_ms <= session.ttl_ms / 3) {
      continue;
    }
    const Status kept = etcd_.KeepAlive(session.lease);
    if (kept) {
      session.kept_at_ms = now;
    } else if (kept.error().code == ErrorCode::kNotFound) {
      panic_ = "panic: the lease of a session has expired";  // Law::kSessionLostExits
    }
  }
}

void MilvusServer::RegisterMissing() {
  std::vector<milvus::Role> missing;
  bool held = false;
  for (const milvus::Role role : missing_) {
    const Result<bool> registered = Register(role);
    if (!registered.value_or(false)) {
      missing.push_back(role);
      held = held || registered.has_value();
    }
  }
  missing_ = std::move(missing);
  attempts_ += held ? 1 : 0;
  if (attempts_ >= facts_.register_attempts) {
    panic_ = "panic: All attempts results: " + milvus::RegisterConflictText(missing_.front());
  }
}

void MilvusServer::Tick() {
  KeepAlive();
  const Millis now = SteadyMillis();
  if (healthy_ || now < next_try_ms_) {
    return;
  }
  if (!missing_.empty()) {
    RegisterMissing();
    recovered_ms_ = now + job_.recover_ms;
  }
  next_try_ms_ = now + facts_.register_retry_ms;
  healthy_ = missing_.empty() && now >= recovered_ms_ && WriteStartKeys().has_value();
}

Status MilvusServer::Stop() {
  for (const Session& session : sessions_) {
    if (const auto status = etcd_.Revoke(session.lease);
        !status && status.error().code != ErrorCode::kNotFound) {
      return status;
    }
  }
  sessions_.clear();
  return {};
}

}  // namespace rehearse::live
