// Goal: configuration errors, sessions, versions and lost etcd end the tool as they end the real
// one. Method: the machine driven by hand on small metadata; texts and exit codes of the real tool.
#include <gtest/gtest.h>

#include "model/migration/backup.h"
#include "model/migration/machine.h"
#include "model/migration/runner.h"
#include "model/milvus/codec.h"

namespace rehearse::migration {
namespace {

constexpr const char* kRolesKey = "by-dev/meta/session/datanode-7";
constexpr const char* kSession =
    R"({"ServerID":7,"ServerName":"datanode","Address":"a:1","TriggerKill":true})";

ToolConfig Config(const std::string& command, const char* source, const char* target) {
  ToolConfig config;
  config.command = command;
  config.source_version = source;
  config.target_version = target;
  config.backup_file_path = "migration.bak";
  config.endpoints = {"e:2379"};
  return config;
}

ToolRun RunOn(ToolConfig config, etcd::Keys keys = {}, Files files = {}) {
  return RunTool(
      ToolJob{ToolImage::kV220Bugfix, std::move(config), std::move(keys), std::move(files)});
}

etcd::Keys Put1(std::string key, std::string value, etcd::LeaseId lease = 0) {
  return etcd::Keys().Set(std::move(key), etcd::Entry{std::move(value), lease, 1, 1, 1});
}

std::string LastLine(const ToolRun& run) { return run.lines.empty() ? "" : run.lines.back(); }
std::string LineBeforeExpired(const ToolRun& run) {
  return run.lines.size() < 2 ? "" : run.lines[run.lines.size() - 2];
}

TEST(ToolConfigTest, ReadsTheFileOfMigrateSh) {
  const ToolConfig config = ParseToolConfig(
                                "cmd:\n  type: run\n  runWithBackup: true\nconfig:\n"
                                "  sourceVersion: 2.1.4\n  targetVersion: 2.2.0\n"
                                "  backupFilePath: /m/x.bak\nmetastore:\n  type: etcd\n"
                                "etcd:\n  endpoints:\n  - my-etcd:2379\n  rootPath: r\n"
                                "  metaSubPath: m\n",
                                "c")
                                .value();
  EXPECT_EQ(config.command, "run");
  EXPECT_TRUE(config.run_with_backup);
  EXPECT_EQ(config.source_version, "2.1.4");
  EXPECT_EQ(config.MetaRootPath(), "r/m");
  EXPECT_EQ(config.endpoints, std::vector<std::string>{"my-etcd:2379"});
  const ToolConfig defaults = ParseToolConfig("ETCD: {EndPoints: \"a:1,b:2\"}", "c").value();
  EXPECT_EQ(defaults.MetaRootPath(), "by-dev/meta");
  EXPECT_EQ(defaults.endpoints.size(), 2U);
  EXPECT_EQ(ParseToolConfig("cmd: {type: run}", "c").error().message,
            "panic: key not found: etcd.endpoints");
  EXPECT_EQ(ParseToolConfig("[1]", "c").error().message, "c: not a YAML mapping");
}

TEST(ToolConfigTest, ImagesAreKnownByTheirTag) {
  EXPECT_EQ(ToolImageOf("milvusdb/meta-migration:v2.2.0").value(), ToolImage::kV220);
  EXPECT_EQ(ToolImageOf("v2.2.0-bugfix-20230112").value(), ToolImage::kV220Bugfix);
  EXPECT_EQ(ToolImageOf("2.2.0").value(), ToolImage::kV220);
  EXPECT_FALSE(ToolImageOf("milvusdb/meta-migration:v9"));
}

TEST(ToolTest, AnUnknownCommandExitsBeforeItTouchesEtcd) {
  const ToolRun run = RunOn(Config("drop", "2.1.0", "2.2.0"));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(LastLine(run), "cmd not set or not supported: drop");
  EXPECT_TRUE(run.keys.empty());
}

TEST(ToolTest, ARunOnEmptyMetadataSucceedsAndLeavesOnlyTheCounter) {
  const ToolRun run = RunOn(Config("run", "2.1.0", "2.2.0"));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.keys.size(), 1U);
  EXPECT_EQ(run.keys.Find("by-dev/meta/session/id")->value, "2");
}

struct VersionCase {
  const char* source;
  const char* target;
  int exit_code;
  const char* message;
};
class VersionTest : public testing::TestWithParam<VersionCase> {};

TEST_P(VersionTest, EndsWithTheToolsOwnText) {
  const VersionCase& c = GetParam();
  const ToolRun run = RunOn(Config("run", c.source, c.target));
  EXPECT_EQ(run.exit_code, c.exit_code);
  EXPECT_EQ(LineBeforeExpired(run), c.message);
  EXPECT_EQ(LastLine(run), "migration session expired");
  EXPECT_EQ(run.keys.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Rules,
    VersionTest,
    testing::Values(
        VersionCase{"2.2.0",
                    "2.1.0",
                    1,
                    "higher version to lower version is not allowed, source version: 2.2.0, target "
                    "version: 2.1.0"},
        VersionCase{"2.1.0", "2.1.4", 0, "version compatible, no need to migrate"},
        VersionCase{"2.1.0", "2.2.0-rc1", 0, "version compatible, no need to migrate"},
        VersionCase{"2.1.4",
                    "2.5.12",
                    2,
                    "migration from source version to target version is forbidden, source: 2.1.4, "
                    "target: 2.5.12"},
        VersionCase{"2.0.2",
                    "2.2.0",
                    2,
                    "migration from source version to target version is forbidden, source: 2.0.2, "
                    "target: 2.2.0"},
        VersionCase{"2.1", "2.2.0", 1, "No Major.Minor.Patch elements found"},
        VersionCase{"v2.1.4", "2.2.0", 1, "Invalid character(s) found in major number \"v2\""},
        VersionCase{"2.1.4", "2.02.0", 1, "Minor number must not contain leading zeroes \"02\""},
        VersionCase{"2.1.4", "2.2.", 1, "strconv.ParseUint: parsing \"\": invalid syntax"},
        VersionCase{"2.1.4", "2.2.0-", 1, "Prerelease is empty"},
        VersionCase{"2.1.4", "2.2.0-a_b", 1, "Invalid character(s) found in prerelease \"a_b\""},
        VersionCase{"2.1.4", "2.2.0+", 1, "Build meta data is empty"},
        VersionCase{"2.1.0-rc1",
                    "2.2.0",
                    2,
                    "migration from source version to target version is forbidden, source: "
                    "2.1.0-rc1, target: 2.2.0"},
        VersionCase{"2.1.4", "2.2.0-beta", 0, "version compatible, no need to migrate"},
        VersionCase{
            "2.1.4", "2.3.0-rc1", 0, "prefix snapshots/root-coord/dd-operation will be removed!"},
        VersionCase{"2.1.0", "", 1, "Version string empty"}));

TEST(ToolTest, RollbackNeedsBothBackendsBeforeItRemovesAnything) {
  const etcd::Keys keys = Put1("by-dev/meta/root-coord/collection/1", "x");
  const ToolRun run = RunOn(Config("rollback", "2.1.0", "2.5.12"), keys);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(LineBeforeExpired(run), "version not supported: 2.5.12");
  EXPECT_NE(run.keys.Find("by-dev/meta/root-coord/collection/1"), nullptr);
}

TEST(ToolTest, RollbackReadsTheFileOnlyAfterBothCleans) {
  const etcd::Keys keys = Put1("by-dev/meta/root-coord/collection/1", "x");
  const ToolRun missing = RunOn(Config("rollback", "2.1.0", "2.2.0"), keys);
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(LineBeforeExpired(missing), "open migration.bak: no such file or directory");
  EXPECT_EQ(missing.keys.Find("by-dev/meta/root-coord/collection/1"), nullptr);
  const ToolRun damaged =
      RunOn(Config("rollback", "2.1.0", "2.2.0"), keys, {{"migration.bak", "abc"}});
  EXPECT_EQ(LineBeforeExpired(damaged), "invalid backup file, cannot read header length");
}

TEST(ToolTest, AnotherMigrationIsToldByItsAddress) {
  const ToolRun run = RunOn(Config("run", "2.1.0", "2.2.0"),
                            Put1("by-dev/meta/session/migration",
                                 R"({"ServerID":3,"ServerName":"migration","Address":"then"})",
                                 9));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(LastLine(run), "other migration is running");
}

TEST(ToolTest, AnUndecodableValueStopsItBeforeClean) {
  const etcd::Keys keys = Put1("by-dev/meta/root-coord/collection/1", "\xff");
  const ToolRun run = RunOn(Config("run", "2.1.0", "2.2.0"), keys);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.keys.Find("by-dev/meta/root-coord/collection/1"), nullptr);
  const ToolRun bad_key = RunOn(Config("run", "2.1.0", "2.2.0"),
                                Put1("by-dev/meta/snapshots/root-coord/collection/1_ts1_ts2",
                                     std::string(milvus::kTombstone)));
  EXPECT_EQ(LineBeforeExpired(bad_key),
            "by-dev/meta/snapshots/root-coord/collection/1_ts1_ts2 is not of snapshot");
}

TEST(ToolTest, ALiveCollectionWithoutSchemaPanicsAfterClean) {
  const ToolRun run = RunOn(Config("run", "2.1.0", "2.2.0"),
                            Put1("by-dev/meta/root-coord/collection/1", "\x08\x01"));
  EXPECT_TRUE(run.panicked);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.keys.Find("by-dev/meta/root-coord/collection/1"), nullptr);
}

