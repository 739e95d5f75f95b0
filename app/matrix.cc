#include <fmt/format.h>

#include <memory>

#include "app/commands.h"
#include "app/load.h"
#include "app/report.h"
#include "app/scenario/batch.h"
#include "app/scenario/grid.h"
#include "reports/matrix_text.h"

namespace rehearse::app {
namespace {

struct Options {
  bool all = false;
  std::string from;
  std::string to;
  std::string topology;
  std::string procedure;
  std::string kubernetes = kGridKubernetes;
  std::string budget;
  int threads = 1;
  bool explain = false;
  std::string format = "text";
  std::string save;
};

std::vector<charts::Topology> TopologiesOf(const std::string& name) {
  std::vector<charts::Topology> chosen;
  for (const auto topology : {charts::Topology::kStandalone, charts::Topology::kCluster}) {
    if (name.empty() || name == charts::NameOf(topology)) {
      chosen.push_back(topology);
    }
  }
  return chosen;
}

std::vector<GridProcedure> ProceduresOf(const std::string& name) {
  std::vector<GridProcedure> chosen;
  for (const auto procedure : {GridProcedure::kHelm,
                               GridProcedure::kRolling,
                               GridProcedure::kMetadata,
                               GridProcedure::kPlan}) {
    if (name.empty() || name == NameOf(procedure)) {
      chosen.push_back(procedure);
    }
  }
  return chosen;
}

// As the report names what made it.
std::string CommandText(const Options& options) {
  std::string text = "rehearse matrix";
  const auto add = [&](const char* flag, const std::string& value) {
    text += value.empty() ? "" : std::string(" ") + flag + " " + value;
  };
  text += options.all ? " --all" : "";
  add("--from", options.from);
  add("--to", options.to);
  add("--topology", options.topology);
  add("--procedure", options.procedure);
  add("--kubernetes", options.kubernetes == kGridKubernetes ? "" : options.kubernetes);
  add("--format", options.format);
  return text;
}

Result<GridOptions> GridOptionsOf(const Options& options) {
  GridOptions grid;
  grid.pairs = {options.all, options.from, options.to};
  grid.topologies = TopologiesOf(options.topology);
  grid.procedures = ProceduresOf(options.procedure);
  grid.kubernetes = options.kubernetes;
  grid.threads = options.threads;
  grid.stories = options.explain;
  grid.save = options.save;
  if (const auto version = ParseVersion(options.kubernetes); !version) {
    return BadInput("--kubernetes: " + version.error().message);
  }
  if (!options.budget.empty()) {
    TRY_ASSIGN(grid.budget_ms, ParseDuration(options.budget));
  }
  return grid;
}

Result<int> DoMatrix(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(GridOptions grid, GridOptionsOf(options));
  ProgressLine line(terminal);
  grid.progress = [&](std::size_t done, std::size_t cells) {
    line.Show(fmt::format("{} of {} cells", done, cells));
  };
  TRY_ASSIGN(charts::Catalog charts, LoadCatalog());
  const auto catalog = std::make_shared<const charts::Catalog>(std::move(charts));
  TRY_ASSIGN(const result::MatrixResult matrix, RunGrid(grid, catalog));
  line.Clear();
  const auto paint = PainterOf(terminal);
  if (options.format == "json") {
    terminal.out << DumpPretty(ToJson(matrix)) << "\n";
  } else if (options.format == "markdown") {
    terminal.out << reports::MatrixMarkdown(matrix, CommandText(options));
  } else {
    terminal.out << (options.explain ? reports::MatrixStories(matrix, paint) : "")
                 << reports::MatrixText(matrix, paint);
  }
  return result::ExitCodeOf(VerdictOf(matrix));
}

void AddFlags(CLI::App& app, Options& options) {
  app.add_flag("--all", options.all, "every pair of published charts, not the representative ones");
  app.add_option("--from", options.from, "2.5, 2.5.12 or chart:4.2.49");
  app.add_option("--to", options.to, "the same; what is published can be named");
  app.add_option("--topology", options.topology, "standalone or cluster (both)")
      ->check(CLI::IsMember({"standalone", "cluster"}));
  app.add_option("--procedure",
                 options.procedure,
                 "helm (by hand), rolling (rollingUpdate.sh), metadata (migrate.sh) or plan (ours)")
      ->check(CLI::IsMember({"helm", "rolling", "metadata", "plan"}));
  app.add_option("--kubernetes", options.kubernetes, "its version")->capture_default_str();
  app.add_option("--budget", options.budget, "stop after this time: 30s, 5m, 1h; exit code 2");
  app.add_option("--threads", options.threads, "results do not depend on it")
      ->check(CLI::Range(1, 256));
  app.add_flag("--explain", options.explain, "every step of every cell");
  app.add_option("--format", options.format, "text, json or markdown")
      ->check(CLI::IsMember({"text", "json", "markdown"}));
  app.add_option("-o,--save", options.save, "folder for scenario files of what is violated");
}

}  // namespace

Command MatrixCommand() {
  return {.name = "matrix",
          .summary =
              "plan and run every upgrade between charts by every procedure; "
              "exit code 1 only where our plan is violated, what others violate is a finding",
          .examples = {"rehearse matrix --threads 2",
                       "rehearse matrix --from 2.1.4 --to 2.5.12 --topology standalone",
                       "rehearse matrix --from chart:4.1.28 --to 2.4 --procedure helm --explain",
                       "rehearse matrix --all --procedure plan --budget 1h --format json"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            AddFlags(app, *options);
            return [options](Terminal& terminal) { return DoMatrix(*options, terminal); };
          }};
}

}  // namespace rehearse::app
