#include "live/access.h"

#include <algorithm>

#include "live/words.h"
#include "model/core/version.h"

namespace rehearse::live {
namespace {

constexpr Millis kReadLimitMs = Seconds(30);
constexpr std::int64_t kMinorsBehind = 1;
constexpr std::string_view kMark = "rehearse.io/cluster";
constexpr std::string_view kKindProvider = "kind://";

Version LeastHelm() { return {3, 14, 0, ""}; }

// "v3.19.5+g1234" or "v3.19": what distributions and builds by hand say.
Result<Version> LooseVersion(std::string text, const std::string& program) {
  const std::string said = text;
  while (!text.empty() && (text.front() == 'v' || text.front() == '"')) {
    text.erase(0, 1);
  }
  text = text.substr(0, text.find_first_of("+-\" \n"));
  if (std::count(text.begin(), text.end(), '.') == 1) {
    text += ".0";
  }
  const auto version = ParseVersion(text);
  if (!version) {
    return BadInput(program + ": its version cannot be read: " + said);
  }
  return *version;
}

Status TooOld(const std::string& program, const Version& version, const std::string& needed) {
  return BadInput(program + " is " + version.ToString() + "; needed: " + needed);
}

Result<std::string> RunAlone(std::vector<std::string> argv) {
  const std::string program = argv.front();
  const auto result = RunProcess({std::move(argv), "", kReadLimitMs});
  if (!result) {
    return BadInput(result.error().message);
  }
  if (result->exit_code != 0) {
    return BadInput(ErrorOf(*result, program, false).message);
  }
  return result->out;
}

bool IsKind(const Json& nodes) {
  const Json* items = At(nodes, {"items"});
  if (items == nullptr || items->empty()) {
    return false;
  }
  for (const Json& node : *items) {
    if (!StringAt(node, {"spec", "providerID"}).starts_with(kKindProvider)) {
      return false;
    }
  }
  return true;
}

}  // namespace

ProcessSpec SpecOf(const Access& access, const std::vector<std::string>& argv) {
  const bool is_helm = argv.front() == "helm";
  ProcessSpec spec;
  spec.limit_ms = kReadLimitMs;
  spec.argv = {is_helm ? access.helm : access.kubectl,
               is_helm ? "--kube-context" : "--context",
               access.context};
  if (!access.kubeconfig.empty()) {
    spec.argv.insert(spec.argv.end(), {"--kubeconfig", access.kubeconfig});
  }
  spec.argv.insert(spec.argv.end(), argv.begin() + 1, argv.end());
  return spec;
}

Result<std::string> Ask(const Access& access, const std::vector<std::string>& argv) {
  TRY_ASSIGN(ProcessResult result, RunProcess(SpecOf(access, argv)));
  if (result.exit_code != 0) {
    return tl::unexpected(ErrorOf(result, argv.front(), false));
  }
  return std::move(result.out);
}

Result<Json> AskJson(const Access& access, const std::vector<std::string>& argv) {
  TRY_ASSIGN(const std::string text, Ask(access, argv));
  return ParseJson(text, argv.front());
}

Status CheckPrograms(const Access& access) {
  TRY_ASSIGN(const std::string said,
             RunAlone({access.helm, "version", "--template", "{{.Version}}"}));
  TRY_ASSIGN(const Version helm, LooseVersion(said, access.helm));
  if (helm < LeastHelm()) {
    return TooOld(access.helm, helm, LeastHelm().ToString() + " or newer");
  }
  TRY(RunAlone({access.kubectl, "version", "--client", "-o", "json"}));
  TRY_ASSIGN(const Json versions, AskJson(access, {"kubectl", "version", "-o", "json"}));
  TRY_ASSIGN(const Version client,
             LooseVersion(StringAt(versions, {"clientVersion", "gitVersion"}), access.kubectl));
  TRY_ASSIGN(const Version server,
             LooseVersion(StringAt(versions, {"serverVersion", "gitVersion"}), "the API server"));
  if (client.major < server.major || client.minor + kMinorsBehind < server.minor) {
    return TooOld(access.kubectl,
                  client,
                  std::to_string(server.major) + "." +
                      std::to_string(server.minor - kMinorsBehind) + " or newer, for a server of " +
                      server.ToString());
  }
  return {};
}

Status CheckContext(const Access& access, const std::string& i_know_this_is) {
  TRY_ASSIGN(const Json system,
             AskJson(access, {"kubectl", "get", "namespace", "kube-system", "-o", "json"}));
  if (i_know_this_is == access.context ||
      StringAt(system, {"metadata", "labels", kMark}) == "rehearsal") {
    return {};
  }
  const auto nodes = AskJson(access, {"kubectl", "get", "nodes", "-o", "json"});
  if (nodes && IsKind(*nodes)) {
    return {};
  }
  return BadInput(
      "context " + access.context +
      " is neither a kind cluster nor marked as one for rehearsals (label " + std::string(kMark) +
      "=rehearsal on the namespace kube-system); if you mean it, add --i-know-this-is " +
      access.context);
}

}  // namespace rehearse::live
