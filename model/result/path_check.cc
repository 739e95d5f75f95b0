#include "model/result/path_check.h"

#include <algorithm>

namespace rehearse::result {
namespace {

constexpr const char* kSchema = "rehearse/path-check/v1";

Json ListOf(const std::vector<Refused>& refused) {
  Json list = Json::array();
  for (const Refused& each : refused) {
    list.push_back({{"rule", each.rule}, {"source", each.source}, {"message", each.message}});
  }
  return list;
}

Json ToJson(const Prediction& prediction) {
  Json workloads = Json::array();
  for (const PredictedWorkload& workload : prediction.workloads) {
    workloads.push_back({{"name", workload.name}, {"images", workload.images}});
  }
  return {{"workloads", workloads}, {"message_queues", prediction.message_queues}};
}

Json ToJson(const CheckedHop& hop) {
  Json json = {{"id", hop.id},
               {"procedure", hop.procedure},
               {"from_chart", hop.from_chart},
               {"to_chart", hop.to_chart},
               {"from_app", hop.from_app},
               {"to_app", hop.to_app},
               {"verdict", NameOf(hop.verdict)},
               {"refused", ListOf(hop.refused)},
               {"evidence", hop.evidence},
               {"cost", ToJson(hop.cost)}};
  if (!hop.unknown.empty()) {
    json["unknown"] = hop.unknown;
  }
  if (hop.prediction) {
    json["prediction"] = ToJson(*hop.prediction);
  }
  return json;
}

}  // namespace

std::string_view NameOf(HopVerdict verdict) {
  switch (verdict) {
    case HopVerdict::kAccepted:
      return "accepted";
    case HopVerdict::kRefused:
      return "refused";
    case HopVerdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

HopVerdict VerdictOf(const PathCheck& check) {
  const auto any = [&](HopVerdict verdict) {
    return std::ranges::find(check.hops, verdict, &CheckedHop::verdict) != check.hops.end();
  };
  if (!check.situation.empty() || any(HopVerdict::kRefused)) {
    return HopVerdict::kRefused;
  }
  return any(HopVerdict::kUnknown) ? HopVerdict::kUnknown : HopVerdict::kAccepted;
}

int ExitCodeOf(HopVerdict verdict) {
  switch (verdict) {
    case HopVerdict::kAccepted:
      return 0;
    case HopVerdict::kRefused:
      return 3;
    case HopVerdict::kUnknown:
      return 2;
  }
  return 2;
}

Json ToJson(const PathCheck& check) {
  Json hops = Json::array();
  for (const CheckedHop& hop : check.hops) {
    hops.push_back(ToJson(hop));
  }
  Json own = {{"stops", check.own_stops}};
  if (check.own_cost) {
    own["cost"] = ToJson(*check.own_cost);
  } else {
    own["refusal"] = check.own_refusal;
  }
  return {{"schema", kSchema},
          {"release", check.release},
          {"namespace", check.ns},
          {"path", check.path},
          {"verdict", NameOf(VerdictOf(check))},
          {"situation", ListOf(check.situation)},
          {"hops", hops},
          {"cost", ToJson(check.cost)},
          {"own", own},
          {"assumptions", check.assumptions}};
}

}  // namespace rehearse::result
