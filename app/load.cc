#include "app/load.h"

#include "app/embedded.h"
#include "app/files.h"
#include "model/etcd/dump.h"
#include "model/migration/runner.h"
#include "model/milvus/view.h"

namespace rehearse::app {
namespace {

constexpr const char* kToolEndpoint = "etcd:2379";  // nobody connects: the tool runs on keys

Result<cluster::CaptureFiles> ReadFolder(const std::string& path) {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(path));
  cluster::CaptureFiles files;
  for (const std::string& name : names) {
    const std::string file = path + "/" + name;
    if (!IsDirectory(file)) {
      TRY_ASSIGN(files[name], ReadFile(file));
    }
  }
  return files;
}

Error In(const std::string& path, Error error) {
  error.message = path + ": " + error.message;
  return error;
}

migration::ToolConfig ConfigOf(const upgrade::ToolQuestion& question) {
  migration::ToolConfig config;
  config.command = "run";
  config.source_version = question.source_version;
  config.target_version = question.target_version;
  config.backup_file_path = "migration.bak";
  config.endpoints = {kToolEndpoint};
  config.root_path = question.root_path;
  return config;
}

std::string LastWords(const migration::ToolRun& run) {
  for (auto line = run.lines.rbegin(); line != run.lines.rend(); ++line) {
    if (line->starts_with("panic: ")) {
      return *line;
    }
  }
  return run.lines.empty() ? "exit " + std::to_string(run.exit_code) : run.lines.back();
}

// What in the metadata makes the tool fail, where that is known.
std::string CauseOf(const migration::ToolRun& run,
                    const upgrade::ToolQuestion& question,
                    const etcd::Keys& keys) {
  const auto view =
      milvus::ViewAs(keys, {.root_path = question.root_path, .server = Version{2, 1, 0, ""}});
  if (!run.laws.Has(Law::kToolPartitionLoadPanic) || !view) {
    return "";
  }
  for (const milvus::CollectionView& collection : view->collections) {
    if (collection.load.state == milvus::LoadState::kPartitionsLoaded &&
        !collection.indexes.empty()) {
      return " (collection " + collection.name + " has a loaded partition)";
    }
  }
  return "";
}

Result<upgrade::ToolOutcome> Ask(const std::string& image,
                                 const upgrade::ToolQuestion& question,
                                 const etcd::Keys& keys) {
  TRY_ASSIGN(const migration::ToolImage tool, migration::ToolImageOf(image));
  const migration::ToolRun run =
      migration::RunTool({.image = tool, .config = ConfigOf(question), .keys = keys, .files = {}});
  upgrade::ToolOutcome outcome{.image = image,
                               .succeeds = run.exit_code == migration::kToolOk,
                               .after_cleaning = false,
                               .why = ""};
  if (!outcome.succeeds) {
    outcome.why = LastWords(run) + CauseOf(run, question, keys);
    outcome.after_cleaning = run.keys.size() + 1 < keys.size();  // its own session id may be new
  }
  return outcome;
}

// As if Milvus had been stopped and every lease had ended.
Result<std::vector<upgrade::ToolOutcome>> AskTools(const cluster::Situation& situation) {
  std::vector<upgrade::ToolOutcome> outcomes;
  TRY_ASSIGN(const auto question, upgrade::ToolQuestionOf(situation));
  if (!question) {
    return outcomes;
  }
  const etcd::Keys keys = etcd::WithoutLeasedKeys(etcd::KeysOf(situation.etcd));
  for (const std::string& image : question->images) {
    TRY_ASSIGN(upgrade::ToolOutcome outcome, Ask(image, *question, keys));
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace

Result<std::map<std::string, std::string>> ParseAssume(std::string_view text) {
  std::map<std::string, std::string> assume;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == pair.size()) {
      return BadInput("--assume: \"" + std::string(pair) + "\" is no NAME=VALUE");
    }
    const std::string key(pair.substr(0, equals));
    if (!assume.emplace(key, pair.substr(equals + 1)).second) {
      return BadInput("--assume: " + key + " is there twice");
    }
  }
  return assume;
}

Result<cluster::Situation> LoadSituation(const std::string& path, std::string_view assume) {
  TRY_ASSIGN(const auto assumptions, ParseAssume(assume));
  if (IsDirectory(path)) {
    TRY_ASSIGN(const cluster::CaptureFiles files, ReadFolder(path));
    auto situation = cluster::ReadCapture(files, assumptions);
    if (!situation) {
      return tl::unexpected(In(path, situation.error()));
    }
    return situation;
  }
  TRY_ASSIGN(const std::string bytes, ReadFile(path));
  TRY_ASSIGN(const Json json, ParseJson(bytes, path));
  TRY_ASSIGN(cluster::Situation situation, cluster::SituationFromJson(json, path));
  TRY(cluster::ApplyAssumptions(situation, assumptions));
  return situation;
}

Result<cluster::Situation> DemoSituation() {
  cluster::CaptureFiles files;
  for (const char* name : {"cluster.json",
                           "etcd.json",
                           "helm-version.json",
                           "kubectl-version.json",
                           "objects.json",
                           "release-secrets.json"}) {
    files[name] = Embedded("captures/standalone-2.1.4-healthy/" + std::string(name));
  }
  return cluster::ReadCapture(files, {});
}

Result<charts::Catalog> LoadCatalog() {
  return charts::Catalog::Parse({.index = Embedded("charts/index.json"),
                                 .defaults = Embedded("charts/defaults.json"),
                                 .objects = Embedded("charts/objects.tsv")});
}

Result<upgrade::PlanningFacts> FactsFor(const cluster::Situation& situation,
                                        const charts::Catalog& catalog) {
  TRY_ASSIGN(std::vector<upgrade::ToolOutcome> tools, AskTools(situation));
  return upgrade::PlanningFacts{.situation = situation,
                                .catalog = catalog,
                                .target = "",
                                .tools = std::move(tools),
                                .chart_reference = "zilliztech/milvus",
                                .without_rules = {}};
}

Result<upgrade::WrittenPath> LoadPath(const std::string& file) {
  TRY_ASSIGN(const std::string text, ReadFile(file));
  return upgrade::ParseWrittenPath(text, file);
}

Result<std::variant<result::Plan, result::Refusal>> PlanFor(const cluster::Situation& situation,
                                                            const charts::Catalog& catalog,
                                                            const std::string& target) {
  TRY_ASSIGN(upgrade::PlanningFacts facts, FactsFor(situation, catalog));
  facts.target = target;
  return upgrade::MakePlan(facts);
}

}  // namespace rehearse::app
