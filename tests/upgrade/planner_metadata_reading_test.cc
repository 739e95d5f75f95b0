// Goal: the planner tells the generation of any metadata that was seen, whoever left it.
// Method: every recorded dump, and the incident's backup.
#include <gtest/gtest.h>

#include "tests/upgrade/situations.h"
#include "upgrade/metadata_reading.h"

namespace rehearse::upgrade {
namespace {

using tests::Metadata;

MetadataReading Read(const std::string& name) { return ReadMetadata(Metadata(name), "by-dev"); }

TEST(MetadataReadingTest, EveryRecordedDump) {
  const std::pair<const char*, MetadataGeneration> cases[] = {
      {"milvus-2.1.0-running.jsonl", MetadataGeneration::kV21},
      {"milvus-2.1.0-partition-loaded.jsonl", MetadataGeneration::kV21},
      {"meta-migration-rolled-back.jsonl", MetadataGeneration::kV21},
      {"milvus-2.2.16-on-unmigrated.jsonl", MetadataGeneration::kV21},
      {"milvus-2.3.5-on-unmigrated.jsonl", MetadataGeneration::kV21},
      {"milvus-2.1.0-then-meta-migration-2.2.0.jsonl", MetadataGeneration::kV22},
      {"meta-migration-with-fix-21584-on-partition-loaded.jsonl", MetadataGeneration::kV22},
      {"milvus-2.1.0-on-2.2-metadata.jsonl", MetadataGeneration::kV22},
      {"milvus-2.2.16-on-migrated.jsonl", MetadataGeneration::kV22},
      {"milvus-2.2.16-on-2.3.5-metadata.jsonl", MetadataGeneration::kV22},
      {"milvus-2.3.5-on-migrated.jsonl", MetadataGeneration::kV22},
      {"meta-migration-2.2.0-panicked-after-clean.jsonl", MetadataGeneration::kCleaned},
  };
  for (const auto& [name, generation] : cases) {
    EXPECT_EQ(NameOf(Read(name).generation), NameOf(generation)) << name;
  }
}

TEST(MetadataReadingTest, ANewerServerLeavesTraces) {
  EXPECT_TRUE(Read("milvus-2.2.16-on-unmigrated.jsonl").newer_was_here);
  EXPECT_TRUE(Read("milvus-2.3.5-on-unmigrated.jsonl").newer_was_here);
  EXPECT_FALSE(Read("milvus-2.1.0-running.jsonl").newer_was_here);
}

TEST(MetadataReadingTest, LiveSessionsAreSeen) {
  EXPECT_EQ(Read("milvus-2.1.0-running.jsonl").live_roles.size(), 8U);
  EXPECT_TRUE(Read("milvus-2.1.0-then-meta-migration-2.2.0.jsonl").live_roles.empty());
}

TEST(MetadataReadingTest, BothGenerationsTogetherAreMixed) {
  etcd::Dump dump = Metadata("milvus-2.1.0-running.jsonl");
  const etcd::Dump other = Metadata("milvus-2.2.16-on-migrated.jsonl");
  for (const etcd::KeyValue& kv : other.kvs) {
    if (kv.key.starts_with("by-dev/meta/field-index/")) {
      dump.kvs.push_back(kv);
    }
  }
  EXPECT_EQ(ReadMetadata(dump, "by-dev").generation, MetadataGeneration::kMixed);
}

TEST(MetadataReadingTest, NothingIsEmptyAndAnotherRootIsFound) {
  EXPECT_EQ(ReadMetadata({}, "by-dev").generation, MetadataGeneration::kEmpty);
  const etcd::Dump dump = Metadata("milvus-2.1.0-running.jsonl");
  EXPECT_EQ(ReadMetadata(dump, "prod").keys, 0);
  EXPECT_EQ(RootPathsIn(dump), (std::vector<std::string>{"by-dev"}));
}

TEST(MetadataReadingTest, ABackupTellsWhatEtcdHasLost) {
  const cluster::Situation incident = tests::Incident();
  const BackupReading backup =
      ReadBackupFile("migration.bak", incident.backup_files.at("migration.bak"), incident.etcd)
          .value();
  EXPECT_EQ(backup.entries, 45);
  EXPECT_TRUE(backup.complete);
  EXPECT_EQ(backup.collections, (std::vector<std::string>{"notes", "photos"}));
  EXPECT_EQ(backup.missing.at("index (2.1)"), 1);
  EXPECT_FALSE(backup.missing.contains("segment"));
}

}  // namespace
}  // namespace rehearse::upgrade
