#include "upgrade/procedures/migrate_sh.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "upgrade/procedures/migrate_sh_texts.h"
#include "upgrade/procedures/script.h"

namespace rehearse::upgrade {
namespace {

using cluster::Apply;
using cluster::Delete;
using cluster::GetText;
using kube::Ref;

// Law::kMigrateShPauses
constexpr Millis kDeploymentLook = Seconds(5);
constexpr Millis kPodLook = Seconds(10);
constexpr Millis kSessionExpiry = Seconds(75);

// The command whose answer comes next, or the pause that ends.
enum class At {
  kBegin,
  kDeployments,
  kComponent,
  kUnusedReplicas,
  kServices,
  kPort,
  kStorageClasses,
  kDefaultClass,
  kStoredReplicas,
  kCount,
  kStoreReplicas,
  kScaleDown,
  kStopped,
  kStopPause,
  kSessionPause,
  kClaim,
  kApplyClaim,
  kApplyConfig,
  kBackupMark,
  kApplyJob,
  kPhase,
  kPhasePause,
  kLog,
  kAnnotate,
  kStartComponent,
  kPatch,
  kScaleUp,
  kReady,
  kReadyPause,
  kDeletePods,
  kDeleteClaim,
  kDeleteConfigs,
};

// What of a command's output the script lets through to its own.
enum class Shown { kNothing, kErrors, kAll };

struct MigrateShVars {
  At at = At::kBegin;
  Shown shown = Shown::kErrors;
  std::vector<std::string> names;        // what the loop under way goes over
  std::vector<std::string> deployments;  // array deploys
  std::vector<std::string> replicas;     // array replicas: "deployment:count"
  std::size_t index = 0;                 // of the loop under way
  std::string component;
  std::string services;  // $svc
  std::string etcd;      // host:port
  Job job = Job::kBackup;
  std::size_t ready = 0;

  void AddTo(Hasher& hash) const {
    hash.Add(at).Add(shown).Add(index).Add(job).Add(ready);
    hash.Add(component).Add(services).Add(etcd);
    for (const std::vector<std::string>* list : {&names, &deployments, &replicas}) {
      hash.Add(list->size());
      for (const std::string& word : *list) {
        hash.Add(word);
      }
    }
  }
};

bool ParseCount(std::string_view text, std::int64_t& count) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, count);
  return !text.empty() && error == std::errc() && at == end && count >= 0;
}

// ---- the script --------------------------------------------------------------------------------

class MigrateSh {
 public:
  using Vars = MigrateShVars;

