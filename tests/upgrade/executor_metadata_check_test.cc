// The check of migrated metadata against recordings of the real tool: complete results pass, every
// single loss is found. Method: the recorded dumps before and after, and each of their keys
// removed.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "model/etcd/dump.h"
#include "upgrade/metadata_check.h"

namespace rehearse::upgrade {
namespace {

constexpr std::string_view kRoot = "by-dev";
constexpr std::string_view kMeta = "by-dev/meta/";

etcd::Keys Load(const std::string& name) {
  const std::string path = "fixtures/etcd/" + name + ".jsonl";
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  auto dump = etcd::ParseDump(text.str(), path);
  EXPECT_TRUE(dump) << (dump ? "" : dump.error().message);
  return dump ? etcd::KeysOf(*std::move(dump)) : etcd::Keys();
}

Expectation ExpectedOf(const std::string& name) {
  return ExpectationOf(etcd::WithoutLeasedKeys(Load(name)), kRoot);
}

std::vector<std::string> Check(const Expectation& expected,
                               const etcd::Keys& keys,
                               CheckMoment moment = CheckMoment::kAfterTool) {
  return CheckMigration(expected, keys, kRoot, moment);
}

TEST(MetadataCheckTest, TheExpectationHoldsWhatTheRecordedMetadataHolds) {
  const Expectation expected = ExpectedOf("milvus-2.1.0-running");
  ASSERT_EQ(expected.collections.size(), 3U);  // the dropped one is not expected
  EXPECT_EQ(expected.collections[0].name, "books");
  EXPECT_EQ(expected.aliases.size(), 2U);
  EXPECT_EQ(expected.indexes.size(), 3U);
  EXPECT_EQ(expected.loads.size(), 2U);
  EXPECT_EQ(expected.segment_indexes.count, 2);
}

TEST(MetadataCheckTest, RecordedMigrationsAreComplete) {
  EXPECT_EQ(
      Check(ExpectedOf("milvus-2.1.0-running"), Load("milvus-2.1.0-then-meta-migration-2.2.0")),
      std::vector<std::string>());
  EXPECT_EQ(Check(ExpectedOf("milvus-2.1.0-partition-loaded"),
                  Load("meta-migration-with-fix-21584-on-partition-loaded")),
            std::vector<std::string>());
}

TEST(MetadataCheckTest, MigratedMetadataInServiceIsComplete) {
  for (const char* name : {"milvus-2.2.16-on-migrated", "milvus-2.3.5-on-migrated"}) {
    EXPECT_EQ(Check(ExpectedOf("milvus-2.1.0-running"), Load(name), CheckMoment::kInService),
              std::vector<std::string>())
        << name;
  }
}

TEST(MetadataCheckTest, WhatThePanickedToolLeftIsNotComplete) {
  EXPECT_FALSE(Check(ExpectedOf("milvus-2.1.0-partition-loaded"),
                     Load("meta-migration-2.2.0-panicked-after-clean"))
                   .empty());
}

TEST(MetadataCheckTest, MetadataThatWasNotMigratedIsNotComplete) {
  for (const char* name : {"milvus-2.1.0-running", "milvus-2.2.16-on-unmigrated"}) {
    EXPECT_FALSE(
        Check(ExpectedOf("milvus-2.1.0-running"), Load(name), CheckMoment::kInService).empty())
        << name;
  }
}

// Records of segments that were never indexed collide in the tool (build id 0): their loss is
// lawful.
TEST(MetadataCheckTest, EachLostKeyIsFound) {
  const Expectation expected = ExpectedOf("milvus-2.1.0-running");
  const etcd::Keys migrated = Load("milvus-2.1.0-then-meta-migration-2.2.0");
  int tried = 0;
  migrated.ForPrefix(kMeta, [&](const std::string& key, const auto& entry) {
    const std::string_view rest = std::string_view(key).substr(kMeta.size());
    const bool dropped = entry->value == "\xE2\x9B\xBC" && !rest.starts_with("snapshots/");
    if (rest.starts_with("session/") || entry->lease != 0 || dropped ||
        (rest.starts_with("segment-index/") && rest.ends_with("/0"))) {
      return;
    }
    ++tried;
    EXPECT_FALSE(Check(expected, migrated.Erase(key)).empty()) << key;
  });
  EXPECT_GT(tried, 40);
}

TEST(MetadataCheckTest, KeysOfTheOldLayoutThatAreLeftAreFound) {
  const Expectation expected = ExpectedOf("milvus-2.1.0-running");
  const etcd::Keys migrated = Load("milvus-2.1.0-then-meta-migration-2.2.0");
  for (const char* rest : {"root-coord/index/1/2",
                           "root-coord/segment-index/1/2/3/4",
                           "root-coord/collection-alias/x",
                           "indexes/5"}) {
    EXPECT_FALSE(Check(expected, migrated.Set(std::string(kMeta) + rest, etcd::Entry{"x"})).empty())
        << rest;
  }
}

TEST(MetadataCheckTest, AnExpectationSurvivesTheJournal) {
  const Expectation expected = ExpectedOf("milvus-2.1.0-running");
  const auto again = ExpectationFromJson(Dump(ToJson(expected)));
  ASSERT_TRUE(again);
  EXPECT_EQ(ToJson(*again), ToJson(expected));
  EXPECT_FALSE(ExpectationFromJson("{}"));
  EXPECT_FALSE(ExpectationFromJson("[1"));
}

TEST(MetadataCheckTest, GenerationsAreToldApart) {
  const auto of = [](const char* name) { return GenerationOf(Load(name), kRoot); };
  EXPECT_EQ(of("milvus-2.1.0-running"), Generation::kOld);
  EXPECT_EQ(of("milvus-2.1.0-then-meta-migration-2.2.0"), Generation::kNew);
  EXPECT_EQ(of("meta-migration-2.2.0-panicked-after-clean"), Generation::kEmpty);
  EXPECT_EQ(of("meta-migration-rolled-back"), Generation::kOld);
  EXPECT_EQ(of("milvus-2.2.16-on-migrated"), Generation::kNew);
}

}  // namespace
}  // namespace rehearse::upgrade
