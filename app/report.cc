#include "app/report.h"

#include "reports/plan_text.h"

namespace rehearse::app {
namespace {

Colour ColourOf(reports::Tone tone) {
  switch (tone) {
    case reports::Tone::kGood:
      return Colour::kGreen;
    case reports::Tone::kBad:
      return Colour::kRed;
    case reports::Tone::kWarning:
      return Colour::kYellow;
    case reports::Tone::kStrong:
      return Colour::kBold;
    case reports::Tone::kFaint:
      return Colour::kFaint;
  }
  return Colour::kFaint;
}

}  // namespace

reports::Painter PainterOf(const Terminal& terminal) {
  return [&terminal](reports::Tone tone, std::string_view text) {
    return Paint(terminal, ColourOf(tone), text);
  };
}

std::string PlanText(const result::Plan& plan, const Terminal& terminal) {
  return reports::PlanText(plan, PainterOf(terminal), {});
}

result::Refusal RefusalOf(const result::PathCheck& check) {
  result::Refusal refusal{.rule = "no-path", .source = check.path, .message = "", .refused = {}};
  for (const result::Refused& refused : check.situation) {
    refusal.refused.push_back(refused);
    refusal.refused.back().alternative = "any step from here";
  }
  for (const result::CheckedHop& hop : check.hops) {
    for (const result::Refused& refused : hop.refused) {
      refusal.refused.push_back(refused);
      refusal.refused.back().alternative = "hop " + hop.id + ", " + hop.procedure;
    }
  }
  if (!refusal.refused.empty()) {
    refusal.rule = refusal.refused.front().rule;
    refusal.source = refusal.refused.front().source;
    refusal.message = refusal.refused.front().alternative + ": " + refusal.refused.front().message;
    refusal.refused.erase(refusal.refused.begin());
  }
  return refusal;
}

void PrintRefusal(const result::Refusal& refusal,
                  const std::string& schema,
                  const std::string& format,
                  Terminal& terminal) {
  if (format == "json") {
    Json json = ToJson(refusal);
    json["schema"] = schema;
    terminal.out << DumpPretty(json) << "\n";
    return;
  }
  terminal.out << reports::RefusalText(refusal, PainterOf(terminal));
}

}  // namespace rehearse::app
