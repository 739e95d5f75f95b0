#include "model/result/check.h"

#include <algorithm>
#include <array>
#include <set>

namespace rehearse::result {
namespace {

constexpr std::array kVerdicts = {
    Verdict::kHolds, Verdict::kViolated, Verdict::kUnknown, Verdict::kRefused};
constexpr const char* kSchema = "rehearse/check/v1";

Json ToJson(const PropertyResult& property) {
  Json json = {
      {"name", property.name}, {"violated", property.violated}, {"expected", property.expected}};
  if (property.violated) {
    json["at_ms"] = property.at_ms;
    json["evidence"] = property.evidence;
  }
  return json;
}

Json ToJson(const FoundStory& story) {
  Json json = {{"property", story.property},
               {"where", story.where},
               {"evidence", story.evidence},
               {"length", story.length},
               {"states_before", story.states_before},
               {"more", story.more},
               {"steps", story.lines},
               {"changes", story.changes},
               {"scenario", story.scenario}};
  if (!story.saved.empty()) {
    json["saved"] = story.saved;
  }
  return json;
}

Json ToJson(const SearchNumbers& search) {
  return {{"complete", search.complete},
          {"length_max", search.length_max},
          {"faults_max", search.faults_max},
          {"covered", search.covered},
          {"stands", search.stands},
          {"placements", search.placements},
          {"merged", search.merged},
          {"states", search.states},
          {"stopped_by", search.stopped_by}};
}

Json ToJson(const ScenarioResult& scenario);

template <typename Item>
Json List(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) {
    list.push_back(ToJson(item));
  }
  return list;
}

Json ToJson(const ScenarioResult& scenario) {
  Json json = {{"file", scenario.file},
               {"name", scenario.name},
               {"about", scenario.about},
               {"page", scenario.page},
               {"rows", scenario.rows},
               {"verdict", NameOf(scenario.verdict)},
               {"ran", scenario.ran},
               {"summary", scenario.summary},
               {"unmet", scenario.unmet},
               {"properties", List(scenario.properties)},
               {"steps", scenario.lines},
               {"changes", scenario.changes},
               {"stories", List(scenario.stories)},
               {"seen", scenario.seen},
               {"replay", scenario.replay},
               {"trace_hash", scenario.trace_hash},
               {"simulated_ms", scenario.simulated_ms}};
  if (scenario.search.searched) {
    json["search"] = ToJson(scenario.search);
  }
  return json;
}

std::vector<std::string> TextsAt(const Json& json, std::string_view key) {
  std::vector<std::string> texts;
  const Json* list = At(json, {key});
  for (const Json& item : list != nullptr && list->is_array() ? *list : Json::array()) {
    texts.push_back(item.is_string() ? item.get<std::string>() : "");
  }
  return texts;
}

bool FlagAt(const Json& json, std::string_view key) {
  const Json* flag = At(json, {key});
  return flag != nullptr && flag->is_boolean() && flag->get<bool>();
}

std::size_t SizeAt(const Json& json, std::string_view key) {
  return static_cast<std::size_t>(std::max<std::int64_t>(0, IntAt(json, {key})));
}

void Read(const Json& json, PropertyResult& property) {
  property.name = StringAt(json, {"name"});
  property.violated = FlagAt(json, "violated");
  property.expected = FlagAt(json, "expected");
  property.at_ms = IntAt(json, {"at_ms"});
  property.evidence = StringAt(json, {"evidence"});
}

void Read(const Json& json, FoundStory& story) {
  story.property = StringAt(json, {"property"});
  story.where = StringAt(json, {"where"});
  story.evidence = StringAt(json, {"evidence"});
  story.length = SizeAt(json, "length");
  story.states_before = IntAt(json, {"states_before"});
  story.more = IntAt(json, {"more"});
  story.lines = TextsAt(json, "steps");
  story.changes = TextsAt(json, "changes");
  story.scenario = StringAt(json, {"scenario"});
  story.saved = StringAt(json, {"saved"});
}

void Read(const Json& json, SearchNumbers& search) {
  search.searched = true;
  search.complete = FlagAt(json, "complete");
  search.length_max = SizeAt(json, "length_max");
  search.faults_max = SizeAt(json, "faults_max");
  search.covered = SizeAt(json, "covered");
  search.stands = IntAt(json, {"stands"});
  search.placements = IntAt(json, {"placements"});
  search.merged = IntAt(json, {"merged"});
  search.states = IntAt(json, {"states"});
  search.stopped_by = StringAt(json, {"stopped_by"});
}

template <typename Item>
void ReadList(const Json& json, std::string_view key, std::vector<Item>& items) {
  const Json* list = At(json, {key});
  for (const Json& item : list != nullptr && list->is_array() ? *list : Json::array()) {
    Read(item, items.emplace_back());
  }
}

Result<ScenarioResult> ScenarioFrom(const Json& json, const std::string& where) {
  ScenarioResult scenario;
  const std::string verdict = StringAt(json, {"verdict"});
  const auto* const known =
      std::ranges::find_if(kVerdicts, [&](Verdict each) { return NameOf(each) == verdict; });
  scenario.file = StringAt(json, {"file"});
  if (known == kVerdicts.end() || scenario.file.empty()) {
    return BadInput(where + ": expected a scenario with file and verdict");
  }
  scenario.verdict = *known;
  scenario.name = StringAt(json, {"name"});
  scenario.about = StringAt(json, {"about"});
  scenario.page = TextsAt(json, "page");
  scenario.rows = TextsAt(json, "rows");
  scenario.ran = FlagAt(json, "ran");
  scenario.summary = StringAt(json, {"summary"});
  scenario.unmet = TextsAt(json, "unmet");
  ReadList(json, "properties", scenario.properties);
  scenario.lines = TextsAt(json, "steps");
  scenario.changes = TextsAt(json, "changes");
  ReadList(json, "stories", scenario.stories);
  if (const Json* search = At(json, {"search"})) {
    Read(*search, scenario.search);
  }
  scenario.seen = TextsAt(json, "seen");
  scenario.replay = StringAt(json, {"replay"});
  scenario.trace_hash = StringAt(json, {"trace_hash"});
  scenario.simulated_ms = IntAt(json, {"simulated_ms"});
  return scenario;
}

}  // namespace

