// tests/upgrade/procedures/canned_cluster.h: a world that answers from a list, and a loop that runs
// a driver against it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "model/cluster/command_line.h"
#include "model/cluster/port.h"
#include "model/cluster/recorded_trace.h"

namespace rehearse::upgrade {

// Answers a command by the first rule whose text is in its line (and input); each rule gives its
// answers in order and repeats the last. A read without a rule is NotFound, an action succeeds.
class CannedCluster final : public cluster::Cluster {
 public:
  using Results = std::vector<Result<cluster::CommandResult>>;

  CannedCluster& On(std::string text, Results results) {
    rules_.push_back({std::move(text), std::move(results), 0});
    return *this;
  }
  // The output of a successful command.
  CannedCluster& On(std::string text, std::string out) {
    return On(std::move(text), Results{cluster::CommandResult{0, std::move(out), ""}});
  }
  // The rules of `other` after these.
  CannedCluster& Else(const CannedCluster& other) {
    rules_.insert(rules_.end(), other.rules_.begin(), other.rules_.end());
    return *this;
  }

  Result<cluster::Observation> Read(const cluster::Query& query) override {
    const Result<cluster::CommandResult> result =
        Answer(cluster::CommandOf(query),
               cluster::CommandResult{1, "", "Error from server (NotFound): not found\n"});
    if (!result) {
      return tl::unexpected(result.error());
    }
    cluster::Observation seen;
    seen.text = *result;
    return seen;
  }
  Result<cluster::OperationId> Start(const cluster::Action& action) override {
    running_ = Answer(cluster::CommandOf(action), cluster::CommandResult());
    return ++last_operation_;
  }
  Result<cluster::Event> Wait(Instant deadline) override {
    if (running_) {
      now_ = now_ + kOperationMs;
      const cluster::OperationDone done{last_operation_, *std::exchange(running_, std::nullopt)};
      return cluster::Event(done);
    }
    EXPECT_NE(deadline, kNever) << "a wait that nothing can end";
    now_ = deadline;
    return cluster::Event(cluster::DeadlineReached());
  }
  [[nodiscard]] Instant Now() const override { return now_; }
  void SetNow(Instant now) { now_ = now; }
  void Drop() { running_.reset(); }  // nobody hears of what is under way

  static constexpr Millis kOperationMs = 100;

 private:
  struct Rule {
    std::string text;
    Results results;
    std::size_t used;
  };
  Result<cluster::CommandResult> Answer(const cluster::Command& command,
                                        const cluster::CommandResult& otherwise) {
    const std::string text = cluster::Line(command) + "\n" + command.input;
    for (Rule& rule : rules_) {
      if (text.find(rule.text) != std::string::npos) {
        return rule.results[std::min(rule.used++, rule.results.size() - 1)];
      }
    }
    return otherwise;
  }

  std::vector<Rule> rules_;
  std::optional<Result<cluster::CommandResult>> running_;
  cluster::OperationId last_operation_ = 0;
  Instant now_;
};

struct ScriptRun {
  std::vector<cluster::Call> calls;
  std::vector<std::string> lines;  // what the script printed
  std::optional<cluster::Outcome> outcome;
  std::vector<Fingerprint> digests;
  std::size_t journal_lines = 0;

  // How often a call's text has `part`.
  [[nodiscard]] std::size_t Count(std::string_view part) const {
    return static_cast<std::size_t>(std::ranges::count_if(calls, [&](const cluster::Call& call) {
      return cluster::TextOf(call).find(part) != std::string::npos;
    }));
  }
  [[nodiscard]] int exit_code() const { return outcome ? outcome->exit_code : -1; }
  [[nodiscard]] std::string last_line() const { return lines.empty() ? "" : lines.back(); }
  [[nodiscard]] std::string Transcript() const {
    std::string text;
    for (const std::string& line : lines) {
      text += line + "\n";
    }
    return text;
  }
};

inline cluster::Input Make(cluster::Cluster& cluster, const cluster::Step& step, ScriptRun& run) {
  if (const auto* read = std::get_if<cluster::ReadStep>(&step)) {
    return cluster.Read(read->query);
  }
  if (const auto* start = std::get_if<cluster::StartStep>(&step)) {
    return cluster.Start(start->action);
  }
  if (const auto* wait = std::get_if<cluster::WaitStep>(&step)) {
    return cluster.Wait(wait->deadline);
  }
  if (const auto* say = std::get_if<cluster::SayStep>(&step)) {
    run.lines.push_back(say->text.substr(say->text.find('\t') + 1));
  }
  if (std::holds_alternative<cluster::JournalStep>(step)) {
    ++run.journal_lines;
  }
  return cluster::Begin();
}

struct RunBounds {
  std::size_t steps_max = 1000;
  Instant until = kNever;  // no step begins at or after it
};

inline ScriptRun RunWithin(const cluster::Driver& driver,
                           cluster::Cluster& cluster,
                           RunBounds bounds) {
  ScriptRun run;
  cluster::CallRecorder recorder;
  Result<cluster::DriverStatePtr> state = driver.Resume({});
  EXPECT_TRUE(state.has_value());
  cluster::Input input = cluster::Begin();
  for (std::size_t i = 0; i < bounds.steps_max && !run.outcome && cluster.Now() < bounds.until;
       ++i) {
    cluster::Turn turn = driver.Next(*state, input, cluster.Now());
    *state = turn.state;
    run.digests.push_back(turn.state->Digest(cluster.Now()));
    if (const auto* finish = std::get_if<cluster::FinishStep>(&turn.step)) {
      run.outcome = finish->outcome;
    }
    input = Make(cluster, turn.step, run);
    recorder.Add(turn.step, input);
  }
  run.calls = recorder.calls();
  return run;
}

inline ScriptRun RunScript(const cluster::Driver& driver,
                           cluster::Cluster& cluster,
                           std::size_t steps_max = 1000) {
  return RunWithin(driver, cluster, {.steps_max = steps_max, .until = kNever});
}

inline ScriptRun RunScriptUntil(const cluster::Driver& driver,
                                cluster::Cluster& cluster,
                                Instant until) {
  return RunWithin(driver, cluster, {.steps_max = 100'000, .until = until});
}

inline std::string ReadFixture(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline cluster::RecordedTrace ReadTrace(const std::string& path) {
  const Result<cluster::RecordedTrace> trace = cluster::ParseRecordedTrace(ReadFixture(path), path);
  EXPECT_TRUE(trace.has_value()) << (trace ? "" : trace.error().message);
  return trace.value_or(cluster::RecordedTrace());
}

// The words of the script's own command line, without its name.
inline std::vector<std::string> ArgumentsOf(const cluster::RecordedTrace& trace) {
  std::vector<std::string> words =
      cluster::SplitWords(trace.command_line, "command line").value_or(std::vector<std::string>());
  EXPECT_FALSE(words.empty());
  words.erase(words.begin(), words.begin() + (words.empty() ? 0 : 1));
  return words;
}

}  // namespace rehearse::upgrade
