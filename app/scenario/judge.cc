#include "app/scenario/judge.h"

#include <algorithm>
#include <set>

#include "app/scenario/seen.h"
#include "app/scenario/step_form.h"
#include "model/kube/machine.h"
#include "simulator/fault.h"
#include "upgrade/procedures/by_hand.h"

namespace rehearse::app {
namespace {

constexpr Millis kSettleMs = Seconds(600);

constexpr const char* kLeavesServing = "a stop leaves Milvus serving, or says that it does not";
constexpr const char* kReplicas = "replicas are what the user had or asked for";
constexpr const char* kCanRunAgain = "what works at first works again after a failed attempt";
constexpr const char* kLeavesConfig =
    "a procedure that does not end well leaves the configuration as it was";
constexpr const char* kLeavesOneVersion =
    "a procedure that does not end well leaves one version running";

using Violations = std::vector<sim::Violation>;

sim::Claim ClaimOf(const Course& course, const Stand& before, const StepEnd& end) {
  sim::Claim claim;
  claim.ns = course.situation.ns;
  claim.release = course.situation.release;
  claim.root_path = course.world->root_path;
  claim.server_before = before.wants.server;
  claim.server_after = ParseVersion(end.target).value_or(before.wants.server);
  claim.before = before.wants.view;
  claim.chart_after = end.target_chart;
  claim.asked = end.asked;
  claim.replicas = before.wants.replicas;
  for (const StepEnd& earlier : before.ends) {  // a part of it may be what it asked for
    claim.asked.insert(claim.asked.end(), earlier.asked.begin(), earlier.asked.end());
  }
  return claim;
}

HarmlessEnd RunHarmlessUpgrade(const Course& course,
                               const Stand& stand,
                               const helm::ReleaseRecord& release) {
  const std::string& ns = course.situation.ns;
  cluster::HelmUpgrade command;
  command.release = course.situation.release;
  command.ns = ns;
  command.chart = "zilliztech/milvus";
  command.version = helm::ChartVersion(release);
  command.values = helm::ValuesMode::kResetThenReuse;
  command.sets = {std::string(sim::kHarmlessSet)};
  sim::SimCluster world = *stand.cluster;
  world.Tell(nullptr);
  // Images are those of the objects that helm patches: nobody has to wait for their pods.
  sim::Session session(std::move(world), std::make_shared<upgrade::ByHand>(std::move(command), 0));
  session.Run();
  HarmlessEnd end{session.cluster().Now() - stand.cluster->Now(), {}};
  const auto before = sim::MilvusImages(stand.cluster->state(), ns);
  for (const auto& [workload, image] : sim::MilvusImages(session.cluster().state(), ns)) {
    const auto old = before.find(workload);
    if (old == before.end()) {
      end.changes.push_back(workload + " runs " + image + " and was not there");
    } else if (old->second != image) {
      end.changes.push_back(workload + " runs " + image + ", it ran " + old->second);
    }
  }
  return end;
}

// What helm sees and does depends on the release and its objects alone, where nothing is on the way
// and nothing is forbidden; not on pods, nor on what they hold.
Fingerprint SeenByHelm(const sim::SimCluster& cluster) {
  const sim::ClusterState& state = cluster.state();
  if (!state.troubles.empty() || !state.operations.empty()) {
    return cluster.Digest();
  }
  Hasher hash;
  hash.Add(state.releases.Digest());
  state.objects.ForEach([&](const std::string& key, const kube::ObjectPtr& object) {
    if (object->ref.kind != "Pod" && object->ref.kind != "ReplicaSet") {
      hash.Add(key).Add(kube::DigestOf(*object));
    }
  });
  return hash.Get();
}

Violations HarmlessUpgrade(const Course& course, const Stand& stand) {
  const helm::ReleaseRecord* release =
      sim::DeployedRelease(stand.cluster->state(), course.situation.ns, course.situation.release);
  if (release == nullptr) {
    return {};
  }
  const auto end = course.harmless->Get({}, SeenByHelm(*stand.cluster), [&] {
    return std::make_shared<const HarmlessEnd>(RunHarmlessUpgrade(course, stand, *release));
  });
  Violations found;
  for (const std::string& change : end->changes) {
    found.push_back({sim::kNextUpgradeHarmless, stand.cluster->Now() + end->after_ms, change});
  }
  return found;
}

// Who asks for an upgrade of what is at 0 replicas wants it to serve.
Violations ReplicaChanges(const Course& course, const Stand& before, const Stand& after) {
  Violations found;
  const sim::ClusterState& state = after.cluster->state();
  for (const auto& [workload, wanted] : before.wants.replicas) {
    const kube::Ref ref{"Deployment", course.situation.ns, workload.substr(workload.find('/') + 1)};
    const kube::Object* object = state.objects.Find(ref.Key());
    const auto* deployment =
        object != nullptr ? std::get_if<kube::Deployment>(&object->body) : nullptr;
    if (deployment != nullptr && wanted != 0 && deployment->replicas != wanted) {
      found.push_back({kReplicas,
                       after.cluster->Now(),
                       workload + " has " + std::to_string(deployment->replicas) +
                           " replicas, the user wants " + std::to_string(wanted)});
    }
  }
  return found;
}

Violations JudgeSuccess(const Course& course, const Stand& before, const Stand& after) {
  const std::string& ns = course.situation.ns;
  sim::SimCluster settled = *after.cluster;
  settled.Tell(nullptr);
  settled.Pass(kSettleMs);
  Violations found = settled.violations();
  for (const std::string& line : sim::NotReady(settled.state(), ns)) {
    found.push_back({sim::kStaysReady, settled.Now(), line});
  }
  AddNew(found, ReplicaChanges(course, before, after));
  AddNew(found, HarmlessUpgrade(course, after));
  return found;
}

bool Failed(const StepEnd& end) {
  return end.kind == EndKind::kStopped || end.kind == EndKind::kHung ||
         end.kind == EndKind::kKilled;
}

// What works on the untouched cluster must work after an attempt that failed.
Violations RetryFails(const Course& course, const Stand& after, const StepSpec& step) {
  const StepEnd& end = after.ends.back();
  const auto earlier = std::ranges::find_if(
      after.ends.begin(), after.ends.end() - 1, [](const StepEnd& other) { return Failed(other); });
  const bool asked = Failed(end) && end.kind != EndKind::kKilled && end.faults == 0;
  if (!asked || earlier == after.ends.end() - 1) {
    return {};
  }
  StepSpec asked_for = step;
  asked_for.expect = {};  // no part of what it does
  const Fingerprint form = Hasher().Add(Dump(ToJson(asked_for))).Get();
  const bool works = course.untouched->Get({}, form, [&] {
    const auto first = TakeStep(course, Begin(course), step, Company{});
    return first && first->ends.back().kind == EndKind::kReached;
  });
  if (!works) {
    return {};
  }
  const std::string how =
      end.kind == EndKind::kHung ? "never ends" : "ends with " + std::to_string(end.exit_code);
  return {
      {kCanRunAgain, after.cluster->Now(), "it " + how + "; on the untouched cluster it works"}};
}

Violations JudgeStop(const Stand& before, const Stand& after, const StepSpec& step) {
  sim::SimCluster settled = *after.cluster;
  settled.Tell(nullptr);
  settled.Pass(kSettleMs);
  Violations found = settled.violations();
  const bool has_account = step.kind == StepKind::kExecutor;
  if (!has_account && MilvusServes(before.cluster->state()) && !MilvusServes(settled.state())) {
    found.push_back({kLeavesServing, settled.Now(), "no pod of Milvus is ready any more"});
  }
  if (has_account && after.ends.back().faults == 1 && after.ends.size() == 1) {
    found.push_back({sim::kReachesTarget, settled.Now(), after.ends.back().account});
  }
  return found;
}

// What is left where a procedure stopped, hung or was killed: a script has no way back, and nobody
// is told what it has changed so far.
Violations JudgeRemains(const Course& course, const Stand& before, const Stand& after) {
  const std::string& ns = course.situation.ns;
  const sim::ClusterState& was = before.cluster->state();
  const sim::ClusterState& is = after.cluster->state();
  Violations found;
  for (const kube::ObjectPtr& object : kube::List(was.objects, "ConfigMap", ns)) {
    if (course.start.objects.Find(object->ref.Key()) == nullptr) {
      continue;  // the script's own
    }
    const kube::Object* now = is.objects.Find(object->ref.Key());
    const auto* data = kube::As<kube::ConfigMap>(object);
    if (now == nullptr || *std::get<kube::ConfigMap>(now->body).data != *data->data) {
      found.push_back(
          {kLeavesConfig, after.cluster->Now(), "ConfigMap/" + object->ref.name + " is changed"});
    }
  }
  std::set<std::string> images;
  for (const auto& [workload, image] : sim::MilvusImages(is, ns)) {
    images.insert(image);
  }
  if (images.size() > 1) {
    found.push_back({kLeavesOneVersion,
                     after.cluster->Now(),
                     *images.begin() + " and " + *std::next(images.begin()) + " side by side"});
  }
  return found;
}

}  // namespace

std::vector<ScenarioProperty> ScenarioProperties() {
  std::vector<ScenarioProperty> all;
  for (const sim::Property& property : sim::AllProperties()) {
    all.push_back({property.kind, property.name, sim::SourceOf(property)});
  }
  for (const char* name : {kFaultTookEffect, kTargetReached, kStoppedWithAccount}) {
    all.push_back({sim::PropertyKind::kSometimes, name, "app/scenario/seen.h"});
  }
  for (const char* name :
       {kLeavesServing, kReplicas, kCanRunAgain, kLeavesConfig, kLeavesOneVersion}) {
    all.push_back({sim::PropertyKind::kEventually, name, "app/scenario/judge.cc"});
  }
  return all;
}

const std::vector<std::string>& AllProperties() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const ScenarioProperty& property : ScenarioProperties()) {
      if (property.kind != sim::PropertyKind::kSometimes) {
        all.emplace_back(property.name);
      }
    }
    return all;
  }();
  return names;
}

