#include <memory>

#include "app/commands.h"
#include "app/files.h"
#include "app/load.h"
#include "app/report.h"
#include "app/scenario/batch.h"
#include "reports/check_text.h"
#include "reports/junit.h"

namespace rehearse::app {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::size_t faults = 0;
  std::vector<std::string> classes;
  std::string budget;
  std::size_t memory_mib = 0;
  int parts = 1;
  std::string procedure;
  std::int64_t seed = 0;
  int threads = 1;
  std::string shard = "1/1";
  bool check_determinism = false;
  bool no_expect = false;
  std::vector<std::string> sometimes;
  std::string format = "text";
  std::string junit;
  std::string markdown;
  std::string save;
  std::string checkpoint;
  bool github = false;
};

Status ReadShard(const std::string& text, BatchOptions& batch) {
  const std::size_t slash = text.find('/');
  const auto number = [](const std::string& part) {
    const bool digits = !part.empty() && part.size() < 6 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    return digits ? std::stoi(part) : 0;
  };
  batch.shard = number(text.substr(0, slash));
  batch.shards = slash == std::string::npos ? 0 : number(text.substr(slash + 1));
  if (batch.shard < 1 || batch.shards < batch.shard) {
    return BadInput("--shard: '" + text + "', expected I/N with I from 1 to N");
  }
  return {};
}

// What `check` and `merge` have in common: where the result goes.
Status WriteReports(const Options& options, const result::CheckResult& check) {
  if (!options.junit.empty()) {
    TRY(WriteFileAtomically(options.junit, reports::JunitXml(check)));
  }
  if (!options.markdown.empty()) {
    TRY(WriteFileAtomically(options.markdown, reports::CheckMarkdown(check)));
  }
  return {};
}

void Print(const Options& options, const result::CheckResult& check, Terminal& terminal) {
  if (options.format == "json") {
    terminal.out << DumpPretty(ToJson(check)) << "\n";
    return;
  }
  const auto paint = PainterOf(terminal);
  if (options.github) {
    terminal.out << reports::CheckGithub(check);
  } else {
    for (const result::ScenarioResult& scenario : check.scenarios) {
      terminal.out << reports::ScenarioText(scenario, paint);
    }
  }
  terminal.out << reports::SummaryText(check, paint);
}

Result<int> DoCheck(const Options& options, Terminal& terminal) {
  BatchOptions batch;
  batch.paths = options.paths;
  batch.scenario.threads = options.threads;
  batch.scenario.faults = options.faults;
  batch.scenario.procedure = options.procedure;
  batch.scenario.twice = options.check_determinism;
  batch.seed = options.seed;
  batch.no_expect = options.no_expect;
  batch.save = options.save;
  batch.checkpoint = options.checkpoint;
  batch.must_see = options.sometimes;
  batch.scenario.budget.memory_max = options.memory_mib * 1024 * 1024;
  batch.scenario.parts = options.parts;
  if (options.parts > 1 && options.faults != 2) {
    return BadInput("--parts: only a search of two faults is made in parts: --faults 2");
  }
  if (!options.classes.empty()) {
    batch.scenario.classes = NoFaultClasses();
    for (const std::string& name : options.classes) {
      if (!AddClass(name, *batch.scenario.classes)) {
        return BadInput("--classes: '" + name + "', expected " + kClassNames);
      }
    }
  }
  TRY(ReadShard(options.shard, batch));
  if (!options.budget.empty()) {
    TRY_ASSIGN(batch.budget_ms, ParseDuration(options.budget));
  }
  ProgressLine line(terminal);
  batch.progress = [&](const std::string& text) { line.Show(text); };
  batch.tell = [&](const std::string& text) {
    line.Clear();
    terminal.err << "rehearse check: " << text << "\n";
  };
  TRY_ASSIGN(charts::Catalog charts, LoadCatalog());
  const auto catalog = std::make_shared<const charts::Catalog>(std::move(charts));
  TRY_ASSIGN(const result::CheckResult check, RunBatch(batch, catalog));
  line.Clear();
  TRY(WriteReports(options, check));
  Print(options, check, terminal);
  return result::ExitCodeOf(VerdictOf(check));
}

