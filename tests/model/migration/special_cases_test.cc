// Goal: every special case of the tool's load, conversion, clean and save, one test each.
// Method: small 2.1 metadata written by field number (tests/support/wire.h), so that neither the
// project's messages nor its generator decide what is expected.
#include <gtest/gtest.h>

#include "model/migration/backup.h"
#include "model/migration/runner.h"
#include "tests/support/wire.h"

namespace rehearse::migration {
namespace {

using tests::Read;
using tests::Wire;

const std::string kTombstone = "\xE2\x9B\xBC";

// A collection 1 of a vector field 101 and a key 100, with one partition 11.
Wire Schema(std::string_view name) {
  return Wire()
      .Text(1, name)
      .Message(4, Wire().Int(1, 100).Text(2, "id").Int(3, 1).Int(5, 5))
      .Message(4, Wire().Int(1, 101).Text(2, "vec").Int(5, 101).Pair(6, "dim", "8"));
}
Wire Collection() {
  return Wire()
      .Int(1, 1)
      .Message(2, Schema("c"))
      .Int(3, 7)
      .Int(4, 11)
      .Text(5, "_default")
      .Int(9, 7);
}
Wire Indexed() { return Collection().Message(6, Wire().Int(1, 101).Int(2, 21)); }
Wire Definition(std::string_view name) { return Wire().Text(1, name).Int(2, 21).Int(5, 9); }
// load_type: 1 partitions, 2 collection
Wire Load(std::uint64_t load_type, std::uint64_t percentage = 100) {
  return Wire().Int(1, 1).Int(2, 11).Int(4, load_type).Int(7, percentage).Int(9, 2);
}

class World {
 public:
  World& Put(const std::string& below_meta, std::string value) {
    keys_ = keys_.Set(root_ + "/meta/" + below_meta, etcd::Entry{std::move(value)});
    return *this;
  }
  World& Put(const std::string& below_meta, const Wire& value) {
    return Put(below_meta, value.Bytes());
  }
  World& Root(std::string root) {
    root_ = std::move(root);
    return *this;
  }
  [[nodiscard]] ToolRun Run(const std::string& command = "run",
                            ToolImage image = ToolImage::kV220Bugfix,
                            const Files& files = {}) const {
    ToolConfig config;
    config.command = command;
    config.source_version = source_;
    config.target_version = "2.2.0";
    config.backup_file_path = "b";
    config.endpoints = {"e:2379"};
    config.root_path = root_;
    return RunTool({image, config, keys_, files});
  }
  World& Source(std::string version) {
    source_ = std::move(version);
    return *this;
  }
  [[nodiscard]] const etcd::Keys& keys() const { return keys_; }

