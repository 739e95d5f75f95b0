// Goal:   a rollout that gets nowhere exceeds its deadline, as it was seen on real controllers.
// Method: the healthy standalone capture with no room on any node, and the four situations of
//         fixtures/live/kubernetes.json: KUBE-33.
// Source: Law::kProgressDeadline
#include "simulator/state/rollouts.h"

#include <gtest/gtest.h>

#include "tests/support/rehearsals.h"

namespace rehearse::sim {
namespace {

const kube::Ref kMilvus{"Deployment", "default", "my-release-milvus-standalone"};

class Stuck {
 public:
  Stuck() : cluster_(Rehearsal().start, Rehearsal().world) {
    cluster_.Inject({SiteKind::kWait, 1, Fate::kNodesFullForEver});
    (void)cluster_.Wait(cluster_.Now() + 1);
  }

  void Patch(const std::string& patch) {
    EXPECT_TRUE(cluster_.Start(cluster::Patch{kMilvus, patch}));
    EXPECT_TRUE(cluster_.Wait(cluster_.Now() + Seconds(5)));
    Pass(1);
  }
  void NewTemplate() {
    Patch(R"({"spec": {"template": {"metadata": {"annotations": {"new": "yes"}}}}})");
  }
  void Pass(std::int64_t seconds) { cluster_.Pass(Seconds(seconds)); }

  cluster::CommandResult Status() {
    return cluster_.Read(cluster::RolloutStatus{kMilvus, false})->text;
  }
  [[nodiscard]] Fingerprint Digest() const { return cluster_.Digest(); }

 private:
  static const app::Rehearsal& Rehearsal() {
    static const app::Rehearsal rehearsal = tests::Hop();
    return rehearsal;
  }
  SimCluster cluster_;
};

constexpr const char* kExceeded =
    "error: deployment \"my-release-milvus-standalone\" exceeded its progress deadline\n";

TEST(RolloutsTest, ANewTemplateThatGetsNowhereExceedsItsDeadline) {
  Stuck stuck;
  EXPECT_NE(stuck.Status().out.find("successfully rolled out"), std::string::npos);
  stuck.NewTemplate();
  stuck.Pass(590);
  EXPECT_EQ(stuck.Status().exit_code, 0);
  EXPECT_NE(stuck.Status().out.find("Waiting for deployment"), std::string::npos);
  stuck.Pass(20);
  EXPECT_EQ(stuck.Status().exit_code, 1);
  EXPECT_EQ(stuck.Status().err, kExceeded);
}

TEST(RolloutsTest, OneThatIsOnlyScaledHasNoDeadlineUntilItsNextTemplate) {
  Stuck stuck;
  stuck.Patch(R"({"spec": {"replicas": 0}})");
  stuck.Patch(R"({"spec": {"replicas": 1}})");
  stuck.Pass(2000);
  EXPECT_EQ(stuck.Status().exit_code, 0);
  stuck.NewTemplate();
  stuck.Pass(610);
  EXPECT_EQ(stuck.Status().exit_code, 1);
}

TEST(RolloutsTest, TheLargestDeadlineIsNone) {
  Stuck stuck;
  stuck.Patch(R"({"spec": {"progressDeadlineSeconds": 2147483647}})");
  stuck.NewTemplate();
  stuck.Pass(100'000);
  EXPECT_EQ(stuck.Status().exit_code, 0);
}

TEST(RolloutsTest, ItsClockCountsOnlyForWhoeverLooks) {
  Stuck stuck;
  stuck.NewTemplate();
  stuck.Pass(60);
  Fingerprint before = stuck.Digest();
  stuck.Pass(100);
  EXPECT_EQ(stuck.Digest(), before);
  (void)stuck.Status();
  before = stuck.Digest();
  stuck.Pass(100);
  EXPECT_NE(stuck.Digest(), before);
  stuck.Pass(400);
  before = stuck.Digest();
  stuck.Pass(100);
  EXPECT_EQ(stuck.Digest(), before);
}

}  // namespace
}  // namespace rehearse::sim
