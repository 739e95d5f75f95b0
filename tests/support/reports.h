// tests/support/reports.h: results of slow tests that are kept in reports/.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "app/files.h"

namespace rehearse::tests {

inline void WriteReport(const std::string& name, const std::string& text) {
  const auto written =
      app::WriteFileAtomically(std::string(REHEARSE_ROOT) + "/reports/" + name, text);
  EXPECT_TRUE(written) << written.error().message;
}

}  // namespace rehearse::tests
