#include "model/charts/render.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "model/charts/apply.h"
#include "model/charts/config.h"
#include "model/charts/expand.h"
#include "model/charts/needs.h"
#include "model/charts/select.h"
#include "model/helm/merge.h"
#include "model/helm/values.h"

namespace rehearse::charts {
namespace {

using helm::JsonPtr;
using helm::Objects;

constexpr std::size_t kNameMax = 63;
constexpr std::size_t kRememberedMax = 256;
constexpr std::size_t kExpansionsMax = 4096;
const Version kQueueLookupSince{5, 0, 0, ""};  // Law::kQueueLookup

std::string SubchartName(const std::string& release, const std::string& chart) {
  return release.find(chart) != std::string::npos ? release : release + "-" + chart;
}

Names NamesFor(const ChartInfo& chart,
               const Json& values,
               const std::string& release,
               const std::string& ns) {
  Names names;
  names.release = release;
  names.ns = ns;
  names.fullname = FullName(release, values);
  names.etcd = SubchartName(release, "etcd");
  names.minio = SubchartName(release, "minio");
  names.pulsar = SubchartName(release, "pulsar");
  names.pulsarv3 = SubchartName(release, "pulsarv3");
  names.chart = chart.version.ToString();
  names.app = chart.app_version;
  names.tag = chart.image_tag;
  return names;
}

// True if every leaf of `defaults` stands in `values` too: then `values` are the chart's own.
bool Holds(const Json& values, const Json& defaults) {
  if (!defaults.is_object()) {
    return values == defaults;
  }
  return std::all_of(defaults.items().begin(), defaults.items().end(), [&](const auto& member) {
    const Json* value = At(values, {member.key()});
    return value != nullptr && Holds(*value, member.value());
  });
}

// Whether the values stored with a release are its chart's own: an upgrade with --reuse-values
// stores others.
bool StoresOwnValues(const helm::ReleaseRecord& record,
                     const Catalog& catalog,
                     const ChartInfo& chart) {
  const Json* stored =
      record.chart.value == nullptr ? nullptr : At(*record.chart.value, {"values"});
  return stored != nullptr && Holds(*stored, catalog.ReadDefaultValues(chart));
}

// One rendering before anything is carried over from the manifest in force.
struct Draft {
  Objects objects;
  std::vector<std::string> queue_lines;
  std::set<std::string> tags;
  std::int64_t unlisted = 0;
  LawSet laws;
};
using DraftOutcome = std::variant<Draft, helm::TemplateError, helm::RenderUnknown>;

// Manifests by what they were expanded from.
using Expansions = std::map<Fingerprint, Json>;

// What the catalog makes of the releases in force, by what it was made from; null: it cannot tell.
using OldDrafts = std::map<Fingerprint, std::shared_ptr<const Draft>>;

struct Notes {
  Expansions expansions;
  OldDrafts old_drafts;
};

struct DraftInput {
  const Catalog& catalog;
  const ChartInfo& chart;
  const Json& values;  // coalesced
  const helm::RenderRequest& request;
  Expansions& expansions;
};

struct Placed {
  std::string path;
  const ObjectForm* form;
  Json object;
};

class Drafter {
 public:
  explicit Drafter(const DraftInput& input)
      : input_(input),
        names_(NamesFor(input.chart, input.values, input.request.release, input.request.ns)),
        values_(input.values) {
    if (Json* etcd = values_.contains("etcd") ? &values_["etcd"] : nullptr;
        etcd != nullptr && etcd->is_object() && StringAt(*etcd, {"initialClusterState"}).empty()) {
      (*etcd)["initialClusterState"] = input.request.is_install ? "new" : "existing";
    }
  }

  DraftOutcome Make() {
    NeedOutcome needs = CheckNeeds(input_.chart, input_.values, input_.request);
    if (auto* error = std::get_if<helm::TemplateError>(&needs)) {
      return std::move(*error);
    }
    if (auto* unknown = std::get_if<helm::RenderUnknown>(&needs)) {
      return std::move(*unknown);
    }
    auto selected = SelectForms(input_.catalog, input_.chart, values_, input_.request.is_install);
    if (auto* unknown = std::get_if<helm::RenderUnknown>(&selected)) {
      return std::move(*unknown);
    }
    return Fill(std::get<Selection>(selected));
  }

