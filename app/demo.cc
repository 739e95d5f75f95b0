#include <fmt/format.h>

#include <memory>
#include <thread>

#include "app/commands.h"
#include "app/faults.h"
#include "app/load.h"
#include "app/rehearsal.h"
#include "app/report.h"
#include "reports/run_text.h"

namespace rehearse::app {
namespace {

constexpr const char* kTarget = "2.2.16";
constexpr const char* kCapture = "standalone-2.1.4-healthy";  // the one that is bundled

struct Options {
  std::string format = "text";
};

Json SearchJson(const sim::ExploreReport& report, std::int64_t enumerated) {
  Json findings = Json::array();
  for (const sim::ExploreFinding& finding : report.findings) {
    findings.push_back({{"fault", sim::Sentence(finding.faults.front())},
                        {"property", finding.property},
                        {"evidence", finding.evidence}});
  }
  return {{"enumerated", enumerated},
          {"placements", report.placements},
          {"reached", report.reached},
          {"stopped", report.stopped},
          {"merged", report.merged},
          {"states", report.steps},
          {"findings", findings}};
}

std::string SearchText(const sim::ExploreReport& report,
                       std::int64_t enumerated,
                       const reports::Painter& paint) {
  std::string text = paint(reports::Tone::kStrong, "Single faults") + "\n";
  text += fmt::format(
      "  {} places enumerated from the trace, {} tried: {} reach the target, {} stop\n"
      "  {} come back to the run without faults; {} steps of the executor taken\n",
      enumerated,
      report.placements,
      report.reached,
      report.stopped,
      report.merged,
      report.steps);
  for (const sim::ExploreFinding& finding : report.findings) {
    text += fmt::format("  {} {}: {}: {}\n",
                        paint(reports::Tone::kBad, "violated"),
                        sim::Sentence(finding.faults.front()),
                        finding.property,
                        finding.evidence);
  }
  if (!report.findings.empty()) {
    text += "  the first of them again: rehearse run --from fixtures/captures/" +
            std::string(kCapture) + " --to " + kTarget +
            " --faults FAULT.yaml, where FAULT.yaml is\n" +
            FaultsText(report.findings.front().faults.front());
  }
  text += report.findings.empty() ? "  " + paint(reports::Tone::kGood, "no violation") + "\n" : "";
  return text;
}

Result<int> DoDemo(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const cluster::Situation situation, DemoSituation());
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  TRY_ASSIGN(auto planned, PlanFor(situation, catalog, kTarget));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    PrintRefusal(*refusal, "rehearse/run/v1", options.format, terminal);
    return kRefused;
  }
  TRY_ASSIGN(const Rehearsal rehearsal,
             MakeRehearsal(situation, catalog, std::get<result::Plan>(std::move(planned))));
  TRY_ASSIGN(const RunOutput output, RunRehearsal(rehearsal, RunOptions{}));
  const auto paint = PainterOf(terminal);
  if (options.format == "text") {
    terminal.out << "Demo: the bundled capture of a healthy standalone Milvus 2.1.4, to " << kTarget
                 << "\n\n"
                 << PlanText(output.result.plan, terminal) << "\n"
                 << reports::StepsText(output.result, paint) << "\n"
                 << reports::VerdictText(output.result, paint) << "\n";
    terminal.out.flush();
  }
  TRY_ASSIGN(const std::int64_t enumerated, EnumerateFaults(output.trace));
  ProgressLine progress(terminal);
  progress.Show("searching single faults");
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const sim::ExploreReport report =
      ExploreRehearsal(rehearsal, {.threads = static_cast<int>(cores)});
  progress.Clear();
  if (options.format == "json") {
    Json json = result::ToJson(output.result);
    terminal.out << DumpPretty({{"schema", "rehearse/demo/v1"},
                                {"run", json},
                                {"single_faults", SearchJson(report, enumerated)}})
                 << "\n";
  } else {
    terminal.out << SearchText(report, enumerated, paint);
  }
  const bool all_covered = report.placements == enumerated;
  const bool good = report.findings.empty() && all_covered;
  return good ? result::ExitCodeOf(output.result.verdict) : static_cast<int>(kViolated);
}

}  // namespace

Command DemoCommand() {
  return {.name = "demo",
          .summary = "import, plan, run and search single faults on the bundled capture",
          .examples = {"rehearse demo", "rehearse demo --format json"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("--format", options->format, "text or json")
                ->check(CLI::IsMember({"text", "json"}));
            return [options](Terminal& terminal) { return DoDemo(*options, terminal); };
          }};
}

}  // namespace rehearse::app
