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
