// upgrade/rules.h: what must not be done, each with its id, its source and its words.
//
// Shape:      a rule looks at a survey and a candidate and says why not, or nothing. Situation
// rules
//             hold for every step from here; step rules for the one they are shown.
// Errors:     none; a rule that lacks a fact says nothing and the cost says "unmeasured".
// Invariants: ids are unique; every rule has a source; rules are written from documents and
//             measurements, apart from the laws of the model: where both disagree, that is a
//             finding.
// Source:     each row names its own.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "upgrade/candidate.h"

namespace rehearse::upgrade {

struct RuleInput {
  const Survey& survey;
  const charts::Catalog& catalog;
  const std::vector<ToolOutcome>& tools;
  const Candidate& candidate;
};

enum class RuleKind { kSituation, kStep };

struct Rule {
  std::string_view id;
  RuleKind kind;
  std::string_view source;
  std::optional<std::string> (*check)(const RuleInput& input);
};

std::span<const Rule> SituationRules();
std::span<const Rule> StepRules();

// Which rules are to be asked: all but those named.
struct RuleBook {
  std::vector<std::string> without;

  [[nodiscard]] bool Has(std::string_view id) const;
  // The first rule that refuses, in the order of the table.
  [[nodiscard]] std::optional<result::Refused> FirstRefusal(std::span<const Rule> rules,
                                                            const RuleInput& input) const;
  [[nodiscard]] std::vector<result::Refused> AllRefusals(std::span<const Rule> rules,
                                                         const RuleInput& input) const;
};

}  // namespace rehearse::upgrade
