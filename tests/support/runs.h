// tests/support/runs.h: from a situation to the end of a run in one call, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/rehearsals.h"

namespace rehearse::tests {

inline result::RunResult RunTo(const cluster::Situation& situation, const std::string& target) {
  auto planned = app::PlanFor(situation, Charts(), target);
  EXPECT_TRUE(planned) << planned.error().message;
  if (planned && std::holds_alternative<result::Plan>(*planned)) {
    return RunOf(Rehearse(situation, std::get<result::Plan>(*std::move(planned)))).result;
  }
  ADD_FAILURE() << (planned ? Dump(ToJson(std::get<result::Refusal>(*planned))) : "");
  return {};
}

inline result::Refusal RefusalTo(const cluster::Situation& situation, const std::string& target) {
  const auto planned = app::PlanFor(situation, Charts(), target);
  EXPECT_TRUE(planned) << planned.error().message;
  if (planned && std::holds_alternative<result::Refusal>(*planned)) {
    return std::get<result::Refusal>(*planned);
  }
  ADD_FAILURE() << "a plan where a refusal is due";
  return {};
}

}  // namespace rehearse::tests