std::vector<std::string> NeverSeen(const CheckResult& check) {
  std::vector<std::string> never;
  for (const std::string& name : check.must_see) {
    const bool seen = std::ranges::any_of(check.scenarios, [&](const ScenarioResult& scenario) {
      return std::ranges::find(scenario.seen, name) != scenario.seen.end();
    });
    if (!seen && check.shards == 1) {
      never.push_back(name);
    }
  }
  return never;
}

Verdict VerdictOf(const CheckResult& check) {
  const auto any = [&](Verdict verdict) {
    return std::ranges::find(check.scenarios, verdict, &ScenarioResult::verdict) !=
           check.scenarios.end();
  };
  return any(Verdict::kViolated)                            ? Verdict::kViolated
         : !check.stopped.empty() || any(Verdict::kUnknown) ? Verdict::kUnknown
         : any(Verdict::kRefused)                           ? Verdict::kRefused
         : !NeverSeen(check).empty()                        ? Verdict::kViolated
                                                            : Verdict::kHolds;
}

std::string CountsOf(const CheckResult& check) {
  const auto count = [&](Verdict verdict) {
    return std::to_string(std::ranges::count(check.scenarios, verdict, &ScenarioResult::verdict));
  };
  return count(Verdict::kHolds) + " hold, " + count(Verdict::kViolated) + " violated, " +
         count(Verdict::kUnknown) + " unknown, " + count(Verdict::kRefused) + " refused";
}

Json ToJson(const CheckResult& check) {
  return {{"schema", kSchema},
          {"verdict", NameOf(VerdictOf(check))},
          {"exit_code", ExitCodeOf(VerdictOf(check))},
          {"options", check.options},
          {"shard", check.shard},
          {"shards", check.shards},
          {"seed", check.seed},
          {"stopped", check.stopped},
          {"must_see", check.must_see},
          {"never_seen", NeverSeen(check)},
          {"scenarios", List(check.scenarios)}};
}

Result<CheckResult> CheckFromJson(const Json& json, const std::string& where) {
  if (StringAt(json, {"schema"}) != kSchema) {
    return BadInput(where + ": schema: expected " + kSchema);
  }
  CheckResult check;
  check.options = StringAt(json, {"options"});
  check.shard = static_cast<int>(IntAt(json, {"shard"}, 1));
  check.shards = static_cast<int>(IntAt(json, {"shards"}, 1));
  check.seed = IntAt(json, {"seed"});
  check.stopped = StringAt(json, {"stopped"});
  check.must_see = TextsAt(json, "must_see");
  const Json* list = At(json, {"scenarios"});
  if (list == nullptr || !list->is_array()) {
    return BadInput(where + ": scenarios: expected a list");
  }
  for (const Json& item : *list) {
    const std::string place = where + ": scenarios/" + std::to_string(check.scenarios.size());
    TRY_ASSIGN(ScenarioResult scenario, ScenarioFrom(item, place));
    check.scenarios.push_back(std::move(scenario));
  }
  return check;
}

Result<CheckResult> Merge(std::vector<CheckResult> parts) {
  if (parts.empty()) {
    return BadInput("nothing to merge");
  }
  CheckResult merged;
  merged.options = parts.front().options;
  merged.seed = parts.front().seed;
  std::set<int> shards;
  for (CheckResult& part : parts) {
    if (part.options != merged.options || part.shards != parts.front().shards) {
      return BadInput("these results are not shards of one check: '" + part.options + "' and '" +
                      merged.options + "'");
    }
    if (!shards.insert(part.shard).second) {
      return BadInput("shard " + std::to_string(part.shard) + " is there twice");
    }
    if (!part.stopped.empty()) {
      merged.stopped += (merged.stopped.empty() ? "" : "; ") +
                        ("shard " + std::to_string(part.shard)) + ": " + part.stopped;
    }
    for (const std::string& name : part.must_see) {
      if (std::ranges::find(merged.must_see, name) == merged.must_see.end()) {
        merged.must_see.push_back(name);
      }
    }
    std::ranges::move(part.scenarios, std::back_inserter(merged.scenarios));
  }
  for (int shard = 1; shard <= parts.front().shards; ++shard) {
    if (!shards.contains(shard)) {
      return BadInput("shard " + std::to_string(shard) + " of " +
                      std::to_string(parts.front().shards) + " is missing");
    }
  }
  std::ranges::sort(merged.scenarios, {}, &ScenarioResult::file);
  return merged;
}

}  // namespace rehearse::result
