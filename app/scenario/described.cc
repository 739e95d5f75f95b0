#include <fmt/format.h>

#include "app/scenario/drivers.h"
#include "model/charts/render.h"
#include "model/core/version.h"
#include "model/helm/values.h"
#include "model/helm/words.h"
#include "model/kube/codec.h"

// The start that a scenario describes: the chart's own objects, as helm install leaves them, on a
// cluster with nodes and a provisioner; the controllers make the pods.
namespace rehearse::app {
namespace {

constexpr int kNodes = 3;
constexpr const char* kHelmVersion = "3.19.5";
constexpr const char* kInstalledAt = "2026-01-01T00:00:00Z";
constexpr const char* kStorageClass = R"({
  "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "example.com/disk",
  "metadata": {"name": "standard",
               "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}})";

std::string NodeText(int number) {
  return fmt::format(R"({{"apiVersion": "v1", "kind": "Node", "metadata": {{"name": "n{}"}},)"
                     R"( "status": {{"conditions": [{{"type": "Ready", "status": "True"}}]}}}})",
                     number);
}

Status AddObject(const Json& document, const std::string& where, cluster::Situation& situation) {
  TRY_ASSIGN(kube::Object object, kube::FromJson(document, where));
  const std::string key = object.ref.Key();
  situation.objects = situation.objects.Set(key, std::move(object));
  return {};
}

Status AddMachines(cluster::Situation& situation) {
  std::vector<std::string> texts = {kStorageClass};
  for (int i = 1; i <= kNodes; ++i) {
    texts.push_back(NodeText(i));
  }
  for (const std::string& text : texts) {
    TRY_ASSIGN(const Json document, ParseJson(text, "node"));
    TRY(AddObject(document, "node", situation));
  }
  return {};
}

// A standalone release as the chart's README has it installed.
Result<Json> ValuesOf(const StartSpec& start, const charts::Catalog& catalog) {
  Json values = Json::object();
  std::vector<std::string> sets = start.sets;
  if (start.topology == "standalone") {
    const auto defaults = catalog.DefaultValues(start.chart);
    if (defaults && At(*defaults, {"pulsarv3"}) != nullptr) {
      sets.insert(sets.begin(), "pulsarv3.enabled=false");
    }
    for (const char* set : {"cluster.enabled=false",
                            "etcd.replicaCount=1",
                            "minio.mode=standalone",
                            "pulsar.enabled=false"}) {
      sets.insert(sets.begin(), set);
    }
  }
  if (!start.image.empty()) {
    sets.push_back("image.all.tag=" + start.image.substr(start.image.rfind(':') + 1));
  }
  for (const std::string& set : sets) {
    TRY(helm::ParseSet(set, values));
  }
  return values;
}

helm::ReleaseRecord RecordOf(const StartSpec& start, Json values, helm::Rendered rendered) {
  helm::ReleaseRecord record;
  record.name = start.release;
  record.ns = start.ns;
  record.revision = 1;
  record.status = helm::ReleaseStatus::kDeployed;
  record.description = "Install complete";
  record.first_deployed = kInstalledAt;
  record.last_deployed = kInstalledAt;
  record.chart = {rendered.chart, nullptr};
  record.config = {helm::Share(std::move(values)), nullptr};
  record.objects = std::make_shared<const helm::Objects>(std::move(rendered.objects));
  record.manifest = std::make_shared<const std::string>(helm::ManifestText(record));
  helm::SealContent(record);
  return record;
}

}  // namespace

Result<cluster::Situation> DescribedSituation(const StartSpec& start,
                                              const charts::Catalog& catalog) {
  cluster::Situation situation;
  situation.release = start.release;
  situation.ns = start.ns;
  situation.kubernetes_version = start.kubernetes;
  situation.helm_version = kHelmVersion;
  TRY_ASSIGN(Json values, ValuesOf(start, catalog));
  helm::RenderRequest request;
  request.chart_version = start.chart;
  request.values = values;
  request.release = start.release;
  request.ns = start.ns;
  request.is_install = true;
  helm::RenderOutcome outcome = charts::CatalogRenderer(catalog).Render(request);
  auto* rendered = std::get_if<helm::Rendered>(&outcome);
  if (rendered == nullptr) {
    const auto* error = std::get_if<helm::TemplateError>(&outcome);
    return BadInput("chart " + start.chart + " cannot be installed with these values" +
                    (error != nullptr ? ": " + error->text : ""));
  }
  TRY(AddMachines(situation));
  situation.releases.push_back(RecordOf(start, std::move(values), std::move(*rendered)));
  const helm::ReleaseRecord& record = situation.releases.back();
  for (const helm::JsonPtr& object : *record.objects) {
    Json owned = helm::WithOwner(*object, record);
    owned["metadata"]["namespace"] = start.ns;
    TRY(AddObject(owned, "chart " + start.chart, situation));
  }
  return situation;
}

}  // namespace rehearse::app
