#include "model/result/plan.h"

namespace rehearse::result {
namespace {

constexpr const char* kSchema = "rehearse/plan/v1";

Json ToJson(const ValueSet& value) {
  return {{"key", value.key}, {"value", value.value}, {"why", value.why}};
}

Json ToJson(const Refused& refused) {
  return {{"alternative", refused.alternative},
          {"rule", refused.rule},
          {"source", refused.source},
          {"message", refused.message}};
}

Json ToJson(const Hop& hop);

template <typename Item>
Json ListOf(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) {
    list.push_back(ToJson(item));
  }
  return list;
}

Json ToJson(const Hop& hop) {
  Json json = {{"id", hop.id},
               {"from_chart", hop.from_chart},
               {"to_chart", hop.to_chart},
               {"from_app", hop.from_app},
               {"to_app", hop.to_app},
               {"procedure", NameOf(hop.procedure)},
               {"values_set", ListOf(hop.values_set)},
               {"commands", hop.commands},
               {"pre", hop.pre},
               {"post", hop.post},
               {"downtime_ms", hop.downtime_ms},
               {"undo", hop.undo},
               {"point_of_no_return", hop.point_of_no_return}};
  if (hop.metadata) {
    json["tool_image"] = hop.metadata->tool_image;
  }
  return json;
}

}  // namespace

std::string_view NameOf(Procedure procedure) {
  switch (procedure) {
    case Procedure::kMetadataMigration:
      return "metadata-migration";
    case Procedure::kHelmUpgrade:
      return "helm-upgrade";
    case Procedure::kRollingUpdate:
      return "rolling-update";
  }
  return "helm-upgrade";
}

Json ToJson(const PlanCost& cost) {
  return {{"unmeasured_steps", cost.unmeasured_steps},
          {"irreversible_steps", cost.irreversible_steps},
          {"downtime_ms", cost.downtime_ms},
          {"hops", cost.hops}};
}

Json ToJson(const Plan& plan) {
  return {{"schema", kSchema},
          {"release", plan.release},
          {"namespace", plan.ns},
          {"target", plan.target},
          {"to_chart", plan.to_chart},
          {"to_app", plan.to_app},
          {"hops", ListOf(plan.hops)},
          {"refused", ListOf(plan.refused)},
          {"assumptions", plan.assumptions},
          {"notes", plan.notes},
          {"cost", ToJson(plan.cost)},
          {"explanation", plan.explanation}};
}

Json ToJson(const Refusal& refusal) {
  return {{"schema", kSchema},
          {"refusal",
           {{"rule", refusal.rule},
            {"source", refusal.source},
            {"message", refusal.message},
            {"commands", refusal.commands}}},
          {"refused", ListOf(refusal.refused)}};
}

}  // namespace rehearse::result
