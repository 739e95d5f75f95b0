#include "app/rehearsal.h"

#include <algorithm>

#include "app/trace.h"
#include "model/charts/render.h"
#include "model/core/check.h"
#include "model/kube/machine.h"
#include "model/milvus/view.h"
#include "simulator/checkers/property.h"
#include "upgrade/metadata_reading.h"
#include "upgrade/procedures/by_hand.h"

namespace rehearse::app {
namespace {

constexpr std::int64_t kClockOriginUnixMs =
    1'800'000'000'000;  // a rehearsal has no date of its own
constexpr Millis kSettleMs = Seconds(600);

Result<sim::Claim> ClaimOf(const result::Plan& plan, const sim::World& world) {
  sim::Claim claim;
  claim.ns = plan.ns;
  claim.release = plan.release;
  claim.root_path = world.root_path;
  claim.chart_after = plan.to_chart;
  TRY_ASSIGN(claim.server_after, ParseVersion(plan.to_app));
  for (const result::Hop& hop : plan.hops) {
    const auto& sets = hop.helm ? hop.helm->sets : std::vector<std::string>{};
    claim.asked.insert(claim.asked.end(), sets.begin(), sets.end());
  }
  const std::string from = plan.hops.empty() ? plan.to_app : plan.hops.front().from_app;
  TRY_ASSIGN(claim.server_before, ParseVersion(from));
  return claim;
}

std::string RootPathOf(const result::Plan& plan,
                       const cluster::Situation& situation,
                       const sim::World& world) {
  for (const result::Hop& hop : plan.hops) {
    if (hop.metadata) {
      return hop.metadata->root_path;
    }
  }
  for (const kube::ObjectPtr& object : kube::List(situation.objects, "ConfigMap", plan.ns)) {
    const auto* config = kube::As<kube::ConfigMap>(object);
    if (config->data &&
        (config->data->contains("milvus.yaml") || config->data->contains("default.yaml"))) {
      return world.RootPathOf(*config);
    }
  }
  return "by-dev";
}

// An old image on metadata of 2.2 that helm brings forward: what is to be kept is what the new
// server sees.
bool IsConvertedAlready(const cluster::Situation& situation,
                        const result::Plan& plan,
                        const sim::Claim& claim) {
  const Version converted{2, 2, 0, ""};
  return !plan.hops.empty() && plan.hops.front().helm && claim.server_before < converted &&
         upgrade::ReadMetadata(situation.etcd, claim.root_path).generation ==
             upgrade::MetadataGeneration::kV22;
}

result::ClusterSummary Summarise(const sim::ClusterState& state,
                                 const sim::Claim& claim,
                                 const milvus::MetaView& view) {
  result::ClusterSummary summary;
  summary.server_version = view.server.ToString();
  summary.metadata = milvus::ToJson(view);
  summary.metadata_text = milvus::ToText(view);
  const helm::ReleaseRecord* newest = nullptr;
  state.releases.ForPrefix(claim.ns + "/", [&](const std::string&, const auto& record) {
    if (record->name == claim.release &&
        (newest == nullptr || record->revision > newest->revision)) {
      newest = record.get();
    }
  });
  if (newest != nullptr) {
    summary.release = {newest->name,
                       newest->ns,
                       newest->revision,
                       std::string(helm::NameOf(newest->status)),
                       helm::ChartLabel(*newest),
                       helm::AppVersion(*newest)};
  }
  for (const std::string_view kind : {"Deployment", "StatefulSet"}) {
    for (const kube::ObjectPtr& object : kube::List(state.objects, kind, claim.ns)) {
      const auto* deployment = kube::As<kube::Deployment>(object);
      const auto* set = kube::As<kube::StatefulSet>(object);
      result::WorkloadSummary row{object->ref.kind, object->ref.name, {}, 0, 0};
      row.replicas = deployment != nullptr ? deployment->replicas : set->replicas;
      row.ready = deployment != nullptr ? deployment->status.ready : set->status.ready;
      for (const kube::Container& container :
           (deployment != nullptr ? deployment->pod_template : set->pod_template)->containers) {
        row.images.push_back(container.image);
      }
      summary.workloads.push_back(std::move(row));
    }
  }
  for (const kube::ObjectPtr& object : kube::List(state.objects, "Pod", claim.ns)) {
    const auto* pod = kube::As<kube::Pod>(object);
    result::PodSummary row{object->ref.name,
                           std::string(kube::NameOf(pod->phase)),
                           pod->ready,
                           {},
                           pod->waiting_reason};
    for (const kube::Container& container : pod->pod_template->containers) {
      row.images.push_back(container.image);
    }
    summary.pods.push_back(std::move(row));
  }
  return summary;
}

std::vector<sim::Violation> TryHarmlessUpgrade(const Rehearsal& rehearsal,
                                               const sim::Session& ended) {
  cluster::HelmUpgrade command;
  command.release = rehearsal.claim.release;
  command.ns = rehearsal.claim.ns;
  command.chart = "zilliztech/milvus";
  command.version = rehearsal.claim.chart_after;
  command.sets = {std::string(sim::kHarmlessSet)};
  sim::SimCluster world = ended.cluster();
  world.Tell(nullptr);
  sim::Session after(std::move(world),
                     std::make_shared<upgrade::ByHand>(std::move(command), kSettleMs));
  after.Run();
  return sim::CheckNextUpgrade(
      ended.cluster().state(), after.cluster().state(), after.outcome(), rehearsal.claim);
}

// Of real servers up to 2.3.5 it was seen what they make of metadata: fixtures/etcd.
std::string BeyondMeasured(const result::Plan& plan) {
  static const Version last_measured{2, 3, 5, ""};
  std::string versions;
  for (const result::Hop& hop : plan.hops) {
    const auto app = ParseVersion(hop.to_app);
    if (app && last_measured < *app && hop.from_app != hop.to_app) {
      versions += (versions.empty() ? "" : ", ") + hop.to_app;
    }
  }
  return versions.empty() ? ""
                          : "; what servers beyond 2.3.5 (" + versions +
                                ") make of it is as read in their source, not measured";
}

std::string SummaryOf(const result::RunResult& run) {
  switch (run.verdict) {
    case result::Verdict::kHolds:
      return "holds: " + run.plan.release + " runs Milvus " + run.plan.to_app + " on chart " +
             run.plan.to_chart + ", metadata equal before and after by the lawful table" +
             BeyondMeasured(run.plan);
    case result::Verdict::kViolated:
      return "violated: " + (run.violations.empty() ? "" : run.violations.front().property);
    case result::Verdict::kUnknown:
      return "unknown: the verdict rests on assumed laws (--strict)";
    case result::Verdict::kRefused:
      return "refused";
  }
  return "unknown";
}

std::vector<result::RunStep> StepsOf(const TraceWriter& writer) {
  std::vector<result::RunStep> steps;
  for (const TraceWriter::Said& said : writer.said()) {
    const std::size_t tab = said.text.find('\t');
    const bool has_id = tab != std::string::npos;
    steps.push_back(
        result::RunStep{said.at.ms,
                        has_id ? said.text.substr(0, said.text.find_first_of(".\t")) : "",
                        has_id ? said.text.substr(tab + 1) : said.text});
  }
  return steps;
}

void AddDifferences(const milvus::Classification& differences, result::RunResult& run) {
  for (const auto& lawful : differences.lawful) {
    run.differences.push_back(
        {lawful.difference.path, lawful.difference.before, lawful.difference.after, lawful.law});
  }
  for (const auto& other : differences.unlawful) {
    run.differences.push_back({other.path, other.before, other.after, std::nullopt});
  }
}

std::int64_t SizeAt(const Json& line, const char* key) {
  const Json* list = At(line, {key});
  return list != nullptr ? static_cast<std::int64_t>(list->size()) : 0;
}

bool IsTrue(const Json& line, const char* key) {
  const Json* value = At(line, {key});
  return value != nullptr && *value == true;
}

std::int64_t FaultsOfAction(const Json& line) {
  constexpr std::int64_t kRefused = 5;  // not applied, unacknowledged, timeout, error, forbidden
  return kRefused + (StringAt(line, {"command"}).starts_with("helm ") ? 0 : 1);
}

// The faults of machines, network and client that are over within seconds and can fall where this
// line stands.
std::int64_t FaultsOnLine(const Json& line) {
  constexpr std::int64_t kKilled = 2;  // the executor, before and after
  const std::string kind = StringAt(line, {"kind"});
  if (kind == "read") {
    return kKilled + 1 + (IsTrue(line, "cached") ? 1 : 0);
  }
  if (kind == "start") {
    return kKilled + FaultsOfAction(line);
  }
  if (kind == "wait") {
    return kKilled + 1 + SizeAt(line, "pods");  // etcd changes its leader, a pod is deleted
  }
  if (kind == "journal") {
    return kKilled;
  }
  if (kind == "process") {
    return StringAt(line, {"text"}).starts_with("tool ") ? 3 : 2;
  }
  return kind == "end" ? 1 : 0;  // killed before its last word
}

Result<sim::Judged> Judge(const Rehearsal& rehearsal, const sim::Session& session) {
  const cluster::Outcome outcome = session.outcome().value_or(cluster::Outcome{});
  TRY_ASSIGN(
      sim::Judged judged,
      sim::JudgeOutcome(rehearsal.start, session.cluster().state(), outcome, rehearsal.claim));
  sim::SimCluster settled = session.cluster();  // what is good now must stay so
  settled.Tell(nullptr);
  settled.Pass(kSettleMs);
  if (outcome.kind == cluster::OutcomeKind::kReached) {
    for (const std::string& line : sim::NotReady(settled.state(), rehearsal.claim.ns)) {
      judged.violations.push_back({sim::kStaysReady, settled.Now(), line});
    }
  }
  const auto& watched = settled.violations();
  judged.violations.insert(judged.violations.begin(), watched.begin(), watched.end());
  if (session.hung()) {
    judged.violations.push_back({sim::kEnds, session.cluster().Now(), "no end within the bounds"});
  }
  return judged;
}

}  // namespace

Result<Rehearsal> MakeRehearsal(const cluster::Situation& situation,
                                const charts::Catalog& catalog,
                                result::Plan plan) {
  Rehearsal rehearsal;
  auto world = std::make_shared<sim::World>();
  TRY_ASSIGN(world->kubernetes, ParseVersion(situation.kubernetes_version));
  world->release = plan.release;
  world->ns = plan.ns;
  world->other_chart = plan.to_chart;
  world->clock_origin_unix_ms = kClockOriginUnixMs;
  world->renderer =
      std::make_shared<sim::NotingRenderer>(std::make_shared<charts::CatalogRenderer>(catalog));
  world->root_path = RootPathOf(plan, situation, *world);
  TRY_ASSIGN(rehearsal.start, sim::BuildState(situation, *world));
  TRY_ASSIGN(rehearsal.claim, ClaimOf(plan, *world));
  if (IsConvertedAlready(situation, plan, rehearsal.claim)) {
    TRY_ASSIGN(rehearsal.claim.server_before, ParseVersion(plan.hops.front().to_app));
  }
  TRY_ASSIGN(milvus::MetaView before,
             milvus::ViewAs(rehearsal.start.etcd.keys,
                            {rehearsal.claim.root_path, rehearsal.claim.server_before}));
  rehearsal.claim.before = std::make_shared<const milvus::MetaView>(std::move(before));
  rehearsal.world = std::move(world);
  rehearsal.plan = std::make_shared<const result::Plan>(std::move(plan));
  return rehearsal;
}

sim::Session StartSession(const Rehearsal& rehearsal) {
  sim::SimCluster cluster(rehearsal.start, rehearsal.world);
  cluster.Remember(rehearsal.start.etcd.keys);
  return sim::Session(std::move(cluster),
                      std::make_shared<upgrade::Executor>(rehearsal.plan, rehearsal.executor));
}

std::vector<sim::Violation> JudgeSession(const Rehearsal& rehearsal, const sim::Session& session) {
  const auto judged = Judge(rehearsal, session);
  if (!judged) {
    return {{sim::kMetadataDecodes, session.cluster().Now(), judged.error().message}};
  }
  return judged->violations;
}

sim::ExploreReport ExploreRehearsal(const Rehearsal& rehearsal,
                                    sim::ExploreOptions options,
                                    int parts) {
  if (!options.judge) {
    options.judge = [&rehearsal](const sim::Session& session) {
      return JudgeSession(rehearsal, session);
    };
  }
  const sim::Session start = StartSession(rehearsal);
  return parts > 1 ? sim::ExploreInParts(start, std::move(options), parts)
                   : sim::Explore(start, options);
}

Result<RunOutput> RunRehearsal(const Rehearsal& rehearsal, const RunOptions& options) {
  TraceWriter writer(*rehearsal.plan);
  sim::Session session = StartSession(rehearsal);
  for (const sim::Fault& fault : options.faults) {
    session.Inject(fault);
  }
  session.mutable_cluster().Tell(&writer);
  session.Run(&writer);
  session.mutable_cluster().Tell(nullptr);
  writer.End(session);

  TRY_ASSIGN(sim::Judged judged, Judge(rehearsal, session));
  const bool reached =
      session.outcome() && session.outcome()->kind != cluster::OutcomeKind::kStopped;
  if (reached && options.harmless_upgrade) {
    for (sim::Violation& violation : TryHarmlessUpgrade(rehearsal, session)) {
      judged.violations.push_back(std::move(violation));
    }
  }
  RunOutput output;
  result::RunResult& run = output.result;
  run.plan = *rehearsal.plan;
  if (!reached && !session.hung()) {
    run.violations.push_back(
        {"the plan reaches its target", session.cluster().Now().ms, session.outcome()->account});
  }
  for (const sim::Violation& violation : judged.violations) {
    run.violations.push_back({violation.property, violation.at.ms, violation.evidence});
  }
  run.laws = session.cluster().laws();
  run.laws.Add(judged.laws);
  const bool shaky = options.strict && run.laws.Count(Basis::kAssumed) != 0;
  const bool blind = !session.cluster().unknown().empty();
  run.verdict = blind                     ? result::Verdict::kUnknown
                : !run.violations.empty() ? result::Verdict::kViolated
                : shaky                   ? result::Verdict::kUnknown
                                          : result::Verdict::kHolds;
  run.account = session.outcome() ? session.outcome()->account : "";
  run.before = Summarise(rehearsal.start, rehearsal.claim, judged.before);
  run.after = Summarise(session.cluster().state(), rehearsal.claim, judged.after);
  AddDifferences(judged.differences, run);
  run.downtime_ms = writer.downtime_ms();
  run.simulated_ms = session.cluster().Now().ms;
  run.steps = StepsOf(writer);
  run.summary = blind ? "unknown: " + session.cluster().unknown() : SummaryOf(run);
  output.trace = writer.text();
  return output;
}

Result<std::int64_t> EnumerateFaults(const std::string& trace) {
  std::int64_t count = 0;
  std::int64_t line_number = 0;
  std::string_view rest = trace;
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    TRY_ASSIGN(const Json line, ParseJson(text, "trace line " + std::to_string(++line_number)));
    count += FaultsOnLine(line);
  }
  return count;
}

}  // namespace rehearse::app
