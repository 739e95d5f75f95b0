#include "simulator/fault.h"

#include <algorithm>
#include <array>
#include <optional>

#include "simulator/session.h"

namespace rehearse::sim {
namespace {

// One row for each fate at each site where it can fall. In a sentence, # stands for "the 12th",
// @ for the subject.
struct Row {
  SiteKind site;
  Fate fate;
  FaultClass kind;
  bool has_pod;
  std::string_view sentence;
};

constexpr std::array kRows = {
    Row{SiteKind::kAction,
        Fate::kNotApplied,
        FaultClass::kNetwork,
        false,
        "# action does not reach the API server: connection refused"},
    Row{SiteKind::kAction,
        Fate::kConflict,
        FaultClass::kNetwork,
        false,
        "# action is refused with a conflict: the object was modified meanwhile"},
    Row{SiteKind::kAction,
        Fate::kAckLost,
        FaultClass::kNetwork,
        false,
        "# action is applied, but its acknowledgement is lost"},
    Row{SiteKind::kRead,
        Fate::kReadFails,
        FaultClass::kNetwork,
        false,
        "# read fails: connection refused"},
    Row{SiteKind::kRead,
        Fate::kReadStale,
        FaultClass::kNetwork,
        false,
        "# read gives a stale answer, from before the last change"},
    Row{SiteKind::kWait,
        Fate::kEtcdLeaderChange,
        FaultClass::kMachines,
        false,
        "while the executor waits for # time, etcd changes its leader"},
    Row{SiteKind::kWait,
        Fate::kPodDeleted,
        FaultClass::kMachines,
        true,
        "while the executor waits for # time, @ is deleted"},
    Row{SiteKind::kProcessStep,
        Fate::kProcessKilled,
        FaultClass::kMachines,
        false,
        "the process is killed before # step of the processes in the cluster"},
    Row{SiteKind::kProcessStep,
        Fate::kStepFails,
        FaultClass::kNetwork,
        false,
        "# step of the processes in the cluster fails: its request gets no answer"},
    Row{SiteKind::kDriverStep,
        Fate::kDriverKilledBefore,
        FaultClass::kClient,
        false,
        "the executor is killed before its # step and started again"},
    Row{SiteKind::kDriverStep,
        Fate::kDriverKilledAfter,
        FaultClass::kClient,
        false,
        "the executor is killed after its # step and started again"},
};

constexpr std::array kSites = {SiteKind::kAction,
                               SiteKind::kRead,
                               SiteKind::kWait,
                               SiteKind::kProcessStep,
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

bool IsHelm(const cluster::Action& action) {
  return std::holds_alternative<cluster::HelmUpgrade>(action) ||
         std::holds_alternative<cluster::HelmRollback>(action);
}

std::vector<std::string> PodsOf(const ClusterState& state) {
  std::vector<std::string> pods;
  state.objects.ForPrefix("Pod/",
                          [&](const std::string& key, const auto&) { pods.push_back(key); });
  return pods;
}

// Puts together the faults of one step.
class Collector {
 public:
  Collector(const Session& before, const FaultClasses& classes)
      : before_(before), classes_(classes) {}

  void At(const cluster::StartStep& step) {
    const std::int64_t number = counters().actions + 1;
    Add(SiteKind::kAction, number, Fate::kNotApplied);
    if (!IsHelm(step.action)) {
      Add(SiteKind::kAction, number, Fate::kConflict);
    }
    Add(SiteKind::kAction, number, Fate::kAckLost);
  }

  void At(const cluster::ReadStep& step) {
    const std::int64_t number = counters().reads + 1;
    Add(SiteKind::kRead, number, Fate::kReadFails);
    if (CanBeStale(step.query)) {
      Add(SiteKind::kRead, number, Fate::kReadStale);
    }
  }

  void At(const cluster::WaitStep& /*step*/) {
    const std::int64_t number = counters().waits + 1;
    Add(SiteKind::kWait, number, Fate::kEtcdLeaderChange);
    for (const std::string& pod : PodsOf(before_.cluster().state())) {
      Add(SiteKind::kWait, number, Fate::kPodDeleted, pod);
    }
  }

  void At(const cluster::JournalStep& /*step*/) {}
  void At(const cluster::SayStep& /*step*/) {}
  void At(const cluster::FinishStep& /*step*/) {}

  void AddDriverFaults(const cluster::Step& step) {
    if (std::holds_alternative<cluster::SayStep>(step)) {
      return;  // nothing happens in it
    }
    const std::int64_t number = before_.driver_steps() + 1;
    Add(SiteKind::kDriverStep, number, Fate::kDriverKilledBefore);
    if (!std::holds_alternative<cluster::FinishStep>(step)) {
      Add(SiteKind::kDriverStep, number, Fate::kDriverKilledAfter);
    }
  }

  [[nodiscard]] std::vector<Fault> Take() { return std::move(faults_); }

 private:
  [[nodiscard]] const Counters& counters() const { return before_.cluster().state().counters; }

  void Add(SiteKind site, std::int64_t number, Fate fate, std::string subject = "") {
    Fault fault{site, number, fate, std::move(subject)};
    if (classes_.Has(ClassOf(fault))) {
      faults_.push_back(std::move(fault));
    }
  }

  const Session& before_;
  const FaultClasses& classes_;
  std::vector<Fault> faults_;
};

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
    case SiteKind::kProcessStep:
      return "process step";
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
  const bool of_executor = row->sentence.find("its #") != std::string_view::npos;
  for (const char c : row->sentence) {
    if (c == '#') {
      sentence += (of_executor ? "" : "the ") + Ordinal(fault.number);
    } else if (c == '@') {
      sentence += Shown(fault.subject);
    } else {
      sentence += c;
    }
  }
  return sentence;
}

Json ToJson(const Fault& fault) {
  Json json = {{"at", NameOf(fault.site)}, {"number", fault.number}, {"fate", NameOf(fault.fate)}};
  if (!fault.subject.empty()) {
    json["pod"] = fault.subject;
  }
  return json;
}

Result<Fault> FaultFrom(const Json& json, const std::string& place) {
  if (!json.is_object()) {
    return BadInput(place + ": expected a mapping with at, number and fate");
  }
  for (const auto& [key, value] : json.items()) {
    if (key != "at" && key != "number" && key != "fate" && key != "pod") {
      return BadInput(place + ": unknown key '" + key + "' (expected at, number, fate, pod)");
    }
  }
  const auto* const site = std::find_if(kSites.begin(), kSites.end(), [&](SiteKind kind) {
    return NameOf(kind) == StringAt(json, {"at"});
  });
  if (site == kSites.end()) {
    return BadInput(place + ": at: expected action, read, wait, process step or executor step");
  }
  Fault fault;
  fault.site = *site;
  fault.number = IntAt(json, {"number"});
  fault.subject = StringAt(json, {"pod"});
  if (fault.number < 1) {
    return BadInput(place + ": number: expected a whole number from 1");
  }
  const Row* row = RowNamed(*site, StringAt(json, {"fate"}));
  if (row == nullptr) {
    return BadInput(place + ": fate: expected one of " + KnownFates(*site));
  }
  fault.fate = row->fate;
  if (row->has_pod && fault.subject.empty()) {
    return BadInput(place + ": pod: expected Pod/<namespace>/<name>");
  }
  return fault;
}

bool CanBeStale(const cluster::Query& query) {
  return std::holds_alternative<cluster::GetObject>(query) ||
         std::holds_alternative<cluster::ListObjects>(query) ||
         std::holds_alternative<cluster::GetText>(query) ||
         std::holds_alternative<cluster::RolloutStatus>(query);
}

std::vector<Fault> FaultsAt(const Session& before,
                            const cluster::Step& step,
                            const FaultClasses& classes) {
  Collector collector(before, classes);
  std::visit([&](const auto& each) { collector.At(each); }, step);
  collector.AddDriverFaults(step);
  return collector.Take();
}

std::vector<Fault> FaultsInside(const Counters& before,
                                const Counters& after,
                                const FaultClasses& classes) {
  std::vector<Fault> faults;
  const auto add = [&](Fault fault) {
    if (classes.Has(ClassOf(fault))) {
      faults.push_back(std::move(fault));
    }
  };
  for (std::int64_t n = before.process_steps + 1; n <= after.process_steps; ++n) {
    add(Fault{SiteKind::kProcessStep, n, Fate::kProcessKilled, ""});
    add(Fault{SiteKind::kProcessStep, n, Fate::kStepFails, ""});
  }
  return faults;
}

}  // namespace rehearse::sim
