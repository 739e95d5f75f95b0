#include "upgrade/hops.h"

#include <algorithm>
#include <array>

#include "model/cluster/command_line.h"
#include "upgrade/downtime.h"
#include "upgrade/rendering.h"
#include "upgrade/settings.h"
#include "upgrade/typed.h"

namespace rehearse::upgrade {
namespace {

using Lines = std::vector<std::string>;

constexpr Version kApp23{2, 3, 0, ""};
constexpr Version kApp24{2, 4, 0, ""};
constexpr Version kApp26{2, 6, 0, ""};

std::string Image(const Survey& survey, const Version& app) {
  return survey.image_repository + ":v" + app.ToString();
}

std::string Here(const Survey& survey) {
  return "release " + survey.release + " in namespace " + survey.ns;
}

// ---- the metadata hop --------------------------------------------------------------------------

result::MetadataHop MetadataPart(const Survey& survey, const Candidate& step) {
  return {.tool_image = step.migration->tool_image,
          .source_version = step.migration->source.ToString(),
          .target_version = step.migration->target.ToString(),
          .root_path = survey.root_path,
          .etcd_endpoint = survey.etcd_endpoint,
          .storage_class = survey.storage_class,
          .new_image = Image(survey, step.to.app),
          .deployments = survey.deployments};
}

Lines MetadataConditionsBefore(const Survey& survey, const result::MetadataHop& hop) {
  return {"the metadata below " + survey.root_path + "/meta in etcd is that of 2.1",
          Here(survey) + " is not being upgraded by anyone, and no migration is running",
          "storage class " + hop.storage_class + " can give 10 GiB for the backup",
          "nobody writes: clients get no answer until the hop is done"};
}

Lines MetadataConditionsAfter(const Survey& survey, const result::MetadataHop& hop) {
  return {
      "the backup has been read back and equals what etcd held, key by key",
      "every collection, alias, index and load of before is in etcd in the form of 2.2, but for "
      "what the conversion lawfully changes",
      "every Milvus Deployment of " + Here(survey) + " runs " + hop.new_image +
          " and is ready at the replicas of before",
      "left to the next hop: helm still knows the old image, and any helm command other than "
      "the next hop's would put it back on the new metadata"};
}

std::string UndoOfMigration(const Survey& survey) {
  return "until the new Milvus has taken writes: stop it, wait until no session is left, run the "
         "tool once more with rollback.yaml on the same volume (it restores the backup), set the "
         "image back to " +
         survey.deployments.front().image +
         ", start it. What was written in between is lost; helm needs nothing, it still knows that "
         "image";
}

result::Hop MigrationHop(const HopInput& input, const Candidate& step) {
  const Survey& survey = input.survey;
  const result::MetadataHop part = MetadataPart(survey, step);
  result::Hop hop;
  hop.procedure = result::Procedure::kMetadataMigration;
  hop.commands = TypedMigration(survey, part);
  hop.pre = MetadataConditionsBefore(survey, part);
  hop.post = MetadataConditionsAfter(survey, part);
  hop.undo = UndoOfMigration(survey);
  hop.point_of_no_return =
      "the first write that the new image takes: the backup brings back the metadata of before, "
      "and what was written since is lost";
  hop.metadata = part;
  return hop;
}

// ---- the rolling update ------------------------------------------------------------------------

// The order of the documented script; what it does not know comes where its kind belongs.
constexpr std::array<std::string_view, 10> kRollingOrder = {"rootcoord",
                                                            "datacoord",
                                                            "indexcoord",
                                                            "querycoord",
                                                            "mixcoord",
                                                            "indexnode",
                                                            "datanode",
                                                            "querynode",
                                                            "streamingnode",
                                                            "proxy"};

result::RollingHop RollingPart(const Survey& survey, const Candidate& step) {
  result::RollingHop part{.new_image = Image(survey, step.to.app),
                          .deployments = survey.deployments,
                          .root_path = survey.root_path};
  for (result::MilvusDeployment& deployment : part.deployments) {
    deployment.image = Image(survey, step.from.app);
  }
  const auto rank = [](const result::MilvusDeployment& deployment) {
    return std::distance(kRollingOrder.begin(),
                         std::ranges::find(kRollingOrder, deployment.container));
  };
  std::ranges::stable_sort(part.deployments, {}, rank);
  return part;
}

result::Hop RollingUpdateHop(const HopInput& input, const Candidate& step) {
  const Survey& survey = input.survey;
  result::RollingHop part = RollingPart(survey, step);
  result::Hop hop;
  hop.procedure = result::Procedure::kRollingUpdate;
  hop.commands = TypedRolling(survey, part);
  hop.pre = {"the last revision of " + Here(survey) + " is deployed, none is pending",
             "every Milvus Deployment is ready and runs " + Image(survey, step.from.app),
             "every coordinator was started with an active standby configured: a pod reads that "
             "when it starts"};
  hop.post = {"every Milvus Deployment of " + Here(survey) + " runs " + part.new_image +
                  " and is ready, one after the other in the order given",
              "left to the next hop: helm still knows the old image"};
  hop.undo =
      "within this minor version the same way back was never measured; helm still knows the old "
      "image, and helm upgrade with it restarts every component at once";
  hop.rolling = std::move(part);
  return hop;
}

// ---- the helm hop ------------------------------------------------------------------------------

Result<Lines> WorkloadsAfter(const HopInput& input, const Candidate& step) {
  const helm::RenderOutcome outcome =
      RenderStep({input.survey, input.renderer, step, input.number, nullptr});
  if (const auto* error = std::get_if<helm::TemplateError>(&outcome)) {
    return Fail(ErrorCode::kFailed,
                "chart " + step.to.chart.ToString() + " does not render: " + error->text);
  }
  if (const auto* rendered = std::get_if<helm::Rendered>(&outcome)) {
    const std::string foreign = ForeignObject(input.survey, rendered->objects);
    if (!foreign.empty()) {
      return Fail(ErrorCode::kAlreadyExists, foreign);
    }
    return charts::Workloads(rendered->objects);
  }
  return Lines();  // what the chart renders is not known
}

std::string PointOfNoReturn(const Survey& survey, const Candidate& step) {
  const Version& from = step.from.app;
  const Version& to = step.to.app;
  if (from.SameMinor(to)) {
    return "";
  }
  if (survey.queue == MessageQueue::kRocksmq && from < kApp23 && !(to < kApp23)) {
    return "the first start of " + to.ToString() +
           ": it adds a column family to the RocksMQ directory, with which 2.2 does not start "
           "(milvus-io/milvus issue #26612)";
  }
  return to < kApp24 ? ""
                     : "the first start of " + to.ToString() + ": no way back from it to " +
                           from.ToString() + " is known";
}

std::string UndoOfUpgrade(const Candidate& step) {
  const std::string never =
      "never by helm rollback, which looks at manifests alone and would put back an image that the "
      "metadata does not fit. ";
  if (!step.from.app.SameMinor(step.to.app)) {
    return never + (step.to.app < kApp26
                        ? "Nothing is known of a way back from this minor version: restore all "
                          "volumes from copies taken before"
                        : "Metadata, log and images belong to 2.6 now: restore all volumes from "
                          "copies taken before");
  }
  return never +
         "Not needed for the metadata: chart and image go forward together. To leave the "
         "chart, upgrade with --version " +
         step.from.chart.ToString() + " and the same image.all.tag (not measured)";
}

Lines ConditionsBefore(const Survey& survey, const Candidate& step) {
  return {"the last revision of " + Here(survey) + " is deployed, none is pending",
          "every Milvus Deployment runs " + Image(survey, step.from.app) +
              " and is ready, or all "
              "are stopped",
          "the metadata is that of " +
              std::string(step.from.metadata == MetadataGeneration::kV21 ? "2.1" : "2.2 or later"),
          "the repository behind the chart's alias is up to date (helm repo update), and copies of "
          "helm get values and get manifest are kept: helm forgets revisions after ten"};
}

Lines ConditionsAfter(const Survey& survey, const Candidate& step, const result::HelmHop& hop) {
  Lines lines = {"the last revision is deployed, of chart milvus-" + hop.version,
                 "every Milvus container runs " + hop.milvus_image +
                     ", and every live object agrees with the manifest of that revision"};
  std::string names;
  for (const std::string& workload : hop.workloads) {
    names += (names.empty() ? "" : ", ") + workload;
  }
  if (!names.empty()) {
    lines.push_back("these workloads, and no others of the release, exist and are ready: " + names);
  }
  lines.push_back("the message queue is still " + std::string(NameOf(survey.queue)) +
                  ", and every volume claim is bound to the volume of before");
  if (!step.from.app.SameMinor(step.to.app)) {
    lines.emplace_back("collections, aliases, indexes and loads are as before");
  }
  return lines;
}

Lines TypedUpgrade(const Survey& survey, const Candidate& step, const result::HelmHop& hop) {
  cluster::HelmUpgrade action;
  action.release = survey.release;
  action.ns = survey.ns;
  action.chart = hop.chart;
  action.version = step.version.value_or("");
  action.values = step.mode;
  action.sets = hop.sets;
  Lines commands = {cluster::Shell(cluster::CommandOf(action))};
  for (const std::string& workload : hop.workloads) {
    std::string name = workload;
    std::ranges::transform(name, name.begin(), [in_kind = true](char c) mutable {
      in_kind = in_kind && c != '/';
      return in_kind && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    commands.push_back(
        Typed({"kubectl", "rollout", "status", name, "-n", survey.ns, "--timeout=15m"}));
  }
  return commands;
}

// The planner's own settings; the image is named even where it holds already.
std::vector<result::ValueSet> OwnSettings(const HopInput& input, const Candidate& step) {
  const auto settings = SettingsAt({input.survey, input.book, step.to.chart, step.to.app});
  auto missing = MissingSettings(settings, input.config_before);
  const bool names_image =
      std::ranges::find(missing, "image.all.tag", &result::ValueSet::key) != missing.end();
  if (!names_image && !settings.empty() && settings.front().key == "image.all.tag") {
    missing.insert(missing.begin(), settings.front());
  }
  return missing;
}

std::vector<result::ValueSet> WrittenSettings(const Lines& sets) {
  std::vector<result::ValueSet> settings;
  for (const std::string& set : sets) {
    const std::size_t equals = std::min(set.find('='), set.size() - 1);
    settings.push_back({set.substr(0, equals), set.substr(equals + 1), "the path says so"});
  }
  return settings;
}

Result<result::Hop> UpgradeHop(const HopInput& input, const Candidate& step) {
  const Survey& survey = input.survey;
  result::Hop hop;
  hop.procedure = result::Procedure::kHelmUpgrade;
  result::HelmHop part;
  part.chart = input.chart_reference;
  part.version = step.to.chart.ToString();
  part.values = helm::NameOf(step.mode);
  if (input.written_sets != nullptr) {
    hop.values_set = WrittenSettings(*input.written_sets);
    part.sets = *input.written_sets;
  } else {
    hop.values_set = OwnSettings(input, step);
    for (const result::ValueSet& value : hop.values_set) {
      part.sets.push_back(SetArgument(value));
    }
  }
  part.milvus_image = Image(survey, step.to.app);
  TRY_ASSIGN(part.workloads, WorkloadsAfter(input, step));
  hop.commands = TypedUpgrade(survey, step, part);
  hop.pre = ConditionsBefore(survey, step);
  hop.post = ConditionsAfter(survey, step, part);
  hop.undo = UndoOfUpgrade(step);
  hop.point_of_no_return = PointOfNoReturn(survey, step);
  hop.helm = std::move(part);
  return hop;
}

}  // namespace

Result<result::Hop> MakeHop(const HopInput& input, const Candidate& step) {
  Result<result::Hop> hop = [&]() -> Result<result::Hop> {
    switch (step.means) {
      case Means::kMetadataMigration:
        return MigrationHop(input, step);
      case Means::kRollingUpdate:
        return RollingUpdateHop(input, step);
      case Means::kHelmUpgrade:
      case Means::kMigrateScript:
      case Means::kMigrateScriptBack:
      case Means::kRollingUpdateScript:
      case Means::kHelmRollback:
        break;
    }
    return UpgradeHop(input, step);
  }();
  if (!hop) {
    return hop;
  }
  hop->id = std::to_string(input.number);
  hop->from_chart = step.from.chart.ToString();
  hop->to_chart = step.to.chart.ToString();
  hop->from_app = step.from.app.ToString();
  hop->to_app = step.to.app.ToString();
  hop->downtime_ms = DowntimeOf(input.survey, step);
  return hop;
}

}  // namespace rehearse::upgrade
