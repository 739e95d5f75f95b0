#include "app/scenario/scenario.h"

#include "app/scenario/step_form.h"

namespace rehearse::app {

namespace {

Json StartJson(const StartSpec& start) {
  Json json = Json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) {
      json[key] = value;
    }
  };
  add("capture", start.capture);
  add("metadata", start.metadata);
  if (!start.assume.empty()) {
    json["assume"] = start.assume;
  }
  if (start.capture.empty()) {
    add("chart", start.chart);
    add("topology", start.topology);
    add("image", start.image);
    add("release", start.release);
    add("namespace", start.ns);
    add("kubernetes", start.kubernetes);
    if (!start.sets.empty()) {
      json["set"] = start.sets;
    }
  }
  return json;
}

Json StepsJson(const std::vector<StepSpec>& steps) {
  Json list = Json::array();
  for (const StepSpec& step : steps) {
    list.push_back(ToJson(step));
  }
  return list;
}

std::vector<std::string> NamesOf(const sim::FaultClasses& classes) {
  std::vector<std::string> names;
  for (const sim::FaultClass kind : {sim::FaultClass::kMachines,
                                     sim::FaultClass::kNetwork,
                                     sim::FaultClass::kClient,
                                     sim::FaultClass::kPeople}) {
    if (classes.Has(kind)) {
      names.emplace_back(sim::NameOf(kind));
    }
  }
  if (classes.lasting) {
    names.emplace_back("lasting");
  }
  return names;
}

Json SearchJson(const SearchSpec& search) {
  return {{"acts", StepsJson(search.acts)},
          {"length", search.length_max},
          {"faults", search.faults_max},
          {"classes", NamesOf(search.classes)}};
}

Json StateJson(const StateExpectation& state) {
  Json json = Json::object();
  const auto add = [&](const char* key, const auto& value) {
    if (!value.empty()) {
      json[key] = value;
    }
  };
  add("images", state.images);
  add("replicas", state.replicas);
  add("metadata", state.metadata);
  add("present", state.present);
  add("absent", state.absent);
  Json release = Json::object();
  if (!state.release_chart.empty()) {
    release["chart"] = state.release_chart;
  }
  if (!state.release_status.empty()) {
    release["status"] = state.release_status;
  }
  if (state.release_revision != 0) {
    release["revision"] = state.release_revision;
  }
  add("release", release);
  return json;
}

Json ExpectJson(const Expectation& expect) {
  Json json = Json::object();
  if (!expect.violated.empty()) {
    json["violated"] = expect.violated;
  }
  if (!expect.found.empty()) {
    json["found"] = expect.found;
  }
  if (Json state = StateJson(expect.state); !state.empty()) {
    json["state"] = std::move(state);
  }
  return json;
}

}  // namespace

sim::FaultClasses NoFaultClasses() {
  return {.machines = false, .network = false, .client = false, .people = false};
}

bool AddClass(const std::string& name, sim::FaultClasses& classes) {
  bool* flag = name == "machines"  ? &classes.machines
               : name == "network" ? &classes.network
               : name == "client"  ? &classes.client
               : name == "people"  ? &classes.people
               : name == "lasting" ? &classes.lasting
                                   : nullptr;
  if (flag != nullptr) {
    *flag = true;
  }
  return flag != nullptr;
}

std::string ClassesText(const sim::FaultClasses& classes) {
  std::string text;
  for (const std::string& name : NamesOf(classes)) {
    text += (text.empty() ? "" : ",") + name;
  }
  return text;
}

std::vector<sim::Fault> FaultsOf(const Scenario& scenario, std::size_t step) {
  std::vector<sim::Fault> faults;
  for (const PlacedFault& placed : scenario.faults) {
    if (placed.step == step) {
      faults.push_back(placed.fault);
    }
  }
  return faults;
}

std::string ScenarioText(const Scenario& scenario) {
  Json json = {{"schema", "rehearse/scenario/v1"},
               {"name", scenario.name},
               {"start", StartJson(scenario.start)},
               {"steps", StepsJson(scenario.steps)}};
  if (!scenario.about.empty()) {
    json["about"] = scenario.about;
  }
  if (!scenario.page.empty()) {
    json["page"] = scenario.page;
  }
  if (!scenario.rows.empty()) {
    json["rows"] = scenario.rows;
  }
  Json faults = Json::array();
  for (const PlacedFault& placed : scenario.faults) {
    Json fault = sim::ToJson(placed.fault);
    fault["step"] = placed.step + 1;
    faults.push_back(std::move(fault));
  }
  if (!faults.empty()) {
    json["faults"] = std::move(faults);
  }
  if (scenario.search) {
    json["search"] = SearchJson(*scenario.search);
  }
  if (scenario.expect) {
    json["expect"] = ExpectJson(*scenario.expect);
  }
  return DumpYaml(json);
}

}  // namespace rehearse::app
