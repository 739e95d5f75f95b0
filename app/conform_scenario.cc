#include "app/conform_scenario.h"

#include "app/scenario/course.h"
#include "app/scenario/files.h"
#include "app/scenario/judge.h"

namespace rehearse::app {
namespace {

// The steps of a driver as calls.
class Recorder final : public sim::StepSink {
 public:
  void Stepped(Instant /*began*/,
               const cluster::Step& step,
               const cluster::Input& answer,
               const sim::SimCluster& /*world*/) override {
    recorder_.Add(step, answer);
  }
  [[nodiscard]] const std::vector<cluster::Call>& calls() const { return recorder_.calls(); }

 private:
  cluster::CallRecorder recorder_;
};

// Where the scenario stands before the step.
Result<Stand> StandBefore(const Course& course, const Scenario& scenario, std::size_t step) {
  Stand stand = Begin(course);
  for (std::size_t i = 0; i < step; ++i) {
    const StepSpec& spec = scenario.steps[i];
    TRY_ASSIGN(Stand after,
               TakeStep(course, stand, spec, {nullptr, nullptr, FaultsOf(scenario, i)}));
    AcceptIfGood(course, spec, JudgeStep(course, stand, after, spec).empty(), after);
    stand = std::move(after);
  }
  return stand;
}

std::vector<cluster::Call> WithoutCodesOfLogs(std::vector<cluster::Call> calls) {
  for (cluster::Call& call : calls) {
    if (call.verb == "logs") {
      call.exit_code = 0;
    }
  }
  return calls;
}

Conformance CompareCalls(const cluster::RecordedTrace& trace, Ready& ready) {
  Recorder recorder;
  RunToEnd(ready, {&recorder, nullptr});
  const std::vector<cluster::Call> recorded = WithoutCodesOfLogs(trace.calls);
  const auto difference = cluster::CompareCalls(recorded, WithoutCodesOfLogs(recorder.calls()));
  Conformance found;
  found.conforms = !difference;
  found.matched = difference ? difference->index : cluster::CollapsePolls(recorded).size();
  if (difference) {
    found.allowed = {difference->simulated.empty() ? "the end" : difference->simulated};
    found.came = difference->recorded.empty() ? "the end" : difference->recorded;
  }
  return found;
}

}  // namespace

Result<Conformance> ConformToScenario(const ConformScenario& against,
                                      const std::string& trace,
                                      const std::string& where) {
  const Scenario& scenario = against.scenario;
  TRY_ASSIGN(const Course course,
             MakeCourse(scenario.start, FolderOf(scenario.file), against.catalog));
  if (against.step >= scenario.steps.size()) {
    return BadInput(scenario.file + ": has no step " + std::to_string(against.step + 1));
  }
  TRY_ASSIGN(const Stand stand, StandBefore(course, scenario, against.step));
  TRY_ASSIGN(Ready ready, Prepare(course, stand, scenario.steps[against.step]));
  for (const sim::Fault& fault : FaultsOf(scenario, against.step)) {
    Disturb(ready, fault);
  }
  if (ready.refused) {
    return BadInput(scenario.file + ": its step is refused: nothing runs there");
  }
  if (!trace.starts_with("{")) {
    TRY_ASSIGN(const cluster::RecordedTrace calls, cluster::ParseRecordedTrace(trace, where));
    return CompareCalls(calls, ready);
  }
  TRY_ASSIGN(const RecordedRun run, ParseRun(trace, where));
  return SearchConforming(*ready.session, run, against.search);
}

}  // namespace rehearse::app
