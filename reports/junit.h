// reports/junit.h: a batch of scenarios as a JUnit file for CI servers.
//
// Units:  seconds in `time`.
// Shape:  one testsuite for each scenario, one testcase for each property and one for the
//         expectations; failures carry one line as message, the story and the line to run as body.
//         What was not run, or not to its end, is an error with its reason, never a pass.
// Source: schemas/junit.xsd, the common subset of what CI servers read.
#pragma once

#include <string>

#include "model/result/check.h"

namespace rehearse::reports {

std::string JunitXml(const result::CheckResult& check);

}  // namespace rehearse::reports
