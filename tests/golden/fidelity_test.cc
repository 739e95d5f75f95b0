// Goal: reports/fidelity.md says what the registry and the demo say.
// Method: golden file.
#include "app/fidelity.h"

#include <gtest/gtest.h>

#include "tests/golden/golden.h"

namespace rehearse {
namespace {

TEST(FidelityGolden, TheReportIsTheRegistry) {
  const auto rows = app::FidelityRows();
  ASSERT_TRUE(rows) << rows.error().message;
  ExpectGolden("reports/fidelity.md", app::FidelityMarkdown(*rows));
}

TEST(FidelityGolden, NoLawHasEvidenceWithoutARecording) {
  const auto rows = app::FidelityRows();
  ASSERT_TRUE(rows) << rows.error().message;
  for (const app::FidelityRow& row : *rows) {
    EXPECT_EQ(row.verdict != app::Fidelity::kNotMeasured,
              row.law.basis == Basis::kMeasured && !row.recordings.empty())
        << row.law.id;
  }
}

}  // namespace
}  // namespace rehearse
