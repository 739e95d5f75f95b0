// Goal: every form of a dump is read to the same keys, and what is none is refused with its place.
// Method: real dumps of both forms, their gzip, round trips, and damaged copies.
#include "model/etcd/dump.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <sstream>

#include "model/core/bytes.h"
#include "model/core/json.h"

namespace rehearse::etcd {
namespace {

std::string ReadFixture(const std::string& name) {
  std::ifstream in("fixtures/etcd/" + name, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

std::string ErrorOf(std::string_view text) {
  const Result<Dump> dump = ParseDump(text, "d");
  return dump ? "no error" : dump.error().message;
}

std::string EtcdctlJson(const Dump& dump) {
  Json kvs = Json::array();
  for (const KeyValue& kv : dump.kvs) {
    Json json = {{"key", EncodeBase64(kv.key)},
                 {"create_revision", kv.create_revision},
                 {"mod_revision", kv.mod_revision},
                 {"version", kv.version}};
    if (!kv.value.empty()) {
      json["value"] = EncodeBase64(kv.value);
    }
    if (kv.lease != 0) {
      json["lease"] = kv.lease;
    }
    kvs.push_back(std::move(json));
  }
  return rehearse::Dump(Json{{"header", {{"revision", dump.revision}}}, {"kvs", kvs}});
}

TEST(DumpTest, JsonLinesRoundTripByteForByte) {
  for (const char* name : {"milvus-2.1.0-running.jsonl", "milvus-2.3.5-on-unmigrated.jsonl"}) {
    const std::string bytes = ReadFixture(name);
    const Dump dump = ParseDump(bytes, name).value();
    EXPECT_EQ(WriteJsonLines(dump), bytes) << name;
    EXPECT_EQ(WriteJsonLines(KeysOf(dump)), bytes) << name;
    EXPECT_EQ(WriteJsonLines(DumpOf(KeysOf(dump), dump.revision)), bytes) << name;
  }
}

TEST(DumpTest, EtcdctlJsonAndGzipHoldTheSameKeysAsJsonLines) {
  const std::string lines = ReadFixture("milvus-2.2.16-on-migrated.jsonl");
  const Dump dump = ParseDump(lines, "d").value();
  ASSERT_EQ(dump.kvs.size(), 93U);
  const std::string etcdctl = EtcdctlJson(dump);
  const std::string pretty = DumpPretty(ParseJson(etcdctl, "d").value());
  for (const std::string& text : {etcdctl, pretty, Gzip(etcdctl), Gzip(lines), "\n " + lines}) {
    const Dump other = ParseDump(text, "d").value();
    EXPECT_EQ(KeysOf(other), KeysOf(dump));
    EXPECT_EQ(other.revision, dump.revision);
  }
}

TEST(DumpTest, LeasedKeysAreTheSessionsOfTheServers) {
  const Keys keys = KeysOf(ParseDump(ReadFixture("milvus-2.1.0-running.jsonl"), "d").value());
  const Keys left = WithoutLeasedKeys(keys);
  EXPECT_EQ(keys.size() - left.size(), 8U);
  EXPECT_NE(left.Find("by-dev/meta/session/id"), nullptr);
  EXPECT_EQ(left.Find("by-dev/meta/session/rootcoord"), nullptr);
}

TEST(DumpTest, AnEtcdWithoutKeysIsEmpty) {
  EXPECT_TRUE(ParseDump(R"({"header":{"revision":7}})", "d").value().kvs.empty());
}

TEST(DumpTest, ErrorsNameThePlace) {
  EXPECT_EQ(ErrorOf(""), "d: empty");
  EXPECT_EQ(ErrorOf(" \n"), "d: empty");
  EXPECT_EQ(ErrorOf("hello"), "d: not JSON at byte 1");
  EXPECT_EQ(ErrorOf("{}"), "d: neither etcdctl's JSON (kvs[]) nor JSON lines (key, value)");
  EXPECT_EQ(ErrorOf(R"({"kvs":{}})"),
            "d: neither etcdctl's JSON (kvs[]) nor JSON lines (key, value)");
  EXPECT_EQ(ErrorOf(R"({"kvs":[{"value":"YQ=="}]})"), "d: kvs[0]: no key");
  EXPECT_EQ(ErrorOf(R"({"kvs":[{"key":"?"}]})"), "d: kvs[0]: key: not base64 at character 1");
  EXPECT_EQ(ErrorOf("{\"key\":\"a\",\"value\":\"\"}\n{\"key\":\"b\",\"val"),
            "d: line 2: not JSON at byte 16");
  EXPECT_EQ(ErrorOf("{\"key\":\"a\",\"value\":\"\"}\n\n{\"key\":\"b\",\"value\":3}"),
            "d: line 3: value is not a string");
  EXPECT_EQ(ErrorOf("{\"key\":\"a\",\"value\":\"\",\"lease\":\"1\"}"),
            "d: line 1: lease is not a whole number");
  EXPECT_EQ(ErrorOf("{\"key\":\"a\"}\n{\"key\":\"a\"}"), "d: the key a stands there twice");
  const std::string zipped = Gzip("{\"key\":\"a\"}");
  EXPECT_NE(ErrorOf(zipped.substr(0, zipped.size() - 3)), "no error");
}

RC_GTEST_PROP(DumpProps,
              anyKeysRoundTripThroughJsonLines,
              (const std::map<std::string, std::string>& content)) {
  Keys keys;
  for (const auto& [key, value] : content) {
    std::string ascii = "k";
    for (const char c : key) {
      ascii += static_cast<char>('!' + static_cast<unsigned char>(c) % 90);
    }
    keys = keys.Set(ascii, Entry{value, 0, 3, 4, 1});
  }
  RC_PRE(!keys.empty());
  const Keys again = KeysOf(ParseDump(WriteJsonLines(keys), "d").value());
  RC_ASSERT(again == keys);
  RC_ASSERT(WriteJsonLines(again) == WriteJsonLines(keys));
}

}  // namespace
}  // namespace rehearse::etcd