 private:
  etcd::Keys keys_;
  std::string root_ = "by-dev";
  std::string source_ = "2.1.4";
};

std::string At(const ToolRun& run, const std::string& below_meta) {
  const etcd::Entry* entry = run.keys.Find("by-dev/meta/" + below_meta);
  return entry == nullptr ? "absent" : entry->value;
}
bool Has(const ToolRun& run, const std::string& below_meta) {
  return run.keys.Find("by-dev/meta/" + below_meta) != nullptr;
}
// Before the line about the tool's own session.
std::string Message(const ToolRun& run) {
  return run.lines.size() < 2 ? "" : run.lines[run.lines.size() - 2];
}

TEST(CollectionTest, KeepsFieldsAndPartitionsAndLosesItsIndexesAndWhatTheToolDoesNotKnow) {
  const ToolRun run = World()
                          .Put("root-coord/collection/1", Indexed().Int(15, 3).Text(99, "new"))
                          .Put("root-coord/index/1/21", Definition("i"))
                          .Run();
  ASSERT_EQ(run.exit_code, 0);
  const Read out(At(run, "root-coord/collection/1"));
  EXPECT_EQ(out.Int(1), 1U);
  EXPECT_EQ(out.Message(2).Text(1), "c");
  EXPECT_EQ(out.Message(2).Texts(4).size(), 2U);
  EXPECT_EQ(Read(out.Message(2).Texts(4)[1]).Pairs(6).at("dim"), "8");
  EXPECT_EQ(out.Texts(5), std::vector<std::string>{"_default"});
  for (const std::uint64_t lost : {6U, 15U, 99U}) {
    EXPECT_FALSE(out.Has(lost)) << lost;
  }
}

TEST(CollectionTest, ATombstoneStaysOneAndIsNamedInTheIndexConversion) {
  const ToolRun run = World()
                          .Put("root-coord/collection/1", kTombstone)
                          .Put("snapshots/root-coord/collection/1_ts5", Collection())
                          .Put("snapshots/root-coord/collection/1_ts8", kTombstone)
                          .Run();
  EXPECT_EQ(At(run, "root-coord/collection/1"), kTombstone);
  EXPECT_EQ(At(run, "snapshots/root-coord/collection/1_ts8"), kTombstone);
  EXPECT_EQ(Read(At(run, "snapshots/root-coord/collection/1_ts5")).Message(2).Text(1), "c");
  EXPECT_EQ(Message(run),
            "combineToCollectionIndexesMeta220, nil schema:  1 , record:  &{[] <nil>}");
}

TEST(CollectionTest, FewerPartitionNamesThanIdsPanicAfterClean) {
  const ToolRun run = World().Put("root-coord/collection/1", Collection().Int(4, 12)).Run();
  EXPECT_TRUE(run.panicked);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_FALSE(Has(run, "root-coord/collection/1"));
  const auto panic = std::find(run.lines.begin(),
                               run.lines.end(),
                               "panic: runtime error: index out of range [1] with length 1");
  EXPECT_NE(panic, run.lines.end());
}

TEST(CollectionTest, AKeyWithoutANumberStopsTheToolBeforeClean) {
  const ToolRun run = World()
                          .Put("root-coord/collection/1", Collection())
                          .Put("root-coord/collection/x", Collection())
                          .Run();
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(Message(run), "strconv.Atoi: parsing \"x\": invalid syntax");
  EXPECT_EQ(At(run, "root-coord/collection/1"), Collection().Bytes());
}

TEST(CollectionTest, ADoubleFieldOrKeyIsRefusedAfterClean) {
  const auto with = [](const Wire& field) {
    const Wire schema = Schema("c").Message(4, field);
    return World().Put("root-coord/collection/1", Wire().Int(1, 1).Message(2, schema)).Run();
  };
  EXPECT_EQ(Message(with(Wire().Int(1, 102).Text(2, "vec"))), "duplicated fieldName: vec");
  EXPECT_EQ(Message(with(Wire().Int(1, 101).Text(2, "v2"))), "duplicated fieldID: 101");
  EXPECT_EQ(Message(with(Wire().Int(1, 102).Text(2, "k").Int(3, 1))), "primary key is not unique");
}

TEST(AliasTest, MovesWithItsTimeAndATombstoneWithIt) {
  const Wire alias = Wire().Int(1, 1).Message(2, Wire().Text(1, "a"));
  const ToolRun run = World()
                          .Put("root-coord/collection-alias/a", alias)
                          .Put("snapshots/root-coord/collection-alias/a_ts9", alias)
                          .Put("root-coord/collection-alias/gone", kTombstone)
                          .Run();
  EXPECT_EQ(Read(At(run, "root-coord/aliases/a")).Text(1), "a");
  EXPECT_EQ(Read(At(run, "root-coord/aliases/a")).Int(2), 1U);
  EXPECT_EQ(Read(At(run, "root-coord/aliases/a")).Int(3), 0U);
  EXPECT_EQ(Read(At(run, "snapshots/root-coord/aliases/a_ts9")).Int(3), 9U);
  EXPECT_EQ(At(run, "root-coord/aliases/gone"), kTombstone);
  EXPECT_FALSE(Has(run, "root-coord/collection-alias/a"));
}

TEST(AliasTest, WithTsInItsNameStopsTheToolBeforeClean) {
  const Wire alias = Wire().Int(1, 1).Message(2, Wire().Text(1, "a_ts1"));
  const ToolRun latest = World().Put("root-coord/collection-alias/a_ts1", alias).Run();
  EXPECT_EQ(latest.exit_code, 0);  // only the time travel copy is split
  const ToolRun run = World().Put("snapshots/root-coord/collection-alias/a_ts1_ts9", alias).Run();
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(Message(run),
            "by-dev/meta/snapshots/root-coord/collection-alias/a_ts1_ts9 is not of snapshot");
  EXPECT_TRUE(Has(run, "snapshots/root-coord/collection-alias/a_ts1_ts9"));
}

Read IndexAfter(const Wire& definition) {
  const ToolRun run = World()
                          .Put("root-coord/collection/1", Indexed())
                          .Put("root-coord/index/1/21", definition)
                          .Run();
  EXPECT_EQ(run.exit_code, 0) << Message(run);
  return Read(At(run, "field-index/1/21"));
}

TEST(IndexTest, TheDefaultNameGetsItsFieldAndOthersAreKept) {
  EXPECT_EQ(IndexAfter(Definition("_default_idx")).Message(1).Text(3), "_default_idx_101");
  EXPECT_EQ(IndexAfter(Definition("_default_idx_7")).Message(1).Text(3), "_default_idx_7");
  EXPECT_EQ(IndexAfter(Definition("")).Message(1).Text(3), "");
}

TEST(IndexTest, OfEqualParametersTheLastWinsAndTheUsersAreKept) {
  const Read index = IndexAfter(Definition("i")
                                    .Pair(3, "metric_type", "L2")
                                    .Pair(3, "params", R"({"nlist": 1048576, "x": "y", "b": true})")
                                    .Pair(3, "nlist", "7")
                                    .Pair(3, "metric_type", "IP")
                                    .Int(4, 1));
  const std::map<std::string, std::string> expected = {
      {"metric_type", "IP"}, {"nlist", "7"}, {"x", "y"}, {"b", "true"}};
  EXPECT_EQ(index.Message(1).Pairs(6), expected);
  EXPECT_EQ(index.Message(1).Texts(12).size(), 4U);
  EXPECT_EQ(index.Message(1).Pairs(5).at("dim"), "8");
  EXPECT_EQ(index.Int(2), 1U);  // deleted
  EXPECT_EQ(index.Int(3), 9U);
  const Read flat =
      IndexAfter(Definition("i").Pair(3, "nlist", "7").Pair(3, "params", "{\"nlist\":16}"));
  EXPECT_EQ(flat.Message(1).Pairs(6).at("nlist"), "16");
}

TEST(IndexTest, BadParametersAndMissingDefinitionsFailAfterClean) {
  const auto error = [](const Wire& collection, const std::string& key, const Wire& definition) {
    const ToolRun run =
        World().Put("root-coord/collection/1", collection).Put(key, definition).Run();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_FALSE(run.panicked);
    EXPECT_FALSE(Has(run, "root-coord/collection/1"));
    return Message(run);
  };
  const Wire bad = Definition("i").Pair(3, "params", "{nlist}");
  EXPECT_TRUE(
      error(Indexed(), "root-coord/index/1/21", bad).starts_with("unmarshal params failed"));
  EXPECT_EQ(error(Indexed(), "root-coord/index/2/21", Definition("i")), "collection not exist: 1");
  EXPECT_EQ(error(Indexed(), "root-coord/index/1/22", Definition("i")),
            "index not exist, collection: 1, index: 21");
  const Wire no_field = Collection().Message(6, Wire().Int(1, 555).Int(2, 21));
  EXPECT_EQ(error(no_field, "root-coord/index/1/21", Definition("i")), "fieldID(555) not found");
}

TEST(IndexTest, ADefinitionWithoutAnEntryIsDropped) {
  const ToolRun run = World()
                          .Put("root-coord/collection/1", Collection())
                          .Put("root-coord/index/1/21", Definition("i"))
                          .Put("root-coord/index/8/81", Definition("orphan"))
                          .Run();
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_FALSE(Has(run, "field-index/1/21"));
  EXPECT_FALSE(Has(run, "root-coord/index/1/21"));
  EXPECT_FALSE(Has(run, "root-coord/index/8/81"));
}

TEST(IndexTest, EntriesOfOldVersionsDoNotCount) {
  const ToolRun run = World()
                          .Put("root-coord/collection/1", Collection())
                          .Put("snapshots/root-coord/collection/1_ts5", Indexed())
                          .Put("root-coord/index/1/21", Definition("i"))
                          .Run();
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_FALSE(Has(run, "field-index/1/21"));
}

Wire Segment(std::uint64_t index, std::uint64_t build) {
  return Wire().Int(1, 1).Int(2, 11).Int(3, 31).Int(4, 101).Int(5, index).Int(6, build).Int(8, 9);
}

TEST(SegmentIndexTest, IsJoinedWithItsBuild) {
  const Wire build = Wire()
                         .Int(1, 41)
                         .Int(2, 4)
                         .Text(3, "why")
                         .Message(4, Wire().Int(8, 1000))
                         .Text(5, "files/index_files/41/1/IVF")
                         .Text(5, "bare")
                         .Int(6, 1)
                         .Int(7, 3)
                         .Int(8, 2)
                         .Int(10, 77);
  const ToolRun run = World()
                          .Put("root-coord/segment-index/1/21/11/31", Segment(21, 41).Int(7, 1))
                          .Put("indexes/41", build)
                          .Run();
  const Read out(At(run, "segment-index/1/11/31/41"));
  EXPECT_EQ(out.Int(4), 1000U);
  EXPECT_EQ(out.Int(5), 21U);
  EXPECT_EQ(out.Int(7), 3U);
  EXPECT_EQ(out.Int(8), 2U);
  EXPECT_EQ(out.Int(9), 4U);
  EXPECT_EQ(out.Text(10), "why");
  EXPECT_EQ(out.Texts(11), (std::vector<std::string>{"IVF", "bare"}));
  EXPECT_EQ(out.Int(12), 1U);
  EXPECT_EQ(out.Int(13), 9U);
  EXPECT_EQ(out.Int(14), 77U);
  EXPECT_EQ(out.Int(15), 0U);  // handed off only when Finished
}

TEST(SegmentIndexTest, TakesItsIdsFromTheValueNotFromTheKey) {
  const ToolRun run = World()
                          .Put("root-coord/segment-index/anything", Segment(21, 41).Int(7, 1))
                          .Put("indexes/999", Wire().Int(1, 41).Int(2, 3))
                          .Run();
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(Read(At(run, "segment-index/1/11/31/41")).Int(15), 1U);
}

TEST(SegmentIndexTest, WithoutBuildIsFinishedUnderZeroAndTheLastIndexStays) {
  const ToolRun run = World()
                          .Put("root-coord/segment-index/1/21/11/31", Segment(21, 0))
                          .Put("root-coord/segment-index/1/22/11/31", Segment(22, 0))
                          .Run();
  const Read out(At(run, "segment-index/1/11/31/0"));
  EXPECT_EQ(out.Int(5), 22U);
  EXPECT_EQ(out.Int(6), 0U);
  EXPECT_EQ(out.Int(8), 1U);
  EXPECT_EQ(out.Int(9), 3U);
  EXPECT_EQ(out.Int(15), 1U);
  EXPECT_EQ(run.puts, 1);
}

TEST(SegmentIndexTest, ALostBuildFailsAfterCleanAndSoDoesAnEnabledOneWithoutId) {
  for (const std::uint64_t build : {0U, 41U}) {
    const ToolRun run =
        World().Put("root-coord/segment-index/1/21/11/31", Segment(21, build).Int(7, 1)).Run();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(Message(run),
              "index build meta not found, segment id: 31, index id: 21, index build id: " +
                  std::to_string(build));
    EXPECT_FALSE(Has(run, "root-coord/segment-index/1/21/11/31"));
  }
}

World LoadedWorld(const Wire& collection, const Wire& load) {
  return World()
      .Put("root-coord/collection/1", collection)
      .Put("root-coord/index/1/21", Definition("i"))
      .Put("queryCoord-collectionMeta/1", load);
}

TEST(LoadTest, AWholeCollectionGetsOneInfoWithItsIndexes) {
  const ToolRun run = LoadedWorld(Indexed(), Load(2).Int(6, 12)).Run();
  const Read out(At(run, "querycoord-collection-loadinfo/1"));
  EXPECT_EQ(out.Int(1), 1U);
  EXPECT_EQ(out.Int(3), 2U);
  EXPECT_EQ(out.Int(4), 2U);
  EXPECT_EQ(out.Message(5).Int(1), 101U);
  EXPECT_EQ(out.Message(5).Int(2), 21U);
  EXPECT_TRUE(out.Has(2));   // released partitions
  EXPECT_FALSE(out.Has(6));  // the load type is not written
  EXPECT_FALSE(Has(run, "querycoord-partition-loadinfo/1/11"));
  EXPECT_EQ(At(run, "queryCoord-collectionMeta/1"), Load(2).Int(6, 12).Bytes());
}

TEST(LoadTest, PartitionsGetAnInfoEachAndNoneForTheCollection) {
  const ToolRun run = LoadedWorld(Indexed(), Load(1).Int(2, 12)).Run();
  EXPECT_FALSE(Has(run, "querycoord-collection-loadinfo/1"));
  for (const std::uint64_t partition : {11U, 12U}) {
    const Read out(At(run, "querycoord-partition-loadinfo/1/" + std::to_string(partition)));
    EXPECT_EQ(out.Int(2), partition);
    EXPECT_EQ(out.Int(3), 2U);
    EXPECT_EQ(out.Int(4), 2U);
    EXPECT_EQ(out.Message(5).Int(2), 21U);
  }
}

TEST(LoadTest, WithoutIndexACollectionIsReleasedAndPartitionsAreNot) {
  EXPECT_FALSE(Has(LoadedWorld(Collection(), Load(2)).Run(), "querycoord-collection-loadinfo/1"));
  for (const ToolImage image : {ToolImage::kV220, ToolImage::kV220Bugfix}) {
    const ToolRun run = LoadedWorld(Collection(), Load(1)).Run("run", image);
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_TRUE(Has(run, "querycoord-partition-loadinfo/1/11"));
  }
}

TEST(LoadTest, WhatIsNotWholeOrOfNoKnownKindIsDropped) {
  for (const Wire& load : {Load(2, 99), Load(1, 50), Load(0), Load(7)}) {
    const ToolRun run = LoadedWorld(Indexed(), load).Run();
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_FALSE(Has(run, "querycoord-collection-loadinfo/1"));
    EXPECT_FALSE(Has(run, "querycoord-partition-loadinfo/1/11"));
  }
}

TEST(LoadTest, TheUnfixedImagePanicsOnALoadedPartitionOfAnIndexedCollection) {
  const ToolRun run = LoadedWorld(Indexed(), Load(1)).Run("run", ToolImage::kV220);
  EXPECT_TRUE(run.panicked);
  EXPECT_FALSE(Has(run, "root-coord/collection/1"));
  EXPECT_FALSE(Has(run, "field-index/1/21"));
  EXPECT_EQ(LoadedWorld(Indexed(), Load(2)).Run("run", ToolImage::kV220).exit_code, 0);
  EXPECT_EQ(LoadedWorld(Indexed(), Load(1, 60)).Run("run", ToolImage::kV220).exit_code, 0);
}

TEST(CleanTest, PrefixesHaveNoSlashAndOtherInstancesAreLeftAlone) {
  const ToolRun run = World()
                          .Put("indexes-of-mine", "x")
                          .Put("root-coord/dd-operation-2", "x")
                          .Put("root-coord/credential/users/root", "x")
                          .Put("datacoord-meta/s/1/11/31", "x")
                          .Put("queryCoord-ReplicaMeta/5", "x")
                          .Root("by-dev2")
                          .Put("indexes/41", "x")
                          .Root("by-dev")
                          .Run();
  EXPECT_EQ(run.exit_code, 2);  // Load reads by the same prefixes: "x" is no IndexMeta
  const ToolRun clean = World()
                            .Put("root-coord/dd-operation-2", "x")
                            .Put("root-coord/dd-msg-send", "x")
                            .Put("root-coord/credential/users/root", "x")
                            .Put("datacoord-meta/s/1/11/31", "x")
                            .Root("by-dev2")
                            .Put("root-coord/dd-msg-send", "x")
                            .Root("by-dev")
                            .Run();
  EXPECT_EQ(clean.exit_code, 0);
  EXPECT_FALSE(Has(clean, "root-coord/dd-operation-2"));
  EXPECT_FALSE(Has(clean, "root-coord/dd-msg-send"));
  EXPECT_TRUE(Has(clean, "root-coord/credential/users/root"));
  EXPECT_TRUE(Has(clean, "datacoord-meta/s/1/11/31"));
  EXPECT_NE(clean.keys.Find("by-dev2/meta/root-coord/dd-msg-send"), nullptr);
}

TEST(RootPathTest, AnotherRootIsMigratedAndTheDefaultOneIsNotTouched) {
  World world;
  world.Put("root-coord/collection/1", Indexed()).Root("tenant/one");
  world.Put("root-coord/collection/1", Indexed()).Put("root-coord/index/1/21", Definition("i"));
  const ToolRun run = world.Run();
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.lines[1], "Type: etcd, EndPoints: [e:2379], MetaRootPath: tenant/one/meta");
  EXPECT_NE(run.keys.Find("tenant/one/meta/field-index/1/21"), nullptr);
  EXPECT_NE(run.keys.Find("tenant/one/meta/session/id"), nullptr);
  EXPECT_EQ(At(run, "root-coord/collection/1"), Indexed().Bytes());
  EXPECT_FALSE(Has(run, "session/id"));
}

TEST(BackendTest, Of22HasNeitherBackupNorRestore) {
  World world;
  world.Source("2.2.0").Put("root-coord/collection/1", Collection());
  for (const char* command : {"backup", "rollback"}) {
    const ToolRun run = world.Run(command, ToolImage::kV220Bugfix, {{"b", "x"}});
    EXPECT_TRUE(run.panicked) << command;
    EXPECT_EQ(run.exit_code, 2) << command;
    EXPECT_EQ(Has(run, "root-coord/collection/1"), std::string(command) == "backup");
  }
  EXPECT_EQ(world.Run("run").exit_code, 2);
  EXPECT_EQ(Message(world.Run("run")),
            "migration from source version to target version is forbidden, source: 2.2.0, target: "
            "2.2.0");
}

TEST(RerunTest, OnMigratedMetadataKeepsWhatItDoesNotClean) {
  World world =
      LoadedWorld(Indexed(), Load(2))
          .Put("root-coord/collection-alias/a", Wire().Int(1, 1).Message(2, Wire().Text(1, "a")))
          .Put("root-coord/segment-index/1/21/11/31", Segment(21, 0));
  const ToolRun once = world.Run();
  ToolConfig config;
  config.command = "run";
  config.source_version = "2.1.4";
  config.target_version = "2.2.0";
  const ToolRun twice = RunTool({ToolImage::kV220Bugfix, config, once.keys, {}});
  EXPECT_EQ(twice.exit_code, 0);
  EXPECT_EQ(At(twice, "session/id"), "3");
  EXPECT_EQ(twice.keys.Erase("by-dev/meta/session/id"), once.keys.Erase("by-dev/meta/session/id"));
  EXPECT_EQ(twice.puts, 1);  // the collection alone
}

TEST(SessionIdTest, IsCreatedAndRaisedEvenByARunThatFails) {
  EXPECT_EQ(At(World().Run(), "session/id"), "2");
  EXPECT_EQ(At(World().Put("session/id", "9").Run(), "session/id"), "10");
  EXPECT_EQ(At(World().Source("9").Put("session/id", "9").Run(), "session/id"), "10");
}

TEST(SessionTest, EachRoleStopsTheToolInItsOrderAndOthersDoNot) {
  const std::string session = R"({"ServerID":4,"ServerName":"x","Address":"a:1"})";
  World world;
  for (const char* role :
       {"proxy", "querynode", "querycoord", "datanode", "datacoord", "indexnode", "indexcoord"}) {
    world.Put(std::string("session/") + role + "-4", session);
    const ToolRun run = world.Run();
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_EQ(run.lines.back(),
              std::string("there are still sessions alive, prefix: ") + role +
                  ", num of alive sessions: 1");
  }
  for (const char* role : {"mixcoord", "streamingnode-7", "standalone", "cdc"}) {
    EXPECT_EQ(World().Put(std::string("session/") + role, session).Run().exit_code, 0) << role;
  }
  EXPECT_EQ(World().Put("session/proxy-1", "no json").Run().exit_code, 1);
}

TEST(BackupFileTest, HoldsEveryKeyBelowThePrefixButLeasedOnes) {
  World world;
  world.Put("a", "1").Put("channelwatch/7/c", "2").Put("session/id", "9");
  const etcd::Keys keys =
      world.keys().Set("by-dev/meta2/x", etcd::Entry{"3"}).Set("by-dev/kv/tso", etcd::Entry{"4"});
  const BackupFile file = BackupOf(keys.Set("by-dev/meta/l", etcd::Entry{"5", 7}), "by-dev/meta");
  EXPECT_EQ(file.entries.size(), 4U);
  EXPECT_FALSE(file.entries.contains("by-dev/meta/l"));
  EXPECT_TRUE(file.entries.contains("by-dev/meta2/x"));
  EXPECT_EQ(BackupOf({}, "meta").header.instance, "meta");
  EXPECT_EQ(BackupOf({}, "a/b/meta").header.instance, "a/b");
}

TEST(RestoreTest, KeepsKeysOfFamiliesThatNoCleanKnows) {
  World world;
  world.Put("root-coord/collection/1", Indexed()).Put("root-coord/index/1/21", Definition("i"));
  const ToolRun saved = world.Run("backup");
  World later;
  later.Put("root-coord/collection/2", Collection())
      .Put("root-coord/database/db-info/1", "x")
      .Put("querycoord-replica/1/5", "x")
      .Put("root-coord/partitions/2/12", "x");
  const ToolRun back = later.Run("rollback", ToolImage::kV220, saved.files);
  EXPECT_EQ(back.exit_code, 0);
  EXPECT_EQ(At(back, "root-coord/collection/1"), Indexed().Bytes());
  EXPECT_FALSE(Has(back, "root-coord/collection/2"));
  EXPECT_FALSE(Has(back, "root-coord/partitions/2/12"));
  EXPECT_TRUE(Has(back, "root-coord/database/db-info/1"));
  EXPECT_TRUE(Has(back, "querycoord-replica/1/5"));
}

}  // namespace
}  // namespace rehearse::migration
