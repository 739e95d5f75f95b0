// Goal: what the tool does to any 2.1 metadata, and what a backup is worth, holds as a law.
// Method: generated metadata, every kill point, the views of both generations as the judge.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "model/core/json.h"
#include "model/etcd/dump.h"
#include "model/migration/backup.h"
#include "model/migration/diff.h"
#include "model/migration/generate.h"
#include "model/migration/runner.h"
#include "model/milvus/codec.h"
#include "model/milvus/lawful.h"
#include "model/milvus/view.h"

namespace rehearse::migration {
namespace {

constexpr const char* kCounter = "by-dev/meta/session/id";
constexpr const char* kOwnSession = "by-dev/meta/session/migration";
constexpr const char* kBackup = "migration.bak";

etcd::Keys AnyMetadata() {
  GenerateOptions options;
  options.seed = *rc::gen::arbitrary<std::uint64_t>();
  options.collections = *rc::gen::inRange(0, 6);
  options.loaded_partitions = *rc::gen::arbitrary<bool>();
  return Generate21(options);
}

ToolRun RunOn(const std::string& command,
              const etcd::Keys& keys,
              Files files = {},
              const ToolRunOptions& options = {}) {
  ToolConfig config;
  config.command = command;
  config.source_version = "2.1.4";
  config.target_version = "2.2.0";
  config.backup_file_path = kBackup;
  config.endpoints = {"e:2379"};
  return RunTool(ToolJob{ToolImage::kV220Bugfix, config, keys, std::move(files)}, options);
}

// A killed tool's session ends with its lease.
etcd::Keys Later(const etcd::Keys& keys) { return keys.Erase(kOwnSession); }

bool SameButCounter(const etcd::Keys& a, const etcd::Keys& b) {
  return a.Erase(kCounter) == b.Erase(kCounter);
}

RC_GTEST_PROP(MigrationProps, killedAfterAnyPutAndRolledBackIsTheOriginal, ()) {
  const etcd::Keys original = AnyMetadata();
  const ToolRun backup = RunOn("backup", original);
  RC_ASSERT(backup.exit_code == 0);
  const std::int64_t all = RunOn("run", backup.keys).puts;
  ToolRunOptions options;
  options.kill_after_puts = *rc::gen::inRange<std::int64_t>(0, all + 2);
  const ToolRun killed = RunOn("run", backup.keys, {}, options);
  RC_ASSERT(killed.killed == (*options.kill_after_puts < all));
  const ToolRun back = RunOn("rollback", Later(killed.keys), backup.files);
  RC_ASSERT(back.exit_code == 0);
  RC_ASSERT(SameButCounter(back.keys, original));
  RC_ASSERT(back.keys.Find(kCounter)->value == "10");  // as the backup saw it
  RC_CLASSIFY(killed.killed, "killed");
}

RC_GTEST_PROP(MigrationProps, migratedAndRolledBackIsTheOriginalButTheCounter, ()) {
  const etcd::Keys original = AnyMetadata();
  const ToolRun backup = RunOn("backup", original);
  const ToolRun run = RunOn("run", backup.keys);
  RC_ASSERT(run.exit_code == 0);
  const ToolRun back = RunOn("rollback", run.keys, backup.files);
  RC_ASSERT(back.exit_code == 0);
  RC_ASSERT(SameButCounter(back.keys, original));
  RC_CLASSIFY(run.puts == 0, "nothing to convert");
}

RC_GTEST_PROP(MigrationProps, aBackupKilledWhileItIsRestoredCanBeRestoredAgain, ()) {
  const etcd::Keys original = AnyMetadata();
  const ToolRun backup = RunOn("backup", original);
  const ToolRun run = RunOn("run", backup.keys);
  ToolRunOptions options;
  options.kill_after_puts = *rc::gen::inRange<std::int64_t>(0, static_cast<int>(original.size()));
  const ToolRun killed = RunOn("rollback", run.keys, backup.files, options);
  const ToolRun back = RunOn("rollback", Later(killed.keys), backup.files);
  RC_ASSERT(SameButCounter(back.keys, original));
}

// The keys that Save puts, in its order.
std::vector<std::string> PutOrder(const etcd::Keys& keys, std::int64_t puts) {
  std::vector<std::string> order;
  ToolRunOptions options;
  etcd::Keys before;
  for (std::int64_t n = 0; n <= puts; ++n) {
    options.kill_after_puts = n;
    const etcd::Keys now = Later(RunOn("run", keys, {}, options).keys);
    now.ForEach([&](const std::string& key, const auto&) {
      if (n > 0 && before.Find(key) == nullptr) {
        order.push_back(key);
      }
    });
    before = now;
  }
  return order;
}

bool IsPartitionLoad(const std::string& key) {
  return key.find("/querycoord-partition-loadinfo/") != std::string::npos;
}

// Exactly what a second run without restore leaves of a first one killed after n puts: the first n
// puts, and infos of all loaded partitions, but without their index ids.
RC_GTEST_PROP(MigrationProps, aRerunKeepsWhatWasSavedAndLosesTheRest, ()) {
  GenerateOptions generate;
  generate.seed = *rc::gen::arbitrary<std::uint64_t>();
  generate.collections = *rc::gen::inRange(0, 3);
  generate.segments_max = 1;
  const etcd::Keys original = Generate21(generate);
  const ToolRun whole = RunOn("run", original);
  const std::vector<std::string> order = PutOrder(original, whole.puts);
  RC_ASSERT(static_cast<std::int64_t>(order.size()) == whole.puts);
  ToolRunOptions options;
  options.kill_after_puts = *rc::gen::inRange<std::int64_t>(0, whole.puts + 1);
  const ToolRun killed = RunOn("run", original, {}, options);
  const ToolRun again = RunOn("run", Later(killed.keys));
  RC_ASSERT(again.exit_code == 0);
  bool lost = false;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const etcd::Entry* entry = again.keys.Find(order[i]);
    const bool saved = static_cast<std::int64_t>(i) < *options.kill_after_puts;
    RC_ASSERT((entry != nullptr) == (saved || IsPartitionLoad(order[i])));
    lost = lost || entry == nullptr;
    if (entry != nullptr && IsPartitionLoad(order[i])) {
      RC_ASSERT(milvus::DecodeLoadedPartition(entry->value, "")->field_index_ids.empty());
    } else if (entry != nullptr) {
      RC_ASSERT(entry->value == whole.keys.Find(order[i])->value);
    }
  }
  const bool only_partition_loads_missing =
      std::all_of(order.begin() + *options.kill_after_puts, order.end(), IsPartitionLoad);
  RC_ASSERT(lost == !only_partition_loads_missing);
  RC_CLASSIFY(lost, "data lost");
}

RC_GTEST_PROP(MigrationProps, aSecondRunChangesNothingButPartitionLoads, ()) {
  const etcd::Keys original = AnyMetadata();
  const ToolRun once = RunOn("run", original);
  const ToolRun twice = RunOn("run", once.keys);
  RC_ASSERT(twice.exit_code == 0);
  const std::string loads = "by-dev/meta/querycoord-partition-loadinfo";
  RC_ASSERT(SameButCounter(twice.keys.ErasePrefix(loads), once.keys.ErasePrefix(loads)));
}

RC_GTEST_PROP(MigrationProps, clientsSeeTheSameBeforeAndAfterByTheLawfulTable, ()) {
  const etcd::Keys original = AnyMetadata();
  const ToolRun run = RunOn("run", original);
  const auto before = milvus::ViewAs(original, {"by-dev", Version{2, 1, 4, ""}});
  const auto after = milvus::ViewAs(run.keys, {"by-dev", Version{2, 2, 16, ""}});
  const auto classified = milvus::ClassifyDifferences(*before, *after);
  for (const auto& difference : classified.unlawful) {
    RC_LOG() << difference.path << ": " << difference.before << " | " << difference.after << "\n";
  }
  RC_ASSERT(classified.unlawful.empty());
  RC_CLASSIFY(!classified.lawful.empty(), "lawful differences");
}

RC_GTEST_PROP(MigrationProps,
              theUnfixedToolPanicsOnExactlyTheIndexedCollectionsWithLoadedPartitions,
              ()) {
  const etcd::Keys original = AnyMetadata();
  ToolConfig config;
  config.command = "run";
  config.source_version = "2.1.4";
  config.target_version = "2.2.0";
  const ToolRun run = RunTool(ToolJob{ToolImage::kV220, config, original, {}});
  const auto view = milvus::ViewAs(original, {"by-dev", Version{2, 1, 4, ""}});
  const bool expected = std::any_of(
      view->collections.begin(), view->collections.end(), [](const milvus::CollectionView& c) {
        return c.load.state == milvus::LoadState::kPartitionsLoaded && !c.indexes.empty();
      });
  RC_ASSERT(run.panicked == expected);
  RC_ASSERT(run.exit_code == (expected ? 2 : 0));
  RC_CLASSIFY(expected, "panic");
}

RC_GTEST_PROP(BackupProps, writtenAndReadAgainIsTheSame, ()) {
  const etcd::Keys original = AnyMetadata();
  const BackupFile file = BackupOf(original, "by-dev/meta");
  const BackupFile again = ReadBackup(WriteBackup(file)).value();
  RC_ASSERT(again.entries == file.entries);
  RC_ASSERT(again.header.entries == file.header.entries);
  RC_ASSERT(again.header.EntryIncludesRootPath());
  RC_ASSERT(KeysOf(again) == original.ErasePrefix("by-dev/kv/"));
}

RC_GTEST_PROP(DiffProps, metadataDoesNotDifferFromItself, ()) {
  const etcd::Keys keys = AnyMetadata();
  RC_ASSERT(DiffMeta(keys, keys).differences.empty());
}

}  // namespace
}  // namespace rehearse::migration
