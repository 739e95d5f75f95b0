#include <memory>

#include "app/commands.h"
#include "app/files.h"
#include "app/ground.h"
#include "app/load.h"
#include "app/report.h"
#include "reports/path_check_text.h"
#include "reports/plan_text.h"

namespace rehearse::app {
namespace {

struct Options {
  GroundOptions ground;
  std::string check;
  bool explain = false;
};

Result<int> Check(const Options& options, const Ground& ground, Terminal& terminal) {
  TRY_ASSIGN(const upgrade::WrittenPath path, LoadPath(options.check));
  TRY_ASSIGN(const upgrade::PlanningFacts facts, FactsFor(ground.situation, ground.catalog));
  TRY_ASSIGN(const result::PathCheck check, upgrade::CheckPath(facts, path));
  if (options.ground.format == "json") {
    terminal.out << DumpPretty(result::ToJson(check)) << "\n";
  } else {
    terminal.out << reports::PathCheckText(check, PainterOf(terminal));
  }
  return result::ExitCodeOf(result::VerdictOf(check));
}

Result<int> Plan(const Options& options, const Ground& ground, Terminal& terminal) {
  TRY_ASSIGN(const auto planned, PlanOn(ground, options.ground));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    PrintRefusal(*refusal, "rehearse/plan/v1", options.ground.format, terminal);
    return kRefused;
  }
  const auto& plan = std::get<result::Plan>(planned);
  if (options.ground.format == "json") {
    terminal.out << DumpPretty(ToJson(plan)) << "\n";
    return kHolds;
  }
  const reports::PlanTextOptions text{
      .whole_commands = true, .conditions = true, .explain = options.explain};
  terminal.out << reports::PlanText(plan, PainterOf(terminal), text);
  return kHolds;
}

Result<int> DoPlan(const Options& options, Terminal& terminal) {
  if (options.ground.to.empty() == options.check.empty()) {
    return BadInput("one of --to and --check is needed");
  }
  TRY_ASSIGN(const Ground ground, LoadGround(options.ground));
  return options.check.empty() ? Plan(options, ground, terminal) : Check(options, ground, terminal);
}

}  // namespace

Command PlanCommand() {
  return {.name = "plan",
          .summary = "a safe path from a captured release to a version of Milvus",
          .examples = {"rehearse plan --from capture/ --to 2.2.16",
                       "rehearse plan --from situation.json --to latest --explain",
                       "rehearse plan --from capture/ --to 2.3.11 --strategy rolling",
                       "rehearse plan --from capture/ --to chart:4.0.34 --format json",
                       "rehearse plan --from capture/ --check path.yaml"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            AddGroundFlags(app, options->ground);
            app.add_option("--check",
                           options->check,
                           "judge this path, hop by hop, instead of planning (docs/paths.md)");
            app.add_flag(
                "--explain", options->explain, "also say why this path and not a shorter one");
            return [options](Terminal& terminal) { return DoPlan(*options, terminal); };
          }};
}

}  // namespace rehearse::app
