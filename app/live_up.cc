#include <filesystem>
#include <memory>

#include "app/live.h"
#include "app/live_access.h"
#include "live/process.h"

namespace rehearse::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string environment;
  std::string name = "rehearse";
};

Result<int> DoScript(const Options& options, const std::string& script) {
  TRY_ASSIGN(const std::string project, ProjectFolder());
  std::error_code error;
  const fs::path standin =
      fs::read_symlink("/proc/self/exe", error).parent_path() / "rehearse-standin";
  std::vector<std::string> argv = {"env"};
  if (fs::exists(standin, error)) {
    argv.push_back("REHEARSE_STANDIN=" + standin.string());
  }
  argv.push_back(project + "/live/" + options.environment + "/" + script);
  argv.push_back(options.name);
  return live::RunAttached(std::move(argv));
}

Command ScriptCommand(const std::string& name, const std::string& summary) {
  return {.name = name,
          .summary = summary,
          .examples = {"rehearse live " + name + " control-plane",
                       "rehearse live " + name + " kind --name second"},
          .add_flags = [name](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("environment", options->environment, "control-plane or kind")
                ->required()
                ->check(CLI::IsMember({"control-plane", "kind"}));
            app.add_option("--name", options->name, "tells several apart");
            return [options, name](Terminal&) { return DoScript(*options, name + ".sh"); };
          }};
}

}  // namespace

Command LiveUpCommand() {
  return ScriptCommand("up", "bring up real parts to rehearse on, built where they are missing");
}

Command LiveDownCommand() { return ScriptCommand("down", "take them down again"); }

}  // namespace rehearse::app
