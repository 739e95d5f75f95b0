#include "model/charts/needs.h"

#include <array>

#include "model/helm/values.h"

namespace rehearse::charts {
namespace {

enum class When {
  kAlways,
  kStandalone,  // cluster.enabled is false
  kCluster,     // cluster.enabled is true
  kRootCoord,   // cluster, and rootCoordinator.enabled
};

enum class Certainty {
  kSure,   // the access is there
  kMaybe,  // the data cannot tell whether it is there
};

struct Need {
  NeedRow row;
  When when;
  Certainty certainty = Certainty::kSure;
  Law law;
};

constexpr std::string_view kStandby = "rootCoordinator.activeStandby.enabled";
constexpr std::string_view kMix = "mixCoordinator.enabled";
constexpr std::string_view kStreaming = "streaming.enabled";
constexpr std::string_view kWoodpecker = "woodpecker.enabled";
constexpr std::string_view kHpa = "queryNode.hpa.enabled";
constexpr std::string_view kEmbedded = "streaming.woodpecker.embedded";
constexpr std::string_view kRatio = "queryNode.scheduler.maxReadConcurrentRatio";

constexpr Need Sure(NeedRow row, When when, Law law) { return {row, when, Certainty::kSure, law}; }
constexpr Need Maybe(NeedRow row, When when, Law law) {
  return {row, when, Certainty::kMaybe, law};
}

// In helm's order: templates of equal depth by descending path, each with what it includes.
constexpr std::array kNeeds = {
    Sure({kEmbedded, "5.0.8", "5.0.17", ""}, When::kAlways, Law::kNeedEmbedded),
    Sure({kEmbedded, "5.0.19", "5.0.19", "_helpers.tpl:370:23"}, When::kAlways, Law::kNeedEmbedded),
    Sure({"tei.enabled", "4.2.42", "4.2.48", ""}, When::kAlways, Law::kNeedTei),
    Sure({"tei.enabled", "4.2.49", "4.2.49", "tei-statefulset.yaml:1:14"},
         When::kAlways,
         Law::kNeedTei),
    Maybe({kStreaming, "4.2.8", "4.2.14", ""}, When::kAlways, Law::kNeedStreamingGuard),
    // standalone-deployment.yaml, first the config that it includes
    Sure({kWoodpecker, "4.2.51", "4.2.57", ""}, When::kStandalone, Law::kNeedWoodpecker),
    Sure({kWoodpecker, "4.2.58", "5.0.0", "config.tpl:114:19"},
         When::kStandalone,
         Law::kNeedWoodpecker),
    Maybe({kWoodpecker, "5.0.1", "5.0.4", ""}, When::kAlways, Law::kNeedWoodpecker),
    Maybe({kStandby, "4.0.0", "4.0.3", ""}, When::kAlways, Law::kNeedStandby),
    // rootcoord-deployment.yaml reads it before its config does
    Sure({kStandby, "4.1.22", "4.1.23", ""}, When::kRootCoord, Law::kNeedStandby),
    Sure({kStandby, "4.1.24", "4.2.0", "rootcoord-deployment.yaml:17:16"},
         When::kRootCoord,
         Law::kNeedStandby),
    Sure({kStandby, "4.2.1", "4.2.19", ""}, When::kRootCoord, Law::kNeedStandby),
    Sure({kStandby, "4.2.20", "4.2.58", "rootcoord-deployment.yaml:18:16"},
         When::kRootCoord,
         Law::kNeedStandby),
    Sure({kStandby, "5.0.0", "5.0.0", ""}, When::kRootCoord, Law::kNeedStandby),
    // the config, of either topology
    Maybe({kRatio, "3.3.0", "3.3.5", ""}, When::kAlways, Law::kNeedRatio),
    Sure({kRatio, "3.3.6", "3.3.6", "config.tpl:245:39"}, When::kAlways, Law::kNeedRatio),
    Sure({kStandby, "4.0.4", "4.0.6", ""}, When::kAlways, Law::kNeedStandby),
    Sure({kStandby, "4.0.7", "4.0.31", "config.tpl:167:33"}, When::kAlways, Law::kNeedStandby),
    Sure({kStandby, "4.0.32", "4.0.33", ""}, When::kAlways, Law::kNeedStandby),
    Sure({kStandby, "4.0.34", "4.0.34", "config.tpl:183:33"}, When::kAlways, Law::kNeedStandby),
    Sure({kStandby, "4.1.0", "4.1.23", ""}, When::kAlways, Law::kNeedStandby),
    Sure({kStandby, "4.1.24", "4.2.0", "_helpers.tpl:186:17"}, When::kAlways, Law::kNeedStandby),
    Sure({kStandby, "4.2.1", "4.2.19", ""}, When::kAlways, Law::kNeedStandby),
    Sure({kStandby, "4.2.20", "4.2.58", "_helpers.tpl:194:17"}, When::kAlways, Law::kNeedStandby),
    Sure({kMix, "4.1.24", "4.2.0", "_helpers.tpl:186:68"}, When::kAlways, Law::kNeedMix),
    Sure({kMix, "4.2.1", "4.2.19", ""}, When::kAlways, Law::kNeedMix),
    Sure({kMix, "4.2.20", "4.2.58", "_helpers.tpl:194:68"}, When::kAlways, Law::kNeedMix),
    Sure({kMix, "5.0.0", "5.0.0", ""}, When::kCluster, Law::kNeedMix),
    // standalone-deployment.yaml again
    Sure({kStreaming, "4.2.8", "4.2.19", ""}, When::kStandalone, Law::kNeedStreaming),
    Sure({kStreaming, "4.2.20", "4.2.30", "standalone-deployment.yaml:98:22"},
         When::kStandalone,
         Law::kNeedStreaming),
    Sure({kStreaming, "4.2.31", "4.2.41", ""}, When::kStandalone, Law::kNeedStreaming),
    Sure({kHpa, "4.2.42", "4.2.57", ""}, When::kAlways, Law::kNeedHpa),
    Sure({kHpa, "4.2.58", "5.0.0", "querynode-hpa.yaml:1:44"}, When::kAlways, Law::kNeedHpa),
    Sure({kHpa, "5.0.1", "5.0.4", ""}, When::kAlways, Law::kNeedHpa),
    // mixcoord-svc.yaml
    Sure({kMix, "4.0.10", "4.0.30", ""}, When::kAlways, Law::kNeedMix),
    Sure({kMix, "4.0.31", "4.0.31", "mixcoord-svc.yaml:1:18"}, When::kAlways, Law::kNeedMix),
    Sure({kMix, "4.0.32", "4.1.23", ""}, When::kAlways, Law::kNeedMix),
};

// Law::kReuseUnmeasured: before this chart no upgrade with reused values was measured.
const Version kFirstMeasured{3, 3, 6, ""};
const Version kEtcdPasswordsSince{5, 0, 5, ""};  // Law::kEtcdPasswords

constexpr std::string_view kPasswordsText =
    "execution error at (milvus/charts/etcd/templates/NOTES.txt:119:4): PASSWORDS ERROR: You must "
    "provide your current passwords when upgrading the release. ('auth.rbac.rootPassword' must not "
    "be empty)";

bool IsOn(const Json& values, std::string_view path, bool absent) {
  const Json* value = helm::ValueAt(values, path);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : absent;
}

std::string_view ParentOf(std::string_view path) { return path.substr(0, path.rfind('.')); }

enum class Presence { kThere, kMissing, kUnknown };

// Templates fail on a path if what holds its last part is missing.
Presence PresenceOf(const Json& values, std::string_view path) {
  const Json* parent = helm::ValueAt(values, ParentOf(path));
  if (parent == nullptr || parent->is_null()) {
    return Presence::kMissing;
  }
  return parent->is_object() ? Presence::kThere : Presence::kUnknown;
}

bool Evaluated(When when, const Json& values) {
  const bool cluster = IsOn(values, "cluster.enabled", false);
  switch (when) {
    case When::kAlways:
      return true;
    case When::kStandalone:
      return !cluster;
    case When::kCluster:
      return cluster;
    case When::kRootCoord:
      return cluster && IsOn(values, "rootCoordinator.enabled", false);
  }
  return false;
}

bool HasChart(const NeedRow& row, const Version& chart) {
  return *ParseVersion(row.first) <= chart && chart <= *ParseVersion(row.last);
}

// The name that the template engine gives the template of a place.
std::string TemplateName(const Need& need) {
  const std::string file(need.row.place.substr(0, need.row.place.find(':')));
  if (file == "config.tpl") {
    return "milvus.config";
  }
  if (file != "_helpers.tpl") {
    return "milvus/templates/" + file;
  }
  return need.row.path == kEmbedded ? "milvus.woodpecker.external.enabled"
                                    : "milvus.rootcoord.activeStandby";
}

helm::TemplateError ErrorOf(const Need& need) {
  const std::string path(need.row.path);
  helm::TemplateError error;
  error.error = "nil pointer evaluating interface";
  error.missing = ".Values." + path;
  error.laws = {need.law, Law::kNeedPlaces};
  const std::string last = path.substr(path.rfind('.') + 1);
  const std::string what =
      "at <" + error.missing + ">: nil pointer evaluating interface {}." + last;
  if (need.row.place.empty()) {
    error.text = "template: milvus/templates/... (place not known): executing " + what;
    return error;
  }
  error.place = "milvus/templates/" + std::string(need.row.place);
  error.text = "template: " + error.place + ": executing \"" + TemplateName(need) + "\" " + what;
  return error;
}

helm::RenderUnknown UnknownOf(const Need& need) {
  return {"whether the templates read .Values." + std::string(need.row.path),
          "charts " + std::string(need.row.first) + " to " + std::string(need.row.last),
          {need.law}};
}

// Law::kEtcdPasswords: the etcd subchart 8 wants the password that an upgrade would keep.
bool LacksEtcdPassword(const ChartInfo& chart, const Json& values, bool is_install) {
  const Json* password = helm::ValueAt(values, "etcd.auth.rbac.rootPassword");
  const Json* secret = helm::ValueAt(values, "etcd.auth.rbac.existingSecret");
  const auto given = [](const Json* text) {
    return text != nullptr && text->is_string() && *text != "";
  };
  return chart.version >= kEtcdPasswordsSince && !is_install &&
         IsOn(values, "etcd.enabled", true) && IsOn(values, "etcd.auth.rbac.create", true) &&
         !given(password) && !given(secret);
}

// With its own values a chart is in no doubt: only what the user removed can be missing.
NeedOutcome CheckTable(const ChartInfo& chart, const Json& values, bool own_values) {
  const Need* doubt = nullptr;
  for (const Need& need : kNeeds) {
    if (!HasChart(need.row, chart.version) || !Evaluated(need.when, values)) {
      continue;
    }
    const Presence presence = PresenceOf(values, need.row.path);
    if (presence == Presence::kThere) {
      continue;
    }
    if (need.certainty == Certainty::kMaybe || presence == Presence::kUnknown) {
      if (own_values) {
        continue;
      }
      doubt = doubt == nullptr ? &need : doubt;
      continue;
    }
    // An earlier access that may be there would fail on the same path, at another place.
    if (doubt != nullptr && doubt->row.path != need.row.path) {
      return UnknownOf(*doubt);
    }
    Need found = need;
    found.row.place = doubt == nullptr ? need.row.place : "";
    return ErrorOf(found);
  }
  if (doubt != nullptr) {
    return UnknownOf(*doubt);
  }
  return std::monostate{};
}

}  // namespace

NeedOutcome CheckNeeds(const ChartInfo& chart,
                       const Json& values,
                       const helm::RenderRequest& request) {
  if (LacksEtcdPassword(chart, values, request.is_install)) {
    helm::TemplateError error;
    error.text = kPasswordsText;
    error.error = "PASSWORDS ERROR (etcd subchart NOTES, auth.rbac.rootPassword)";
    error.laws = {Law::kEtcdPasswords};
    return error;
  }
  if (request.base_values != nullptr && chart.version < kFirstMeasured &&
      request.base_chart != chart.version.ToString()) {
    return helm::RenderUnknown{"what the templates need from the values",
                               "charts 3.1.0 to 3.3.5",
                               {Law::kReuseUnmeasured}};
  }
  return CheckTable(chart, values, request.base_values == nullptr);
}

std::vector<NeedRow> NeedRows() {
  std::vector<NeedRow> rows;
  for (const Need& need : kNeeds) {
    rows.push_back(need.row);
  }
  return rows;
}

}  // namespace rehearse::charts
