// Goal: a capture is read whole, or refused with the file and the place; nothing is guessed.
// Method: the bundled captures, each spoilt in one way; a round trip through JSON.
#include "model/cluster/situation.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "model/core/bytes.h"
#include "model/helm/codec.h"
#include "model/kube/types.h"

namespace rehearse::cluster {
namespace {

constexpr const char* kNames[] = {"cluster.json",
                                  "etcd.json",
                                  "helm-history.json",
                                  "helm-list.json",
                                  "helm-values.json",
                                  "helm-version.json",
                                  "kubectl-version.json",
                                  "migration.bak",
                                  "objects.json",
                                  "release-secrets.json"};

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

CaptureFiles Capture(const std::string& capture) {
  CaptureFiles files;
  for (const char* name : kNames) {
    const std::string path = "fixtures/captures/" + capture + "/" + name;
    if (std::ifstream(path).good()) {
      files[name] = Slurp(path);
    }
  }
  return files;
}

CaptureFiles Healthy() { return Capture("standalone-2.1.4-healthy"); }

std::string ErrorOf(const CaptureFiles& files,
                    const std::map<std::string, std::string>& assume = {}) {
  const auto situation = ReadCapture(files, assume);
  return situation ? "" : situation.error().message;
}

// The file parsed, changed and written back.
template <typename Change>
void Edit(CaptureFiles& files, const std::string& name, Change change) {
  Json json = ParseJson(files.at(name), name).value();
  change(json);
  files[name] = Dump(json);
}

TEST(SituationTest, TheHealthyCaptureHasNoGaps) {
  const Situation situation = ReadCapture(Healthy(), {}).value();
  EXPECT_EQ(situation.release, "my-release");
  EXPECT_EQ(situation.ns, "default");
  EXPECT_EQ(situation.kubernetes_version, "1.34.4");
  EXPECT_EQ(situation.helm_version, "3.19.5");
  EXPECT_EQ(situation.releases.size(), 1U);
  EXPECT_EQ(situation.etcd.kvs.size(), 86U);
  EXPECT_EQ(situation.etcd.revision, 250);
  EXPECT_TRUE(situation.gaps.empty());
  EXPECT_TRUE(situation.assumptions.empty());
  EXPECT_NE(situation.objects.Find("Deployment/default/my-release-milvus-standalone"), nullptr);
  EXPECT_NE(situation.objects.Find("StorageClass//standard"), nullptr);
}

TEST(SituationTest, TheIncidentBringsItsBackupFile) {
  const Situation situation = ReadCapture(Capture("incident-meta-migration-panicked"), {}).value();
  ASSERT_EQ(situation.backup_files.size(), 1U);
  EXPECT_EQ(situation.backup_files.begin()->first, "migration.bak");
}

TEST(SituationTest, AnotherReleaseAndNamespaceAreFound) {
  const Situation situation = ReadCapture(Capture("cluster-2.3.0-pulsar-healthy"), {}).value();
  EXPECT_EQ(situation.release, "vec");
  EXPECT_EQ(situation.ns, "vectors");
}

TEST(SituationTest, GoesThroughJsonAndBack) {
  for (const char* name : {"standalone-2.1.4-healthy",
                           "incident-meta-migration-panicked",
                           "cluster-2.3.0-pulsar-healthy"}) {
    const Situation before = ReadCapture(Capture(name), {{"kubernetes", "1.30.1"}}).value();
    const Json json = ToJson(before);
    const Situation after = SituationFromJson(json, "x").value();
    EXPECT_EQ(Dump(ToJson(after)), Dump(json)) << name;
    EXPECT_EQ(after.objects.Digest(), before.objects.Digest()) << name;
    ASSERT_EQ(after.etcd.kvs.size(), before.etcd.kvs.size());
    for (std::size_t i = 0; i < after.etcd.kvs.size(); ++i) {
      EXPECT_EQ(after.etcd.kvs[i].key, before.etcd.kvs[i].key);
      EXPECT_EQ(after.etcd.kvs[i].value, before.etcd.kvs[i].value);
      EXPECT_EQ(after.etcd.kvs[i].lease, before.etcd.kvs[i].lease);
    }
    EXPECT_EQ(helm::ReleaseJson(after.releases[0]), helm::ReleaseJson(before.releases[0]));
    EXPECT_EQ(after.backup_files, before.backup_files);
    EXPECT_EQ(after.assumptions.size(), 1U);
  }
}

TEST(SituationTest, KeysThatAreNoTextSurviveJson) {
  Situation situation = ReadCapture(Healthy(), {}).value();
  situation.etcd.kvs = {
      etcd::KeyValue{std::string("\x01\xff", 2), std::string("\0v", 2), 0, 1, 2, 3}};
  const Situation after = SituationFromJson(ToJson(situation), "x").value();
  EXPECT_EQ(after.etcd.kvs[0].key, situation.etcd.kvs[0].key);
  EXPECT_EQ(after.etcd.kvs[0].value, situation.etcd.kvs[0].value);
}

TEST(SituationTest, WhatIsMissingIsAGapWithAName) {
  CaptureFiles files = Healthy();
  files.erase("cluster.json");
  files.erase("etcd.json");
  files.erase("helm-version.json");
  files.erase("kubectl-version.json");
  const Situation situation = ReadCapture(files, {}).value();
  std::vector<std::string> keys;
  for (const Gap& gap : situation.gaps) {
    keys.push_back(gap.assume_key);
    EXPECT_FALSE(gap.what.empty());
    EXPECT_FALSE(gap.consequence.empty());
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"kubernetes", "helm", "etcd", "storage-class"}));
  const Situation assumed = ReadCapture(files,
                                        {{"kubernetes", "1.30"},
                                         {"helm", "v3.14.0"},
                                         {"etcd", "empty"},
                                         {"storage-class", "fast"}})
                                .value();
  EXPECT_TRUE(assumed.gaps.empty());
  EXPECT_EQ(assumed.kubernetes_version, "1.30");
  EXPECT_EQ(assumed.helm_version, "3.14.0");
  EXPECT_EQ(assumed.assumptions.size(), 4U);
}

