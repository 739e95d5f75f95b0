#include "upgrade/procedures/rolling_update_sh.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "model/core/law.h"
#include "upgrade/procedures/script.h"

namespace rehearse::upgrade {
namespace {

using cluster::GetText;
using kube::Ref;

// Law::kRolloutLookInterval
constexpr Millis kRolloutLook = Seconds(1);

// As it stands in the JSON text: line ends are the two characters \n. Law::kRollingUpdateShStandby
constexpr std::string_view kStandbySettings =
    R"(rootCoord:\n  enableActiveStandby: true\nqueryCoord:\n  enableActiveStandby: true\n)"
    R"(dataCoord:\n  enableActiveStandby: true\nindexCoord:\n  enableActiveStandby: true)";

// The command whose answer comes next, or the pause that ends.
enum class At {
  kBegin,
  kDeployments,
  kMessageQueue,
  kStandbyCheck,
  kConfigToChange,
  kApplyConfig,
  kCheck,
  kCheckPause,
  kBlockedPods,
  kNow,
  kPatch,
  kUpdated,
  kUpdatedPause,
  kErrorLook,
  kErrorPause,
};

struct RollingUpdateShVars {
  At at = At::kBegin;
  std::vector<std::string> deployments;
  std::vector<std::string> order;  // empty until the update begins
  std::size_t index = 0;           // of the loop under way
  bool is_last_check = false;
  bool has_looked = false;  // the rollout under way was seen once
  bool shows_output = false;

  void AddTo(Hasher& hash) const {
    hash.Add(at).Add(index).Add(is_last_check).Add(has_looked).Add(shows_output);
    for (const std::vector<std::string>* list : {&deployments, &order}) {
      hash.Add(list->size());
      for (const std::string& word : *list) {
        hash.Add(word);
      }
    }
  }
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// grep -i successful
bool SaysSuccessful(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return Contains(text, "successful");
}

std::string ThirdField(const std::string& text) {
  const std::size_t first = text.find(',');
  const std::size_t second = first == std::string::npos ? first : text.find(',', first + 1);
  if (second == std::string::npos) {
    return "";
  }
  return text.substr(second + 1, text.find(',', second + 1) - second - 1);
}

class RollingUpdateSh {
 public:
  using Vars = RollingUpdateShVars;

