// tests/support/synthetic.h: situations that nobody captured: a plain installation of any chart,
// made of what the catalog says that it renders.
//
// Shape: names, images, values and the metadata of the chart's Milvus are there; pods, statuses and
//        volumes are not. For planning, not for runs.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "app/files.h"
#include "app/load.h"
#include "model/charts/predict.h"
#include "model/charts/render.h"
#include "model/etcd/dump.h"
#include "model/kube/codec.h"
#include "upgrade/target.h"

namespace rehearse::tests {

struct Synthetic {
  const charts::CatalogRenderer& renderer;
  std::string chart;
  charts::Topology topology = charts::Topology::kStandalone;
  Json more_values = Json::object();  // over those of the topology
};

inline const Json& DefaultStorageClass() {
  static const Json storage_class = {
      {"apiVersion", "storage.k8s.io/v1"},
      {"kind", "StorageClass"},
      {"metadata",
       {{"name", "standard"},
        {"annotations", {{"storageclass.kubernetes.io/is-default-class", "true"}}}}},
      {"provisioner", "example.com/disk"}};
  return storage_class;
}

// What a server of the chart's version would have written.
inline const etcd::Dump& MetadataOf(const Version& app) {
  const auto load = [](const std::string& name) {
    const std::string path = std::string(REHEARSE_ROOT) + "/fixtures/etcd/" + name;
    return etcd::ParseDump(app::ReadFile(path).value(), name).value();
  };
  static const etcd::Dump old = load("milvus-2.1.0-running.jsonl");
  static const etcd::Dump current = load("milvus-2.2.16-on-migrated.jsonl");
  return app < Version{2, 2, 0, ""} ? old : current;
}

inline Result<helm::Rendered> RenderInstall(const Synthetic& wanted, const Json& config) {
  helm::RenderRequest request;
  request.chart_version = wanted.chart;
  request.values = config;
  request.release = "my-release";
  request.ns = "default";
  request.is_install = true;
  helm::RenderOutcome outcome = wanted.renderer.Render(request);
  if (auto* rendered = std::get_if<helm::Rendered>(&outcome)) {
    return std::move(*rendered);
  }
  return BadInput("chart " + wanted.chart + " does not render");
}

inline Result<cluster::Situation> SituationOf(const Synthetic& wanted) {
  Json config = Json::object();
  for (const std::string& set : charts::InstallSets(wanted.topology)) {
    TRY(helm::ParseSet(set, config));
  }
  config = helm::MergeFiles(std::move(config), wanted.more_values);
  TRY_ASSIGN(helm::Rendered rendered, RenderInstall(wanted, config));
  const charts::Catalog& catalog = wanted.renderer.catalog();
  const charts::ChartInfo* chart = catalog.Find(wanted.chart);
  cluster::Situation situation;
  situation.release = "my-release";
  situation.ns = "default";
  situation.kubernetes_version = "1.30.0";
  situation.helm_version = "3.19.5";
  for (const helm::JsonPtr& object : rendered.objects) {
    Json document = *object;
    document["metadata"]["namespace"] = situation.ns;
    document["metadata"]["annotations"]["meta.helm.sh/release-name"] = situation.release;
    TRY_ASSIGN(kube::Object live, kube::FromJson(document, "rendered"));
    const std::string key = live.ref.Key();
    situation.objects = situation.objects.Set(key, std::move(live));
  }
  TRY_ASSIGN(kube::Object storage_class, kube::FromJson(DefaultStorageClass(), "class"));
  situation.objects = situation.objects.Set(storage_class.ref.Key(), storage_class);
  helm::ReleaseRecord record;
  record.name = situation.release;
  record.ns = situation.ns;
  record.revision = 1;
  record.status = helm::ReleaseStatus::kDeployed;
  record.chart.value = rendered.chart;
  record.config.value = helm::Share(config);
  record.objects = std::make_shared<const helm::Objects>(std::move(rendered.objects));
  helm::SealContent(record);  // as a record that was read
  situation.releases.push_back(std::move(record));
  const auto app = upgrade::ImageVersionOf(*chart);
  situation.etcd = MetadataOf(app ? *app : Version{});
  return situation;
}

}  // namespace rehearse::tests
