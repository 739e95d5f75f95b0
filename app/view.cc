#include "model/milvus/view.h"

#include <map>
#include <memory>

#include "app/commands.h"
#include "app/dump_file.h"
#include "model/milvus/families.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string in;
  std::string server;
  std::string format = "text";
  std::string root_path = "by-dev";
};

// What the keys of a dump are, whatever a server makes of them.
struct Inventory {
  std::map<std::string, std::int64_t> families;
  std::vector<std::string> unknown;  // keys of no known family
};

Inventory InventoryOf(const etcd::Keys& keys, const std::string& root_path) {
  Inventory inventory;
  keys.ForEach([&](const std::string& key, const auto&) {
    const milvus::Family family = milvus::Classify(key, root_path).family;
    ++inventory.families[std::string(milvus::RowOf(family).name)];
    if (family == milvus::Family::kUnknown) {
      inventory.unknown.push_back(key);
    }
  });
  return inventory;
}

std::string ToText(const Inventory& inventory) {
  std::string text = "keys by family:";
  const char* separator = " ";
  for (const auto& [name, count] : inventory.families) {
    text += separator + name + " " + std::to_string(count);
    separator = ", ";
  }
  text += "\n";
  for (const std::string& key : inventory.unknown) {
    text += "unknown key: " + Dump(Json(key)) + "\n";
  }
  return text;
}

std::string ToDocument(const milvus::MetaView& view, const Inventory& inventory) {
  Json json = ToJson(view);
  json["schema"] = "rehearse/view/v1";
  json["families"] = inventory.families;
  json["unknown_keys"] = inventory.unknown;
  return DumpPretty(json) + "\n";
}

Result<int> DoView(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const Version server, ParseImageTagVersion(options.server));
  TRY_ASSIGN(const migration::AnyDump dump, ReadDumpFile(options.in));
  TRY_ASSIGN(const milvus::MetaView view,
             milvus::ViewAs(dump.keys, {.root_path = options.root_path, .server = server}));
  const Inventory inventory = InventoryOf(dump.keys, options.root_path);
  terminal.out << (options.format == "json" ? ToDocument(view, inventory)
                                            : ToText(view) + ToText(inventory));
  return kHolds;
}

}  // namespace

Command ViewCommand() {
  return {.name = "view",
          .summary = "show metadata as a client of a given Milvus version would see it",
          .examples = {"rehearse view --in etcd.json --server 2.2.16",
                       "rehearse view --in migration.bak --server 2.1.4 --format json"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option(
                   "--in", options->in, "etcdctl JSON, JSON lines or backup file, or its gzip")
                ->required();
            app.add_option("--server", options->server, "the version of Milvus, X.Y.Z")->required();
            app.add_option("--format", options->format, "text or json")
                ->check(CLI::IsMember({"text", "json"}));
            app.add_option("--root-path", options->root_path, "etcd.rootPath of the instance");
            return [options](Terminal& terminal) { return DoView(*options, terminal); };
          }};
}

}  // namespace rehearse::app
