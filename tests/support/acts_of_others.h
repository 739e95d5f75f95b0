// tests/support/acts_of_others.h: what another person's act breaks by itself, so that nobody else
// is blamed for it.
//
// Shape:  a person who scales a workload above one pod lets several share its RocksMQ; one who
//         starts what a procedure has stopped, by a scale or a helm upgrade, puts the image that is
//         set on the metadata that is there. That much is the person's, from then on until the
//         driver itself scales that workload, as it sees it. One who deletes the backup loses what
//         it holds. Every other property holds as before.
// Source: issue 7, acceptance 2.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/rehearsal.h"
#include "simulator/checkers/property.h"
#include "simulator/explorer.h"
#include "simulator/session.h"

namespace rehearse::tests {

class ActsOfOthers final : public sim::StepSink {
 public:
  // `workload`: key of a Deployment.
  void PersonScales(Instant at, const std::string& workload, std::int64_t replicas) {
    if (replicas > 0) {  // what it stops has started before
      acts_.push_back({at, workload, true, replicas > 1});
    }
  }
  void PersonUpgrades(Instant at) { acts_.push_back({at, "", true, false}); }

  // REQUIRES: acts of people are told in between, in the order in which all happens.
  void Stepped(Instant began,
               const cluster::Step& step,
               const cluster::Input& /*answer*/,
               const sim::SimCluster& world) override {
    const auto* start = std::get_if<cluster::StartStep>(&step);
    const auto* scale = start != nullptr ? std::get_if<cluster::Scale>(&start->action) : nullptr;
    for (const kube::Ref& ref : scale != nullptr ? scale->refs : std::vector<kube::Ref>()) {
      const std::string image = scale->replicas > 0 ? ImageOf(world, ref) : "";
      acts_.push_back({began, ref.Key(), false, false, image});
    }
  }

  // Whether the person's act alone makes it so.
  [[nodiscard]] bool Excuse(const sim::Violation& violation) const {
    const bool shared = violation.property == sim::kRocksMqIsAlone;
    if (!shared && violation.property != sim::kServerFitsMetadata) {
      return false;
    }
    const std::string workload = WorkloadIn(violation.evidence);
    bool excused = false;
    for (const Act& act : acts_) {
      const bool concerned = act.workload.empty() || act.workload == workload;
      // A driver answers for the image that it could see when it scaled, not for a later one.
      const bool unseen = !shared && !act.image.empty() && !Runs(violation.evidence, act.image);
      if (concerned && !unseen && act.at <= violation.at) {
        excused = shared ? act.makes_several : act.starts;
      }
    }
    return excused;
  }

 private:
  struct Act {
    Instant at;
    std::string workload;  // key of a Deployment; "" all
    bool starts = false;   // a person's, that lets pods start
    bool makes_several = false;
    std::string image = "";  // that a driver scales up
  };

  static std::string ImageOf(const sim::SimCluster& world, const kube::Ref& ref) {
    const auto* deployment =
        kube::As<kube::Deployment>(world.state().objects.FindShared(ref.Key()));
    const bool known = deployment != nullptr && !deployment->pod_template->containers.empty();
    return known ? deployment->pod_template->containers.front().image : "";
  }
  static bool Runs(const std::string& evidence, const std::string& image) {
    const std::string version = image.substr(image.rfind(":v") + 2);
    return evidence.find("runs Milvus " + version + " on") != std::string::npos;
  }

  // Of the pod that the evidence begins with: Pod/<ns>/<deployment>-<hash>-<id>.
  static std::string WorkloadIn(const std::string& evidence) {
    std::string pod = evidence.substr(0, evidence.find(' '));
    for (int part = 0; part < 2; ++part) {
      pod = pod.substr(0, pod.rfind('-'));
    }
    return "Deployment" + pod.substr(std::min(pod.find('/'), pod.size()));
  }

  std::vector<Act> acts_;
};

// Plays a story of a search once more: acts of people are its faults; each has happened between the
// end of the step before and that of the step after which it is not pending any more.
class StoryOfOthers final : public sim::StepSink {
 public:
  explicit StoryOfOthers(const std::vector<sim::Fault>& faults) {
    std::ranges::copy_if(faults, std::back_inserter(waiting_), [](const sim::Fault& fault) {
      return fault.site == sim::SiteKind::kWait;
    });
  }

  void Stepped(Instant began,
               const cluster::Step& step,
               const cluster::Input& answer,
               const sim::SimCluster& world) override {
    others_.Stepped(began, step, answer, world);
    const std::vector<sim::Fault>& pending = world.pending_faults();
    std::erase_if(waiting_, [&](const sim::Fault& fault) {
      if (std::ranges::find(pending, fault) != pending.end()) {
        return false;
      }
      if (fault.fate == sim::Fate::kScaled) {
        others_.PersonScales(told_, fault.subject, std::stoll(fault.to));
      } else if (fault.fate == sim::Fate::kHelmUpgrade) {
        others_.PersonUpgrades(told_);
      }
      return true;
    });
    told_ = world.Now();
  }
  [[nodiscard]] bool Excuse(const sim::Violation& violation) const {
    return others_.Excuse(violation);
  }

 private:
  std::vector<sim::Fault> waiting_;
  ActsOfOthers others_;
  Instant told_;  // the end of the step before
};

inline bool IsDeletedBackup(const sim::Fault& fault) {
  return fault.fate == sim::Fate::kObjectDeleted &&
         fault.subject.starts_with("PersistentVolumeClaim/");
}

// Whether a person has deleted the backup, and the story without that loses nothing.
inline bool LostWithTheirDeletion(const app::Rehearsal& rehearsal,
                                  const sim::ExploreFinding& finding) {
  if (std::ranges::none_of(finding.faults, IsDeletedBackup)) {
    return false;
  }
  sim::Session session = app::StartSession(rehearsal);
  for (const sim::Fault& fault : finding.faults) {
    if (!IsDeletedBackup(fault)) {
      session.Inject(fault);
    }
  }
  session.Run();
  const auto all = app::JudgeSession(rehearsal, session);
  return std::ranges::find(all, finding.property, &sim::Violation::property) == all.end();
}

// Takes those findings away that a person's act alone makes so. REQUIRES: all of them were kept.
inline void LeaveOutWhatPeopleDo(const app::Rehearsal& rehearsal, sim::ExploreReport& report) {
  const auto is_theirs = [&rehearsal](const sim::ExploreFinding& finding) {
    if (finding.property == sim::kNoMetadataLost) {
      return LostWithTheirDeletion(rehearsal, finding);
    }
    if (finding.property != sim::kRocksMqIsAlone && finding.property != sim::kServerFitsMetadata) {
      return false;
    }
    sim::Session session = app::StartSession(rehearsal);
    for (const sim::Fault& fault : finding.faults) {
      session.Inject(fault);
    }
    StoryOfOthers story(finding.faults);
    session.Run(&story);
    const auto all = app::JudgeSession(rehearsal, session);
    const auto found = std::ranges::find(all, finding.property, &sim::Violation::property);
    return found != all.end() && story.Excuse(*found);
  };
  const auto kept = static_cast<std::int64_t>(report.findings.size());
  ASSERT_EQ(report.findings_total, kept);
  report.findings_total -= static_cast<std::int64_t>(std::erase_if(report.findings, is_theirs));
}

}  // namespace rehearse::tests