 private:
  DraftOutcome Fill(const Selection& selection) {
    std::vector<Placed> placed;
    for (const ObjectForm* form : selection.forms) {
      Result<Json> object = Expanded(*form);
      if (!object) {
        return helm::RenderUnknown{object.error().message, "", {}};
      }
      ApplyValues(*form, input_.chart, values_, *object);
      const std::string name = StringAt(*object, {"metadata", "name"});
      placed.push_back({TemplatePathOf(*form, name, names_), form, *std::move(object)});
    }
    FillConfig(placed);
    FillChecksums(placed);
    Draft draft;
    draft.laws = selection.laws;
    draft.queue_lines = MessageQueueLines(Config());
    draft.tags = Tags(placed);
    std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
      return a.path < b.path;
    });
    for (Placed& item : placed) {
      draft.objects.push_back(helm::Share(std::move(item.object)));
    }
    if (selection.pulsarv3_with_own_values) {
      AddMonitoringStack(draft);
    }
    helm::SortForInstall(draft.objects);
    return draft;
  }

  Result<Json> Expanded(const ObjectForm& form) {
    const std::string filled = FilledText(form, names_);
    const Fingerprint key = Hasher().Add(filled).Add(form.unit).Add(names_.ns).Get();
    if (const auto known = input_.expansions.find(key); known != input_.expansions.end()) {
      return known->second;
    }
    TRY_ASSIGN(Json object, Expand(form, filled, names_));
    return input_.expansions.emplace(key, std::move(object)).first->second;
  }

  ConfigInput Config() const { return {input_.chart, input_.values, names_, input_.request}; }

  void FillConfig(std::vector<Placed>& placed) const {
    for (Placed& item : placed) {
      if (item.form->unit == "milvus" && item.form->kind == "ConfigMap") {
        item.object["data"] = ConfigData(Config());
      }
      Json& metadata = item.object["metadata"];
      if (item.form->unit == "standalone" && input_.chart.version >= kQueueLookupSince) {
        std::string queue = StandaloneMessageQueue(Config());
        std::erase(queue, '"');
        metadata["annotations"]["milvus.io/message-queue"] = queue;
      }
    }
  }

  static std::string DigestOfUnit(const std::vector<Placed>& placed,
                                  std::string_view unit,
                                  std::string_view kind) {
    for (const Placed& item : placed) {
      if (item.form->unit == unit && item.form->kind == kind) {
        return ChecksumOf(Dump(item.object));
      }
    }
    return ChecksumOf("");
  }

  // Law::kChecksumAnnotations
  static void FillChecksums(std::vector<Placed>& placed) {
    const std::string milvus = DigestOfUnit(placed, "milvus", "ConfigMap");
    const std::string minio = DigestOfUnit(placed, "minio", "ConfigMap");
    const std::string secret = DigestOfUnit(placed, "minio", "Secret");
    for (Placed& item : placed) {
      if (At(item.object, {"spec", "template", "metadata", "annotations"}) == nullptr) {
        continue;
      }
      Json& annotations = item.object["spec"]["template"]["metadata"]["annotations"];
      if (annotations.contains("checksum/config")) {
        annotations["checksum/config"] = item.form->unit == "minio" ? minio : milvus;
      }
      if (annotations.contains("checksum/secrets")) {
        annotations["checksum/secrets"] = secret;
      }
    }
  }

  static std::set<std::string> Tags(const std::vector<Placed>& placed) {
    std::set<std::string> tags;
    for (const Placed& item : placed) {
      if (item.form->kind == "Deployment" && !ValuesKeyOf(item.form->unit).empty()) {
        const Json& container = item.object["spec"]["template"]["spec"]["containers"][0];
        tags.insert(ImageTag(StringAt(container, {"image"})));
      }
    }
    return tags;
  }

  // Law::kPulsarV3OwnValues: the objects with known names, and the number of the others.
  void AddMonitoringStack(Draft& draft) const {
    constexpr std::int64_t kExtraObjects = 128;
    const auto add = [&](const char* api, const char* kind, const std::string& name) {
      draft.objects.push_back(
          helm::Share({{"apiVersion", api},
                       {"kind", kind},
                       {"metadata", {{"name", name}, {"namespace", input_.request.ns}}}}));
    };
    for (const char* part : {"-grafana", "-kube-prometheus-operator", "-kube-state-metrics"}) {
      add("apps/v1", "Deployment", names_.release + part);
    }
    add("apps/v1", "StatefulSet", names_.pulsarv3 + "-toolset");
    for (const char* part : {"-kube-prometheus-operator", "-kube-prometheus-prometheus"}) {
      add("monitoring.coreos.com/v1", "ServiceMonitor", names_.release + part);
    }
    draft.unlisted += kExtraObjects - 6;
  }

  const DraftInput& input_;
  Names names_;
  Json values_;
};

// `real` with the change that leads from `before` to `after`.
Result<Json> Changed(const Json& real, const Json& before, const Json& after) {
  TRY_ASSIGN(const Json patch, helm::CreateThreeWayPatch(before, after, before));
  return helm::StrategicMergePatch(real, patch);
}

