#include "live/standin/container.h"

#include <httplib.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "live/process.h"
#include "live/standin/http_server.h"
#include "live/standin/milvus_server.h"
#include "live/standin/tool_fault.h"
#include "live/standin/tool_process.h"
#include "model/core/version.h"
#include "model/milvus/minio.h"

namespace rehearse::live {
namespace {

constexpr Millis kTickMs = 50;
constexpr Millis kLookMs = 1'000;     // Law::kMilvusWaitsForParts
constexpr Millis kBootMs = 1'000;     // Law::kMilvusStartTime
constexpr Millis kRecoverMs = 8'000;  // Law::kMilvusStartTime
constexpr Millis kToolStepMs = 5;     // Law::kToolStepTime
constexpr int kHealthPort = 9091;
constexpr int kMinioPort = 9000;
constexpr int kOk = 200;
constexpr int kNotHealthy = 500;
constexpr const char* kMinioFolder = "/export";  // of the charts
constexpr int kPanicked = 2;                     // of a Go program

Result<std::string> FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? Result<std::string>(text.str())
              : Fail(ErrorCode::kNotFound, path + ": no such file");
}

std::string WithScheme(const std::string& endpoint) {
  return endpoint.find("://") == std::string::npos ? "http://" + endpoint : endpoint;
}

// Where the parts are that a Milvus server needs.
struct Place {
  std::string etcd;
  std::string root_path = "by-dev";  // Law::kDefaultRootPath
  std::string minio;                 // "": none is named
};

Result<Place> PlaceIn(const std::string& folder) {
  Place place;
  for (const char* file : {"milvus.yaml", "default.yaml", "user.yaml"}) {  // later wins
    const auto text = FileText(folder + "/" + file);
    if (!text) {
      continue;
    }
    TRY_ASSIGN(const std::vector<Json> documents, ParseYaml(*text, file));
    for (const Json& document : documents) {
      const Json* endpoints = At(document, {"etcd", "endpoints"});
      if (endpoints != nullptr && endpoints->is_array() && !endpoints->empty() &&
          endpoints->front().is_string()) {
        place.etcd = WithScheme(endpoints->front().get<std::string>());
      }
      place.root_path = StringAt(document, {"etcd", "rootPath"}, place.root_path);
      const std::string minio = StringAt(document, {"minio", "address"});
      if (!minio.empty()) {
        place.minio = WithScheme(minio) + ":" +
                      std::to_string(IntAt(document, {"minio", "port"}, kMinioPort));
      }
    }
  }
  return place.etcd.empty() ? Fail(ErrorCode::kInvalidArgument, folder + ": names no etcd")
                            : Result<Place>(place);
}

bool MinioServes(const std::string& url) {
  if (url.empty()) {
    return true;
  }
  httplib::Client client(url);
  client.set_connection_timeout(1);
  const httplib::Result answer = client.Get("/minio/health/live");
  return answer && answer->status == kOk;
}

void WaitUntil(Millis until_ms, const std::function<bool()>& stops) {
  while (SteadyMillis() < until_ms && !stops()) {
    WaitForAny({}, kTickMs);
  }
}

void WaitForMinio(const Place& place, const ContainerJob& job) {
  while (!job.is_to_stop() && !MinioServes(place.minio)) {
    WaitUntil(SteadyMillis() + kLookMs, job.is_to_stop);
  }
}

// Its sessions live until it has stopped. Law::kGracefulStop210 and the rows after it.
void StopGracefully(MilvusServer& server, const Version& version) {
  const Millis until_ms = SteadyMillis() + milvus::FactsOf(version).graceful_stop_ms;
  WaitUntil(until_ms, [&server] {
    server.KeepAlive();
    return false;
  });
  if (const Status stopped = server.Stop(); !stopped) {
    std::cerr << stopped.error().message << std::endl;  // the leases end by themselves
  }
}

std::string PathOfConfig(const std::vector<std::string>& args) {
  constexpr std::string_view kFlag = "-config";
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == kFlag && i + 1 < args.size()) {
      return args[i + 1];
    }
    if (args[i].starts_with(std::string(kFlag) + "=")) {
      return args[i].substr(kFlag.size() + 1);
    }
  }
  return "";
}

