#include "upgrade/executor/facts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/core/json.h"

namespace rehearse::upgrade::executor {
namespace {

std::string Hex(Fingerprint value) {
  char text[17] = {};
  const auto end = std::to_chars(std::begin(text), std::end(text) - 1, value, 16);
  return {std::begin(text), end.ptr};
}

Fingerprint FromHex(std::string_view text) {
  Fingerprint value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

Status Replay(const Json& line, Replayed* replayed) {
  if (!line.is_object()) {
    return BadInput("not an object");
  }
  if (const Json* plan = At(line, {"plan"}); plan != nullptr && plan->is_string()) {
    replayed->begun = true;
    replayed->plan = FromHex(plan->get<std::string>());
  }
  Updates updates;
  if (const Json* set = At(line, {"set"}); set != nullptr) {
    for (const auto& [key, value] : set->items()) {
      if (!value.is_string()) {
        return BadInput("the fact " + key + " is not a text");
      }
      updates.emplace_back(key, value.get<std::string>());
    }
  }
  replayed->facts = replayed->facts.With(updates);
  replayed->stage = StringAt(line, {"stage"}, replayed->stage);
  replayed->reached = replayed->stage == kReachedStage;
  if (replayed->reached) {
    replayed->facts = replayed->facts.With({{kFinishedFact, "yes"}});
  }
  return {};
}

}  // namespace

const std::string& Facts::Get(std::string_view key) const {
  static const std::string nothing;
  const auto at = values_.find(key);
  return at == values_.end() ? nothing : at->second;
}

std::int64_t Facts::Int(std::string_view key) const {
  const std::string& text = Get(key);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Facts Facts::With(const Updates& updates) const {
  if (updates.empty()) {
    return *this;
  }
  Facts next = *this;
  for (const auto& [key, value] : updates) {
    if (value.empty()) {
      next.values_.erase(key);
    } else {
      next.values_[key] = value;
    }
  }
  Hasher hash;
  for (const auto& [key, value] : next.values_) {
    hash.Add(key).Add(value);
  }
  next.digest_ = hash.Get();
  return next;
}

Updates Facts::ForgettingHop(std::string_view hop) const {
  constexpr std::array<std::string_view, 7> kTold = {
      "try", "baseline", "backup_file", "backup_keys", "backup_bytes", "migrated", "left_over"};
  const std::string prefix = std::string(hop) + "/";
  Updates updates;
  for (auto at = values_.lower_bound(prefix); at != values_.end(); ++at) {
    if (!at->first.starts_with(prefix)) {
      break;
    }
    const std::string_view name = std::string_view(at->first).substr(prefix.size());
    if (std::find(kTold.begin(), kTold.end(), name) == kTold.end()) {
      updates.emplace_back(at->first, "");
    }
  }
  return updates;
}

std::string PlanLine(Fingerprint plan) { return Dump(Json{{"plan", Hex(plan)}}); }

std::string UpdateLine(const Updates& updates, std::string_view stage) {
  Json line = {{"stage", stage}};
  for (const auto& [key, value] : updates) {
    line["set"][key] = value;
  }
  return Dump(line);
}

Result<Replayed> ReplayJournal(const std::vector<std::string>& lines) {
  Replayed replayed;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = "journal line " + std::to_string(i + 1);
    const auto line = ParseJson(lines[i], where);
    if (!line && i + 1 == lines.size()) {
      break;  // torn while it was written; nothing was done upon it
    }
    if (!line) {
      return tl::unexpected(line.error());
    }
    if (auto status = Replay(*line, &replayed); !status) {
      return BadInput(where + ": " + status.error().message);
    }
  }
  return replayed;
}

}  // namespace rehearse::upgrade::executor
