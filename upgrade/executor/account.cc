#include "upgrade/executor/account.h"

#include "model/cluster/command_line.h"
#include "upgrade/executor/earlier_backups.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/executor/releases.h"

namespace rehearse::upgrade::executor {
namespace {

constexpr std::size_t kLogLines = 5;

std::string ReleaseLine(const Context& context) {
  if (!context.Has(Slot::kReleases)) {
    return "release " + context.plan.release + ": could not be read";
  }
  const helm::ReleaseRecord* newest = NewestRelease(context);
  return "release " + context.plan.release + ": " +
         (newest == nullptr ? "no revision is stored" : Describe(*newest));
}

std::string WorkloadLines(const Context& context) {
  if (!context.Has(Slot::kDeployments)) {
    return "Milvus: could not be read";
  }
  std::string text;
  for (const auto& object : MilvusDeployments(context)) {
    const kube::PodTemplate* pod_template = TemplateOf(*object);
    const std::string problem = RolloutProblem(*object);
    text += (text.empty() ? "" : "\n") + std::string("Deployment/") + object->ref.name + ": " +
            std::to_string(ReplicasOf(*object)) + " replicas, image " +
            (pod_template != nullptr && !pod_template->containers.empty()
                 ? pod_template->containers.front().image
                 : "unknown") +
            (problem.empty() ? ", rolled out" : ", not rolled out (" + problem + ")");
  }
  return text.empty() ? "Milvus: no Deployment" : text;
}

enum class MetadataStand { kUnknown, kNoBackup, kAsBackup, kAsMigrated, kOther };

MetadataStand StandOf(const Context& context) {
  if (context.Get("baseline").empty()) {
    return MetadataStand::kNoBackup;
  }
  if (!context.Has(Slot::kMetadata) || !context.At(Slot::kMetadata).keys) {
    return MetadataStand::kUnknown;
  }
  const std::string digest =
      DurableDigest(*context.At(Slot::kMetadata).keys, context.hop.metadata->root_path);
  if (digest == context.Get("baseline")) {
    return MetadataStand::kAsBackup;
  }
  return digest == context.Get("migrated") ? MetadataStand::kAsMigrated : MetadataStand::kOther;
}

std::string MetadataLine(const Context& context, MetadataStand stand) {
  switch (stand) {
    case MetadataStand::kUnknown:
      return "metadata: could not be read";
    case MetadataStand::kNoBackup:
      return "metadata: not written by this run; no backup of this run is verified";
    case MetadataStand::kAsBackup:
      return "metadata: equal to the verified backup (version " +
             context.hop.metadata->source_version + ")";
    case MetadataStand::kAsMigrated:
      return "metadata: migrated to version " + context.hop.metadata->target_version +
             " and verified";
    case MetadataStand::kOther:
      break;
  }
  if (!context.Get("way_back").empty()) {
    return "metadata: was equal to the verified backup when Milvus " +
           context.hop.metadata->source_version + " was started on it again";
  }
  if (!context.Get("migrated").empty()) {
    return "metadata: was migrated to version " + context.hop.metadata->target_version +
           " and verified; it has changed since";
  }
  return context.Int("migrate_try") == 0
             ? "metadata: changed since the backup, not by this run"
             : "metadata: NOT as in the backup and not verified as migrated; do not start Milvus "
               "on it";
}

std::string BackupLine(const Context& context) {
  if (context.Get("baseline").empty()) {
    return "";
  }
  return "backup: " + context.Get("backup_file") + " on PersistentVolumeClaim/" +
         ClaimName(context) + ", verified against etcd: " + context.Get("backup_keys") + " keys, " +
         context.Get("backup_bytes") + " bytes, fingerprint " + context.Get("baseline") + "\n";
}

std::string Command(const cluster::Action& action) {
  return "  " + cluster::Shell(cluster::CommandOf(action)) + "\n";
}

std::string HelmCommands(const Context& context) {
  const result::HelmHop& hop = *context.hop.helm;
  cluster::HelmUpgrade upgrade;
  upgrade.release = context.plan.release;
  upgrade.ns = context.plan.ns;
  upgrade.chart = hop.chart;
  upgrade.version = hop.version;
  upgrade.sets = hop.sets;
  return "to go on, when the cause is cured:\n" + Command(upgrade) +
         "do not use helm rollback: it puts older images on the metadata of newer ones\n";
}

// The hop whose backup is the last one: this hop, or one that was carried out before; nullptr.
const result::Hop* BackedUpHop(const Context& context) {
  const result::Hop* found = nullptr;
  for (const result::Hop& hop : context.plan.hops) {
    if (hop.metadata && !context.facts.Get(hop.id + "/baseline").empty()) {
      found = &hop;
    }
    if (&hop == &context.hop) {
      break;
    }
  }
  return found;
}

// In a helm hop: what is known of the metadata from the hops before.
std::string EarlierHopPart(const Context& context) {
  const result::Hop* hop = BackedUpHop(context);
  if (hop == nullptr) {
    return "metadata: not written by this run\n" + EarlierBackupsPart(context);
  }
  const Context of{
      context.plan, *hop, context.facts, context.options, context.seen, context.root_path};
  const MetadataStand stand = StandOf(of);
  std::string text = MetadataLine(of, stand) + "\n" + BackupLine(of);
  const bool is_before = hop + 1 == &context.hop;  // a later chart needs more than this to go back
  if (stand == MetadataStand::kOther && is_before) {
    text += RestoreCommands(of, Helpers::kRemoved);
  }
  return text;
}

std::string MetadataHopPart(const Context& context) {
  const MetadataStand stand = StandOf(context);
  std::string text = MetadataLine(context, stand) + "\n" + BackupLine(context);
  if (stand == MetadataStand::kNoBackup) {
    return text + EarlierBackupsPart(context);
  }
  const bool is_back = stand == MetadataStand::kAsBackup || !context.Get("way_back").empty();
  if (!is_back) {
    text += RestoreCommands(context, Helpers::kThere);
  }
  return text;
}

}  // namespace

std::string RestoreCommands(const Context& context, Helpers helpers) {
  cluster::Scale stop;
  std::string start;
  for (const auto& planned : context.hop.metadata->deployments) {
    const kube::Ref ref{"Deployment", context.plan.ns, planned.name};
    stop.refs.push_back(ref);
    start += "  kubectl -n " + context.plan.ns + " set image deployment/" + planned.name + " " +
             planned.container + "=" + planned.image + "\n";
    start += Command(cluster::Scale{{ref}, planned.replicas});
  }
  const std::int64_t next = context.Int("restore_try") + 1;
  return "to go back to version " + context.hop.metadata->source_version +
         " (what was written since the backup is lost):\n" + Command(stop) +
         "  # wait until no pod and no key under " + context.hop.metadata->root_path +
         "/meta/session/ but session/id is left, then\n" +
         (helpers == Helpers::kRemoved ? Command(MakeConfig(context, context.Int("try"))) : "") +
         Command(MakeToolPod(context, ToolTask::kRestore, next)) + "  # wait until Pod/" +
         PodName(context, ToolTask::kRestore, next) + " has Succeeded, then\n" + start;
}

std::string StopAccount(const Context& context, const Stage& stage, const std::string& why) {
  std::string text = "stopped in " + stage.id + " " + stage.name + ": " + why + "\n";
  text += ReleaseLine(context) + "\n" + WorkloadLines(context) + "\n";
  if (context.Has(Slot::kLog) && !context.At(Slot::kLog).text.out.empty()) {
    text += "last lines of the log:\n" + Tail(context.At(Slot::kLog).text.out, kLogLines) + "\n";
  }
  if (context.hop.metadata) {
    text += MetadataHopPart(context);
  }
  if (context.hop.helm) {
    text += EarlierHopPart(context) + HelmCommands(context);
  }
  return text;
}

std::string ReachedAccount(const result::Plan& plan, const Facts& facts) {
  std::string text = "reached: Milvus " + plan.to_app + " on chart " + plan.to_chart + "\n";
  for (const result::Hop& hop : plan.hops) {
    if (!hop.metadata) {
      continue;
    }
    const std::string claim = ClaimName(plan.release, facts.Int("attempt"));
    text += "the backup of the metadata of version " + hop.metadata->source_version +
            " is kept: " + facts.Get(hop.id + "/backup_file") + " on PersistentVolumeClaim/" +
            claim + " (" + facts.Get(hop.id + "/backup_keys") +
            " keys); when it is not needed any more:\n  kubectl delete pvc -n " + plan.ns + " " +
            claim + "\n";
    const std::string& left = facts.Get(hop.id + "/left_over");
    if (!left.empty()) {
      text += "helper objects could not be removed: " + left +
              "\n  kubectl delete pod,configmap -n " + plan.ns +
              " -l rehearse.io/release=" + plan.release +
              ",rehearse.io/attempt=" + facts.Get("attempt") + "\n";
    }
  }
  return text;
}

}  // namespace rehearse::upgrade::executor
