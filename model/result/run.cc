#include "model/result/run.h"

namespace rehearse::result {
namespace {

std::vector<Law> Members(const LawSet& laws) {
  std::vector<Law> members;
  for (std::size_t i = 0; i < kLawCount; ++i) {
    if (laws.Has(static_cast<Law>(i))) {
      members.push_back(static_cast<Law>(i));
    }
  }
  return members;
}

Json LawsJson(const LawSet& laws) {
  Json ids = Json::array();
  for (const Law law : Members(laws)) {
    ids.push_back(TextOf(law).id);
  }
  return {{"measured", laws.Count(Basis::kMeasured)},
          {"read", laws.Count(Basis::kRead)},
          {"assumed", laws.Count(Basis::kAssumed)},
          {"ids", ids}};
}

Json SummaryJson(const ClusterSummary& summary) {
  Json workloads = Json::array();
  for (const WorkloadSummary& workload : summary.workloads) {
    workloads.push_back({{"kind", workload.kind},
                         {"name", workload.name},
                         {"images", workload.images},
                         {"replicas", workload.replicas},
                         {"ready", workload.ready}});
  }
  Json pods = Json::array();
  for (const PodSummary& pod : summary.pods) {
    Json json = {
        {"name", pod.name}, {"phase", pod.phase}, {"ready", pod.ready}, {"images", pod.images}};
    if (!pod.reason.empty()) {
      json["reason"] = pod.reason;
    }
    pods.push_back(std::move(json));
  }
  const ReleaseSummary& release = summary.release;
  return {{"release",
           {{"name", release.name},
            {"namespace", release.ns},
            {"revision", release.revision},
            {"status", release.status},
            {"chart", release.chart},
            {"app_version", release.app_version}}},
          {"workloads", workloads},
          {"pods", pods},
          {"server_version", summary.server_version},
          {"metadata", summary.metadata}};
}

Json DifferencesJson(const std::vector<Difference>& differences) {
  Json list = Json::array();
  for (const Difference& difference : differences) {
    Json json = {{"path", difference.path},
                 {"before", difference.before},
                 {"after", difference.after},
                 {"lawful", difference.law.has_value()}};
    if (difference.law) {
      json["law"] = TextOf(*difference.law).id;
      json["why"] = TextOf(*difference.law).statement;
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kViolated:
      return "violated";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kRefused:
      return "refused";
  }
  return "unknown";
}

int ExitCodeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return 0;
    case Verdict::kViolated:
      return 1;
    case Verdict::kUnknown:
      return 2;
    case Verdict::kRefused:
      return 3;
  }
  return 2;
}

std::string CountsOf(const LawSet& laws) {
  const std::size_t measured = laws.Count(Basis::kMeasured);
  const std::size_t read = laws.Count(Basis::kRead);
  const std::size_t assumed = laws.Count(Basis::kAssumed);
  return std::to_string(measured + read + assumed) + " laws: " + std::to_string(measured) +
         " measured, " + std::to_string(read) + " read, " + std::to_string(assumed) + " assumed";
}

Json ToJson(const RunResult& run) {
  Json json = ToJson(run.plan);
  json["schema"] = "rehearse/run/v1";
  Json violations = Json::array();
  for (const RunViolation& violation : run.violations) {
    violations.push_back({{"property", violation.property},
                          {"at_ms", violation.at_ms},
                          {"evidence", violation.evidence}});
  }
  json["verdict"] = {{"result", NameOf(run.verdict)},
                     {"exit_code", ExitCodeOf(run.verdict)},
                     {"summary", run.summary},
                     {"laws", LawsJson(run.laws)},
                     {"violations", violations},
                     {"account", run.account}};
  json["before"] = SummaryJson(run.before);
  json["after"] = SummaryJson(run.after);
  json["differences"] = DifferencesJson(run.differences);
  json["downtime_ms"] = run.downtime_ms;
  Json steps = Json::array();
  for (const RunStep& step : run.steps) {
    steps.push_back({{"at_ms", step.at_ms}, {"hop", step.hop}, {"text", step.text}});
  }
  json["steps"] = steps;
  return json;
}

}  // namespace rehearse::result
