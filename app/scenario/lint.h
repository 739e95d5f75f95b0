// app/scenario/lint.h: from the bytes of a file to a scenario and everything that is wrong with it.
//
// Shape:  what can be said of the text alone is said here; whether files, charts and properties
//         that it names exist is asked through Surroundings, so that nothing is read here.
// Errors: none: an unreadable file is a Diagnostic too. The scenario is only good to run where
//         there are no diagnostics.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/scenario/diagnostic.h"
#include "app/scenario/scenario.h"

namespace rehearse::app {

struct Surroundings {
  std::function<bool(const std::string& path)> exists;  // relative to the scenario's folder
  std::function<bool(const std::string& chart)> published;
  std::vector<std::string> properties;
};

struct Linted {
  Scenario scenario;
  std::vector<Diagnostic> diagnostics;
};

Linted LintScenario(std::string_view text,
                    const std::string& file,
                    const Surroundings& surroundings);

}  // namespace rehearse::app
