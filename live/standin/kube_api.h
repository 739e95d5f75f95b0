// live/standin/kube_api.h: the few calls to an API server that the stand-ins need, through
// `kubectl proxy` (plain HTTP on loopback), or from inside a pod with the pod's own account.
//
// Errors: kUnavailable without an answer; kNotFound, kAlreadyExists, else kFailed with the status.
#pragma once

#include <memory>
#include <string>

#include "model/core/json.h"
#include "model/core/result.h"

namespace rehearse::live {

class KubeApi {
 public:
  explicit KubeApi(const std::string& url);
  // FromInside: kNotFound: this is no pod, or one without an account.
  struct Inside {
    std::unique_ptr<KubeApi> api;
    std::string ns;  // of the pod
  };
  static Result<Inside> FromInside();
  ~KubeApi();
  KubeApi(const KubeApi&) = delete;
  KubeApi& operator=(const KubeApi&) = delete;

  Result<Json> Get(const std::string& path);
  Status Create(const std::string& path, const Json& object);
  Status MergePatch(const std::string& path, const Json& patch);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace rehearse::live
