#include "model/charts/predict.h"

#include <algorithm>

namespace rehearse::charts {
namespace {

std::string CommandOf(const PredictRequest& request) {
  std::string command = request.mode == helm::ValuesMode::kNone
                            ? "no-flag"
                            : std::string(helm::FlagOf(request.mode)).substr(2);
  for (const std::string& set : request.sets) {
    command += " --set " + set;
  }
  return command;
}

Result<Json> ParseSets(const std::vector<std::string>& sets) {
  Json values = Json::object();
  for (const std::string& set : sets) {
    TRY(helm::ParseSet(set, values));
  }
  return values;
}

// The release before the upgrade, as far as values go.
Result<helm::ReleaseRecord> ReleaseOf(const Catalog& catalog, const PredictRequest& request) {
  const ChartInfo* chart = catalog.Find(request.from_chart);
  const std::shared_ptr<const Json> values = catalog.DefaultValues(request.from_chart);
  if (chart == nullptr || !chart->published || values == nullptr) {
    return BadInput(
        "no chart " + request.from_chart +
        (chart != nullptr && chart->published ? " with known defaults" : " in the index"));
  }
  TRY_ASSIGN(const Json config, ParseSets(InstallSets(request.topology)));
  helm::ReleaseRecord record;
  record.name = "my-release";
  record.ns = "default";
  record.revision = 1;
  record.status = helm::ReleaseStatus::kDeployed;
  record.chart.value = helm::Share({{"metadata", catalog.Metadata(*chart)}, {"values", *values}});
  record.config.value = config.empty() ? nullptr : helm::Share(config);
  return record;
}

Json LiveDeployment(const std::string& queue) {
  return {{"metadata", {{"annotations", {{"milvus.io/message-queue", queue}}}}}};
}

void AddRendered(const helm::Rendered& rendered, Json& out) {
  out["result"] = "rendered";
  out["objects"] = static_cast<std::int64_t>(rendered.objects.size()) + rendered.unlisted_objects;
  out["workloads"] = Workloads(rendered.objects);
  out["milvus_tags"] = rendered.milvus_tags;
  Json lines = Json::array();
  for (std::string line : rendered.message_queue_lines) {
    std::erase(line, '"');
    lines.push_back(std::move(line));
  }
  out["messageQueue"] = std::move(lines);
}

void AddError(const helm::TemplateError& error, Json& out) {
  out["result"] = "error";
  out["error"] = error.error;
  out["text"] = error.text;
  if (!error.place.empty()) {
    out["template"] = error.place;
  }
  if (!error.missing.empty()) {
    out["missing"] = error.missing;
  }
}

}  // namespace

std::string_view NameOf(Topology topology) {
  return topology == Topology::kStandalone ? "standalone" : "cluster";
}

std::vector<std::string> InstallSets(Topology topology) {
  if (topology == Topology::kCluster) {
    return {};
  }
  return {"cluster.enabled=false,etcd.replicaCount=1,minio.mode=standalone,pulsar.enabled=false"};
}

Result<Json> Predict(const CatalogRenderer& renderer, const PredictRequest& request) {
  const Catalog& catalog = renderer.catalog();
  const ChartInfo* to = catalog.Find(request.to_chart);
  if (to == nullptr || !to->published) {
    return BadInput("no chart " + request.to_chart + " in the index");
  }
  TRY_ASSIGN(const helm::ReleaseRecord current, ReleaseOf(catalog, request));
  TRY_ASSIGN(Json given, ParseSets(request.sets));
  const helm::UpgradeValues values =
      helm::ValuesForUpgrade(request.mode, current, std::move(given));
  helm::RenderRequest render;
  render.chart_version = request.to_chart;
  render.values = values.config;
  render.base_values = values.base;
  render.base_chart = request.from_chart;
  render.release = current.name;
  render.ns = current.ns;
  render.revision = 2;
  if (request.live_queue) {
    render.live = {helm::Share(LiveDeployment(*request.live_queue))};
  }
  Json out = {{"from", request.from_chart},
              {"to", request.to_chart},
              {"mode", NameOf(request.topology)},
              {"command", CommandOf(request)}};
  const helm::RenderOutcome outcome = renderer.Render(render);
  if (const auto* rendered = std::get_if<helm::Rendered>(&outcome)) {
    AddRendered(*rendered, out);
  } else if (const auto* error = std::get_if<helm::TemplateError>(&outcome)) {
    AddError(*error, out);
  } else {
    const auto& unknown = std::get<helm::RenderUnknown>(outcome);
    out["result"] = "unknown";
    out["what"] = unknown.what;
    out["interval"] = unknown.interval;
  }
  return out;
}

}  // namespace rehearse::charts
