// upgrade/rendering.h: what the chart of a helm step puts on the cluster, as the catalog knows it.
//
// Shape:  what the chart's templates look up is taken from `before` (what the step before rendered)
//         or, without it, from the live objects of the situation.
// Errors: none of its own; see helm::RenderOutcome.
// Source: model/charts/render.h.
#pragma once

#include "model/charts/render.h"
#include "upgrade/candidate.h"

namespace rehearse::upgrade {

struct RenderQuestion {
  const Survey& survey;
  const charts::CatalogRenderer& renderer;
  const Candidate& step;
  std::int64_t number = 1;  // of the hop
  const helm::Objects* before = nullptr;
};

helm::RenderOutcome RenderStep(const RenderQuestion& question);

// The first object that exists already and is not the release's own: helm will not take it over.
// "" if there is none.
std::string ForeignObject(const Survey& survey, const helm::Objects& rendered);
inline constexpr const char* kOwnership = "ownership";
inline constexpr const char* kOwnershipSource = "helm/helm@v3.19.5:pkg/action/validate.go";

}  // namespace rehearse::upgrade
