#include "upgrade/executor/program.h"

#include "upgrade/executor/judges.h"

namespace rehearse::upgrade::executor {
namespace {

struct Row {
  StageKind kind;
  const char* name;
  const char* title;
  Judge judge;
  std::vector<Slot> reads;
};

Stage Make(const Row& row, const ExecutorOptions& options) {
  Stage stage;
  stage.kind = row.kind;
  stage.name = row.name;
  stage.title = row.title;
  stage.judge = row.judge;
  stage.reads = row.reads;
  stage.poll_ms = options.poll_ms;
  stage.deadline_ms = options.stage_deadline_ms;
  stage.patience_ms = options.patience_ms;
  return stage;
}

void AllowForTool(const ExecutorOptions& options, Stage* stage) {
  stage->deadline_ms = options.tool_deadline_ms;
  stage->patience_ms = options.tool_patience_ms;
  stage->per_key_ms = options.tool_per_key_ms;
}

std::vector<Stage> UntilBackedUp(const ExecutorOptions& options) {
  using enum Slot;
  const std::vector<Row> rows = {
      {StageKind::kPreflight,
       "preflight",
       "is everything as planned?",
       JudgePreflight,
       {kReleases, kDeployments, kPods, kClaims, kConfigMaps, kMetadata}},
      {StageKind::kStop, "stop", "scale Milvus to 0", JudgeStop, {kDeployments, kPods}},
      {StageKind::kSessions,
       "sessions",
       "wait until no session is alive",
       JudgeSessions,
       {kDeployments, kSessions}},
      {StageKind::kWorkspace,
       "workspace",
       "volume and configuration for the tool",
       JudgeWorkspace,
       {kClaims, kConfigMaps}},
      {StageKind::kBackup, "backup", "back up the metadata", JudgeBackup, {kDeployments, kPods}},
      {StageKind::kVerifyBackup,
       "verify-backup",
       "read the backup back and compare it with etcd",
       JudgeVerifyBackup,
       {kPods}},
  };
  std::vector<Stage> stages;
  for (const Row& row : rows) {
    stages.push_back(Make(row, options));
    if (row.kind != StageKind::kPreflight) {
      stages.back().way_out = StageKind::kWayBack;
    }
  }
  stages[2].deadline_ms = options.session_deadline_ms;
  AllowForTool(options, &stages[4]);
  return stages;
}

std::vector<Stage> UntilServing(const ExecutorOptions& options) {
  using enum Slot;
  const std::vector<Row> rows = {
      {StageKind::kMigrate, "migrate", "migrate the metadata", JudgeMigrate, {kDeployments, kPods}},
      {StageKind::kVerifyMigration,
       "verify-migration",
       "is everything of the backup there in its new form?",
       JudgeVerifyMigration,
       {kDeployments, kPods, kMetadata}},
      {StageKind::kSetImage, "image", "set the new image", JudgeSetImage, {kDeployments, kPods}},
      {StageKind::kStart, "start", "start the new image", JudgeStart, {kDeployments, kPods}},
      {StageKind::kVerifyService,
       "verify-service",
       "are servers of the new version on complete metadata?",
       JudgeVerifyService,
       {kMetadata}},
  };
  std::vector<Stage> stages;
  for (const Row& row : rows) {
    stages.push_back(Make(row, options));
  }
  for (const std::size_t reversible : {0U, 1U, 2U}) {
    stages[reversible].way_out = StageKind::kRestore;
  }
  AllowForTool(options, &stages[0]);
  stages[3].deadline_ms = options.rollout_deadline_ms;
  stages[3].poll_ms = options.rollout_poll_ms;
  return stages;
}

std::vector<Stage> BesideThePath(const ExecutorOptions& options) {
  using enum Slot;
  const std::vector<Row> rows = {
      {StageKind::kRestore,
       "restore",
       "bring the metadata back to the backup",
       JudgeRestore,
       {kDeployments, kPods}},
      {StageKind::kVerifyRestore,
       "verify-restore",
       "compare the restored metadata with the backup file",
       JudgeVerifyRestore,
       {kPods}},
      {StageKind::kWayBack,
       "way-back",
       "start the old image on its own metadata",
       JudgeWayBack,
       {kDeployments, kPods}},
  };
  std::vector<Stage> stages;
  for (const Row& row : rows) {
    stages.push_back(Make(row, options));
    stages.back().on_path = false;
  }
  AllowForTool(options, &stages[0]);
  stages[2].deadline_ms = options.rollout_deadline_ms;
  stages[2].poll_ms = options.rollout_poll_ms;
  return stages;
}

std::vector<Stage> HelmStages(const ExecutorOptions& options, bool sessions_known) {
  using enum Slot;
  std::vector<Slot> agreement = {kReleases, kDeployments, kStatefulSets};
  if (sessions_known) {
    agreement.push_back(kSessions);
  }
  const std::vector<Row> rows = {
      {StageKind::kHelmPreflight,
       "preflight",
       "is the release as planned?",
       JudgeHelmPreflight,
       {kReleases, kDeployments}},
      {StageKind::kHelmUpgrade, "upgrade", "helm upgrade", JudgeHelmUpgrade, {kReleases}},
      {StageKind::kRollout,
       "rollout",
       "wait until every workload is ready",
       JudgeRollout,
       {kDeployments, kStatefulSets, kPods}},
      {StageKind::kAgreement,
       "agreement",
       "do release, live objects and sessions agree?",
       JudgeAgreement,
       agreement},
  };
  std::vector<Stage> stages;
  for (const Row& row : rows) {
    stages.push_back(Make(row, options));
  }
  stages[1].patience_ms = options.lock_patience_ms;
  stages[2].deadline_ms = options.rollout_deadline_ms;
  stages[2].poll_ms = options.rollout_poll_ms;
  return stages;
}

std::vector<Stage> RollingStages(const ExecutorOptions& options, std::size_t deployments) {
  using enum Slot;
  const std::vector<Row> rows = {
      {StageKind::kRollingPreflight,
       "preflight",
       "is every component ready?",
       JudgeRollingPreflight,
       {kReleases, kDeployments}},
      {StageKind::kRolling,
       "rolling",
       "the new image, one component after another",
       JudgeRolling,
       {kDeployments, kPods}},
      {StageKind::kRolled,
       "sessions",
       "are servers of the new version registered?",
       JudgeRolled,
       {kSessions}},
  };
  std::vector<Stage> stages;
  for (const Row& row : rows) {
    stages.push_back(Make(row, options));
  }
  stages[1].deadline_ms = options.rollout_deadline_ms * static_cast<Millis>(deployments);
  stages[1].poll_ms = options.rollout_poll_ms;
  return stages;
}

Stage CleanupStage(const ExecutorOptions& options) {
  Stage stage = Make({StageKind::kCleanup,
                      "cleanup",
                      "remove helper pods and configuration; the backup stays",
                      JudgeCleanup,
                      {Slot::kPods, Slot::kConfigMaps}},
                     options);
  stage.optional = true;
  return stage;
}

Stage SettledStage(const ExecutorOptions& options, bool sessions_known) {
  using enum Slot;
  std::vector<Slot> reads = {kReleases, kDeployments, kStatefulSets, kPods};
  if (sessions_known) {
    reads.push_back(kSessions);
  }
  Stage stage =
      Make({StageKind::kSettled, "settled", "is everything ready?", JudgeSettled, reads}, options);
  stage.deadline_ms = options.rollout_deadline_ms;
  stage.poll_ms = options.rollout_poll_ms;
  return stage;
}

void AddDeployments(Hasher& hash, const std::vector<result::MilvusDeployment>& deployments) {
  for (const auto& deployment : deployments) {
    hash.Add(deployment.name).Add(deployment.container);
    hash.Add(deployment.replicas).Add(deployment.image);
  }
}

void AddHop(Hasher& hash, const result::Hop& hop) {
  hash.Add(hop.id).Add(hop.procedure);
  if (hop.metadata) {
    const result::MetadataHop& metadata = *hop.metadata;
    hash.Add(metadata.tool_image).Add(metadata.source_version).Add(metadata.target_version);
    hash.Add(metadata.root_path).Add(metadata.etcd_endpoint).Add(metadata.storage_class);
    hash.Add(metadata.new_image);
    AddDeployments(hash, metadata.deployments);
  }
  if (hop.rolling) {
    hash.Add(hop.rolling->new_image).Add(hop.rolling->root_path);
    AddDeployments(hash, hop.rolling->deployments);
  }
  if (hop.helm) {
    hash.Add(hop.helm->chart).Add(hop.helm->version).Add(hop.helm->values);
    hash.Add(hop.helm->milvus_image);
    for (const auto& list : {hop.helm->sets, hop.helm->workloads}) {
      hash.Add(list.size());
      for (const std::string& text : list) {
        hash.Add(text);
      }
    }
  }
}

}  // namespace

Program::Program(std::shared_ptr<const result::Plan> plan, ExecutorOptions options)
    : plan_(std::move(plan)), options_(options) {
  Hasher hash;
  hash.Add(plan_->release).Add(plan_->ns);
  for (std::size_t hop = 0; hop < plan_->hops.size(); ++hop) {
    AddHop(hash, plan_->hops[hop]);
    switch (plan_->hops[hop].procedure) {
      case result::Procedure::kMetadataMigration: {
        std::vector<Stage> rows = UntilBackedUp(options_);
        for (const auto& more : {UntilServing(options_),
                                 std::vector<Stage>{CleanupStage(options_)},
                                 BesideThePath(options_)}) {
          rows.insert(rows.end(), more.begin(), more.end());
        }
        Add(hop, rows);
        break;
      }
      case result::Procedure::kRollingUpdate:
        Add(hop, RollingStages(options_, plan_->hops[hop].rolling->deployments.size()));
        break;
      case result::Procedure::kHelmUpgrade:
        Add(hop, HelmStages(options_, !RootPathOf(plan_->hops[hop]).empty()));
        break;
    }
  }
  AddEnd();
  fingerprint_ = hash.Get();
}

// Behind all hops: the last look. A plan without hops is that look alone.
void Program::AddEnd() {
  const bool is_empty = plan_->hops.empty();
  Stage last = SettledStage(options_, !is_empty && !RootPathOf(plan_->hops.back()).empty());
  last.hop = is_empty ? 0 : plan_->hops.size() - 1;
  last.id = std::to_string(plan_->hops.size() + 1) + ".1";
  stages_.push_back(std::move(last));
}

void Program::Add(std::size_t hop, const std::vector<Stage>& rows) {
  int number = 0;
  for (Stage stage : rows) {
    stage.hop = hop;
    stage.id = plan_->hops[hop].id + "." + std::to_string(++number);
    stages_.push_back(std::move(stage));
  }
}

const result::Hop& Program::HopOf(const Stage& stage) const {
  static const result::Hop none;
  return plan_->hops.empty() ? none : plan_->hops[stage.hop];
}

std::optional<std::size_t> Program::Find(std::size_t hop, StageKind kind) const {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].hop == hop && stages_[i].kind == kind) {
      return i;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> Program::FindId(std::string_view id) const {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].id == id) {
      return i;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> Program::After(std::size_t stage) const {
  for (std::size_t i = stage + 1; i < stages_.size(); ++i) {
    if (stages_[i].on_path) {
      return i;
    }
  }
  return std::nullopt;
}

std::string Program::RootPathOf(const result::Hop& hop) const {
  if (hop.metadata) {
    return hop.metadata->root_path;
  }
  if (hop.helm && !hop.helm->root_path.empty()) {
    return hop.helm->root_path;
  }
  for (const result::Hop& other : plan_->hops) {
    if (other.metadata) {
      return other.metadata->root_path;
    }
    if (other.rolling) {
      return other.rolling->root_path;
    }
  }
  return "";
}

cluster::Query Program::QueryOf(const Stage& stage, const Ask& ask) const {
  const std::string& ns = plan_->ns;
  switch (ask.slot) {
    case Slot::kDeployments:
      return cluster::ListObjects{"Deployment", ns, ""};
    case Slot::kStatefulSets:
      return cluster::ListObjects{"StatefulSet", ns, ""};
    case Slot::kPods:
      return cluster::ListObjects{"Pod", ns, ""};
    case Slot::kClaims:
      return cluster::ListObjects{"PersistentVolumeClaim", ns, ""};
    case Slot::kConfigMaps:
      return cluster::ListObjects{"ConfigMap", ns, ""};
    case Slot::kReleases:
      return cluster::GetReleases{plan_->release, ns};
    case Slot::kMetadata:
      return cluster::EtcdRange{RootPathOf(HopOf(stage)) + "/meta/"};
    case Slot::kSessions:
      return cluster::EtcdRange{RootPathOf(HopOf(stage)) + "/meta/session/"};
    case Slot::kLog:
      return cluster::PodLog{ask.pod};
    case Slot::kFile:
      return cluster::PodFile{ask.pod, ask.path};
    case Slot::kCount:
      break;
  }
  return cluster::EtcdRange{""};
}

}  // namespace rehearse::upgrade::executor
