#include "app/scenario/drivers.h"

#include <algorithm>

#include "app/load.h"
#include "upgrade/executor.h"
#include "upgrade/procedures/by_hand.h"
#include "upgrade/procedures/migrate_sh.h"
#include "upgrade/procedures/operator_upgrade.h"
#include "upgrade/procedures/rolling_update_sh.h"

namespace rehearse::app {
namespace {

constexpr Millis kHelmSettleMs = Seconds(600);
constexpr Millis kKubectlSettleMs = Seconds(180);  // a pod of Milvus is ready in less

struct NoState final : cluster::DriverState {
  [[nodiscard]] Fingerprint Digest(Instant /*now*/) const override { return 0; }
};

upgrade::MigrateShVersion VersionOf(const std::string& name) {
  return name == "A"   ? upgrade::MigrateShVersion::kA
         : name == "B" ? upgrade::MigrateShVersion::kB
                       : upgrade::MigrateShVersion::kC;
}

Made MigrateSh(const Stand& stand, const StepSpec& step) {
  const upgrade::MigrateShOptions options =
      upgrade::ParseMigrateSh(VersionOf(step.version), step.arguments);
  Made made;
  made.end.restores = options.operation == "rollback";
  made.end.target = made.end.restores ? stand.wants.server.ToString() : options.target_version;
  made.driver = upgrade::NewMigrateSh(options);
  return made;
}

Made RollingUpdateSh(const StepSpec& step) {
  const upgrade::RollingUpdateShOptions options = upgrade::ParseRollingUpdateSh(step.arguments);
  Made made;
  made.end.target = options.target_version;
  made.driver = upgrade::NewRollingUpdateSh(options);
  return made;
}

// A command that ends before it has asked the cluster anything.
class RefusedDriver final : public cluster::Driver {
 public:
  RefusedDriver(int exit_code, std::string message)
      : exit_code_(exit_code), message_(std::move(message)) {}

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& /*journal*/) const override {
    return cluster::DriverStatePtr(std::make_shared<const NoState>());
  }
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& /*input*/,
                                   Instant /*now*/) const override {
    return {state, cluster::FinishStep{{cluster::OutcomeKind::kStopped, exit_code_, message_}}};
  }

 private:
  int exit_code_;
  std::string message_;
};

// The chart that helm finds behind a reference: without a version the newest of the repository; the
// archived one, alias milvus, ends at 4.0.31. nullptr: none.
const charts::ChartInfo* ChartOf(const charts::Catalog& catalog, const StepSpec& step) {
  const bool archived = step.chart.starts_with("milvus/");
  if (!archived) {
    return step.version.empty() ? catalog.Newest() : catalog.Find(step.version);
  }
  const charts::ChartInfo* found = nullptr;
  for (const charts::ChartInfo& chart : catalog.charts()) {
    const bool fits = step.version.empty() || chart.version.ToString() == step.version;
    found = fits && chart.in_archived_repo ? &chart : found;
  }
  return found;
}

// What somebody who names this chart and these values wants to run.
std::string HelmTarget(const Course& course, const StepSpec& step, const charts::ChartInfo* chart) {
  if (!step.to.empty()) {
    return step.to;
  }
  for (const std::string& set : step.sets) {
    constexpr std::string_view kTag = "image.all.tag=v";
    if (set.starts_with(kTag)) {
      return set.substr(kTag.size());
    }
  }
  const bool tagged = chart != nullptr && chart->image_tag.starts_with("v");
  return tagged ? chart->image_tag.substr(1) : course.server.ToString();
}

Made Helm(const Course& course, const StepSpec& step) {
  cluster::HelmUpgrade command;
  command.release = course.situation.release;
  command.ns = course.situation.ns;
  command.chart = step.chart;
  command.version = step.version;
  command.values = step.values;
  command.sets = step.sets;
  command.wait = step.wait;
  command.atomic = step.atomic;
  command.timeout_ms = step.duration_ms;
  const charts::ChartInfo* chart = ChartOf(*course.catalog, step);
  Made made;
  made.end.target = HelmTarget(course, step, chart);
  made.end.target_chart = chart != nullptr ? chart->version.ToString() : step.version;
  made.end.asked = step.sets;
  if (chart == nullptr) {
    const std::string repository = step.chart.substr(0, step.chart.find('/'));
    made.driver = std::make_shared<RefusedDriver>(1,
                                                  "Error: chart \"milvus\" matching " +
                                                      step.version + " not found in " + repository +
                                                      " index. (try 'helm repo update')");
    return made;
  }
  command.version = chart->version.ToString();
  made.driver = std::make_shared<upgrade::ByHand>(
      std::move(command), std::min(kHelmSettleMs, course.pace.settle_ms_max));
  return made;
}

// A driver that was run before: it knows the lines of its journal.
class Resumed final : public cluster::Driver {
 public:
  Resumed(std::shared_ptr<const cluster::Driver> driver, std::vector<std::string> lines)
      : driver_(std::move(driver)), lines_(std::move(lines)) {}

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const override {
    std::vector<std::string> all = lines_;
    all.insert(all.end(), journal.begin(), journal.end());
    return driver_->Resume(all);
  }
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override {
    return driver_->Next(state, input, now);
  }