  explicit MigrateSh(MigrateShOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string_view Name() const { return "migrate.sh"; }

  void Go(Vars& vars, const Answer& answer, Deeds& deeds) const {
    if (vars.shown == Shown::kAll) {
      deeds.Show(answer);
    } else if (vars.shown == Shown::kErrors) {
      deeds.ShowErrors(answer);
    }
    Here here{vars, answer, deeds};
    const Row& row = kRows.at(static_cast<std::size_t>(vars.at));
    CHECK(row.at == vars.at);
    (this->*row.handler)(here);
  }

 private:
  struct Here {
    Vars& vars;
    const Answer& answer;
    Deeds& deeds;

    [[nodiscard]] std::string Text() const { return Substitution(answer); }
    void Say(std::string line) const { deeds.Say(std::move(line)); }
    void Read(At at, cluster::Query query, Shown shown = Shown::kErrors) const {
      vars.at = at;
      vars.shown = shown;
      deeds.Read(std::move(query));
    }
    void Start(At at, cluster::Action action, Shown shown = Shown::kAll) const {
      vars.at = at;
      vars.shown = shown;
      deeds.Start(std::move(action));
    }
    void Sleep(At at, Millis ms) const {
      vars.at = at;
      deeds.Sleep(ms);
    }
    void Stop(std::string line, int code) const {
      deeds.Say(std::move(line));
      deeds.Exit(code);
    }
  };
  struct Row {
    At at;
    void (MigrateSh::*handler)(const Here&) const;
  };
  static const std::array<Row, static_cast<std::size_t>(At::kDeleteConfigs) + 1> kRows;

  [[nodiscard]] bool IsNewest() const { return options_.version == MigrateShVersion::kC; }
  [[nodiscard]] GetText Get(std::string resource,
                            std::vector<std::string> names,
                            const std::string& path) const {
    return {std::move(resource), std::move(names), options_.ns, "", "jsonpath=" + path};
  }
  [[nodiscard]] GetText ListOf(std::string resource,
                               std::string_view app,
                               std::string output) const {
    return {std::move(resource),
            {},
            options_.ns,
            fmt::format(
                "app.kubernetes.io/instance={},app.kubernetes.io/name={}", options_.instance, app),
            std::move(output)};
  }
  [[nodiscard]] Ref RefOf(std::string kind, std::string name) const {
    return {std::move(kind), options_.ns, std::move(name)};
  }
  [[nodiscard]] std::string ConfigName() const {
    return "milvus-meta-migration-config-" + options_.instance;
  }
  [[nodiscard]] std::string ClaimName() const {
    return "milvus-meta-migration-backup-" + options_.instance;
  }

  // ---- checks

  void Begin(const Here& here) const {
    for (std::size_t i = 0; i < options_.unknown_flags; ++i) {
      here.Say("Unkonwen parameters");
    }
    struct Required {
      std::string_view name;
      const std::string& value;
      std::string_view example;
    };
    const std::array required = {
        Required{"instance_name", options_.instance, "-i milvus-instance-name"},
        Required{"source_version", options_.source_version, "-s 2.1.4"},
        Required{"target_version", options_.target_version, "-t 2.2.0"},
        Required{"image_tag", options_.image, "-w milvusdb/milvus:v2.2.0"},
    };
    for (const Required& one : required) {
      if (IsUnset(one.value)) {
        here.Stop(fmt::format("Missing argument {}, please add it. For example:'./migrate.sh {}'",
                              one.name,
                              one.example),
                  1);
        return;
      }
    }
    if (!IsNewest()) {
      SayPlan(here);
    }
    here.Read(At::kDeployments, ListOf("deploy", "milvus", "jsonpath={.items..metadata.name}"));
  }

  static void SayPlan(const Here& here) {
    here.Say("Migration milvus meta will take four steps:");
    here.Say("1. Stop the milvus components");
    here.Say("2. Backup the milvus meta");
    here.Say("3. Migrate the milvus meta");
    here.Say("4. Startup milvus components in new image version");
    here.Say("");
  }

  void OnDeployments(const Here& here) const {
    Vars& vars = here.vars;
    vars.names = SplitFields(here.Text());
    vars.index = 0;
    if (IsNewest()) {
      LookAtNext(here);
    } else if (vars.names.empty()) {
      SayNoInstance(here, 0);
    } else {
      vars.deployments = vars.names;
      CountNext(here);
    }
  }

  void SayNoInstance(const Here& here, int code) const {
    here.Stop(
        fmt::format(
            "There is no Milvus instance {} in the namespace {}", options_.instance, options_.ns),
        code);
  }

  void LookAtNext(const Here& here) const {
    Vars& vars = here.vars;
    if (vars.index < vars.names.size()) {
      here.Read(At::kComponent,
                Get("deploy", {vars.names[vars.index]}, "{.metadata.labels.component}"));
    } else if (vars.deployments.empty()) {
      SayNoInstance(here, 1);
    } else if (IsUnset(options_.etcd)) {
      here.Read(At::kServices, ListOf("svc", "etcd", "name"));
    } else {
      vars.etcd = options_.etcd;
      LookAtClasses(here);
    }
  }

  void OnComponent(const Here& here) const {
    Vars& vars = here.vars;
    vars.component = here.Text();
    here.Read(At::kUnusedReplicas, Get("deploy", {vars.names[vars.index]}, "{.spec.replicas}"));
  }

  void OnUnusedReplicas(const Here& here) const {
    Vars& vars = here.vars;
    if (vars.component != "attu") {
      vars.deployments.push_back(vars.names[vars.index]);
    }
    ++vars.index;
    LookAtNext(here);
  }

  void OnServices(const Here& here) const {
    std::vector<std::string> services;
    for (const std::string& line : SplitLines(here.Text())) {
      if (line.find("headless") == std::string::npos) {
        const std::size_t slash = line.find('/');
        const std::string rest = slash == std::string::npos ? line : line.substr(slash + 1);
        services.push_back(rest.substr(0, rest.find('/')));
      }
    }
    Vars& vars = here.vars;
    vars.services = Join(services, "\n");
    if (!IsNewest()) {
      vars.etcd = vars.services + ":2379";  // Law::kMigrateShOldVersions
      here.Start(At::kApplyClaim, Apply{options_.ns, ClaimManifest(options_)});
    } else if (IsUnset(vars.services)) {
      here.Stop(
          "Missing etcd service, please add it. For example:"
          "'./migrate.sh -e <etcd-svc-ip>:<etcd-svc-port>'",
          1);
    } else {
      here.Read(
          At::kPort,
          Get("svc", SplitFields(vars.services), R"({.spec.ports[?(@.name == "client")].port})"));
    }
  }

  void OnPort(const Here& here) const {
    if (IsUnset(here.Text())) {
      here.Stop("Missing etcd service port...", 1);
      return;
    }
    here.vars.etcd = here.vars.services + ":" + here.Text();
    LookAtClasses(here);
  }

  void LookAtClasses(const Here& here) const {
    here.Read(At::kStorageClasses,
              GetText{"storageclass", {}, "", "", "jsonpath={.items..metadata.name}"});
  }

  void OnStorageClasses(const Here& here) const {
    Vars& vars = here.vars;
    vars.names = SplitFields(here.Text());
    vars.index = 0;
    if (IsUnset(options_.storage_class)) {
      LookAtNextClass(here);
    } else if (std::ranges::count(vars.names, options_.storage_class) > 0) {
      LookForReplicas(here);
    } else {
      here.Stop("Nonexistent storageclass, please make sure specified storageclass exists...", 1);
    }
  }

  void LookAtNextClass(const Here& here) const {
    const Vars& vars = here.vars;
    if (vars.index >= vars.names.size()) {
      here.Stop(
          "No default storageclass, please specify a storageclass via -c <storage-class-name>", 1);
      return;
    }
    here.Read(At::kDefaultClass,
              GetText{"storageclass",
                      {vars.names[vars.index]},
                      "",
                      "",
                      "jsonpath={.metadata.annotations.storageclass"
                      "\\.kubernetes\\.io/is-default-class}"});
  }

  void OnDefaultClass(const Here& here) const {
    if (here.Text() == "true") {
      LookForReplicas(here);
    } else {
      ++here.vars.index;
      LookAtNextClass(here);
    }
  }

  // ---- stop

  void LookForReplicas(const Here& here) const {
    SayPlan(here);
    here.Read(At::kStoredReplicas,
              Get("configmap", {"milvus-deploy-replicas-" + options_.instance}, "{.data.replicas}"),
              Shown::kNothing);
  }

  void OnStoredReplicas(const Here& here) const {
    here.vars.index = 0;
    if (here.Text().empty()) {
      CountNext(here);
    } else {
      here.vars.replicas = SplitFields(here.Text());
      Stop(here);
    }
  }

  void CountNext(const Here& here) const {
    const Vars& vars = here.vars;
    if (vars.index < vars.deployments.size()) {
      here.Read(At::kCount, Get("deploy", {vars.deployments[vars.index]}, "{.spec.replicas}"));
    } else if (IsNewest()) {
      here.Start(At::kStoreReplicas,
                 Apply{options_.ns, ReplicasManifest(options_, Join(vars.replicas, " "))});
    } else {
      Stop(here);
    }
  }

  void OnCount(const Here& here) const {
    Vars& vars = here.vars;
    vars.replicas.push_back(vars.deployments[vars.index] + ":" + here.Text());
    ++vars.index;
    CountNext(here);
  }

  void Stop(const Here& here) const {
    here.Say("Stop milvus deployments: " + Join(here.vars.deployments, " "));
    std::vector<Ref> refs;
    for (const std::string& name : here.vars.deployments) {
      refs.push_back(RefOf("Deployment", name));
    }
    here.Start(At::kScaleDown, cluster::Scale{std::move(refs), 0}, Shown::kErrors);
  }

  // Law::kMigrateShFirstOnly
  void LookWhetherStopped(const Here& here) const {
    const bool is_a = options_.version == MigrateShVersion::kA;
    here.Read(At::kStopped,
              Get("deploy",
                  {here.vars.deployments.front()},
                  is_a ? "{.spec.replicas}" : "{.status.replicas}"));
  }

  void OnStopped(const Here& here) const {
    const bool is_a = options_.version == MigrateShVersion::kA;
    std::int64_t count = 0;
    const bool is_number = ParseCount(here.Text(), count) || (here.Text().empty() && !is_a);
    if (!is_number || count != 0) {
      here.Sleep(At::kStopPause, kDeploymentLook);
    } else if (is_a) {
      OnSessionsGone(here);
    } else {
      here.Sleep(At::kSessionPause, kSessionExpiry);
    }
  }

  void OnSessionsGone(const Here& here) const {
    here.Say("Stopped...");
    here.Say("");
    if (options_.operation != "migrate" && options_.operation != "rollback") {
      here.Stop("Invalid operation...", 6);
      return;
    }
    here.Say("Starting to " + options_.operation + " milvus meta...");
    if (IsNewest()) {
      here.Read(At::kClaim, Get("pvc", {ClaimName()}, "{.metadata.name}"), Shown::kNothing);
    } else {
      here.Read(At::kServices, ListOf("svc", "etcd", "name"));
    }
  }

  // ---- backup, migration, rollback

  void OnClaim(const Here& here) const {
    if (IsUnset(here.Text())) {
      here.Start(At::kApplyClaim, Apply{options_.ns, ClaimManifest(options_)});
    } else {
      OnApplyClaim(here);
    }
  }

  void OnApplyClaim(const Here& here) const {
    here.Start(At::kApplyConfig, Apply{options_.ns, ConfigManifest(options_, here.vars.etcd)});
  }

  void OnApplyConfig(const Here& here) const {
    const bool is_rollback = options_.operation == "rollback";
    if (!is_rollback) {
      here.Say("Backuping meta...");
    }
    here.Say("Checking whether backup exists...");
    // Law::kMigrateShRollbackName
    const std::string name = is_rollback ? "milvus-meta-migration-config" : ConfigName();
    here.Read(At::kBackupMark, Get("configmap", {name}, "{.metadata.annotations.backup}"));
  }

  void OnBackupMark(const Here& here) const {
    const bool has_backup = here.Text() == "succeed";
    if (options_.operation == "rollback") {
      if (has_backup) {
        here.Say("Found previous backups, start meta rollback...");
        StartJob(here, Job::kRollback);
      } else {
        here.Stop("No backup exists, abort...", 4);
      }
    } else if (has_backup) {
      here.Say("Found previous backups, skip meta backup...");
      OnAnnotate(here);
    } else {
      StartJob(here, Job::kBackup);
    }
  }

  void StartJob(const Here& here, Job job) const {
    here.vars.job = job;
    here.Start(At::kApplyJob, Apply{options_.ns, JobManifest(options_, job)});
  }

  [[nodiscard]] std::string PodName(const Here& here) const {
    return std::string(TextsOf(here.vars.job).pod) + options_.instance;
  }

  void LookAtPhase(const Here& here) const {
    here.Read(At::kPhase, Get("pod", {PodName(here)}, "{.status.phase}"));
  }

  void OnPhase(const Here& here) const {
    const std::string phase = here.Text();
    if (phase == "Failed") {
      here.Say(std::string(TextsOf(here.vars.job).failed));
      here.Say("Here is the log:");
      here.Read(At::kLog, cluster::PodLog{RefOf("Pod", PodName(here))}, Shown::kAll);
    } else if (phase == "Succeeded") {
      OnJobDone(here);
    } else {
      here.Sleep(At::kPhasePause, kPodLook);
    }
  }

  void OnLog(const Here& here) const { here.Stop("", TextsOf(here.vars.job).exit_code); }

  void OnJobDone(const Here& here) const {
    switch (here.vars.job) {
      case Job::kBackup:
        here.Say("Meta backup is done...");
        here.Start(At::kAnnotate,
                   cluster::Annotate{RefOf("ConfigMap", ConfigName()), "backup", "succeed", false});
        return;
      case Job::kMigrate:
        here.Say("Migration is done...");
        break;
      case Job::kRollback:
        here.Say("Rollback is done...");
        break;
    }
    here.Say("");
    here.Say("Starting milvus components...");
    here.vars.index = 0;
    StartNext(here);
  }

  void OnAnnotate(const Here& here) const {
    here.Say("Migrating meta...");
    StartJob(here, Job::kMigrate);
  }

  // ---- start

  [[nodiscard]] static ReplicaEntry Entry(const Here& here) {
    return SplitReplicaEntry(here.vars.replicas[here.vars.index]);
  }

  void StartNext(const Here& here) const {
    if (here.vars.index < here.vars.replicas.size()) {
      const std::string name = Entry(here).deployment;
      here.Say("Starting " + name + "...");
      here.Read(At::kStartComponent, Get("deploy", {name}, "{.metadata.labels.component}"));
      return;
    }
    here.Say("");
    here.Say(std::string(options_.operation == "rollback" ? "Rollbacking" : "Upgrading") +
             " is done. Waiting for milvus components to be ready again...");
    OnReadyPause(here);
  }

  void OnStartComponent(const Here& here) const {
    const std::string component = here.Text();
    const ReplicaEntry entry = Entry(here);
    const bool keeps_attu = options_.version == MigrateShVersion::kB && component == "attu";
    here.Start(At::kPatch,
               cluster::Patch{RefOf("Deployment", entry.deployment),
                              IsNewest() ? ImagePatch(component, options_.image)
                                         : ImageAndReplicasPatch(
                                               component,
                                               keeps_attu ? "zilliz/attu:v2.1.1" : options_.image,
                                               entry.count)});
  }

  void OnPatch(const Here& here) const {
    const ReplicaEntry entry = Entry(here);
    std::int64_t count = 0;
    if (!IsNewest()) {
      OnScaleUp(here);
    } else if (ParseCount(entry.count, count)) {
      here.Start(At::kScaleUp, cluster::Scale{{RefOf("Deployment", entry.deployment)}, count});
    } else {
      here.Say("error: invalid argument \"" + entry.count + "\" for \"--replicas\" flag");
      OnScaleUp(here);
    }
  }

  void OnScaleUp(const Here& here) const {
    ++here.vars.index;
    StartNext(here);
  }

  void OnReadyPause(const Here& here) const {
    here.vars.index = 0;
    here.vars.ready = 0;
    LookWhetherNextReady(here);
  }

  void LookWhetherNextReady(const Here& here) const {
    const Vars& vars = here.vars;
    if (vars.index < vars.replicas.size()) {
      here.Read(At::kReady, Get("deploy", {Entry(here).deployment}, "{.status.readyReplicas}"));
    } else if (vars.ready < vars.replicas.size()) {
      here.Sleep(At::kReadyPause, kDeploymentLook);
    } else if (options_.remove_after && options_.operation == "migrate") {
      here.Start(At::kDeletePods,
                 Delete{{RefOf("Pod", ClaimName()),
                         RefOf("Pod", "milvus-meta-migration-" + options_.instance)}});
    } else {
      SayEnd(here);
    }
  }

  void OnReady(const Here& here) const {
    if (here.Text() == Entry(here).count) {
      ++here.vars.ready;
    }
    ++here.vars.index;
    LookWhetherNextReady(here);
  }

  // ---- clean up

  void OnDeletePods(const Here& here) const {
    here.Start(At::kDeleteClaim, Delete{{RefOf("PersistentVolumeClaim", ClaimName())}});
  }

  void OnDeleteClaim(const Here& here) const {
    std::vector<Ref> refs = {RefOf("ConfigMap", ConfigName())};
    if (IsNewest()) {
      refs.push_back(RefOf("ConfigMap", "milvus-deploy-replicas-" + options_.instance));
    }
    here.Start(At::kDeleteConfigs, Delete{std::move(refs)});
  }

  void OnDeleteConfigs(const Here& here) const {
    if (IsNewest()) {
      here.Say("");
    }
    SayEnd(here);
  }

  void SayEnd(const Here& here) const {
    here.Stop("All milvus components are running. Enjoy your vector search...", 0);
  }

  MigrateShOptions options_;
};

// What follows each answer. Law::kMigrateShCalls
const std::array<MigrateSh::Row, static_cast<std::size_t>(At::kDeleteConfigs) + 1>
    MigrateSh::kRows = {{
        {At::kBegin, &MigrateSh::Begin},
        {At::kDeployments, &MigrateSh::OnDeployments},
        {At::kComponent, &MigrateSh::OnComponent},
        {At::kUnusedReplicas, &MigrateSh::OnUnusedReplicas},
        {At::kServices, &MigrateSh::OnServices},
        {At::kPort, &MigrateSh::OnPort},
        {At::kStorageClasses, &MigrateSh::OnStorageClasses},
        {At::kDefaultClass, &MigrateSh::OnDefaultClass},
        {At::kStoredReplicas, &MigrateSh::OnStoredReplicas},
        {At::kCount, &MigrateSh::OnCount},
        {At::kStoreReplicas, &MigrateSh::Stop},
        {At::kScaleDown, &MigrateSh::LookWhetherStopped},
        {At::kStopped, &MigrateSh::OnStopped},
        {At::kStopPause, &MigrateSh::LookWhetherStopped},
        {At::kSessionPause, &MigrateSh::OnSessionsGone},
        {At::kClaim, &MigrateSh::OnClaim},
        {At::kApplyClaim, &MigrateSh::OnApplyClaim},
        {At::kApplyConfig, &MigrateSh::OnApplyConfig},
        {At::kBackupMark, &MigrateSh::OnBackupMark},
        {At::kApplyJob, &MigrateSh::LookAtPhase},
        {At::kPhase, &MigrateSh::OnPhase},
        {At::kPhasePause, &MigrateSh::LookAtPhase},
        {At::kLog, &MigrateSh::OnLog},
        {At::kAnnotate, &MigrateSh::OnAnnotate},
        {At::kStartComponent, &MigrateSh::OnStartComponent},
        {At::kPatch, &MigrateSh::OnPatch},
        {At::kScaleUp, &MigrateSh::OnScaleUp},
        {At::kReady, &MigrateSh::OnReady},
        {At::kReadyPause, &MigrateSh::OnReadyPause},
        {At::kDeletePods, &MigrateSh::OnDeletePods},
        {At::kDeleteClaim, &MigrateSh::OnDeleteClaim},
        {At::kDeleteConfigs, &MigrateSh::OnDeleteConfigs},
    }};

}  // namespace

std::unique_ptr<cluster::Driver> NewMigrateSh(MigrateShOptions options) {
  if (options.tool_image.empty()) {
    options.tool_image = ToolImageOf(options.version);
  }
  return std::make_unique<ScriptDriver<MigrateSh>>(MigrateSh(std::move(options)));
}

}  // namespace rehearse::upgrade
