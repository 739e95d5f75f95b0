#include "app/scenario/batch.h"

#include <algorithm>
#include <chrono>

#include "app/files.h"
#include "app/scenario/checkpoint.h"
#include "app/scenario/files.h"
#include "app/scenario/seen.h"

namespace rehearse::app {
namespace {

class Stopwatch {
 public:
  [[nodiscard]] Millis Elapsed() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::vector<std::string> OrderOf(std::vector<std::string> files, const BatchOptions& options) {
  if (options.seed != 0) {
    const auto saved = std::ranges::stable_partition(files, [](const std::string& file) {
      return file.find("regressions/") != std::string::npos;
    });
    std::sort(saved.begin(), saved.end(), [&](const std::string& a, const std::string& b) {
      const auto key = [&](const std::string& file) {
        return Hasher().Add(options.seed).Add(file).Get();
      };
      return key(a) < key(b);
    });
  }
  std::vector<std::string> mine;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (static_cast<int>(i % static_cast<std::size_t>(options.shards)) + 1 == options.shard) {
      mine.push_back(files[i]);
    }
  }
  return mine;
}

std::string OptionsText(const BatchOptions& options) {
  std::string text;
  const auto add = [&](const std::string& flag) { text += (text.empty() ? "" : " ") + flag; };
  if (options.scenario.faults != 0) {
    add("--faults " + std::to_string(options.scenario.faults));
  }
  if (options.scenario.parts > 1) {
    add("--parts " + std::to_string(options.scenario.parts));
  }
  if (options.scenario.classes) {
    add("--classes " + ClassesText(*options.scenario.classes));
  }
  if (!options.scenario.procedure.empty()) {
    add("--procedure " + options.scenario.procedure);
  }
  if (options.no_expect) {
    add("--no-expect");
  }
  if (options.seed != 0) {
    add("--seed " + std::to_string(options.seed));
  }
  return text;
}

std::string ReplayLine(const Scenario& scenario, const BatchOptions& options) {
  const std::string flags = OptionsText(options);
  if (flags.empty() && !scenario.search) {
    return "rehearse replay " + scenario.file;
  }
  return "rehearse check " + scenario.file + (flags.empty() ? "" : " " + flags);
}

Status Save(const BatchOptions& options, result::ScenarioResult& result) {
  if (options.save.empty()) {
    return {};
  }
  for (result::FoundStory& story : result.stories) {
    std::string name = result.name + "-" + story.property;
    for (char& c : name) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      c = plain || c == '.' ? c : '-';
    }
    story.saved = options.save + "/" + name + ".yaml";
    TRY(WriteFileAtomically(story.saved, story.scenario));
  }
  return {};
}

result::ScenarioResult NotRun(const Scenario& scenario, const BatchOptions& options) {
  result::ScenarioResult result;
  result.file = scenario.file;
  result.name = scenario.name;
  result.verdict = result::Verdict::kUnknown;
  result.summary = "not run: the budget was spent";
  result.replay = ReplayLine(scenario, options);
  return result;
}

void TellParts(const Scenario& scenario, std::size_t kept, const BatchOptions& options) {
  if (kept > 0 && options.tell) {
    options.tell(scenario.file + ": " + std::to_string(kept) + " of " +
                 std::to_string(options.scenario.parts + 1) +
                 " searches were finished before (single faults, and each part)");
  }
}

// A search of faults in which none ever fell has searched nothing.
Result<std::vector<std::string>> MustSee(const BatchOptions& options,
                                         const std::vector<Scenario>& scenarios) {
  std::vector<std::string> names = options.must_see;
  for (const std::string& name : names) {
    if (std::ranges::find(SometimesProperties(), name) == SometimesProperties().end()) {
      return BadInput("--sometimes: '" + name +
                      "' is no such property (rehearse properties lists them)");
    }
  }
  const bool faults = std::ranges::any_of(scenarios, [](const Scenario& scenario) {
    return scenario.search && scenario.search->faults_max > 0;
  });
  if (faults && std::ranges::find(names, kFaultTookEffect) == names.end()) {
    names.emplace_back(kFaultTookEffect);
  }
  return names;
}

}  // namespace

