#include "simulator/fault.h"

#include <algorithm>
#include <array>
#include <optional>

#include "simulator/conditions.h"

namespace rehearse::sim {
namespace {

// One row for each fate at each site where it can fall. In a sentence, % stands for the wait
// ("while the executor waits for the 12th time"), # for "the 12th" ("12th" after "its"), @ for the
// subject, ~ for what is set.
struct Row {
  SiteKind site;
  Fate fate;
  FaultClass kind;
  std::string_view needs;  // S: a subject, T: what it sets; L: it lasts
  std::string_view sentence;
  [[nodiscard]] bool Needs(char c) const { return needs.find(c) != std::string_view::npos; }
};

constexpr std::array kRows = {
    Row{SiteKind::kAction,
        Fate::kNotApplied,
        FaultClass::kNetwork,
        "",
        "# action does not reach the API server: connection refused"},
    Row{SiteKind::kAction,
        Fate::kConflict,
        FaultClass::kNetwork,
        "",
        "# action is refused with a conflict: the object was modified meanwhile"},
    Row{SiteKind::kAction,
        Fate::kAckLost,
        FaultClass::kNetwork,
        "",
        "# action is applied, but its acknowledgement is lost"},
    Row{SiteKind::kAction,
        Fate::kTimedOut,
        FaultClass::kNetwork,
        "",
        "# action times out and was not applied"},
    Row{SiteKind::kAction,
        Fate::kServerError,
        FaultClass::kMachines,
        "",
        "# action fails with an internal error of the API server"},
    Row{SiteKind::kAction,
        Fate::kForbidden,
        FaultClass::kMachines,
        "",
        "# action is forbidden, this once"},
    Row{SiteKind::kAction,
        Fate::kForbiddenForEver,
        FaultClass::kMachines,
        "L",
        "# action is forbidden, and so is every later one of its kind"},
    Row{SiteKind::kAction,
        Fate::kClaimPending,
        FaultClass::kMachines,
        "",
        "# action is applied, but its volume claim stays pending for a while"},
    Row{SiteKind::kAction,
        Fate::kClaimPendingForEver,
        FaultClass::kMachines,
        "L",
        "# action is applied, but its volume claim stays pending for ever"},
    Row{SiteKind::kRead,
        Fate::kReadFails,
        FaultClass::kNetwork,
        "",
        "# read fails: connection refused"},
    Row{SiteKind::kRead,
        Fate::kReadStale,
        FaultClass::kNetwork,
        "",
        "# read gives a stale answer, from before the last change"},
    Row{SiteKind::kWait, Fate::kPodDeleted, FaultClass::kMachines, "S", "%, @ is deleted"},
    Row{SiteKind::kWait, Fate::kPodEvicted, FaultClass::kMachines, "S", "%, @ is evicted"},
    Row{SiteKind::kWait,
        Fate::kNodesFull,
        FaultClass::kMachines,
        "",
        "%, no node takes another pod for a while"},
    Row{SiteKind::kWait,
        Fate::kNodesFullForEver,
        FaultClass::kMachines,
        "L",
        "%, no node takes another pod any more"},
    Row{SiteKind::kWait,
        Fate::kNodeLost,
        FaultClass::kMachines,
        "S",
        "%, @ is lost for a while: its pods run on, and nobody hears of them"},
    Row{SiteKind::kWait,
        Fate::kNodeLostForEver,
        FaultClass::kMachines,
        "SL",
        "%, @ is lost for ever: its pods run on, and nobody hears of them"},
    Row{SiteKind::kWait,
        Fate::kEtcdLeaderChange,
        FaultClass::kMachines,
        "",
        "%, etcd changes its leader"},
    Row{SiteKind::kWait,
        Fate::kEtcdDown,
        FaultClass::kMachines,
        "",
        "%, etcd goes down for some minutes"},
    Row{SiteKind::kWait,
        Fate::kEtcdDownForEver,
        FaultClass::kMachines,
        "L",
        "%, etcd goes down for ever"},
    Row{SiteKind::kWait,
        Fate::kLeasesLate,
        FaultClass::kMachines,
        "",
        "%, every lease gets its full time to live once more"},
    Row{SiteKind::kWait, Fate::kScaled, FaultClass::kPeople, "ST", "%, somebody scales @ to ~"},
    Row{SiteKind::kWait,
        Fate::kHelmUpgrade,
        FaultClass::kPeople,
        "T",
        "%, somebody runs helm upgrade with ~"},
    Row{SiteKind::kWait, Fate::kObjectDeleted, FaultClass::kPeople, "S", "%, somebody deletes @"},
    Row{SiteKind::kPodStart,
        Fate::kImagePullFails,
        FaultClass::kMachines,
        "",
        "at # start of a container, its image cannot be pulled for a while"},
    Row{SiteKind::kPodStart,
        Fate::kImagePullFailsForEver,
        FaultClass::kMachines,
        "L",
        "at # start of a container, its image cannot be pulled any more"},
    Row{SiteKind::kPodStart,
        Fate::kCrashLoops,
        FaultClass::kMachines,
        "",
        "from # start of a container on, its image crashes at its start for a while"},
    Row{SiteKind::kPodStart,
        Fate::kCrashLoopsForEver,
        FaultClass::kMachines,
        "L",
        "from # start of a container on, its image crashes at every start"},
    Row{SiteKind::kProcessStep,
        Fate::kProcessKilled,
        FaultClass::kMachines,
        "",
        "the process is killed before # step of the processes in the cluster"},
    Row{SiteKind::kProcessStep,
        Fate::kStepFails,
        FaultClass::kNetwork,
        "",
        "# step of the processes in the cluster fails: its request gets no answer"},
    Row{SiteKind::kToolStep,
        Fate::kToolPanics,
        FaultClass::kMachines,
        "",
        "the migration tool panics before its # step"},
    Row{SiteKind::kDriverStep,
        Fate::kDriverKilledBefore,
        FaultClass::kClient,
        "",
        "the executor is killed before its # step and started again"},
    Row{SiteKind::kDriverStep,
        Fate::kDriverKilledAfter,
        FaultClass::kClient,
        "",
        "the executor is killed after its # step and started again"},
    Row{SiteKind::kDriverStep,
        Fate::kInterrupted,
        FaultClass::kPeople,
        "",
        "somebody presses Ctrl-C before the executor takes its # step, and starts it again ten "
        "minutes later"},
    Row{SiteKind::kDriverStep,
        Fate::kStartedAnew,
        FaultClass::kPeople,
        "",
        "somebody kills the executor before its # step, and runs it again from the beginning"},
    Row{SiteKind::kDriverStep,
        Fate::kRunOnceAgain,
        FaultClass::kPeople,
        "",
        "somebody runs the whole procedure a second time when it has ended with its # step"},
};

constexpr std::array kSites = {SiteKind::kAction,
                               SiteKind::kRead,
                               SiteKind::kWait,
                               SiteKind::kPodStart,
                               SiteKind::kProcessStep,
                               SiteKind::kToolStep,
                               SiteKind::kDriverStep};

const Row* RowOf(SiteKind site, Fate fate) {
  const auto* at = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return row.site == site && row.fate == fate;
  });
  return at == kRows.end() ? nullptr : &*at;
}

