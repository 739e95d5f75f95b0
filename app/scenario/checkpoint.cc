#include "app/scenario/checkpoint.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/files.h"
#include "app/scenario/files.h"

namespace rehearse::app {
namespace {

constexpr const char* kSchema = "rehearse/checkpoint/v1";

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
  return fmt::format("{:016x}", hash.Get());
}

std::optional<result::ScenarioResult> Checkpoint::Find(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

Status Checkpoint::Keep(const std::string& key, const result::ScenarioResult& result) {
  if (!on() || !IsWhole(result)) {
    return {};
  }
  known_.insert_or_assign(key, result);
  Json keys = Json::array();
  result::CheckResult check;
  for (const auto& [name, each] : known_) {
    keys.push_back(name);
    check.scenarios.push_back(each);
  }
  const Json json = {{"schema", kSchema}, {"keys", keys}, {"check", result::ToJson(check)}};
  return WriteFileAtomically(path_, DumpPretty(json));
}

Status Checkpoint::Close() {
  if (on() && !known_.empty() && std::remove(path_.c_str()) != 0) {
    return BadInput("cannot remove " + path_);
  }
  return {};
}

}  // namespace rehearse::app
