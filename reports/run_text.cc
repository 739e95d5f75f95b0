#include "reports/run_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace rehearse::reports {
namespace {

std::string ClockText(Millis ms) {
  return fmt::format("{:3d}:{:02d}.{:03d}", ms / 60'000, ms / 1000 % 60, ms % 1000);
}

std::string ClusterText(const char* title,
                        const result::ClusterSummary& summary,
                        const Painter& paint) {
  const result::ReleaseSummary& release = summary.release;
  std::string text = paint(Tone::kStrong, title) + "\n";
  text += fmt::format("  release    {} in {}: revision {}, {}, {} (app {})\n",
                      release.name,
                      release.ns,
                      release.revision,
                      release.status,
                      release.chart,
                      release.app_version);
  for (const result::WorkloadSummary& workload : summary.workloads) {
    text += fmt::format("  workload   {}/{}: {} of {} ready, {}\n",
                        workload.kind,
                        workload.name,
                        workload.ready,
                        workload.replicas,
                        fmt::join(workload.images, ", "));
  }
  for (const result::PodSummary& pod : summary.pods) {
    text += fmt::format("  pod        {}: {}{}{}\n",
                        pod.name,
                        pod.phase,
                        pod.ready ? ", ready" : "",
                        pod.reason.empty() ? "" : ", " + pod.reason);
  }
  text += fmt::format("  metadata   as Milvus {} shows it:\n", summary.server_version);
  std::string_view rest = summary.metadata_text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    text += "    " + std::string(line) + "\n";
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return text;
}

std::string DifferencesText(const result::RunResult& run, const Painter& paint) {
  std::string text = paint(Tone::kStrong, "Differences in metadata") + "\n";
  if (run.differences.empty()) {
    return text + "  none\n";
  }
  for (const result::Difference& difference : run.differences) {
    const bool lawful = difference.law.has_value();
    text += fmt::format("  {} {}: {} -> {}\n",
                        paint(lawful ? Tone::kGood : Tone::kBad, lawful ? "lawful " : "UNLAWFUL"),
                        difference.path,
                        difference.before.empty() ? "(nothing)" : difference.before,
                        difference.after.empty() ? "(nothing)" : difference.after);
    if (lawful) {
      text += fmt::format(
          "          {}: {}\n", TextOf(*difference.law).id, TextOf(*difference.law).statement);
    }
  }
  return text;
}

std::string AssumedText(const result::RunResult& run) {
  std::string text;
  for (std::size_t i = 0; i < kLawCount; ++i) {
    const auto law = static_cast<Law>(i);
    if (run.laws.Has(law) && TextOf(law).basis == Basis::kAssumed) {
      text += fmt::format("  {}  {}\n", TextOf(law).id, TextOf(law).statement);
    }
  }
  return text;
}

Tone ToneOf(result::Verdict verdict) {
  switch (verdict) {
    case result::Verdict::kHolds:
      return Tone::kGood;
    case result::Verdict::kViolated:
      return Tone::kBad;
    case result::Verdict::kUnknown:
    case result::Verdict::kRefused:
      return Tone::kWarning;
  }
  return Tone::kWarning;
}

}  // namespace

std::string Plain(Tone /*tone*/, std::string_view text) { return std::string(text); }

std::string DurationText(Millis ms) {
  if (ms < 60'000) {
    return fmt::format("{}.{} s", ms / 1000, ms / 100 % 10);
  }
  return fmt::format("{} min {} s", ms / 60'000, ms / 1000 % 60);
}

std::string StepsText(const result::RunResult& run, const Painter& paint) {
  std::string text = paint(Tone::kStrong, "Run") + "\n";
  for (const result::RunStep& step : run.steps) {
    text += fmt::format(
        "  {}  {}  {}\n", paint(Tone::kFaint, ClockText(step.at_ms)), step.hop, step.text);
  }
  return text;
}

std::string VerdictText(const result::RunResult& run, const Painter& paint) {
  std::string text = fmt::format("{} {} (rests on {})\n",
                                 paint(Tone::kStrong, "Verdict"),
                                 paint(ToneOf(run.verdict), run.summary),
                                 result::CountsOf(run.laws));
  text += fmt::format("  downtime {}, run {} of simulated time\n\n",
                      DurationText(run.downtime_ms),
                      DurationText(run.simulated_ms));
  for (const result::RunViolation& violation : run.violations) {
    text += fmt::format("  {} {} at {}: {}\n",
                        paint(Tone::kBad, "violated"),
                        violation.property,
                        ClockText(violation.at_ms),
                        violation.evidence);
  }
  text += run.violations.empty() ? "" : "\n";
  text += ClusterText("Before", run.before, paint);
  text += ClusterText("After", run.after, paint);
  text += DifferencesText(run, paint);
  if (!run.account.empty()) {
    text += paint(Tone::kStrong, "Account of the executor") + "\n  " + run.account + "\n";
  }
  const std::string assumed = AssumedText(run);
  if (!assumed.empty()) {
    text += paint(Tone::kStrong, "Assumed, not known") + "\n" + assumed;
  }
  return text;
}

}  // namespace rehearse::reports
