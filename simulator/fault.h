// simulator/fault.h: a fault is a trigger and an action, as data: when something goes wrong, and
// what.
//
// Shape:   the trigger names a site by its kind and number ("the 12th action"). Sites are counted
//          as the run passes them, so the same number is the same moment in every run that has not
//          diverged. The action is a fate, with the object it falls on where it needs one.
// Errors:  FaultFrom: kInvalidArgument with the place and what was expected there.
// Classes: who is to blame: machines (nodes, pods, etcd, the tool), the network, our own client, or
//          other people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster/port.h"
#include "model/core/json.h"
#include "simulator/state/cluster_state.h"

namespace rehearse::sim {

class Session;

enum class SiteKind { kAction, kRead, kWait, kProcessStep, kDriverStep };
std::string_view NameOf(SiteKind kind);

struct Fault {
  SiteKind site = SiteKind::kAction;
  std::int64_t number = 0;  // counted from 1
  Fate fate = Fate::kNotApplied;
  std::string subject;  // key of the object it falls on (Pod/<ns>/<name>), where the fate needs one
  friend bool operator==(const Fault&, const Fault&) = default;
};

enum class FaultClass { kMachines, kNetwork, kClient, kPeople };
std::string_view NameOf(FaultClass kind);

// A small set of classes.
struct FaultClasses {
  bool machines = true;
  bool network = true;
  bool client = true;
  bool people = false;
  [[nodiscard]] bool Has(FaultClass kind) const;
};

FaultClass ClassOf(const Fault& fault);

// A full sentence: "the 12th action is applied, but its acknowledgement is lost".
std::string Sentence(const Fault& fault);

// {at: action|read|wait|process step|executor step, number: N, fate: "...", pod: Pod/<ns>/<name>}
Json ToJson(const Fault& fault);
Result<Fault> FaultFrom(const Json& json, const std::string& place);

// A stale answer is possible: objects come from the API server's cache, etcd's keys do not.
bool CanBeStale(const cluster::Query& query);

// Every fault that can fall into the driver's next step, but for those inside processes.
std::vector<Fault> FaultsAt(const Session& before,
                            const cluster::Step& step,
                            const FaultClasses& classes);

// Every fault that can fall between two steps of processes inside the cluster: the sites that the
// counters passed from `before` to `after`.
std::vector<Fault> FaultsInside(const Counters& before,
                                const Counters& after,
                                const FaultClasses& classes);

}  // namespace rehearse::sim
