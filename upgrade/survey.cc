#include "upgrade/survey.h"

#include <algorithm>

#include "model/helm/values.h"
#include "model/kube/types.h"
#include "upgrade/survey_parts.h"

namespace rehearse::upgrade {
namespace {

using helm::ReleaseRecord;
using helm::ReleaseStatus;

Status CheckGaps(const cluster::Situation& situation) {
  std::string text;
  for (const cluster::Gap& gap : situation.gaps) {
    text += (text.empty() ? "" : "; ") + gap.what + " is missing: without it cannot be judged " +
            gap.consequence + " (--assume " + gap.assume_key + "=...)";
  }
  return text.empty() ? Status() : BadInput(text);
}

// The last deployed revision; without one, the last that is not pending.
const ReleaseRecord& DeployedOf(const std::vector<ReleaseRecord>& releases) {
  for (auto record = releases.rbegin(); record != releases.rend(); ++record) {
    if (record->status == ReleaseStatus::kDeployed) {
      return *record;
    }
  }
  for (auto record = releases.rbegin(); record != releases.rend(); ++record) {
    if (!helm::IsPending(record->status)) {
      return *record;
    }
  }
  return releases.back();
}

Status ReadRelease(Survey& survey) {
  const std::vector<ReleaseRecord>& releases = survey.situation->releases;
  survey.newest = releases.back();
  survey.deployed = DeployedOf(releases);
  const std::string chart = helm::ChartVersion(survey.deployed);
  const auto version = ParseVersion(chart);
  if (!version) {
    return BadInput("release " + survey.release + ": chart version \"" + chart +
                    "\" is no version");
  }
  survey.chart = *version;
  const Json* tag = survey.Value("image.all.tag");
  const std::string text = tag != nullptr && tag->is_string() ? tag->get<std::string>()
                                                              : helm::AppVersion(survey.deployed);
  const auto app = ParseImageTagVersion(text);
  if (!app) {
    return BadInput("release " + survey.release + ": image tag \"" + text + "\" is no version");
  }
  survey.release_app = *app;
  return {};
}

// Several images at once: the highest version counts, and a rule will speak of it.
Status ReadImages(Survey& survey) {
  for (const result::MilvusDeployment& deployment : survey.deployments) {
    const std::string tag = ImageTag(deployment.image);
    const auto app = ParseImageTagVersion(tag);
    if (!app) {
      return BadInput("Deployment " + deployment.name + ": the tag of image " + deployment.image +
                      " is no version");
    }
    if (survey.images.empty() || survey.app < *app) {
      survey.app = *app;
      survey.image_repository =
          deployment.image.substr(0, deployment.image.size() - tag.size() - 1);
    }
    survey.images.insert(deployment.image);
  }
  return {};
}

}  // namespace

std::string_view NameOf(Topology topology) {
  switch (topology) {
    case Topology::kStandalone:
      return "standalone";
    case Topology::kCluster:
      return "cluster";
  }
  return "standalone";
}

std::string_view NameOf(MessageQueue queue) {
  switch (queue) {
    case MessageQueue::kRocksmq:
      return "rocksmq";
    case MessageQueue::kNatsmq:
      return "natsmq";
    case MessageQueue::kWoodpecker:
      return "woodpecker";
    case MessageQueue::kPulsarV2:
      return "pulsar v2";
    case MessageQueue::kPulsarV3:
      return "pulsar v3";
    case MessageQueue::kKafka:
      return "kafka";
    case MessageQueue::kExternal:
      return "external";
  }
  return "rocksmq";
}

const Json* Survey::Value(std::string_view dotted_path) const {
  if (const Json* own = helm::ValueAt(helm::ConfigOf(deployed), dotted_path)) {
    return own;
  }
  const Json* defaults = deployed.chart.value ? At(*deployed.chart.value, {"values"}) : nullptr;
  return defaults != nullptr ? helm::ValueAt(*defaults, dotted_path) : nullptr;
}

Result<Survey> SurveyOf(const cluster::Situation& situation) {
  TRY(CheckGaps(situation));
  Survey survey;
  survey.situation = &situation;
  survey.release = situation.release;
  survey.ns = situation.ns;
  TRY(ReadRelease(survey));
  TRY(ReadDeployments(survey));
  TRY(ReadImages(survey));
  ReadMessageQueue(survey);
  ReadStandby(survey);
  ReadMinio(survey);
  ReadEtcdPlace(survey);
  ReadRootPath(survey);
  ReadStorageClass(survey);
  ReadEarlierMigration(survey);
  survey.metadata = ReadMetadata(situation.etcd, survey.root_path);
  for (const auto& [name, bytes] : situation.backup_files) {
    TRY_ASSIGN(BackupReading backup, ReadBackupFile(name, bytes, situation.etcd));
    survey.backups.push_back(std::move(backup));
  }
  return survey;
}

}  // namespace rehearse::upgrade