// What the manifest in force holds beyond the catalog stays (Law::kUnseenFieldsStay): the change
// from the old draft to the new one is made to the real object.
Objects CarryOver(const Objects& real_old, const Draft& old_draft, const Draft& draft) {
  const auto index = [](const Objects& objects) {
    std::map<std::pair<std::string, std::string>, JsonPtr> by_name;
    for (const JsonPtr& object : objects) {
      by_name.emplace(
          std::pair(StringAt(*object, {"kind"}), StringAt(*object, {"metadata", "name"})), object);
    }
    return by_name;
  };
  const auto reals = index(real_old);
  const auto befores = index(old_draft.objects);
  const auto find = [](const auto& objects, const Json& wanted) {
    const auto at =
        objects.find(std::pair(StringAt(wanted, {"kind"}), StringAt(wanted, {"metadata", "name"})));
    return at == objects.end() ? nullptr : at->second;
  };
  Objects carried;
  for (const JsonPtr& object : draft.objects) {
    const JsonPtr real = find(reals, *object);
    const JsonPtr before = find(befores, *object);
    if (real == nullptr || before == nullptr) {
      carried.push_back(object);
    } else if (*before == *object) {
      carried.push_back(real);
    } else if (Result<Json> changed = Changed(*real, *before, *object)) {
      carried.push_back(helm::Share(*std::move(changed)));
    } else {
      carried.push_back(object);
    }
  }
  return carried;
}

class Rendering {
 public:
  Rendering(const Catalog& catalog, const helm::RenderRequest& request, Notes& notes)
      : catalog_(catalog), request_(request), notes_(notes) {}

  helm::RenderOutcome Render() {
    const ChartInfo* chart = catalog_.Find(request_.chart_version);
    const JsonPtr own = catalog_.DefaultValues(request_.chart_version);
    if (chart == nullptr || own == nullptr || !chart->has_objects) {
      return helm::RenderUnknown{
          "what chart " + request_.chart_version + " renders", "charts before 3.1.0", {}};
    }
    const JsonPtr base = request_.base_values ? request_.base_values : own;
    const Json values = helm::Coalesce(*base, request_.values);
    DraftOutcome outcome = Drafter({catalog_, *chart, values, request_, notes_.expansions}).Make();
    if (auto* error = std::get_if<helm::TemplateError>(&outcome)) {
      return std::move(*error);
    }
    if (auto* unknown = std::get_if<helm::RenderUnknown>(&outcome)) {
      return std::move(*unknown);
    }
    return Finish(*chart, StoredValues(*chart, base), std::get<Draft>(outcome));
  }

 private:
  const helm::ReleaseRecord* Current() const { return request_.current.get(); }

  // What helm stores as the chart's values. The release in force knows all of them if it is of the
  // same chart; the catalog knows some.
  JsonPtr StoredValues(const ChartInfo& chart, const JsonPtr& base) const {
    if (request_.base_values == nullptr && Current() != nullptr &&
        helm::ChartVersion(*Current()) == chart.version.ToString() &&
        StoresOwnValues(*Current(), catalog_, chart)) {
      return helm::Share(*At(*Current()->chart.value, {"values"}));
    }
    return base;
  }

  helm::RenderOutcome Finish(const ChartInfo& chart, const JsonPtr& stored, Draft& draft) {
    helm::Rendered rendered;
    rendered.laws = draft.laws;
    rendered.laws.Add(Law::kChartObjects);
    rendered.objects = draft.objects;
    if (Current() != nullptr && Current()->objects) {
      if (const std::shared_ptr<const Draft> old = OldDraft()) {
        rendered.objects = CarryOver(*Current()->objects, *old, draft);
        rendered.laws.Add(Law::kUnseenFieldsStay);
      }
    }
    rendered.message_queue_lines = draft.queue_lines;
    rendered.milvus_tags.assign(draft.tags.begin(), draft.tags.end());
    rendered.unlisted_objects = draft.unlisted;
    rendered.chart = helm::Share({{"metadata", catalog_.Metadata(chart)},
                                  {"lock", nullptr},
                                  {"templates", Json::array()},
                                  {"values", *stored},
                                  {"schema", nullptr},
                                  {"files", Json::array()}});
    return rendered;
  }

