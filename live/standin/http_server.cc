#include "live/standin/http_server.h"

#include <httplib.h>

#include <atomic>
#include <string>
#include <thread>

namespace rehearse::live {

struct HttpServer::Parts {
  httplib::Server server;
  std::atomic<int> status = 200;
  std::thread thread;
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(int port, int status) {
  auto parts = std::make_unique<Parts>();
  Parts* own = parts.get();
  own->status = status;
  own->server.Get(".*", [own](const httplib::Request&, httplib::Response& answer) {
    answer.status = own->status;
    answer.set_content(own->status == 200 ? "OK" : "not healthy", "text/plain");
  });
  if (!own->server.bind_to_port("0.0.0.0", port)) {
    return Fail(ErrorCode::kFailed, "port " + std::to_string(port) + " cannot be listened on");
  }
  own->thread = std::thread([own] { own->server.listen_after_bind(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

HttpServer::~HttpServer() {
  parts_->server.stop();
  parts_->thread.join();
}

void HttpServer::SetStatus(int status) { parts_->status = status; }

}  // namespace rehearse::live
