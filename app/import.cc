#include <memory>

#include "app/commands.h"
#include "app/files.h"
#include "app/load.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string capture;
  std::string output;
  std::string assume;
};

std::string Summary(const cluster::Situation& situation) {
  const helm::ReleaseRecord& newest = situation.releases.back();
  std::string text = "release " + situation.release + " in namespace " + situation.ns +
                     ": revision " + std::to_string(newest.revision) + ", " +
                     std::string(helm::NameOf(newest.status)) + ", " + helm::ChartLabel(newest) +
                     " (app " + helm::AppVersion(newest) + ")\n";
  text += std::to_string(situation.objects.size()) + " objects, " +
          std::to_string(situation.releases.size()) + " stored revisions, " +
          std::to_string(situation.etcd.kvs.size()) + " keys in etcd, " +
          std::to_string(situation.backup_files.size()) + " backup files\n";
  text += "Kubernetes " +
          (situation.kubernetes_version.empty() ? "unknown" : situation.kubernetes_version) +
          ", helm " + (situation.helm_version.empty() ? "unknown" : situation.helm_version) + "\n";
  for (const cluster::Gap& gap : situation.gaps) {
    text += "missing: " + gap.what + "; cannot be judged without it: " + gap.consequence +
            "; assume it with --assume " + gap.assume_key + "=...\n";
  }
  for (const cluster::Assumption& assumption : situation.assumptions) {
    text += "assumed: " + assumption.key + "=" + assumption.value + " (" + assumption.why + ")\n";
  }
  return text;
}

Result<int> DoImport(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const cluster::Situation situation, LoadSituation(options.capture, options.assume));
  TRY(WriteFileAtomically(options.output, DumpPretty(ToJson(situation)) + "\n"));
  terminal.err << Summary(situation);
  return kHolds;
}

}  // namespace

Command ImportCommand() {
  return {
      .name = "import",
      .summary = "read a capture of a cluster into one situation file",
      .examples = {"rehearse import capture/ -o situation.json",
                   "rehearse import capture/ -o situation.json --assume kubernetes=1.30"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto options = std::make_shared<Options>();
        app.add_option("capture", options->capture, "the folder of captured files")->required();
        app.add_option("-o,--output", options->output, "the situation file to write")->required();
        app.add_option(
            "--assume", options->assume, "for what the capture does not show: KEY=VALUE,...");
        return [options](Terminal& terminal) { return DoImport(*options, terminal); };
      }};
}

}  // namespace rehearse::app
