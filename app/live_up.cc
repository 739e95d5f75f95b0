#include <filesystem>
#include <memory>

#include "app/files.h"
#include "app/live.h"
#include "app/live_access.h"
#include "app/live_images.h"
#include "app/load.h"
#include "app/scratch.h"
#include "live/process.h"

namespace rehearse::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string environment;
  std::string name = "rehearse";
  std::string images = "stand-ins";
};

// What the scripts need to make stand-ins: their program, and the names of their images in a file.
Result<std::vector<std::string>> StandIns(const std::string& folder) {
  std::error_code error;
  const fs::path program =
      fs::read_symlink("/proc/self/exe", error).parent_path() / "rehearse-standin";
  if (!fs::exists(program, error)) {
    return std::vector<std::string>();
  }
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  std::string lines;
  for (const std::string& image : StandInImages(catalog)) {
    lines += image + "\n";
  }
  const std::string names = folder + "/images";
  TRY(WriteFileAtomically(names, lines));
  return std::vector<std::string>{"REHEARSE_STANDIN=" + program.string(),
                                  "REHEARSE_STANDIN_IMAGES=" + names};
}

Result<int> DoScript(const Options& options, const std::string& script) {
  TRY_ASSIGN(const std::string project, ProjectFolder());
  const Scratch scratch;
  std::vector<std::string> argv = {"env"};
  if (options.images == "stand-ins") {
    TRY_ASSIGN(const std::vector<std::string> variables, StandIns(scratch.folder()));
    argv.insert(argv.end(), variables.begin(), variables.end());
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
            if (name == "up") {
              app.add_option("--images",
                             options->images,
                             "stand-ins: of this project for Milvus, MinIO and the migration tool, "
                             "with a real etcd; real: none, a node of kind pulls the true ones")
                  ->check(CLI::IsMember({"stand-ins", "real"}));
            }
            return [options, name](Terminal&) { return DoScript(*options, name + ".sh"); };
          }};
}

}  // namespace

Command LiveUpCommand() {
  return ScriptCommand("up", "bring up real parts to rehearse on, built where they are missing");
}

Command LiveDownCommand() { return ScriptCommand("down", "take them down again"); }

}  // namespace rehearse::app
