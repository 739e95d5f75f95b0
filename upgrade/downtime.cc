#include "upgrade/downtime.h"

namespace rehearse::upgrade {
namespace {

// A graceful stop of 2.1 took less than 3 s; 2.2 needs its whole grace period.
constexpr Millis kStopMs21 = Seconds(3);
constexpr Millis kStopMs = Seconds(30);
// Sessions may live as long as their lease if a server is killed; a graceful stop ends them.
constexpr Millis kLookMs = Seconds(10);
constexpr Millis kToolPodMs = Seconds(15);  // volume, image, run, and seeing that it is done
constexpr int kToolPods = 3;                // backup, reader, migration
constexpr Millis kReadyDelayMs = Seconds(90);
constexpr Millis kProbePeriodMs = Seconds(10);
// Clients lose what was under way while coordinators change over: between 30 s and some minutes
// were seen.
constexpr Millis kRollingMs = Seconds(60);
constexpr Version kApp22{2, 2, 0, ""};

}  // namespace

Millis DowntimeOf(const Survey& survey, const Candidate& step) {
  if (step.means == Means::kRollingUpdate) {
    return kRollingMs;
  }
  const bool unchanged = step.means == Means::kHelmUpgrade && step.from.app == step.to.app &&
                         step.from.chart == step.to.chart && !survey.stopped;
  if (unchanged) {
    return 0;
  }
  const Millis delay = survey.ready_delay_ms > 0 ? survey.ready_delay_ms : kReadyDelayMs;
  const Millis stop = step.from.app < kApp22 ? kStopMs21 : kStopMs;
  const Millis start = delay + kProbePeriodMs;
  if (step.means == Means::kMetadataMigration) {
    return stop + kLookMs + kToolPods * kToolPodMs + start;
  }
  return stop + start;
}

}  // namespace rehearse::upgrade
