// upgrade/planner.h: from a situation and a target to a plan, or to the reason why there is none.
//
// Shape:      pure: equal facts give equal plans. What a plan needs to know of the machines (would
//             this tool image panic on this metadata?) comes in as a fact.
// Errors:     kInvalidArgument: the target is no version, or nothing like it was ever published; a
//             gap of the situation that was not assumed; a situation that contradicts itself.
//             A target that must not be reached, or not from here, is a Refusal, not an error.
// Invariants: no rule of upgrade/rules.h refuses a hop of a plan; every hop names its chart
// version,
//             its values mode and its image.
// Source:     each rule names its own.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/charts/catalog.h"
#include "model/cluster/situation.h"
#include "model/result/plan.h"

namespace rehearse::upgrade {

// What an image of the migration tool makes of the situation's metadata.
struct ToolOutcome {
  std::string image;
  bool succeeds = false;
  bool after_cleaning = false;  // it fails when the old metadata is already removed
  std::string why;              // its last words
};

// Images of the tool, best first: the second one panics on a loaded partition.
inline constexpr std::array<std::string_view, 2> kToolImages = {
    "milvusdb/meta-migration:v2.2.0-bugfix-20230112", "milvusdb/meta-migration:v2.2.0"};

enum class Strategy {
  kHelm,     // every hop is a helm upgrade, or the metadata's own procedure
  kRolling,  // a new image comes to one component after another; helm is told afterwards
};

struct PlanningFacts {
  const cluster::Situation& situation;
  const charts::Catalog& catalog;
  std::string target;              // 2.2.16, chart:4.0.34, latest
  std::vector<ToolOutcome> tools;  // empty where no tool is needed
  std::string chart_reference = "zilliztech/milvus";
  std::vector<std::string> without_rules;  // ids of rules taken out: only tests do that
  Strategy strategy = Strategy::kHelm;
};

using PlanResult = Result<std::variant<result::Plan, result::Refusal>>;

PlanResult MakePlan(const PlanningFacts& facts);

// Several targets from one situation: it is read once, and what is found out about steps is kept.
// `facts.target` is not looked at. Threads: one at a time.
class Planner {
 public:
  // Everything that `facts` refers to must outlive the planner.
  static Result<Planner> On(const PlanningFacts& facts);
  [[nodiscard]] PlanResult PlanTo(const std::string& target) const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

// What somebody must ask the migration tool before planning; nothing: no tool is needed.
struct ToolQuestion {
  std::vector<std::string> images;  // best first
  std::string source_version;
  std::string target_version;
  std::string root_path;
};
Result<std::optional<ToolQuestion>> ToolQuestionOf(const cluster::Situation& situation);

}  // namespace rehearse::upgrade
