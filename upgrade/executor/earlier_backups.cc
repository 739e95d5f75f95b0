#include "upgrade/executor/earlier_backups.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "upgrade/executor/account.h"
#include "upgrade/executor/look.h"
#include "upgrade/executor/manifests.h"
#include "upgrade/executor/releases.h"
#include "upgrade/metadata_check.h"

namespace rehearse::upgrade::executor {
namespace {

// What is seen of one attempt.
struct Earlier {
  bool has_claim = false;
  bool wrote = false;           // a pod of it was to migrate or to restore
  std::int64_t tries = 0;       // of its backup; 0: its configurations are gone
  std::int64_t restores = 0;    // pods so far
  std::string tool_image;       // of its pods; "": they are gone
  kube::ObjectPtr config = {};  // of the last try
};
using Attempts = std::map<std::int64_t, Earlier>;

std::string RoleOf(const kube::Object& object) {
  const auto role = object.labels.find(std::string(kRoleLabel));
  return role == object.labels.end() ? "" : role->second;
}

// Objects are named <prefix><number>.
std::int64_t NumberIn(const std::string& name) {
  const std::size_t at = name.rfind('-') + 1;
  std::int64_t number = 0;
  std::from_chars(name.data() + at, name.data() + name.size(), number);
  return number;
}

// Its mark; "": it has none.
std::string BaselineOf(const kube::Object& config) {
  const auto mark = config.annotations.find(std::string(kBaselineMark));
  return mark == config.annotations.end() ? "" : mark->second;
}

void NotePod(const kube::Object& object, Earlier& earlier) {
  const auto* pod = std::get_if<kube::Pod>(&object.body);
  const std::string role = RoleOf(object);
  if (pod == nullptr || role.empty()) {
    return;
  }
  if (!pod->pod_template->containers.empty()) {
    earlier.tool_image = pod->pod_template->containers.front().image;
  }
  if (role == "restore") {
    earlier.restores = std::max(earlier.restores, NumberIn(object.ref.name));
  }
  earlier.wrote = earlier.wrote || role == "restore" || role == "migrate";
}

void NoteConfig(const kube::ObjectPtr& object, Earlier& earlier) {
  const std::int64_t number = NumberIn(object->ref.name);
  earlier.wrote = earlier.wrote || !BaselineOf(*object).empty();
  if (number > earlier.tries) {
    earlier.tries = number;
    earlier.config = object;
  }
}

// By attempt; those without a claim have nothing to go back to.
Attempts AttemptsIn(const Context& context) {
  Attempts attempts;
  for (const Slot slot : {Slot::kClaims, Slot::kConfigMaps, Slot::kPods}) {
    if (!context.Has(slot)) {
      continue;
    }
    for (const auto& object : context.At(slot).objects) {
      const std::int64_t attempt = AttemptOf(*object, context.plan.release);
      if (attempt == 0 || attempt == AttemptOf(context)) {
        continue;
      }
      Earlier& earlier = attempts[attempt];
      earlier.has_claim = earlier.has_claim || slot == Slot::kClaims;
      if (slot == Slot::kConfigMaps) {
        NoteConfig(object, earlier);
      } else if (slot == Slot::kPods) {
        NotePod(*object, earlier);
      }
    }
  }
  std::erase_if(attempts, [](const auto& entry) { return !entry.second.has_claim; });
  return attempts;
}

// What the tool was told, from its configuration; nullopt: it cannot be read.
std::optional<result::MetadataHop> HopIn(const Earlier& earlier) {
  const auto* map = kube::As<kube::ConfigMap>(earlier.config);
  if (map == nullptr || !map->data || !map->data->contains("rollback.yaml")) {
    return std::nullopt;
  }
  const auto documents = ParseYaml(map->data->at("rollback.yaml"), earlier.config->ref.name);
  if (!documents || documents->empty()) {
    return std::nullopt;
  }
  const Json& config = documents->front();
  result::MetadataHop hop;
  hop.source_version = StringAt(config, {"config", "sourceVersion"});
  hop.target_version = StringAt(config, {"config", "targetVersion"});
  hop.root_path = StringAt(config, {"etcd", "rootPath"});
  const Json* endpoints = At(config, {"etcd", "endpoints"});
  if (endpoints != nullptr && endpoints->is_array() && !endpoints->empty() &&
      endpoints->front().is_string()) {
    hop.etcd_endpoint = endpoints->front().get<std::string>();
  }
  hop.tool_image = earlier.tool_image;
  return hop;
}

// The image that the Deployment has, or the same of the version.
std::string ImageOfVersion(const std::string& image, const std::string& version) {
  const auto is = ParseImageTagVersion(ImageTag(image));
  const auto wanted = ParseVersion(version);
  return is && wanted && is->SameMinor(*wanted)
             ? image
             : image.substr(0, image.rfind(':')) + ":v" + version;
}

// As the plan has them, or as they are there now.
std::vector<result::MilvusDeployment> DeploymentsOf(const Context& context,
                                                    const std::string& version) {
  if (context.hop.metadata) {
    return context.hop.metadata->deployments;
  }
  std::vector<result::MilvusDeployment> deployments;
  for (const auto& object : MilvusDeployments(context)) {
    const kube::PodTemplate* pod_template = TemplateOf(*object);
    if (pod_template != nullptr && !pod_template->containers.empty()) {
      const kube::Container& container = pod_template->containers.front();
      const std::int64_t live = ReplicasOf(*object);
      deployments.push_back({object->ref.name,
                             container.name,
                             live != 0 ? live : ReplicasInRelease(context, object->ref.name),
                             ImageOfVersion(container.image, version)});
    }
  }
  return deployments;
}

std::string FileOf(const Earlier& earlier) {
  return earlier.tries == 0 ? BackupPath(1) + " (or of a later try, with its number)"
                            : BackupPath(earlier.tries);
}

std::string Commands(const Context& context, std::int64_t attempt, const Earlier& earlier) {
  std::optional<result::MetadataHop> told = HopIn(earlier);
  if (!told && context.hop.metadata) {
    told = context.hop.metadata;
  }
  if (told && told->tool_image.empty() && context.hop.metadata) {
    told->tool_image = context.hop.metadata->tool_image;
  }
  if (!told || told->tool_image.empty()) {
    return "its tool has been removed; what is left of it:\n  kubectl get pvc,configmap,pod -n " +
           context.plan.ns + " -l " + std::string(kReleaseLabel) + "=" + context.plan.release +
           "\n";
  }
  result::Hop hop = context.hop;
  hop.metadata = std::move(told);
  hop.metadata->deployments = DeploymentsOf(context, hop.metadata->source_version);
  const Facts facts = context.facts.With(
      {{"attempt", std::to_string(attempt)},
       {context.Key("try"), std::to_string(std::max<std::int64_t>(earlier.tries, 1))},
       {context.Key("restore_try"), std::to_string(earlier.restores)}});
  const Context of{
      context.plan, hop, facts, context.options, context.seen, hop.metadata->root_path};
  return RestoreCommands(of, earlier.config ? Helpers::kThere : Helpers::kRemoved);
}

// Old metadata that nobody was to write is as it was; so is what a hop that needs none finds, once
// an earlier run has removed its pods and its configuration: that is the last thing it does.
bool MayBeChanged(const Context& context, const Attempts& attempts) {
  const bool wrote =
      std::ranges::any_of(attempts, [](const auto& entry) { return entry.second.wrote; });
  const bool unfinished = std::ranges::any_of(
      attempts, [](const auto& entry) { return entry.second.config != nullptr; });
  if (wrote || !context.hop.metadata) {
    return wrote || unfinished;
  }
  const bool seen = context.Has(Slot::kMetadata) && context.At(Slot::kMetadata).keys;
  return !seen ||
         GenerationOf(*context.At(Slot::kMetadata).keys, context.root_path) != Generation::kOld;
}

// What is left of an attempt that was to write.
struct Writer {
  std::pair<bool, std::int64_t> order;  // of its last pod: restores?, number; behind the migration
  kube::ObjectPtr pod;                  // null: it is gone, or was never made
  std::string baseline;                 // mark of what the attempt was to change
};

std::map<std::int64_t, Writer> WritersIn(const Context& context) {
  std::map<std::int64_t, Writer> writers;
  for (const auto& object : context.At(Slot::kPods).objects) {
    const std::int64_t attempt = AttemptOf(*object, context.plan.release);
    const std::string role = RoleOf(*object);
    if (attempt == 0 || (role != "restore" && role != "migrate")) {
      continue;
    }
    const std::pair<bool, std::int64_t> order = {role == "restore", NumberIn(object->ref.name)};
    Writer& writer = writers[attempt];
    if (writer.pod == nullptr || order > writer.order) {
      writer.order = order;
      writer.pod = object;
    }
  }
  for (const auto& object : context.At(Slot::kConfigMaps).objects) {
    const std::int64_t attempt = AttemptOf(*object, context.plan.release);
    const std::string baseline = BaselineOf(*object);
    if (attempt != 0 && !baseline.empty()) {
      writers[attempt].baseline = baseline;
    }
  }
  return writers;
}

// What is there now.
struct Found {
  std::string mark;  // as a configuration would be marked with it
  bool shows = false;
  bool stopped = false;  // or it is in service, and changes
};

bool HasFailed(const Writer& writer) {
  const auto* pod = kube::As<kube::Pod>(writer.pod);
  return pod != nullptr && pod->phase == kube::PodPhase::kFailed;
}

// Why what the writer left may be a part; "" if nothing says so.
std::string ProblemOf(std::int64_t attempt, const Writer& writer, const Found& found) {
  const bool failed = HasFailed(writer);
  const bool restores = writer.order.first;
  const bool known = !writer.baseline.empty() && found.stopped;
  const bool changed = known && writer.baseline != found.mark;
  if (failed && (changed || (!known && (restores || !found.shows)))) {
    return "Pod/" + writer.pod->ref.name + " of an earlier run has failed, and nothing shows " +
           "whether the metadata that it left is whole";
  }
  // A migration that has succeeded leaves none of the old form: something wrote behind it.
  const bool gone = writer.pod == nullptr;
  return changed && (gone || (!failed && !restores && found.shows))
             ? "attempt " + std::to_string(attempt) +
                   " of an earlier run began to write, and nothing shows whether the metadata " +
                   "that it left is whole"
             : "";
}

}  // namespace

std::string HalfDoneBefore(const Context& context) {
  const std::map<std::int64_t, Writer> writers = WritersIn(context);
  if (writers.empty()) {
    return "";
  }
  const etcd::Keys& keys = *context.At(Slot::kMetadata).keys;
  const Found found{MarkOf(DurableDigest(keys, context.root_path)),
                    ShowsItsForm(keys, context.root_path),
                    ScaledUp(context).empty()};
  std::string problem;
  for (const auto& [attempt, writer] : writers) {
    problem = problem.empty() ? ProblemOf(attempt, writer, found) : problem;
  }
  return problem;
}

std::string EarlierBackupsPart(const Context& context) {
  const Attempts attempts = AttemptsIn(context);
  if (!context.Has(Slot::kClaims)) {
    return "whether a backup of an earlier run is there could not be read\n";
  }
  if (attempts.empty()) {
    const bool migrates = context.hop.metadata.has_value();
    return migrates && MayBeChanged(context, attempts)
               ? "no backup of an earlier run is seen in namespace " + context.plan.ns + "\n"
               : "";
  }
  std::string text;
  for (const auto& [attempt, earlier] : attempts) {
    text += "an earlier run left a backup, not read by this one: " + FileOf(earlier) +
            " on PersistentVolumeClaim/" + ClaimName(context.plan.release, attempt) + "\n";
  }
  if (!MayBeChanged(context, attempts)) {
    return text;
  }
  auto newest = std::find_if(
      attempts.rbegin(), attempts.rend(), [](const auto& entry) { return entry.second.wrote; });
  newest = newest == attempts.rend() ? attempts.rbegin() : newest;
  return text + "if the metadata is not whole, that of attempt " + std::to_string(newest->first) +
         " holds what was there before it was migrated\n" +
         Commands(context, newest->first, newest->second);
}

}  // namespace rehearse::upgrade::executor
