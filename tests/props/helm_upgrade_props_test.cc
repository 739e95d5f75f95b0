// Goal: an upgrade, rolled back, restores every field that the chart owns; of the drift it leaves
// what the chart does not name, and nothing else. Method: random drift of both kinds on a captured
// release, a random chart and values, upgrade and rollback; the manifest is the oracle for owned
// fields, the list of marks for the others.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/model/charts/helm_world.h"

namespace rehearse::charts {
namespace {

const std::vector<std::string> kWorkloads = {"Deployment/my-release-milvus-standalone",
                                             "Deployment/my-release-minio",
                                             "StatefulSet/my-release-etcd"};

// Drift of fields that the chart names: it must go.
const std::vector<std::pair<std::string, std::string>> kOwnedDrift = {
    {"replicas", R"({"spec":{"replicas":0}})"},
    {"image", R"({"spec":{"template":{"spec":{"containers":[{"name":"%","image":"x:1"}]}}}})"},
    {"probe",
     R"({"spec":{"template":{"spec":{"containers":[{"name":"%","readinessProbe":)"
     R"({"initialDelaySeconds":1}}]}}}})"},
    {"label", R"({"metadata":{"labels":{"app.kubernetes.io/managed-by":"me"}}})"},
    {"selector label", R"({"spec":{"template":{"metadata":{"labels":{"component":"me"}}}}})"}};

// Drift of fields that the chart does not name: it must stay. The mark is where it shows.
const std::vector<std::pair<std::string, std::string>> kForeignDrift = {
    {"/spec/minReadySeconds", R"({"spec":{"minReadySeconds":30}})"},
    {"/metadata/annotations/mine", R"({"metadata":{"annotations":{"mine":"1"}}})"},
    {"/spec/template/metadata/annotations/mine",
     R"({"spec":{"template":{"metadata":{"annotations":{"mine":"1"}}}}})"},
    {"/spec/template/spec/nodeSelector",
     R"({"spec":{"template":{"spec":{"nodeSelector":{"a":"b"}}}}})"},
    {"/metadata/labels/mine", R"({"metadata":{"labels":{"mine":"1"}}})"}};

// Whether everything that `manifest` names stands in `live` with the manifest's value; lists of
// named things are matched by name or mount path.
bool Holds(const Json& live, const Json& manifest) {
  if (manifest.is_null()) {
    return true;
  }
  if (manifest.is_object()) {
    return live.is_object() &&
           std::all_of(manifest.items().begin(), manifest.items().end(), [&](const auto& member) {
             return member.value().is_null() ||
                    (live.contains(member.key()) && Holds(live[member.key()], member.value()));
           });
  }
  if (!manifest.is_array() || manifest.empty() || !manifest[0].is_object()) {
    return live == manifest;
  }
  return std::all_of(manifest.begin(), manifest.end(), [&](const Json& item) {
    return std::any_of(live.begin(), live.end(), [&](const Json& other) {
      return other.value("name", "") == item.value("name", "") &&
             other.value("mountPath", "") == item.value("mountPath", "") && Holds(other, item);
    });
  });
}

// A null in the manifest (`annotations:` with nothing below) clears the live map.
bool IsCleared(const HelmTestWorld& world,
               const std::string& workload,
               const Json::json_pointer& mark) {
  for (const auto& [revision, record] : world.releases) {
    for (const helm::JsonPtr& object : *record.objects) {
      const Json::json_pointer parent = mark.parent_pointer();
      if (HelmTestWorld::KeyOf(helm::RefOf(*object, "default")) == workload &&
          parent != Json::json_pointer("/metadata/annotations") && object->contains(parent) &&
          (*object)[parent].is_null()) {
        return true;
      }
    }
  }
  return false;
}

void Drift(HelmTestWorld& world, const std::string& workload, std::string patch) {
  const Json& container = world.live.at(workload)["spec"]["template"]["spec"]["containers"][0];
  const std::size_t mark = patch.find('%');
  if (mark != std::string::npos) {
    patch.replace(mark, 1, container["name"].get<std::string>());
  }
  world.KubectlPatch(workload, patch);
}

helm::UpgradeRequest RandomUpgrade(const HelmTestWorld& world) {
  const auto chart =
      *rc::gen::element<std::string>("3.2.18", "3.3.6", "4.0.34", "4.1.24", "4.2.49");
  const auto tag = *rc::gen::element<std::string>("v2.2.16", "v2.3.11", "null");
  const auto size = *rc::gen::inRange(0, 3);
  std::vector<std::string> sets = {"pulsarv3.enabled=false", "image.all.tag=" + tag};
  if (size > 0) {
    sets.push_back("standalone.resources.limits.memory=" + std::to_string(size) + "Gi");
  }
  return world.Upgrade(chart, helm::ValuesMode::kResetThenReuse, sets);
}

RC_GTEST_PROP(HelmUpgradeProps, rollbackRestoresWhatTheChartOwnsAndKeepsTheRest, ()) {
  static const HelmTestWorld start = HelmTestWorld::FromCapture("standalone-2.1.4-healthy");
  HelmTestWorld world = start;
  const auto workload = *rc::gen::elementOf(kWorkloads);
  const auto owned = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::inRange<std::size_t>(0, kOwnedDrift.size()));
  const auto foreign = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::inRange<std::size_t>(0, kForeignDrift.size()));
  for (const std::size_t i : owned) {
    Drift(world, workload, kOwnedDrift[i].second);
  }
  for (const std::size_t i : foreign) {
    Drift(world, workload, kForeignDrift[i].second);
  }
  const helm::UpgradeRequest request = RandomUpgrade(world);
  RC_CLASSIFY(!owned.empty(), "owned drift");
  RC_CLASSIFY(!foreign.empty(), "foreign drift");
  RC_TAG(request.chart_version);

