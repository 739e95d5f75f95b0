#include <memory>
#include <vector>

#include "app/commands.h"
#include "app/scenario/judge.h"
#include "model/core/json.h"

namespace rehearse::app {
namespace {

struct Options {
  std::string format = "text";
};

std::string JsonText() {
  Json rows = Json::array();
  for (const ScenarioProperty& property : ScenarioProperties()) {
    rows.push_back({{"kind", sim::NameOf(property.kind)},
                    {"name", property.name},
                    {"source", property.source}});
  }
  return DumpPretty({{"schema", "rehearse/properties/v1"}, {"properties", rows}}) + "\n";
}

std::string Text() {
  std::string text;
  for (const sim::PropertyKind kind : {sim::PropertyKind::kAlways,
                                       sim::PropertyKind::kEventually,
                                       sim::PropertyKind::kSometimes}) {
    text += (text.empty() ? "" : "\n") + std::string(sim::NameOf(kind)) + "\n";
    for (const ScenarioProperty& property : ScenarioProperties()) {
      if (property.kind == kind) {
        text += "  " + std::string(property.name) + "\n    " + std::string(property.source) + "\n";
      }
    }
  }
  return text;
}

}  // namespace

Command PropertiesCommand() {
  return {.name = "properties",
          .summary = "list the properties that runs are held to, by kind and source",
          .examples = {"rehearse properties", "rehearse properties --format json"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("--format", options->format, "how to print: text or json")
                ->check(CLI::IsMember({"text", "json"}));
            return [options](Terminal& terminal) -> int {
              terminal.out << (options->format == "json" ? JsonText() : Text());
              return kHolds;
            };
          }};
}

}  // namespace rehearse::app