 private:
  std::shared_ptr<const cluster::Driver> driver_;
  std::vector<std::string> lines_;
};

Made CarryOut(std::shared_ptr<const result::Plan> plan, const upgrade::ExecutorOptions& options) {
  Made made;
  made.end.target = plan->to_app;
  made.end.target_chart = plan->to_chart;
  for (const result::Hop& hop : plan->hops) {
    const auto& sets = hop.helm ? hop.helm->sets : std::vector<std::string>{};
    made.end.asked.insert(made.end.asked.end(), sets.begin(), sets.end());
  }
  made.driver = std::make_shared<upgrade::Executor>(plan, options);
  made.plan = std::move(plan);
  return made;
}

Result<Made> ExecutorAgain(const Course& course, const Stand& stand) {
  if (!stand.ours) {
    return BadInput("executor: resumes: there is no run of the executor before");
  }
  Made made = CarryOut(stand.ours->plan, course.pace.executor);
  made.driver = std::make_shared<Resumed>(std::move(made.driver), stand.ours->journal);
  return made;
}

Made MilvusUpgrade(const Course& course, const Stand& stand, const StepSpec& step) {
  upgrade::OperatorUpgradeOptions options;
  options.name = "upgrade";
  options.ns = course.situation.ns;
  options.milvus = course.situation.release;
  options.source_version = step.version.empty() ? stand.wants.server.ToString() : step.version;
  options.target_version = step.to;
  options.operation = step.text.empty() ? "upgrade" : step.text;
  options.etcd = course.situation.release + "-etcd:2379";
  options.root_path = course.world->root_path;
  Made made;
  made.end.restores = options.operation == "rollback";
  made.end.target = made.end.restores ? stand.wants.server.ToString() : step.to;
  made.driver = upgrade::NewOperatorUpgrade(options);
  return made;
}

Result<Made> Executor(const Course& course, const Stand& stand, const StepSpec& step) {
  if (step.resumes) {
    return ExecutorAgain(course, stand);
  }
  const bool first = stand.ends.empty();
  const cluster::Situation situation =
      first ? course.situation : SituationOf(course, stand.cluster->state());
  TRY_ASSIGN(auto planned, PlanFor(situation, *course.catalog, step.to));
  if (const auto* refusal = std::get_if<result::Refusal>(&planned)) {
    Made made;
    made.end.account = refusal->rule + ": " + refusal->message;
    return made;
  }
  return CarryOut(std::make_shared<const result::Plan>(std::get<result::Plan>(std::move(planned))),
                  course.pace.executor);
}

std::vector<kube::Ref> RefsOf(const Course& course, const StepSpec& step) {
  std::vector<kube::Ref> refs;
  for (const std::string& object : step.objects) {
    const std::size_t slash = object.find('/');
    refs.push_back({object.substr(0, slash), course.situation.ns, object.substr(slash + 1)});
  }
  return refs;
}

Made ByHand(const Course& course, cluster::Action action, Millis settle_ms = 0) {
  Made made;
  const Millis looks_on_ms = settle_ms == 0 ? kKubectlSettleMs : settle_ms;
  made.driver = std::make_shared<upgrade::ByHand>(std::move(action),
                                                  std::min(looks_on_ms, course.pace.settle_ms_max));
  return made;
}

}  // namespace

std::shared_ptr<const cluster::Driver> Nobody(Millis duration_ms) {
  return std::make_shared<const upgrade::ByHand>(std::nullopt, duration_ms);
}

Result<Made> DriverOf(const Course& course, const Stand& stand, const StepSpec& step) {
  const std::string& ns = course.situation.ns;
  switch (step.kind) {
    case StepKind::kExecutor:
      return Executor(course, stand, step);
    case StepKind::kMigrateSh:
      return MigrateSh(stand, step);
    case StepKind::kRollingUpdateSh:
      return RollingUpdateSh(step);
    case StepKind::kMilvusUpgrade:
      return MilvusUpgrade(course, stand, step);
    case StepKind::kHelmUpgrade:
      return Helm(course, step);
    case StepKind::kHelmRollback: {
      Made made = ByHand(course, cluster::HelmRollback{course.situation.release, ns, step.number});
      made.end.restores = true;
      made.end.target = stand.wants.server.ToString();
      return made;
    }
    case StepKind::kScale:
      return ByHand(course, cluster::Scale{RefsOf(course, step), step.number}, step.duration_ms);
    case StepKind::kDelete:
      return ByHand(course, cluster::Delete{RefsOf(course, step), false}, step.duration_ms);
    case StepKind::kApply:
      return ByHand(course, cluster::Apply{ns, step.text}, step.duration_ms);
    case StepKind::kPatch: {
      const std::vector<kube::Ref> refs = RefsOf(course, step);
      return ByHand(course,
                    cluster::Patch{refs.empty() ? kube::Ref{} : refs.front(), step.text},
                    step.duration_ms);
    }
    case StepKind::kUse:
    case StepKind::kWait:
      break;
  }
  return BadInput(std::string(NameOf(step.kind)) + " has no driver");
}

}  // namespace rehearse::app
