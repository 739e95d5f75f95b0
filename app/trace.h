// app/trace.h: the trace of a run as JSON lines (schemas/trace.schema.json).
#pragma once

#include <string>

#include "model/core/json.h"
#include "model/result/plan.h"
#include "simulator/session.h"

namespace rehearse::app {

class TraceWriter final : public sim::StepSink, public sim::TraceSink {
 public:
  explicit TraceWriter(const result::Plan& plan);

  void Stepped(Instant began,
               const cluster::Step& step,
               const cluster::Input& answer,
               const sim::SimCluster& world) override;
  void ProcessStep(Instant at, const std::string& process) override;
  void PodStart(Instant at, const std::string& pod) override;

  void End(const sim::Session& session);

  [[nodiscard]] const std::string& text() const { return text_; }
  // Progress texts with their times, in order.
  struct Said {
    Instant at;
    std::string text;
  };
  [[nodiscard]] const std::vector<Said>& said() const { return said_; }
  // Time in which no Milvus pod was ready, summed at every step.
  [[nodiscard]] Millis downtime_ms() const { return downtime_ms_; }

 private:
  void Line(Json line);
  void Measure(const sim::SimCluster& world);

  std::string text_;
  Json pods_before_ = Json::array();  // when the step began
  std::vector<Said> said_;
  Millis downtime_ms_ = 0;
  Instant measured_until_;
  bool was_down_ = false;
};

}  // namespace rehearse::app