std::string Ordinal(std::int64_t number) {
  const std::int64_t tens = number % 100;
  const std::int64_t ones = number % 10;
  const bool teen = tens >= 11 && tens <= 13;
  return std::to_string(number) + (teen        ? "th"
                                   : ones == 1 ? "st"
                                   : ones == 2 ? "nd"
                                   : ones == 3 ? "rd"
                                               : "th");
}

// "Pod/default/x" -> "Pod x"
std::string Shown(const std::string& key) {
  const std::size_t first = key.find('/');
  const std::size_t last = key.rfind('/');
  return first == std::string::npos ? key : key.substr(0, first) + " " + key.substr(last + 1);
}

std::string Number(const Fault& fault, bool owned) {
  return owned                ? Ordinal(fault.number)
         : fault.verb.empty() ? "the " + Ordinal(fault.number)
                              : "the " + Ordinal(fault.number) + " " + fault.verb +
                                    (fault.object.empty() ? "" : " of " + fault.object) + ", an";
}

// When it happens, as the beginning of a sentence.
std::string Moment(const Fault& fault) {
  return fault.when.empty() ? "while the executor waits for the " + Ordinal(fault.number) + " time"
                            : WordsOf(fault.when, fault.number);
}

std::string SubjectKey(Fate fate) {
  if (fate == Fate::kPodDeleted || fate == Fate::kPodEvicted) {
    return "pod";
  }
  return fate == Fate::kNodeLost || fate == Fate::kNodeLostForEver ? "node" : "object";
}

