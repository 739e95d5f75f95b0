#include <memory>

#include "app/commands.h"
#include "app/dump_file.h"
#include "model/migration/diff.h"
#include "model/milvus/view.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string a;
  std::string b;
  std::string server;
  std::string format = "text";
  std::string root_path = "by-dev";
};

std::string ToDocument(Json json) {
  json["schema"] = "rehearse/diff-meta/v1";
  return DumpPretty(json) + "\n";
}

int DiffKeys(const Options& options, const etcd::Keys& a, const etcd::Keys& b, Terminal& terminal) {
  const migration::MetaDiff diff = migration::DiffMeta(a, b, {.root_path = options.root_path});
  terminal.out << (options.format == "json" ? ToDocument(ToJson(diff)) : ToText(diff));
  return diff.differences.empty() ? kHolds : kViolated;
}

Result<int> DiffAsServer(const Options& options,
                         const etcd::Keys& a,
                         const etcd::Keys& b,
                         Terminal& terminal) {
  TRY_ASSIGN(const Version server, ParseImageTagVersion(options.server));
  const milvus::ViewOptions view{.root_path = options.root_path, .server = server};
  TRY_ASSIGN(const milvus::MetaView in_a, milvus::ViewAs(a, view));
  TRY_ASSIGN(const milvus::MetaView in_b, milvus::ViewAs(b, view));
  const auto differences = DiffViews(in_a, in_b);
  Json rows = Json::array();
  std::string text;
  for (const milvus::ViewDifference& difference : differences) {
    rows.push_back(Json{
        {"path", difference.path}, {"before", difference.before}, {"after", difference.after}});
    text += difference.path + ": " + difference.before + " | " + difference.after + "\n";
  }
  text += differences.empty() ? "no difference\n"
                              : std::to_string(differences.size()) + " differences\n";
  terminal.out << (options.format == "json"
                       ? ToDocument(Json{{"server", server.ToString()}, {"differences", rows}})
                       : text);
  return differences.empty() ? kHolds : kViolated;
}

Result<int> DoDiff(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const migration::AnyDump a, ReadDumpFile(options.a));
  TRY_ASSIGN(const migration::AnyDump b, ReadDumpFile(options.b));
  return options.server.empty() ? DiffKeys(options, a.keys, b.keys, terminal)
                                : DiffAsServer(options, a.keys, b.keys, terminal);
}

}  // namespace

Command DiffMetaCommand() {
  return {.name = "diff-meta",
          .summary = "compare two states of the metadata by meaning, not by bytes",
          .examples = {"rehearse diff-meta ours.jsonl real.jsonl",
                       "rehearse diff-meta before.json after.json --server 2.2.16"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("A", options->a, "a dump or backup file")->required();
            app.add_option("B", options->b, "another one")->required();
            app.add_option(
                "--server", options->server, "compare what clients of this version would see");
            app.add_option("--format", options->format, "text or json")
                ->check(CLI::IsMember({"text", "json"}));
            app.add_option("--root-path", options->root_path, "etcd.rootPath of the instance");
            return [options](Terminal& terminal) { return DoDiff(*options, terminal); };
          }};
}

}  // namespace rehearse::app
