#include <memory>

#include "app/commands.h"
#include "app/load.h"
#include "app/report.h"
#include "reports/plan_text.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string from;
  std::string to;
  std::string assume;
  std::string format = "text";
  bool explain = false;
};

Result<int> DoPlan(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const cluster::Situation situation, LoadSituation(options.from, options.assume));
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  TRY_ASSIGN(const auto planned, PlanFor(situation, catalog, options.to));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    PrintRefusal(*refusal, "rehearse/plan/v1", options.format, terminal);
    return kRefused;
  }
  const auto& plan = std::get<result::Plan>(planned);
  if (options.format == "json") {
    terminal.out << DumpPretty(ToJson(plan)) << "\n";
    return kHolds;
  }
  const reports::PlanTextOptions text{
      .whole_commands = true, .conditions = true, .explain = options.explain};
  terminal.out << reports::PlanText(plan, PainterOf(terminal), text);
  return kHolds;
}

}  // namespace

Command PlanCommand() {
  return {
      .name = "plan",
      .summary = "a safe path from a captured release to a version of Milvus",
      .examples = {"rehearse plan --from capture/ --to 2.2.16",
                   "rehearse plan --from situation.json --to latest --explain",
                   "rehearse plan --from capture/ --to chart:4.0.34 --format json"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto options = std::make_shared<Options>();
        app.add_option("--from", options->from, "a capture folder or a situation file")->required();
        app.add_option("--to", options->to, "X.Y.Z, chart:V or latest")->required();
        app.add_option(
            "--assume", options->assume, "for what the capture does not show: KEY=VALUE,...");
        app.add_option("--format", options->format, "text or json")
            ->check(CLI::IsMember({"text", "json"}));
        app.add_flag("--explain", options->explain, "also say why this path and not a shorter one");
        return [options](Terminal& terminal) { return DoPlan(*options, terminal); };
      }};
}

}  // namespace rehearse::app
