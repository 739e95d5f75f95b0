// Goal: docs/laws.md shows the registry as it is.
// Method: golden file.
#include "app/laws.h"

#include <gtest/gtest.h>

#include "tests/golden/golden.h"

namespace rehearse {
namespace {

TEST(LawsGolden, TheDocumentIsTheRegistry) { ExpectGolden("docs/laws.md", app::LawsMarkdown()); }

}  // namespace
}  // namespace rehearse
