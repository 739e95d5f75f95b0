#include "upgrade/executor/look.h"

#include <algorithm>
#include <charconv>

#include "upgrade/executor/manifests.h"

namespace rehearse::upgrade::executor {
namespace {

const kube::WorkloadStatus* StatusOf(const kube::Object& workload) {
  if (const auto* deployment = std::get_if<kube::Deployment>(&workload.body)) {
    return &deployment->status;
  }
  if (const auto* stateful_set = std::get_if<kube::StatefulSet>(&workload.body)) {
    return &stateful_set->status;
  }
  return nullptr;
}

bool RunsTool(const kube::Object& object, const kube::Pod& pod) {
  const auto role = object.labels.find(std::string(kRoleLabel));
  if (role != object.labels.end() && role->second == kReaderRole) {
    return false;
  }
  const auto& containers = pod.pod_template->containers;
  return std::any_of(containers.begin(), containers.end(), [](const kube::Container& container) {
    return container.image.find("meta-migration") != std::string::npos;
  });
}

std::string WaitingFor(const kube::Pod& pod) {
  if (pod.waiting_reason == "ContainerCreating" || pod.waiting_reason == "PodInitializing") {
    return "";
  }
  if (!pod.waiting_reason.empty()) {
    return pod.waiting_reason;
  }
  return pod.phase == kube::PodPhase::kPending && pod.node.empty() ? "not scheduled" : "";
}

}  // namespace

kube::ObjectPtr FindObject(const cluster::Observation& seen, std::string_view name) {
  for (const auto& object : seen.objects) {
    if (object->ref.name == name) {
      return object;
    }
  }
  return nullptr;
}

const kube::Labels* SelectorOf(const kube::Object& workload) {
  if (const auto* deployment = std::get_if<kube::Deployment>(&workload.body)) {
    return &deployment->selector;
  }
  if (const auto* stateful_set = std::get_if<kube::StatefulSet>(&workload.body)) {
    return &stateful_set->selector;
  }
  return nullptr;
}

const kube::PodTemplate* TemplateOf(const kube::Object& workload) {
  if (const auto* deployment = std::get_if<kube::Deployment>(&workload.body)) {
    return deployment->pod_template.get();
  }
  if (const auto* stateful_set = std::get_if<kube::StatefulSet>(&workload.body)) {
    return stateful_set->pod_template.get();
  }
  return nullptr;
}

std::int64_t ReplicasOf(const kube::Object& workload) {
  if (const auto* deployment = std::get_if<kube::Deployment>(&workload.body)) {
    return deployment->replicas;
  }
  const auto* stateful_set = std::get_if<kube::StatefulSet>(&workload.body);
  return stateful_set == nullptr ? 0 : stateful_set->replicas;
}

std::string ImageOf(const kube::PodTemplate& pod_template, std::string_view container) {
  for (const kube::Container& each : pod_template.containers) {
    if (each.name == container) {
      return each.image;
    }
  }
  return "";
}

std::vector<kube::ObjectPtr> PodsOf(const cluster::Observation& pods,
                                    const kube::Object& workload) {
  std::vector<kube::ObjectPtr> selected;
  const kube::Labels* selector = SelectorOf(workload);
  for (const auto& pod : pods.objects) {
    if (selector != nullptr && kube::As<kube::Pod>(pod) != nullptr &&
        kube::Selects(*selector, pod->labels)) {
      selected.push_back(pod);
    }
  }
  return selected;
}

bool IsFinished(const kube::Object& pod) {
  const auto* body = std::get_if<kube::Pod>(&pod.body);
  return body != nullptr &&
         (body->phase == kube::PodPhase::kSucceeded || body->phase == kube::PodPhase::kFailed);
}

std::string RolloutProblem(const kube::Object& workload) {
  const std::string name = workload.ref.kind + "/" + workload.ref.name;
  const kube::WorkloadStatus* status = StatusOf(workload);
  if (status == nullptr) {
    return name + " is no workload";
  }
  if (status->observed_generation < workload.generation) {
    return name + ": its controller has not seen the newest spec";
  }
  const std::int64_t wanted = ReplicasOf(workload);
  const auto count = [&](std::string_view what, std::int64_t is) {
    return name + ": " + std::to_string(is) + " of " + std::to_string(wanted) + " pods " +
           std::string(what);
  };
  if (status->updated != wanted) {
    return count("updated", status->updated);
  }
  if (status->ready != wanted) {
    return count("ready", status->ready);
  }
  return status->replicas == wanted ? "" : count("present", status->replicas);
}

kube::ObjectPtr StuckPod(const std::vector<kube::ObjectPtr>& pods, std::string* reason) {
  for (const auto& pod : pods) {
    const auto* body = kube::As<kube::Pod>(pod);
    if (body == nullptr || pod->terminating || IsFinished(*pod)) {
      continue;
    }
    *reason = WaitingFor(*body);
    if (!reason->empty()) {
      return pod;
    }
  }
  return nullptr;
}

std::vector<kube::ObjectPtr> MilvusDeployments(const Context& context) {
  std::vector<kube::ObjectPtr> found;
  for (const auto& object : context.At(Slot::kDeployments).objects) {
    const auto name = object->labels.find("app.kubernetes.io/name");
    const auto instance = object->labels.find("app.kubernetes.io/instance");
    if (name != object->labels.end() && name->second == "milvus" &&
        instance != object->labels.end() && instance->second == context.plan.release) {
      found.push_back(object);
    }
  }
  return found;
}

std::vector<std::string> MissingDeployments(const Context& context) {
  std::vector<std::string> missing;
  for (const auto& planned : context.hop.metadata->deployments) {
    if (FindObject(context.At(Slot::kDeployments), planned.name) == nullptr) {
      missing.push_back(planned.name);
    }
  }
  return missing;
}

std::vector<kube::ObjectPtr> ScaledUp(const Context& context) {
  std::vector<kube::ObjectPtr> up;
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    if (object != nullptr && ReplicasOf(*object) != 0) {
      up.push_back(object);
    }
  }
  return up;
}

