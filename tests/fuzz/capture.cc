#include "model/cluster/recorded_trace.h"
#include "model/cluster/situation.h"
#include "model/core/bytes.h"
#include "model/core/check.h"
#include "model/core/version.h"
#include "model/helm/codec.h"
#include "model/helm/values.h"
#include "model/migration/types.h"
#include "tests/fuzz/targets.h"

namespace rehearse::fuzz {
namespace {

Json SecretAround(std::string_view release) {
  const std::string inner = EncodeBase64(Gzip(release));
  return Json{{"kind", "Secret"},
              {"type", "helm.sh/release.v1"},
              {"metadata", {{"name", "sh.helm.release.v1.r.v1"}}},
              {"data", {{"release", EncodeBase64(inner)}}}};
}

// Changes nothing that a second reading would see.
void CheckSituation(const cluster::Situation& situation) {
  const Json json = ToJson(situation);
  const auto again = cluster::SituationFromJson(json, "again");
  CHECK(again && ToJson(*again) == json);
}

cluster::CaptureFiles FilesOf(std::string_view bytes) {
  cluster::CaptureFiles files;
  std::string name = "objects.json";
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.starts_with('@')) {
      name = line.substr(1);
      files[name].clear();
    } else {
      files[name] += std::string(line) + "\n";
    }
  }
  return files;
}

}  // namespace

void Release(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  Result<Json> secret = bytes[0] == '\0' ? ParseJson(bytes.substr(1), "secret")
                                         : Result<Json>(SecretAround(bytes.substr(1)));
  if (!secret) {
    return;
  }
  (void)helm::IsReleaseSecret(*secret);
  auto record = helm::DecodeReleaseSecret(*secret, "secret");
  if (!record) {
    return;
  }
  if (bytes[0] != '\0') {
    CHECK(!helm::ReleaseJson(*record).empty());
  }
  const auto again = helm::DecodeReleaseSecret(helm::EncodeReleaseSecret(*record), "again");
  CHECK(again && helm::ReleaseJson(*again) == helm::ReleaseJson(*record));
  (void)helm::ParseManifest(*record);
}

void Capture(std::string_view bytes) {
  const cluster::CaptureFiles files = FilesOf(bytes);
  if (const auto own = files.find("situation.json"); own != files.end()) {
    const auto json = ParseJson(own->second, "situation");
    const auto situation =
        json ? cluster::SituationFromJson(*json, "situation") : BadInput("no JSON");
    if (situation) {
      CheckSituation(*situation);
    }
  }
  if (const auto situation = cluster::ReadCapture(files, {})) {
    CheckSituation(*situation);
  }
}

void Text(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  const std::string_view text = bytes.substr(1);
  const std::string copy(text);
  switch (static_cast<unsigned char>(bytes[0]) % 5) {
    case 0: {
      const auto documents = ParseYaml(text, "yaml");
      if (documents && !documents->empty()) {
        (void)DumpYaml(documents->front());
        (void)HashJson(documents->front());
      }
      return;
    }
    case 1:
      (void)migration::ParseToolConfig(text, "config");
      return;
    case 2: {
      Json values = Json::object();
      (void)helm::ParseSet(text, values);
      (void)helm::ParseSetString(text, values);
      return;
    }
    case 3:
      (void)ParseVersion(text);
      (void)ParseImageTagVersion(text);
      (void)ImageTag(text);
      (void)migration::ToolImageOf(text);
      return;
    case 4:
      (void)cluster::ParseRecordedTrace(text, "trace");
      return;
  }
}

}  // namespace rehearse::fuzz
