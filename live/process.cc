#include "live/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace rehearse::live {
namespace {

constexpr Millis kPollMs = 50;  // a child that closed its output may still have to be reaped
constexpr int kNoProgram = 127;

struct Pipe {
  int read = -1;
  int write = -1;
};

bool Open(Pipe& pipe) {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) {
    return false;
  }
  pipe = {fds[0], fds[1]};
  return true;
}

void Close(int& fd) {
  if (fd >= 0) {
    close(fd);
    fd = -1;
  }
}

void Close(Pipe& pipe) {
  Close(pipe.read);
  Close(pipe.write);
}

struct Pipes {
  Pipe in;
  Pipe out;
  Pipe err;
  Pipe exec;  // closed by a successful exec; else errno comes through
};

void Close(Pipes& pipes) {
  for (Pipe* pipe : {&pipes.in, &pipes.out, &pipes.err, &pipes.exec}) {
    Close(*pipe);
  }
}

// Between fork and exec: system calls alone.
[[noreturn]] void RunChild(const Pipes& pipes, char* const* argv) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(pipes.in.read, STDIN_FILENO);
  dup2(pipes.out.write, STDOUT_FILENO);
  dup2(pipes.err.write, STDERR_FILENO);
  std::signal(SIGPIPE, SIG_DFL);
  execvp(argv[0], argv);
  const int error = errno;
  const ssize_t written = write(pipes.exec.write, &error, sizeof(error));
  _exit(written == sizeof(error) ? kNoProgram : kNoProgram + 1);
}

// 0 when the program runs.
int ExecError(int fd) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(fd, &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  return got == sizeof(error) ? error : 0;
}

void SetNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

Millis SteadyMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Result<std::unique_ptr<Child>> Child::Start(ProcessSpec spec) {
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<char*> argv;
  for (std::string& word : spec.argv) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  Pipes pipes;
  const std::string cannot = "cannot start " + spec.argv.front() + ": ";
  if (!Open(pipes.in) || !Open(pipes.out) || !Open(pipes.err) || !Open(pipes.exec)) {
    const std::string why = std::strerror(errno);
    Close(pipes);
    return Fail(ErrorCode::kFailed, cannot + why);
  }
  const pid_t pid = fork();
  if (pid == 0) {
    RunChild(pipes, argv.data());
  }
  Close(pipes.in.read);
  Close(pipes.out.write);
  Close(pipes.err.write);
  Close(pipes.exec.write);
  const int error = pid < 0 ? errno : ExecError(pipes.exec.read);
  Close(pipes.exec.read);
  if (error != 0) {
    Close(pipes);
    if (pid > 0) {
      waitpid(pid, nullptr, 0);
    }
    return Fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kFailed,
                cannot + std::strerror(error));
  }
  std::unique_ptr<Child> child(new Child());
  child->pid_ = pid;
  child->input_fd_ = pipes.in.write;
  child->out_fd_ = pipes.out.read;
  child->err_fd_ = pipes.err.read;
  for (const int fd : {child->input_fd_, child->out_fd_, child->err_fd_}) {
    SetNonBlocking(fd);
  }
  child->input_ = std::move(spec.input);
  child->deadline_ms_ = SteadyMillis() + spec.limit_ms;
  return child;
}

Child::~Child() {
  if (pid_ > 0) {
    Kill();
    waitpid(pid_, nullptr, 0);
  }
  Close(input_fd_);
  Close(out_fd_);
  Close(err_fd_);
}

void Child::Kill() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
  }
}

void Child::Halt(bool halt) {
  if (pid_ > 0) {
    kill(-pid_, halt ? SIGSTOP : SIGCONT);
  }
}

void Child::PumpInput() {
  while (input_fd_ >= 0) {
    if (written_ == input_.size()) {
      Close(input_fd_);
      return;
    }
    const ssize_t sent = write(input_fd_, input_.data() + written_, input_.size() - written_);
    if (sent > 0) {
      written_ += static_cast<std::size_t>(sent);
    } else if (sent < 0 && errno == EINTR) {
      continue;
    } else if (sent < 0 && errno == EAGAIN) {
      return;
    } else {
      Close(input_fd_);  // it does not want to hear more
    }
  }
}

void Child::PumpOutput(int& fd, std::string& into) {
  std::array<char, 65536> buffer{};
  while (fd >= 0) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else if (got < 0 && errno == EAGAIN) {
      return;
    } else {
      Close(fd);
    }
  }
}

bool Child::Reap() {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) {
    return false;
  }
  pid_ = -1;
  result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool Child::Pump() {
  if (pid_ < 0) {
    return true;
  }
  PumpInput();
  PumpOutput(out_fd_, result_.out);
  PumpOutput(err_fd_, result_.err);
  if (SteadyMillis() >= deadline_ms_ && !result_.timed_out) {
    result_.timed_out = true;
    Kill();
  }
  if (!Reap()) {
    return false;
  }
  PumpOutput(out_fd_, result_.out);
  PumpOutput(err_fd_, result_.err);
  return true;
}

void Child::AddPollFds(std::vector<pollfd>& fds) const {
  if (input_fd_ >= 0) {
    fds.push_back({input_fd_, POLLOUT, 0});
  }
  for (const int fd : {out_fd_, err_fd_}) {
    if (fd >= 0) {
      fds.push_back({fd, POLLIN, 0});
    }
  }
}

void WaitForAny(const std::vector<const Child*>& children, Millis limit_ms) {
  std::vector<pollfd> fds;
  Millis limit = limit_ms;
  for (const Child* child : children) {
    const std::size_t before = fds.size();
    child->AddPollFds(fds);
    limit = std::min(limit, fds.size() == before ? Millis{5} : kPollMs);
  }
  poll(fds.data(), fds.size(), static_cast<int>(std::max<Millis>(0, limit)));
}

Result<int> RunAttached(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv.front(), nullptr, nullptr, argv.data(), environ);
  if (error != 0) {
    return Fail(ErrorCode::kFailed, "cannot start " + words.front() + ": " + std::strerror(error));
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<ProcessResult> RunProcess(ProcessSpec spec) {
  TRY_ASSIGN(const std::unique_ptr<Child> child, Child::Start(std::move(spec)));
  while (!child->Pump()) {
    WaitForAny({child.get()}, child->DeadlineMs() - SteadyMillis());
  }
  return child->result();
}

}  // namespace rehearse::live
