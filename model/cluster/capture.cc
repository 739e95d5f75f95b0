// Reads a folder of captured files into a Situation (situation.h).
#include <algorithm>
#include <set>

#include "model/cluster/situation.h"
#include "model/core/version.h"
#include "model/etcd/dump.h"
#include "model/helm/codec.h"
#include "model/kube/codec.h"
#include "model/migration/backup.h"
#include "model/migration/dump_reader.h"

namespace rehearse::cluster {
namespace {

constexpr const char* kObjects = "objects.json";
constexpr const char* kClusterObjects = "cluster.json";
constexpr const char* kReleaseSecrets = "release-secrets.json";
constexpr const char* kHelmList = "helm-list.json";
constexpr const char* kHelmVersion = "helm-version.json";
constexpr const char* kKubectlVersion = "kubectl-version.json";
constexpr const char* kBackupSuffix = ".bak";
constexpr const char* kEtcdNames[] = {"etcd.json", "etcd.jsonl", "etcd.bak"};

using Assume = std::map<std::string, std::string>;

struct Reading {
  const CaptureFiles& files;
  const Assume& assume;
  Situation situation;
  std::vector<helm::ReleaseRecord> records;  // of every release in the capture
};

const std::string* FileAt(const Reading& reading, std::string_view name) {
  const auto file = reading.files.find(std::string(name));
  return file == reading.files.end() ? nullptr : &file->second;
}

const std::string* AssumedAt(const Reading& reading, const char* key) {
  const auto assumed = reading.assume.find(key);
  return assumed == reading.assume.end() ? nullptr : &assumed->second;
}

// The items of a List, or the one object that the file holds.
Result<std::vector<Json>> ItemsOf(const std::string& bytes, const std::string& name) {
  TRY_ASSIGN(Json document, ParseJson(bytes, name));
  if (!document.is_object() || StringAt(document, {"kind"}).empty()) {
    return BadInput(name + ": neither a Kubernetes List nor an object: it has no kind");
  }
  if (StringAt(document, {"kind"}) != "List") {
    return std::vector<Json>{std::move(document)};
  }
  const Json* items = At(document, {"items"});
  if (items == nullptr || !items->is_array()) {
    return BadInput(name + ": items: the List has no array of items");
  }
  return std::vector<Json>(items->begin(), items->end());
}

// A Secret's data never enters a situation; its name does.
void DropSecretData(Json& secret) {
  secret.erase("data");
  secret.erase("stringData");
  if (!secret["metadata"].is_object()) {
    return;
  }
  Json& annotations = secret["metadata"]["annotations"];
  if (annotations.is_object()) {
    annotations.erase("kubectl.kubernetes.io/last-applied-configuration");
  } else {
    secret["metadata"].erase("annotations");
  }
}

Status ReadItem(Reading& reading, Json item, const std::string& where) {
  const std::string kind = StringAt(item, {"kind"});
  if (kind == "Event") {
    return {};
  }
  if (kind == "Secret" && helm::IsReleaseSecret(item)) {
    TRY_ASSIGN(helm::ReleaseRecord record, helm::DecodeReleaseSecret(item, where));
    reading.records.push_back(std::move(record));
    return {};
  }
  if (kind == "Secret") {
    DropSecretData(item);
  }
  TRY_ASSIGN(kube::Object object, kube::FromJson(item, where));
  const std::string key = object.ref.Key();
  reading.situation.objects = reading.situation.objects.Set(key, std::move(object));
  return {};
}

Status ReadItems(Reading& reading, const char* name) {
  const std::string* bytes = FileAt(reading, name);
  if (bytes == nullptr) {
    return {};
  }
  TRY_ASSIGN(std::vector<Json> items, ItemsOf(*bytes, name));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string where = std::string(name) + ": items[" + std::to_string(i) + "]";
    TRY(ReadItem(reading, std::move(items[i]), where));
  }
  return {};
}

Status ReadReleaseSecrets(Reading& reading) {
  const std::string* bytes = FileAt(reading, kReleaseSecrets);
  if (bytes == nullptr) {
    return {};
  }
  TRY_ASSIGN(std::vector<Json> items, ItemsOf(*bytes, kReleaseSecrets));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string where = std::string(kReleaseSecrets) + ": items[" + std::to_string(i) + "]";
    if (!helm::IsReleaseSecret(items[i])) {
      return BadInput(where + ": a " + StringAt(items[i], {"kind"}, "thing without a kind") +
                      " that is no release record of helm");
    }
    TRY(ReadItem(reading, std::move(items[i]), where));
  }
  return {};
}

