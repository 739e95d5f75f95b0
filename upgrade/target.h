// upgrade/target.h: what a user means by a target.
//
// Shape:  `X.Y.Z` is an app version, `chart:V` a chart, `latest` the highest chart whose app
// version
//         is not a prerelease. Versions are compared by the image tag that a chart brings, which is
//         not always v<app version>. Prereleases and hotfixes are reached only by their full name.
//         An app version without a chart of its own is an image target: the highest chart of the
//         same minor with a lower tag, and the tag set by hand.
// Errors: kInvalidArgument: not a target; a chart or a minor that was never published.
// Source: zilliztech/milvus-helm@01df9e8:index.yaml decides what exists.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/charts/catalog.h"
#include "model/core/result.h"
#include "model/core/version.h"

namespace rehearse::upgrade {

struct Current {
  Version chart;
  Version app;             // of the running image
  Version release_app;     // of the image that helm would run again
  bool pulsar_v2 = false;  // charts 4.2.21 to 4.2.29 are then left out
};

struct Target {
  Version chart;
  Version app;             // what is to run: the chart's own tag unless `image_set`
  bool image_set = false;  // the chart's own tag is another
  std::string asked;
  std::vector<std::string> notes;
};

enum class TargetOrder { kAhead, kSame, kBehind };

struct ResolvedTarget {
  Target target;
  TargetOrder order = TargetOrder::kAhead;
};

Result<ResolvedTarget> ResolveTarget(const charts::Catalog& catalog,
                                     std::string_view text,
                                     const Current& current);

// The version of the image that a chart brings when nothing is set; nullopt: not a version.
std::optional<Version> ImageVersionOf(const charts::ChartInfo& chart);

}  // namespace rehearse::upgrade
