#include "app/scenario/course.h"

#include <algorithm>
#include <set>

#include "app/files.h"
#include "app/load.h"
#include "app/scenario/drivers.h"
#include "app/scenario/recorded.h"
#include "model/charts/render.h"
#include "model/core/check.h"
#include "model/etcd/dump.h"
#include "model/kube/machine.h"
#include "model/milvus/lawful.h"
#include "model/milvus/view.h"
#include "simulator/checkers/metadata.h"
#include "simulator/state/processes.h"

namespace rehearse::app {
namespace {

constexpr std::int64_t kClockOriginUnixMs = 1'800'000'000'000;  // a scenario has no date of its own
constexpr std::int64_t kStepsMax = 50'000;
constexpr Millis kStartMs = Seconds(1800);
constexpr Millis kTimeMaxMs = Seconds(24 * 3600);
constexpr Millis kScriptTimeMaxMs = Seconds(2 * 3600);  // every good run ends in less than one hour

std::string Below(const std::string& folder, const std::string& path) {
  return folder.empty() || path.starts_with("/") ? path : folder + "/" + path;
}

Result<etcd::Dump> ReadDump(const std::string& folder, const std::string& name) {
  if (const auto recorded = RecordedMetadata(name)) {
    return etcd::ParseDump(*recorded, name);
  }
  const std::string path = Below(folder, name);
  TRY_ASSIGN(const std::string bytes, ReadFile(path));
  return etcd::ParseDump(bytes, path);
}

std::string AssumeText(const std::map<std::string, std::string>& assume) {
  std::string text;
  for (const auto& [key, value] : assume) {
    text += (text.empty() ? "" : ",") + key + "=" + value;
  }
  return text;
}

Result<cluster::Situation> SituationFor(const StartSpec& start,
                                        const std::string& folder,
                                        const charts::Catalog& catalog) {
  cluster::Situation situation;
  if (start.capture.empty()) {
    TRY_ASSIGN(situation, DescribedSituation(start, catalog));
  } else {
    TRY_ASSIGN(situation, LoadSituation(Below(folder, start.capture), AssumeText(start.assume)));
  }
  if (IsGenerated(start.metadata)) {
    situation.etcd = Generated(start.metadata, situation.etcd);
  } else if (!start.metadata.empty()) {
    TRY_ASSIGN(situation.etcd, ReadDump(folder, start.metadata));
  }
  return situation;
}

std::string RootPathOf(const cluster::Situation& situation, const sim::World& world) {
  for (const kube::ObjectPtr& object : kube::List(situation.objects, "ConfigMap", situation.ns)) {
    const auto* config = kube::As<kube::ConfigMap>(object);
    if (config->data &&
        (config->data->contains("milvus.yaml") || config->data->contains("default.yaml"))) {
      return world.RootPathOf(*config);
    }
  }
  return "by-dev";
}

// The version of the Milvus that the objects name.
Result<Version> ServerOf(const sim::ClusterState& state, const std::string& ns) {
  for (const auto& [workload, image] : sim::MilvusImages(state, ns)) {
    return ParseImageTagVersion(image.substr(image.rfind(':') + 1));
  }
  return BadInput("the start has no Milvus workload in namespace " + ns);
}

std::map<std::string, std::int64_t> ReplicasOf(const sim::ClusterState& state,
                                               const std::string& ns) {
  std::map<std::string, std::int64_t> replicas;
  for (const kube::ObjectPtr& object : kube::List(state.objects, "Deployment", ns)) {
    const auto* deployment = kube::As<kube::Deployment>(object);
    if (sim::KindOfProcess(*deployment->pod_template) == sim::ProcessKind::kMilvus) {
      replicas["Deployment/" + object->ref.name] = deployment->replicas;
    }
  }
  return replicas;
}

// What counts from now on is what is there now.
void WantWhatIs(const Course& course,
                sim::SimCluster& cluster,
                const Version& server,
                Wants& wants) {
  auto view = milvus::ViewAs(cluster.state().etcd.keys, {course.world->root_path, server});
  if (!view) {
    return;  // it cannot be decoded: the old reference stays, and the judge will say so
  }
  wants.server = server;
  wants.reference = std::make_shared<const sim::ClusterState>(cluster.state());
  wants.view = std::make_shared<const milvus::MetaView>(*std::move(view));
  cluster.Remember(cluster.state().etcd.keys);
}

// Servers write of themselves. As long as they show all that counts, on metadata of their own
// generation alone, what is there now is what a procedure must keep.
void FollowServers(const Course& course, sim::SimCluster& cluster, Wants& wants) {
  const etcd::Keys& keys = cluster.state().etcd.keys;
  const std::string& root = course.world->root_path;
  if (sim::SameMetadata(keys, wants.reference->etcd.keys, root)) {
    return;
  }
  const bool old = wants.server < Version{2, 2, 0, ""};
  if (sim::GenerationOf(keys, root) != (old ? sim::Generation::k21 : sim::Generation::k22)) {
    return;
  }
  const auto view = milvus::ViewAs(keys, {root, wants.server});
  if (!view || !milvus::ClassifyDifferences(*wants.view, *view).unlawful.empty()) {
    return;
  }
  sim::ClusterState reference = *wants.reference;
  reference.etcd = cluster.state().etcd;
  wants.reference = std::make_shared<const sim::ClusterState>(std::move(reference));
  cluster.Remember(keys);
}

// Everything of the dump but what servers hold themselves.
etcd::Keys WithMetadataOf(const etcd::Keys& now, const etcd::Keys& dump, const std::string& root) {
  etcd::Keys merged;
  const std::string sessions = root + "/meta/session";
  now.ForEach([&](const std::string& key, const auto& entry) {
    if (entry->lease != 0 || key.starts_with(sessions)) {
      merged = merged.Set(key, *entry);
    }
  });
  dump.ForEach([&](const std::string& key, const auto& entry) {
    if (entry->lease == 0 && !key.starts_with(sessions)) {
      merged = merged.Set(key, *entry);
    }
  });
  return merged;
}

// Clients can only work with a Milvus that serves; otherwise nothing happens.
Result<Ready> PrepareAct(const Course& course, const Stand& stand, const StepSpec& step) {
  Ready ready;
  sim::SimCluster cluster = *stand.cluster;
  if (step.kind == StepKind::kUse && MilvusServes(cluster.state())) {
    TRY_ASSIGN(etcd::Dump dump, ReadDump(course.folder, step.text));
    cluster.ChangeMetadata(WithMetadataOf(
        cluster.state().etcd.keys, etcd::KeysOf(std::move(dump)), course.world->root_path));
  }
  ready.session.emplace(std::move(cluster), Nobody(step.duration_ms));
  return ready;
}

// Notes the ends and the words of a driver.
class Ear final : public sim::StepSink {
 public:
  Ear(StepEnd& end, sim::StepSink* next) : end_(end), next_(next) {}
  void Stepped(Instant began,
               const cluster::Step& step,
               const cluster::Input& answer,
               const sim::SimCluster& world) override {
    if (const auto* say = std::get_if<cluster::SayStep>(&step)) {
      end_.said.push_back(say->text.substr(say->text.find('\t') + 1));
    }
    if (next_ != nullptr) {
      next_->Stepped(began, step, answer, world);
    }
  }

