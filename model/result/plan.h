// model/result/plan.h: a plan, as the planner makes it, reports render it and the executor runs it.
//
// Units:  downtime_ms is the expected time without a ready Milvus, in milliseconds.
// Shape:  hops in order; each hop ends with release, live objects, image and metadata agreeing,
//         except where `post` says what is left to the next hop. schemas/plan.schema.json describes
//         ToJson.
// Errors: a target that cannot be reached is a Refusal, not an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/core/instant.h"
#include "model/core/json.h"

namespace rehearse::result {

enum class Procedure {
  kMetadataMigration,  // stop, back up, migrate with the tool, start the new image
  kHelmUpgrade,        // helm upgrade to a chart, or of values only
  kRollingUpdate,      // the image of one Milvus Deployment after another; helm is told afterwards
};

struct ValueSet {
  std::string key;
  std::string value;
  std::string why;
};

// One Deployment of Milvus that the metadata hop stops and starts.
struct MilvusDeployment {
  std::string name;
  std::string container;  // name of the Milvus container in its template
  std::int64_t replicas = 1;
  std::string image;  // before the hop
};

struct MetadataHop {
  std::string tool_image;
  std::string source_version;  // as the tool takes it: no leading v
  std::string target_version;
  std::string root_path;      // etcd.rootPath
  std::string etcd_endpoint;  // host:port seen from a pod of the namespace
  std::string storage_class;  // of the backup volume
  std::string new_image;
  std::vector<MilvusDeployment> deployments;
};

struct HelmHop {
  std::string chart;                        // reference, e.g. zilliztech/milvus
  std::string version;                      // --version
  std::string values = "reset-then-reuse";  // what becomes of the values in force
  std::vector<std::string> sets;
  std::string milvus_image;            // what every Milvus container must run afterwards
  std::vector<std::string> workloads;  // Kind/name that must exist and be ready afterwards
  std::string root_path;               // of the metadata; "": sessions are not looked at
};

struct RollingHop {
  std::string new_image;
  std::vector<MilvusDeployment> deployments;  // in the order in which they are updated
  std::string root_path;                      // of the metadata
};

struct Hop {
  std::string id;  // "1", "2", ...
  std::string from_chart;
  std::string to_chart;
  std::string from_app;
  std::string to_app;
  Procedure procedure = Procedure::kHelmUpgrade;
  std::vector<ValueSet> values_set;
  std::vector<std::string> commands;  // what a person would type instead
  std::vector<std::string> pre;
  std::vector<std::string> post;
  Millis downtime_ms = 0;
  std::string undo;                // how the hop can be undone, or why it cannot
  std::string point_of_no_return;  // "" = there is none in this hop
  std::optional<MetadataHop> metadata;
  std::optional<HelmHop> helm;
  std::optional<RollingHop> rolling;
};

struct Refused {
  std::string alternative;
  std::string rule;  // id of the planner rule
  std::string source;
  std::string message;
};

// What the planner minimises, in this order.
struct PlanCost {
  std::int64_t unmeasured_steps = 0;    // steps of which no part was ever seen to work
  std::int64_t irreversible_steps = 0;  // steps without a measured way back
  Millis downtime_ms = 0;
  std::int64_t hops = 0;

  friend auto operator<=>(const PlanCost&, const PlanCost&) = default;
  friend PlanCost operator+(const PlanCost& a, const PlanCost& b) {
    return {a.unmeasured_steps + b.unmeasured_steps,
            a.irreversible_steps + b.irreversible_steps,
            a.downtime_ms + b.downtime_ms,
            a.hops + b.hops};
  }
};

struct Plan {
  std::string release;
  std::string ns;
  std::string target;  // as asked for
  std::string to_chart;
  std::string to_app;
  std::vector<Hop> hops;  // empty: nothing to do
  std::vector<Refused> refused;
  std::vector<std::string> assumptions;
  std::vector<std::string> notes;  // e.g. "pairing not published; image existence not checked"
  PlanCost cost;
  std::vector<std::string> explanation;  // why this path and not a shorter one, a line each
};

// Why no path is allowed: exit code 3.
struct Refusal {
  std::string rule;
  std::string source;
  std::string message;
  std::vector<Refused> refused;
  std::vector<std::string> commands = {};  // what can be typed to get out of it; may be empty
};

std::string_view NameOf(Procedure procedure);

Json ToJson(const PlanCost& cost);
// Both are documents of schemas/plan.schema.json: a refusal has `refusal` in place of `hops`.
Json ToJson(const Plan& plan);
Json ToJson(const Refusal& refusal);

}  // namespace rehearse::result