bool IsMilvus(const helm::ReleaseRecord& record) {
  return record.chart.value != nullptr &&
         StringAt(*record.chart.value, {"metadata", "name"}) == "milvus";
}

// Every Milvus release of the capture that the assumptions allow, as (namespace, name).
std::set<std::pair<std::string, std::string>> MilvusReleases(const Reading& reading) {
  const std::string* release = AssumedAt(reading, "release");
  const std::string* ns = AssumedAt(reading, "namespace");
  std::set<std::pair<std::string, std::string>> found;
  for (const helm::ReleaseRecord& record : reading.records) {
    if (IsMilvus(record) && (release == nullptr || record.name == *release) &&
        (ns == nullptr || record.ns == *ns)) {
      found.emplace(record.ns, record.name);
    }
  }
  return found;
}

Status ChooseRelease(Reading& reading) {
  const auto found = MilvusReleases(reading);
  const bool narrowed = AssumedAt(reading, "release") || AssumedAt(reading, "namespace");
  if (found.empty()) {
    return BadInput(std::string(kReleaseSecrets) + ": no release of the chart milvus" +
                    (narrowed ? " of the assumed name" : "") +
                    ": without helm's records nothing can be planned");
  }
  if (found.size() > 1) {
    std::string names;
    for (const auto& [ns, name] : found) {
      names += (names.empty() ? "" : ", ") + name + " (namespace " + ns + ")";
    }
    return BadInput(std::string(kReleaseSecrets) + ": several Milvus releases: " + names +
                    "; name one with --assume release=NAME,namespace=NAMESPACE");
  }
  Situation& situation = reading.situation;
  std::tie(situation.ns, situation.release) = *found.begin();
  for (helm::ReleaseRecord& record : reading.records) {
    if (record.ns == situation.ns && record.name == situation.release) {
      situation.releases.push_back(std::move(record));
    }
  }
  std::ranges::sort(situation.releases, {}, &helm::ReleaseRecord::revision);
  for (std::size_t i = 1; i < situation.releases.size(); ++i) {
    if (situation.releases[i].revision == situation.releases[i - 1].revision) {
      return BadInput(std::string(kReleaseSecrets) + ": revision " +
                      std::to_string(situation.releases[i].revision) + " of " + situation.release +
                      " is there twice");
    }
  }
  return {};
}

// helm list and the Secrets say the same, or were not taken at the same time.
Status CheckHelmList(const Reading& reading) {
  const std::string* bytes = FileAt(reading, kHelmList);
  if (bytes == nullptr) {
    return {};
  }
  TRY_ASSIGN(Json list, ParseJson(*bytes, kHelmList));
  if (!list.is_array()) {
    return BadInput(std::string(kHelmList) + ": not the array that helm list -o json prints");
  }
  const helm::ReleaseRecord& newest = reading.situation.releases.back();
  for (const Json& entry : list) {
    if (StringAt(entry, {"name"}) != newest.name || StringAt(entry, {"namespace"}) != newest.ns) {
      continue;
    }
    const std::string listed = "revision " + StringAt(entry, {"revision"}) + ", " +
                               StringAt(entry, {"status"}) + ", " + StringAt(entry, {"chart"});
    const std::string stored = "revision " + std::to_string(newest.revision) + ", " +
                               std::string(helm::NameOf(newest.status)) + ", " +
                               helm::ChartLabel(newest);
    if (listed != stored) {
      return BadInput(std::string(kHelmList) + ": says " + listed + ", but " + kReleaseSecrets +
                      " says " + stored + ": they were not taken at the same time");
    }
  }
  return {};
}