  explicit RollingUpdateSh(RollingUpdateShOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string_view Name() const { return "rollingUpdate.sh"; }

  void Go(Vars& vars, const Answer& answer, Deeds& deeds) const {
    if (vars.shows_output) {
      deeds.Show(answer);
    } else {
      deeds.ShowErrors(answer);
    }
    Here here{vars, answer, deeds};
    const Row& row = kRows.at(static_cast<std::size_t>(vars.at));
    CHECK(row.at == vars.at);
    (this->*row.handler)(here);
  }

 private:
  struct Here {
    Vars& vars;
    const Answer& answer;
    Deeds& deeds;

    void Say(std::string line) const { deeds.Say(std::move(line)); }
    void Read(At at, cluster::Query query) const {
      vars.at = at;
      vars.shows_output = false;
      deeds.Read(std::move(query));
    }
    void Start(At at, cluster::Action action) const {
      vars.at = at;
      vars.shows_output = true;
      deeds.Start(std::move(action));
    }
    void Sleep(At at) const {
      vars.at = at;
      vars.shows_output = false;
      deeds.Sleep(kRolloutLook);
    }
    void Stop(std::string line, int code) const {
      deeds.Say(std::move(line));
      deeds.Exit(code);
    }
  };
  struct Row {
    At at;
    void (RollingUpdateSh::*handler)(const Here&) const;
  };
  static const std::array<Row, static_cast<std::size_t>(At::kErrorPause) + 1> kRows;

  [[nodiscard]] GetText Config(std::string output) const {
    return {"configmaps", {options_.instance + "-milvus"}, options_.ns, "", std::move(output)};
  }

  // ---- checks

  void Begin(const Here& here) const {
    if (options_.by_dash) {  // Law::kRollingUpdateShDash
      here.Stop("rollingUpdate.sh: Syntax error: \"(\" unexpected", 2);
      return;
    }
    for (std::size_t i = 0; i < options_.unknown_flags; ++i) {
      here.Say("Unknown parameters");
    }
    const bool is_update = options_.operation == "update";
    if (!options_.has_arguments) {
      SayUsage(here);
    } else if (options_.instance.empty()) {
      here.Stop("option [-i instance] required", 1);
    } else if (options_.operation.empty()) {
      here.Stop("option [-o update] required ", 1);
    } else if (is_update && (options_.target_version.empty() || options_.image.empty())) {
      here.Stop("option [-t target_version] & [-w image_tag] are required when update", 1);
    } else if (!is_update) {
      SayUsage(here);
    } else {
      here.Read(At::kDeployments,
                GetText{"deploy",
                        {},
                        options_.ns,
                        "app.kubernetes.io/instance=" + options_.instance +
                            ",app.kubernetes.io/name=milvus",
                        "jsonpath={.items..metadata.name}"});
    }
  }

  static void SayUsage(const Here& here) {
    here.Stop("Usage: rollingUpdate.sh -n NAMESPACE -i INSTANCE -t VERSION -w IMAGE -o update", 1);
  }

  void OnDeployments(const Here& here) const {
    here.vars.deployments = SplitFields(Substitution(here.answer));
    if (here.vars.deployments.empty()) {
      here.Stop("There is no instance [" + options_.instance + "] ", 1);
    } else {
      here.Read(At::kMessageQueue, Config("jsonpath={.data}"));
    }
  }

  // ---- standby in the ConfigMap

  void OnMessageQueue(const Here& here) const {
    if (LastMessageQueue(here.answer.out) == "rocksmq") {
      here.Stop("standalone Milvus with mq:rocksmq don't support rolling update now", 1);
    } else {
      here.Read(At::kStandbyCheck, Config("json"));
    }
  }

  void OnStandbyCheck(const Here& here) const {
    if (HasStandbySettings(here.answer.out)) {
      BeginCheck(here);
    } else {
      here.Read(At::kConfigToChange, Config("json"));
    }
  }

  void OnConfigToChange(const Here& here) const {
    here.Start(At::kApplyConfig, cluster::Apply{options_.ns, AddStandbySettings(here.answer.out)});
  }

  void OnApplyConfig(const Here& here) const {
    if (here.answer.exit_code != 0) {
      here.deeds.Exit(here.answer.exit_code);
    } else {
      BeginCheck(here);
    }
  }

  // ---- rollout status

  void Look(const Here& here, At at, const std::string& name, bool watch) const {
    here.Read(at, cluster::RolloutStatus{{"Deployment", options_.ns, name}, watch});
  }

  // Whether the status that was asked for with a watch has come to an end; looks again if not.
  static bool IsOver(const Here& here, At pause) {
    const bool goes_on = here.answer.exit_code == 0
                             ? !SaysSuccessful(here.answer.out)
                             : here.answer.unreachable && here.vars.has_looked;
    here.vars.has_looked = goes_on;
    if (goes_on) {
      here.Sleep(pause);
    }
    return !goes_on;
  }

  static bool IsSuccess(const Here& here) {
    return here.answer.exit_code == 0 && SaysSuccessful(here.answer.out);
  }

  void BeginCheck(const Here& here) const {
    here.vars.index = 0;
    CheckNext(here);
  }

  void CheckNext(const Here& here) const {
    Vars& vars = here.vars;
    if (vars.index < vars.deployments.size()) {
      Look(here, At::kCheck, vars.deployments[vars.index], vars.is_last_check);
      return;
    }
    here.Say("check:");
    here.Say("    success: all deployments are successful, there are no deployments blocked");
    if (vars.is_last_check) {
      here.deeds.Exit(0);
    } else {
      here.Say("update:");
      vars.order = RollingOrder(vars.deployments);
      vars.index = 0;
      UpdateNext(here);
    }
  }

  void OnCheck(const Here& here) const {
    Vars& vars = here.vars;
    if (vars.is_last_check && !IsOver(here, At::kCheckPause)) {
      return;
    }
    if (IsSuccess(here)) {
      ++vars.index;
      CheckNext(here);
      return;
    }
    const std::string& name = vars.deployments[vars.index];
    here.Say("deployment [" + name + "] was blocked,[" + name + "] pods status:");
    here.Read(At::kBlockedPods, GetText{"pod", {}, options_.ns, "", ""});
  }

  void OnBlockedPods(const Here& here) const {
    for (const std::string& line : SplitLines(here.answer.out)) {
      if (Contains(line, here.vars.deployments[here.vars.index])) {
        here.Say(line);
      }
    }
    here.Stop("maybe it's being deployed or something wrong,need to be fixed first", 1);
  }

  // ---- update

  [[nodiscard]] static const std::string& Current(const Here& here) {
    return here.vars.order[here.vars.index];
  }

  void UpdateNext(const Here& here) const {
    if (here.vars.index < here.vars.order.size()) {
      here.Read(At::kNow,
                GetText{"deployments.apps",
                        {Current(here)},
                        options_.ns,
                        "",
                        "jsonpath={.spec.strategy.type},{.spec.template.spec.containers..image},"
                        "{.spec.template.spec.containers[0].name}"});
    } else {
      here.vars.is_last_check = true;
      BeginCheck(here);
    }
  }

  void OnNow(const Here& here) const {
    const std::string& name = Current(here);
    here.Say("    update " + name + " ");
    here.Start(At::kPatch,
               cluster::Patch{{"Deployment", options_.ns, name},
                              PatchOf(name, ThirdField(Substitution(here.answer)))});
  }

  // "coord" anywhere in the name, also in the release's part of it.
  [[nodiscard]] std::string PatchOf(const std::string& name, const std::string& container) const {
    return R"({"metadata":{"labels":{"app.kubernetes.io/version":")" + options_.target_version +
           R"("}},"spec":{)" + (Contains(name, "coord") ? R"("minReadySeconds":30,)" : "") +
           R"("strategy":{"type":"RollingUpdate"},"template":{"spec":{"containers":[{"image":")" +
           options_.image + R"(","name":")" + container + R"("}]}}}})";
  }

  void LookAtUpdate(const Here& here) const { Look(here, At::kUpdated, Current(here), true); }

  void OnUpdated(const Here& here) const {
    if (!IsOver(here, At::kUpdatedPause)) {
      return;
    }
    if (IsSuccess(here)) {
      ++here.vars.index;
      UpdateNext(here);
    } else {
      LookAtError(here);
    }
  }

  // The error message is made by watching once more.
  void LookAtError(const Here& here) const { Look(here, At::kErrorLook, Current(here), true); }

  void OnErrorLook(const Here& here) const {
    if (IsOver(here, At::kErrorPause)) {
      here.Stop("error:  ", 1);
    }
  }

  RollingUpdateShOptions options_;
};

