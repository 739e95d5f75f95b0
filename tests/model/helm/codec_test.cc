// Goal: helm's Secrets are read and written without a loss, and ours are helm's.
// Method: the release Secrets of real clusters, byte for byte; damaged copies; a record made here.
#include "model/helm/codec.h"

#include <gtest/gtest.h>

#include "model/core/bytes.h"
#include "tests/model/helm/fixture.h"

namespace rehearse::helm {
namespace {

const char* const kCaptures[] = {
    "standalone-2.1.4-healthy", "cluster-2.3.0-pulsar-healthy", "incident-meta-migration-panicked"};

Json SecretOf(const std::string& capture) {
  return JsonFixture("captures/" + capture + "/release-secrets.json")["items"][0];
}

std::string InnerJson(const Json& secret) {
  const std::string outer = *DecodeBase64(secret["data"]["release"].get<std::string>(), "test");
  return *Gunzip(*DecodeBase64(outer, "test"), "test");
}

std::string ErrorOf(const Json& secret) {
  const Result<ReleaseRecord> record = DecodeReleaseSecret(secret, "secrets.json");
  return record ? "no error" : record.error().message;
}

Json WithPayload(const std::string& bytes) {
  Json secret = SecretOf(kCaptures[0]);
  secret["data"]["release"] = EncodeBase64(EncodeBase64(bytes));
  return secret;
}

TEST(CodecTest, RealSecretsAreWrittenBackByteForByte) {
  for (const char* capture : kCaptures) {
    SCOPED_TRACE(capture);
    const Json secret = SecretOf(capture);
    EXPECT_TRUE(IsReleaseSecret(secret));
    Result<ReleaseRecord> record = DecodeReleaseSecret(secret, capture);
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(ReleaseJson(*record), InnerJson(secret));
    const Json written = EncodeReleaseSecret(*record);
    EXPECT_EQ(InnerJson(written), InnerJson(secret));
    EXPECT_EQ(written["metadata"]["name"], secret["metadata"]["name"]);
    EXPECT_EQ(written["metadata"]["labels"], secret["metadata"]["labels"]);
    EXPECT_EQ(written["type"], secret["type"]);
  }
}

TEST(CodecTest, TheFieldsOfARealReleaseAreRead) {
  ReleaseRecord record = *DecodeReleaseSecret(SecretOf(kCaptures[0]), "secrets.json");
  EXPECT_EQ(record.name, "my-release");
  EXPECT_EQ(record.ns, "default");
  EXPECT_EQ(record.revision, 1);
  EXPECT_EQ(record.status, ReleaseStatus::kDeployed);
  EXPECT_EQ(record.description, "Install complete");
  EXPECT_EQ(ChartLabel(record), "milvus-3.2.18");
  EXPECT_EQ(AppVersion(record), "2.1.4");
  EXPECT_EQ(Dump(ConfigOf(record)),
            R"({"cluster":{"enabled":false},"etcd":{"replicaCount":1},)"
            R"("minio":{"mode":"standalone"},"pulsar":{"enabled":false}})");
  const ObjectsPtr objects = *ParseManifest(record);
  ASSERT_EQ(objects->size(), 16U);
  EXPECT_EQ(StringAt(*objects->back(), {"metadata", "name"}), "my-release-etcd");
}

TEST(CodecTest, AChangedStatusChangesNothingElse) {
  ReleaseRecord record = *DecodeReleaseSecret(SecretOf(kCaptures[0]), "secrets.json");
  record.status = ReleaseStatus::kSuperseded;
  const std::string before = InnerJson(SecretOf(kCaptures[0]));
  std::string expected = before;
  const std::string old_status = R"("status":"deployed")";
  expected.replace(expected.find(old_status), old_status.size(), R"("status":"superseded")");
  EXPECT_EQ(ReleaseJson(record), expected);
}

TEST(CodecTest, ARecordMadeHereIsWrittenInHelmsOrder) {
  ReleaseRecord record;
  record.name = "r";
  record.ns = "n";
  record.revision = 2;
  record.status = ReleaseStatus::kPendingUpgrade;
  record.description = "a < b & c";
  record.first_deployed = "2026-01-01T00:00:00Z";
  record.last_deployed = "2026-01-02T00:00:00Z";
  record.chart.value = Share({{"values", Json::object()},
                              {"templates", Json::array()},
                              {"metadata", {{"version", "4.0.34"}, {"name", "milvus"}}}});
  record.objects = std::make_shared<const Objects>(
      Objects{Share({{"apiVersion", "v1"}, {"kind", "ConfigMap"}})});
  EXPECT_EQ(ReleaseJson(record),
            R"({"name":"r","info":{"first_deployed":"2026-01-01T00:00:00Z",)"
            R"("last_deployed":"2026-01-02T00:00:00Z","deleted":"",)"
            R"("description":"a \u003c b \u0026 c","status":"pending-upgrade"},)"
            R"("chart":{"metadata":{"name":"milvus","version":"4.0.34"},"templates":[],)"
            R"("values":{}},"manifest":"---\napiVersion: v1\nkind: ConfigMap\n","version":2,)"
            R"("namespace":"n"})");
  const ReleaseRecord read = *DecodeReleaseSecret(EncodeReleaseSecret(record), "t");
  EXPECT_EQ(ReleaseJson(read), ReleaseJson(record));
  EXPECT_EQ(read.revision, 2);
}

TEST(CodecTest, WhatIsNoReleaseIsRefusedWithItsPlace) {
  const std::string secret = "secrets.json: Secret sh.helm.release.v1.my-release.v1: ";
  Json none = SecretOf(kCaptures[0]);
  none["data"].erase("release");
  EXPECT_EQ(ErrorOf(none), secret + "no data.release");
  Json text = SecretOf(kCaptures[0]);
  text["data"]["release"] = "%%%";
  EXPECT_EQ(ErrorOf(text).rfind(secret + "data.release", 0), 0U) << ErrorOf(text);
  EXPECT_EQ(ErrorOf(WithPayload("plain text")), secret + "data.release is not gzip");
  EXPECT_EQ(ErrorOf(WithPayload(Gzip("{\"a\":"))).rfind(secret + "not JSON", 0), 0U);
  EXPECT_EQ(ErrorOf(WithPayload(Gzip("[]"))), secret + "not a helm release: no info.status");
  EXPECT_EQ(ErrorOf(WithPayload(Gzip(R"({"info":{"status":"odd"}})"))),
            secret + "not a release status: \"odd\"");
  std::string cut = Gzip(InnerJson(SecretOf(kCaptures[0])));
  cut.resize(cut.size() / 2);
  EXPECT_EQ(ErrorOf(WithPayload(cut)).rfind(secret + "data.release", 0), 0U);
}

TEST(InstallOrderTest, ObjectsAreAppliedByKindAndKeepTheirOrderWithin) {
  Objects objects;
  for (const auto& [kind, name] : {std::pair{"Zebra", "z"},
                                   {"Deployment", "b"},
                                   {"Deployment", "a"},
                                   {"Apple", "a"},
                                   {"ConfigMap", "c"}}) {
    objects.push_back(Share({{"kind", kind}, {"metadata", {{"name", name}}}}));
  }
  SortForInstall(objects);
  std::string order;
  for (const JsonPtr& object : objects) {
    order += StringAt(*object, {"kind"}) + "/" + StringAt(*object, {"metadata", "name"}) + " ";
  }
  EXPECT_EQ(order, "ConfigMap/c Deployment/b Deployment/a Apple/a Zebra/z ");
}

}  // namespace
}  // namespace rehearse::helm