Result<ToolJob> ToolJobOf(const ContainerJob& job) {
  ToolJob tool;
  const std::string path = PathOfConfig(job.args);
  TRY_ASSIGN(tool.image, migration::ToolImageOf(job.image));
  TRY_ASSIGN(const std::string text, FileText(path));
  TRY_ASSIGN(tool.config, migration::ParseToolConfig(text, path));
  if (tool.config.endpoints.empty()) {
    return Fail(ErrorCode::kInvalidArgument, path + ": names no etcd");
  }
  tool.start_time = std::to_string(std::time(nullptr)) + " " + job.host_name;
  tool.locate = [](const std::string& file) -> std::optional<std::filesystem::path> {
    return std::filesystem::path(file);
  };
  tool.print = [](const std::string& line) { std::cout << line << std::endl; };
  return tool;
}

// Starts on its own kind of data alone, and leaves its mark on an empty folder.
Status TakeFormat(const std::string& tag, const std::string& folder) {
  const std::string file = folder + "/.minio.sys/format.json";
  const std::string own = tag < milvus::kMinioWithoutFs ? "fs" : "xl-single";
  if (const auto text = FileText(file)) {
    TRY_ASSIGN(const Json json, ParseJson(*text, file));
    const std::string found = StringAt(json, {"format"});
    return found == own ? Status()
                        : Status(Fail(ErrorCode::kFailed,
                                      "ERROR Unable to use the drive " + folder +
                                          ": found backend type " + found + ", expected " + own));
  }
  std::error_code error;
  std::filesystem::create_directories(folder + "/.minio.sys", error);
  std::ofstream out(file);
  out << Dump(Json{{"version", "1"}, {"format", own}}) << "\n";
  out.close();
  return out ? Status() : Status(Fail(ErrorCode::kFailed, file + ": cannot be written"));
}

}  // namespace

Result<int> RunMilvusContainer(const ContainerJob& job) {
  TRY_ASSIGN(const Version version, ParseImageTagVersion(ImageTag(job.image)));
  TRY_ASSIGN(const Place place, PlaceIn(job.configs));
  TRY_ASSIGN(const auto health, HttpServer::Start(kHealthPort, kNotHealthy));
  TRY_ASSIGN(EtcdGateway etcd, EtcdGateway::Open(place.etcd));
  std::cout << "stand-in of Milvus " << version.ToString() << ", etcd " << place.etcd << std::endl;
  WaitUntil(SteadyMillis() + kBootMs, job.is_to_stop);
  WaitForMinio(place, job);
  MilvusServer server(etcd, {version, place.root_path, job.args, job.host_name, kRecoverMs});
  bool said = false;
  while (!job.is_to_stop()) {
    server.Tick();
    if (!server.panic().empty()) {
      std::cout << server.panic() << std::endl;
      return kPanicked;
    }
    if (server.healthy() && !said) {
      std::cout << "healthy" << std::endl;
      health->SetStatus(kOk);
      said = true;
    }
    WaitForAny({}, kTickMs);
  }
  health->SetStatus(kNotHealthy);
  StopGracefully(server, version);
  return 0;
}

Result<int> RunToolContainer(const ContainerJob& job) {
  auto tool = ToolJobOf(job);
  if (!tool) {
    std::cout << tool.error().message << std::endl;
    return migration::kToolPanicked;
  }
  TRY_ASSIGN(EtcdGateway etcd, EtcdGateway::Open(WithScheme(tool->config.endpoints.front())));
  ToolFault fault = ToolFault::Find();
  ToolProcess process(etcd, *std::move(tool));
  while (!job.is_to_stop()) {
    if (fault.FallsBeforeNextStep()) {
      fault.Tell();
      return migration::kToolPanicked;
    }
    if (const std::optional<int> exit_code = process.Step()) {
      fault.Tell();
      return *exit_code;
    }
    WaitUntil(SteadyMillis() + kToolStepMs + process.pause_ms(), job.is_to_stop);
  }
  return kPanicked;  // it has no handler for SIGTERM
}

Result<int> RunMinioContainer(const ContainerJob& job) {
  const bool is_named = !job.args.empty() && job.args.back().starts_with('/');  // server /export
  const std::string folder = is_named ? job.args.back() : kMinioFolder;
  if (const Status format = TakeFormat(ImageTag(job.image), folder); !format) {
    std::cout << format.error().message << std::endl;
    return 1;
  }
  TRY_ASSIGN(const auto server, HttpServer::Start(kMinioPort, kOk));
  while (!job.is_to_stop()) {
    WaitForAny({}, kTickMs);
  }
  return 0;
}

}  // namespace rehearse::live
