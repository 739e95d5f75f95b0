#include "app/live_watch.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "app/files.h"
#include "app/live.h"
#include "app/live_access.h"
#include "app/scratch.h"
#include "live/process.h"

namespace rehearse::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  LiveFlags live;
  std::string output = "calls.log";
  std::vector<std::string> command;
};

// As the shell finds it.
Result<std::string> FullPath(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    return fs::absolute(program).string();
  }
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path(rest.substr(0, end)) / program;
    std::error_code error;
    if (fs::is_regular_file(candidate, error)) {
      return candidate.string();
    }
    rest.erase(0, std::min(end + 1, rest.size()));
  }
  return BadInput("there is no program " + program);
}

Status Prepare(const Options& options, const std::string& folder) {
  TRY_ASSIGN(const std::string config,
             live::Ask(options.live.access,
                       {"kubectl", "config", "view", "--minify", "--flatten", "--raw"}));
  TRY(WriteFileAtomically(folder + "/kubeconfig", config));
  TRY_ASSIGN(const std::string project, ProjectFolder());
  std::error_code error;
  fs::permissions(folder + "/kubeconfig", fs::perms::owner_read | fs::perms::owner_write, error);
  fs::create_directory(folder + "/bin", error);
  for (const char* program : {"kubectl", "helm"}) {
    fs::create_symlink(project + "/live/watch.sh", folder + "/bin/" + program, error);
    if (error) {
      return BadInput("cannot write " + folder + ": " + error.message());
    }
  }
  std::string first = "#";
  for (const std::string& word : options.command) {
    first += " " + word;
  }
  return WriteFileAtomically(options.output, first + "\n");
}

Result<int> RunWatched(const Options& options, const std::string& folder) {
  TRY_ASSIGN(const std::string kubectl, FullPath(options.live.access.kubectl));
  TRY_ASSIGN(const std::string helm, FullPath(options.live.access.helm));
  const char* path = std::getenv("PATH");
  std::vector<std::string> argv = {
      "env",
      "PATH=" + folder + "/bin:" + (path == nullptr ? "/usr/bin:/bin" : path),
      "KUBECONFIG=" + folder + "/kubeconfig",
      "REHEARSE_WATCH_LOG=" + fs::absolute(options.output).string(),
      "REHEARSE_WATCH_KUBECTL=" + kubectl,
      "REHEARSE_WATCH_HELM=" + helm};
  argv.insert(argv.end(), options.command.begin(), options.command.end());
  return live::RunAttached(std::move(argv));
}

Result<int> DoWatch(const Options& options, Terminal& terminal) {
  TRY(CheckLive(options.live));
  const Scratch scratch;  // it holds a kubeconfig
  TRY(Prepare(options, scratch.folder()));
  etcd::Dump before;
  {
    TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options.live));
    TRY_ASSIGN(before, etcd.Range(""));
  }
  TRY_ASSIGN(const int code, RunWatched(options, scratch.folder()));
  TRY_ASSIGN(live::EtcdGateway etcd, OpenEtcdOf(options.live));
  TRY_ASSIGN(const etcd::Dump after, etcd.Range(""));
  terminal.out << "exit code " << code << ", recorded in " << options.output << "\n";
  for (const auto& [family, changes] : ChangesOf(before, after)) {
    terminal.out << "etcd " << family << ": " << changes.added << " keys came, " << changes.removed
                 << " went, " << changes.changed << " changed\n";
  }
  return kHolds;
}

std::string FamilyOf(const std::string& key) {
  std::size_t end = 0;
  for (int i = 0; i < 3 && end != std::string::npos; ++i) {
    end = key.find('/', end + 1);
  }
  return key.substr(0, end);
}

}  // namespace

std::map<std::string, KeyChanges> ChangesOf(const etcd::Dump& before, const etcd::Dump& after) {
  std::map<std::string, std::string> was;
  for (const etcd::KeyValue& kv : before.kvs) {
    if (kv.lease == 0) {
      was[kv.key] = kv.value;
    }
  }
  std::map<std::string, KeyChanges> changes;
  for (const etcd::KeyValue& kv : after.kvs) {
    const auto at = was.find(kv.key);
    if (kv.lease == 0 && at == was.end()) {
      ++changes[FamilyOf(kv.key)].added;
    } else if (kv.lease == 0 && at->second != kv.value) {
      ++changes[FamilyOf(kv.key)].changed;
    }
    if (at != was.end()) {
      was.erase(at);
    }
  }
  for (const auto& [key, value] : was) {
    ++changes[FamilyOf(key)].removed;
  }
  return changes;
}

Command LiveWatchCommand() {
  return {.name = "watch",
          .summary = "record what a command does: its calls of kubectl and helm, its keys in etcd",
          .examples = {"rehearse live watch --context kind-live --namespace default --release "
                       "my-release -o calls.log -- ./migrate.sh -i my-release -s 2.1.4 -t 2.2.0"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            AddLiveFlags(app, options->live);
            app.add_option("-o,--output", options->output, "the log to write (calls.log)");
            app.add_option("command", options->command, "behind --: the command and its arguments")
                ->required();
            return [options](Terminal& terminal) { return DoWatch(*options, terminal); };
          }};
}

}  // namespace rehearse::app