std::string SomebodyScaled(const kube::Object& deployment) {
  return "somebody scaled Deployment/" + deployment.ref.name + " to " +
         std::to_string(ReplicasOf(deployment)) + " replicas";
}

std::string MilvusLeft(const Context& context) {
  std::vector<std::string> left;
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    if (object == nullptr) {
      continue;
    }
    const kube::WorkloadStatus* status = StatusOf(*object);
    if (status == nullptr || status->observed_generation < object->generation ||
        status->replicas != 0) {
      left.push_back("Deployment/" + planned.name);
    }
    for (const auto& pod : PodsOf(context.At(Slot::kPods), *object)) {
      if (!IsFinished(*pod)) {
        left.push_back("Pod/" + pod->ref.name);
      }
    }
    if (context.Bug(SeededBug::kFirstDeploymentOnly)) {
      break;
    }
  }
  return Join(left);
}

std::vector<kube::ObjectPtr> MilvusPods(const Context& context) {
  std::vector<kube::ObjectPtr> pods;
  for (const auto& planned : context.hop.metadata->deployments) {
    const auto object = FindObject(context.At(Slot::kDeployments), planned.name);
    if (object == nullptr) {
      continue;
    }
    for (const auto& pod : PodsOf(context.At(Slot::kPods), *object)) {
      if (!IsFinished(*pod)) {
        pods.push_back(pod);
      }
    }
  }
  return pods;
}

std::string ForeignAct(const Context& context) {
  const auto foreign = ToolPods(context, false);
  if (!foreign.empty()) {
    return "somebody else runs a migration pod: " + NamesOf(foreign);
  }
  const auto up = ScaledUp(context);
  if (up.empty() && MilvusPods(context).empty()) {
    return "";
  }
  return "somebody scaled Milvus up while it was stopped for the migration: " +
         NamesOf(up.empty() ? MilvusPods(context) : up);
}

