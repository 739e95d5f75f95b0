// upgrade/settings.h: the values that a release must have at a chart, each with its reason.
//
// Shape:  what is needed at a station depends on the station and the survey alone, not on the way
//         there; a hop sets what is needed and is not yet so among the user's values.
// Source: upgrade/rules.h: each setting is there because a rule refuses the step without it.
#pragma once

#include <string>
#include <vector>

#include "model/core/json.h"
#include "model/result/plan.h"
#include "upgrade/candidate.h"
#include "upgrade/rules.h"
#include "upgrade/survey.h"

namespace rehearse::upgrade {

struct SettingsQuestion {
  const Survey& survey;
  const RuleBook& book;  // a rule taken out takes its settings with it
  const Version& chart;
  const Version& app;
};

// Everything that must hold among the user's values; the image comes first.
std::vector<result::ValueSet> SettingsAt(const SettingsQuestion& question);

// Of these, what `config` does not have yet.
std::vector<result::ValueSet> MissingSettings(const std::vector<result::ValueSet>& settings,
                                              const Json& config);

// One argument of --set.
std::string SetArgument(const result::ValueSet& value);

// `config` with the settings made.
Result<Json> WithSettings(Json config, const std::vector<result::ValueSet>& settings);

}  // namespace rehearse::upgrade