// Drives the machine and lets `interfere` change etcd or answer before each step.
struct Driven {
  std::vector<std::string> lines;
  int exit_code = -1;
  etcd::Keys keys;
};
template <typename Interfere>
Driven Drive(const ToolConfig& config, etcd::Keys keys, Interfere interfere) {
  Driven driven{{}, -1, std::move(keys)};
  ToolState state = StartTool(ToolImage::kV220Bugfix, config, "now");
  std::optional<EffectResult> result;
  for (int step = 0; step < 500; ++step) {
    interfere(step, driven.keys, result);
    const ToolTurn turn = Step(state, ToolInput{driven.keys, result});
    state = turn.next;
    result = EffectResult{};
    if (const auto* print = std::get_if<Print>(&turn.effect)) {
      driven.lines.push_back(print->line);
    } else if (const auto* put = std::get_if<PutIfAbsent>(&turn.effect)) {
      result->txn_succeeded = driven.keys.Find(put->key) == nullptr;
      if (result->txn_succeeded) {
        driven.keys = driven.keys.Set(put->key, etcd::Entry{put->value, put->leased, 0, 0, 1});
      }
    } else if (const auto* swap = std::get_if<CompareAndPut>(&turn.effect)) {
      driven.keys = driven.keys.Set(swap->key, etcd::Entry{swap->value, 0, 0, 0, 1});
    } else if (const auto* clean = std::get_if<DeletePrefix>(&turn.effect)) {
      driven.keys = driven.keys.ErasePrefix(clean->prefix);
    } else if (std::holds_alternative<RevokeLease>(turn.effect)) {
      driven.keys = driven.keys.Erase("by-dev/meta/session/migration");
    } else if (const auto* exit = std::get_if<Exit>(&turn.effect)) {
      driven.exit_code = exit->code;
      return driven;
    }
  }
  return driven;
}

