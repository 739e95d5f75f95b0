// bench/real_etcd.h: an etcd of its own, for as long as the object lives, and puts one by one.
//
// Shape:  the server of Debian's etcd-server with its defaults (every put is synced to disk), in a
//         folder of its own, on ports that were free. Puts go over one kept connection to etcd's
//         JSON gateway, the next one after the answer to the last.
// Errors: Start gives false where there is no such program or it does not come up in 10 s.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/bytes.h"

namespace rehearse::bench {

class RealEtcd {
 public:
  RealEtcd() = default;
  RealEtcd(const RealEtcd&) = delete;
  RealEtcd& operator=(const RealEtcd&) = delete;
  ~RealEtcd() {
    if (connection_ >= 0) {
      close(connection_);
    }
    if (server_ > 0) {
      kill(server_, SIGKILL);
      waitpid(server_, nullptr, 0);
    }
    if (!folder_.empty()) {
      std::error_code ignored;
      std::filesystem::remove_all(folder_, ignored);
    }
  }

  bool Start() {
    std::string folder = (std::filesystem::temp_directory_path() / "etcd.XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) {
      return false;
    }
    folder_ = folder;
    port_ = FreePort();
    Spawn();
    for (int i = 0; i < 100; ++i) {
      usleep(100'000);
      if (waitpid(server_, nullptr, WNOHANG) == server_) {
        server_ = 0;  // it has ended: no such program, most often
        return false;
      }
      if (Connect() && Put("bench", "up")) {
        return true;
      }
    }
    return false;
  }

  bool Put(std::string_view key, std::string_view value) {
    std::string body = R"({"key":")";
    AppendBase64(body, key);
    body += R"(","value":")";
    AppendBase64(body, value);
    body += "\"}";
    const std::string request =
        "POST /v3/kv/put HTTP/1.1\r\nHost: etcd\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    return send(connection_, request.data(), request.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(request.size()) &&
           ReadAnswer();
  }

 private:
  static sockaddr_in AddressOf(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  static int FreePort() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = AddressOf(0);
    socklen_t size = sizeof(address);
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
  }

  void Spawn() {
    const std::string client = "http://127.0.0.1:" + std::to_string(port_);
    const std::string peer = "http://127.0.0.1:" + std::to_string(FreePort());
    std::vector<std::string> words = {"etcd",
                                      "--data-dir",
                                      folder_,
                                      "--listen-client-urls",
                                      client,
                                      "--advertise-client-urls",
                                      client,
                                      "--listen-peer-urls",
                                      peer,
                                      "--initial-advertise-peer-urls",
                                      peer,
                                      "--initial-cluster",
                                      "default=" + peer};
    std::vector<char*> argv;
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    server_ = fork();
    if (server_ == 0) {
      const int nowhere = open("/dev/null", O_WRONLY);
      dup2(nowhere, STDOUT_FILENO);
      dup2(nowhere, STDERR_FILENO);
      execvp(argv[0], argv.data());
      _exit(127);
    }
  }

  bool Connect() {
    if (connection_ >= 0) {
      close(connection_);
    }
    connection_ = socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    setsockopt(connection_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const sockaddr_in address = AddressOf(port_);
    return connect(connection_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }

  // The whole answer: its head says how long its body is.
  bool ReadAnswer() {
    std::string answer;
    std::array<char, 4096> chunk;
    while (true) {
      const ssize_t count = recv(connection_, chunk.data(), chunk.size(), 0);
      if (count <= 0) {
        return false;
      }
      answer.append(chunk.data(), static_cast<std::size_t>(count));
      const std::size_t body = answer.find("\r\n\r\n");
      const std::size_t length = answer.find("Content-Length: ");
      if (body != std::string::npos && length < body) {
        const auto size = std::strtoul(answer.c_str() + length + 16, nullptr, 10);
        if (answer.size() >= body + 4 + size) {
          return answer.starts_with("HTTP/1.1 200");
        }
      }
    }
  }

  std::string folder_;
  int port_ = 0;
  pid_t server_ = 0;
  int connection_ = -1;
};

}  // namespace rehearse::bench
