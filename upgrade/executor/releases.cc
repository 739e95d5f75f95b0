#include "upgrade/executor/releases.h"

#include "model/core/json.h"
#include "upgrade/executor/look.h"
#include "upgrade/replicas.h"

namespace rehearse::upgrade::executor {
namespace {

// Splits at the dots that no backslash precedes.
std::vector<std::string> PathOf(std::string_view dotted) {
  std::vector<std::string> path(1);
  for (std::size_t i = 0; i < dotted.size(); ++i) {
    if (dotted[i] == '\\' && i + 1 < dotted.size()) {
      path.back() += dotted[++i];
    } else if (dotted[i] == '.') {
      path.emplace_back();
    } else {
      path.back() += dotted[i];
    }
  }
  return path;
}

const Json* Follow(const Json& values, const std::vector<std::string>& path) {
  const Json* at = &values;
  for (const std::string& name : path) {
    at = at->is_object() ? At(*at, {name}) : nullptr;
    if (at == nullptr) {
      return nullptr;
    }
  }
  return at;
}

// A K=V of --set against the stored values. Lists and several pairs in one text are not compared.
bool Holds(const Json& values, const std::string& set) {
  const std::size_t equals = set.find('=');
  if (equals == std::string::npos || set.find_first_of("[{,") != std::string::npos) {
    return true;
  }
  const std::string wanted = set.substr(equals + 1);
  const Json* value = Follow(values, PathOf(set.substr(0, equals)));
  if (wanted == "null") {
    return value == nullptr || value->is_null();
  }
  if (value == nullptr) {
    return false;
  }
  return (value->is_string() ? value->get<std::string>() : Dump(*value)) == wanted;
}

std::string ContainersDifference(const Json& rendered,
                                 const kube::Object& live,
                                 const std::vector<kube::Container>& containers) {
  for (const Json& wanted : rendered) {
    const std::string name = StringAt(wanted, {"name"});
    const std::string image = StringAt(wanted, {"image"});
    const kube::Container* found = nullptr;
    for (const kube::Container& container : containers) {
      found = container.name == name ? &container : found;
    }
    if (found == nullptr || found->image != image) {
      return live.ref.kind + "/" + live.ref.name + ": container " + name + " runs '" +
             (found == nullptr ? "" : found->image) + "', the release says '" + image + "'";
    }
  }
  return "";
}

const Json& ListAt(const Json& object, std::string_view name) {
  static const Json empty = Json::array();
  const Json* list = At(object, {"spec", "template", "spec", name});
  return list != nullptr && list->is_array() ? *list : empty;
}

std::string WorkloadDifference(const Json& rendered, const kube::Object& live, Compared compared) {
  const Json* replicas = At(rendered, {"spec", "replicas"});
  if (compared == Compared::kAll && replicas != nullptr && replicas->is_number_integer() &&
      replicas->get<std::int64_t>() != ReplicasOf(live)) {
    return live.ref.kind + "/" + live.ref.name + " has " + std::to_string(ReplicasOf(live)) +
           " replicas, the release says " + Dump(*replicas);
  }
  const kube::PodTemplate* pod_template = TemplateOf(live);
  if (pod_template == nullptr) {
    return live.ref.kind + "/" + live.ref.name + " cannot be read";
  }
  std::string difference =
      ContainersDifference(ListAt(rendered, "containers"), live, pod_template->containers);
  if (difference.empty()) {
    difference = ContainersDifference(
        ListAt(rendered, "initContainers"), live, pod_template->init_containers);
  }
  return difference;
}

// The manifest, parsed where it is not yet.
Result<helm::ObjectsPtr> ObjectsOf(helm::ReleaseRecord record) {
  return helm::ParseManifest(record);
}

// An earlier run stopped what somebody had scaled, and it may not have come to say so. "" if not,
// or where the plan will bring that number back: it is `released`.
std::string StaleMark(const kube::Object& deployment, std::int64_t released) {
  const std::int64_t replicas = ReplicasOf(deployment);
  const auto marked = MarkedReplicas(deployment);
  if (!marked || replicas == *marked || (replicas == 0 && released == *marked)) {
    return "";
  }
  return "somebody scaled Deployment/" + deployment.ref.name + " to " + std::to_string(*marked) +
         " replicas before an earlier run stopped it, and it has " + std::to_string(replicas) +
         " now; give it the number that it is to have, and take the mark away: kubectl annotate "
         "deployment/" +
         deployment.ref.name + " -n " + deployment.ref.ns + " " + std::string(kReplicasMark) + "-";
}

}  // namespace

const helm::ReleaseRecord* NewestRelease(const Context& context) {
  const auto& releases = context.At(Slot::kReleases).releases;
  const helm::ReleaseRecord* newest = nullptr;
  for (const helm::ReleaseRecord& record : releases) {
    if (newest == nullptr || record.revision > newest->revision) {
      newest = &record;
    }
  }
  return newest;
}

std::optional<Verdict> ReleaseNotAtRest(const Context& context) {
  const helm::ReleaseRecord* newest = NewestRelease(context);
  if (newest == nullptr) {
    return GiveUp{"there is no release '" + context.plan.release + "'",
                  context.options.confirmations};
  }
  if (helm::IsPending(newest->status)) {
    return Pause{"a helm operation is going on: " + Describe(*newest)};
  }
  return std::nullopt;
}

std::string Describe(const helm::ReleaseRecord& record) {
  return "revision " + std::to_string(record.revision) + " (" + helm::ChartLabel(record) + ", " +
         std::string(helm::NameOf(record.status)) + ")";
}

bool IsOfHop(const helm::ReleaseRecord& record, const result::HelmHop& hop) {
  if (helm::ChartVersion(record) != hop.version) {
    return false;
  }
  const Json& values = helm::ConfigOf(record);
  for (const std::string& set : hop.sets) {
    if (!Holds(values, set)) {
      return false;
    }
  }
  return true;
}

Result<std::vector<std::string>> WorkloadsIn(const helm::ReleaseRecord& record) {
  TRY_ASSIGN(const helm::ObjectsPtr objects, ObjectsOf(record));
  std::vector<std::string> workloads;
  for (const helm::JsonPtr& object : *objects) {
    const Json& rendered = *object;
    const std::string kind = StringAt(rendered, {"kind"});
    const Json* replicas = At(rendered, {"spec", "replicas"});
    const bool wants_none = replicas != nullptr && *replicas == 0;
    if ((kind == "Deployment" || kind == "StatefulSet") && !wants_none) {
      workloads.push_back(kind + "/" + StringAt(rendered, {"metadata", "name"}));
    }
  }
  return workloads;
}

std::int64_t ReplicasInRelease(const Context& context, const std::string& deployment) {
  const helm::ReleaseRecord* newest =
      context.Has(Slot::kReleases) ? NewestRelease(context) : nullptr;
  return newest == nullptr ? 1 : ReplicasInManifest(*newest, deployment).value_or(1);
}

std::string ScaledByHand(const Context& context, const helm::ReleaseRecord& record) {
  const auto objects = ObjectsOf(record);
  if (!objects) {
    return objects.error().message;
  }
  for (const helm::JsonPtr& object : **objects) {
    const Json& rendered = *object;
    const Json* wanted = At(rendered, {"spec", "replicas"});
    const auto live =
        StringAt(rendered, {"kind"}) == "Deployment"
            ? FindObject(context.At(Slot::kDeployments), StringAt(rendered, {"metadata", "name"}))
            : nullptr;
    if (live == nullptr || wanted == nullptr || !wanted->is_number_integer()) {
      continue;
    }
    const auto released = wanted->get<std::int64_t>();
    if (std::string problem = StaleMark(*live, released); !problem.empty()) {
      return problem;
    }
    const std::int64_t replicas = ReplicasOf(*live);
    if (replicas != 0 && replicas != released) {
      return "Deployment/" + live->ref.name + " has " + std::to_string(replicas) +
             " replicas, the release says " + std::to_string(released) +
             ": a helm upgrade would undo that; put the number into the values first";
    }
  }
  return "";
}

std::string ManifestDifference(const Context& context,
                               const helm::ReleaseRecord& record,
                               Compared compared) {
  const auto objects = ObjectsOf(record);
  if (!objects) {
    return objects.error().message;
  }
  for (const helm::JsonPtr& object : **objects) {
    const Json& rendered = *object;
    const std::string kind = StringAt(rendered, {"kind"});
    if (kind != "Deployment" && kind != "StatefulSet") {
      continue;
    }
    const Slot slot = kind == "Deployment" ? Slot::kDeployments : Slot::kStatefulSets;
    const std::string name = StringAt(rendered, {"metadata", "name"});
    const auto live = FindObject(context.At(slot), name);
    if (live == nullptr) {
      return kind + "/" + name + " of the release does not exist";
    }
    std::string difference = WorkloadDifference(rendered, *live, compared);
    if (!difference.empty()) {
      return difference;
    }
  }
  return "";
}

}  // namespace rehearse::upgrade::executor
