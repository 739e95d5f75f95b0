// simulator/fault.h: a fault is a trigger and an action, as data: when something goes wrong, and
// what.
//
// Shape:   the trigger names a site by its kind and number ("the 12th action"). Sites are counted
//          as the run passes them, so the same number is the same moment in every run that has not
//          diverged. For people who write scenarios it can name the action by its verb and object
//          ("the 2nd patch of Deployment/x"), or the moment when something first holds in the
//          cluster (simulator/conditions.h). The action is a fate, with what it falls on and what
//          it sets where it needs them.
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

enum class SiteKind {
  kAction,
  kRead,
  kWait,
  kPodStart,     // a container is about to start
  kProcessStep,  // of the migration tool or of helm
  kToolStep,     // of the migration tool
  kDriverStep
};
std::string_view NameOf(SiteKind kind);

struct Fault {
  SiteKind site = SiteKind::kAction;
  std::int64_t number = 0;  // counted from 1
  Fate fate = Fate::kNotApplied;
  std::string subject = {};  // key of the object it falls on (Pod/<ns>/<name>), where one is needed
  std::string to = {};       // replicas, a chart version, or a --set, where the fate sets something
  std::string verb = {};     // of an action: number counts those with this verb and object alone
  std::string object = {};   // "Kind/name"; "" any
  std::string when = {};     // name of a condition; the site then says what kind of fault it is
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
  bool lasting = false;  // those of these classes too that last for minutes or for ever
  [[nodiscard]] bool Has(FaultClass kind) const;
};

FaultClass ClassOf(const Fault& fault);
// Passes by itself, so that whoever is patient reaches the target.
bool IsTransient(const Fault& fault);

// A full sentence: "the 12th action is applied, but its acknowledgement is lost".
std::string Sentence(const Fault& fault);

// {at: action|read|wait|pod start|process step|tool step|executor step, number: N, fate: "...",
//  pod|node|object: <Kind>/<ns>/<name>, to: "3", of: {verb: patch, object: Deployment/x},
//  when: "metadata is cleaned"}; keys that are not needed are left out.
Json ToJson(const Fault& fault);
Result<Fault> FaultFrom(const Json& json, const std::string& place);

// What somebody's helm upgrade says: a --set of a value that nobody reads, or another version.
inline constexpr std::string_view kHarmlessSet = "attu.enabled=false";  // the default, said aloud
inline constexpr const char* kVersionFlag = "--version ";

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
