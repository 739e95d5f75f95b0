#include "app/scenario/files.h"

#include <algorithm>
#include <filesystem>

#include "app/files.h"
#include "app/scenario/judge.h"
#include "app/scenario/recorded.h"

namespace rehearse::app {
namespace {

Status Collect(const std::string& path, std::vector<std::string>& files) {
  if (!IsDirectory(path)) {
    files.push_back(path);
    return {};
  }
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(path));
  const std::string folder = path.ends_with("/") ? path : path + "/";
  for (const std::string& name : names) {
    if (IsDirectory(folder + name) || name.ends_with(".yaml")) {
      TRY(Collect(folder + name, files));
    }
  }
  return {};
}

bool IsSaved(const std::string& file) { return file.find("regressions/") != std::string::npos; }

}  // namespace

Result<std::vector<std::string>> FindScenarios(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    const std::size_t before = files.size();
    TRY(Collect(path, files));
    if (files.size() == before) {
      return BadInput(path + ": there is no scenario (*.yaml) in it");
    }
  }
  std::ranges::sort(files);
  const auto repeated = std::ranges::unique(files);
  files.erase(repeated.begin(), repeated.end());
  std::ranges::stable_sort(
      files, [](const std::string& a, const std::string& b) { return IsSaved(a) && !IsSaved(b); });
  return files;
}

std::string FolderOf(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

Result<Linted> LoadScenario(const std::string& file,
                            const std::shared_ptr<const charts::Catalog>& catalog) {
  TRY_ASSIGN(const std::string text, ReadFile(file));
  Surroundings surroundings;
  surroundings.exists = [&](const std::string& path) {
    const std::string whole = path.starts_with("/") ? path : FolderOf(file) + "/" + path;
    return RecordedMetadata(path).has_value() || IsGenerated(path) || IsDirectory(whole) ||
           ReadFile(whole).has_value();
  };
  surroundings.published = [&](const std::string& chart) {
    const charts::ChartInfo* info = catalog->Find(chart);
    return info != nullptr && info->published;
  };
  surroundings.properties = AllProperties();
  return LintScenario(text, file, surroundings);
}

Result<Scenario> GoodScenario(const std::string& file,
                              const std::shared_ptr<const charts::Catalog>& catalog) {
  TRY_ASSIGN(Linted linted, LoadScenario(file, catalog));
  if (linted.diagnostics.empty()) {
    return std::move(linted.scenario);
  }
  std::string message;
  for (const Diagnostic& diagnostic : linted.diagnostics) {
    message += (message.empty() ? "" : "\n") + TextOf(diagnostic);
  }
  return BadInput(std::move(message));
}

Scenario MovedFrom(const std::string& from, const std::string& to, Scenario scenario) {
  const auto move = [&](std::string& path) {
    if (!path.empty() && !path.starts_with("/") && !RecordedMetadata(path) && !IsGenerated(path)) {
      const auto whole = std::filesystem::absolute(std::filesystem::path(from) / path);
      const auto base = std::filesystem::absolute(to);
      path = whole.lexically_normal().lexically_relative(base.lexically_normal()).string();
    }
  };
  move(scenario.start.capture);
  move(scenario.start.metadata);
  for (StepSpec& step : scenario.steps) {
    if (step.kind == StepKind::kUse) {
      move(step.text);
    }
  }
  return scenario;
}

}  // namespace rehearse::app
