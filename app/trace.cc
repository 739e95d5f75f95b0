#include "app/trace.h"

#include "model/cluster/trace_lines.h"

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

void TraceWriter::PodStart(Instant at, const std::string& pod) {
  Line({{"kind", "pod start"}, {"at_ms", at.ms}, {"text", pod}});
}

void TraceWriter::Stepped(Instant began,
                          const cluster::Step& step,
                          const cluster::Input& answer,
                          const sim::SimCluster& world) {
  Measure(world);
  for (Json& line : cluster::TraceLines({began, world.Now(), step, answer})) {
    if (const auto* read = std::get_if<cluster::ReadStep>(&step)) {
      line["cached"] = sim::CanBeStale(read->query);
    } else if (line["kind"] == "wait") {
      line["pods"] = pods_before_;
    }
    Line(std::move(line));
  }
  if (const auto* say = std::get_if<cluster::SayStep>(&step)) {
    said_.push_back(Said{began, say->text});
  }
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
  Json line = {{"kind", "end"},
               {"at_ms", session.cluster().Now().ms},
               {"outcome", NameOf(outcome ? outcome->kind : cluster::OutcomeKind::kStopped)},
               {"hash", std::to_string(HashString(text_))}};
  if (outcome && !outcome->account.empty()) {
    line["account"] = outcome->account;
  }
  Line(std::move(line));
}

}  // namespace rehearse::app
