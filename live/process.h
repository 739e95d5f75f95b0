// live/process.h: child processes by argument vector; no shell has a part in it.
//
// Units:  milliseconds of the machine's steady clock.
// Shape:  a child is in a process group of its own, so that Ctrl-C at the terminal does not reach
//         it, and is killed when this program dies: what it did then has to be looked at.
// Errors: Start: kNotFound (no such program), kFailed. A child that outlives its limit is killed
//         with its group, and timed_out says so.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/core/instant.h"
#include "model/core/result.h"

struct pollfd;

namespace rehearse::live {

// Since some moment of the machine; never goes back.
Millis SteadyMillis();

struct ProcessSpec {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH
  std::string input;
  Millis limit_ms = Seconds(30);
};

struct ProcessResult {
  int exit_code = 0;  // 128 + signal where one ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

class Child {
 public:
  static Result<std::unique_ptr<Child>> Start(ProcessSpec spec);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // Moves input and output as far as they go without waiting; true when the child has ended.
  bool Pump();
  // What to wait for until the next Pump makes sense.
  void AddPollFds(std::vector<pollfd>& fds) const;
  [[nodiscard]] Millis DeadlineMs() const { return deadline_ms_; }
  // What it has said so far; its exit code once Pump() has returned true.
  [[nodiscard]] const ProcessResult& result() const { return result_; }
  void Kill();
  // Halts it, or lets it go on; its limit runs on.
  void Halt(bool halt);

 private:
  Child() = default;
  void PumpInput();
  void PumpOutput(int& fd, std::string& into);
  bool Reap();

  int pid_ = -1;
  int input_fd_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  std::string input_;
  std::size_t written_ = 0;
  Millis deadline_ms_ = 0;
  ProcessResult result_;
};

// Waits for readiness of any child, at most `limit_ms`.
void WaitForAny(const std::vector<const Child*>& children, Millis limit_ms);

Result<ProcessResult> RunProcess(ProcessSpec spec);

// With this program's own input and output, in its process group and without a limit; its exit
// code.
Result<int> RunAttached(std::vector<std::string> argv);

}  // namespace rehearse::live
