#include "model/charts/predict.h"

#include <memory>

#include "app/commands.h"
#include "app/load.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string from_chart;
  std::string to_chart;
  std::string topology;
  std::string values;
  std::vector<std::string> sets;
  std::string live_lookup = "none";
  std::string format = "text";
};

std::string Joined(const Json& list) {
  std::string text;
  for (const Json& item : list) {
    text += (text.empty() ? "" : ", ") + item.get<std::string>();
  }
  return text.empty() ? "none" : text;
}

void PrintRendered(const Json& predicted, Terminal& terminal) {
  terminal.out << "rendered: " << predicted["objects"].get<std::int64_t>() << " objects\n"
               << "  Milvus image tags: " << Joined(predicted["milvus_tags"]) << "\n"
               << "  messageQueue:      " << Joined(predicted["messageQueue"]) << "\n"
               << "  workloads:\n";
  for (const Json& workload : predicted["workloads"]) {
    terminal.out << "    " << workload.get<std::string>() << "\n";
  }
}

void PrintText(const Json& predicted, Terminal& terminal) {
  terminal.out << predicted["mode"].get<std::string>() << " "
               << predicted["from"].get<std::string>() << " -> "
               << predicted["to"].get<std::string>() << ", "
               << predicted["command"].get<std::string>() << "\n";
  const std::string result = predicted["result"].get<std::string>();
  if (result == "rendered") {
    PrintRendered(predicted, terminal);
  } else if (result == "error") {
    terminal.out << Paint(terminal, Colour::kRed, "error")
                 << ": UPGRADE FAILED: " << predicted["text"].get<std::string>() << "\n";
  } else {
    terminal.out << Paint(terminal, Colour::kYellow, "unknown") << ": "
                 << predicted["what"].get<std::string>() << " ("
                 << predicted["interval"].get<std::string>() << ")\n";
  }
}

int ExitOfResult(const Json& predicted) {
  if (predicted["result"] == "rendered") {
    return kHolds;
  }
  return predicted["result"] == "error" ? kViolated : kUnknown;
}

Result<int> DoPredict(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(charts::Catalog catalog, LoadCatalog());
  const charts::CatalogRenderer renderer(std::move(catalog));
  charts::PredictRequest request;
  request.from_chart = options.from_chart;
  request.to_chart = options.to_chart;
  request.topology =
      options.topology == "cluster" ? charts::Topology::kCluster : charts::Topology::kStandalone;
  TRY_ASSIGN(request.mode, helm::ParseValuesMode(options.values));
  request.sets = options.sets;
  if (options.live_lookup != "none") {
    request.live_queue = options.live_lookup;
  }
  TRY_ASSIGN(const Json predicted, charts::Predict(renderer, request));
  if (options.format == "json") {
    terminal.out << DumpPretty(predicted) << "\n";
  } else {
    PrintText(predicted, terminal);
  }
  return ExitOfResult(predicted);
}

}  // namespace

Command PredictCommand() {
  return {
      .name = "predict",
      .summary = "what helm upgrade between two charts would render",
      .examples = {"rehearse predict --from-chart 3.2.18 --to-chart 4.0.34 --topology standalone "
                   "--values reset-then-reuse --set pulsarv3.enabled=false",
                   "rehearse predict --from-chart 4.1.24 --to-chart 4.2.20 --topology cluster "
                   "--values reuse --format json"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto options = std::make_shared<Options>();
        app.add_option("--from-chart", options->from_chart, "the chart in force")->required();
        app.add_option("--to-chart", options->to_chart, "the chart to upgrade to")->required();
        app.add_option("--topology", options->topology, "standalone or cluster")
            ->required()
            ->check(CLI::IsMember({"standalone", "cluster"}));
        app.add_option("--values", options->values, "what becomes of the values in force")
            ->required()
            ->check(CLI::IsMember({"reuse", "reset-then-reuse", "reset", "none"}));
        app.add_option("--set", options->sets, "as helm's --set; may be repeated")
            ->expected(1)
            ->take_all();
        app.add_option("--live-lookup",
                       options->live_lookup,
                       "the live Deployment's message queue, for charts from 5.0.0 on")
            ->check(CLI::IsMember({"rocksmq", "woodpecker", "none"}));
        app.add_option("--format", options->format, "text or json")
            ->check(CLI::IsMember({"text", "json"}));
        return [options](Terminal& terminal) { return DoPredict(*options, terminal); };
      }};
}

}  // namespace rehearse::app
