// upgrade/executor/state.h: the state of an executor: durable facts and what it is doing just now.
//
// Shape:  an immutable value; big parts are shared. Digest counts instants as time left.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/cluster/port.h"
#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

enum class Phase {
  kBegin,      // started or resumed; the time is not known yet
  kRead,       // reading what the judge looks at
  kStart,      // an action is to be started
  kOperation,  // waiting for its end
  kPause,      // waiting to look again
  kLastLook,   // reading for the account
  kFinished,
};

struct Message {  // to be written before anything else happens
  bool durable = false;
  std::string text;
};

struct ExecutorState final : cluster::DriverState {
  std::shared_ptr<const Facts> facts;
  bool journal_begun = false;
  std::size_t stage = 0;
  Phase phase = Phase::kBegin;
  std::vector<Message> messages;

  std::vector<Ask> queue;  // reads of this poll
  std::size_t next_read = 0;
  int look_tries = 0;  // failed reads in a row, of the last look
  Seen seen;

  std::shared_ptr<const cluster::Action> action;
  cluster::OperationId operation = 0;
  Instant until;  // end of the operation's or the pause's time

  Instant stage_deadline = kNever;
  Instant patience_until = kNever;  // a suspicion is held since a while
  int abandoned = 0;                // operations whose end was never seen
  int refusals = 0;                 // refused actions in a row
  Fingerprint last_verdict = 0;     // and how often it came in a row
  int repeats = 0;
  Fingerprint assumed = 0;  // action taken for applied: a seeded bug
  std::string last_error;
  std::string last_said;
  std::string stop_why;
  std::optional<kube::Ref> log_of;
  cluster::Outcome outcome;

  [[nodiscard]] Fingerprint Digest(Instant now) const override;
};

Fingerprint DigestOf(const cluster::Action& action);
Fingerprint DigestOf(const cluster::Observation& observation);
Fingerprint DigestOf(const Verdict& verdict);

}  // namespace rehearse::upgrade::executor
