#include "app/faults.h"

namespace rehearse::app {

Result<std::vector<sim::Fault>> ParseFaults(const std::string& text, const std::string& where) {
  TRY_ASSIGN(const std::vector<Json> documents, ParseYaml(text, where));
  const Json* list = documents.size() == 1 ? At(documents[0], {"faults"}) : nullptr;
  if (list == nullptr || !list->is_array()) {
    return BadInput(where + ": expected one document with a list 'faults'");
  }
  std::vector<sim::Fault> faults;
  for (const Json& entry : *list) {
    const std::string place = where + ": faults[" + std::to_string(faults.size()) + "]";
    TRY_ASSIGN(sim::Fault fault, sim::FaultFrom(entry, place));
    faults.push_back(std::move(fault));
  }
  return faults;
}

std::string FaultsText(const sim::Fault& fault) {
  return DumpYaml({{"faults", Json::array({sim::ToJson(fault)})}});
}

}  // namespace rehearse::app
