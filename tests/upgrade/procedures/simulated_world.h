// tests/upgrade/procedures/simulated_world.h: simulated clusters out of captures, for tests of
// procedures that have no plan.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "app/load.h"
#include "model/charts/render.h"
#include "model/cluster/situation.h"
#include "simulator/sim_cluster.h"
#include "tests/upgrade/procedures/canned_cluster.h"

namespace rehearse::upgrade {

inline cluster::CaptureFiles FilesOf(const std::string& capture) {
  cluster::CaptureFiles files;
  for (const auto& entry : std::filesystem::directory_iterator("fixtures/captures/" + capture)) {
    files[entry.path().filename()] = ReadFixture(entry.path());
  }
  return files;
}

inline std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// A cluster of eight roles on 2.1.4: the captured one of 2.3.0 with older images and the metadata
// that a real 2.1.0 wrote.
inline cluster::CaptureFiles OldClusterFiles() {
  cluster::CaptureFiles files = FilesOf("cluster-2.3.0-pulsar-healthy");
  files["objects.json"] =
      Replaced(files["objects.json"], "milvusdb/milvus:v2.3.0", "milvusdb/milvus:v2.1.4");
  files.erase("etcd.json");
  files["etcd.jsonl"] = ReadFixture("fixtures/etcd/milvus-2.1.0-running.jsonl");
  return files;
}

inline sim::SimCluster ClusterFrom(const cluster::Situation& situation, bool played_pods = false) {
  static const charts::Catalog catalog = app::LoadCatalog().value();
  auto world = std::make_shared<sim::World>();
  world->kubernetes = ParseVersion(situation.kubernetes_version).value();
  world->release = situation.release;
  world->ns = situation.ns;
  world->played_pods = played_pods;
  world->renderer =
      std::make_shared<sim::NotingRenderer>(std::make_shared<charts::CatalogRenderer>(catalog));
  sim::ClusterState start = sim::BuildState(situation, *world).value();
  return {std::move(start), std::move(world)};
}

inline sim::SimCluster ClusterOf(const cluster::CaptureFiles& files, bool played_pods = false) {
  return ClusterFrom(cluster::ReadCapture(files, {}).value(), played_pods);
}

}  // namespace rehearse::upgrade
