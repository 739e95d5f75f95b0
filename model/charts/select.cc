#include "model/charts/select.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "model/charts/apply.h"
#include "model/helm/values.h"

namespace rehearse::charts {
namespace {

// Switches of parts that the catalog has no objects of (Law::kUnlistedParts).
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kUnlistedParts = {
    {{"attu.enabled", "attu"},
     {"ingress.enabled", "the ingress"},
     {"metrics.serviceMonitor.enabled", "the service monitor"},
     {"log.persistence.enabled", "the log claim"},
     {"serviceAccount.create", "the service account"}}};

const Version kMixCoordSince{4, 0, 10, ""};      // Law::kMixCoordTemplate
const Version kNoIndexNodeService{5, 0, 0, ""};  // Law::kIndexNodeServiceGone
const Version kStreamingSince{4, 2, 8, ""};      // Law::kStreamingTemplate

bool IsOn(const Json& values, std::string_view path, bool absent = false) {
  const Json* value = helm::ValueAt(values, path);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : absent;
}

class Selector {
 public:
  Selector(const Catalog& catalog, const ChartInfo& chart, const Json& values, bool is_install)
      : catalog_(catalog), chart_(chart), values_(values), is_install_(is_install) {}

  std::variant<Selection, helm::RenderUnknown> Select() {
    for (const auto& [path, part] : kUnlistedParts) {
      if (IsOn(values_, path)) {
        return Unknown("which objects " + std::string(part) + " adds (" + std::string(path) + ")");
      }
    }
    SelectSubcharts();
    if (!unlisted_.empty()) {
      return Unknown("which objects the subchart " + unlisted_ + " adds");
    }
    SelectMilvus();
    return std::move(selection_);
  }

 private:
  helm::RenderUnknown Unknown(std::string what) const {
    helm::RenderUnknown unknown;
    unknown.what = std::move(what);
    unknown.interval = "every chart";
    unknown.laws = {Law::kUnlistedParts};
    return unknown;
  }

  void SelectSubcharts() {
    for (const Dependency& dependency : catalog_.DependenciesOf(chart_)) {
      if (!helm::ConditionEnabled(values_, dependency.condition)) {
        continue;
      }
      if (dependency.name == "etcd") {
        AddUnit("etcd", "any");
      } else if (dependency.name == "minio") {
        const std::string mode = StringAt(values_, {"minio", "mode"}, "distributed");
        AddUnit("minio", "any");
        AddUnit("minio", mode);
      } else if (dependency.name == "pulsar" || dependency.name == "pulsarv3") {
        AddUnit(dependency.name, "any");
      } else {
        unlisted_ = dependency.name;
      }
      if (dependency.name == "pulsarv3" &&
          helm::ValueAt(values_, "pulsarv3.kube-prometheus-stack.enabled") == nullptr) {
        selection_.pulsarv3_with_own_values = true;
        selection_.laws.Add(Law::kPulsarV3OwnValues);
      }
    }
  }

  void SelectMilvus() {
    const bool cluster = IsOn(values_, "cluster.enabled");
    AddUnit("milvus", "any");
    AddUnit("milvus", cluster ? "cluster" : "standalone");
    if (!cluster) {
      AddUnit("standalone", "any");
      return;
    }
    for (const std::string_view component : {"rootcoord",
                                             "querycoord",
                                             "datacoord",
                                             "indexcoord",
                                             "mixcoord",
                                             "proxy",
                                             "querynode",
                                             "datanode",
                                             "indexnode",
                                             "streamingnode"}) {
      if (ComponentIsOn(component)) {
        AddUnit(component, "any");
      }
    }
  }

  bool ComponentIsOn(std::string_view component) const {
    if (component == "streamingnode") {
      return IsOn(values_, "streaming.enabled") && chart_.version >= kStreamingSince;
    }
    if (component == "mixcoord") {
      return IsOn(values_, "mixCoordinator.enabled") && chart_.version >= kMixCoordSince;
    }
    return IsOn(values_, std::string(ValuesKeyOf(component)) + ".enabled");
  }

  void AddUnit(std::string_view unit, std::string_view topology) {
    std::map<std::pair<std::string, std::string>, const ObjectForm*> chosen;  // by kind and name
    bool exact = false;
    for (const ObjectForm& form : catalog_.forms()) {
      if (form.unit != unit || form.topology != topology || !Wanted(form)) {
        continue;
      }
      if (form.first <= chart_.version && chart_.version <= form.last) {
        selection_.forms.push_back(&form);
        exact = true;
      }
      const ObjectForm*& best = chosen[{form.kind, form.name}];
      if (best == nullptr || form.first <= chart_.version) {
        best = &form;
      }
    }
    if (!exact) {
      for (const auto& [slot, form] : chosen) {
        selection_.forms.push_back(form);
        selection_.laws.Add(Law::kNearestForm);
      }
    }
  }

  bool Wanted(const ObjectForm& form) const {
    if (form.unit == "indexnode" && form.kind == "Service") {
      return chart_.version < kNoIndexNodeService;
    }
    if (form.kind == "Job") {
      return is_install_ || IsOn(values_, form.unit + ".initialize");
    }
    if (form.kind == "PodDisruptionBudget") {
      return IsOn(values_, PolicyPath(form), true);
    }
    if (form.kind == "PersistentVolumeClaim") {
      const std::string key = form.unit == "minio" ? "minio" : "standalone";
      const Json* existing = helm::ValueAt(
          values_,
          key == "minio" ? "minio.persistence.existingClaim"
                         : "standalone.persistence.persistentVolumeClaim.existingClaim");
      return IsOn(values_, key + ".persistence.enabled", true) &&
             (existing == nullptr || *existing == "" || existing->is_null());
    }
    return true;
  }

  // pulsar.bookkeeper.pdb.usePolicy
  static std::string PolicyPath(const ObjectForm& form) {
    std::string part = form.name.substr(form.name.rfind('-') + 1);
    part = part == "bookie" ? "bookkeeper" : part;
    return form.unit + "." + part + ".pdb.usePolicy";
  }

  const Catalog& catalog_;
  const ChartInfo& chart_;
  const Json& values_;
  bool is_install_;
  std::string unlisted_;
  Selection selection_;
};

}  // namespace

std::variant<Selection, helm::RenderUnknown> SelectForms(const Catalog& catalog,
                                                         const ChartInfo& chart,
                                                         const Json& values,
                                                         bool is_install) {
  return Selector(catalog, chart, values, is_install).Select();
}

}  // namespace rehearse::charts
