// Goal: the values that everything stands on behave as their headers say.
// Method: known answers, round trips, and a std::map beside the shared map.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "model/core/bytes.h"
#include "model/core/hash.h"
#include "model/core/json.h"
#include "model/core/law.h"
#include "model/core/shared_map.h"
#include "model/core/version.h"

namespace rehearse {

struct Number {
  int value = 0;
};
Fingerprint DigestOf(const Number& number) { return Hasher().Add(number.value).Get(); }

namespace {

TEST(BytesTest, Base64KnownAnswers) {
  EXPECT_EQ(EncodeBase64("foob"), "Zm9vYg==");
  EXPECT_EQ(DecodeBase64("Zm9vYg==", "x").value(), "foob");
  EXPECT_FALSE(DecodeBase64("Zm9vYg=", "x"));
  EXPECT_EQ(DecodeBase64("Zm9v!g==", "f.json").error().message,
            "f.json: not base64 at character 4");
}

RC_GTEST_PROP(BytesProps, gzipAndBase64RoundTrip, (const std::string& bytes)) {
  RC_ASSERT(Gunzip(Gzip(bytes), "x").value() == bytes);
  RC_ASSERT(DecodeBase64(EncodeBase64(bytes), "x").value() == bytes);
}

TEST(BytesTest, ATruncatedGzipStreamIsAnError) {
  const std::string zipped = Gzip(std::string(1000, 'a'));
  EXPECT_FALSE(Gunzip(zipped.substr(0, zipped.size() - 5), "x"));
  EXPECT_FALSE(Gunzip("plain", "x"));
}

TEST(VersionTest, OrdersAsSemVer) {
  const auto v = [](const char* text) { return ParseVersion(text).value(); };
  EXPECT_LT(v("2.2.0-rc1"), v("2.2.0"));
  EXPECT_LT(v("2.4.13-hotfix"), v("2.4.13"));
  EXPECT_LT(v("2.2.9"), v("2.2.16"));
  EXPECT_LT(v("1.0.0-rc.2"), v("1.0.0-rc.10"));
  EXPECT_LT(v("1.0.0-alpha"), v("1.0.0-alpha.1"));
  EXPECT_EQ(v("2.2.0+build"), v("2.2.0"));
  for (const char* bad : {"v2.1.4", "2.1", "2.1.x", "02.1.0", "", "2.1.4-", "2.1.4-a..b"}) {
    EXPECT_FALSE(ParseVersion(bad)) << bad;
  }
  EXPECT_EQ(ParseImageTagVersion("v2.1.4").value(), v("2.1.4"));
}

TEST(VersionTest, ImageTagIsWhatFollowsTheLastColon) {
  EXPECT_EQ(ImageTag("milvusdb/milvus:v2.1.4"), "v2.1.4");
  EXPECT_EQ(ImageTag("localhost:5000/milvus"), "");
}

TEST(JsonTest, YamlScalarsAreTypedAsKubectlReadsThem) {
  const auto documents =
      ParseYaml("a: 1\nb: \"1\"\nc: true\nd:\ne: {f: [x, 2.5]}\n---\n---\nz: off\n", "x").value();
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(Dump(documents[0]), R"({"a":1,"b":"1","c":true,"d":null,"e":{"f":["x",2.5]}})");
  EXPECT_EQ(Dump(documents[1]), R"({"z":"off"})");
  EXPECT_EQ(ParseYaml(DumpYaml(documents[0]), "x").value()[0], documents[0]);
  EXPECT_FALSE(ParseYaml("a: [", "x"));
  EXPECT_EQ(ParseJson("{\"a\":", "f.json").error().message, "f.json: not JSON at byte 6");
}

RC_GTEST_PROP(SharedMapProps,
              behavesAsAMapAndHasOneShapeAndDigestPerContent,
              (const std::vector<std::pair<std::uint8_t, int>>& steps)) {
  std::map<std::string, int> expected;
  SharedMap<Number> map;
  for (const auto& [key, value] : steps) {
    const std::string name = "k" + std::to_string(key % 40);
    if (value % 3 == 0) {
      expected.erase(name);
      map = map.Erase(name);
    } else {
      expected[name] = value;
      map = map.Set(name, Number{value});
    }
  }
  SharedMap<Number> again;
  for (const auto& [key, value] : expected) {
    again = again.Set(key, Number{value});
  }
  std::vector<std::pair<std::string, SharedMap<Number>::Value>> sorted;
  SharedMap<Number> with_only_prefix;
  SharedMap<Number> without_prefix;
  for (const auto& [key, value] : expected) {
    sorted.emplace_back(key, std::make_shared<const Number>(Number{value}));
    if (!key.starts_with("k1")) {
      without_prefix = without_prefix.Set(key, Number{value});
    } else {
      with_only_prefix = with_only_prefix.Set(key, Number{value});
    }
  }
  RC_ASSERT(map == SharedMap<Number>::FromSorted(sorted));
  RC_ASSERT(map.ErasePrefix("k1") == without_prefix);
  RC_ASSERT(map.ErasePrefix("x") == map);
  RC_ASSERT(map.Below("k1") == with_only_prefix);
  RC_ASSERT(map.Below("x").empty());
  RC_ASSERT(map.Below("") == map);
  RC_ASSERT(map.size() == expected.size());
  RC_ASSERT(map == again);
  auto at = expected.begin();
  map.ForEach([&](const std::string& key, const auto& value) {
    RC_ASSERT(key == at->first);
    RC_ASSERT(value->value == at->second);
    ++at;
  });
  std::size_t with_prefix = 0;
  map.ForPrefix("k1", [&](const std::string&, const auto&) { ++with_prefix; });
  std::size_t expected_with_prefix = 0;
  for (const auto& [key, value] : expected) {
    expected_with_prefix += key.starts_with("k1") ? 1U : 0U;
  }
  RC_ASSERT(with_prefix == expected_with_prefix);
}

}  // namespace
}  // namespace rehearse
