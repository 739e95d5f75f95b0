#include "reports/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/check_text.h"

namespace rehearse::reports {
namespace {

// XML 1.0 has no place for most control characters.
std::string Xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += byte < 0x20 && c != '\t' ? std::string("?") : std::string(1, c);
    }
  }
  return out;
}

// In a body line ends may stay.
std::string Body(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += Xml(std::string_view(text).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

std::string ClassName(const std::string& file) {
  std::string name = file.substr(0, file.rfind('.'));
  std::ranges::replace(name, '/', '.');
  return name;
}

struct Case {
  std::string name;
  std::string tag;  // failure, error; "" passed
  std::string message;
};

std::vector<Case> CasesOf(const result::ScenarioResult& scenario) {
  if (!scenario.ran) {
    return {{"run", "error", scenario.summary}};
  }
  std::vector<Case> cases;
  for (const result::PropertyResult& property : scenario.properties) {
    Case each{property.name, "", ""};
    if (!property.Good()) {
      each.tag = "failure";
      each.message = property.violated ? property.evidence : "expected to be violated, but holds";
    }
    cases.push_back(std::move(each));
  }
  std::string unmet;
  for (const std::string& line : scenario.unmet) {
    const bool is_property = line.starts_with("violated: ") || line.starts_with("expected to be");
    if (!is_property) {
      unmet += (unmet.empty() ? "" : "; ") + line;
    }
  }
  cases.push_back({"expectations", unmet.empty() ? "" : "failure", unmet});
  if (scenario.search.searched) {
    const bool complete = scenario.search.complete;
    cases.push_back(
        {"search", complete ? "" : "error", complete ? "" : "not complete: out of time"});
  }
  return cases;
}

std::string BodyOf(const result::ScenarioResult& scenario, const Case& each) {
  for (const result::FoundStory& story : scenario.stories) {
    if (story.property == each.name) {
      std::string text;
      for (const std::string& line : story.lines) {
        text += line + "\n";
      }
      return text + scenario.replay;
    }
  }
  return ScenarioText(scenario, Plain) + scenario.replay;
}

std::string Suite(const result::ScenarioResult& scenario) {
  const std::vector<Case> cases = CasesOf(scenario);
  const std::string time =
      fmt::format("{}.{:03d}", scenario.wall_ms / 1000, scenario.wall_ms % 1000);
  std::string text = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" "
      "time=\"{}\">\n",
      Xml(scenario.file),
      cases.size(),
      std::ranges::count(cases, "failure", &Case::tag),
      std::ranges::count(cases, "error", &Case::tag),
      time);
  bool first = true;
  for (const Case& each : cases) {
    text += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
                        Xml(ClassName(scenario.file)),
                        Xml(each.name),
                        first ? time : "0.000");
    first = false;
    if (each.tag.empty()) {
      text += "/>\n";
      continue;
    }
    text += fmt::format(">\n      <{} message=\"{}\" type=\"{}\">{}</{}>\n    </testcase>\n",
                        each.tag,
                        Xml(each.message),
                        each.tag == "failure" ? "violated" : "unknown",
                        Body(BodyOf(scenario, each)),
                        each.tag);
  }
  return text + "  </testsuite>\n";
}

// What the batch as a whole was to see somewhere: one case each; "" where it was to see nothing.
std::string BatchSuite(const result::CheckResult& check) {
  if (check.must_see.empty() || check.shards > 1) {
    return "";
  }
  const std::vector<std::string> never = NeverSeen(check);
  std::string text = fmt::format(
      "  <testsuite name=\"the whole batch\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
      "skipped=\"0\" time=\"0.000\">\n",
      check.must_see.size(),
      never.size());
  for (const std::string& name : check.must_see) {
    const bool seen = std::ranges::find(never, name) == never.end();
    text += fmt::format("    <testcase classname=\"batch\" name=\"sometimes: {}\" time=\"0.000\"",
                        Xml(name));
    text += seen ? "/>\n"
                 : ">\n      <failure message=\"never seen in any run\" type=\"violated\">" +
                       Body("never seen in any run: " + name) + "</failure>\n    </testcase>\n";
  }
  return text + "  </testsuite>\n";
}

}  // namespace

std::string JunitXml(const result::CheckResult& check) {
  std::size_t tests = 0;
  std::ptrdiff_t failures = 0;
  std::ptrdiff_t errors = 0;
  std::string suites;
  for (const result::ScenarioResult& scenario : check.scenarios) {
    const std::vector<Case> cases = CasesOf(scenario);
    tests += cases.size();
    failures += std::ranges::count(cases, "failure", &Case::tag);
    errors += std::ranges::count(cases, "error", &Case::tag);
    suites += Suite(scenario);
  }
  if (check.shards == 1) {
    tests += check.must_see.size();
    failures += static_cast<std::ptrdiff_t>(NeverSeen(check).size());
  }
  suites += BatchSuite(check);
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<testsuites name=\"rehearse check\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
             "time=\"{}.{:03d}\">\n",
             tests,
             failures,
             errors,
             check.wall_ms / 1000,
             check.wall_ms % 1000) +
         suites + "</testsuites>\n";
}

}  // namespace rehearse::reports