void AcceptIfGood(const Course& course, const StepSpec& step, bool nothing_violated, Stand& after) {
  const bool reached = after.ends.back().kind == EndKind::kReached;
  if (nothing_violated && reached && IsProcedure(step.kind)) {
    Accept(course, after);
  }
}

void AddNew(Violations& all, Violations more) {
  for (sim::Violation& violation : more) {
    const bool known = std::ranges::any_of(
        all, [&](const sim::Violation& other) { return other.property == violation.property; });
    if (!known) {
      all.push_back(std::move(violation));
    }
  }
}

Violations JudgeClaim(const Course& course,
                      const Stand& before,
                      const StepEnd& end,
                      const sim::ClusterState& after) {
  cluster::Outcome outcome;
  outcome.kind = end.kind == EndKind::kReached ? cluster::OutcomeKind::kReached
                                               : cluster::OutcomeKind::kStopped;
  outcome.exit_code = end.exit_code;
  outcome.account = end.account;
  auto judged =
      sim::JudgeOutcome(*before.wants.reference, after, outcome, ClaimOf(course, before, end));
  return judged ? std::move(judged->violations)
                : Violations{{sim::kMetadataDecodes, after.now, judged.error().message}};
}

Violations JudgeStep(const Course& course,
                     const Stand& before,
                     const Stand& after,
                     const StepSpec& step) {
  Violations found = after.cluster->violations();
  if (!IsProcedure(step.kind)) {
    return found;
  }
  AddNew(found, RetryFails(course, after, step));
  const StepEnd& end = after.ends.back();
  if (Failed(end) && step.kind != StepKind::kExecutor) {
    AddNew(found, JudgeRemains(course, before, after));
  }
  if (end.kind == EndKind::kHung) {
    AddNew(found, {{sim::kEnds, after.cluster->Now(), end.account}});
    return found;
  }
  const bool died = end.kind == EndKind::kKilled && step.kind == StepKind::kExecutor;
  if (end.kind == EndKind::kRefused || died) {
    return found;  // whoever calls it again goes on from the journal: nothing was claimed
  }
  AddNew(found, JudgeClaim(course, before, end, after.cluster->state()));
  if (end.kind == EndKind::kReached) {
    AddNew(found, JudgeSuccess(course, before, after));
  } else if (end.kind == EndKind::kStopped) {
    AddNew(found, JudgeStop(before, after, step));
  }
  return found;
}

}  // namespace rehearse::app
