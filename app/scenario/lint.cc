#include "app/scenario/lint.h"

#include <algorithm>

#include "app/scenario/step_form.h"
#include "model/core/version.h"

namespace rehearse::app {
namespace {

const std::vector<std::string> kTopologies = {"standalone", "cluster"};
const std::vector<std::string> kMetadataWords = {"unchanged", "equal", "different"};

std::string StemOf(const std::string& file) {
  const std::string base = file.substr(file.rfind('/') + 1);
  return base.substr(0, base.rfind('.'));
}

class Linter {
 public:
  Linter(Document& document, const Surroundings& surroundings)
      : document_(document), surroundings_(surroundings) {}

  Scenario Read() {
    Scenario scenario;
    scenario.file = document_.file;
    Form form(document_, document_.yaml.document, "");
    form.OneOf("schema", {"rehearse/scenario/v1"}, true);
    scenario.name = form.Text("name");
    if (scenario.name.empty()) {
      scenario.name = StemOf(document_.file);
    }
    scenario.about = form.Text("about");
    scenario.page = form.Texts("page");
    scenario.rows = form.Texts("rows");
    form.Need("start");
    if (const Json* start = form.Get("start")) {
      ReadStart(*start, scenario.start);
    }
    scenario.steps = ReadSteps(form, "steps");
    ReadFaults(form, scenario);
    if (const Json* search = form.Get("search")) {
      ReadSearch(*search, scenario);
    }
    if (const Json* expect = form.Get("expect")) {
      ReadExpectation(*expect, scenario);
    }
    if (form.json().is_object() && scenario.steps.empty() && !scenario.search) {
      document_.Add(LintCode::kMissingKey, "", "expected 'steps', 'search' or both");
    }
    form.Close();
    return scenario;
  }

 private:
  void CheckFile(Form& form, std::string_view key, const std::string& path) {
    if (!path.empty() && !surroundings_.exists(path)) {
      form.Report(LintCode::kNoSuchFile, key, "no such file or folder: " + path);
    }
  }

  void CheckChart(Form& form, std::string_view key, const std::string& chart) {
    if (!chart.empty() && !surroundings_.published(chart)) {
      form.Report(LintCode::kNoSuchChart, key, "chart " + chart + " was never published");
    }
  }

  void CheckVersion(Form& form, std::string_view key, const std::string& text) {
    if (!text.empty() && !ParseVersion(text)) {
      form.Report(LintCode::kBadValue, key, "'" + text + "' is no version X.Y.Z");
    }
  }

  void ReadStart(const Json& json, StartSpec& start) {
    Form form(document_, json, "/start");
    start.capture = form.Text("capture");
    CheckFile(form, "capture", start.capture);
    start.metadata = form.Text("metadata");
    CheckFile(form, "metadata", start.metadata);
    if (const Json* assume = form.Get("assume")) {
      Form known(document_, *assume, "/start/assume");
      for (const char* key : {"kubernetes", "helm", "storage-class", "etcd", "sessions"}) {
        if (const std::string value = known.Text(key); !value.empty()) {
          start.assume[key] = value;
        }
      }
      known.Close();
    }
    start.chart = form.Text("chart");
    CheckChart(form, "chart", start.chart);
    start.topology = form.OneOf("topology", kTopologies, false);
    start.image = form.Text("image");
    start.sets = form.Texts("set");
    const auto replace = [&](const char* key, std::string& value) {
      const std::string text = form.Text(key);
      value = text.empty() ? value : text;
    };
    replace("release", start.release);
    replace("namespace", start.ns);
    replace("kubernetes", start.kubernetes);
    CheckVersion(form, "kubernetes", start.kubernetes);
    CheckStart(form, start);
    form.Close();
  }

  void CheckStart(Form& form, const StartSpec& start) {
    if (start.capture.empty() && start.chart.empty() && form.json().is_object()) {
      document_.Add(
          LintCode::kMissingKey, "/start", "expected 'capture', or 'chart' and 'topology'");
    } else if (!start.capture.empty() && !start.chart.empty()) {
      form.Report(LintCode::kContradiction, "chart", "a captured start has its chart already");
    } else if (!start.chart.empty()) {
      form.Need("topology");
    }
  }

  std::vector<StepSpec> ReadSteps(Form& form, std::string_view key) {
    std::vector<StepSpec> steps;
    const Json* list = form.Get(key);
    if (list == nullptr) {
      return steps;
    }
    if (!list->is_array()) {
      form.Report(LintCode::kWrongType, key, "expected a list of steps");
      return steps;
    }
    for (const Json& item : *list) {
      Form step(document_, item, form.At(key) + "/" + std::to_string(steps.size()));
      steps.push_back(ReadStep(step));
      const StepSpec& read = steps.back();
      const bool helm = read.kind == StepKind::kHelmUpgrade;
      if (helm && read.expect.exit_code.value_or(0) == 0) {
        CheckChart(step, "version", read.version);
      }
      if (read.kind == StepKind::kUse) {
        CheckFile(step, "metadata", read.text);
      }
      step.Close();
    }
    return steps;
  }

