// Goal: people read the plan of the bundled captures as it is kept here, word for word.
// Method: the texts and the JSON of `rehearse plan`; UPDATE_GOLDEN=1 writes them anew.
#include <sstream>

#include "app/cli.h"
#include "app/commands.h"
#include "tests/golden/golden.h"

namespace rehearse {
namespace {

struct Case {
  const char* capture;
  const char* target;
  const char* golden;
  int exit_code;
};

std::string Print(const Case& each, const std::string& format) {
  std::ostringstream out;
  std::ostringstream err;
  app::Terminal terminal{.out = out, .err = err};
  const std::string capture = std::string(REHEARSE_ROOT) + "/fixtures/captures/" + each.capture;
  const int code =
      app::RunCli(app::AllCommands(),
                  {"plan", "--from", capture, "--to", each.target, "--format", format, "--explain"},
                  terminal);
  EXPECT_EQ(code, each.exit_code) << err.str();
  return out.str();
}

TEST(PlanGoldenTest, TextAndJson) {
  const Case cases[] = {
      {"standalone-2.1.4-healthy", "2.2.16", "standalone-to-2.2.16", app::kHolds},
      {"standalone-2.1.4-healthy", "2.6.15", "standalone-to-2.6.15", app::kHolds},
      {"standalone-2.1.4-healthy", "2.1.4", "standalone-to-2.1.4", app::kHolds},
      {"standalone-2.1.4-healthy", "2.1.3", "standalone-to-2.1.3", app::kRefused},
      {"incident-meta-migration-panicked", "2.2.16", "incident-to-2.2.16", app::kRefused},
      {"cluster-2.3.0-pulsar-healthy", "2.6.15", "cluster-to-2.6.15", app::kHolds},
  };
  for (const Case& each : cases) {
    const std::string file = std::string("tests/golden/plan/") + each.golden;
    ExpectGolden(file + ".txt", Print(each, "text"));
    ExpectGolden(file + ".json", Print(each, "json"));
  }
}

}  // namespace
}  // namespace rehearse
