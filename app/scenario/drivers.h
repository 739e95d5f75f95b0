// app/scenario/drivers.h: the driver that carries out one step of a scenario, and the start that a
// scenario describes instead of capturing it.
//
// Errors: kInvalidArgument, with what is wrong with the step or the start.
#pragma once

#include <memory>

#include "app/scenario/course.h"

namespace rehearse::app {

struct Made {
  std::shared_ptr<const cluster::Driver> driver;       // nullptr: refused, `end` has the account
  StepEnd end;                                         // target and chart
  std::shared_ptr<const result::Plan> plan = nullptr;  // our executor's
};
Result<Made> DriverOf(const Course& course, const Stand& stand, const StepSpec& step);

// Lets time pass.
std::shared_ptr<const cluster::Driver> Nobody(Millis duration_ms);

// The release as its chart renders it, with pods that run.
Result<cluster::Situation> DescribedSituation(const StartSpec& start,
                                              const charts::Catalog& catalog);

}  // namespace rehearse::app
