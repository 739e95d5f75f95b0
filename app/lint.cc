#include <memory>

#include "app/commands.h"
#include "app/load.h"
#include "app/scenario/files.h"

namespace rehearse::app {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string format = "text";
};

Json ToJson(const std::vector<std::string>& files, const std::vector<Diagnostic>& found) {
  Json list = Json::array();
  for (const Diagnostic& diagnostic : found) {
    list.push_back({{"code", NameOf(diagnostic.code)},
                    {"meaning", Meaning(diagnostic.code)},
                    {"file", diagnostic.file},
                    {"line", diagnostic.place.line},
                    {"column", diagnostic.place.column},
                    {"message", diagnostic.message}});
  }
  return {{"schema", "rehearse/lint/v1"}, {"files", files}, {"diagnostics", list}};
}

Result<int> DoLint(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(charts::Catalog catalog, LoadCatalog());
  const auto shared = std::make_shared<const charts::Catalog>(std::move(catalog));
  TRY_ASSIGN(const std::vector<std::string> files, FindScenarios(options.paths));
  std::vector<Diagnostic> found;
  for (const std::string& file : files) {
    TRY_ASSIGN(const Linted linted, LoadScenario(file, shared));
    found.insert(found.end(), linted.diagnostics.begin(), linted.diagnostics.end());
  }
  if (options.format == "json") {
    terminal.out << DumpPretty(ToJson(files, found)) << "\n";
  } else {
    for (const Diagnostic& diagnostic : found) {
      terminal.out << TextOf(diagnostic) << "\n";
    }
    terminal.out << files.size() << " files, " << found.size() << " findings\n";
  }
  return found.empty() ? kHolds : kUsage;
}

}  // namespace

Command LintCommand() {
  return {.name = "lint",
          .summary = "check scenario files: codes and positions of what is wrong in them",
          .examples = {"rehearse lint scenarios/", "rehearse lint mine.yaml --format json"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("paths", options->paths, "scenario files or folders")->required();
            app.add_option("--format", options->format, "text or json")
                ->check(CLI::IsMember({"text", "json"}));
            return [options](Terminal& terminal) { return DoLint(*options, terminal); };
          }};
}

}  // namespace rehearse::app
