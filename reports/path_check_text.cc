#include "reports/path_check_text.h"

#include <fmt/format.h>

#include "reports/wrap.h"

namespace rehearse::reports {
namespace {

using result::CheckedHop;
using result::HopVerdict;

Tone ToneOf(HopVerdict verdict) {
  switch (verdict) {
    case HopVerdict::kAccepted:
      return Tone::kGood;
    case HopVerdict::kRefused:
      return Tone::kBad;
    case HopVerdict::kUnknown:
      return Tone::kWarning;
  }
  return Tone::kWarning;
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

std::string RefusedText(const std::vector<result::Refused>& refused, const Painter& paint) {
  std::string text;
  for (const result::Refused& each : refused) {
    text += Section("refused", each.message);
    text += "             " + paint(Tone::kFaint, "rule " + each.rule + "; " + each.source) + "\n";
  }
  return text;
}

std::string PredictionText(const result::Prediction& prediction) {
  std::string text;
  for (const result::PredictedWorkload& workload : prediction.workloads) {
    text += Section(text.empty() ? "renders" : "", workload.name + " " + Join(workload.images));
  }
  if (!prediction.message_queues.empty()) {
    text += Section("mq",
                    Join(prediction.message_queues) +
                        (prediction.message_queues.size() > 1
                             ? ": named more than once; which one counts is not known"
                             : ""));
  }
  return text;
}

std::string HopText(const CheckedHop& hop, const Painter& paint) {
  std::string text = paint(Tone::kStrong,
                           fmt::format("{}. {}: Milvus {} -> {}, chart {} -> {}",
                                       hop.id,
                                       hop.procedure,
                                       hop.from_app,
                                       hop.to_app,
                                       hop.from_chart,
                                       hop.to_chart)) +
                     "  " + paint(ToneOf(hop.verdict), NameOf(hop.verdict)) + "\n";
  text += RefusedText(hop.refused, paint);
  if (!hop.unknown.empty()) {
    text += Section("unknown", hop.unknown);
  }
  text += Section("evidence", hop.evidence);
  return text + (hop.prediction ? PredictionText(*hop.prediction) : "");
}

std::string CostText(const result::PlanCost& cost) {
  return fmt::format("{} unmeasured steps, {} irreversible, about {} of downtime, {} hops",
                     cost.unmeasured_steps,
                     cost.irreversible_steps,
                     DurationText(cost.downtime_ms),
                     cost.hops);
}

std::string OwnText(const result::PathCheck& check) {
  if (!check.own_cost) {
    return Section("planner", check.own_refusal);
  }
  std::string compared = "costs the same";
  if (check.cost < *check.own_cost) {
    compared = "costs more than this path";
  } else if (*check.own_cost < check.cost) {
    compared = "costs less";
  }
  return Section("planner", CostText(*check.own_cost) + ": " + compared) +
         Section("", Join(check.own_stops));
}

}  // namespace

std::string PathCheckText(const result::PathCheck& check, const Painter& paint) {
  const HopVerdict verdict = VerdictOf(check);
  std::string text =
      paint(
          Tone::kStrong,
          fmt::format("Path {}: release {} in namespace {}", check.path, check.release, check.ns)) +
      "  " + paint(ToneOf(verdict), NameOf(verdict)) + "\n";
  for (const std::string& assumption : check.assumptions) {
    text += Section("assumed", assumption);
  }
  text += RefusedText(check.situation, paint);
  for (const CheckedHop& hop : check.hops) {
    text += "\n" + HopText(hop, paint);
  }
  return text + "\n" + Section("cost", CostText(check.cost)) + OwnText(check);
}

}  // namespace rehearse::reports
