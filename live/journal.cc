#include "live/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <random>

#include "model/core/json.h"

namespace rehearse::live {
namespace {

constexpr const char* kSchema = "rehearse/journal/v1";

std::string RandomWord() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device device;
  std::string word;
  for (int i = 0; i < 20; ++i) {
    word.push_back(kLetters[device() % kLetters.size()]);
  }
  return word;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = write(fd, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool SyncFolder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) {
    close(fd);
  }
  return synced;
}

}  // namespace

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      holder_(std::move(other.holder_)),
      lines_(std::move(other.lines_)) {}

Journal::~Journal() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

Result<Journal> Journal::Open(const std::string& path) {
  Journal journal;
  journal.path_ = path;
  journal.fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (journal.fd_ < 0) {
    return BadInput("cannot open the journal " + path + ": " + std::strerror(errno));
  }
  if (flock(journal.fd_, LOCK_EX | LOCK_NB) != 0) {
    return BadInput("the journal " + path + " is in use by another run");
  }
  TRY(journal.Load());
  if (journal.holder_.empty()) {
    TRY(journal.Begin());
  }
  return journal;
}

Status Journal::Load() {
  std::string text;
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while ((got = read(fd_, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (got < 0) {
    return BadInput("cannot read the journal " + path_ + ": " + std::strerror(errno));
  }
  const std::size_t whole = text.rfind('\n') + 1;  // 0 where there is none
  if (whole != text.size() && ftruncate(fd_, static_cast<off_t>(whole)) != 0) {
    return BadInput("cannot mend the journal " + path_ + ": " + std::strerror(errno));
  }
  for (std::size_t at = 0; at < whole;) {
    const std::size_t end = text.find('\n', at);
    lines_.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (lines_.empty()) {
    return {};
  }
  const auto first = ParseJson(lines_.front(), path_ + ": line 1");
  if (!first || StringAt(*first, {"schema"}) != kSchema || StringAt(*first, {"holder"}).empty()) {
    return BadInput(path_ + ": line 1: this is no journal of rehearse live run");
  }
  holder_ = StringAt(*first, {"holder"});
  lines_.erase(lines_.begin());
  return {};
}

Status Journal::Begin() {
  holder_ = RandomWord();
  const std::string line = Dump({{"schema", kSchema}, {"holder", holder_}}) + "\n";
  if (!WriteAll(fd_, line) || fsync(fd_) != 0) {
    return Fail(
        ErrorCode::kFailed,
        "cannot write the journal " + path_ + ": " + std::strerror(errno) + "; nothing was done");
  }
  if (!SyncFolder(path_)) {
    return Fail(ErrorCode::kFailed, "cannot write the folder of the journal " + path_);
  }
  return {};
}

Status Journal::Append(const std::string& line) {
  if (!WriteAll(fd_, line + "\n") || fsync(fd_) != 0) {
    return Fail(ErrorCode::kFailed,
                "cannot write the journal " + path_ + ": " + std::strerror(errno));
  }
  lines_.push_back(line);
  return {};
}

}  // namespace rehearse::live