PodState StateOf(const Context& context, std::string_view pod) {
  const auto object = FindObject(context.At(Slot::kPods), pod);
  const auto* body = kube::As<kube::Pod>(object);
  if (body == nullptr) {
    return PodState::kAbsent;
  }
  switch (body->phase) {
    case kube::PodPhase::kPending:
    case kube::PodPhase::kRunning:
      return PodState::kActive;
    case kube::PodPhase::kSucceeded:
      return PodState::kSucceeded;
    case kube::PodPhase::kFailed:
      return PodState::kFailed;
  }
  return PodState::kActive;
}

std::vector<kube::ObjectPtr> ToolPods(const Context& context, bool ours) {
  std::vector<kube::ObjectPtr> pods;
  const std::string& release = context.plan.release;
  for (const auto& object : context.At(Slot::kPods).objects) {
    const auto* pod = kube::As<kube::Pod>(object);
    if (pod == nullptr || IsFinished(*object) || !RunsTool(*object, *pod)) {
      continue;
    }
    const std::int64_t attempt = AttemptOf(*object, release);
    const bool is_ours = attempt != 0 && attempt == AttemptOf(context);
    if (is_ours == ours && !IsOfOtherRelease(*object, release)) {
      pods.push_back(object);
    }
  }
  return pods;
}

std::string NamesOf(const std::vector<kube::ObjectPtr>& objects) {
  std::vector<std::string> names;
  for (const auto& object : objects) {
    names.push_back(object->ref.kind + "/" + object->ref.name);
  }
  return Join(names);
}

std::vector<std::string> SessionsIn(const etcd::Keys& keys, std::string_view root_path) {
  const std::string prefix = std::string(root_path) + "/meta/session/";
  std::vector<std::string> sessions;
  keys.ForPrefix(prefix, [&](const std::string& key, const auto& /*entry*/) {
    if (std::string_view(key).substr(prefix.size()) != "id") {
      sessions.push_back(key.substr(prefix.size()));
    }
  });
  return sessions;
}

etcd::Keys DurableKeys(const etcd::Keys& keys, std::string_view root_path) {
  const std::string root = std::string(root_path) + "/meta/";
  const std::string session = root + "session/";
  etcd::Keys durable = keys;
  keys.ForEach([&](const std::string& key, const auto& entry) {
    if (entry->lease != 0 || !key.starts_with(root) || key.starts_with(session)) {
      durable = durable.Erase(key);
    }
  });
  return durable;
}

std::string DigestText(const etcd::Keys& keys) {
  char text[17] = {};
  const auto end = std::to_chars(std::begin(text), std::end(text) - 1, keys.Digest(), 16);
  return {std::begin(text), end.ptr};
}

std::string DurableDigest(const etcd::Keys& keys, std::string_view root_path) {
  return DigestText(DurableKeys(keys, root_path));
}

std::string SessionProblem(const etcd::Keys& keys,
                           std::string_view root_path,
                           std::string_view image) {
  const auto wanted = ParseImageTagVersion(ImageTag(image));
  const std::string prefix = std::string(root_path) + "/meta/session/";
  std::size_t count = 0;
  std::string problem;
  keys.ForPrefix(prefix, [&](const std::string& key, const auto& entry) {
    const std::string name = key.substr(prefix.size());
    if (name == "id") {
      return;
    }
    ++count;
    const auto value = ParseJson(entry->value, key);
    const std::string text = value ? StringAt(*value, {"Version"}) : "";
    const auto version = ParseVersion(text);
    if (wanted && (!version || !version->SameMinor(*wanted))) {
      problem = "session " + name + " is of version " + (text.empty() ? "unknown" : text);
    }
  });
  return count == 0 ? "no session is alive" : problem;
}

std::string Join(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : std::string(between)) + word;
  }
  return text;
}

std::string Tail(std::string_view log, std::size_t lines_max) {
  std::vector<std::string> lines;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    if (end > 0) {
      lines.emplace_back(log.substr(0, end));
    }
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  if (lines.size() > lines_max) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(lines_max));
  }
  return Join(lines, "\n");
}

}  // namespace rehearse::upgrade::executor