Result<Millis> ParseDuration(const std::string& text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    ++digits;
  }
  const std::string unit = text.substr(digits);
  const Millis scale = unit == "ms"  ? 1
                       : unit == "s" ? 1000
                       : unit == "m" ? 60'000
                       : unit == "h" ? 3'600'000
                                     : 0;
  if (digits == 0 || digits > 9 || scale == 0) {
    return BadInput("'" + text + "' is no time (expected 500ms, 30s, 5m or 1h)");
  }
  return std::stoll(text.substr(0, digits)) * scale;
}

Result<result::CheckResult> RunBatch(const BatchOptions& options,
                                     const std::shared_ptr<const charts::Catalog>& catalog) {
  TRY_ASSIGN(const std::vector<std::string> found, FindScenarios(options.paths));
  std::vector<Scenario> scenarios;
  for (const std::string& file : OrderOf(found, options)) {  // all are read before the first is run
    TRY_ASSIGN(Scenario scenario, GoodScenario(file, catalog));
    if (options.no_expect) {
      scenario.expect.reset();
      std::ranges::for_each(scenario.steps, [](StepSpec& step) { step.expect = {}; });
    }
    TRY(Adapted(scenario, options.scenario));
    scenarios.push_back(std::move(scenario));
  }
  result::CheckResult check;
  TRY_ASSIGN(check.must_see, MustSee(options, scenarios));
  check.options = OptionsText(options);
  check.shard = options.shard;
  check.shards = options.shards;
  check.seed = options.seed;
  const Stopwatch whole;
  const auto spent = [&] { return options.budget_ms != 0 && whole.Elapsed() >= options.budget_ms; };
  TRY_ASSIGN(Checkpoint checkpoint, Checkpoint::Open(options.checkpoint));
  std::size_t remembered = 0;
  for (const Scenario& scenario : scenarios) {
    ScenarioOptions own = options.scenario;
    own.save_to = options.save;
    std::string key;
    std::optional<result::ScenarioResult> known;
    if (checkpoint.on()) {
      TRY_ASSIGN(key, checkpoint.KeyOf(scenario, catalog, own));
      known = checkpoint.Find(key);
      own.kept = checkpoint.PartsOf(key);
    }
    if (!known && spent()) {
      check.scenarios.push_back(NotRun(scenario, options));
      check.stopped = "the budget was spent";
      continue;
    }
    const Stopwatch watch;
    own.budget.elapsed_ms = [&watch] { return watch.Elapsed(); };
    own.budget.time_ms =
        options.budget_ms == 0 ? 0 : std::max<Millis>(1, options.budget_ms - whole.Elapsed());
    if (options.progress) {
      options.progress(scenario.file);
      own.progress = [&](const std::string& line) {
        options.progress(scenario.file + ": " + line);
      };
    }
    remembered += known ? 1U : 0U;
    if (!known) {
      TellParts(scenario, checkpoint.CountParts(key), options);
      TRY_ASSIGN(known, RunScenario(scenario, catalog, own));
      known->wall_ms = watch.Elapsed();
      known->replay = ReplayLine(scenario, options);
      TRY(checkpoint.Keep(key, *known));
    }
    TRY(Save(options, *known));
    check.scenarios.push_back(*std::move(known));
  }
  if (remembered > 0 && options.tell) {
    options.tell(std::to_string(remembered) + " of " + std::to_string(scenarios.size()) +
                 " scenarios were finished before: their results are those of " +
                 options.checkpoint);
  }
  if (std::ranges::all_of(check.scenarios, IsWhole)) {
    TRY(checkpoint.Close());
  }
  check.wall_ms = whole.Elapsed();
  return check;
}

}  // namespace rehearse::app
