// Goal: the simulated tool leaves what the real tool left, and says what it said.
// Method: every pair of real dumps, compared semantically; every real output, line by line.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "model/etcd/dump.h"
#include "model/migration/backup.h"
#include "model/migration/diff.h"
#include "model/migration/dump_reader.h"
#include "model/migration/runner.h"

namespace rehearse::migration {
namespace {

std::string ReadFixture(const std::string& name) {
  std::ifstream in("fixtures/etcd/" + name, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  EXPECT_FALSE(bytes.str().empty()) << name;
  return bytes.str();
}

etcd::Keys Load(const std::string& name) {
  return ReadAnyDump(ReadFixture(name), name).value().keys;
}

// Lines of a real output; addresses of a Go stack trace are different in every run.
std::vector<std::string> OutputOf(const std::string& name) {
  static const std::regex arguments("\\((\\{0x|0x)[^)]*\\)$");
  std::vector<std::string> lines;
  std::stringstream in(ReadFixture(name));
  for (std::string line; std::getline(in, line);) {
    lines.push_back(std::regex_replace(line, arguments, "(...)"));
  }
  return lines;
}

// The path that the real tool was given; its first line says it.
std::string RealBackupPath() {
  std::smatch match;
  const std::string output = ReadFixture("meta-migration-run.out");
  EXPECT_TRUE(std::regex_search(output, match, std::regex("BackupFilePath: ([^,]+),")));
  return match[1];
}

ToolConfig ConfigFor(const std::string& command) {
  ToolConfig config;
  config.command = command;
  config.source_version = "2.1.0";
  config.target_version = "2.2.0";
  config.backup_file_path = RealBackupPath();
  config.endpoints = {"localhost:2379"};
  return config;
}

ToolRun RunOn(ToolImage image, const std::string& command, etcd::Keys keys, Files files = {}) {
  return RunTool(ToolJob{image, ConfigFor(command), std::move(keys), std::move(files)});
}

void ExpectSameMeta(const etcd::Keys& ours, const std::string& real) {
  const MetaDiff diff = DiffMeta(ours, Load(real));
  EXPECT_TRUE(diff.differences.empty()) << real << "\n" << ToText(diff);
}

etcd::Keys Stopped(const std::string& name) { return etcd::WithoutLeasedKeys(Load(name)); }

TEST(PairsTest, MigratesTheRunningDumpAsBothImagesDid) {
  for (const ToolImage image : {ToolImage::kV220, ToolImage::kV220Bugfix}) {
    const ToolRun run = RunOn(image, "run", Stopped("milvus-2.1.0-running.jsonl"));
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.lines, OutputOf("meta-migration-run.out"));
    ExpectSameMeta(run.keys, "milvus-2.1.0-then-meta-migration-2.2.0.jsonl");
    EXPECT_EQ(run.keys.Find("by-dev/meta/session/id")->value, "10");
    EXPECT_EQ(run.puts, 25);
  }
}

TEST(PairsTest, RollsBackToTheRealDump) {
  const ToolRun run =
      RunOn(ToolImage::kV220,
            "rollback",
            Load("milvus-2.1.0-then-meta-migration-2.2.0.jsonl"),
            {{ConfigFor("").backup_file_path, ReadFixture("milvus-2.1.0.migration.bak")}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.lines, OutputOf("meta-migration-rollback.out"));
  ExpectSameMeta(run.keys, "meta-migration-rolled-back.jsonl");
  EXPECT_EQ(run.keys.Find("by-dev/meta/session/id")->value, "10");
}

TEST(PairsTest, PanicsOnALoadedPartitionAfterClean) {
  const ToolRun run =
      RunOn(ToolImage::kV220, "run", Stopped("milvus-2.1.0-partition-loaded.jsonl"));
  EXPECT_TRUE(run.panicked);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.lines, OutputOf("meta-migration-panic.out"));
  EXPECT_EQ(run.keys.size(), 30U);
  ExpectSameMeta(run.keys, "meta-migration-2.2.0-panicked-after-clean.jsonl");
}

TEST(PairsTest, TheFixedImageMigratesALoadedPartition) {
  const ToolRun run =
      RunOn(ToolImage::kV220Bugfix, "run", Stopped("milvus-2.1.0-partition-loaded.jsonl"));
  EXPECT_EQ(run.exit_code, 0);
  ExpectSameMeta(run.keys, "meta-migration-with-fix-21584-on-partition-loaded.jsonl");
}

TEST(PairsTest, RefusesWhileSessionsAreAlive) {
  const ToolRun run = RunOn(ToolImage::kV220, "run", Load("milvus-2.1.0-running.jsonl"));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_FALSE(run.panicked);
  EXPECT_EQ(run.lines, OutputOf("meta-migration-live-session.out"));
  EXPECT_EQ(run.keys.Find("by-dev/meta/session/id")->value, "10");
  EXPECT_EQ(run.keys.Erase("by-dev/meta/session/id"),
            Load("milvus-2.1.0-running.jsonl").Erase("by-dev/meta/session/id"));
}

TEST(PairsTest, BacksUpWhatTheRealToolBackedUp) {
  ToolRun run = RunOn(ToolImage::kV220, "backup", Stopped("milvus-2.1.0-running.jsonl"));
  EXPECT_EQ(run.exit_code, 0);
  const BackupFile ours = ReadBackup(run.files.at(ConfigFor("").backup_file_path)).value();
  const BackupFile real = ReadBackup(ReadFixture("milvus-2.1.0.migration.bak")).value();
  EXPECT_EQ(ours.entries, real.entries);
  EXPECT_EQ(ours.header.instance, real.header.instance);
  EXPECT_EQ(ours.header.meta_path, real.header.meta_path);
  EXPECT_EQ(ours.header.entries, real.header.entries);
  EXPECT_EQ(ours.header.extra, real.header.extra);
  EXPECT_TRUE(real.IsComplete());
}

// Each mutation must be found, or the pairs above prove nothing.
TEST(PairsTest, TheComparisonFindsEveryChangedValue) {
  const etcd::Keys real = Load("milvus-2.1.0-then-meta-migration-2.2.0.jsonl");
  std::vector<std::string> keys;
  real.ForEach([&](const std::string& key, const auto&) { keys.push_back(key); });
  for (const std::string& key : keys) {
    const auto gone = DiffMeta(real.Erase(key), real);
    EXPECT_EQ(gone.differences.size(), 1U) << key;
    std::string value = real.Find(key)->value;
    value += key.ends_with("session/id") ? "x" : std::string("\x98\x06\x07", 3);  // field 99
    const auto changed = DiffMeta(real.Set(key, etcd::Entry{value, 0, 0, 0, 1}), real);
    EXPECT_EQ(changed.differences.size(), 1U) << key;
  }
}

}  // namespace
}  // namespace rehearse::migration
