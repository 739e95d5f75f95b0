#include "app/scenario/part_form.h"

#include <array>
#include <utility>

#include "model/core/check.h"

namespace rehearse::app {
namespace {

using sim::ExploreFinding;
using sim::ExploreReport;

constexpr std::array<std::pair<const char*, std::int64_t ExploreReport::*>, 8> kCounts = {{
    {"placements", &ExploreReport::placements},
    {"reached", &ExploreReport::reached},
    {"stopped", &ExploreReport::stopped},
    {"states", &ExploreReport::states},
    {"merged", &ExploreReport::merged},
    {"steps", &ExploreReport::steps},
    {"ends", &ExploreReport::ends},
    {"findings_total", &ExploreReport::findings_total},
}};

Json FindingToJson(const ExploreFinding& finding) {
  Json faults = Json::array();
  for (const sim::Fault& fault : finding.faults) {
    faults.push_back(sim::ToJson(fault));
  }
  return {{"faults", faults},
          {"property", finding.property},
          {"evidence", finding.evidence},
          {"steps", finding.steps},
          {"searched", finding.searched}};
}

Result<std::int64_t> CountAt(const Json& json, const char* key, const std::string& place) {
  const Json* count = At(json, {key});
  return count != nullptr && count->is_number_integer()
             ? Result<std::int64_t>(count->get<std::int64_t>())
             : BadInput(place + ": " + key + ": expected a whole number");
}

Result<std::string> TextAt(const Json& json, const char* key, const std::string& place) {
  const Json* text = At(json, {key});
  return text != nullptr && text->is_string() ? Result<std::string>(text->get<std::string>())
                                              : BadInput(place + ": " + key + ": expected a text");
}

// Calls take(element, its place) for each of the list.
template <typename Take>
Status ForEachAt(const Json& json, const char* key, const std::string& place, Take&& take) {
  const Json* list = At(json, {key});
  if (list == nullptr || !list->is_array()) {
    return BadInput(place + ": " + key + ": expected a list");
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    TRY(take((*list)[i], place + ": " + key + "/" + std::to_string(i)));
  }
  return {};
}

Result<ExploreFinding> FindingFrom(const Json& json, const std::string& place) {
  ExploreFinding finding;
  TRY(ForEachAt(json, "faults", place, [&](const Json& each, const std::string& at) -> Status {
    TRY_ASSIGN(sim::Fault fault, sim::FaultFrom(each, at));
    finding.faults.push_back(std::move(fault));
    return {};
  }));
  TRY_ASSIGN(finding.property, TextAt(json, "property", place));
  TRY_ASSIGN(finding.evidence, TextAt(json, "evidence", place));
  TRY_ASSIGN(finding.steps, CountAt(json, "steps", place));
  TRY_ASSIGN(finding.searched, CountAt(json, "searched", place));
  return finding;
}

}  // namespace

Json PartToJson(const ExploreReport& report) {
  CHECK(report.exhausted());
  Json json = {{"placements_by_faults", report.placements_by_faults},
               {"never_seen", report.never_seen},
               {"faults_covered", report.faults_covered},
               {"memory_bytes", report.memory_bytes},
               {"findings", Json::array()}};
  for (const auto& [key, count] : kCounts) {
    json[key] = report.*count;
  }
  for (const ExploreFinding& finding : report.findings) {
    json["findings"].push_back(FindingToJson(finding));
  }
  return json;
}

Result<ExploreReport> PartFrom(const Json& json, const std::string& place) {
  ExploreReport report;
  for (const auto& [key, count] : kCounts) {
    TRY_ASSIGN(report.*count, CountAt(json, key, place));
  }
  TRY_ASSIGN(const std::int64_t covered, CountAt(json, "faults_covered", place));
  TRY_ASSIGN(const std::int64_t memory, CountAt(json, "memory_bytes", place));
  report.faults_covered = static_cast<int>(covered);
  report.memory_bytes = static_cast<std::size_t>(memory);
  TRY(ForEachAt(json, "placements_by_faults", place, [&](const Json& each, const std::string& at) {
    if (!each.is_number_integer()) {
      return Status(BadInput(at + ": expected a whole number"));
    }
    report.placements_by_faults.push_back(each.get<std::int64_t>());
    return Status();
  }));
  TRY(ForEachAt(json, "never_seen", place, [&](const Json& each, const std::string& at) {
    if (!each.is_string()) {
      return Status(BadInput(at + ": expected a text"));
    }
    report.never_seen.push_back(each.get<std::string>());
    return Status();
  }));
  TRY(ForEachAt(json, "findings", place, [&](const Json& each, const std::string& at) -> Status {
    TRY_ASSIGN(ExploreFinding finding, FindingFrom(each, at));
    report.findings.push_back(std::move(finding));
    return {};
  }));
  return report;
}

}  // namespace rehearse::app
