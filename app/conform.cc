#include <memory>

#include "app/commands.h"
#include "app/conform_scenario.h"
#include "app/files.h"
#include "app/load.h"
#include "app/rehearsal.h"
#include "app/scenario/files.h"

namespace rehearse::app {
namespace {

struct Options {
  std::vector<std::string> traces;
  std::string from;
  std::string assume;
  std::string scenario;
  std::size_t step = 1;
  ConformOptions search;
};

void Print(const std::string& trace, const Conformance& found, Terminal& terminal) {
  if (found.conforms) {
    terminal.out << trace << ": conforms, " << found.matched << " changes";
    for (const sim::Fault& fault : found.faults) {
      terminal.out << "; with a fault: " << sim::Sentence(fault);
    }
    terminal.out << "\n";
    return;
  }
  terminal.out << trace << ": differs after " << found.matched << " changes"
               << (found.bound_hit ? ", as far as was searched" : "") << "\n";
  for (const std::string& allowed : found.allowed) {
    terminal.out << "  allowed: " << allowed << "\n";
  }
  terminal.out << "  came:    " << found.came << "\n";
}

Result<Conformance> Check(const Options& options,
                          const std::string& trace,
                          const cluster::Situation& situation,
                          const charts::Catalog& catalog) {
  TRY_ASSIGN(const std::string text, ReadFile(trace));
  TRY_ASSIGN(const RecordedRun run, ParseRun(text, trace));
  TRY_ASSIGN(auto planned, PlanFor(situation, catalog, run.target));
  if (!std::holds_alternative<result::Plan>(planned)) {
    return BadInput(trace + ": a run to " + run.target + ", which is refused from " + options.from);
  }
  auto plan = std::get<result::Plan>(std::move(planned));
  if (plan.release != run.release || plan.ns != run.ns) {
    return BadInput(trace + ": of release " + run.release + " in namespace " + run.ns + ", but " +
                    options.from + " is of " + plan.release + " in " + plan.ns);
  }
  TRY_ASSIGN(const Rehearsal rehearsal, MakeRehearsal(situation, catalog, std::move(plan)));
  return SearchConforming(StartSession(rehearsal), run, options.search);
}

int Tell(const std::string& trace, const Conformance& found, int code, Terminal& terminal) {
  Print(trace, found, terminal);
  if (found.conforms) {
    return code;
  }
  return found.bound_hit && code != kViolated ? kUnknown : kViolated;
}

Result<int> CheckAgainstScenario(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(charts::Catalog charts, LoadCatalog());
  const auto catalog = std::make_shared<const charts::Catalog>(std::move(charts));
  TRY_ASSIGN(const Scenario scenario, GoodScenario(options.scenario, catalog));
  int code = kHolds;
  for (const std::string& trace : options.traces) {
    TRY_ASSIGN(const std::string text, ReadFile(trace));
    TRY_ASSIGN(
        const Conformance found,
        ConformToScenario({scenario, options.step - 1, catalog, options.search}, text, trace));
    code = Tell(trace, found, code, terminal);
  }
  return code;
}

Result<int> DoConform(const Options& options, Terminal& terminal) {
  if (options.from.empty() == options.scenario.empty()) {
    return BadInput("expected either --from or --scenario");
  }
  if (!options.scenario.empty()) {
    return CheckAgainstScenario(options, terminal);
  }
  TRY_ASSIGN(const cluster::Situation situation, LoadSituation(options.from, options.assume));
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  int code = kHolds;
  for (const std::string& trace : options.traces) {
    TRY_ASSIGN(const Conformance found, Check(options, trace, situation, catalog));
    code = Tell(trace, found, code, terminal);
  }
  return code;
}

}  // namespace

Command ConformCommand() {
  return {.name = "conform",
          .summary = "is a recorded run one that the model allows?",
          .examples = {"rehearse conform live.jsonl --from capture/",
                       "rehearse conform live.jsonl --from capture/ --faults-max 2",
                       "rehearse conform calls.log --scenario scenarios/page/s14-repaired.yaml "
                       "--step 5"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("trace", options->traces, "traces of run or live run, logs of kubectl")
                ->required();
            app.add_option("--from", options->from, "the capture or situation they began with");
            app.add_option("--scenario",
                           options->scenario,
                           "the scenario that was carried out; then logs of kubectl calls are "
                           "taken too");
            app.add_option("--step", options->step, "which step of it they are of")
                ->check(CLI::PositiveNumber);
            app.add_option(
                "--assume", options->assume, "for what the capture does not show: KEY=VALUE,...");
            app.add_option("--faults-max",
                           options->search.faults_max,
                           "how many unseen faults may explain the record")
                ->check(CLI::Range(0, 3));
            app.add_option("--steps-max",
                           options->search.steps_max,
                           "steps of the simulation, beyond which the answer is unknown");
            return [options](Terminal& terminal) { return DoConform(*options, terminal); };
          }};
}

}  // namespace rehearse::app
