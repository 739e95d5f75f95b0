// upgrade/executor/facts.h: what an executor knows for good: the durable part of its state.
//
// Shape:  text by key; keys of a hop are "<hop>/<name>". The journal has one JSON object a line:
//         {"plan": fingerprint} first, then {"set": {key: text}, "stage": id} per update.
// Errors: ReplayJournal: kInvalidArgument naming the line; the last line may be torn.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/core/hash.h"
#include "model/core/result.h"

namespace rehearse::upgrade::executor {

using Updates = std::vector<std::pair<std::string, std::string>>;

class Facts {
 public:
  // "" and 0 where nothing is known.
  [[nodiscard]] const std::string& Get(std::string_view key) const;
  [[nodiscard]] std::int64_t Int(std::string_view key) const;
  // With a text of "" the key is forgotten.
  [[nodiscard]] Facts With(const Updates& updates) const;
  // What makes a hop that is done forgotten, but for what later accounts tell of it.
  [[nodiscard]] Updates ForgettingHop(std::string_view hop) const;
  [[nodiscard]] Fingerprint Digest() const { return digest_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  Fingerprint digest_ = 0;
};

std::string PlanLine(Fingerprint plan);
std::string UpdateLine(const Updates& updates, std::string_view stage);

struct Replayed {
  Facts facts;
  bool begun = false;    // the line of the plan is there
  bool reached = false;  // its last line says that the end was reached
  std::string stage;     // id of the stage to go on with; "" = the first
  Fingerprint plan = 0;
};
inline constexpr std::string_view kReachedStage = "reached";
// Known to a journal that has reached the end once.
inline constexpr const char* kFinishedFact = "finished";

Result<Replayed> ReplayJournal(const std::vector<std::string>& lines);

}  // namespace rehearse::upgrade::executor
