// live/standin/http_server.h: answers of one status to every request, on a port of its own.
//
// Shape:   for probes and health checks; the answer may change while it serves.
// Errors:  Start: kFailed where the port cannot be had.
// Threads: serves in threads of its own; SetStatus may be called from any.
// Wraps:   cpp-httplib.
#pragma once

#include <memory>

#include "model/core/result.h"

namespace rehearse::live {

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> Start(int port, int status);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  void SetStatus(int status);

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace rehearse::live
