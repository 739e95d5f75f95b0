// app/scratch.h: a folder of its own below the system's temporary one; gone with the object.
//
// Errors: folder() is "" where none could be made; then whatever is written there fails with a
// message.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace rehearse::app {

class Scratch {
 public:
  Scratch() {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "rehearse-XXXXXX").string();
    folder_ = mkdtemp(name.data()) == nullptr ? "" : name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

}  // namespace rehearse::app
