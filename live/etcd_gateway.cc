#include "live/etcd_gateway.h"

#include <httplib.h>

#include <charconv>

#include "model/core/bytes.h"

namespace rehearse::live {
namespace {

constexpr std::int64_t kPageKeys = 1000;
constexpr time_t kConnectSeconds = 3;
constexpr time_t kAnswerSeconds = 10;

// The key behind all keys with the prefix; "\0" where there is none.
std::string RangeEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) {
    end.pop_back();
  }
  if (end.empty()) {
    return std::string(1, '\0');
  }
  end.back() = static_cast<char>(end.back() + 1);
  return end;
}

Json PrefixRange(std::string_view prefix) {
  const std::string first = prefix.empty() ? std::string(1, '\0') : std::string(prefix);
  return {{"key", EncodeBase64(first)}, {"range_end", EncodeBase64(RangeEnd(prefix))}};
}

Json PutOf(std::string_view key, std::string_view value, etcd::LeaseId lease) {
  Json put = {{"key", EncodeBase64(key)}, {"value", EncodeBase64(value)}};
  if (lease != 0) {
    put["lease"] = std::to_string(lease);
  }
  return put;
}

// The gateway writes 64-bit integers as texts.
std::int64_t LongAt(const Json& json, std::initializer_list<std::string_view> path) {
  const std::string text = StringAt(json, path);
  std::int64_t value = IntAt(json, path);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<etcd::KeyValue> KeyValueOf(const Json& json) {
  etcd::KeyValue kv;
  TRY_ASSIGN(kv.key, DecodeBase64(StringAt(json, {"key"}), "etcd: key"));
  TRY_ASSIGN(kv.value, DecodeBase64(StringAt(json, {"value"}), "etcd: value"));
  kv.lease = LongAt(json, {"lease"});
  kv.create_revision = LongAt(json, {"create_revision"});
  kv.mod_revision = LongAt(json, {"mod_revision"});
  kv.version = LongAt(json, {"version"});
  return kv;
}

}  // namespace

struct EtcdGateway::Connection {
  std::string name;  // "": not connected
  std::unique_ptr<httplib::Client> client;
  Dial dial;  // null: the endpoint is given
};

