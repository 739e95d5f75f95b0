#include "upgrade/executor/state.h"

namespace rehearse::upgrade::executor {
namespace {

void Add(Hasher& hash, const kube::Ref& ref) { hash.Add(ref.kind).Add(ref.ns).Add(ref.name); }

void Add(Hasher& hash, const std::vector<kube::Ref>& refs) {
  hash.Add(refs.size());
  for (const kube::Ref& ref : refs) {
    Add(hash, ref);
  }
}

void Add(Hasher& hash, const Updates& updates) {
  hash.Add(updates.size());
  for (const auto& [key, value] : updates) {
    hash.Add(key).Add(value);
  }
}

// Time left; what lies in the past is all the same.
void Add(Hasher& hash, Instant at, Instant now) {
  hash.Add(at == kNever ? Millis{-1} : std::max<Millis>(at - now, 0));
}

struct ActionHasher {
  Hasher& hash;
  void operator()(const cluster::Apply& action) const { hash.Add(action.ns).Add(action.manifest); }
  void operator()(const cluster::Patch& action) const {
    Add(hash, action.ref);
    hash.Add(action.patch);
  }
  void operator()(const cluster::Scale& action) const {
    Add(hash, action.refs);
    hash.Add(action.replicas);
  }
  void operator()(const cluster::Annotate& action) const {
    Add(hash, action.ref);
    hash.Add(action.key).Add(action.value).Add(action.overwrite);
  }
  void operator()(const cluster::Delete& action) const {
    Add(hash, action.refs);
    hash.Add(action.ignore_not_found);
  }
  void operator()(const cluster::HelmUpgrade& action) const {
    hash.Add(action.release).Add(action.ns).Add(action.chart).Add(action.version);
    hash.Add(action.values).Add(action.wait).Add(action.atomic).Add(action.timeout_ms);
    for (const std::string& set : action.sets) {
      hash.Add(set);
    }
  }
  void operator()(const cluster::HelmRollback& action) const {
    hash.Add(action.release).Add(action.ns).Add(action.revision);
  }
};

struct VerdictHasher {
  Hasher& hash;
  void operator()(const Ask& verdict) const { hash.Add(verdict.slot); }
  void operator()(const Done& verdict) const {
    Add(hash, verdict.set);
    hash.Add(verdict.next ? static_cast<int>(*verdict.next) : -1);
  }
  void operator()(const Learn& verdict) const { Add(hash, verdict.set); }
  void operator()(const Act& verdict) const { hash.Add(DigestOf(verdict.action)); }
  void operator()(const Pause& verdict) const { hash.Add(verdict.why).Add(verdict.suspect); }
  void operator()(const GiveUp& verdict) const { hash.Add(verdict.why); }
};

}  // namespace

Fingerprint DigestOf(const cluster::Action& action) {
  Hasher hash;
  hash.Add(action.index());
  std::visit(ActionHasher{hash}, action);
  return hash.Get();
}

Fingerprint DigestOf(const Verdict& verdict) {
  Hasher hash;
  hash.Add(verdict.index());
  std::visit(VerdictHasher{hash}, verdict);
  return hash.Get();
}

Fingerprint DigestOf(const cluster::Observation& observation) {
  Hasher hash;
  for (const auto& object : observation.objects) {
    Add(hash, object->ref);
    hash.Add(kube::DigestOf(*object));
  }
  for (const auto& record : observation.releases) {
    hash.Add(helm::DigestOf(record)).Add(record.description);
  }
  hash.Add(observation.keys ? observation.keys->Digest() : 0);
  hash.Add(observation.text.exit_code).Add(observation.text.out).Add(observation.text.err);
  return hash.Get();
}

Fingerprint ExecutorState::Digest(Instant now) const {
  Hasher hash;
  hash.Add(facts->Digest()).Add(journal_begun).Add(stage).Add(phase).Add(messages.size());
  for (const Message& message : messages) {
    hash.Add(message.durable).Add(message.text);
  }
  hash.Add(queue.size()).Add(next_read).Add(look_tries);
  for (const Ask& ask : queue) {
    hash.Add(ask.slot);
    Add(hash, ask.pod);
  }
  for (const ObservationPtr& observation : seen) {
    hash.Add(observation ? DigestOf(*observation) : 0);
  }
  hash.Add(action ? DigestOf(*action) : 0);
  if (phase == Phase::kOperation && abandoned > 0) {
    hash.Add(operation);  // else it is the only one: its number says nothing
  }
  if (phase == Phase::kOperation || phase == Phase::kPause) {
    Add(hash, until, now);
  }
  Add(hash, stage_deadline, now);
  Add(hash, patience_until, now);
  hash.Add(abandoned);
  hash.Add(refusals).Add(last_verdict).Add(repeats).Add(assumed);
  hash.Add(last_error).Add(last_said).Add(stop_why).Add(log_of ? log_of->name : "");
  hash.Add(outcome.kind).Add(outcome.exit_code).Add(outcome.account);
  return hash.Get();
}

}  // namespace rehearse::upgrade::executor
