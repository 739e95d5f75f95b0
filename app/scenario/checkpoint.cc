#include "app/scenario/checkpoint.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/files.h"
#include "app/scenario/files.h"
#include "app/scenario/part_form.h"

namespace rehearse::app {
namespace {

constexpr const char* kSchema = "rehearse/checkpoint/v1";

// {<key of the scenario>: [{part: N, report: {...}}]}
Result<std::map<std::string, std::map<int, sim::ExploreReport>>> PartsFrom(
    const Json& json, const std::string& place) {
  std::map<std::string, std::map<int, sim::ExploreReport>> parts;
  if (!json.is_object()) {
    return BadInput(place + ": expected a map");
  }
  for (const auto& [key, list] : json.items()) {
    for (const Json& each : list) {
      const Json* number = At(each, {"part"});
      const Json* report = At(each, {"report"});
      if (number == nullptr || !number->is_number_integer()) {
        return BadInput(place + ": " + key + ": expected part: a whole number");
      }
      TRY_ASSIGN(parts[key][number->get<int>()],
                 PartFrom(report != nullptr ? *report : Json(), place + ": " + key));
    }
  }
  return parts;
}

}  // namespace

bool IsWhole(const result::ScenarioResult& result) {
  return result.ran && (!result.search.searched || result.search.complete);
}

Result<Checkpoint> Checkpoint::Open(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.path_ = path;
  if (path.empty()) {
    return checkpoint;
  }
  TRY_ASSIGN(const std::string program, ReadFile("/proc/self/exe"));
  checkpoint.program_ = Hasher().Add(program).Get();
  const auto text = ReadFile(path);
  if (!text) {
    return text.error().code == ErrorCode::kNotFound ? Result<Checkpoint>(std::move(checkpoint))
                                                     : tl::unexpected(text.error());
  }
  TRY_ASSIGN(const Json json, ParseJson(*text, path));
  if (StringAt(json, {"schema"}) != kSchema) {
    return BadInput(path + ": schema: expected " + kSchema);
  }
  const Json* keys = At(json, {"keys"});
  const Json* check = At(json, {"check"});
  TRY_ASSIGN(result::CheckResult results,
             result::CheckFromJson(check != nullptr ? *check : Json(), path + ": check"));
  if (keys == nullptr || !keys->is_array() || keys->size() != results.scenarios.size()) {
    return BadInput(path + ": keys: expected a list, one for each scenario");
  }
  for (std::size_t i = 0; i < keys->size(); ++i) {
    if (!(*keys)[i].is_string()) {
      return BadInput(path + ": keys/" + std::to_string(i) + ": expected a text");
    }
    checkpoint.known_.emplace((*keys)[i].get<std::string>(), std::move(results.scenarios[i]));
  }
  if (const Json* parts = At(json, {"parts"})) {
    TRY_ASSIGN(checkpoint.parts_, PartsFrom(*parts, path + ": parts"));
  }
  return checkpoint;
}

Result<std::string> Checkpoint::KeyOf(const Scenario& scenario,
                                      const std::shared_ptr<const charts::Catalog>& catalog,
                                      const ScenarioOptions& options) const {
  TRY_ASSIGN(const Scenario own, Adapted(scenario, options));
  TRY_ASSIGN(const Course course, MakeCourse(scenario.start, FolderOf(scenario.file), catalog));
  Hasher hash;
  hash.Add(program_).Add(scenario.file).Add(ScenarioText(own)).Add(DigestOf(course.start));
  hash.Add(options.twice).Add(options.save_to).Add(options.budget.memory_max);
  hash.Add(options.parts);
  return fmt::format("{:016x}", hash.Get());
}

std::optional<result::ScenarioResult> Checkpoint::Find(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

Status Checkpoint::Keep(const std::string& key, const result::ScenarioResult& result) {
  if (on() && IsWhole(result)) {
    known_.insert_or_assign(key, result);
    parts_.erase(key);
    written_ = Write();
  }
  return written_;
}

sim::KeptParts Checkpoint::PartsOf(const std::string& key) {
  return {[this, key](int part) {
            const auto known = parts_.find(key);
            const bool kept = known != parts_.end() && known->second.contains(part);
            return kept ? std::optional(known->second.at(part)) : std::nullopt;
          },
          [this, key](int part, const sim::ExploreReport& report) {
            parts_[key].insert_or_assign(part, report);
            if (const Status written = Write(); !written) {
              written_ = written;
            }
          }};
}

std::size_t Checkpoint::CountParts(const std::string& key) const {
  const auto known = parts_.find(key);
  return known == parts_.end() ? 0 : known->second.size();
}

Status Checkpoint::Write() const {
  Json keys = Json::array();
  result::CheckResult check;
  for (const auto& [name, each] : known_) {
    keys.push_back(name);
    check.scenarios.push_back(each);
  }
  Json parts = Json::object();
  for (const auto& [key, reports] : parts_) {
    for (const auto& [part, report] : reports) {
      parts[key].push_back({{"part", part}, {"report", PartToJson(report)}});
    }
  }
  const Json json = {
      {"schema", kSchema}, {"keys", keys}, {"check", result::ToJson(check)}, {"parts", parts}};
  return WriteFileAtomically(path_, DumpPretty(json));
}

Status Checkpoint::Close() {
  if (on() && !known_.empty() && std::remove(path_.c_str()) != 0) {
    return BadInput("cannot remove " + path_);
  }
  return {};
}

}  // namespace rehearse::app
