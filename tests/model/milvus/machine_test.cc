// Goal: sessions and start writes are those that real servers left in etcd.
// Method: the real dumps before and after a start: applying the start writes to the one gives the
//         keys of the other, and the known values.
#include "model/milvus/machine.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "model/core/json.h"
#include "model/etcd/dump.h"
#include "model/milvus/codec.h"
#include "model/milvus/families.h"

namespace rehearse::milvus {
namespace {

etcd::Keys Load(const std::string& name) {
  std::ifstream in("fixtures/etcd/" + name + ".jsonl", std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return etcd::KeysOf(etcd::ParseDump(bytes.str(), name).value());
}

// A snapshot's time is the timestamp oracle's; it is not part of what is compared.
std::string WithoutTime(const std::string& key) {
  return std::regex_replace(key, std::regex("(database/.*_ts)[0-9]+$"), "$1*");
}

bool IsCompared(const std::string& key) {
  const Family family = Classify(key, "by-dev").family;
  return family != Family::kSession && family != Family::kServerIdCounter &&
         family != Family::kOracle;
}

std::set<std::string> ComparedKeys(const etcd::Keys& keys) {
  std::set<std::string> names;
  keys.ForEach([&](const std::string& key, const auto&) {
    if (IsCompared(key)) {
      names.insert(WithoutTime(key));
    }
  });
  return names;
}

std::int64_t IdOf(const etcd::Keys& keys, const std::string& role) {
  std::int64_t id = 0;
  keys.ForPrefix("by-dev/meta/session/" + role, [&](const std::string& key, const auto& entry) {
    id = IntAt(ParseJson(entry->value, key).value(), {"ServerID"});
  });
  return id;
}

Json ValueAt(const std::string& key, const std::string& value) {
  Json json = DecodeToJson(Classify(key, "by-dev").family, value, key).value();
  if (json.is_object()) {
    json.erase("created_time");
  }
  return json;
}

struct StartCase {
  const char* before;
  const char* after;
  Version server;
  std::int64_t query_node_id = 0;  // where the dump has no session of the query node
};

class StartWritesTest : public testing::TestWithParam<StartCase> {};

TEST_P(StartWritesTest, GivesTheKeysAndKnownValuesOfTheRealServer) {
  const StartCase& start = GetParam();
  const etcd::Keys before = etcd::WithoutLeasedKeys(Load(start.before));
  const etcd::Keys real = Load(start.after);
  StartRequest request;
  request.server = start.server;
  request.node_id = IdOf(real, "datanode");
  request.query_node_id = start.query_node_id != 0 ? start.query_node_id : IdOf(real, "querynode");
  request.now_unix_ns = 1'795'375'689'628'022'188;
  const StartOutcome outcome = StartWrites(before, request).value();
  etcd::Keys ours = before;
  for (const StartWrite& write : outcome.writes) {
    ours = write.value ? ours.Set(write.key, etcd::Entry{*write.value, 0, 0, 0, 1})
                       : ours.Erase(write.key);
  }
  EXPECT_EQ(ComparedKeys(ours), ComparedKeys(real));
  for (const StartWrite& write : outcome.writes) {
    const etcd::Entry* entry = real.Find(write.key);
    if (write.value && write.value_known && entry != nullptr) {
      EXPECT_EQ(ValueAt(write.key, *write.value), ValueAt(write.key, entry->value)) << write.key;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    RealStarts,
    StartWritesTest,
    testing::Values(
        StartCase{
            "milvus-2.1.0-then-meta-migration-2.2.0", "milvus-2.2.16-on-migrated", {2, 2, 16, ""}},
        StartCase{
            "milvus-2.1.0-then-meta-migration-2.2.0", "milvus-2.3.5-on-migrated", {2, 3, 5, ""}},
        StartCase{"milvus-2.1.0-then-meta-migration-2.2.0",
                  "milvus-2.1.0-on-2.2-metadata",
                  {2, 1, 0, ""}},
        StartCase{"milvus-2.1.0-running", "milvus-2.2.16-on-unmigrated", {2, 2, 16, ""}, 12},
        StartCase{"milvus-2.1.0-running", "milvus-2.3.5-on-unmigrated", {2, 3, 5, ""}},
        StartCase{"milvus-2.3.5-on-migrated", "milvus-2.2.16-on-2.3.5-metadata", {2, 2, 16, ""}}));

struct SessionCase {
  const char* dump;
  Version server;
};

class SessionTest : public testing::TestWithParam<SessionCase> {};

TEST_P(SessionTest, KeysAndValuesAreThoseOfTheRealServer) {
  const etcd::Keys keys = Load(GetParam().dump);
  const std::vector<Role> roles = RolesOf({"milvus", "run", "standalone"}, GetParam().server);
  EXPECT_EQ(roles.size(), 8U);
  for (const Role role : roles) {
    const std::string prefix = SessionPrefix("by-dev") + std::string(NameOf(role));
    keys.ForPrefix(prefix, [&](const std::string& key, const auto& entry) {
      const Json json = ParseJson(entry->value, key).value();
      SessionRequest request;
      request.role = role;
      request.server_id = IntAt(json, {"ServerID"});
      request.address = "192.0.2.2:" + std::to_string(DefaultPort(role, GetParam().server));
      request.host_name = "vm";
      request.lease = entry->lease;
      request.server = GetParam().server;
      EXPECT_EQ(SessionKey(request), key);
      EXPECT_EQ(SessionValue(request), entry->value);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(RealServers,
                         SessionTest,
                         testing::Values(SessionCase{"milvus-2.1.0-running", {2, 1, 0, ""}},
                                         SessionCase{"milvus-2.2.16-on-migrated", {2, 2, 16, ""}},
                                         SessionCase{"milvus-2.3.5-on-migrated", {2, 3, 5, ""}}));

TEST(ServerFactsTest, LeaseTtlsAreThoseGrantedAndOthersAreAssumed) {
  EXPECT_EQ(FactsOf({2, 1, 0, ""}).session_ttl_s, 60);
  EXPECT_EQ(FactsOf({2, 2, 16, ""}).session_ttl_s, 20);
  EXPECT_EQ(FactsOf({2, 3, 5, ""}).session_ttl_s, 30);
  EXPECT_TRUE(FactsOf({2, 1, 0, ""}).laws.Has(Law::kSessionTtl210));
  EXPECT_TRUE(FactsOf({2, 1, 4, ""}).laws.Has(Law::kSessionTtlSameMinor));
  EXPECT_FALSE(FactsOf({2, 1, 4, ""}).laws.Has(Law::kSessionTtl210));
  EXPECT_EQ(FactsOf({2, 1, 0, ""}).graceful_stop_ms, 3000);
  EXPECT_EQ(FactsOf({2, 2, 16, ""}).graceful_stop_ms, 30000);
}

TEST(RolesTest, ComeFromTheArguments) {
  const Version v230{2, 3, 0, ""};
  EXPECT_EQ(RolesOf({"milvus", "run", "rootcoord"}, v230), std::vector<Role>{Role::kRootCoord});
  EXPECT_EQ(RolesOf({"/tini", "--", "milvus", "run", "proxy"}, v230),
            std::vector<Role>{Role::kProxy});
  EXPECT_EQ(RolesOf({"milvus", "run", "mixture", "-rootcoord", "--querycoord=true", "-proxy=false"},
                    v230),
            (std::vector<Role>{Role::kRootCoord, Role::kQueryCoord}));
  EXPECT_EQ(RolesOf({"milvus", "run", "mixcoord"}, v230).size(), 4U);
  EXPECT_EQ(RolesOf({"milvus", "run", "mixcoord"}, {2, 6, 0, ""}),
            std::vector<Role>{Role::kMixCoord});
  EXPECT_TRUE(RolesOf({"birdwatcher"}, v230).empty());
}

TEST(CodecTest, EveryRealValueIsDecodedAndEncodedToTheSameBytes) {
  std::size_t values = 0;
  std::map<Family, int> seen;
  for (const char* dump : {"milvus-2.1.0-running",
                           "milvus-2.1.0-partition-loaded",
                           "milvus-2.1.0-then-meta-migration-2.2.0",
                           "meta-migration-with-fix-21584-on-partition-loaded",
                           "milvus-2.1.0-on-2.2-metadata",
                           "milvus-2.2.16-on-migrated",
                           "milvus-2.2.16-on-unmigrated",
                           "milvus-2.2.16-on-2.3.5-metadata",
                           "milvus-2.3.5-on-migrated",
                           "milvus-2.3.5-on-unmigrated"}) {
    Load(dump).ForEach([&](const std::string& key, const auto& entry) {
      const Family family = Classify(key, "by-dev").family;
      EXPECT_NE(family, Family::kUnknown) << key;
      ++values;
      ++seen[family];
      const auto json = DecodeToJson(family, entry->value, key);
      EXPECT_TRUE(json) << key;
      const auto again = ReEncode(family, entry->value, key);
      ASSERT_TRUE(again) << key;
      // Go writes map entries in random order; ours are sorted. The meaning must be the same.
      EXPECT_EQ(again->size(), entry->value.size()) << key;
      EXPECT_EQ(DecodeToJson(family, *again, key).value(), json.value()) << key;
      if (family != Family::kLoadedCollection && family != Family::kLoadedPartition) {
        EXPECT_EQ(*again, entry->value) << key;
      }
    });
  }
  EXPECT_GT(values, 700U);
  EXPECT_GE(seen.size(), 33U);
}

TEST(FamiliesTest, PrefixesThatContainEachOtherAreToldApart) {
  const auto family = [](const std::string& key) { return Classify("r/meta/" + key, "r").family; };
  EXPECT_EQ(family("root-coord/collection/1"), Family::kCollection);
  EXPECT_EQ(family("root-coord/collection-alias/a"), Family::kAlias21);
  EXPECT_EQ(family("session/id"), Family::kServerIdCounter);
  EXPECT_EQ(family("session/indexcoord"), Family::kSession);
  EXPECT_EQ(family("root-coord/segment-index/1/2/3/4"), Family::kSegmentIndex21);
  EXPECT_EQ(family("segment-index/1/2/3/4"), Family::kSegmentIndex);
  EXPECT_EQ(family("queryCoord-ResourceGroup/x"), Family::kResourceGroup);
  EXPECT_EQ(family("queryCoord-taskInfo/0"), Family::kQueryTask21);
  EXPECT_EQ(family("root-coord/database/aliases/1/a"), Family::kDatabaseAlias);
  EXPECT_EQ(family("nothing"), Family::kUnknown);
  const std::string key = "r/meta/snapshots/root-coord/collection/7_ts123";
  const ClassifiedKey snapshot = Classify(key, "r");
  EXPECT_EQ(snapshot.family, Family::kCollection);
  EXPECT_EQ(snapshot.snapshot_ts, 123U);
  EXPECT_EQ(snapshot.parts, std::vector<std::string_view>{"7"});
  EXPECT_EQ(Classify("other/meta/session/id", "r").family, Family::kUnknown);
}

TEST(FlattenParamsTest, NumbersArePrintedAsGoPrintsThem) {
  const auto flat = FlattenParams(
      R"({"nlist": 16, "M": 1048576, "f": 0.5, "s": "x", "b": true, "n": null, "l": [1, "a"],
          "tiny": 0.00001, "big": 100000})",
      "p");
  ASSERT_TRUE(flat);
  EXPECT_EQ(flat->at("nlist"), "16");
  EXPECT_EQ(flat->at("M"), "1.048576e+06");
  EXPECT_EQ(flat->at("f"), "0.5");
  EXPECT_EQ(flat->at("b"), "true");
  EXPECT_EQ(flat->at("n"), "<nil>");
  EXPECT_EQ(flat->at("l"), "[1 a]");
  EXPECT_EQ(flat->at("tiny"), "1e-05");
  EXPECT_EQ(flat->at("big"), "100000");
  EXPECT_FALSE(FlattenParams("[1]", "p"));
  EXPECT_FALSE(FlattenParams("{", "p"));
}

}  // namespace
}  // namespace rehearse::milvus
