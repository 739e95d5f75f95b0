#include "app/faults.h"

#include <array>
#include <optional>

namespace rehearse::app {
namespace {

constexpr std::array kSites = {sim::SiteKind::kAction,
                               sim::SiteKind::kRead,
                               sim::SiteKind::kWait,
                               sim::SiteKind::kProcessStep,
                               sim::SiteKind::kDriverStep};

struct Allowed {
  sim::SiteKind site;
  sim::Fate fate;
};
constexpr std::array kFates = {
    Allowed{sim::SiteKind::kAction, sim::Fate::kNotApplied},
    Allowed{sim::SiteKind::kAction, sim::Fate::kConflict},
    Allowed{sim::SiteKind::kAction, sim::Fate::kAckLost},
    Allowed{sim::SiteKind::kRead, sim::Fate::kReadFails},
    Allowed{sim::SiteKind::kRead, sim::Fate::kReadStale},
    Allowed{sim::SiteKind::kWait, sim::Fate::kEtcdLeaderChange},
    Allowed{sim::SiteKind::kWait, sim::Fate::kPodDeleted},
    Allowed{sim::SiteKind::kProcessStep, sim::Fate::kProcessKilled},
    Allowed{sim::SiteKind::kProcessStep, sim::Fate::kStepFails},
    Allowed{sim::SiteKind::kDriverStep, sim::Fate::kDriverKilledBefore},
    Allowed{sim::SiteKind::kDriverStep, sim::Fate::kDriverKilledAfter},
};

template <typename Value>
std::optional<Value> Named(const std::string& name, const auto& values) {
  for (const Value value : values) {
    if (NameOf(value) == name) {
      return value;
    }
  }
  return std::nullopt;
}

Result<sim::Fault> FaultFrom(const Json& entry, const std::string& place) {
  if (!entry.is_object()) {
    return BadInput(place + ": expected a mapping with at, number and fate");
  }
  for (const auto& [key, value] : entry.items()) {
    if (key != "at" && key != "number" && key != "fate" && key != "pod") {
      return BadInput(place + ": unknown key '" + key + "' (expected at, number, fate, pod)");
    }
  }
  const auto site = Named<sim::SiteKind>(StringAt(entry, {"at"}), kSites);
  if (!site) {
    return BadInput(place + ": at: expected action, read, wait, process step or executor step");
  }
  sim::Fault fault;
  fault.site = *site;
  fault.number = IntAt(entry, {"number"});
  fault.subject = StringAt(entry, {"pod"});
  if (fault.number < 1) {
    return BadInput(place + ": number: expected a whole number from 1");
  }
  std::string known;
  for (const Allowed& allowed : kFates) {
    if (allowed.site != *site) {
      continue;
    }
    if (NameOf(allowed.fate) == StringAt(entry, {"fate"})) {
      fault.fate = allowed.fate;
      if (fault.fate == sim::Fate::kPodDeleted && fault.subject.empty()) {
        return BadInput(place + ": pod: expected Pod/<namespace>/<name>");
      }
      return fault;
    }
    known += (known.empty() ? "'" : ", '") + std::string(NameOf(allowed.fate)) + "'";
  }
  return BadInput(place + ": fate: expected one of " + known);
}

}  // namespace

Result<std::vector<sim::Fault>> ParseFaults(const std::string& text, const std::string& where) {
  TRY_ASSIGN(const std::vector<Json> documents, ParseYaml(text, where));
  const Json* list = documents.size() == 1 ? At(documents[0], {"faults"}) : nullptr;
  if (list == nullptr || !list->is_array()) {
    return BadInput(where + ": expected one document with a list 'faults'");
  }
  std::vector<sim::Fault> faults;
  for (const Json& entry : *list) {
    const std::string place = where + ": faults[" + std::to_string(faults.size()) + "]";
    TRY_ASSIGN(sim::Fault fault, FaultFrom(entry, place));
    faults.push_back(std::move(fault));
  }
  return faults;
}

std::string FaultsText(const sim::Fault& fault) {
  Json entry = {{"at", NameOf(fault.site)}, {"number", fault.number}, {"fate", NameOf(fault.fate)}};
  if (!fault.subject.empty()) {
    entry["pod"] = fault.subject;
  }
  return DumpYaml({{"faults", Json::array({entry})}});
}

}  // namespace rehearse::app
