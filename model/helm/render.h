// model/helm/render.h: what helm asks of a chart: the interface that model/charts implements.
//
// Shape:  a request says which chart, with which values; the outcome is the whole manifest, or the
//         error that the template engine prints, or an honest "not known".
// Source: HELM-16.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/core/law.h"
#include "model/helm/types.h"

namespace rehearse::helm {

struct RenderRequest {
  std::string chart_version;
  Json values = Json::object();  // the user's, after the values mode
  JsonPtr base_values;           // --reuse-values: stands in for the chart's own; null: its own
  std::string base_chart;        // the chart that base_values come from
  std::string release;
  std::string ns;
  // The release in force: what its manifest holds beyond the catalog is carried over. Null: none.
  std::shared_ptr<const ReleaseRecord> current;
  bool is_install = false;
  std::int64_t revision = 1;
  // Answers to Renderer::Lookups, in order; null: not there. Empty: rendered without cluster
  // access.
  std::vector<JsonPtr> live;
};

struct Rendered {
  Objects objects;                    // in install order
  std::int64_t unlisted_objects = 0;  // rendered as well, but only their number is known
  std::vector<std::string> message_queue_lines;
  std::vector<std::string> milvus_tags;  // sorted, each once
  JsonPtr chart;                         // metadata and values for the record
  LawSet laws;
};

// Nothing was rendered; `text` is what helm prints behind `UPGRADE FAILED: `.
struct TemplateError {
  std::string text;
  std::string error;    // the kind: "nil pointer evaluating interface", "PASSWORDS ERROR (...)"
  std::string place;    // milvus/templates/config.tpl:245:39; "" if not a place in a template
  std::string missing;  // .Values.queryNode.scheduler.maxReadConcurrentRatio; "" if none
  LawSet laws;
};

// The data cannot tell: `what` is not known, `interval` between which charts it changes.
struct RenderUnknown {
  std::string what;
  std::string interval;
  LawSet laws;
};

using RenderOutcome = std::variant<Rendered, TemplateError, RenderUnknown>;

class Renderer {
 public:
  virtual ~Renderer() = default;
  // Live objects that the chart's templates look up; empty for most charts.
  [[nodiscard]] virtual std::vector<ObjectRef> Lookups(const RenderRequest& request) const = 0;
  [[nodiscard]] virtual RenderOutcome Render(const RenderRequest& request) const = 0;
  // Whether a chart of this version is in the repository.
  [[nodiscard]] virtual bool Exists(std::string_view chart_version) const = 0;
};

}  // namespace rehearse::helm
