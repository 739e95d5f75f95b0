#include "reports/check_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace rehearse::reports {
namespace {

Tone ToneOf(result::Verdict verdict) {
  return verdict == result::Verdict::kHolds      ? Tone::kGood
         : verdict == result::Verdict::kViolated ? Tone::kBad
                                                 : Tone::kWarning;
}

std::string Lines(const std::vector<std::string>& lines, std::string_view indent) {
  std::string text;
  for (const std::string& line : lines) {
    text += std::string(indent) + line + "\n";
  }
  return text;
}

std::string StoryText(const result::FoundStory& story, const Painter& paint) {
  if (story.lines.empty()) {
    return fmt::format("    the same with {}\n", story.where);
  }
  std::string text =
      fmt::format("  {} {}\n    {}\n    after {} steps and faults, {} steps searched\n",
                  paint(Tone::kBad, "found"),
                  story.property,
                  story.evidence,
                  story.length,
                  story.states_before);
  if (story.more != 0) {
    text += fmt::format("    (and {} further ends)\n", story.more);
  }
  text += Lines(story.lines, "    ");
  text += story.changes.empty() ? "" : "    changed from start to end:\n";
  text += Lines(story.changes, "      ");
  if (!story.saved.empty()) {
    text += "    to see it again: rehearse replay " + story.saved + "\n";
  }
  return text;
}

std::string SearchText(const result::SearchNumbers& search) {
  if (!search.searched) {
    return "";
  }
  return fmt::format(
      "  searched: up to {} acts and {} faults ({}), {} different stands, {} placements of faults "
      "({} came back), {} steps\n",
      search.length_max,
      search.faults_max,
      search.complete
          ? "complete"
          : fmt::format("{} spent, covered up to {}", search.stopped_by, search.covered),
      search.stands,
      search.placements,
      search.merged,
      search.states);
}

std::string PropertiesText(const result::ScenarioResult& scenario, const Painter& paint) {
  std::string text;
  for (const result::PropertyResult& property : scenario.properties) {
    if (property.violated) {
      text += fmt::format("  {} {}: {}\n",
                          property.expected ? paint(Tone::kWarning, "as expected, violated")
                                            : paint(Tone::kBad, "violated"),
                          property.name,
                          property.evidence);
    }
  }
  return text;
}

// For workflow commands: %, and line ends.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '%' ? "%25" : c == '\r' ? "%0D" : c == '\n' ? "%0A" : std::string(1, c);
  }
  return out;
}

std::string Cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  }
  return out;
}

}  // namespace

std::string ScenarioText(const result::ScenarioResult& scenario, const Painter& paint) {
  std::string text = fmt::format("{} {}: {}\n",
                                 paint(ToneOf(scenario.verdict), NameOf(scenario.verdict)),
                                 scenario.file,
                                 scenario.summary);
  text += SearchText(scenario.search);
  const bool good = scenario.verdict == result::Verdict::kHolds;
  for (const result::FoundStory& story : scenario.stories) {
    text += StoryText(story, paint);
  }
  if (good || !scenario.ran) {
    return text;
  }
  text += PropertiesText(scenario, paint);
  for (const std::string& line : scenario.unmet) {
    text += "  " + paint(Tone::kBad, "unmet") + " " + line + "\n";
  }
  if (scenario.stories.empty()) {
    text += Lines(scenario.lines, "    ");
  }
  return text + "  to see it again: " + scenario.replay + "\n";
}

std::string ReplayText(const result::ScenarioResult& scenario, const Painter& paint) {
  std::string text = paint(Tone::kStrong, scenario.name) + "\n";
  text += scenario.about.empty() ? "" : scenario.about + "\n";
  text += Lines(scenario.lines, "  ");
  text += paint(Tone::kStrong, "Changed from start to end") + "\n";
  text += scenario.changes.empty() ? "  nothing\n" : Lines(scenario.changes, "  ");
  text += fmt::format("{} {}: {}\n",
                      paint(Tone::kStrong, "Verdict"),
                      paint(ToneOf(scenario.verdict), NameOf(scenario.verdict)),
                      scenario.summary);
  text += PropertiesText(scenario, paint);
  for (const std::string& line : scenario.unmet) {
    text += "  " + paint(Tone::kBad, "unmet") + " " + line + "\n";
  }
  return text + fmt::format("  {} of simulated time, trace {}\nTo see it again: {}\n",
                            DurationText(scenario.simulated_ms),
                            scenario.trace_hash,
                            scenario.replay);
}

std::string SummaryText(const result::CheckResult& check, const Painter& paint) {
  const result::Verdict verdict = VerdictOf(check);
  std::string text =
      fmt::format("{}: {} of {} scenarios run: {}\n",
                  paint(ToneOf(verdict), NameOf(verdict)),
                  std::ranges::count_if(check.scenarios, &result::ScenarioResult::ran),
                  check.scenarios.size(),
                  CountsOf(check));
  if (check.shards > 1) {
    text += fmt::format("  shard {} of {}\n", check.shard, check.shards);
  }
  for (const std::string& name : NeverSeen(check)) {
    text += "  " + paint(Tone::kBad, "never seen") + " in any run: " + name + "\n";
  }
  if (!check.stopped.empty()) {
    text += "  " + paint(Tone::kWarning, check.stopped) + "; not run:\n";
    for (const result::ScenarioResult& scenario : check.scenarios) {
      text += scenario.ran ? "" : "    " + scenario.file + "\n";
    }
  }
  return text;
}

std::string CheckMarkdown(const result::CheckResult& check) {
  std::string text =
      fmt::format("## rehearse check: {}\n\n{}\n", NameOf(VerdictOf(check)), CountsOf(check));
  text += check.stopped.empty() ? "" : "\n" + check.stopped + "\n";
  for (const std::string& name : NeverSeen(check)) {
    text += "\nNever seen in any run: " + name + "\n";
  }
  text += "\n| scenario | verdict | what | again |\n| --- | --- | --- | --- |\n";
  for (const result::ScenarioResult& scenario : check.scenarios) {
    text += fmt::format("| {} | {} | {} | `{}` |\n",
                        Cell(scenario.file),
                        NameOf(scenario.verdict),
                        Cell(scenario.summary),
                        Cell(scenario.replay));
  }
  for (const result::ScenarioResult& scenario : check.scenarios) {
    if (scenario.verdict != result::Verdict::kHolds && scenario.ran) {
      text += fmt::format("\n<details><summary>{}</summary>\n\n```\n{}```\n\n</details>\n",
                          scenario.file,
                          ScenarioText(scenario, Plain));
    }
  }
  return text;
}

std::string CheckGithub(const result::CheckResult& check) {
  std::string text;
  for (const result::ScenarioResult& scenario : check.scenarios) {
    text += "::group::" + scenario.file + " " + std::string(NameOf(scenario.verdict)) + "\n";
    text += ScenarioText(scenario, Plain) + "::endgroup::\n";
    if (scenario.verdict != result::Verdict::kHolds) {
      const bool bad = scenario.verdict == result::Verdict::kViolated;
      text += fmt::format("::{} file={},title={}::{}%0A{}\n",
                          bad ? "error" : "warning",
                          scenario.file,
                          Escaped(scenario.name),
                          Escaped(scenario.summary),
                          Escaped(scenario.replay));
    }
  }
  for (const std::string& name : NeverSeen(check)) {
    text += "::error title=never seen in any run::" + Escaped(name) + "\n";
  }
  return text;
}

}  // namespace rehearse::reports
