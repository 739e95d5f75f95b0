// app/scenario/narrator.h: a run told in numbered English steps, and what it changed.
//
// Shape:  one line for everything that is done, said or decided; reads and polls are left out of
//         the lines, but not out of the hash, which covers every step with its time and answer.
// Units:  minutes:seconds of the run.
#pragma once

#include <string>
#include <vector>

#include "app/scenario/course.h"

namespace rehearse::app {

class Narrator final : public sim::StepSink {
 public:
  void Begin(const StepSpec& step, const std::vector<sim::Fault>& faults, Instant now);
  void Stepped(Instant began,
               const cluster::Step& step,
               const cluster::Input& answer,
               const sim::SimCluster& world) override;
  void End(const StepEnd& end, Instant now);

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] std::string hash() const;

 private:
  void Add(Instant at, const std::string& text);

  std::vector<std::string> lines_;
  Hasher hash_;
  int step_ = 0;
  int line_ = 0;
};

// What differs between two states of the cluster, one line each: release, workloads, pods, helper
// objects, metadata as the servers of either end see it.
std::vector<std::string> Changes(const Course& course, const Stand& from, const Stand& to);

}  // namespace rehearse::app
