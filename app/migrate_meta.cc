#include <memory>
#include <optional>

#include "app/commands.h"
#include "app/dump_file.h"
#include "model/etcd/dump.h"
#include "model/migration/runner.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string in;
  std::string out;
  std::string tool;
  std::string op = "run";
  std::string source;
  std::string target;
  std::string backup;
  std::string root_path = "by-dev";
  bool expire_leases = false;
  std::int64_t kill_after = -1;
};

Result<migration::ToolJob> JobOf(const Options& options) {
  migration::ToolJob job;
  TRY_ASSIGN(job.image, migration::ToolImageOf(options.tool));
  if (options.op == "backup" && options.backup.empty()) {
    return BadInput("--op backup needs --backup FILE");
  }
  job.config.command = options.op;
  job.config.run_with_backup = options.op == "run" && !options.backup.empty();
  job.config.source_version = options.source;
  job.config.target_version = options.target;
  job.config.backup_file_path = options.backup;
  job.config.endpoints = {"localhost:2379"};
  job.config.root_path = options.root_path;
  if (options.op == "rollback" && !options.backup.empty()) {
    TRY_ASSIGN(job.files[options.backup], ReadFile(options.backup));
  }
  TRY_ASSIGN(migration::AnyDump dump, ReadDumpFile(options.in));
  job.keys = options.expire_leases ? etcd::WithoutLeasedKeys(dump.keys) : std::move(dump.keys);
  return job;
}

// A tool is told from another one by the time of its start. Here the time stands still; the number
// that this one will take makes it another than the tool that left `keys` behind.
std::string StartTimeOn(const etcd::Keys& keys, const std::string& root_path) {
  const etcd::Entry* counter = keys.Find(root_path + "/meta/session/id");
  return "2023-01-01 00:00:00 +0000 UTC m=+0." + (counter != nullptr ? counter->value : "1");
}

Status WriteFiles(const Options& options, const migration::ToolRun& run) {
  TRY(WriteFileAtomically(options.out, etcd::WriteJsonLines(run.keys)));
  const auto backup = run.files.find(options.backup);
  if (options.op != "rollback" && backup != run.files.end()) {
    TRY(WriteFileAtomically(options.backup, backup->second));
  }
  return {};
}

Result<int> DoMigrate(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(migration::ToolJob job, JobOf(options));
  migration::ToolRunOptions run_options;
  run_options.start_time = StartTimeOn(job.keys, options.root_path);
  if (options.kill_after >= 0) {
    run_options.kill_after_puts = options.kill_after;
  }
  const migration::ToolRun run = migration::RunTool(std::move(job), run_options);
  TRY(WriteFiles(options, run));
  for (const std::string& line : run.lines) {
    terminal.out << line << "\n";
  }
  if (run.killed) {
    terminal.out << "tool killed after " << run.puts << " puts\n";
  } else {
    terminal.out << "tool exit code: " << run.exit_code << (run.panicked ? " (panic)" : "") << "\n";
  }
  return !run.killed && run.exit_code == migration::kToolOk ? kHolds : kViolated;
}

}  // namespace

Command MigrateMetaCommand() {
  return {.name = "migrate-meta",
          .summary = "run the metadata migration tool, as its image behaves, on a dump of etcd",
          .examples = {"rehearse migrate-meta --in etcd.json --tool v2.2.0-bugfix-20230112 "
                       "--source 2.1.4 --target 2.2.0 --expire-leases --out migrated.jsonl",
                       "rehearse migrate-meta --in migrated.jsonl --tool v2.2.0 --op rollback "
                       "--source 2.1.4 --target 2.2.0 --backup migration.bak --out back.jsonl",
                       "rehearse migrate-meta --in etcd.json --tool v2.2.0 --source 2.1.4 --target "
                       "2.2.0 --expire-leases --kill-after 10 --out half.jsonl"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option(
                   "--in", options->in, "etcdctl JSON, JSON lines or backup file, or its gzip")
                ->required();
            app.add_option("--tool", options->tool, "v2.2.0 or v2.2.0-bugfix-20230112")->required();
            app.add_option("--source", options->source, "the tool's sourceVersion")->required();
            app.add_option("--target", options->target, "the tool's targetVersion");
            app.add_option("--op", options->op, "run, backup or rollback")
                ->check(CLI::IsMember({"run", "backup", "rollback"}));
            app.add_option("--backup",
                           options->backup,
                           "the backup file: backup writes it, rollback reads it, run writes it "
                           "first (runWithBackup)");
            app.add_option("--out", options->out, "what the tool leaves in etcd, as JSON lines")
                ->required();
            app.add_option("--root-path", options->root_path, "etcd.rootPath of the instance");
            app.add_flag("--expire-leases",
                         options->expire_leases,
                         "first drop the keys that leases hold, as if Milvus had been stopped");
            app.add_option("--kill-after", options->kill_after, "kill the tool after N puts")
                ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40U));
            return [options](Terminal& terminal) { return DoMigrate(*options, terminal); };
          }};
}

}  // namespace rehearse::app
