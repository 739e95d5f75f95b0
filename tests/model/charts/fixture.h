// tests/model/charts/fixture.h: the catalog as the program has it, and requests to render.
#pragma once

#include <string>
#include <vector>

#include "model/charts/render.h"
#include "model/helm/values.h"
#include "tests/model/helm/fixture.h"

namespace rehearse::charts {

inline const Catalog& TestCatalog() {
  static const Catalog catalog = [] {
    const std::string index = helm::ReadFixture("charts/index.json");
    const std::string defaults = helm::ReadFixture("charts/defaults.json");
    const std::string objects = helm::ReadFixture("charts/objects.tsv");
    Result<Catalog> parsed = Catalog::Parse({index, defaults, objects});
    EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
    return *std::move(parsed);
  }();
  return catalog;
}

inline const CatalogRenderer& TestRenderer() {
  static const CatalogRenderer renderer(TestCatalog());
  return renderer;
}

inline Json Sets(const std::vector<std::string>& sets) {
  Json values = Json::object();
  for (const std::string& set : sets) {
    EXPECT_TRUE(helm::ParseSet(set, values).has_value()) << set;
  }
  return values;
}

inline helm::RenderRequest Install(const std::string& chart, Json values) {
  helm::RenderRequest request;
  request.chart_version = chart;
  request.values = std::move(values);
  request.release = "my-release";
  request.ns = "default";
  request.is_install = true;
  return request;
}

inline helm::Rendered MustRender(const helm::RenderRequest& request) {
  helm::RenderOutcome outcome = TestRenderer().Render(request);
  if (const auto* error = std::get_if<helm::TemplateError>(&outcome)) {
    ADD_FAILURE() << request.chart_version << ": " << error->text;
    return {};
  }
  if (const auto* unknown = std::get_if<helm::RenderUnknown>(&outcome)) {
    ADD_FAILURE() << request.chart_version << ": unknown: " << unknown->what;
    return {};
  }
  return std::get<helm::Rendered>(std::move(outcome));
}

}  // namespace rehearse::charts
