#include "reports/plan_text.h"

#include <fmt/format.h>

#include "reports/wrap.h"

namespace rehearse::reports {
namespace {

std::string List(const char* label, const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    text += Section(text.empty() ? label : "", item);
  }
  return text;
}

std::string CommandsText(const std::vector<std::string>& commands, bool whole) {
  std::string text;
  if (whole) {
    text = "   type\n";
    for (const std::string& command : commands) {
      text += command + (command.ends_with('\n') ? "" : "\n");
    }
    return text;
  }
  for (const std::string& command : commands) {
    const std::size_t line = command.find('\n');
    const bool piped = line != std::string::npos;
    text += fmt::format("   {:<9} {}{}\n",
                        text.empty() ? "type" : "",
                        command.substr(0, line),
                        piped ? " ..." : "");
  }
  return text;
}

std::string HopText(const result::Hop& hop, const Painter& paint, const PlanTextOptions& options) {
  const bool same_chart = hop.from_chart == hop.to_chart;
  const bool same_app = hop.from_app == hop.to_app;
  std::string text =
      paint(Tone::kStrong,
            fmt::format("{}. {}: {}, {}",
                        hop.id,
                        NameOf(hop.procedure),
                        same_app ? fmt::format("Milvus {} stays", hop.from_app)
                                 : fmt::format("Milvus {} -> {}", hop.from_app, hop.to_app),
                        same_chart ? fmt::format("chart {} stays", hop.from_chart)
                                   : fmt::format("chart {} -> {}", hop.from_chart, hop.to_chart)));
  text += "\n" + Section("downtime", "about " + DurationText(hop.downtime_ms));
  if (hop.metadata) {
    text += Section("tool", hop.metadata->tool_image);
  }
  for (const result::ValueSet& value : hop.values_set) {
    std::string shown = value.value;
    for (std::size_t at = 0; (at = shown.find('\n', at)) != std::string::npos;) {
      shown.replace(at, 1, "\\n");
    }
    text += Section(&value == &hop.values_set.front() ? "set" : "", value.key + "=" + shown);
    text += Wrap("", 15, value.why);
  }
  if (options.conditions) {
    text += List("before", hop.pre);
  }
  text += CommandsText(hop.commands, options.whole_commands);
  if (options.conditions) {
    text += List("after", hop.post);
    text += Section("undo", hop.undo);
  }
  text += Section("no return",
                  hop.point_of_no_return.empty() ? "none in this hop" : hop.point_of_no_return);
  return text;
}

// Neighbours that the same rule refuses in the same words are told together.
std::string RefusedText(const std::vector<result::Refused>& refused, const Painter& paint) {
  std::string text;
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const result::Refused& each = refused[i];
    text += Wrap(" - ", 3, each.alternative);
    const bool goes_on = i + 1 < refused.size() && refused[i + 1].rule == each.rule &&
                         refused[i + 1].message == each.message;
    if (!goes_on) {
      text += Wrap("", 5, each.message);
      text +=
          "     " + paint(Tone::kFaint, fmt::format("rule {}; {}", each.rule, each.source)) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string PlanText(const result::Plan& plan,
                     const Painter& paint,
                     const PlanTextOptions& options) {
  std::string text = paint(
      Tone::kStrong,
      fmt::format("Plan: release {} in namespace {}, to {}", plan.release, plan.ns, plan.target));
  text += fmt::format(" (chart {}, Milvus {})\n", plan.to_chart, plan.to_app);
  if (!plan.hops.empty()) {
    text += fmt::format("   {} hops, about {} of downtime, {} unmeasured steps, {} irreversible\n",
                        plan.hops.size(),
                        DurationText(plan.cost.downtime_ms),
                        plan.cost.unmeasured_steps,
                        plan.cost.irreversible_steps);
  }
  text += List("note", plan.notes);
  text += List("assumed", plan.assumptions);
  for (const result::Hop& hop : plan.hops) {
    text += "\n" + HopText(hop, paint, options);
  }
  if (!plan.refused.empty()) {
    text += "\n" + paint(Tone::kStrong, "Refused") + "\n" + RefusedText(plan.refused, paint);
  }
  if (options.explain && !plan.explanation.empty()) {
    text += "\n" + paint(Tone::kStrong, "Why this path") + "\n";
    for (const std::string& line : plan.explanation) {
      text += Wrap(" - ", 3, line);
    }
  }
  return text;
}

std::string RefusalText(const result::Refusal& refusal, const Painter& paint) {
  std::string text =
      paint(Tone::kBad, "refused") + " by rule " + refusal.rule + " (" + refusal.source + ")\n";
  text += Wrap("", 3, refusal.message);
  if (!refusal.commands.empty()) {
    text += "\n" + paint(Tone::kStrong, "What leads out of it") + "\n";
    for (const std::string& command : refusal.commands) {
      text += command + (command.ends_with('\n') ? "" : "\n");
    }
  }
  if (!refusal.refused.empty()) {
    text += "\n" + paint(Tone::kStrong, "Refused") + "\n" + RefusedText(refusal.refused, paint);
  }
  return text;
}

}  // namespace rehearse::reports
