#include "model/migration/runner.h"

#include <algorithm>
#include <utility>

#include "model/migration/machine.h"

namespace rehearse::migration {
namespace {

constexpr etcd::LeaseId kOwnLease = 1;
constexpr std::size_t kFewPuts = 64;

class Runner {
 public:
  Runner(ToolJob job, const ToolRunOptions& options)
      : options_(options), state_(StartTool(job.image, std::move(job.config), options.start_time)) {
    run_.keys = std::move(job.keys);
    run_.files = std::move(job.files);
  }

  ToolRun Run() {
    std::optional<EffectResult> result;
    while (!done_) {
      TakePuts();
      ToolTurn turn = Step(state_, ToolInput{run_.keys, std::move(result)});
      state_ = std::move(turn.next);
      run_.laws.Add(turn.laws);
      if (!std::holds_alternative<Print>(turn.effect)) {
        FlushPuts();
      }
      result_ = EffectResult{};
      std::visit([&](auto& effect) { Apply(effect); }, turn.effect);
      result = std::move(result_);
    }
    FlushPuts();
    return std::move(run_);
  }

 private:
  void Apply(Print& effect) { run_.lines.push_back(std::move(effect.line)); }
  void Apply(GrantLease& /*effect*/) {}
  void Apply(PutIfAbsent& effect) {
    result_.txn_succeeded = run_.keys.Find(effect.key) == nullptr;
    if (result_.txn_succeeded) {
      Set(effect.key, std::move(effect.value), effect.leased);
    }
  }
  void Apply(CompareAndPut& effect) {
    const etcd::Entry* entry = run_.keys.Find(effect.key);
    result_.txn_succeeded = entry != nullptr && entry->value == effect.expected;
    if (result_.txn_succeeded) {
      Set(effect.key, std::move(effect.value), false);
    }
  }
  void Apply(Put& effect) {
    if (IsLastPut()) {
      Kill();
      return;
    }
    if (effect.key.empty()) {  // etcd's own words
      result_.ok = false;
      result_.error = "etcdserver: key is not provided";
      return;
    }
    ++run_.puts;
    FlushPuts();
    Set(effect.key, std::move(effect.value), false);
  }
  void Apply(DeletePrefix& effect) { run_.keys = run_.keys.ErasePrefix(effect.prefix); }
  void Apply(WriteFile& effect) {
    result_.ok = !effect.path.empty();
    if (result_.ok) {
      run_.files[effect.path] = std::move(effect.bytes);
    } else {
      result_.error = "open : no such file or directory";
    }
  }
  void Apply(ReadFile& effect) {
    const auto file = run_.files.find(effect.path);
    result_.ok = file != run_.files.end();
    if (result_.ok) {
      result_.bytes = file->second;
    } else {
      result_.error = "open " + effect.path + ": no such file or directory";
    }
  }
  void Apply(RevokeLease& /*effect*/) { EndOwnLease(); }
  void Apply(Sleep& /*effect*/) {
    // Nobody else is there who could end what the tool waits for.
    ++sleeps_;
    if (sleeps_ > kSleepsMax) {
      Kill();
    }
  }
  void Apply(Exit& effect) {
    run_.exit_code = effect.code;
    run_.panicked = effect.panicked;
    done_ = true;
  }

  void Kill() {
    run_.killed = true;
    run_.exit_code = 137;
    done_ = true;
  }

  void Set(const std::string& key, std::string value, bool leased) {
    etcd::Entry entry;
    if (const etcd::Entry* old = run_.keys.Find(key); old != nullptr) {
      entry.create_revision = old->create_revision;
      entry.version = old->version + 1;
    }
    entry.value = std::move(value);
    entry.lease = leased ? kOwnLease : 0;
    leased_key_ = leased ? key : leased_key_;
    run_.keys = run_.keys.Set(key, std::move(entry));
  }

  void EndOwnLease() { run_.keys = run_.keys.Erase(leased_key_); }

  // Puts that follow each other in the script, without a step each: nobody else is there whose
  // doing the tool would see in between.
  void TakePuts() {
    if (state_.phase != ToolPhase::kScript) {
      return;
    }
    const std::vector<ScriptStep>& steps = state_.script->steps;
    for (; state_.cursor < steps.size(); ++state_.cursor) {
      const auto* put = std::get_if<Put>(&steps[state_.cursor].effect);
      if (put == nullptr || put->key.empty() || IsLastPut()) {
        return;
      }
      ++run_.puts;
      pending_.push_back(put);
      pending_in_ = state_.script;
      run_.laws.Add(steps[state_.cursor].law);
    }
  }
  [[nodiscard]] bool IsLastPut() const {
    return options_.kill_after_puts && run_.puts >= *options_.kill_after_puts;
  }

  // Many puts are merged in one pass: setting one after the other copies a path each.
  void FlushPuts() {
    if (pending_.size() > kFewPuts) {
      run_.keys = Merged();
    } else {
      for (const Put* put : pending_) {
        Set(put->key, put->value, false);
      }
    }
    pending_ = {};
    pending_in_ = nullptr;
  }

  // The keys with what is pending; of two puts of one key the later one counts.
  [[nodiscard]] etcd::Keys Merged() {
    const auto by_key = [](const Put* a, const Put* b) { return a->key < b->key; };
    std::stable_sort(pending_.begin(), pending_.end(), by_key);
    std::vector<std::pair<std::string, etcd::Keys::Value>> merged;
    merged.reserve(run_.keys.size() + pending_.size());
    auto next = pending_.begin();
    const auto take = [&] {
      const Put& put = **next++;
      if (next != pending_.end() && (*next)->key == put.key) {
        return;
      }
      merged.emplace_back(put.key, std::make_shared<const etcd::Entry>(etcd::Entry{put.value}));
    };
    run_.keys.ForEach([&](const std::string& key, const etcd::Keys::Value& value) {
      while (next != pending_.end() && (*next)->key < key) {
        take();
      }
      if (next == pending_.end() || (*next)->key != key) {
        merged.emplace_back(key, value);
      }
    });
    while (next != pending_.end()) {
      take();
    }
    return etcd::Keys::FromSorted(std::move(merged));
  }

  static constexpr int kSleepsMax = 1000;

  const ToolRunOptions& options_;
  ToolState state_;
  ToolRun run_;
  EffectResult result_;
  std::vector<const Put*> pending_;  // parts of pending_in_
  std::shared_ptr<const Script> pending_in_;
  std::string leased_key_;
  int sleeps_ = 0;
  bool done_ = false;
};

}  // namespace

ToolRun RunTool(ToolJob job, const ToolRunOptions& options) {
  return Runner(std::move(job), options).Run();
}

}  // namespace rehearse::migration