TEST(ToolTest, ASessionThatAppearsKillsItWithTheEventsText) {
  const Driven driven =
      Drive(Config("run", "2.1.0", "2.2.0"), {}, [](int step, etcd::Keys& keys, auto&) {
        if (step == 12) {
          keys = keys.Set(kRolesKey, etcd::Entry{kSession, 5, 0, 0, 1});
        }
      });
  EXPECT_EQ(driven.exit_code, 1);
  ASSERT_GE(driven.lines.size(), 2U);
  EXPECT_EQ(driven.lines[driven.lines.size() - 2],
            "session up/down, exit migration, event type: SessionAddEvent, session: "
            "Session:<ServerID: 7, ServerName: datanode, Version: 0.0.0>");
}

TEST(ToolTest, LosingEtcdInMigrateExitsWithTwo) {
  const Driven driven =
      Drive(Config("run", "2.1.0", "2.2.0"), {}, [](int step, auto&, auto& result) {
        if (step == 12) {
          result = EffectResult{false, true, "", "context deadline exceeded"};
        }
      });
  EXPECT_EQ(driven.exit_code, 2);
  EXPECT_EQ(driven.lines[driven.lines.size() - 2], "context deadline exceeded");
}

TEST(ToolTest, AHeldSessionKeyIsTriedThirtyTimesThenItPanics) {
  // Another tool with our address: CheckSessions passes, the registration does not.
  const std::string own = R"({"ServerID":1,"ServerName":"migration","Address":"now"})";
  const Driven driven = Drive(Config("run", "2.1.0", "2.2.0"),
                              Put1("by-dev/meta/session/migration", own, 4),
                              [](int, auto&, auto&) {});
  EXPECT_EQ(driven.exit_code, 2);
  EXPECT_EQ(driven.lines.back(),
            "panic: function CompareAndSwap error for compare is false for key: migration");
}