  RC_ASSERT(world.MustRun(request).exit_code == 0);
  for (const helm::JsonPtr& object : *world.releases.at(2).objects) {
    RC_ASSERT(Holds(world.live.at(HelmTestWorld::KeyOf(helm::RefOf(*object, "default"))), *object));
  }
  RC_ASSERT(world.MustRun(world.Rollback(1)).exit_code == 0);
  for (const helm::JsonPtr& object : *world.releases.at(1).objects) {
    RC_ASSERT(Holds(world.live.at(HelmTestWorld::KeyOf(helm::RefOf(*object, "default"))), *object));
  }
  Json rest = world.live.at(workload);
  for (const std::size_t i : foreign) {
    const Json::json_pointer mark(kForeignDrift[i].first);
    RC_ASSERT(rest.contains(mark) == !IsCleared(world, workload, mark));
  }
  // Without the marks the object is what it was: the drift leaves nothing else behind.
  for (const auto& [mark, patch] : kForeignDrift) {
    const Json::json_pointer pointer(mark);
    if (rest.contains(pointer)) {
      rest[pointer.parent_pointer()].erase(pointer.back());
    }
  }
  Json before = start.live.at(workload);
  for (Json* object : {&rest, &before}) {
    Json& metadata = (*object)["spec"]["template"]["metadata"];
    if (metadata.contains("annotations") && metadata["annotations"].empty()) {
      metadata["annotations"] = nullptr;
    }
    if (metadata.value("annotations", Json()).is_null()) {
      metadata.erase("annotations");
    }
    if (metadata["labels"].value("component", "") == "me") {
      metadata["labels"].erase("component");  // not named where there is no component: foreign
    }
  }
  if (!before["spec"].contains("replicas")) {
    rest["spec"].erase("replicas");  // the chart of MinIO names none: a manual scale survives
  }
  RC_ASSERT(rest == before);
}

}  // namespace
}  // namespace rehearse::charts
