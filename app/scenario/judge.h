// app/scenario/judge.h: is what a step of a scenario left good, and is what it claims true?
//
// Shape:  judged against what people want of the cluster (Wants), with the truth of the simulated
//         cluster: success is held to all that it promises, a stop to what it leaves behind.
// Errors: what cannot be decoded is a violation.
#pragma once

#include <string>
#include <vector>

#include "app/scenario/course.h"
#include "simulator/checkers/property.h"

namespace rehearse::app {

// Every property by kind, English name and the file that checks it: those of the simulator and
// those of whole procedures.
struct ScenarioProperty {
  sim::PropertyKind kind = sim::PropertyKind::kAlways;
  std::string_view name;
  std::string_view source;
};
std::vector<ScenarioProperty> ScenarioProperties();

// Those that a scenario can be held to: all but `sometimes`.
const std::vector<std::string>& AllProperties();

// `after` is the stand that `step` has led to from `before`.
std::vector<sim::Violation> JudgeStep(const Course& course,
                                      const Stand& before,
                                      const Stand& after,
                                      const StepSpec& step);

// Those properties alone that the end itself shows: is what was claimed true in `after`?
std::vector<sim::Violation> JudgeClaim(const Course& course,
                                       const Stand& before,
                                       const StepEnd& end,
                                       const sim::ClusterState& after);

// What a procedure that went well has led to is what later ones must keep. `step` has led to
// `after`; nothing was violated on the way, or not.
void AcceptIfGood(const Course& course, const StepSpec& step, bool nothing_violated, Stand& after);

// Adds what is new by its property.
void AddNew(std::vector<sim::Violation>& all, std::vector<sim::Violation> more);

}  // namespace rehearse::app
