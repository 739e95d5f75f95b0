// live/journal.h: the durable memory of a live run: a file to which lines are only added.
//
// Shape:  the first line says whose journal it is (a random word: the holder of the cluster's
//         lock), the others are the driver's own. A torn last line was never acted upon: it is cut
//         off when the journal is opened.
// Errors: Open: kInvalidArgument (no such folder, no permission, another kind of file, in use by
//         another process). Append: kFailed, when the line may not be on the disk; whoever gets it
//         must not act.
// Invariants: after Append the line is on the disk (fsync), also the file's name after Open.
#pragma once

#include <string>
#include <vector>

#include "model/core/result.h"

namespace rehearse::live {

class Journal {
 public:
  static Result<Journal> Open(const std::string& path);
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  ~Journal();

  Status Append(const std::string& line);
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] const std::string& holder() const { return holder_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Journal() = default;
  Status Load();
  Status Begin();

  std::string path_;
  int fd_ = -1;
  std::string holder_;
  std::vector<std::string> lines_;  // the driver's
};

}  // namespace rehearse::live