// What follows each answer. Law::kRollingUpdateShCalls
const std::array<RollingUpdateSh::Row, static_cast<std::size_t>(At::kErrorPause) + 1>
    RollingUpdateSh::kRows = {{
        {At::kBegin, &RollingUpdateSh::Begin},
        {At::kDeployments, &RollingUpdateSh::OnDeployments},
        {At::kMessageQueue, &RollingUpdateSh::OnMessageQueue},
        {At::kStandbyCheck, &RollingUpdateSh::OnStandbyCheck},
        {At::kConfigToChange, &RollingUpdateSh::OnConfigToChange},
        {At::kApplyConfig, &RollingUpdateSh::OnApplyConfig},
        {At::kCheck, &RollingUpdateSh::OnCheck},
        {At::kCheckPause, &RollingUpdateSh::CheckNext},
        {At::kBlockedPods, &RollingUpdateSh::OnBlockedPods},
        {At::kNow, &RollingUpdateSh::OnNow},
        {At::kPatch, &RollingUpdateSh::LookAtUpdate},
        {At::kUpdated, &RollingUpdateSh::OnUpdated},
        {At::kUpdatedPause, &RollingUpdateSh::LookAtUpdate},
        {At::kErrorLook, &RollingUpdateSh::OnErrorLook},
        {At::kErrorPause, &RollingUpdateSh::LookAtError},
    }};

