// tests/support/rehearsals.h: the captures of fixtures/ as rehearsals, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "app/files.h"
#include "app/load.h"
#include "app/rehearsal.h"
#include "model/etcd/dump.h"

namespace rehearse::tests {

inline std::string Fixture(const std::string& path) {
  return std::string(REHEARSE_ROOT) + "/fixtures/" + path;
}

inline const charts::Catalog& Charts() {
  static const charts::Catalog catalog = app::LoadCatalog().value();
  return catalog;
}

inline cluster::Situation Capture(const std::string& name) {
  auto situation = app::LoadSituation(Fixture("captures/" + name), "");
  EXPECT_TRUE(situation) << situation.error().message;
  return *std::move(situation);
}

// The same cluster with another content of etcd.
inline cluster::Situation WithMetadata(cluster::Situation situation, const std::string& dump) {
  const std::string bytes = app::ReadFile(Fixture("etcd/" + dump)).value();
  situation.etcd = etcd::ParseDump(bytes, dump).value();
  return situation;
}

inline result::Plan PlanTo(const cluster::Situation& situation, const std::string& target) {
  auto planned = app::PlanFor(situation, Charts(), target);
  EXPECT_TRUE(planned) << planned.error().message;
  EXPECT_TRUE(std::holds_alternative<result::Plan>(*planned))
      << std::get<result::Refusal>(*planned).message;
  return std::get<result::Plan>(*std::move(planned));
}

inline app::Rehearsal Rehearse(const cluster::Situation& situation, result::Plan plan) {
  auto rehearsal = app::MakeRehearsal(situation, Charts(), std::move(plan));
  EXPECT_TRUE(rehearsal) << rehearsal.error().message;
  return *std::move(rehearsal);
}

inline app::RunOutput RunOf(const app::Rehearsal& rehearsal, const app::RunOptions& options = {}) {
  auto output = app::RunRehearsal(rehearsal, options);
  EXPECT_TRUE(output) << output.error().message;
  return *std::move(output);
}

// The bundled healthy capture to 2.2.16: the hop that most tests are about.
inline app::Rehearsal Hop() {
  const cluster::Situation situation = Capture("standalone-2.1.4-healthy");
  return Rehearse(situation, PlanTo(situation, "2.2.16"));
}

inline bool Violates(const result::RunResult& run, const std::string& property) {
  for (const result::RunViolation& violation : run.violations) {
    if (violation.property == property) {
      return true;
    }
  }
  return false;
}

inline std::string Why(const result::RunResult& run) {
  std::string text = run.summary + "\n" + run.account + "\n";
  for (const result::RunViolation& violation : run.violations) {
    text += violation.property + ": " + violation.evidence + "\n";
  }
  for (const result::RunStep& step : run.steps) {
    text += std::to_string(step.at_ms) + " " + step.hop + " " + step.text + "\n";
  }
  return text;
}

}  // namespace rehearse::tests
