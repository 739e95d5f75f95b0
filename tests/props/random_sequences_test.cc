// Goal:   whatever happens in whatever order, our executor loses no metadata and claims nothing
// that
//         is not so, and what others lose a checker reports.
// Method: stateful properties over upgrades, migrations, ways back, retries, crashes, time and acts
//         of people, on random starts. A failure is shrunk and left as a scenario file. Few here;
//         tests/slow has more of the same.
#include <cstdlib>

#include "tests/support/random_acts.h"

namespace rehearse::tests {
namespace {

// Few cases, always the same, unless RC_PARAMS says otherwise.
const int kFew = setenv("RC_PARAMS", "seed=1 max_success=20", 0);

RC_GTEST_PROP(RandomSequenceProps, aloneOurExecutorLosesNothingAndClaimsWhatIsTrue, ()) {
  RC_PRE(kFew == 0);
  CheckRandomSequence(true);
}

RC_GTEST_PROP(RandomSequenceProps, amongOthersItClaimsWhatIsTrueAndLossesAreReported, ()) {
  RC_PRE(kFew == 0);
  CheckRandomSequence(false);
}

}  // namespace
}  // namespace rehearse::tests
