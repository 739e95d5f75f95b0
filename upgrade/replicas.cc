#include "upgrade/replicas.h"

#include <charconv>

#include "model/core/json.h"

namespace rehearse::upgrade {

std::optional<std::int64_t> MarkedReplicas(const kube::Object& deployment) {
  const auto mark = deployment.annotations.find(std::string(kReplicasMark));
  if (mark == deployment.annotations.end()) {
    return std::nullopt;
  }
  const std::string& text = mark->second;
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end.ec == std::errc() && end.ptr == text.data() + text.size();
  return whole && number > 0 ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> ReplicasInManifest(helm::ReleaseRecord record,
                                               const std::string& deployment) {
  const auto objects = helm::ParseManifest(record);
  for (const helm::JsonPtr& object : objects ? **objects : helm::Objects()) {
    const Json* wanted = At(*object, {"spec", "replicas"});
    if (StringAt(*object, {"kind"}) == "Deployment" && wanted != nullptr &&
        StringAt(*object, {"metadata", "name"}) == deployment && wanted->is_number_integer()) {
      return wanted->get<std::int64_t>();
    }
  }
  return std::nullopt;
}

}  // namespace rehearse::upgrade
