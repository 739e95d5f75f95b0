#include "app/scenario/narrator.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/cluster/command_line.h"
#include "model/core/overloaded.h"
#include "model/kube/machine.h"
#include "model/milvus/view.h"
#include "simulator/checkers/metadata.h"

namespace rehearse::app {
namespace {

std::string Clock(Instant at) {
  return fmt::format("{}:{:02d}", at.ms / 60'000, at.ms / 1000 % 60);
}

std::string AnswerText(const cluster::Input& answer) {
  if (const auto* read = std::get_if<Result<cluster::Observation>>(&answer)) {
    return *read ? "" : read->error().message;
  }
  if (const auto* event = std::get_if<Result<cluster::Event>>(&answer)) {
    if (!*event) {
      return event->error().message;
    }
    const auto* done = std::get_if<cluster::OperationDone>(&**event);
    if (done != nullptr) {
      return done->result ? done->result->out : done->result.error().message;
    }
  }
  return "";
}

bool Failed(const cluster::Input& answer) {
  const auto* event = std::get_if<Result<cluster::Event>>(&answer);
  const auto* done =
      event != nullptr && *event ? std::get_if<cluster::OperationDone>(&**event) : nullptr;
  return done != nullptr && !done->result;
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

using Facts = std::map<std::string, std::string>;

std::string WorkloadText(const kube::Object& object) {
  const auto* deployment = std::get_if<kube::Deployment>(&object.body);
  const auto* set = std::get_if<kube::StatefulSet>(&object.body);
  const auto& pod_template = deployment != nullptr ? deployment->pod_template : set->pod_template;
  std::vector<std::string> images;
  for (const kube::Container& container : pod_template->containers) {
    images.push_back(container.image);
  }
  return fmt::format("{} of {} ready, {}",
                     deployment != nullptr ? deployment->status.ready : set->status.ready,
                     deployment != nullptr ? deployment->replicas : set->replicas,
                     fmt::join(images, ", "));
}

Facts FactsOf(const Course& course, const sim::ClusterState& state) {
  Facts facts;
  const std::string& ns = course.situation.ns;
  for (const char* kind : {"Deployment", "StatefulSet"}) {
    for (const kube::ObjectPtr& object : kube::List(state.objects, kind, ns)) {
      facts[std::string(kind) + "/" + object->ref.name] = WorkloadText(*object);
    }
  }
  for (const char* kind : {"ConfigMap", "PersistentVolumeClaim", "Service", "Secret"}) {
    for (const kube::ObjectPtr& object : kube::List(state.objects, kind, ns)) {
      facts[std::string(kind) + "/" + object->ref.name] = "there";
    }
  }
  for (const kube::ObjectPtr& pod : kube::List(state.objects, "Pod", ns)) {
    const auto* body = kube::As<kube::Pod>(pod);
    if (!pod->owner) {
      facts["Pod/" + pod->ref.name] = kube::NameOf(body->phase);
    }
  }
  state.releases.ForPrefix(ns + "/", [&](const std::string&, const auto& record) {
    facts[fmt::format("release {} revision {}", record->name, record->revision)] =
        fmt::format("{}, {}", helm::NameOf(record->status), helm::ChartLabel(*record));
  });
  facts["metadata in etcd"] = fmt::format(
      "of generation {}", sim::NameOf(sim::GenerationOf(state.etcd.keys, course.world->root_path)));
  return facts;
}

Version ServerIn(const Course& course, const sim::ClusterState& state) {
  for (const auto& [workload, image] : sim::MilvusImages(state, course.situation.ns)) {
    return ParseImageTagVersion(image.substr(image.rfind(':') + 1)).value_or(course.server);
  }
  return course.server;
}

}  // namespace

void Narrator::Add(Instant at, const std::string& text) {
  lines_.push_back(fmt::format("{}.{}  {:>6}  {}", step_, ++line_, Clock(at), text));
}

void Narrator::Begin(const StepSpec& step, const std::vector<sim::Fault>& faults, Instant now) {
  ++step_;
  line_ = 0;
  lines_.push_back(fmt::format("{}    {:>6}  {}", step_, Clock(now), Describe(step)));
  for (const sim::Fault& fault : faults) {
    lines_.push_back(fmt::format("{}            fault: {}", step_, sim::Sentence(fault)));
  }
  hash_.Add(Describe(step)).Add(faults.size());
}

void Narrator::Stepped(Instant began,
                       const cluster::Step& step,
                       const cluster::Input& answer,
                       const sim::SimCluster& world) {
  hash_.Add(began.ms).Add(step.index()).Add(AnswerText(answer)).Add(world.Now().ms);
  std::visit(Overloaded{
                 [&](const cluster::ReadStep& read) {
                   hash_.Add(cluster::Line(cluster::CommandOf(read.query)));
                 },
                 [&](const cluster::StartStep& start) {
                   hash_.Add(cluster::Line(cluster::CommandOf(start.action)));
                   Add(began, cluster::Describe(start.action));
                 },
                 [&](const cluster::WaitStep&) {
                   if (Failed(answer)) {
                     Add(world.Now(), "  it fails: " + FirstLine(AnswerText(answer)));
                   }
                 },
                 [&](const cluster::JournalStep& entry) { hash_.Add(entry.line); },
                 [&](const cluster::SayStep& say) {
                   hash_.Add(say.text);
                   const std::size_t tab = say.text.find('\t');
                   const std::string text = say.text.substr(tab == std::string::npos ? 0 : tab + 1);
                   if (!text.empty()) {
                     Add(began, "says: " + text);
                   }
                 },
                 [&](const cluster::FinishStep& finish) { hash_.Add(finish.outcome.account); },
             },
             step);
}

void Narrator::End(const StepEnd& end, Instant now) {
  std::string text = "ends: " + std::string(NameOf(end.kind));
  if (end.kind == EndKind::kStopped || end.kind == EndKind::kReached) {
    text += ", exit " + std::to_string(end.exit_code);
  }
  if (end.kind != EndKind::kReached && !end.account.empty()) {
    text += ": " + FirstLine(end.account);
  }
  hash_.Add(text);
  Add(now, text);
}

std::string Narrator::hash() const { return fmt::format("{:016x}", hash_.Get()); }

std::vector<std::string> Changes(const Course& course, const Stand& from, const Stand& to) {
  const Facts before = FactsOf(course, from.cluster->state());
  const Facts after = FactsOf(course, to.cluster->state());
  std::vector<std::string> lines;
  for (const auto& [name, text] : before) {
    const auto now = after.find(name);
    if (now == after.end()) {
      lines.push_back("- " + name + ": " + text);
    } else if (now->second != text) {
      lines.push_back("~ " + name + ": " + text + " -> " + now->second);
    }
  }
  for (const auto& [name, text] : after) {
    if (!before.contains(name)) {
      lines.push_back("+ " + name + ": " + text);
    }
  }
  const Version server = ServerIn(course, to.cluster->state());
  const auto view =
      milvus::ViewAs(to.cluster->state().etcd.keys, {course.world->root_path, server});
  if (!view) {
    lines.push_back("! metadata: " + view.error().message);
    return lines;
  }
  for (const milvus::ViewDifference& difference : milvus::DiffViews(*from.wants.view, *view)) {
    lines.push_back(fmt::format("~ as Milvus {} shows it: {}: {} -> {}",
                                server.ToString(),
                                difference.path,
                                difference.before.empty() ? "(nothing)" : difference.before,
                                difference.after.empty() ? "(nothing)" : difference.after));
  }
  return lines;
}

}  // namespace rehearse::app
