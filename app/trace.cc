#include "app/trace.h"

#include "model/cluster/command_line.h"
#include "model/core/overloaded.h"

namespace rehearse::app {
namespace {

bool MilvusIsReady(const sim::ClusterState& state) {
  bool ready = false;
  state.processes.ForEach([&](const std::string& pod, const auto& process) {
    const kube::Object* object = state.objects.Find(pod);
    ready =
        ready || (process->milvus && object != nullptr && std::get<kube::Pod>(object->body).ready);
  });
  return ready;
}

Json Pods(const sim::SimCluster& world) {
  Json pods = Json::array();
  world.state().objects.ForPrefix(
      "Pod/", [&](const std::string& key, const auto&) { pods.push_back(key); });
  return pods;
}

Json DoneLine(Instant at, const cluster::OperationDone& done) {
  Json line = {{"kind", "done"}, {"at_ms", at.ms}, {"operation", done.operation}};
  if (done.result) {
    line["exit_code"] = done.result->exit_code;
    line["out"] = done.result->out;
  } else {
    line["error"] = done.result.error().message;
  }
  return line;
}

}  // namespace

TraceWriter::TraceWriter(const result::Plan& plan) {
  Line({{"schema", "rehearse/trace/v1"},
        {"world", "simulated"},
        {"release", plan.release},
        {"namespace", plan.ns},
        {"target", plan.target}});
}

void TraceWriter::Line(Json line) { text_ += Dump(line) + "\n"; }

void TraceWriter::Measure(const sim::SimCluster& world) {
  if (was_down_) {
    downtime_ms_ += world.Now() - measured_until_;
  }
  measured_until_ = world.Now();
  was_down_ = !MilvusIsReady(world.state());
}

void TraceWriter::ProcessStep(Instant at, const std::string& process) {
  Line({{"kind", "process"}, {"at_ms", at.ms}, {"text", process}});
}

void TraceWriter::Stepped(Instant began,
                          const cluster::Step& step,
                          const cluster::Input& answer,
                          const sim::SimCluster& world) {
  Measure(world);
  std::visit(Overloaded{
                 [&](const cluster::ReadStep& read) {
                   Json line = {{"kind", "read"},
                                {"at_ms", began.ms},
                                {"command", cluster::Line(cluster::CommandOf(read.query))},
                                {"cached", sim::CanBeStale(read.query)}};
                   const auto* result = std::get_if<Result<cluster::Observation>>(&answer);
                   if (result != nullptr && !result->has_value()) {
                     line["error"] = result->error().message;
                   }
                   Line(std::move(line));
                 },
                 [&](const cluster::StartStep& start) {
                   const cluster::Command command = cluster::CommandOf(start.action);
                   const auto* id = std::get_if<Result<cluster::OperationId>>(&answer);
                   Json line = {{"kind", "start"},
                                {"at_ms", began.ms},
                                {"operation", id != nullptr && *id ? **id : 0},
                                {"command", cluster::Line(command)}};
                   if (!command.input.empty()) {
                     line["input"] = command.input;
                   }
                   Line(std::move(line));
                 },
                 [&](const cluster::WaitStep& wait) {
                   Json line = {{"kind", "wait"}, {"at_ms", began.ms}, {"pods", pods_before_}};
                   if (wait.deadline != kNever) {
                     line["until_ms"] = wait.deadline.ms;
                   }
                   Line(std::move(line));
                   const auto* event = std::get_if<Result<cluster::Event>>(&answer);
                   const auto* done = event != nullptr && *event
                                          ? std::get_if<cluster::OperationDone>(&**event)
                                          : nullptr;
                   if (done != nullptr) {
                     Line(DoneLine(world.Now(), *done));
                   }
                 },
                 [&](const cluster::JournalStep& entry) {
                   Line({{"kind", "journal"}, {"at_ms", began.ms}, {"line", entry.line}});
                 },
                 [&](const cluster::SayStep& say) {
                   said_.push_back(Said{began, say.text});
                   Line({{"kind", "say"}, {"at_ms", began.ms}, {"text", say.text}});
                 },
                 [&](const cluster::FinishStep&) {},
             },
             step);
  pods_before_ = Pods(world);
}

void TraceWriter::End(const sim::Session& session) {
  for (const sim::Violation& violation : session.cluster().violations()) {
    Line({{"kind", "violation"},
          {"at_ms", violation.at.ms},
          {"property", violation.property},
          {"evidence", violation.evidence}});
  }
  const auto& outcome = session.outcome();
  const bool reached = outcome && outcome->kind == cluster::OutcomeKind::kReached;
  const bool nothing = outcome && outcome->kind == cluster::OutcomeKind::kNothingToDo;
  Json line = {{"kind", "end"},
               {"at_ms", session.cluster().Now().ms},
               {"outcome",
                reached   ? "reached"
                : nothing ? "nothing-to-do"
                          : "stopped"},
               {"hash", std::to_string(HashString(text_))}};
  if (outcome && !outcome->account.empty()) {
    line["account"] = outcome->account;
  }
  Line(std::move(line));
}

}  // namespace rehearse::app
