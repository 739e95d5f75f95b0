// upgrade/candidate.h: one step that somebody could take, as rules judge it.
//
// Shape:  a Station is where a release stands; a Candidate leads from one to another by some means,
//         with everything that was typed. The planner's own hops and the alternatives that it
//         refuses (the documentation's commands among them) are candidates alike.
// Source: upgrade/rules.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/charts/catalog.h"
#include "model/core/version.h"
#include "model/helm/values.h"
#include "upgrade/planner.h"
#include "upgrade/survey.h"
#include "upgrade/target.h"

namespace rehearse::upgrade {

struct Station {
  Version chart;
  Version app;          // of the running image
  Version release_app;  // of the image that helm would run again
  MetadataGeneration metadata = MetadataGeneration::kV22;

  friend bool operator==(const Station&, const Station&) = default;
  friend auto operator<=>(const Station&, const Station&) = default;
};

enum class Means {
  kMetadataMigration,  // our own procedure
  kRollingUpdate,      // our own: the image alone, component by component
  kHelmUpgrade,
  kMigrateScript,        // migrate.sh -o migrate
  kMigrateScriptBack,    // migrate.sh -o rollback
  kRollingUpdateScript,  // rollingUpdate.sh
  kHelmRollback,
};

struct MigrationArguments {
  std::string tool_image;
  Version source;
  Version target;
  bool removes_backup = false;  // -d
};

struct Candidate {
  Means means = Means::kHelmUpgrade;
  Station from;
  Station to;
  // helm
  std::string repository;              // alias of the chart repository
  std::optional<std::string> version;  // --version as typed; nothing: the newest
  helm::ValuesMode mode = helm::ValuesMode::kResetThenReuse;
  Json config = Json::object();          // the user's values afterwards
  std::shared_ptr<const Json> defaults;  // of the chart that is reached; null: not known
  std::shared_ptr<const Json> base;      // what stands in for them (--reuse-values); null: nothing
  bool from_mixcoord = true;             // of a cluster: one mixed coordinator runs before the step
  // metadata
  std::optional<MigrationArguments> migration = std::nullopt;

  // The user's value, else the chart's; nullptr: neither.
  [[nodiscard]] const Json* Value(std::string_view dotted_path) const;
  [[nodiscard]] bool IsOn(std::string_view dotted_path) const;
  [[nodiscard]] std::string Text(std::string_view dotted_path) const;
};

// Where a step leads, in words: "chart 4.0.34 with Milvus 2.2.16".
std::string Words(const Station& station);

// Components whose image tag the user has set apart from image.all.tag.
std::vector<std::string> ComponentsWithOwnTag(const Json& config);

}  // namespace rehearse::upgrade
