#include "app/scenario/step_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/cluster/recorded_trace.h"
#include "model/core/version.h"

namespace rehearse::app {
namespace {

struct KindName {
  StepKind kind;
  std::string_view name;
};
constexpr std::array kKinds = {
    KindName{StepKind::kExecutor, "executor"},
    KindName{StepKind::kMigrateSh, "migrate.sh"},
    KindName{StepKind::kRollingUpdateSh, "rollingUpdate.sh"},
    KindName{StepKind::kMilvusUpgrade, "MilvusUpgrade"},
    KindName{StepKind::kHelmUpgrade, "helm upgrade"},
    KindName{StepKind::kHelmRollback, "helm rollback"},
    KindName{StepKind::kScale, "scale"},
    KindName{StepKind::kDelete, "delete"},
    KindName{StepKind::kApply, "apply"},
    KindName{StepKind::kPatch, "patch"},
    KindName{StepKind::kUse, "use"},
    KindName{StepKind::kWait, "wait"},
};

const std::vector<std::string> kOutcomes = {"reached", "stopped", "hung", "refused", "killed"};
const std::vector<std::string> kValuesModes = {"none", "reuse", "reset", "reset-then-reuse"};
constexpr std::int64_t kExitMax = 255;

std::vector<std::string> KindNames() {
  std::vector<std::string> names;
  for (const KindName& row : kKinds) {
    names.emplace_back(row.name);
  }
  return names;
}

void ReadArguments(Form& form, StepSpec& step) {
  const std::string line = form.Text("arguments", true);
  const auto words = cluster::SplitWords(line, "arguments");
  if (!words) {
    form.Report(LintCode::kBadValue, "arguments", words.error().message);
    return;
  }
  step.arguments = *words;
}

void ReadExpect(Form& form, StepSpec& step) {
  const Json* json = form.Get("expect");
  if (json == nullptr) {
    return;
  }
  Form expect(form.document(), *json, form.At("expect"));
  if (const std::int64_t code = expect.Whole("exit", 0, -1); code > kExitMax) {
    expect.Report(LintCode::kBadValue, "exit", "expected an exit code, at most 255");
  } else if (code >= 0) {
    step.expect.exit_code = static_cast<int>(code);
  }
  step.expect.outcome = expect.OneOf("outcome", kOutcomes, false);
  step.expect.says = expect.Texts("says");
  expect.Close();
}

void ReadExecutor(Form& form, StepSpec& step) {
  step.resumes = form.Flag("resumes");
  step.to = form.Text("to", !step.resumes);
}

void ReadMilvusUpgrade(Form& form, StepSpec& step) {
  step.version = form.Text("from");
  step.to = form.Text("to", true);
  step.text = form.OneOf("operation", {"upgrade", "rollback"}, false);
}

void ReadSeconds(Form& form, StepSpec& step) {
  step.duration_ms = Seconds(form.Whole("seconds", 1, 0));
}

void ReadHelm(Form& form, StepSpec& step) {
  if (const std::string chart = form.Text("chart"); !chart.empty()) {
    step.chart = chart;
  }
  step.version = form.Text("version");
  const std::string mode = form.OneOf("values", kValuesModes, false);
  if (!mode.empty()) {
    step.values = *helm::ParseValuesMode(mode);
  }
  step.sets = form.Texts("set");
  step.wait = form.Flag("wait");
  step.atomic = form.Flag("atomic");
  step.duration_ms = Seconds(form.Whole("timeout", 1, 300));
  step.to = form.Text("to");
}

void ReadObjects(Form& form, StepSpec& step) {
  form.Need("objects");
  step.objects = form.Texts("objects");
  for (const std::string& object : step.objects) {
    if (object.find('/') == std::string::npos) {
      form.Report(LintCode::kBadValue, "objects", "'" + object + "', expected Kind/name");
    }
  }
}

void ReadManifest(Form& form, StepSpec& step) {
  step.text = form.Text("manifest", true);
  if (!ParseYaml(step.text, "manifest")) {
    form.Report(LintCode::kBadValue, "manifest", "expected YAML");
  }
}

void ReadPatch(Form& form, StepSpec& step) {
  ReadObjects(form, step);
  step.text = form.Text("patch", true);
  if (!step.text.empty() && !ParseJson(step.text, "patch")) {
    form.Report(LintCode::kBadValue, "patch", "expected JSON");
  }
}

void ReadBody(Form& form, StepSpec& step) {
  switch (step.kind) {
    case StepKind::kExecutor:
      return ReadExecutor(form, step);
    case StepKind::kMigrateSh:
      step.version = form.OneOf("version", {"A", "B", "C"}, false);
      ReadArguments(form, step);
      return;
    case StepKind::kRollingUpdateSh:
      ReadArguments(form, step);
      return;
    case StepKind::kMilvusUpgrade:
      return ReadMilvusUpgrade(form, step);
    case StepKind::kHelmUpgrade:
      return ReadHelm(form, step);
    case StepKind::kHelmRollback:
      step.number = form.Whole("revision", 1, 1);
      return;
    case StepKind::kScale:
      ReadObjects(form, step);
      form.Need("replicas");
      step.number = form.Whole("replicas", 0, 0);
      return ReadSeconds(form, step);
    case StepKind::kDelete:
      ReadObjects(form, step);
      return ReadSeconds(form, step);
    case StepKind::kApply:
      ReadManifest(form, step);
      return ReadSeconds(form, step);
    case StepKind::kPatch:
      ReadPatch(form, step);
      return ReadSeconds(form, step);
    case StepKind::kUse:
      step.text = form.Text("metadata", true);
      return;
    case StepKind::kWait:
      form.Need("seconds");
      step.duration_ms = Seconds(form.Whole("seconds", 1, 1));
      return;
  }
}

void AddExecutor(const StepSpec& step, Json& json) {
  if (!step.to.empty()) {
    json["to"] = step.to;
  }
  if (step.resumes) {
    json["resumes"] = true;
  }
}

void AddMilvusUpgrade(const StepSpec& step, Json& json) {
  json["to"] = step.to;
  if (!step.version.empty()) {
    json["from"] = step.version;
  }
  if (!step.text.empty()) {
    json["operation"] = step.text;
  }
}

void AddHelm(const StepSpec& step, Json& json) {
  json["chart"] = step.chart;
  if (!step.version.empty()) {
    json["version"] = step.version;
  }
  json["values"] = helm::NameOf(step.values);
  if (!step.sets.empty()) {
    json["set"] = step.sets;
  }
  if (step.wait) {
    json["wait"] = true;
  }
  if (step.atomic) {
    json["atomic"] = true;
  }
  json["timeout"] = step.duration_ms / 1000;
  if (!step.to.empty()) {
    json["to"] = step.to;
  }
}

std::string Quoted(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\") == std::string::npos;
    line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return line;
}

void AddBody(const StepSpec& step, Json& json) {
  switch (step.kind) {
    case StepKind::kExecutor:
      AddExecutor(step, json);
      return;
    case StepKind::kMigrateSh:
      json["version"] = step.version.empty() ? "C" : step.version;
      json["arguments"] = Quoted(step.arguments);
      return;
    case StepKind::kRollingUpdateSh:
      json["arguments"] = Quoted(step.arguments);
      return;
    case StepKind::kMilvusUpgrade:
      AddMilvusUpgrade(step, json);
      return;
    case StepKind::kHelmUpgrade:
      AddHelm(step, json);
      return;
    case StepKind::kHelmRollback:
      json["revision"] = step.number;
      return;
    case StepKind::kScale:
      json["objects"] = step.objects;
      json["replicas"] = step.number;
      return;
    case StepKind::kDelete:
      json["objects"] = step.objects;
      return;
    case StepKind::kApply:
      json["manifest"] = step.text;
      return;
    case StepKind::kPatch:
      json["objects"] = step.objects;
      json["patch"] = step.text;
      return;
    case StepKind::kUse:
      json["metadata"] = step.text;
      return;
    case StepKind::kWait:
      json["seconds"] = step.duration_ms / 1000;
      return;
  }
}

}  // namespace

std::string_view NameOf(StepKind kind) {
  const auto* const row = std::ranges::find(kKinds, kind, &KindName::kind);
  return row == kKinds.end() ? "step" : row->name;
}

std::optional<StepKind> StepKindOf(std::string_view name) {
  const auto* const row = std::ranges::find(kKinds, name, &KindName::name);
  return row == kKinds.end() ? std::nullopt : std::optional(row->kind);
}

bool IsProcedure(StepKind kind) {
  return kind == StepKind::kExecutor || kind == StepKind::kMigrateSh ||
         kind == StepKind::kRollingUpdateSh || kind == StepKind::kMilvusUpgrade ||
         kind == StepKind::kHelmUpgrade || kind == StepKind::kHelmRollback;
}

StepSpec ReadStep(Form& form) {
  StepSpec step;
  const std::string run = form.OneOf("run", KindNames(), true);
  if (run.empty()) {
    form.GetAll();  // what belongs here cannot be told
    return step;
  }
  step.kind = *StepKindOf(run);
  ReadBody(form, step);
  if (IsProcedure(step.kind)) {
    step.killed_after = form.Whole("killed_after", 1, 0);
  }
  ReadExpect(form, step);
  return step;
}

Json ToJson(const StepSpec& step) {
  Json json = {{"run", NameOf(step.kind)}};
  AddBody(step, json);
  if (step.killed_after != 0) {
    json["killed_after"] = step.killed_after;
  }
  const bool looks_on = step.kind == StepKind::kScale || step.kind == StepKind::kDelete ||
                        step.kind == StepKind::kApply || step.kind == StepKind::kPatch;
  if (looks_on && step.duration_ms != 0) {
    json["seconds"] = step.duration_ms / 1000;
  }
  Json expect = Json::object();
  if (step.expect.exit_code) {
    expect["exit"] = *step.expect.exit_code;
  }
  if (!step.expect.outcome.empty()) {
    expect["outcome"] = step.expect.outcome;
  }
  if (!step.expect.says.empty()) {
    expect["says"] = step.expect.says;
  }
  if (!expect.empty()) {
    json["expect"] = std::move(expect);
  }
  return json;
}

namespace {

std::string WordsOf(const StepSpec& step) {
  switch (step.kind) {
    case StepKind::kExecutor:
      return step.resumes ? "the executor again, with its journal" : "the executor, to " + step.to;
    case StepKind::kMigrateSh:
      return fmt::format("migrate.sh {} (version {})",
                         Quoted(step.arguments),
                         step.version.empty() ? "C" : step.version);
    case StepKind::kRollingUpdateSh:
      return "rollingUpdate.sh " + Quoted(step.arguments);
    case StepKind::kMilvusUpgrade:
      return fmt::format(
          "MilvusUpgrade to {}{}", step.to, step.text == "rollback" ? ", operation rollback" : "");
    case StepKind::kHelmUpgrade:
      return fmt::format(
          "helm upgrade to {}{}{}{}",
          step.version.empty() ? "the newest chart" : "chart " + step.version,
          helm::FlagOf(step.values).empty() ? "" : " ",
          helm::FlagOf(step.values),
          step.sets.empty() ? "" : " --set " + fmt::format("{}", fmt::join(step.sets, ",")));
    case StepKind::kHelmRollback:
      return "helm rollback to revision " + std::to_string(step.number);
    case StepKind::kScale:
      return fmt::format("a person scales {} to {}", fmt::join(step.objects, ", "), step.number);
    case StepKind::kDelete:
      return fmt::format("a person deletes {}", fmt::join(step.objects, ", "));
    case StepKind::kApply:
      return "a person applies a manifest";
    case StepKind::kPatch:
      return fmt::format("a person patches {}", fmt::join(step.objects, ", "));
    case StepKind::kUse:
      return "clients work with Milvus (" + step.text.substr(step.text.rfind('/') + 1) + ")";
    case StepKind::kWait:
      return fmt::format("{} s pass", step.duration_ms / 1000);
  }
  return "";
}

}  // namespace

std::string Describe(const StepSpec& step) {
  std::string words = WordsOf(step);
  return step.killed_after == 0
             ? words
             : words + fmt::format(", killed for good after step {}", step.killed_after);
}

}  // namespace rehearse::app