  // What the catalog makes of the release in force, from values known as well as those of the new
  // draft: the stored ones with --reuse-values, else the catalog's if the release has its chart's
  // own.
  std::shared_ptr<const Draft> OldDraft() {
    const ChartInfo* chart = catalog_.Find(helm::ChartVersion(*Current()));
    const JsonPtr known = catalog_.DefaultValues(helm::ChartVersion(*Current()));
    const Json* stored = At(*Current()->chart.value, {"values"});
    if (chart == nullptr || known == nullptr || stored == nullptr || !chart->has_objects) {
      return nullptr;
    }
    const bool use_known =
        request_.base_values == nullptr && StoresOwnValues(*Current(), catalog_, *chart);
    Hasher key;
    key.Add(DigestOf(*Current())).Add(use_known).Add(request_.release).Add(request_.ns);
    for (const JsonPtr& live : request_.live) {
      key.Add(live ? HashJson(*live) : 0);
    }
    const auto [at, is_new] = notes_.old_drafts.emplace(key.Get(), nullptr);
    if (is_new) {
      at->second = MakeOldDraft(*chart, use_known ? *known : *stored);
    }
    return at->second;
  }

  std::shared_ptr<const Draft> MakeOldDraft(const ChartInfo& chart, const Json& base) {
    helm::RenderRequest old = request_;
    old.chart_version = chart.version.ToString();
    old.values = helm::ConfigOf(*Current());
    old.revision = Current()->revision;
    old.is_install = Current()->revision == 1;
    const Json values = helm::Coalesce(base, old.values);
    DraftOutcome outcome = Drafter({catalog_, chart, values, old, notes_.expansions}).Make();
    auto* draft = std::get_if<Draft>(&outcome);
    return draft == nullptr ? nullptr : std::make_shared<const Draft>(std::move(*draft));
  }

  const Catalog& catalog_;
  const helm::RenderRequest& request_;
  Notes& notes_;
};

Fingerprint DigestOfRequest(const helm::RenderRequest& request) {
  Hasher hasher;
  hasher.Add(request.chart_version).Add(HashJson(request.values)).Add(request.base_chart);
  hasher.Add(request.base_values ? HashJson(*request.base_values) : 0);
  hasher.Add(request.release).Add(request.ns).Add(request.is_install).Add(request.revision);
  hasher.Add(request.current ? DigestOf(*request.current) : 0);
  hasher.Add(request.current && request.current->objects);
  for (const JsonPtr& live : request.live) {
    hasher.Add(live ? HashJson(*live) : 0);
  }
  return hasher.Get();
}

}  // namespace

std::string FullName(std::string_view release, const Json& values) {
  std::string name = StringAt(values, {"fullnameOverride"});
  if (name.empty()) {
    const std::string chart = StringAt(values, {"nameOverride"}, "milvus");
    name = release.find(chart) != std::string_view::npos ? std::string(release)
                                                         : std::string(release) + "-" + chart;
  }
  name.resize(std::min(name.size(), kNameMax));
  if (name.ends_with('-')) {
    name.pop_back();
  }
  return name;
}

std::vector<std::string> Workloads(const Objects& objects) {
  std::vector<std::string> workloads;
  for (const JsonPtr& object : objects) {
    const std::string kind = StringAt(*object, {"kind"});
    if (kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet") {
      workloads.push_back(kind + "/" + StringAt(*object, {"metadata", "name"}));
    }
  }
  std::sort(workloads.begin(), workloads.end());
  return workloads;
}

std::vector<helm::ObjectRef> CatalogRenderer::Lookups(const helm::RenderRequest& request) const {
  const ChartInfo* chart = catalog_.Find(request.chart_version);
  if (chart == nullptr || chart->version < kQueueLookupSince) {
    return {};
  }
  return {{"apps/v1",
           "Deployment",
           request.ns,
           FullName(request.release, request.values) + "-standalone"}};
}

// A search renders the same request in every run that it forks.
struct CatalogRenderer::Memory {
  std::mutex mutex;
  std::map<Fingerprint, std::shared_ptr<const helm::RenderOutcome>> outcomes;
  Notes notes;
};

CatalogRenderer::CatalogRenderer(Catalog catalog)
    : catalog_(std::move(catalog)), memory_(std::make_shared<Memory>()) {}

helm::RenderOutcome CatalogRenderer::Render(const helm::RenderRequest& request) const {
  const Fingerprint key = DigestOfRequest(request);
  const std::lock_guard lock(memory_->mutex);
  const auto known = memory_->outcomes.find(key);
  if (known != memory_->outcomes.end()) {
    return *known->second;
  }
  if (memory_->outcomes.size() >= kRememberedMax) {
    memory_->outcomes.clear();
    memory_->notes.old_drafts.clear();
  }
  if (memory_->notes.expansions.size() >= kExpansionsMax) {
    memory_->notes.expansions.clear();
  }
  helm::RenderOutcome outcome = Rendering(catalog_, request, memory_->notes).Render();
  memory_->outcomes[key] = std::make_shared<const helm::RenderOutcome>(outcome);
  return outcome;
}

bool CatalogRenderer::Exists(std::string_view chart_version) const {
  const ChartInfo* chart = catalog_.Find(chart_version);
  return chart != nullptr && chart->published;
}

}  // namespace rehearse::charts