struct VersionSource {
  const char* file;
  std::initializer_list<std::string_view> path;
  const char* assume_key;
  const char* what;
  const char* consequence;
};

Result<std::string> ReadVersion(Reading& reading, const VersionSource& source) {
  const std::string* bytes = FileAt(reading, source.file);
  Json document;
  if (bytes != nullptr) {
    TRY_ASSIGN(document, ParseJson(*bytes, source.file));
  }
  const std::string text = StringAt(document, source.path);
  if (text.empty() && (bytes == nullptr || At(document, {"clientVersion"}) != nullptr)) {
    // kubectl version without a server prints the client's part alone.
    reading.situation.gaps.push_back(Gap{source.what, source.consequence, source.assume_key});
    return std::string();
  }
  return ParseToolVersion(text, source.file);
}

Status ReadVersions(Reading& reading) {
  TRY_ASSIGN(reading.situation.kubernetes_version,
             ReadVersion(reading,
                         {.file = kKubectlVersion,
                          .path = {"serverVersion", "gitVersion"},
                          .assume_key = "kubernetes",
                          .what = "version of Kubernetes",
                          .consequence = "which APIs the server still has, and whether the charts "
                                         "support it"}));
  TRY_ASSIGN(reading.situation.helm_version,
             ReadVersion(reading,
                         {.file = kHelmVersion,
                          .path = {"version"},
                          .assume_key = "helm",
                          .what = "version of helm",
                          .consequence = "whether helm has --reset-then-reuse-values"}));
  return {};
}

Status ReadEtcd(Reading& reading) {
  for (const char* name : kEtcdNames) {
    const std::string* bytes = FileAt(reading, name);
    if (bytes == nullptr) {
      continue;
    }
    TRY_ASSIGN(migration::AnyDump dump, migration::ReadAnyDump(*bytes, name));
    reading.situation.etcd = etcd::DumpOf(dump.keys, dump.revision);
    if (dump.kind == migration::DumpKind::kBackup) {
      reading.situation.gaps.push_back(
          Gap{"sessions in etcd (" + std::string(name) + " is a backup file)",
              "which servers are alive, and what etcd holds outside the metadata root",
              "sessions"});
    }
    return {};
  }
  reading.situation.gaps.push_back(
      Gap{"metadata (etcd.json)",
          "which generation the metadata is of, and what would be left of it",
          "etcd"});
  return {};
}

Status ReadBackups(Reading& reading) {
  for (const auto& [name, bytes] : reading.files) {
    if (!name.ends_with(kBackupSuffix) || name == "etcd.bak") {
      continue;
    }
    const auto file = migration::ReadBackup(bytes);
    if (!file) {
      return BadInput(name + ": " + file.error().message);
    }
    reading.situation.backup_files[name] = bytes;
  }
  return {};
}

bool HasStorageClass(const kube::Objects& objects) {
  bool found = false;
  objects.ForPrefix("StorageClass/", [&](const std::string&, const auto&) { found = true; });
  return found;
}

void ReadStorageClasses(Reading& reading) {
  if (!HasStorageClass(reading.situation.objects)) {
    reading.situation.gaps.push_back(Gap{"storage classes (cluster.json)",
                                         "whether the volume for the backup can be had",
                                         "storage-class"});
  }
}

}  // namespace

Result<Situation> ReadCapture(const CaptureFiles& files,
                              const std::map<std::string, std::string>& assume) {
  Reading reading{files, assume, {}, {}};
  if (!FileAt(reading, kObjects)) {
    return BadInput(std::string(kObjects) +
                    " is missing: without the live objects nothing can be judged");
  }
  TRY(ReadItems(reading, kObjects));
  TRY(ReadItems(reading, kClusterObjects));
  TRY(ReadReleaseSecrets(reading));
  TRY(ChooseRelease(reading));
  TRY(CheckHelmList(reading));
  TRY(ReadVersions(reading));
  TRY(ReadEtcd(reading));
  TRY(ReadBackups(reading));
  ReadStorageClasses(reading);
  TRY(ApplyAssumptions(reading.situation, assume));
  return std::move(reading.situation);
}

}  // namespace rehearse::cluster
