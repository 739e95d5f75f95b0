#include "model/milvus/view.h"

#include <memory>

#include "app/commands.h"
#include "app/dump_file.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string in;
  std::string server;
  std::string format = "text";
  std::string root_path = "by-dev";
};

Result<int> DoView(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const Version server, ParseImageTagVersion(options.server));
  TRY_ASSIGN(const migration::AnyDump dump, ReadDumpFile(options.in));
  TRY_ASSIGN(const milvus::MetaView view,
             milvus::ViewAs(dump.keys, {.root_path = options.root_path, .server = server}));
  terminal.out << (options.format == "json" ? DumpPretty(ToJson(view)) + "\n" : ToText(view));
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
