// Goal: a view tells what a real server of that version told its clients on that metadata.
// Method: the real dumps; one test for each recorded experiment, with the numbers a client saw.
#include "model/milvus/view.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "model/etcd/dump.h"
#include "model/milvus/lawful.h"

namespace rehearse::milvus {
namespace {

etcd::Keys Load(const std::string& name) {
  std::ifstream in("fixtures/etcd/" + name + ".jsonl", std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return etcd::KeysOf(etcd::ParseDump(bytes.str(), name).value());
}

MetaView View(const std::string& name, const char* server) {
  return ViewAs(Load(name), ViewOptions{"by-dev", ParseVersion(server).value()}).value();
}

// Collections, partitions, aliases, indexes and loads in one line each.
std::string Summary(const MetaView& view) {
  std::string text;
  for (const CollectionView& collection : view.collections) {
    text += collection.name + " " + std::to_string(collection.rows) + " [";
    for (const PartitionView& partition : collection.partitions) {
      text += partition.name + ":" + std::to_string(partition.rows) + " ";
    }
    text += "] aliases";
    for (const std::string& alias : collection.aliases) {
      text += " " + alias;
    }
    text += ", indexes";
    for (const IndexView& index : collection.indexes) {
      text += " " + index.name + "(" + index.field_name + ")";
    }
    text += ", " + std::string(NameOf(collection.load.state));
    for (const std::string& partition : collection.load.partitions) {
      text += " " + partition;
    }
    text += "\n";
  }
  return text;
}

const std::string kAsIn21 =
    "books 5000 [_default:3000 p1:2000 ] aliases shelf, indexes _default_idx(vec), loaded _default "
    "p1\n"
    "empty 0 [_default:0 ] aliases, indexes, released\n"
    "songs 1500 [_default:1500 ] aliases tunes, indexes _default_idx(vec) id_idx(id), loaded "
    "_default\n";
const std::string kAsIn22 =
    "books 5000 [_default:3000 p1:2000 ] aliases shelf, indexes _default_idx_102(vec), loaded "
    "_default p1\n"
    "empty 0 [_default:0 ] aliases, indexes, released\n"
    "songs 1500 [_default:1500 ] aliases tunes, indexes _default_idx_102(vec) id_idx(id), loaded "
    "_default\n";
const std::string kWithoutIndexesAndLoads =
    "books 5000 [_default:3000 p1:2000 ] aliases shelf, indexes, released\n"
    "empty 0 [_default:0 ] aliases, indexes, released\n"
    "songs 1500 [_default:1500 ] aliases tunes, indexes, released\n";
const std::string kWithoutIndexesAndAliases =
    "books 5000 [_default:3000 p1:2000 ] aliases, indexes, loaded _default p1\n"
    "empty 0 [_default:0 ] aliases, indexes, released\n"
    "songs 1500 [_default:1500 ] aliases, indexes, loaded _default\n";

TEST(ViewTest, Milvus210SeesItsOwnMetadataWhole) {
  const MetaView view = View("milvus-2.1.0-running", "2.1.0");
  EXPECT_EQ(Summary(view), kAsIn21);
  EXPECT_TRUE(view.silent_losses.empty());
  const CollectionView* songs = view.Find("songs");
  ASSERT_NE(songs, nullptr);
  EXPECT_EQ(songs->fields[0].type, "VarChar");
  EXPECT_EQ(songs->fields[0].params.at("max_length"), "64");
  EXPECT_TRUE(songs->fields[0].primary_key);
  EXPECT_EQ(songs->indexes[0].params.at("efConstruction"), "64");
  EXPECT_EQ(songs->load.replica_number, 1);
  EXPECT_EQ(view.Find("dropme"), nullptr);  // dropped: a tombstone
}

TEST(ViewTest, Milvus2216SeesMigratedMetadataRight) {
  EXPECT_EQ(Summary(View("milvus-2.1.0-then-meta-migration-2.2.0", "2.2.16")), kAsIn22);
  const MetaView view = View("milvus-2.2.16-on-migrated", "2.2.16");
  EXPECT_EQ(Summary(view), kAsIn22);
  EXPECT_TRUE(view.silent_losses.empty());
}

TEST(ViewTest, Milvus2216OnUnmigratedMetadataSilentlyLosesIndexesAndLoads) {
  for (const char* dump : {"milvus-2.1.0-running", "milvus-2.2.16-on-unmigrated"}) {
    const MetaView view = View(dump, "2.2.16");
    EXPECT_EQ(Summary(view), kWithoutIndexesAndLoads) << dump;
    EXPECT_EQ(view.silent_losses.size(), 2U) << dump;
    EXPECT_TRUE(view.laws.Has(Law::kSilentLoss22OnUnmigrated));
  }
}

TEST(ViewTest, Milvus210OnMigratedMetadataSilentlyLosesIndexesAndAliases) {
  for (const char* dump :
       {"milvus-2.1.0-then-meta-migration-2.2.0", "milvus-2.1.0-on-2.2-metadata"}) {
    const MetaView view = View(dump, "2.1.0");
    EXPECT_EQ(Summary(view), kWithoutIndexesAndAliases) << dump;
    EXPECT_EQ(view.silent_losses.size(), 2U) << dump;
    EXPECT_TRUE(view.laws.Has(Law::kSilentLoss21OnMigrated));
    EXPECT_TRUE(view.laws.Has(Law::kView21LoadsOfOldKeys));
  }
}

TEST(ViewTest, Milvus210SeesAllAgainAfterRollback) {
  EXPECT_EQ(Summary(View("meta-migration-rolled-back", "2.1.0")), kAsIn21);
}

TEST(ViewTest, NothingIsLeftAfterThePanic) {
  for (const char* server : {"2.1.0", "2.2.16", "2.3.5"}) {
    EXPECT_TRUE(View("meta-migration-2.2.0-panicked-after-clean", server).collections.empty());
  }
}

TEST(ViewTest, ALoadedPartitionStaysLoadedAndACollectionWithoutIndexIsReleased) {
  EXPECT_EQ(Summary(View("milvus-2.1.0-partition-loaded", "2.1.0")),
            "notes 1200 [_default:1200 ] aliases, indexes, loaded _default\n"
            "photos 3000 [_default:0 y2021:1500 y2022:1500 ] aliases album, indexes "
            "_default_idx(vec), partitions loaded y2022\n");
  EXPECT_EQ(Summary(View("meta-migration-with-fix-21584-on-partition-loaded", "2.2.16")),
            "notes 1200 [_default:1200 ] aliases, indexes, released\n"
            "photos 3000 [_default:0 y2021:1500 y2022:1500 ] aliases album, indexes "
            "_default_idx_101(vec), partitions loaded y2022\n");
}

TEST(ViewTest, Milvus235OnToolMigratedMetadataSeesAll) {
  EXPECT_EQ(Summary(View("milvus-2.1.0-then-meta-migration-2.2.0", "2.3.5")), kAsIn22);
  EXPECT_EQ(Summary(View("milvus-2.3.5-on-migrated", "2.3.5")), kAsIn22);
}

TEST(ViewTest, Milvus235OnUnmigratedMetadataSilentlyLosesIndexesAndLoads) {
  for (const char* dump : {"milvus-2.1.0-running", "milvus-2.3.5-on-unmigrated"}) {
    const MetaView view = View(dump, "2.3.5");
    EXPECT_EQ(Summary(view), kWithoutIndexesAndLoads) << dump;
    EXPECT_TRUE(view.laws.Has(Law::kSilentLoss23OnUnmigrated));
  }
}

TEST(ViewTest, Milvus2216SeesAllOnMetadataOf235) {
  for (const char* dump : {"milvus-2.3.5-on-migrated", "milvus-2.2.16-on-2.3.5-metadata"}) {
    const MetaView view = View(dump, "2.2.16");
    EXPECT_EQ(Summary(view), kAsIn22) << dump;
    EXPECT_TRUE(view.laws.Has(Law::kView22On23));
  }
}

TEST(ViewTest, OtherPatchVersionsAreReadNotMeasured) {
  const MetaView view = View("milvus-2.1.0-running", "2.1.4");
  EXPECT_EQ(Summary(view), kAsIn21);
  EXPECT_TRUE(view.laws.Has(Law::kViewSameMinor));
  EXPECT_FALSE(View("milvus-2.1.0-running", "2.1.0").laws.Has(Law::kViewSameMinor));
  EXPECT_TRUE(View("milvus-2.3.5-on-migrated", "2.5.4").laws.Has(Law::kViewAbove23));
}

TEST(ViewTest, AValueThatCannotBeDecodedIsAnErrorWithItsKey) {
  const std::string key = "by-dev/meta/root-coord/collection/470645992069205313";
  const etcd::Keys keys =
      Load("milvus-2.1.0-running").Set(key, etcd::Entry{"\xff\xff", 0, 0, 0, 1});
  const auto view = ViewAs(keys, ViewOptions{"by-dev", Version{2, 1, 0, ""}});
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().message, key + ": not a CollectionInfo");
}

TEST(LawfulTest, TheMigrationOfTheRunningDumpIsLawful) {
  const Classification c =
      ClassifyDifferences(View("milvus-2.1.0-running", "2.1.0"),
                          View("milvus-2.1.0-then-meta-migration-2.2.0", "2.2.16"));
  EXPECT_TRUE(c.unlawful.empty());
  std::map<Law, int> counts;
  for (const LawfulDifference& lawful : c.lawful) {
    ++counts[lawful.law];
  }
  EXPECT_EQ(counts[Law::kLawfulDefaultIndexName], 2);
  EXPECT_EQ(counts[Law::kLawfulDefaultDatabase], 3);
  EXPECT_EQ(counts[Law::kLawfulCollidingSegments], 1);  // songs: the vector index lost both
}

TEST(LawfulTest, AReleaseWithoutIndexIsLawfulAndALostPartitionLoadIsNot) {
  const MetaView before = View("milvus-2.1.0-partition-loaded", "2.1.0");
  MetaView after = View("meta-migration-with-fix-21584-on-partition-loaded", "2.2.16");
  EXPECT_TRUE(ClassifyDifferences(before, after).unlawful.empty());
  for (CollectionView& collection : after.collections) {
    collection.load = LoadView{};
  }
  const Classification c = ClassifyDifferences(before, after);
  ASSERT_EQ(c.unlawful.size(), 3U);
  EXPECT_EQ(c.unlawful[0].path, "collections/photos/load/partitions");
}

TEST(LawfulTest, SkippingTheMigrationIsUnlawful) {
  const Classification c = ClassifyDifferences(View("milvus-2.1.0-running", "2.1.0"),
                                               View("milvus-2.1.0-running", "2.2.16"));
  EXPECT_GT(c.unlawful.size(), 10U);
  const Classification lost =
      ClassifyDifferences(View("milvus-2.1.0-partition-loaded", "2.1.0"),
                          View("meta-migration-2.2.0-panicked-after-clean", "2.2.16"));
  EXPECT_GT(lost.unlawful.size(), 20U);
  EXPECT_TRUE(lost.lawful.empty());
}

TEST(ViewTest, TextAndJsonAreStable) {
  const MetaView view = View("milvus-2.1.0-partition-loaded", "2.1.0");
  EXPECT_EQ(ToText(view),
            "As Milvus 2.1.0 shows it: 2 collections\n"
            "notes (id 470646400941031425): 1200 rows\n"
            "  field id Int64 primary key\n"
            "  field vec FloatVector (dim=8)\n"
            "  partition _default: 1200 rows\n"
            "  loaded: partitions _default, replicas 1\n"
            "photos (id 470646399866441025): 3000 rows\n"
            "  field id Int64 primary key\n"
            "  field vec FloatVector (dim=8)\n"
            "  partition _default: 0 rows\n"
            "  partition y2021: 1500 rows\n"
            "  partition y2022: 1500 rows\n"
            "  alias album\n"
            "  index _default_idx on vec (index_type=IVF_FLAT, metric_type=L2, nlist=8)\n"
            "  partitions loaded: partitions y2022, replicas 1\n");
  EXPECT_EQ(ToJson(view)["collections"][1]["indexes"][0]["params"]["nlist"], "8");
}

}  // namespace
}  // namespace rehearse::milvus
