#include "model/cluster/command_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/core/json.h"

namespace rehearse::cluster {
namespace {

using Argv = std::vector<std::string>;

std::string ResourceOf(const std::string& kind) {
  std::string resource = kind;
  std::ranges::transform(resource, resource.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return resource;
}

void AddNamespace(Argv& argv, const std::string& ns) {
  if (!ns.empty()) {
    argv.insert(argv.end(), {"-n", ns});
  }
}

// "deployment a b", or "deployment/a configmap/b" where kinds differ.
void AddRefs(Argv& argv, const std::vector<kube::Ref>& refs) {
  const bool one_kind = std::ranges::all_of(
      refs, [&](const kube::Ref& ref) { return ref.kind == refs.front().kind; });
  if (one_kind && !refs.empty()) {
    argv.push_back(ResourceOf(refs.front().kind));
  }
  for (const kube::Ref& ref : refs) {
    argv.push_back(one_kind ? ref.name : ResourceOf(ref.kind) + "/" + ref.name);
  }
  AddNamespace(argv, refs.empty() ? "" : refs.front().ns);
}

// As Go reads durations; helm's flags take them.
std::string Duration(Millis ms) {
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

Command WithRefs(Argv argv, const std::vector<kube::Ref>& refs, const Argv& flags) {
  AddRefs(argv, refs);
  argv.insert(argv.end(), flags.begin(), flags.end());
  return {std::move(argv), ""};
}

Command ToCommand(const Apply& apply) {
  Argv argv = {"kubectl", "apply"};
  AddNamespace(argv, apply.ns);
  argv.insert(argv.end(), {"-f", "-"});
  return {std::move(argv), apply.manifest};
}

Command ToCommand(const Patch& patch) {
  return WithRefs({"kubectl", "patch"}, {patch.ref}, {"-p", patch.patch});
}

Command ToCommand(const Scale& scale) {
  return WithRefs({"kubectl", "scale"}, scale.refs, {fmt::format("--replicas={}", scale.replicas)});
}

Command ToCommand(const Annotate& annotate) {
  Argv words = {annotate.key + "=" + annotate.value};
  if (annotate.overwrite) {
    words.emplace_back("--overwrite");
  }
  return WithRefs({"kubectl", "annotate"}, {annotate.ref}, words);
}

Command ToCommand(const Delete& gone) {
  return WithRefs({"kubectl", "delete"},
                  gone.refs,
                  gone.ignore_not_found ? Argv{"--ignore-not-found"} : Argv{});
}

Command ToCommand(const HelmUpgrade& action) {
  Argv argv = {"helm", "upgrade", action.release, action.chart};
  AddNamespace(argv, action.ns);
  if (!action.version.empty()) {
    argv.insert(argv.end(), {"--version", action.version});
  }
  if (const std::string_view flag = helm::FlagOf(action.values); !flag.empty()) {
    argv.emplace_back(flag);
  }
  for (const std::string& set : action.sets) {
    argv.insert(argv.end(), {"--set", set});
  }
  if (action.wait) {
    argv.emplace_back("--wait");
  }
  if (action.atomic) {
    argv.emplace_back("--atomic");
  }
  if (action.wait || action.atomic) {  // without them there is nothing that helm waits for here
    argv.insert(argv.end(), {"--timeout", Duration(action.timeout_ms)});
  }
  return {std::move(argv), ""};
}

Command ToCommand(const HelmRollback& rollback) {
  Argv argv = {"helm", "rollback", rollback.release, std::to_string(rollback.revision)};
  AddNamespace(argv, rollback.ns);
  return {std::move(argv), ""};
}

Command ToCommand(const GetText& query) {
  Argv argv = {"kubectl", "get", query.resource};
  argv.insert(argv.end(), query.names.begin(), query.names.end());
  AddNamespace(argv, query.ns);
  if (!query.selector.empty()) {
    argv.insert(argv.end(), {"-l", query.selector});
  }
  if (!query.output.empty()) {
    argv.insert(argv.end(), {"-o", query.output});
  }
  return {std::move(argv), ""};
}

Command ToCommand(const GetObject& get) {
  return ToCommand(GetText{ResourceOf(get.ref.kind), {get.ref.name}, get.ref.ns, "", "json"});
}

Command ToCommand(const ListObjects& list) {
  return ToCommand(GetText{ResourceOf(list.kind), {}, list.ns, list.selector, "json"});
}

Command ToCommand(const RolloutStatus& rollout) {
  return WithRefs(
      {"kubectl", "rollout", "status"}, {rollout.ref}, {fmt::format("--watch={}", rollout.watch)});
}

Command ToCommand(const GetReleases& releases) {
  Argv argv = {"helm", "history", releases.release};
  AddNamespace(argv, releases.ns);
  argv.insert(argv.end(), {"-o", "json"});
  return {std::move(argv), ""};
}

Command ToCommand(const EtcdRange& range) {
  return {{"etcdctl", "get", "--prefix", range.prefix, "-w", "json"}, ""};
}

Command ToCommand(const PodLog& log) {
  Argv argv = {"kubectl", "logs", log.pod.name};
  AddNamespace(argv, log.pod.ns);
  return {std::move(argv), ""};
}

Command ToCommand(const PodFile& file) {
  Argv argv = {"kubectl", "exec", file.pod.name};
  AddNamespace(argv, file.pod.ns);
  argv.insert(argv.end(), {"--", "cat", file.path});
  return {std::move(argv), ""};
}

bool IsPlain(std::string_view word) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
  return !word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string Quote(std::string_view word) {
  if (IsPlain(word)) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char letter : word) {
    quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  }
  return quoted + "'";
}

std::string JoinQuoted(const Argv& argv) {
  std::string line;
  for (const std::string& word : argv) {
    line += (line.empty() ? "" : " ") + Quote(word);
  }
  return line;
}

// A word that is no line of the input.
std::string Delimiter(std::string_view input) {
  std::string word = "EOF";
  const std::string lines = "\n" + std::string(input) + "\n";
  while (lines.find("\n" + word + "\n") != std::string::npos) {
    word += "_";
  }
  return word;
}

std::string Name(const kube::Ref& ref) { return ref.kind + "/" + ref.name; }

std::string Names(const std::vector<kube::Ref>& refs) {
  std::string names;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    names += i == 0 ? "" : i + 1 == refs.size() ? " and " : ", ";
    names += Name(refs[i]);
  }
  return names;
}

std::string ToWords(const Apply& action) {
  const Result<std::vector<Json>> documents = ParseYaml(action.manifest, "manifest");
  std::vector<kube::Ref> refs;
  for (const Json& document : documents.value_or(std::vector<Json>())) {
    refs.push_back({StringAt(document, {"kind"}), "", StringAt(document, {"metadata", "name"})});
  }
  return "apply " + (refs.empty() ? std::string("a manifest") : Names(refs));
}

std::string ToWords(const Patch& patch) { return "patch " + Name(patch.ref); }

std::string ToWords(const Scale& scale) {
  return fmt::format("scale {} to {}", Names(scale.refs), scale.replicas);
}

std::string ToWords(const Annotate& annotate) {
  return "annotate " + Name(annotate.ref) + " with " + annotate.key;
}

std::string ToWords(const Delete& gone) { return "delete " + Names(gone.refs); }

std::string ToWords(const HelmUpgrade& upgrade) {
  return "helm upgrade " + upgrade.release + " to " + upgrade.chart +
         (upgrade.version.empty() ? "" : " " + upgrade.version);
}

std::string ToWords(const HelmRollback& rollback) {
  return fmt::format("helm rollback {} to revision {}", rollback.release, rollback.revision);
}

std::string ToWords(const GetObject& get) { return "read " + Name(get.ref); }

std::string ToWords(const ListObjects& list) {
  return "list " + list.kind + (list.selector.empty() ? "" : " with " + list.selector);
}

std::string ToWords(const GetText& get) {
  const std::string kind = kube::KindOf(get.resource);
  std::vector<kube::Ref> refs;
  for (const std::string& name : get.names) {
    refs.push_back({kind, "", name});
  }
  return refs.empty() ? "list " + kind : "read " + Names(refs);
}

std::string ToWords(const RolloutStatus& rollout) {
  return (rollout.watch ? "watch the rollout of " : "rollout status of ") + Name(rollout.ref);
}

std::string ToWords(const GetReleases& releases) { return "helm history of " + releases.release; }

std::string ToWords(const EtcdRange& range) {
  return "read etcd keys" + (range.prefix.empty() ? "" : " below " + range.prefix);
}

std::string ToWords(const PodLog& log) { return "read the log of " + Name(log.pod); }

std::string ToWords(const PodFile& file) { return "read " + file.path + " in " + Name(file.pod); }

}  // namespace

Command CommandOf(const Action& action) {
  return std::visit([](const auto& one) { return ToCommand(one); }, action);
}

Command CommandOf(const Query& query) {
  return std::visit([](const auto& one) { return ToCommand(one); }, query);
}

std::string Shell(const Command& command) {
  std::string text = JoinQuoted(command.argv);
  if (command.input.empty()) {
    return text;
  }
  const std::string delimiter = Delimiter(command.input);
  text += " <<'" + delimiter + "'\n" + command.input;
  return text + (command.input.ends_with('\n') ? "" : "\n") + delimiter + "\n";
}

std::string Line(const Command& command) {
  std::string line = JoinQuoted(command.argv);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string Describe(const Action& action) {
  return std::visit([](const auto& one) { return ToWords(one); }, action);
}

std::string Describe(const Query& query) {
  return std::visit([](const auto& one) { return ToWords(one); }, query);
}

}  // namespace rehearse::cluster
