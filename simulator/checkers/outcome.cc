#include "simulator/checkers/outcome.h"

#include "model/core/remembered.h"
#include "model/kube/codec.h"
#include "model/kube/machine.h"
#include "model/milvus/view.h"
#include "simulator/checkers/metadata.h"
#include "simulator/checkers/property.h"
#include "simulator/state/processes.h"

namespace rehearse::sim {
namespace {

const kube::PodTemplate* TemplateOf(const kube::Object& object) {
  if (const auto* deployment = std::get_if<kube::Deployment>(&object.body)) {
    return deployment->pod_template.get();
  }
  const auto* set = std::get_if<kube::StatefulSet>(&object.body);
  return set != nullptr ? set->pod_template.get() : nullptr;
}

std::vector<kube::ObjectPtr> WorkloadsOf(const ClusterState& state, const std::string& ns) {
  std::vector<kube::ObjectPtr> list = kube::List(state.objects, "Deployment", ns);
  for (kube::ObjectPtr& set : kube::List(state.objects, "StatefulSet", ns)) {
    list.push_back(std::move(set));
  }
  return list;
}

std::string Named(const kube::Object& object) { return object.ref.kind + "/" + object.ref.name; }

void CheckWorkload(const kube::Object& wanted,
                   const kube::Object* live,
                   std::int64_t by_hand,  // replicas; -1: as the manifest says
                   std::vector<std::string>& lines) {
  if (live == nullptr) {
    lines.push_back(Named(wanted) + ": in the manifest, not in the cluster");
    return;
  }
  const kube::PodTemplate* own = TemplateOf(wanted);
  const kube::PodTemplate* seen = TemplateOf(*live);
  for (const kube::Container& container : own->containers) {
    for (const kube::Container& other : seen->containers) {
      if (other.name == container.name && other.image != container.image) {
        lines.push_back(Named(wanted) + ": image " + other.image + ", the manifest says " +
                        container.image);
      }
    }
  }
  const auto* deployment = std::get_if<kube::Deployment>(&wanted.body);
  const auto* running = std::get_if<kube::Deployment>(&live->body);
  const bool names_replicas = At(*wanted.document, {"spec", "replicas"}) != nullptr;
  if (deployment != nullptr && running != nullptr && names_replicas &&
      deployment->replicas != running->replicas && running->replicas != by_hand) {
    lines.push_back(Named(wanted) + ": " + std::to_string(running->replicas) +
                    " replicas, the manifest says " + std::to_string(deployment->replicas));
  }
}

// A manifest's object; runs that were forked share their documents.
std::shared_ptr<const Result<kube::Object>> ReadOnce(const helm::JsonPtr& document,
                                                     std::int64_t revision) {
  static Remembered<std::shared_ptr<const Result<kube::Object>>> known(1024);
  return known.Get({document}, static_cast<std::uint64_t>(revision), [&] {
    return std::make_shared<const Result<kube::Object>>(
        kube::FromJson(*document, "manifest of revision " + std::to_string(revision)));
  });
}

struct Compared {
  milvus::MetaView after;
  milvus::Classification differences;
};
using ComparedPtr = std::shared_ptr<const Result<Compared>>;

// Many runs of a search end on the same metadata. `shared`: `before`, where others have it too.
ComparedPtr CompareOnce(const std::shared_ptr<const milvus::MetaView>& shared,
                        const milvus::MetaView& before,
                        const etcd::Keys& keys,
                        const milvus::ViewOptions& options) {
  const auto compare = [&]() -> Result<Compared> {
    TRY_ASSIGN(milvus::MetaView after, milvus::ViewAs(keys, options));
    milvus::Classification differences = milvus::ClassifyDifferences(before, after);
    return Compared{std::move(after), std::move(differences)};
  };
  const auto make = [&] { return std::make_shared<const Result<Compared>>(compare()); };
  if (shared == nullptr) {
    return make();
  }
  static Remembered<ComparedPtr> known(1024);
  Hasher asked;
  asked.Add(keys.Digest()).Add(options.root_path).Add(options.server.ToString());
  return known.Get({shared}, asked.Get(), make);
}

void Add(Judged& judged, const ClusterState& end, std::string property, std::string evidence) {
  judged.violations.push_back(Violation{std::move(property), end.now, std::move(evidence)});
}

void JudgeService(Judged& judged, const ClusterState& end, const Claim& claim) {
  for (const std::string& line : NotReady(end, claim.ns)) {
    Add(judged, end, kReadyWhereClaimed, line);
  }
  for (const std::string& line : Disagreements(end, claim.ns, claim.release, claim.replicas)) {
    Add(judged, end, kReleaseAgrees, line);
  }
  for (const auto& [workload, image] : MilvusImages(end, claim.ns)) {
    if (ImageTag(image) != "v" + claim.server_after.ToString()) {
      Add(judged, end, kRunsTarget, workload + " runs " + image);
    }
  }
  const helm::ReleaseRecord* release = DeployedRelease(end, claim.ns, claim.release);
  if (release == nullptr) {
    Add(judged, end, kReleaseDeployed, "no deployed revision");
  } else if (!claim.chart_after.empty() && helm::ChartVersion(*release) != claim.chart_after) {
    Add(judged, end, kReleaseOnChart, "deployed chart " + helm::ChartVersion(*release));
  }
}

void JudgeMetadata(Judged& judged, const ClusterState& end) {
  for (const milvus::ViewDifference& difference : judged.differences.unlawful) {
    Add(judged,
        end,
        kMetadataEqual,
        difference.path + ": " + difference.before + " -> " + difference.after);
  }
}

// Servers write of themselves: the original is still live where the version that the start had, or
// one that the workloads name, sees all of it.
bool IsStillSeen(const Judged& judged, const ClusterState& end, const Claim& claim) {
  if (judged.differences.unlawful.empty()) {
    return true;
  }
  for (const auto& [workload, image] : MilvusImages(end, claim.ns)) {
    const auto version = ParseImageTagVersion(ImageTag(image));
    const auto view = version ? milvus::ViewAs(end.etcd.keys, {claim.root_path, *version})
                              : Result<milvus::MetaView>(BadInput("no version"));
    if (view && milvus::ClassifyDifferences(judged.before, *view).unlawful.empty()) {
      return true;
    }
  }
  return false;
}

// What is live is not the original any more.
void JudgeStop(Judged& judged,
               const ClusterState& start,
               const ClusterState& end,
               const std::pair<const cluster::Outcome&, const Claim&>& said) {
  const auto& [outcome, claim] = said;
  if (auto violation = CheckAccount(start, end, outcome, claim)) {
    judged.violations.push_back(*std::move(violation));
  } else if (!SameMetadata(end.etcd.keys, start.etcd.keys, claim.root_path) &&
             !FindValidBackup(end, start.etcd.keys, claim.root_path)) {
    Add(judged,
        end,
        kNoMetadataLost,
        "the run stopped, etcd is changed and no backup file holds the original");
  }
}

}  // namespace

std::vector<std::string> NotReady(const ClusterState& state, const std::string& ns) {
  std::vector<std::string> lines;
  for (const kube::ObjectPtr& object : WorkloadsOf(state, ns)) {
    const auto* deployment = kube::As<kube::Deployment>(object);
    const auto* set = kube::As<kube::StatefulSet>(object);
    const kube::WorkloadStatus& status = deployment != nullptr ? deployment->status : set->status;
    const std::int64_t replicas = deployment != nullptr ? deployment->replicas : set->replicas;
    if (status.ready < replicas || status.updated < replicas || status.replicas > replicas) {
      lines.push_back(Named(*object) + ": " + std::to_string(status.ready) + " of " +
                      std::to_string(replicas) + " ready, " + std::to_string(status.updated) +
                      " updated");
    }
    const bool is_milvus = KindOfProcess(*TemplateOf(*object)) == ProcessKind::kMilvus;
    if (is_milvus && replicas == 0) {
      lines.push_back(Named(*object) + ": scaled to 0");
    }
  }
  for (const kube::ObjectPtr& pod : kube::List(state.objects, "Pod", ns)) {
    if (kube::As<kube::Pod>(pod)->waiting_reason == "CrashLoopBackOff") {
      const Log* log = state.logs.Find(pod->ref.Key());
      lines.push_back(Named(*pod) + ": CrashLoopBackOff" +
                      (log != nullptr && !log->lines.empty() ? ": " + log->lines.back() : ""));
    }
  }
  return lines;
}

std::vector<std::string> Disagreements(const ClusterState& state,
                                       const std::string& ns,
                                       const std::string& release,
                                       const std::map<std::string, std::int64_t>& replicas) {
  std::vector<std::string> lines;
  const helm::ReleaseRecord* record = DeployedRelease(state, ns, release);
  if (record == nullptr) {
    return {"no deployed revision of " + release};
  }
  helm::ReleaseRecord copy = *record;
  const auto objects = helm::ParseManifest(copy);
  if (!objects) {
    return {objects.error().message};
  }
  for (const helm::JsonPtr& document : **objects) {
    const std::string kind = StringAt(*document, {"kind"});
    if (kind != "Deployment" && kind != "StatefulSet") {
      continue;
    }
    const auto read = ReadOnce(document, record->revision);
    if (!*read) {
      lines.push_back(read->error().message);
      continue;
    }
    const kube::Object& wanted = **read;
    const kube::Ref ref{kind, ns, wanted.ref.name};
    const auto by_hand = replicas.find(Named(wanted));
    const std::int64_t number = by_hand == replicas.end() ? -1 : by_hand->second;
    CheckWorkload(wanted, state.objects.Find(ref.Key()), number, lines);
  }
  return lines;
}

const helm::ReleaseRecord* DeployedRelease(const ClusterState& state,
                                           const std::string& ns,
                                           const std::string& release) {
  const helm::ReleaseRecord* newest = nullptr;
  state.releases.ForPrefix(ns + "/", [&](const std::string&, const auto& record) {
    const bool matches =
        record->name == release && record->status == helm::ReleaseStatus::kDeployed;
    if (matches && (newest == nullptr || record->revision > newest->revision)) {
      newest = record.get();
    }
  });
  return newest;
}

std::map<std::string, std::string> MilvusImages(const ClusterState& state, const std::string& ns) {
  std::map<std::string, std::string> images;
  for (const kube::ObjectPtr& object : WorkloadsOf(state, ns)) {
    for (const kube::Container& container : TemplateOf(*object)->containers) {
      const std::size_t colon = container.image.rfind(':');
      if (container.image.substr(0, colon).ends_with("/milvus")) {
        images[Named(*object)] = container.image;
      }
    }
  }
  return images;
}

Result<Judged> JudgeOutcome(const ClusterState& start,
                            const ClusterState& end,
                            const cluster::Outcome& outcome,
                            const Claim& claim) {
  Judged judged;
  if (claim.before) {
    judged.before = *claim.before;
  } else {
    TRY_ASSIGN(judged.before,
               milvus::ViewAs(start.etcd.keys, {claim.root_path, claim.server_before}));
  }
  const bool reached = outcome.kind != cluster::OutcomeKind::kStopped;
  const Version server = reached ? claim.server_after : claim.server_before;
  const auto compared =
      CompareOnce(claim.before, judged.before, end.etcd.keys, {claim.root_path, server});
  if (!*compared) {
    return tl::unexpected(compared->error());
  }
  judged.after = (*compared)->after;
  judged.differences = (*compared)->differences;
  judged.laws.Add(judged.before.laws);
  judged.laws.Add(judged.after.laws);
  for (const auto& lawful : judged.differences.lawful) {
    judged.laws.Add(lawful.law);
  }
  if (reached) {
    JudgeService(judged, end, claim);
    JudgeMetadata(judged, end);
    for (const std::string& line : ChangedSettings(start, end, claim)) {
      Add(judged, end, kSettingsKept, line);
    }
  } else if (!IsStillSeen(judged, end, claim)) {
    JudgeStop(judged, start, end, {outcome, claim});
  }
  return judged;
}

}  // namespace rehearse::sim
