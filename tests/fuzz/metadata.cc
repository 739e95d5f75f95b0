#include <array>
#include <span>

#include "model/core/check.h"
#include "model/core/version.h"
#include "model/migration/diff.h"
#include "model/migration/runner.h"
#include "model/milvus/codec.h"
#include "model/milvus/machine.h"
#include "model/milvus/view.h"
#include "tests/fuzz/targets.h"

namespace rehearse::fuzz {
namespace {

constexpr std::array<std::string_view, 44> kKeys = {
    "root-coord/collection/1",
    "root-coord/collection/2",
    "snapshots/root-coord/collection/1_ts9",
    "snapshots/root-coord/collection/x",
    "root-coord/collection-alias/a",
    "snapshots/root-coord/collection-alias/a_ts9",
    "snapshots/root-coord/collection-alias/a_ts1_ts9",
    "root-coord/partitions/1/11",
    "root-coord/fields/1/100",
    "root-coord/aliases/a",
    "root-coord/database/db-info/1",
    "root-coord/database/collection-info/1/2",
    "root-coord/database/aliases/1/b",
    "root-coord/functions/1/1",
    "root-coord/credential/users/root",
    "root-coord/credential/roles/admin",
    "root-coord/dd-operation",
    "root-coord/index/1/21",
    "root-coord/index/1/22",
    "root-coord/segment-index/1/21/11/31",
    "root-coord/segment-index/1/22/11/31",
    "indexes/41",
    "indexes/42",
    "field-index/1/21",
    "segment-index/1/11/31/41",
    "segment-index/1/11/31/0",
    "datacoord-meta/s/1/11/31",
    "datacoord-meta/binlog/1/11/31/100",
    "datacoord-meta/channel-cp/c",
    "channelwatch/7/c",
    "queryCoord-collectionMeta/1",
    "queryCoord-ReplicaMeta/51",
    "queryCoord-segmentMeta/1/11/31",
    "queryCoord-queryNodeInfo/2",
    "queryCoord-deltaChannel/1/c",
    "queryCoord-dmChannelWatchInfo/c",
    "querycoord-collection-loadinfo/1",
    "querycoord-partition-loadinfo/1/11",
    "querycoord-replica/1/51",
    "queryCoord-ResourceGroup/__default_resource_group",
    "session/id",
    "session/rootcoord",
    "session/migration",
    "nobody/knows/this",
};

struct Records {
  etcd::Keys keys;
  bool sessions = false;
};

Records RecordsOf(std::string_view bytes) {
  Records records;
  while (bytes.size() > 2) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::string_view name = kKeys.at(byte(0) % kKeys.size());
    const std::size_t length = byte(1) + std::size_t{256} * byte(2);
    bytes.remove_prefix(3);
    const std::string value(bytes.substr(0, length));
    bytes.remove_prefix(value.size());
    records.sessions = records.sessions || (name.starts_with("session/") && name != "session/id");
    records.keys = records.keys.Set("by-dev/meta/" + std::string(name), etcd::Entry{value});
  }
  return records;
}

void CheckValue(const std::string& key, const std::string& value) {
  const milvus::ClassifiedKey classified = milvus::Classify(key, "by-dev");
  const auto json = milvus::DecodeToJson(classified.family, value, key);
  const auto bytes = milvus::ReEncode(classified.family, value, key);
  if (json && bytes) {
    const auto again = milvus::DecodeToJson(classified.family, *bytes, key);
    CHECK(again && *again == *json);
    CHECK(milvus::ReEncode(classified.family, *bytes, key).value() == *bytes);
  }
}

void CheckViews(const etcd::Keys& keys) {
  for (const Version& server :
       {Version{2, 1, 0, ""}, Version{2, 2, 0, ""}, Version{2, 2, 16, ""}, Version{2, 3, 5, ""}}) {
    const auto view = milvus::ViewAs(keys, {.root_path = "by-dev", .server = server});
    if (view) {
      CHECK(!milvus::ToText(*view).empty() && !DumpPretty(milvus::ToJson(*view)).empty());
      CHECK(milvus::DiffViews(*view, *view).empty());
    }
    (void)milvus::StartWrites(keys, {.root_path = "by-dev", .server = server});
  }
}

migration::ToolRun RunOn(migration::ToolImage image,
                         const std::string& command,
                         etcd::Keys keys,
                         migration::Files files = {}) {
  migration::ToolConfig config;
  config.command = command;
  config.source_version = "2.1.4";
  config.target_version = "2.2.0";
  config.backup_file_path = "b";
  migration::ToolRun run =
      migration::RunTool({image, std::move(config), std::move(keys), std::move(files)});
  CHECK(run.killed || run.exit_code == 0 || run.exit_code == 1 || run.exit_code == 2);
  CHECK(!run.panicked || run.exit_code == 2);
  return run;
}

etcd::Keys WithoutCounter(const etcd::Keys& keys) { return keys.Erase("by-dev/meta/session/id"); }

// Whatever a run leaves behind, the backup brings the metadata back.
void CheckTool(const Records& records) {
  using migration::ToolImage;
  const migration::ToolRun saved = RunOn(ToolImage::kV220, "backup", records.keys);
  const ToolImage image =
      records.keys.Digest() % 2 == 0 ? ToolImage::kV220 : ToolImage::kV220Bugfix;
  const migration::ToolRun run = RunOn(image, "run", saved.keys);
  if (saved.exit_code == 0 && !saved.killed && !records.sessions) {
    const migration::ToolRun back = RunOn(image, "rollback", run.keys, saved.files);
    CHECK(back.exit_code == 0 && WithoutCounter(back.keys) == WithoutCounter(records.keys));
  }
}

}  // namespace

void Metadata(std::string_view bytes) {
  const Records records = RecordsOf(bytes);
  records.keys.ForEach(
      [](const std::string& key, const auto& entry) { CheckValue(key, entry->value); });
  CheckViews(records.keys);
  CheckTool(records);
  CHECK(migration::DiffMeta(records.keys, records.keys).differences.empty());
}

}  // namespace rehearse::fuzz
