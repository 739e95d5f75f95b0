#include "simulator/state/rollouts.h"

#include <limits>

namespace rehearse::sim {
namespace {

constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int32_t>::max();

bool IsComplete(const kube::Object& object, const kube::Deployment& body) {
  const kube::WorkloadStatus& status = body.status;
  return status.observed_generation >= object.generation && status.updated == body.replicas &&
         status.replicas == body.replicas && status.available == body.replicas;
}

bool HasProgressed(const kube::WorkloadStatus& was, const kube::WorkloadStatus& is) {
  return is.updated > was.updated || is.replicas - is.updated < was.replicas - was.updated ||
         is.ready > was.ready || is.available > was.available;
}

// What the clock of a changed Deployment does.
enum class Clock { kGoesOn, kBeginsAnew, kEnds };
Clock ClockOf(const kube::ObjectPtr& old, const kube::Object& object, bool runs) {
  const auto& body = std::get<kube::Deployment>(object.body);
  if (IsComplete(object, body) || body.progress_deadline_s >= kNoDeadline) {
    return Clock::kEnds;
  }
  const auto* was = kube::As<kube::Deployment>(old);
  if (was == nullptr || was->revision != body.revision) {
    return Clock::kBeginsAnew;
  }
  return runs && HasProgressed(was->status, body.status) ? Clock::kBeginsAnew : Clock::kGoesOn;
}

}  // namespace

void NoteProgress(const kube::Objects& before, ClusterState& state) {
  Rollouts next = state.rollouts ? *state.rollouts : Rollouts();
  bool changed = std::erase_if(next, [&](const auto& entry) {
                   return state.objects.Find(entry.first) == nullptr;
                 }) > 0;
  state.objects.ForPrefix(
      "Deployment/", [&](const std::string& key, const kube::ObjectPtr& object) {
        const kube::ObjectPtr old = before.FindShared(key);
        const Clock clock =
            old == object ? Clock::kGoesOn : ClockOf(old, *object, next.contains(key));
        if (clock == Clock::kBeginsAnew) {
          next[key] = state.now;
          changed = true;
        } else if (clock == Clock::kEnds) {
          changed = next.erase(key) > 0 || changed;
        }
      });
  if (changed) {
    state.rollouts = next.empty() ? nullptr : std::make_shared<const Rollouts>(std::move(next));
  }
}

bool IsOverdue(const ClusterState& state, const std::string& deployment) {
  const kube::Object* object = state.objects.Find(deployment);
  if (object == nullptr || !state.rollouts || !state.rollouts->contains(deployment)) {
    return false;
  }
  const std::int64_t limit_s = std::get<kube::Deployment>(object->body).progress_deadline_s;
  return limit_s < kNoDeadline && state.now - state.rollouts->at(deployment) > Seconds(limit_s);
}

}  // namespace rehearse::sim
