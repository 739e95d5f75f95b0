#include <memory>

#include "app/commands.h"
#include "app/load.h"
#include "app/report.h"
#include "app/scenario/files.h"
#include "app/scenario/run.h"
#include "reports/check_text.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string file;
  std::string format = "text";
};

Result<int> DoReplay(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(charts::Catalog charts, LoadCatalog());
  const auto catalog = std::make_shared<const charts::Catalog>(std::move(charts));
  TRY_ASSIGN(Scenario scenario, GoodScenario(options.file, catalog));
  scenario.search.reset();  // what is replayed is told, not searched
  TRY_ASSIGN(result::ScenarioResult told, RunScenario(scenario, catalog, {}));
  told.replay = "rehearse replay " + options.file;
  if (options.format == "json") {
    result::CheckResult check;
    check.scenarios.push_back(told);
    terminal.out << DumpPretty(ToJson(check)) << "\n";
  } else {
    terminal.out << reports::ReplayText(told, PainterOf(terminal));
  }
  return result::ExitCodeOf(told.verdict);
}

}  // namespace

Command ReplayCommand() {
  return {.name = "replay",
          .summary = "run one scenario again, told step by step",
          .examples = {"rehearse replay scenarios/page/s15.yaml",
                       "rehearse replay scenarios/regressions/found.yaml --format json"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("file", options->file, "a scenario file")->required();
            app.add_option("--format", options->format, "text or json")
                ->check(CLI::IsMember({"text", "json"}));
            return [options](Terminal& terminal) { return DoReplay(*options, terminal); };
          }};
}

}  // namespace rehearse::app