 private:
  StepEnd& end_;
  sim::StepSink* next_;
};

void NoteOutcome(const cluster::Outcome& outcome, StepEnd& end) {
  end.kind = outcome.kind == cluster::OutcomeKind::kStopped ? EndKind::kStopped : EndKind::kReached;
  end.exit_code = outcome.exit_code;
  end.account = outcome.account;
}

void KillScript(sim::Session& session, StepEnd& end) {
  session.mutable_cluster().KillClient();
  session.mutable_cluster().Pass(sim::kRestartMs);
  end.kind = EndKind::kKilled;
  end.struck = end.faults > 0;
}

// A described release has no pods yet.
void LetItStart(Course& course) {
  sim::SimCluster cluster(course.start, course.world);
  cluster.Pass(kStartMs);
  course.start = cluster.state();
  course.situation = SituationOf(course, course.start);
}

}  // namespace

bool MilvusServes(const sim::ClusterState& state) {
  bool ready = false;
  state.processes.ForEach([&](const std::string& pod, const auto& process) {
    const kube::Object* object = state.objects.Find(pod);
    ready =
        ready || (process->milvus && object != nullptr && std::get<kube::Pod>(object->body).ready);
  });
  return ready;
}

std::string_view NameOf(EndKind kind) {
  switch (kind) {
    case EndKind::kReached:
      return "reached";
    case EndKind::kStopped:
      return "stopped";
    case EndKind::kHung:
      return "hung";
    case EndKind::kRefused:
      return "refused";
    case EndKind::kKilled:
      return "killed";
  }
  return "";
}

Result<Course> MakeCourse(const StartSpec& start,
                          const std::string& folder,
                          std::shared_ptr<const charts::Catalog> catalog) {
  Course course;
  course.folder = folder;
  course.catalog = std::move(catalog);
  TRY_ASSIGN(course.situation, SituationFor(start, folder, *course.catalog));
  auto world = std::make_shared<sim::World>();
  TRY_ASSIGN(world->kubernetes, ParseVersion(course.situation.kubernetes_version));
  world->release = course.situation.release;
  world->ns = course.situation.ns;
  world->clock_origin_unix_ms = kClockOriginUnixMs;
  world->renderer = std::make_shared<sim::NotingRenderer>(
      std::make_shared<charts::CatalogRenderer>(*course.catalog));
  world->root_path = RootPathOf(course.situation, *world);
  TRY_ASSIGN(course.start, sim::BuildState(course.situation, *world));
  TRY_ASSIGN(course.server, ServerOf(course.start, course.situation.ns));
  course.world = std::move(world);
  if (start.capture.empty()) {
    LetItStart(course);
  }
  return course;
}

Stand Begin(const Course& course) {
  Stand stand;
  sim::SimCluster cluster(course.start, course.world);
  WantWhatIs(course, cluster, course.server, stand.wants);
  stand.wants.replicas = ReplicasOf(course.start, course.situation.ns);
  stand.cluster = std::make_shared<const sim::SimCluster>(cluster);
  return stand;
}

Result<Ready> Prepare(const Course& course, const Stand& stand, const StepSpec& step) {
  if (step.kind == StepKind::kUse || step.kind == StepKind::kWait) {
    return PrepareAct(course, stand, step);
  }
  Ready ready;
  TRY_ASSIGN(Made made, DriverOf(course, stand, step));
  ready.end = std::move(made.end);
  ready.plan = std::move(made.plan);
  ready.killed_at = step.killed_after;
  ready.killed_after = true;
  ready.resumes = step.kind == StepKind::kExecutor;
  ready.refused = made.driver == nullptr;
  sim::SimCluster cluster = *stand.cluster;
  cluster.CountAnew();
  const Instant now = cluster.Now();
  ready.session.emplace(std::move(cluster), ready.refused ? Nobody(0) : std::move(made.driver));
  ready.session->set_bounds({kStepsMax, now + (ready.resumes ? kTimeMaxMs : kScriptTimeMaxMs)});
  return ready;
}

void Disturb(Ready& ready, const sim::Fault& fault) {
  ++ready.end.faults;
  if (fault.site == sim::SiteKind::kDriverStep && !ready.resumes) {
    ready.killed_at = fault.number;
    ready.killed_after = fault.fate == sim::Fate::kDriverKilledAfter;
  } else {
    ready.session->Inject(fault);
  }
}

namespace {

enum class Round { kGoesOn, kKnown, kLoop };

// Where forks come together: after a wait, with no fault still to come.
Round LookRound(const Ready& ready, const Company& company, std::set<Fingerprint>& seen) {
  const sim::Session& session = *ready.session;
  if (!session.has_waited() || session.HasPendingFaults() || ready.killed_at != 0) {
    return Round::kGoesOn;
  }
  const Fingerprint digest = session.Digest();
  if (company.known != nullptr && company.known->contains(digest)) {
    return Round::kKnown;
  }
  return seen.insert(digest).second ? Round::kGoesOn : Round::kLoop;
}

}  // namespace

void NoteEnd(Ready& ready) {
  sim::Session& session = *ready.session;
  ready.end.struck = ready.end.faults > 0 && !session.HasPendingFaults();
  if (session.outcome()) {
    NoteOutcome(*session.outcome(), ready.end);
    return;
  }
  ready.end.kind = EndKind::kHung;
  ready.end.account += ready.end.account.empty() ? "no end within the bounds" : "";
  session.mutable_cluster().KillClient();  // whoever waits for it gives up
}

bool RunToEnd(Ready& ready, const Company& company) {
  StepEnd& end = ready.end;
  if (ready.refused) {
    end.kind = EndKind::kRefused;
    return true;
  }
  sim::Session& session = *ready.session;
  Ear ear(end, company.sink);
  std::set<Fingerprint> seen;
  while (!session.ended()) {
    const bool dies = session.driver_steps() + 1 == ready.killed_at;
    if (!dies || ready.killed_after) {
      session.Step(&ear);
    }
    if (session.ended()) {
      break;
    }
    if (dies) {
      KillScript(session, end);
      return true;
    }
    const Round round = LookRound(ready, company, seen);
    if (round == Round::kKnown) {
      return false;
    }
    if (round == Round::kLoop) {
      end.account = "the same state again: it goes on like this for ever";
      break;
    }
  }
  NoteEnd(ready);
  return true;
}

Stand Settle(const Course& course, const Stand& before, const StepSpec& step, Ready ready) {
  Stand after;
  after.wants = before.wants;
  after.ends = before.ends;
  sim::SimCluster cluster = ready.session->cluster();
  if (step.kind == StepKind::kUse && MilvusServes(cluster.state())) {
    WantWhatIs(course, cluster, after.wants.server, after.wants);
  }
  if (step.kind == StepKind::kScale) {
    for (const std::string& object : step.objects) {
      after.wants.replicas[object] = step.number;
    }
  }
  after.ours = before.ours;
  if (ready.plan) {
    auto ours = std::make_shared<OurRun>();
    ours->plan = ready.plan;
    if (step.resumes) {
      ours->journal = before.ours->journal;
    }
    const std::vector<std::string>& lines = ready.session->journal();
    ours->journal.insert(ours->journal.end(), lines.begin(), lines.end());
    after.ours = std::move(ours);
  }
  after.ends.push_back(std::move(ready.end));
  FollowServers(course, cluster, after.wants);
  after.cluster = std::make_shared<const sim::SimCluster>(cluster);
  return after;
}

void Accept(const Course& course, Stand& stand) {
  const auto server = ParseVersion(stand.ends.back().target);
  if (server) {
    sim::SimCluster cluster = *stand.cluster;
    WantWhatIs(course, cluster, *server, stand.wants);
    stand.cluster = std::make_shared<const sim::SimCluster>(cluster);
  }
}

Result<Stand> TakeStep(const Course& course,
                       const Stand& stand,
                       const StepSpec& step,
                       const Company& company) {
  TRY_ASSIGN(Ready ready, Prepare(course, stand, step));
  for (const sim::Fault& fault : company.faults) {
    Disturb(ready, fault);
  }
  RunToEnd(ready, company);
  return Settle(course, stand, step, std::move(ready));
}

cluster::Situation SituationOf(const Course& course, const sim::ClusterState& state) {
  cluster::Situation situation = course.situation;
  situation.objects = state.objects;
  situation.releases.clear();
  state.releases.ForPrefix(situation.ns + "/", [&](const std::string&, const auto& record) {
    situation.releases.push_back(*record);
  });
  std::ranges::sort(situation.releases, {}, &helm::ReleaseRecord::revision);
  situation.etcd = etcd::DumpOf(state.etcd.keys, course.situation.etcd.revision);
  situation.backup_files.clear();
  state.volumes.ForEach([&](const std::string&, const auto& content) {
    for (const auto& [name, bytes] : content->files) {
      situation.backup_files[name] = *bytes;
    }
  });
  return situation;
}

}  // namespace rehearse::app
