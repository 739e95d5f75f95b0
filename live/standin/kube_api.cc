#include "live/standin/kube_api.h"

#include <httplib.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace rehearse::live {
namespace {

Result<Json> AnswerOf(const httplib::Result& answer, const std::string& path) {
  if (!answer) {
    return Fail(ErrorCode::kUnavailable, path + ": no answer");
  }
  if (answer->status >= 200 && answer->status < 300) {
    return ParseJson(answer->body, path);
  }
  const ErrorCode code = answer->status == 404   ? ErrorCode::kNotFound
                         : answer->status == 409 ? ErrorCode::kAlreadyExists
                                                 : ErrorCode::kFailed;
  return Fail(code, path + ": HTTP status " + std::to_string(answer->status));
}

std::string AccountFile(const std::string& name) {
  std::ifstream file("/var/run/secrets/kubernetes.io/serviceaccount/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

struct KubeApi::Connection {
  explicit Connection(const std::string& url) : client(url) { client.set_keep_alive(true); }
  httplib::Client client;
};

KubeApi::KubeApi(const std::string& url) : connection_(std::make_unique<Connection>(url)) {}
KubeApi::~KubeApi() = default;

Result<KubeApi::Inside> KubeApi::FromInside() {
  const std::string host = FromEnvironment("KUBERNETES_SERVICE_HOST");
  const std::string token = AccountFile("token");
  if (host.empty() || token.empty()) {
    return Fail(ErrorCode::kNotFound, "no account of a pod");
  }
  Inside inside;
  inside.ns = AccountFile("namespace");
  inside.api = std::make_unique<KubeApi>("https://" + host + ":" +
                                         FromEnvironment("KUBERNETES_SERVICE_PORT"));
  httplib::Client& client = inside.api->connection_->client;
  client.set_ca_cert_path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
  client.set_bearer_token_auth(token);
  return inside;
}

Result<Json> KubeApi::Get(const std::string& path) {
  return AnswerOf(connection_->client.Get(path), path);
}

Status KubeApi::Create(const std::string& path, const Json& object) {
  TRY(AnswerOf(connection_->client.Post(path, Dump(object), "application/json"), path));
  return {};
}

Status KubeApi::MergePatch(const std::string& path, const Json& patch) {
  TRY(AnswerOf(connection_->client.Patch(path, Dump(patch), "application/merge-patch+json"), path));
  return {};
}

}  // namespace rehearse::live