TEST(ToolTest, EqualStatesHaveEqualDigestsAndAChangedOneHasNot) {
  const ToolState a = StartTool(ToolImage::kV220, Config("run", "2.1.0", "2.2.0"), "now");
  const ToolState b = StartTool(ToolImage::kV220, Config("run", "2.1.0", "2.2.0"), "now");
  EXPECT_EQ(DigestOf(a), DigestOf(b));
  const etcd::Keys keys;
  EXPECT_NE(DigestOf(a), DigestOf(Step(a, ToolInput{keys, std::nullopt}).next));
}

TEST(BackupTest, ReaderErrorsAreTheToolsOwn) {
  BackupFile file =
      BackupOf(Put1("by-dev/meta/a", "1").Set("by-dev/meta2/b", etcd::Entry{"2"}), "by-dev/meta");
  EXPECT_EQ(file.entries.size(), 2U);  // the prefix has no slash
  const std::string bytes = WriteBackup(file);
  const auto error = [&](std::size_t length) {
    const auto read = ReadBackup(std::string_view(bytes).substr(0, length));
    return read ? std::string("none") : read.error().message;
  };
  EXPECT_EQ(error(7), "invalid backup file, cannot read header length");
  EXPECT_EQ(error(20), "invalid backup file, cannot read header");
  EXPECT_EQ(error(bytes.size() - 1), "invalid backup file, cannot read entry");
  EXPECT_EQ(error(bytes.size()), "none");
  const std::size_t second = bytes.find("by-dev/meta2") - 10;
  EXPECT_EQ(error(second), "none");  // cut between two entries: accepted
  EXPECT_FALSE(ReadBackup(std::string_view(bytes).substr(0, second))->IsComplete());
  EXPECT_EQ(error(second + 3), "invalid backup file, cannot read entry length");
}

TEST(BackupTest, WithoutTheFlagKeysAreBelowInstanceAndMetaPath) {
  BackupFile file;
  file.header.instance = "inst";
  file.header.meta_path = "meta";
  file.entries = {{"a/b", "1"}};
  EXPECT_EQ(file.FullKey("a/b"), "inst/meta/a/b");
  EXPECT_NE(KeysOf(file).Find("inst/meta/a/b"), nullptr);
}

}  // namespace
}  // namespace rehearse::migration