  void ReadFaults(Form& form, Scenario& scenario) {
    const Json* list = form.Get("faults");
    if (list == nullptr) {
      return;
    }
    if (!list->is_array()) {
      form.Report(LintCode::kWrongType, "faults", "expected a list of faults");
      return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      ReadFault((*list)[i], "/faults/" + std::to_string(i), scenario);
    }
  }

  void ReadFault(const Json& item, const std::string& pointer, Scenario& scenario) {
    if (!item.is_object()) {
      document_.Add(LintCode::kWrongType, pointer, "expected a mapping");
      return;
    }
    Json plain = item;
    plain.erase("step");
    const std::int64_t step = IntAt(item, {"step"}, 1);
    if (step < 1 || static_cast<std::size_t>(step) > scenario.steps.size()) {
      document_.Add(LintCode::kNoSuchStep,
                    pointer + "/step",
                    "step: expected 1 to " + std::to_string(scenario.steps.size()));
      return;
    }
    const auto fault = sim::FaultFrom(plain, "fault");
    if (!fault) {
      document_.Add(LintCode::kBadFault, pointer, fault.error().message);
      return;
    }
    scenario.faults.push_back(PlacedFault{static_cast<std::size_t>(step - 1), *fault});
  }

  void ReadSearch(const Json& json, Scenario& scenario) {
    Form form(document_, json, "/search");
    SearchSpec search;
    search.acts = ReadSteps(form, "acts");
    search.length_max = static_cast<std::size_t>(form.Whole("length", 0, 1));
    search.faults_max = static_cast<std::size_t>(form.Whole("faults", 0, 0));
    const Json* named = form.Get("classes");
    if (named != nullptr) {
      search.classes = NoFaultClasses();
    }
    for (const std::string& name : form.Texts("classes")) {
      if (!AddClass(name, search.classes)) {
        form.Report(
            LintCode::kNotOneOf, "classes", "'" + name + "', expected one of " + kClassNames);
      }
    }
    if (search.acts.empty() && search.faults_max == 0 && form.json().is_object()) {
      document_.Add(
          LintCode::kContradiction, "/search", "neither acts nor faults: nothing to search");
    }
    form.Close();
    scenario.search = std::move(search);
  }

  std::vector<std::string> Properties(Form& form, std::string_view key) {
    std::vector<std::string> names = form.Texts(key);
    for (const std::string& name : names) {
      if (std::ranges::find(surroundings_.properties, name) == surroundings_.properties.end()) {
        form.Report(LintCode::kUnknownProperty,
                    key,
                    "no property '" + name + "' (docs/scenarios.md lists them)");
      }
    }
    return names;
  }

  void ReadExpectation(const Json& json, Scenario& scenario) {
    Form form(document_, json, "/expect");
    Expectation expect;
    expect.violated = Properties(form, "violated");
    expect.found = Properties(form, "found");
    if (!expect.found.empty() && !scenario.search) {
      form.Report(LintCode::kContradiction, "found", "there is no 'search' that could find it");
    }
    if (const Json* state = form.Get("state")) {
      ReadState(*state, expect.state);
    }
    form.Close();
    scenario.expect = std::move(expect);
  }

  void ReadState(const Json& json, StateExpectation& state) {
    Form form(document_, json, "/expect/state");
    if (const Json* images = form.Get("images")) {
      Form list(document_, *images, "/expect/state/images");
      for (const std::string& key : KeysOf(*images)) {
        state.images[key] = list.Text(key);
      }
    }
    if (const Json* replicas = form.Get("replicas")) {
      Form list(document_, *replicas, "/expect/state/replicas");
      for (const std::string& key : KeysOf(*replicas)) {
        state.replicas[key] = list.Whole(key, 0, 0);
      }
    }
    if (const Json* release = form.Get("release")) {
      Form of(document_, *release, "/expect/state/release");
      state.release_chart = of.Text("chart");
      state.release_status = of.Text("status");
      state.release_revision = of.Whole("revision", 1, 0);
      of.Close();
    }
    state.metadata = form.OneOf("metadata", kMetadataWords, false);
    state.present = form.Texts("present");
    state.absent = form.Texts("absent");
    form.Close();
  }

  static std::vector<std::string> KeysOf(const Json& json) {
    std::vector<std::string> keys;
    if (json.is_object()) {
      for (const auto& [key, value] : json.items()) {
        keys.push_back(key);
      }
    }
    return keys;
  }

  Document& document_;
  const Surroundings& surroundings_;
};

}  // namespace

Linted LintScenario(std::string_view text,
                    const std::string& file,
                    const Surroundings& surroundings) {
  Document document;
  document.file = file;
  Place place;
  auto yaml = ParsePlacedYaml(text, file, &place);
  if (!yaml) {
    document.diagnostics.push_back({LintCode::kNotYaml, file, place, yaml.error().message});
    return {{}, std::move(document.diagnostics)};
  }
  document.yaml = *std::move(yaml);
  for (const auto& [pointer, at] : document.yaml.repeated) {
    const std::string key = pointer.substr(pointer.rfind('/') + 1);
    document.diagnostics.push_back(
        {LintCode::kRepeatedKey, file, at, "'" + key + "' stands twice"});
  }
  Scenario scenario = Linter(document, surroundings).Read();
  std::ranges::stable_sort(document.diagnostics, [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return {std::move(scenario), std::move(document.diagnostics)};
}

}  // namespace rehearse::app