std::string ShapeOf(const std::string& key) {
  return key == "pod"    ? "Pod/<namespace>/<name>"
         : key == "node" ? "Node//<name>"
                         : "<Kind>/<namespace>/<name>";
}

Status CheckKeys(const Json& json, const std::string& place) {
  constexpr std::array kKeys = {
      "at", "number", "fate", "pod", "node", "object", "to", "of", "when"};
  for (const auto& [key, value] : json.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return BadInput(place + ": unknown key '" + key +
                      "' (expected at, number, fate, pod, node, object, to, of, when)");
    }
  }
  return {};
}

Status ReadTrigger(const Json& json, const std::string& place, Fault& fault) {
  fault.when = StringAt(json, {"when"});
  fault.number = IntAt(json, {"number"}, fault.when.empty() ? 0 : 1);
  fault.verb = StringAt(json, {"of", "verb"});
  fault.object = StringAt(json, {"of", "object"});
  if (fault.number < 1) {
    return BadInput(place + ": number: expected a whole number from 1");
  }
  if (json.contains("of") && (fault.site != SiteKind::kAction || fault.verb.empty())) {
    return BadInput(place + ": of: expected {verb, object} of an action");
  }
  if (!fault.when.empty() && !IsCondition(fault.when)) {
    return BadInput(place + ": when: expected one of " + KnownConditions());
  }
  if (!fault.when.empty() && fault.site != SiteKind::kWait && fault.site != SiteKind::kDriverStep) {
    return BadInput(place + ": when: expected with at: wait or executor step");
  }
  return {};
}

std::string KnownFates(SiteKind site) {
  std::string known;
  for (const Row& row : kRows) {
    if (row.site == site) {
      known += (known.empty() ? "'" : ", '") + std::string(NameOf(row.fate)) + "'";
    }
  }
  return known;
}

const Row* RowNamed(SiteKind site, const std::string& fate) {
  const auto* at = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return row.site == site && NameOf(row.fate) == fate;
  });
  return at == kRows.end() ? nullptr : &*at;
}

}  // namespace

std::string_view NameOf(SiteKind kind) {
  switch (kind) {
    case SiteKind::kAction:
      return "action";
    case SiteKind::kRead:
      return "read";
    case SiteKind::kWait:
      return "wait";
    case SiteKind::kPodStart:
      return "pod start";
    case SiteKind::kProcessStep:
      return "process step";
    case SiteKind::kToolStep:
      return "tool step";
    case SiteKind::kDriverStep:
      return "executor step";
  }
  return "site";
}

std::string_view NameOf(FaultClass kind) {
  switch (kind) {
    case FaultClass::kMachines:
      return "machines";
    case FaultClass::kNetwork:
      return "network";
    case FaultClass::kClient:
      return "client";
    case FaultClass::kPeople:
      return "people";
  }
  return "unknown";
}