EtcdGateway::EtcdGateway(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
EtcdGateway::EtcdGateway(EtcdGateway&& other) noexcept = default;
EtcdGateway& EtcdGateway::operator=(EtcdGateway&& other) noexcept = default;
EtcdGateway::~EtcdGateway() = default;

Result<EtcdGateway> EtcdGateway::Open(const std::string& endpoint) {
  const std::string_view scheme = "http://";
  auto client = std::make_unique<httplib::Client>(endpoint);
  if (!endpoint.starts_with(scheme) || endpoint.find(':', scheme.size()) == std::string::npos ||
      !client->is_valid()) {
    return BadInput("etcd endpoint " + endpoint + ": expected http://HOST:PORT");
  }
  client->set_connection_timeout(kConnectSeconds);
  client->set_read_timeout(kAnswerSeconds);
  client->set_write_timeout(kAnswerSeconds);
  client->set_keep_alive(true);
  auto connection = std::make_unique<Connection>();
  connection->name = endpoint;
  connection->client = std::move(client);
  return EtcdGateway(std::move(connection));
}

EtcdGateway EtcdGateway::OpenBy(Dial dial) {
  auto connection = std::make_unique<Connection>();
  connection->dial = std::move(dial);
  return EtcdGateway(std::move(connection));
}

Status EtcdGateway::Connect() {
  if (!connection_->name.empty()) {
    return {};
  }
  const auto endpoint = connection_->dial();
  if (!endpoint) {
    return Fail(ErrorCode::kUnavailable, "etcd: no way to it: " + endpoint.error().message);
  }
  TRY_ASSIGN(EtcdGateway opened, Open(*endpoint));
  connection_->name = opened.connection_->name;
  connection_->client = std::move(opened.connection_->client);
  return {};
}

Result<Json> EtcdGateway::Post(const char* path, const Json& body, bool mutates) {
  auto answer = PostOnce(path, body, mutates);
  const bool was_lost = connection_->dial != nullptr && connection_->name.empty();
  const bool changed_nothing = !answer && answer.error().code == ErrorCode::kUnavailable;
  return was_lost && changed_nothing ? PostOnce(path, body, mutates) : answer;
}

Result<Json> EtcdGateway::PostOnce(const char* path, const Json& body, bool mutates) {
  TRY(Connect());
  const httplib::Result answer = connection_->client->Post(path, Dump(body), "application/json");
  const std::string where = "etcd at " + connection_->name;
  if (!answer) {
    const bool sent = answer.error() != httplib::Error::Connection;
    if (connection_->dial) {
      connection_->name.clear();
    }
    return Fail(mutates && sent ? ErrorCode::kOutcomeUnknown : ErrorCode::kUnavailable,
                where + (sent ? ": no answer" : ": no connection"));
  }
  const auto json = ParseJson(answer->body, where);
  if (answer->status != 200) {
    const std::string why = json ? StringAt(*json, {"message"}) : "";
    return Fail(
        why.find("lease not found") == std::string::npos ? ErrorCode::kFailed
                                                         : ErrorCode::kNotFound,
        where + ": " + (why.empty() ? "HTTP status " + std::to_string(answer->status) : why));
  }
  return json;
}

Result<etcd::Dump> EtcdGateway::Range(std::string_view prefix) {
  etcd::Dump dump;
  Json request = PrefixRange(prefix);
  request["limit"] = kPageKeys;
  for (bool more = true; more;) {
    TRY_ASSIGN(const Json page, Post("/v3/kv/range", request, false));
    dump.revision = dump.revision == 0 ? LongAt(page, {"header", "revision"}) : dump.revision;
    request["revision"] = std::to_string(dump.revision);
    const Json* kvs = At(page, {"kvs"});
    for (const Json& json : kvs != nullptr ? *kvs : Json::array()) {
      TRY_ASSIGN(etcd::KeyValue kv, KeyValueOf(json));
      dump.kvs.push_back(std::move(kv));
    }
    const Json* flag = At(page, {"more"});
    more = flag != nullptr && *flag == true && kvs != nullptr && !kvs->empty();
    if (more) {
      request["key"] = EncodeBase64(dump.kvs.back().key + std::string(1, '\0'));
    }
  }
  return dump;
}

Status EtcdGateway::Put(std::string_view key, std::string_view value, etcd::LeaseId lease) {
  TRY(Post("/v3/kv/put", PutOf(key, value, lease), true));
  return {};
}

Result<bool> EtcdGateway::Txn(const Json& compare, const Json& put) {
  const Json request = {{"compare", Json::array({compare})},
                        {"success", Json::array({{{"request_put", put}}})}};
  TRY_ASSIGN(const Json answer, Post("/v3/kv/txn", request, true));
  const Json* succeeded = At(answer, {"succeeded"});
  return succeeded != nullptr && *succeeded == true;
}

Result<bool> EtcdGateway::PutIfAbsent(std::string_view key,
                                      std::string_view value,
                                      etcd::LeaseId lease) {
  return Txn({{"key", EncodeBase64(key)}, {"target", "VERSION"}, {"version", "0"}},
             PutOf(key, value, lease));
}

Result<bool> EtcdGateway::CompareAndPut(std::string_view key,
                                        std::string_view expected,
                                        std::string_view value) {
  return Txn({{"key", EncodeBase64(key)}, {"target", "VALUE"}, {"value", EncodeBase64(expected)}},
             PutOf(key, value, 0));
}

Status EtcdGateway::DeleteKey(std::string_view key) {
  TRY(Post("/v3/kv/deleterange", {{"key", EncodeBase64(key)}}, true));
  return {};
}

Status EtcdGateway::DeletePrefix(std::string_view prefix) {
  TRY(Post("/v3/kv/deleterange", PrefixRange(prefix), true));
  return {};
}

Result<etcd::LeaseId> EtcdGateway::Grant(std::int64_t ttl_s) {
  TRY_ASSIGN(const Json answer,
             Post("/v3/lease/grant", {{"TTL", std::to_string(ttl_s)}, {"ID", "0"}}, true));
  return LongAt(answer, {"ID"});
}

Status EtcdGateway::KeepAlive(etcd::LeaseId lease) {
  TRY_ASSIGN(const Json answer, Post("/v3/lease/keepalive", {{"ID", std::to_string(lease)}}, true));
  if (LongAt(answer, {"result", "TTL"}) <= 0) {
    return Fail(ErrorCode::kNotFound, "etcd: the lease has expired");
  }
  return {};
}

Status EtcdGateway::Revoke(etcd::LeaseId lease) {
  TRY(Post("/v3/lease/revoke", {{"ID", std::to_string(lease)}}, true));
  return {};
}

}  // namespace rehearse::live
