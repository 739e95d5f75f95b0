// model/charts/predict.h: what `helm upgrade` between two charts renders, from the catalog alone.
//
// Shape:  the release is the one that the topology's install values make of the old chart; the
//         outcome is that of the renderer, with nothing carried over from a cluster.
// Errors: kInvalidArgument for a --set text; kNotFound for a chart that is not published (or, for
// the
//         old chart, was never tagged).
// Source: CHARTS-03; fixtures/charts/helm-upgrade-matrix.json.gz holds 726 measured cases.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/charts/render.h"
#include "model/helm/values.h"

namespace rehearse::charts {

enum class Topology { kStandalone, kCluster };

std::string_view NameOf(Topology topology);
// --set texts that the topology is installed with.
std::vector<std::string> InstallSets(Topology topology);

struct PredictRequest {
  std::string from_chart;
  std::string to_chart;
  Topology topology = Topology::kStandalone;
  helm::ValuesMode mode = helm::ValuesMode::kResetThenReuse;
  std::vector<std::string> sets;
  // What the live Deployment's annotation milvus.io/message-queue says; nullopt: no cluster access.
  std::optional<std::string> live_queue;
};

// {from, to, mode, command, result: rendered | error | unknown, ...}; for rendered: objects,
// workloads, milvus_tags, messageQueue; for error: error, text, template?, missing?; for unknown:
// what, interval.
Result<Json> Predict(const CatalogRenderer& renderer, const PredictRequest& request);

}  // namespace rehearse::charts
