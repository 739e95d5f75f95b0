// Goal:   the search finds what is wrong: deliberate mistakes of executor and planner are each
// caught
//         by a property of a run, none by a test that knows them.
// Method: one row a mistake: a switch of the executor, its patience, or a plan with a hop changed.
//         The first finding of the search over single faults is its minimal story, which is
//         printed. Those that no search catches are listed with the reason.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "simulator/explorer.h"
#include "tests/support/rehearsals.h"

namespace rehearse::tests {
namespace {

using upgrade::SeededBug;

struct Mistake {
  const char* name;
  std::function<void(upgrade::ExecutorOptions&)> executor;  // may be empty
  std::function<void(result::Plan&)> planner;               // may be empty
  const char* metadata = "";                                // a dump; "": the captured
};

std::function<void(upgrade::ExecutorOptions&)> Bug(SeededBug bug) {
  return [bug](upgrade::ExecutorOptions& options) { options.bug = bug; };
}

result::MetadataHop& Migration(result::Plan& plan) { return *plan.hops.front().metadata; }
result::HelmHop& Helm(result::Plan& plan) { return *plan.hops.back().helm; }

void EraseSets(result::Plan& plan, const std::string& key) {
  std::erase_if(Helm(plan).sets, [&](const std::string& set) { return set.starts_with(key); });
}

// Not here, since a second guard stands behind each: kFirstDeploymentOnly (the sessions of every
// component are waited for) and kSkipMigrationCheck (a tool that exits with 0 and changed nothing
// is seen; no tool is known that exits with 0 half way). Unit tests show what they do without it.
const std::vector<Mistake> kMistakes = {
    // ---- of the executor
    {"an unknown outcome is taken for success", Bug(SeededBug::kAssumeAppliedOnUnknown), {}},
    {"sessions are not waited for", Bug(SeededBug::kSkipSessionWait), {}},
    {"no restore before the tool runs again", Bug(SeededBug::kSkipRestoreBeforeRetry), {}},
    {"the name of a failed tool pod is used again", Bug(SeededBug::kReuseToolPod), {}},
    {"rollouts are not waited for", Bug(SeededBug::kNoRolloutWait), {}},
    {"helm rollback cures a lock", Bug(SeededBug::kHelmRollbackOnPending), {}},
    {"scales before it sets the image", Bug(SeededBug::kScaleBeforePatch), {}},
    {"a backup that is there is trusted", Bug(SeededBug::kTrustStaleBackup), {}},
    {"the first refusal is the last", [](auto& options) { options.attempts_max = 1; }, {}},
    {"has no patience with pods",
     [](auto& options) { options.patience_ms = options.tool_patience_ms = Seconds(1); },
     {}},
    {"has no time for sessions",
     [](auto& options) { options.session_deadline_ms = Seconds(1); },
     {}},
    {"never takes a dead client's lock away",
     [](auto& options) { options.lock_patience_ms = Seconds(24 * 3600); },
     {}},
    {"gives kubectl no time", [](auto& options) { options.stage_deadline_ms = Seconds(2); }, {}},
    // ---- of the planner
    {"no migration of metadata",
     {},
     [](result::Plan& plan) { plan.hops.erase(plan.hops.begin()); }},
    {"the tool that panics",
     {},
     [](result::Plan& plan) { Migration(plan).tool_image = "milvusdb/meta-migration:v2.2.0"; },
     "milvus-2.1.0-partition-loaded.jsonl"},
    {"a target that the tool does not know",
     {},
     [](result::Plan& plan) { Migration(plan).target_version = "2.5.12"; }},
    {"another root path", {}, [](result::Plan& plan) { Migration(plan).root_path = "prod"; }},
    {"the old image for the new metadata",
     {},
     [](result::Plan& plan) {
       Migration(plan).new_image = Migration(plan).deployments.front().image;
     }},
    {"another number of replicas",
     {},
     [](result::Plan& plan) { Migration(plan).deployments.front().replicas = 2; }},
    {"a helm hop without the image", {}, [](result::Plan& plan) { EraseSets(plan, "image.all"); }},
    {"values are not kept", {}, [](result::Plan& plan) { Helm(plan).values = "none"; }},
    {"MinIO's image is not kept", {}, [](result::Plan& plan) { EraseSets(plan, "minio."); }},
};

app::Rehearsal RehearsalOf(const Mistake& mistake) {
  cluster::Situation situation = Capture("standalone-2.1.4-healthy");
  if (*mistake.metadata != '\0') {
    situation = WithMetadata(std::move(situation), mistake.metadata);
  }
  result::Plan plan = PlanTo(situation, "2.2.16");
  if (mistake.planner) {
    mistake.planner(plan);
  }
  app::Rehearsal rehearsal = Rehearse(situation, std::move(plan));
  if (mistake.executor) {
    mistake.executor(rehearsal.executor);
  }
  return rehearsal;
}

class MistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsCaughtByTheSearch) {
  const app::Rehearsal rehearsal = RehearsalOf(GetParam());
  const sim::ExploreReport report =
      app::ExploreRehearsal(rehearsal, {.threads = 2, .first_only = true});
  ASSERT_FALSE(report.findings.empty()) << GetParam().name;
  const sim::ExploreFinding& finding = report.findings.front();
  std::printf("%s\n", GetParam().name);
  for (const sim::Fault& fault : finding.faults) {
    std::printf("  %s\n", sim::Sentence(fault).c_str());
  }
  std::printf("  %s: %s\n  after %lld steps, %lld searched\n",
              finding.property.c_str(),
              finding.evidence.substr(0, 160).c_str(),
              static_cast<long long>(finding.steps),
              static_cast<long long>(finding.searched));
}

INSTANTIATE_TEST_SUITE_P(Seeded, MistakeTest, ::testing::ValuesIn(kMistakes), [](const auto& one) {
  std::string name;
  bool upper = true;
  for (const char c : std::string(one.param.name)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter) {
      name += upper && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    upper = !letter;
  }
  return name;
});

}  // namespace
}  // namespace rehearse::tests
