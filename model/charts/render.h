// model/charts/render.h: the manifests that a chart with given values puts on a cluster.
//
// Shape:      the summarised objects of the catalog are expanded to full manifests: release name,
//             namespace, images, replicas, strategies, probes, ports, mounts and volumes.
// Threads:    a renderer remembers what it rendered; copies share that memory, guarded by a mutex.
// Errors:     TemplateError in helm's words; RenderUnknown where the data cannot tell.
// Not modelled: the texts inside ConfigMaps: a stand-in with the lines that are known; it changes
//             exactly when the chart's config template or a value that it reads is known to change
//             (CHARTS-20), so that checksum/config and with it restarts follow.
// Source:     CHARTS-10 .. CHARTS-39.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/charts/catalog.h"
#include "model/helm/render.h"

namespace rehearse::charts {

class CatalogRenderer final : public helm::Renderer {
 public:
  explicit CatalogRenderer(Catalog catalog);

  [[nodiscard]] std::vector<helm::ObjectRef> Lookups(
      const helm::RenderRequest& request) const override;
  [[nodiscard]] helm::RenderOutcome Render(const helm::RenderRequest& request) const override;
  [[nodiscard]] bool Exists(std::string_view chart_version) const override;
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }

 private:
  struct Memory;
  Catalog catalog_;
  std::shared_ptr<Memory> memory_;
};

// The release's fullname: fullnameOverride; the release name if it contains "milvus"; else
// <release>-milvus; at most 63 characters.
std::string FullName(std::string_view release, const Json& values);

// Kind/name of every workload (Deployment, StatefulSet, DaemonSet), sorted.
std::vector<std::string> Workloads(const helm::Objects& objects);

}  // namespace rehearse::charts