bool IsWordLetter(char letter) {
  return letter == '_' || std::isalnum(static_cast<unsigned char>(letter)) != 0;
}

// `"user.yaml`, where grep's and sed's dot is any character.
std::size_t FindUserYaml(std::string_view line) {
  constexpr std::string_view kStart = "\"user";
  constexpr std::string_view kEnd = "yaml";
  for (std::size_t at = line.find(kStart); at != std::string_view::npos;
       at = line.find(kStart, at + 1)) {
    const std::string_view rest = line.substr(at + kStart.size());
    if (rest.size() > kEnd.size() && rest.substr(1).starts_with(kEnd)) {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string LastMessageQueue(const std::string& text) {
  constexpr std::string_view kKey = "messageQueue: ";
  const std::size_t at = text.rfind(kKey);
  if (at == std::string::npos) {
    return "";
  }
  const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at + kKey.size());
  return {begin, std::find_if_not(begin, text.end(), IsWordLetter)};
}

bool HasStandbySettings(const std::string& json_text) {
  return std::ranges::any_of(SplitLines(json_text), [](const std::string& line) {
    const std::size_t first = line.find_first_not_of(' ');
    return first != std::string::npos &&
           std::string_view(line).substr(first).starts_with("\"user.yaml\":") &&
           Contains(line, kStandbySettings);
  });
}

std::string AddStandbySettings(const std::string& json_text) {
  std::string text;
  for (std::string& line : SplitLines(json_text)) {
    const std::size_t at = FindUserYaml(line);
    if (at != std::string::npos && line.ends_with('"')) {
      line.insert(line.size() - 1, "\\n" + std::string(kStandbySettings));
    }
    text += line + "\n";
  }
  return text;
}

std::vector<std::string> RollingOrder(const std::vector<std::string>& deployments) {
  constexpr std::array kComponents = {"rootcoord",
                                      "datacoord",
                                      "indexcoord",
                                      "querycoord",
                                      "indexnode",
                                      "datanode",
                                      "querynode",
                                      "proxy",
                                      "standalone"};
  std::vector<std::string> order;
  for (const std::string_view component : kComponents) {
    std::ranges::copy_if(deployments, std::back_inserter(order), [&](const std::string& name) {
      return name.ends_with(component);
    });
  }
  return order;
}

RollingUpdateShOptions ParseRollingUpdateSh(const std::vector<std::string>& arguments) {
  RollingUpdateShOptions options;
  options.has_arguments = !arguments.empty() && !arguments.front().empty();
  const std::map<char, std::string*> texts = {{'n', &options.ns},
                                              {'i', &options.instance},
                                              {'t', &options.target_version},
                                              {'w', &options.image},
                                              {'o', &options.operation}};
  for (Option& option : Getopts("n:i:t:w:o:", arguments)) {
    if (const auto text = texts.find(option.letter); text != texts.end()) {
      *text->second = std::move(option.argument);
    } else {
      ++options.unknown_flags;
    }
  }
  return options;
}

std::unique_ptr<cluster::Driver> NewRollingUpdateSh(RollingUpdateShOptions options) {
  return std::make_unique<ScriptDriver<RollingUpdateSh>>(RollingUpdateSh(std::move(options)));
}

}  // namespace rehearse::upgrade
