// tests/golden/golden.h: a text that is kept as a file of the project and compared.
//
// UPDATE_GOLDEN=1 in the environment writes the file anew instead; the difference is then read in
// the change itself.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "app/files.h"

namespace rehearse {

// `file` is relative to the project's root.
inline void ExpectGolden(const std::string& file, const std::string& text) {
  const std::string path = std::string(REHEARSE_ROOT) + "/" + file;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(app::WriteFileAtomically(path, text)) << path;
    return;
  }
  const auto golden = app::ReadFile(path);
  ASSERT_TRUE(golden) << golden.error().message;
  EXPECT_EQ(*golden, text) << file << " is not up to date: run this test with UPDATE_GOLDEN=1";
}

}  // namespace rehearse
