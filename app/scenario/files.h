// app/scenario/files.h: scenario files as the commands find and read them.
//
// Errors: kInvalidArgument for a path that is neither, or a folder without scenarios.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/scenario/lint.h"
#include "model/charts/catalog.h"

namespace rehearse::app {

// Every *.yaml at or below the paths, each once; saved failures (folders named regressions) first,
// then by name.
Result<std::vector<std::string>> FindScenarios(const std::vector<std::string>& paths);

// The folder that a scenario's own paths start from: "." for a file without one.
std::string FolderOf(const std::string& file);

Result<Linted> LoadScenario(const std::string& file,
                            const std::shared_ptr<const charts::Catalog>& catalog);

// The scenario, or one error that lists what is wrong with it.
Result<Scenario> GoodScenario(const std::string& file,
                              const std::shared_ptr<const charts::Catalog>& catalog);

// The scenario with its paths, relative to folder `from`, made relative to folder `to`.
Scenario MovedFrom(const std::string& from, const std::string& to, Scenario scenario);

}  // namespace rehearse::app
