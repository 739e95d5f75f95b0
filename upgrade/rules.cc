#include "upgrade/rules.h"

#include <algorithm>

namespace rehearse::upgrade {
namespace {

std::optional<result::Refused> Ask(const Rule& rule, const RuleInput& input) {
  if (auto message = rule.check(input)) {
    return result::Refused{.alternative = "",
                           .rule = std::string(rule.id),
                           .source = std::string(rule.source),
                           .message = *std::move(message)};
  }
  return std::nullopt;
}

}  // namespace

const Json* Candidate::Value(std::string_view dotted_path) const {
  if (const Json* own = helm::ValueAt(config, dotted_path)) {
    return own;
  }
  const Json* others = base ? base.get() : defaults.get();
  return others != nullptr ? helm::ValueAt(*others, dotted_path) : nullptr;
}

bool Candidate::IsOn(std::string_view dotted_path) const {
  const Json* value = Value(dotted_path);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::string Candidate::Text(std::string_view dotted_path) const {
  const Json* value = Value(dotted_path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string Words(const Station& station) {
  return "chart " + station.chart.ToString() + " with Milvus " + station.app.ToString();
}

std::vector<std::string> ComponentsWithOwnTag(const Json& config) {
  std::vector<std::string> names;
  for (const char* name : {"standalone",
                           "proxy",
                           "rootCoordinator",
                           "queryCoordinator",
                           "dataCoordinator",
                           "indexCoordinator",
                           "mixCoordinator",
                           "queryNode",
                           "dataNode",
                           "indexNode",
                           "streamingNode"}) {
    if (!StringAt(config, {name, "image", "tag"}).empty()) {
      names.emplace_back(name);
    }
  }
  return names;
}

bool RuleBook::Has(std::string_view id) const {
  return std::ranges::find(without, id) == without.end();
}

std::optional<result::Refused> RuleBook::FirstRefusal(std::span<const Rule> rules,
                                                      const RuleInput& input) const {
  for (const Rule& rule : rules) {
    if (!Has(rule.id)) {
      continue;
    }
    if (auto refused = Ask(rule, input)) {
      return refused;
    }
  }
  return std::nullopt;
}

std::vector<result::Refused> RuleBook::AllRefusals(std::span<const Rule> rules,
                                                   const RuleInput& input) const {
  std::vector<result::Refused> refusals;
  for (const Rule& rule : rules) {
    if (!Has(rule.id)) {
      continue;
    }
    if (auto refused = Ask(rule, input)) {
      refusals.push_back(*std::move(refused));
    }
  }
  return refusals;
}

}  // namespace rehearse::upgrade
