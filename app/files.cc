#include "app/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace rehearse::app {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  [[nodiscard]] int Get() const { return fd_; }
  // What was written may be reported as lost only here.
  bool Close() {
    const int fd = fd_;
    fd_ = -1;
    return close(fd) == 0;
  }

 private:
  int fd_;
};

std::string SystemText(int error) { return std::generic_category().message(error); }

tl::unexpected<Error> CannotRead(const std::string& path, int error) {
  return Fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument,
              "cannot read " + path + ": " + SystemText(error));
}

tl::unexpected<Error> CannotWrite(const std::string& path, int error) {
  const std::array another_path_helps = {ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, EROFS, ELOOP};
  const bool found = std::ranges::find(another_path_helps, error) != another_path_helps.end();
  return Fail(found ? ErrorCode::kInvalidArgument : ErrorCode::kFailed,
              "cannot write " + path + ": " + SystemText(error));
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return true;
}

Status WriteDirectly(const std::string& path, std::string_view bytes) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.Get() < 0 || !WriteAll(file.Get(), bytes) || !file.Close()) {
    return CannotWrite(path, errno);
  }
  return {};
}

// Returns 0, or the error after having removed what was begun.
int WriteNew(const std::string& path, mode_t mode, std::string_view bytes) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (file.Get() < 0) {
    return errno;
  }
  if (!WriteAll(file.Get(), bytes) || fsync(file.Get()) != 0 || !file.Close()) {
    const int error = errno;
    unlink(path.c_str());
    return error;
  }
  return 0;
}

bool SyncDirectory(const std::string& path) {
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.Get() >= 0 && fsync(folder.Get()) == 0;
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.Get() < 0) {
    return CannotRead(path, errno);
  }
  std::string bytes;
  struct stat status {};
  if (fstat(file.Get(), &status) == 0 && S_ISREG(status.st_mode)) {
    bytes.reserve(static_cast<std::size_t>(status.st_size));
  }
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t count = read(file.Get(), buffer.data(), buffer.size());
    if (count == 0) {
      return bytes;
    }
    if (count < 0 && errno != EINTR) {
      return CannotRead(path, errno);
    }
    bytes.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
}

Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  struct stat status {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    return CannotWrite(path, EISDIR);
  }
  if (exists && !S_ISREG(status.st_mode)) {
    return WriteDirectly(path, bytes);
  }
  std::error_code error;
  const std::string target = exists ? std::filesystem::canonical(path, error).string() : path;
  if (error) {
    return CannotWrite(path, error.value());
  }
  const std::string draft = target + ".draft." + std::to_string(getpid());
  const int failed = WriteNew(draft, exists ? status.st_mode & 07777U : 0666, bytes);
  if (failed != 0) {
    return CannotWrite(path, failed);
  }
  if (rename(draft.c_str(), target.c_str()) != 0) {
    const int reason = errno;
    unlink(draft.c_str());
    return CannotWrite(path, reason);
  }
  const std::string folder = std::filesystem::path(target).parent_path().string();
  if (!SyncDirectory(folder.empty() ? "." : folder)) {
    return CannotWrite(path, errno);
  }
  return {};
}

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

Result<std::vector<std::string>> ListDirectory(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) {
    return CannotRead(path, error.value());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace rehearse::app
