#include <memory>

#include "app/commands.h"
#include "app/faults.h"
#include "app/files.h"
#include "app/ground.h"
#include "app/load.h"
#include "app/rehearsal.h"
#include "app/report.h"
#include "reports/run_text.h"

namespace rehearse::app {
namespace {

struct Options {
  GroundOptions ground;
  std::string path;
  bool anyway = false;
  std::string trace;
  std::string faults;
  bool strict = false;
};

// The line that gives this run again.
std::string Reproduce(const Options& options) {
  std::string line = "rehearse run" + GroundLine(options.ground);
  line += options.path.empty() ? "" : " --path " + options.path;
  line += options.anyway ? " --anyway" : "";
  line += options.faults.empty() ? "" : " --faults " + options.faults;
  return line + (options.strict ? " --strict" : "");
}

void PrintRun(const RunOutput& output, const Options& options, Terminal& terminal) {
  if (options.ground.format == "json") {
    terminal.out << DumpPretty(result::ToJson(output.result)) << "\n";
    return;
  }
  const auto paint = PainterOf(terminal);
  terminal.out << PlanText(output.result.plan, terminal) << "\n"
               << reports::StepsText(output.result, paint) << "\n"
               << reports::VerdictText(output.result, paint);
  if (output.result.verdict != result::Verdict::kHolds) {
    terminal.out << "To see it again: " << Reproduce(options) << "\n";
  }
}

Result<int> RunPlan(const Options& options,
                    const Ground& ground,
                    result::Plan plan,
                    Terminal& terminal) {
  RunOptions run_options;
  run_options.strict = options.strict;
  if (!options.faults.empty()) {
    TRY_ASSIGN(const std::string text, ReadFile(options.faults));
    TRY_ASSIGN(run_options.faults, ParseFaults(text, options.faults));
  }
  TRY_ASSIGN(const Rehearsal rehearsal,
             MakeRehearsal(ground.situation, ground.catalog, std::move(plan)));
  TRY_ASSIGN(const RunOutput output, RunRehearsal(rehearsal, run_options));
  if (!options.trace.empty()) {
    TRY(WriteFileAtomically(options.trace, output.trace));
  }
  PrintRun(output, options, terminal);
  return result::ExitCodeOf(output.result.verdict);
}

// A path with a refused hop is run only if that is what is asked for.
Result<int> RunPath(const Options& options, const Ground& ground, Terminal& terminal) {
  TRY_ASSIGN(const upgrade::WrittenPath path, LoadPath(options.path));
  TRY_ASSIGN(const upgrade::PlanningFacts facts, FactsFor(ground.situation, ground.catalog));
  TRY_ASSIGN(const result::PathCheck check, upgrade::CheckPath(facts, path));
  if (result::VerdictOf(check) == result::HopVerdict::kRefused && !options.anyway) {
    PrintRefusal(RefusalOf(check), "rehearse/run/v1", options.ground.format, terminal);
    return kRefused;
  }
  TRY_ASSIGN(auto planned, upgrade::PlanOfPath(facts, path));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    PrintRefusal(*refusal, "rehearse/run/v1", options.ground.format, terminal);
    return kRefused;
  }
  return RunPlan(options, ground, std::get<result::Plan>(std::move(planned)), terminal);
}

Result<int> DoRun(const Options& options, Terminal& terminal) {
  if (options.ground.to.empty() == options.path.empty()) {
    return BadInput("one of --to and --path is needed");
  }
  if (options.anyway && options.path.empty()) {
    return BadInput("--anyway goes with --path");
  }
  TRY_ASSIGN(const Ground ground, LoadGround(options.ground));
  if (!options.path.empty()) {
    return RunPath(options, ground, terminal);
  }
  TRY_ASSIGN(auto planned, PlanOn(ground, options.ground));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    PrintRefusal(*refusal, "rehearse/run/v1", options.ground.format, terminal);
    return kRefused;
  }
  return RunPlan(options, ground, std::get<result::Plan>(std::move(planned)), terminal);
}

}  // namespace

Command RunCommand() {
  return {.name = "run",
          .summary = "plan an upgrade and carry it out on a simulated cluster",
          .examples = {"rehearse run --from capture/ --to 2.2.16",
                       "rehearse run --from situation.json --to latest --trace run.jsonl",
                       "rehearse run --from capture/ --to 2.2.16 --faults fault.yaml",
                       "rehearse run --from capture/ --path path.yaml --anyway"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            AddGroundFlags(app, options->ground);
            app.add_option(
                "--path", options->path, "run this path instead of planning (docs/paths.md)");
            app.add_flag(
                "--anyway", options->anyway, "run the path even where a rule refuses a hop");
            app.add_option("--trace", options->trace, "write what happened as JSON lines");
            app.add_option("--faults", options->faults, "a file of faults to inject");
            app.add_flag(
                "--strict", options->strict, "exit 2 where the verdict rests on an assumed law");
            return [options](Terminal& terminal) { return DoRun(*options, terminal); };
          }};
}

}  // namespace rehearse::app
