// app/scenario/batch.h: a batch of scenarios: in which order, which of them, for how long.
//
// Units:  budget_ms of the machine's clock; 0: no limit.
// Shape:  saved failures first, then by name, shuffled by the seed where one is given; a shard
// takes
//         every n-th file of that order, so that shards together are the whole.
// Errors: kInvalidArgument from the files, and for what is no `sometimes` property; nothing is left
//         out of the result silently.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/scenario/run.h"
#include "model/result/check.h"

namespace rehearse::app {

struct BatchOptions {
  std::vector<std::string> paths;
  ScenarioOptions scenario;
  std::int64_t seed = 0;
  int shard = 1;
  int shards = 1;
  Millis budget_ms = 0;
  bool no_expect = false;  // judged by the properties alone
  std::string save;        // folder for found stories; "" none
  std::vector<std::string> must_see =
      {};                  // `sometimes` properties; a search of faults adds its own
  std::string checkpoint;  // file of what is finished; "" none
  std::function<void(const std::string& line)> progress;
  std::function<void(const std::string& line)> tell = {};  // of what was not run once more
};

Result<result::CheckResult> RunBatch(const BatchOptions& options,
                                     const std::shared_ptr<const charts::Catalog>& catalog);

// "30s", "5m", "1h", "250ms"
Result<Millis> ParseDuration(const std::string& text);

}  // namespace rehearse::app