TEST(SituationTest, AClientWithoutAServerLeavesTheKubernetesVersionOpen) {
  CaptureFiles files = Healthy();
  Edit(files, "kubectl-version.json", [](Json& json) { json.erase("serverVersion"); });
  const Situation situation = ReadCapture(files, {}).value();
  ASSERT_EQ(situation.gaps.size(), 1U);
  EXPECT_EQ(situation.gaps[0].assume_key, "kubernetes");
}

TEST(SituationTest, AssumptionsAreCheckedByName) {
  EXPECT_EQ(ErrorOf(Healthy(), {{"kubernets", "1.30"}}),
            "nothing named kubernets can be assumed; known names: etcd, helm, kubernetes, "
            "namespace, release, sessions, storage-class");
  EXPECT_EQ(ErrorOf(Healthy(), {{"kubernetes", "new"}}),
            "the assumption kubernetes: \"new\" is no version");
  EXPECT_EQ(ErrorOf(Healthy(), {{"etcd", "empty"}}),
            "the assumption etcd=empty contradicts the capture, which shows it");
  EXPECT_EQ(ErrorOf(Healthy(), {{"etcd", "full"}}),
            "the assumption etcd=full: only etcd=empty is known");
}

TEST(SituationTest, WhatWasCapturedCanBeReplacedAndThatIsListed) {
  const Situation situation = ReadCapture(Healthy(), {{"kubernetes", "1.30"}}).value();
  ASSERT_EQ(situation.assumptions.size(), 1U);
  EXPECT_EQ(situation.assumptions[0].why, "in place of 1.34.4, which was captured");
}

TEST(SituationTest, SpoiltFilesAreNamedWithThePlace) {
  const auto with = [](const std::string& name, const std::string& bytes) {
    CaptureFiles files = Healthy();
    files[name] = bytes;
    return ErrorOf(files);
  };
  const std::string objects = Healthy().at("objects.json");
  EXPECT_EQ(with("objects.json", objects.substr(0, 1000)).find("objects.json: not JSON at byte"),
            0U);
  EXPECT_EQ(with("objects.json", "[]"),
            "objects.json: neither a Kubernetes List nor an object: it has no kind");
  EXPECT_EQ(with("objects.json", R"({"kind": "List", "items": 3})"),
            "objects.json: items: the List has no array of items");
  EXPECT_EQ(with("etcd.json", "{\"kvs\": 7").find("etcd.json: "), 0U);
  EXPECT_EQ(with("migration.bak", "nonsense").find("migration.bak: "), 0U);
  EXPECT_EQ(with("helm-version.json", R"({"version": "newest"})"),
            "helm-version.json: \"newest\" is no version");
  EXPECT_EQ(with("release-secrets.json", R"({"kind": "List", "items": [{"kind": "Pod"}]})"),
            "release-secrets.json: items[0]: a Pod that is no release record of helm");
}

TEST(SituationTest, AReleaseSecretThatIsNotGzipIsNamed) {
  CaptureFiles files = Healthy();
  Edit(files, "release-secrets.json", [](Json& json) {
    json["items"][0]["data"]["release"] = EncodeBase64(EncodeBase64("not gzip"));
  });
  const std::string message = ErrorOf(files);
  EXPECT_NE(message.find("release-secrets.json: items[0]"), std::string::npos) << message;
  EXPECT_NE(message.find("gzip"), std::string::npos) << message;
}