Result<int> DoMerge(const Options& options, Terminal& terminal) {
  std::vector<result::CheckResult> parts;
  for (const std::string& path : options.paths) {
    TRY_ASSIGN(const std::string text, ReadFile(path));
    TRY_ASSIGN(const Json json, ParseJson(text, path));
    TRY_ASSIGN(result::CheckResult part, result::CheckFromJson(json, path));
    parts.push_back(std::move(part));
  }
  TRY_ASSIGN(const result::CheckResult merged, result::Merge(std::move(parts)));
  TRY(WriteReports(options, merged));
  Print(options, merged, terminal);
  return result::ExitCodeOf(VerdictOf(merged));
}

void AddReportFlags(CLI::App& app, Options& options) {
  app.add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--junit", options.junit, "write a JUnit file");
  app.add_option("--markdown", options.markdown, "write a summary in Markdown");
  app.add_flag("--github", options.github, "print GitHub's groups and annotations");
}

}  // namespace

Command CheckCommand() {
  return {
      .name = "check",
      .summary = "run scenarios and searches and hold them to what they expect: for CI",
      .examples = {"rehearse check scenarios/",
                   "rehearse check mine.yaml --faults 1 --budget 5m --junit junit.xml",
                   "rehearse check mine.yaml --procedure executor --faults 2 --threads 2 -o found",
                   "rehearse check mine/ --faults 2 --parts 16 --budget 1h --checkpoint mine.json",
                   "rehearse check scenarios/ --shard 1/4 --format json > part1.json"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto options = std::make_shared<Options>();
        app.add_option("paths", options->paths, "scenario files or folders")->required();
        app.add_option("--faults", options->faults, "search every placement of up to K faults");
        app.add_option(
               "--classes",
               options->classes,
               "of these faults: machines, network, client, people; lasting: of those classes "
               "also what lasts for minutes or for ever")
            ->delimiter(',');
        app.add_option("--budget", options->budget, "stop after this time: 30s, 5m, 1h");
        app.add_option("--memory",
                       options->memory_mib,
                       "MiB that a search of several faults in one run may hold")
            ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 24U));
        app.add_option("--parts",
                       options->parts,
                       "search two faults in N parts, one after the other, for less memory; "
                       "--checkpoint keeps each")
            ->check(CLI::Range(1, 4096));
        app.add_option("--procedure", options->procedure, "run this in place of the procedures")
            ->check(CLI::IsMember(
                {"executor", "migrate.sh", "rollingUpdate.sh", "MilvusUpgrade", "helm"}));
        app.add_option("--seed", options->seed, "order of the files, for short budgets");
        app.add_option("--threads", options->threads, "for the search")->check(CLI::Range(1, 256));
        app.add_option("--shard", options->shard, "I/N: every N-th file, from the I-th");
        app.add_flag("--check-determinism", options->check_determinism, "run everything twice");
        app.add_flag("--no-expect",
                     options->no_expect,
                     "hold all to every property, as if nothing "
                     "else was expected");
        app.add_option("--sometimes",
                       options->sometimes,
                       "fail unless some run sees this (rehearse properties); may be repeated")
            ->allow_extra_args(false);
        app.add_option("-o,--save", options->save, "folder for files of what a search finds");
        app.add_option("--checkpoint",
                       options->checkpoint,
                       "file of what is finished: a check that was broken off goes on from there");
        AddReportFlags(app, *options);
        return [options](Terminal& terminal) { return DoCheck(*options, terminal); };
      }};
}

Command MergeCommand() {
  return {.name = "merge",
          .summary = "join the JSON results of the shards of one check",
          .examples = {"rehearse merge part1.json part2.json --junit junit.xml"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("files", options->paths, "results of check --format json")->required();
            AddReportFlags(app, *options);
            return [options](Terminal& terminal) { return DoMerge(*options, terminal); };
          }};
}

}  // namespace rehearse::app
