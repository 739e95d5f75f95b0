// reports/check_text.h: a batch of scenarios as text for a terminal, as Markdown, and as GitHub's
// workflow commands.
//
// Shape:  pure; the same result gives the same text, times of the machine apart (only in the last
//         line of CheckText).
// Source: docs.github.com, "Workflow commands for GitHub Actions" (::error, ::group).
#pragma once

#include <string>

#include "model/result/check.h"
#include "reports/run_text.h"

namespace rehearse::reports {

// One scenario: verdict, and where it is not as expected its story, changes and line to run.
std::string ScenarioText(const result::ScenarioResult& scenario, const Painter& paint);
// The same with the whole story, as replay prints it.
std::string ReplayText(const result::ScenarioResult& scenario, const Painter& paint);
std::string SummaryText(const result::CheckResult& check, const Painter& paint);

std::string CheckMarkdown(const result::CheckResult& check);

// Groups with the texts, one annotation for each scenario that is not as expected.
std::string CheckGithub(const result::CheckResult& check);

}  // namespace rehearse::reports