TEST(SituationTest, ObjectsAndReleasesAreNeeded) {
  CaptureFiles files = Healthy();
  files.erase("objects.json");
  EXPECT_EQ(ErrorOf(files),
            "objects.json is missing: without the live objects nothing can be judged");
  files = Healthy();
  files.erase("release-secrets.json");
  EXPECT_EQ(ErrorOf(files),
            "release-secrets.json: no release of the chart milvus: without helm's records nothing "
            "can be planned");
}

TEST(SituationTest, SeveralMilvusReleasesNeedAName) {
  CaptureFiles files = Healthy();
  const Json other =
      ParseJson(Capture("cluster-2.3.0-pulsar-healthy").at("release-secrets.json"), "x").value();
  Edit(files, "release-secrets.json", [&](Json& json) {
    json["items"].push_back(other["items"][0]);
  });
  EXPECT_EQ(ErrorOf(files),
            "release-secrets.json: several Milvus releases: my-release (namespace default), vec "
            "(namespace vectors); name one with --assume release=NAME,namespace=NAMESPACE");
  EXPECT_EQ(ReadCapture(files, {{"release", "vec"}}).value().ns, "vectors");
  EXPECT_EQ(ErrorOf(files, {{"release", "other"}}),
            "release-secrets.json: no release of the chart milvus of the assumed name: without "
            "helm's records nothing can be planned");
}

TEST(SituationTest, FilesOfDifferentMomentsAreNoticed) {
  CaptureFiles files = Healthy();
  Edit(files, "helm-list.json", [](Json& json) { json[0]["revision"] = "2"; });
  EXPECT_EQ(ErrorOf(files),
            "helm-list.json: says revision 2, deployed, milvus-3.2.18, but release-secrets.json "
            "says revision 1, deployed, milvus-3.2.18: they were not taken at the same time");
}

TEST(SituationTest, DataOfSecretsIsDropped) {
  CaptureFiles files = Healthy();
  Edit(files, "objects.json", [](Json& json) {
    json["items"].push_back(
        {{"apiVersion", "v1"},
         {"kind", "Secret"},
         {"metadata",
          {{"name", "login"},
           {"namespace", "default"},
           {"annotations", {{"kubectl.kubernetes.io/last-applied-configuration", "aHVzaA=="}}}}},
         {"data", {{"password", "aHVzaA=="}}},
         {"stringData", {{"token", "aHVzaA=="}}}});
  });
  const Situation situation = ReadCapture(files, {}).value();
  EXPECT_NE(situation.objects.Find("Secret/default/login"), nullptr);
  EXPECT_EQ(Dump(ToJson(situation)).find("aHVzaA=="), std::string::npos);
}

TEST(SituationTest, EventsAreLeftOut) {
  CaptureFiles files = Healthy();
  const std::size_t before = ReadCapture(files, {}).value().objects.size();
  Edit(files, "objects.json", [](Json& json) {
    json["items"].push_back({{"apiVersion", "v1"},
                             {"kind", "Event"},
                             {"metadata", {{"name", "e"}, {"namespace", "default"}}}});
  });
  EXPECT_EQ(ReadCapture(files, {}).value().objects.size(), before);
}

TEST(SituationTest, EtcdIsReadInThreeFormats) {
  CaptureFiles files = Capture("incident-meta-migration-panicked");
  files.erase("etcd.json");
  files["etcd.bak"] = files.at("migration.bak");
  files.erase("migration.bak");
  const Situation backup = ReadCapture(files, {}).value();
  ASSERT_EQ(backup.gaps.size(), 1U);
  EXPECT_EQ(backup.gaps[0].assume_key, "sessions");
  EXPECT_EQ(backup.etcd.kvs.size(), 45U);
  EXPECT_TRUE(ReadCapture(files, {{"sessions", "none"}}).value().gaps.empty());
  files.erase("etcd.bak");
  files["etcd.jsonl"] = Slurp("fixtures/etcd/milvus-2.1.0-running.jsonl");
  EXPECT_EQ(ReadCapture(files, {}).value().etcd.kvs.size(), 86U);
}

TEST(SituationTest, ASituationFileIsCheckedToo) {
  const Json good = ToJson(ReadCapture(Healthy(), {}).value());
  const auto without = [&](const char* name) {
    Json json = good;
    json.erase(name);
    return SituationFromJson(json, "s.json").error().message;
  };
  EXPECT_EQ(without("schema"), "s.json: schema: rehearse/situation/v1 is expected");
  EXPECT_EQ(without("etcd"), "s.json: etcd: it is missing");
  EXPECT_EQ(without("release"), "s.json: release: a text is expected");
  EXPECT_EQ(without("gaps"), "s.json: gaps: a list is expected");
  Json json = good;
  json["etcd"]["kvs"][3]["value"] = "!";
  EXPECT_EQ(SituationFromJson(json, "s.json").error().message.find("s.json: etcd: kvs[3]: value"),
            0U);
}

}  // namespace
}  // namespace rehearse::cluster
