#include <memory>

#include "app/commands.h"
#include "app/faults.h"
#include "app/files.h"
#include "app/load.h"
#include "app/rehearsal.h"
#include "app/report.h"
#include "reports/run_text.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string from;
  std::string to;
  std::string assume;
  std::string format = "text";
  std::string trace;
  std::string faults;
  bool strict = false;
};

// The line that gives this run again.
std::string Reproduce(const Options& options) {
  std::string line = "rehearse run --from " + options.from + " --to " + options.to;
  line += options.assume.empty() ? "" : " --assume " + options.assume;
  line += options.faults.empty() ? "" : " --faults " + options.faults;
  return line + (options.strict ? " --strict" : "");
}

void PrintRun(const RunOutput& output, const Options& options, Terminal& terminal) {
  if (options.format == "json") {
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

struct Ground {
  cluster::Situation situation;
  charts::Catalog catalog;
};

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

Result<int> DoRun(const Options& options, Terminal& terminal) {
  Ground ground;
  TRY_ASSIGN(ground.situation, LoadSituation(options.from, options.assume));
  TRY_ASSIGN(ground.catalog, LoadCatalog());
  TRY_ASSIGN(auto planned, PlanFor(ground.situation, ground.catalog, options.to));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    PrintRefusal(*refusal, "rehearse/run/v1", options.format, terminal);
    return kRefused;
  }
  return RunPlan(options, ground, std::get<result::Plan>(std::move(planned)), terminal);
}

}  // namespace

Command RunCommand() {
  return {
      .name = "run",
      .summary = "plan an upgrade and carry it out on a simulated cluster",
      .examples = {"rehearse run --from capture/ --to 2.2.16",
                   "rehearse run --from situation.json --to latest --trace run.jsonl",
                   "rehearse run --from capture/ --to 2.2.16 --faults fault.yaml"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto options = std::make_shared<Options>();
        app.add_option("--from", options->from, "a capture folder or a situation file")->required();
        app.add_option("--to", options->to, "X.Y.Z, chart:V or latest")->required();
        app.add_option(
            "--assume", options->assume, "for what the capture does not show: KEY=VALUE,...");
        app.add_option("--trace", options->trace, "write what happened as JSON lines");
        app.add_option("--faults", options->faults, "a file of faults to inject");
        app.add_flag(
            "--strict", options->strict, "exit 2 where the verdict rests on an assumed law");
        app.add_option("--format", options->format, "text or json")
            ->check(CLI::IsMember({"text", "json"}));
        return [options](Terminal& terminal) { return DoRun(*options, terminal); };
      }};
}

}  // namespace rehearse::app
