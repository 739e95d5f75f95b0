#include "live/capture.h"

#include <filesystem>
#include <memory>

#include "app/commands.h"
#include "app/files.h"
#include "app/live_access.h"

namespace rehearse::app {
namespace {

struct Options {
  LiveFlags live;
  std::string output;
};

// Reading changes nothing: any context will do.
Result<int> DoCapture(const Options& options, Terminal& terminal) {
  auto etcd = OpenEtcdOf(options.live);
  live::CaptureResult captured = live::Capture(options.live.access, etcd ? &*etcd : nullptr);
  if (!etcd) {
    captured.missing.back().why = etcd.error().message;  // etcd.jsonl is the last part
  }
  if (!captured.files.contains("objects.json")) {
    return Fail(ErrorCode::kUnavailable,
                "nothing was written: objects.json: " + captured.missing.front().why);
  }
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  for (const auto& [name, bytes] : captured.files) {
    TRY(WriteFileAtomically(options.output + "/" + name, bytes));
  }
  for (const auto& [name, bytes] : captured.files) {
    terminal.out << "wrote " << options.output << "/" << name << " (" << bytes.size()
                 << " bytes)\n";
  }
  for (const live::Missing& missing : captured.missing) {
    terminal.out << "missing: " << missing.file << ": " << missing.why << "\n";
  }
  return kHolds;
}

}  // namespace

Command CaptureCommand() {
  return {.name = "capture",
          .summary = "collect from a cluster the folder that import reads; changes nothing there",
          .examples = {"rehearse capture --context prod --namespace milvus --release my-release "
                       "-o capture/"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            AddLiveFlags(app, options->live);
            app.add_option("-o,--output", options->output, "the folder to write")->required();
            return [options](Terminal& terminal) { return DoCapture(*options, terminal); };
          }};
}

}  // namespace rehearse::app