bool FaultClasses::Has(FaultClass kind) const {
  switch (kind) {
    case FaultClass::kMachines:
      return machines;
    case FaultClass::kNetwork:
      return network;
    case FaultClass::kClient:
      return client;
    case FaultClass::kPeople:
      return people;
  }
  return false;
}

bool IsTransient(const Fault& fault) {
  const Row* row = RowOf(fault.site, fault.fate);
  return row == nullptr || !row->Needs('L');
}

FaultClass ClassOf(const Fault& fault) {
  const Row* row = RowOf(fault.site, fault.fate);
  return row != nullptr ? row->kind : FaultClass::kMachines;
}

std::string Sentence(const Fault& fault) {
  const Row* row = RowOf(fault.site, fault.fate);
  if (row == nullptr) {
    return std::string(NameOf(fault.site)) + " " + std::to_string(fault.number) + ": " +
           std::string(NameOf(fault.fate));
  }
  std::string sentence;
  for (const char c : row->sentence) {
    if (c == '%') {
      sentence += Moment(fault);
    } else if (c == '#') {
      sentence += Number(fault, sentence.ends_with("its "));
    } else if (c == '@') {
      sentence += Shown(fault.subject);
    } else if (c == '~') {
      sentence += fault.to;
    } else {
      sentence += c;
    }
  }
  return row->sentence.find('%') == std::string_view::npos && !fault.when.empty()
             ? Moment(fault) + ", " + sentence
             : sentence;
}

Json ToJson(const Fault& fault) {
  Json json = {{"at", NameOf(fault.site)}, {"number", fault.number}, {"fate", NameOf(fault.fate)}};
  if (!fault.subject.empty()) {
    json[SubjectKey(fault.fate)] = fault.subject;
  }
  if (!fault.to.empty()) {
    json["to"] = fault.to;
  }
  if (!fault.verb.empty()) {
    json["of"] = {{"verb", fault.verb}};
    if (!fault.object.empty()) {
      json["of"]["object"] = fault.object;
    }
  }
  if (!fault.when.empty()) {
    json["when"] = fault.when;
  }
  return json;
}

Result<Fault> FaultFrom(const Json& json, const std::string& place) {
  if (!json.is_object()) {
    return BadInput(place + ": expected a mapping with at, number and fate");
  }
  TRY(CheckKeys(json, place));
  const auto* const site = std::find_if(kSites.begin(), kSites.end(), [&](SiteKind kind) {
    return NameOf(kind) == StringAt(json, {"at"}, "wait");
  });
  if (site == kSites.end()) {
    return BadInput(place +
                    ": at: expected action, read, wait, pod start, process step, tool step or "
                    "executor step");
  }
  Fault fault;
  fault.site = *site;
  TRY(ReadTrigger(json, place, fault));
  const Row* row = RowNamed(*site, StringAt(json, {"fate"}));
  if (row == nullptr) {
    return BadInput(place + ": fate: expected one of " + KnownFates(*site));
  }
  fault.fate = row->fate;
  const std::string key = SubjectKey(fault.fate);
  fault.subject = StringAt(json, {key});
  fault.to = StringAt(json, {"to"});
  if (row->Needs('S') && std::count(fault.subject.begin(), fault.subject.end(), '/') != 2) {
    return BadInput(place + ": " + key + ": expected " + ShapeOf(key));
  }
  if (row->Needs('T') && fault.to.empty()) {
    return BadInput(place + ": to: expected what is set, as a text");
  }
  return fault;
}

bool CanBeStale(const cluster::Query& query) {
  return std::holds_alternative<cluster::GetObject>(query) ||
         std::holds_alternative<cluster::ListObjects>(query) ||
         std::holds_alternative<cluster::GetText>(query) ||
         std::holds_alternative<cluster::RolloutStatus>(query);
}

}  // namespace rehearse::sim
