// app/scenario/checkpoint.h: what a batch has finished, on disk, so that one that was broken off
// goes on where it was.
//
// Shape:      the results of whole scenarios, each under a key: this program, the scenario as it is
//             run, what it starts from, and the options that its result depends on. All stay until
//             nothing is left to do. A search that was stopped is no whole result; of one that is
//             made in parts those that are finished are kept until it is.
// Invariants: the file is whole at any moment (write, sync, rename).
// Errors:     kInvalidArgument: the file is no checkpoint, or cannot be written.
// Not kept:   the states of a search, or of a part of one, that is under way: it begins anew.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/scenario/course.h"
#include "app/scenario/run.h"
#include "model/result/check.h"

namespace rehearse::app {

// It was run, and its search, if it has one, to its end.
bool IsWhole(const result::ScenarioResult& result);

class Checkpoint {
 public:
  // `path` "": nothing is remembered.
  static Result<Checkpoint> Open(const std::string& path);

  // Errors: the start of the scenario.
  Result<std::string> KeyOf(const Scenario& scenario,
                            const std::shared_ptr<const charts::Catalog>& catalog,
                            const ScenarioOptions& options) const;

  [[nodiscard]] std::optional<result::ScenarioResult> Find(const std::string& key) const;
  // Keeps it, if it is whole, with those that were found or kept before.
  Status Keep(const std::string& key, const result::ScenarioResult& result);
  // The parts of the search of the scenario `key`. A part that cannot be written is told by the
  // next Keep.
  sim::KeptParts PartsOf(const std::string& key);
  [[nodiscard]] std::size_t CountParts(const std::string& key) const;
  // Everything is done: nothing is left to go on with.
  Status Close();

  [[nodiscard]] bool on() const { return !path_.empty(); }

 private:
  [[nodiscard]] Status Write() const;

  std::string path_;
  Fingerprint program_ = 0;
  std::map<std::string, result::ScenarioResult> known_;
  std::map<std::string, std::map<int, sim::ExploreReport>> parts_;
  Status written_ = {};
};

}  // namespace rehearse::app
