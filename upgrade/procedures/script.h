// upgrade/procedures/script.h: what a shell script of kubectl calls looks like as a Driver.
//
// Shape:   a script is a Program: a pure function from its variables and the answer to its last
//          command to the deeds that follow, up to the next command. ScriptDriver makes the deeds
//          one step at a time. A read is one step; a mutating command is a start and then a wait
//          without deadline, as kubectl blocks until it has its answer; a pause is a wait until now
//          + N. Lines that the script prints become SayStep texts "<script>\t<line>".
// Errors:  an error of the world is exit code 1 with its message on stderr, as kubectl has it.
// Crash:   a script keeps no journal: killed and started again it begins from scratch.
// Not modelled: what bash itself complains about on stderr; nobody acts on it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/cluster/port.h"
#include "model/core/check.h"

namespace rehearse::upgrade {

// What a command gave back to the script.
struct Answer {
  int exit_code = 0;
  std::string out;
  std::string err;
  bool unreachable = false;  // the server could not be asked; asking again can help
};

struct Say {
  std::string text;
};
struct Pause {
  Millis ms = 0;
};
struct Exit {
  int code = 0;
};
using Deed = std::variant<Say, cluster::Query, cluster::Action, Pause, Exit>;

// What a script does until its next command, in order.
class Deeds {
 public:
  void Say(std::string text) { list_.emplace_back(upgrade::Say{std::move(text)}); }
  // Prints what a command printed, line by line; nothing if it printed nothing.
  void Show(const Answer& answer);
  void ShowErrors(const Answer& answer);
  void Read(cluster::Query query) { list_.emplace_back(std::move(query)); }
  void Start(cluster::Action action) { list_.emplace_back(std::move(action)); }
  void Sleep(Millis ms) { list_.emplace_back(Pause{ms}); }
  void Exit(int code) { list_.emplace_back(upgrade::Exit{code}); }

  [[nodiscard]] bool empty() const { return list_.empty(); }
  Deed TakeFirst();
  // True where the last deed, and no other, is one that the script gets an answer to, or its end.
  [[nodiscard]] bool EndsInCommand() const;
  void AddTo(Hasher& hash) const;

 private:
  std::vector<Deed> list_;
};

enum class Awaiting {
  kNothing,    // a line was said, or the script begins
  kRead,       // the answer to a read
  kStart,      // whether a command was started
  kOperation,  // its end
  kPause,      // the end of a pause
  kEnd,        // nothing any more
};

// Where a script stands, without its variables.
struct Frame {
  Deeds deeds;  // not done yet
  Awaiting awaiting = Awaiting::kNothing;
  cluster::OperationId operation = 0;
  Instant deadline = kNever;  // of the wait that is under way
  int exit_code = 0;          // once ended
};

// What the input says to the frame: an answer for the program, or nothing yet.
struct Heard {
  bool complete = false;  // the script can go on
  Answer answer;
};
Heard Hear(Frame& frame, const cluster::Input& input, Instant now);

// The step for the frame's next deed. REQUIRES: there is one, or a wait goes on, or it has ended.
cluster::Step StepOf(Frame& frame, std::string_view script, Instant now);

void AddTo(Hasher& hash, const Frame& frame, Instant now);

template <typename Vars>
class ScriptState final : public cluster::DriverState {
 public:
  ScriptState(std::shared_ptr<const Vars> vars, Frame frame)
      : vars_(std::move(vars)), frame_(std::move(frame)) {}
  [[nodiscard]] const std::shared_ptr<const Vars>& vars() const { return vars_; }
  [[nodiscard]] const Frame& frame() const { return frame_; }
  [[nodiscard]] Fingerprint Digest(Instant now) const override {
    Hasher hash;
    vars_->AddTo(hash);
    AddTo(hash, frame_, now);
    return hash.Get();
  }

 private:
  std::shared_ptr<const Vars> vars_;
  Frame frame_;
};

// Program: `using Vars`, a value with AddTo(Hasher&) const; `std::string_view Name() const`;
// `void Go(Vars& vars, const Answer& answer, Deeds& deeds) const`, called first with an empty
// answer, which leaves deeds that end in one command, pause or exit.
template <typename Program>
class ScriptDriver final : public cluster::Driver {
 public:
  using Vars = typename Program::Vars;
  using State = ScriptState<Vars>;

  explicit ScriptDriver(Program program) : program_(std::move(program)) {}

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& /*journal*/) const override {
    return std::make_shared<const State>(std::make_shared<const Vars>(), Frame());
  }

  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override {
    const auto& before = static_cast<const State&>(*state);
    std::shared_ptr<const Vars> vars = before.vars();
    Frame frame = before.frame();
    const Heard heard = Hear(frame, input, now);
    if (heard.complete) {
      auto next = std::make_shared<Vars>(*vars);
      program_.Go(*next, heard.answer, frame.deeds);
      CHECK(frame.deeds.EndsInCommand());
      vars = std::move(next);
    }
    cluster::Step step = StepOf(frame, program_.Name(), now);
    return {std::make_shared<const State>(std::move(vars), std::move(frame)), std::move(step)};
  }

 private:
  Program program_;
};

// ---- pieces of bash ----------------------------------------------------------------------------

// The words of an unquoted expansion: split at blanks and line ends.
std::vector<std::string> SplitFields(std::string_view text);
std::vector<std::string> SplitLines(std::string_view text);
std::string Join(const std::vector<std::string>& words, std::string_view between);

// [ ! $text ]: true for no words. Several words make an error of [, which counts as false.
bool IsUnset(std::string_view text);

// "deploy:count" read with IFS=':'.
struct ReplicaEntry {
  std::string deployment;
  std::string count;
};
ReplicaEntry SplitReplicaEntry(std::string_view entry);

// What a shell gives back for $(command): its output without line ends at the end.
std::string Substitution(const Answer& answer);

// getopts: the flags in order; `letter` is '?' for one that bash reports. Law::kGetopts
struct Option {
  char letter = '?';
  std::string argument;
};
std::vector<Option> Getopts(std::string_view spec, const std::vector<std::string>& arguments);

}  // namespace rehearse::upgrade
