#include "model/migration/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "model/core/check.h"
#include "model/core/json.h"
#include "model/core/remembered.h"
#include "model/core/version.h"
#include "model/migration/backup.h"
#include "model/migration/conversion.h"
#include "model/migration/semver.h"
#include "model/migration/sessions.h"

namespace rehearse::migration {
namespace {

using ConvertedPtr = std::shared_ptr<const Result<Conversion>>;

// A pure function of the keys, which runs of a search have in common; not kept for large metadata.
ConvertedPtr Converted(const etcd::Keys& keys, ToolImage image, const std::string& root) {
  constexpr std::size_t kKeysMax = 10'000;
  static Remembered<ConvertedPtr> known(64);
  const auto convert = [&]() -> Result<Conversion> {
    TRY_ASSIGN(const auto metadata, Load21(keys, root));
    return Convert21(*metadata, image, root);
  };
  const auto make = [&] { return std::make_shared<const Result<Conversion>>(convert()); };
  if (keys.size() > kKeysMax) {
    return make();
  }
  return known.Get({}, Hasher().Add(keys.Digest()).Add(image).Add(root).Get(), make);
}

constexpr std::int64_t kSessionTtlS = 60;           // Law::kToolRegister
constexpr std::int64_t kRegisterAttempts = 30;      // Law::kToolRegister
constexpr Millis kRegisterPauseMs = 200;            // Law::kToolRegisterPause
constexpr Millis kRegisterPauseMsMax = 3000;        // Law::kToolRegisterPause
constexpr Millis kPollMs = 1000;                    // Law::kToolStop
constexpr std::string_view kToolVersion = "2.2.0";  // Law::kToolSessionVersion

// Law::kToolCleanSource.
constexpr std::array<std::string_view, 11> kClean21 = {
    "root-coord/collection",
    "snapshots/root-coord/collection",
    "root-coord/collection-alias",
    "snapshots/root-coord/collection-alias",
    "root-coord/segment-index",
    "root-coord/index",
    "indexes",
    "root-coord/dd-msg-send",
    "snapshots/root-coord/dd-msg-send",
    "root-coord/dd-operation",
    "snapshots/root-coord/dd-operation",
};

// Law::kToolCleanTarget.
constexpr std::array<std::string_view, 9> kClean22 = {
    "root-coord/collection",
    "root-coord/partitions",
    "root-coord/fields",
    "root-coord/aliases",
    "snapshots",
    "field-index",
    "segment-index",
    "querycoord-collection-loadinfo",
    "querycoord-partition-loadinfo",
};

enum class Generation { k21, k22, kOther };

// Ranges in semver order: 2.2.0-rc1 lies below 2.2.0 and counts as 2.1.
Generation GenerationOf(const Version& version) {
  const Version v210{2, 1, 0, ""};
  const Version v220{2, 2, 0, ""};
  const Version v230{2, 3, 0, ""};
  if (version >= v210 && version < v220) {
    return Generation::k21;
  }
  return version >= v220 && version < v230 ? Generation::k22 : Generation::kOther;
}

// NewBackend: nothing, or its error.
std::optional<std::string> BackendError(const ToolConfig& config, const std::string& version) {
  const Result<Version> parsed = ParseSemver(version);
  if (!parsed) {
    return parsed.error().message;
  }
  if (config.metastore_type != "etcd") {
    return config.metastore_type + " is not supported now";
  }
  if (GenerationOf(*parsed) == Generation::kOther) {
    return "version not supported: " + parsed->ToString();
  }
  return std::nullopt;
}

std::string RunConfigLine(const ToolConfig& config) {
  if (config.command == "run") {
    return fmt::format(
        "Cmd: run, SourceVersion: {}, TargetVersion: {}, BackupFilePath: {}, RunWithBackup: {}",
        config.source_version,
        config.target_version,
        config.backup_file_path,
        config.run_with_backup);
  }
  if (config.command == "backup") {
    return fmt::format("Cmd: backup, SourceVersion: {}, BackupFilePath: {}",
                       config.source_version,
                       config.backup_file_path);
  }
  if (config.command == "rollback") {
    return fmt::format("Cmd: rollback, SourceVersion: {}, TargetVersion: {}, BackupFilePath: {}",
                       config.source_version,
                       config.target_version,
                       config.backup_file_path);
  }
  return "invalid cmd: " + config.command;
}

std::string MetastoreLine(const ToolConfig& config) {
  if (config.metastore_type != "etcd") {
    return "unsupported meta store: " + config.metastore_type;
  }
  return fmt::format("Type: etcd, EndPoints: [{}], MetaRootPath: {}",
                     fmt::join(config.endpoints, " "),
                     config.MetaRootPath());
}

using Steps = std::vector<ScriptStep>;

Fingerprint DigestOfSteps(const Steps& steps) {
  Hasher hasher;
  for (const ScriptStep& step : steps) {
    hasher.Add(TextOf(step.effect));
    if (const auto* put = std::get_if<Put>(&step.effect)) {
      hasher.Add(put->value);
    }
  }
  return hasher.Get();
}

template <std::size_t kCount>
void AppendClean(Steps& script,
                 const std::array<std::string_view, kCount>& prefixes,
                 const ToolConfig& config,
                 Law law) {
  for (const std::string_view prefix : prefixes) {
    script.push_back({DeletePrefix{fmt::format("{}/{}", config.MetaRootPath(), prefix)}, law});
    script.push_back({Print{fmt::format("prefix {} will be removed!", prefix)}, law});
  }
}

void AppendCleanOf(Steps& script, const Version& version, const ToolConfig& config) {
  if (GenerationOf(version) == Generation::k21) {
    AppendClean(script, kClean21, config, Law::kToolCleanSource);
  } else {
    AppendClean(script, kClean22, config, Law::kToolCleanTarget);
  }
}

Steps BackupScript(const etcd::Keys& keys, const ToolConfig& config) {
  Steps script;
  keys.ForPrefix(config.MetaRootPath(), [&](const std::string& key, const auto& entry) {
    if (entry->lease != 0) {
      script.push_back(
          {Print{fmt::format("lease key won't be backuped: {}, lease id: {}", key, entry->lease)},
           Law::kToolBackupSkipsLeased});
    }
  });
  script.push_back({Print{"backup to: " + config.backup_file_path}, Law::kToolBackupSkipsLeased});
  script.push_back(
      {WriteFile{config.backup_file_path, WriteBackup(BackupOf(keys, config.MetaRootPath()))},
       Law::kBackupFileFormat});
  return script;
}

// One step of the process: phases run on until one has an effect.
class Stepper {
 public:
  Stepper(const ToolState& state, const ToolInput& input)
      : state_(state), keys_(input.keys), result_(input.result.value_or(EffectResult{})) {}

  ToolTurn Run() {
    Watch();
    while (!effect_) {
      RunPhase();
    }
    return ToolTurn{std::move(state_), std::move(*effect_), laws_};
  }

 private:
  void RunPhase() {
    switch (state_.phase) {
      case ToolPhase::kConfigLines:
        return ConfigLines();
      case ToolPhase::kSay:
        return SayNext();
      case ToolPhase::kCreateId:
      case ToolPhase::kTakeId:
      case ToolPhase::kTakenId:
        return ServerId();
      case ToolPhase::kFirstCheck:
      case ToolPhase::kSecondCheck:
        return Check();
      case ToolPhase::kGrant:
      case ToolPhase::kRegister:
      case ToolPhase::kRegistered:
        return Register();
      case ToolPhase::kCommand:
        return Command();
      case ToolPhase::kMigrate:
        return Migrate();
      case ToolPhase::kScript:
        return ScriptNext();
      case ToolPhase::kReadBackup:
        return Emit(ReadFile{config().backup_file_path}, ToolPhase::kRestore, Law::kToolRestore);
      case ToolPhase::kRestore:
        return Restore();
      case ToolPhase::kStop:
        return Emit(RevokeLease{}, ToolPhase::kWaitExpired, Law::kToolStop);
      case ToolPhase::kWaitExpired:
        return WaitExpired();
      case ToolPhase::kExited:
        return Emit(
            Exit{state_.exit_code, state_.panicked}, ToolPhase::kExited, Law::kToolExitCodes);
    }
  }

  [[nodiscard]] const ToolConfig& config() const { return *state_.config; }

  void Emit(Effect effect, ToolPhase next, Law law) {
    effect_ = std::move(effect);
    state_.phase = next;
    laws_.Add(law);
  }

  void Say(std::vector<std::string> lines, ToolPhase next) {
    Hasher hash;
    for (const std::string& line : lines) {
      hash.Add(line);
    }
    state_.lines_digest = hash.Get();
    state_.lines = std::make_shared<const std::vector<std::string>>(std::move(lines));
    state_.line = 0;
    state_.phase = ToolPhase::kSay;
    state_.after_lines = next;
  }

  // The message first, then the end of the session. Law::kToolStop.
  void FinishWith(std::string message, int exit_code) {
    state_.exit_code = exit_code;
    Say({std::move(message)}, state_.registered ? ToolPhase::kStop : ToolPhase::kExited);
    laws_.Add(Law::kToolExitCodes);
  }

  // Deferred calls (the end of the session) run first, then Go prints the panic.
  void PanicWith(std::vector<std::string> lines) {
    state_.exit_code = kToolPanicked;
    state_.panicked = true;
    Say(std::move(lines), ToolPhase::kExited);
    if (state_.registered) {
      state_.phase = ToolPhase::kStop;
    }
  }

  void Start(Steps steps, ToolPhase next, int error_code) {
    const Fingerprint digest = DigestOfSteps(steps);
    state_.script = std::make_shared<const Script>(Script{std::move(steps), digest});
    state_.cursor = 0;
    state_.phase = ToolPhase::kScript;
    state_.after_script = next;
    state_.script_error_code = error_code;
    state_.script_is_backup = false;
  }

  // Law::kToolWatchSessions. Once the end has begun, events change nothing any more.
  void Watch() {
    const bool ending =
        state_.phase == ToolPhase::kStop || state_.phase == ToolPhase::kWaitExpired ||
        state_.phase == ToolPhase::kExited ||
        (state_.phase == ToolPhase::kSay &&
         (state_.after_lines == ToolPhase::kStop || state_.after_lines == ToolPhase::kExited));
    if (!state_.watched || ending) {
      return;
    }
    const auto event = SessionEvent(*state_.watched, keys_, config().MetaRootPath());
    if (event) {
      laws_.Add(Law::kToolWatchSessions);
      FinishWith(*event, state_.backup_finished ? kToolFailedAfterBackup : kToolFailed);
    }
  }

  void ConfigLines() {
    laws_.Add(Law::kToolConfigLines);
    const bool known =
        config().command == "run" || config().command == "backup" || config().command == "rollback";
    if (known) {
      return Say({RunConfigLine(config()), MetastoreLine(config())}, ToolPhase::kCreateId);
    }
    state_.exit_code = kToolFailed;
    Say({RunConfigLine(config()),
         MetastoreLine(config()),
         "cmd not set or not supported: " + config().command},
        ToolPhase::kExited);
  }

  void SayNext() {
    if (state_.line == state_.lines->size()) {
      state_.phase = state_.after_lines;
      return;
    }
    effect_ = Print{(*state_.lines)[state_.line]};
    ++state_.line;
  }

  // Law::kToolTakesServerId.
  void ServerId() {
    const std::string key = config().MetaRootPath() + "/session/id";
    if (state_.phase == ToolPhase::kCreateId) {
      return Emit(PutIfAbsent{key, "1", false}, ToolPhase::kTakeId, Law::kToolTakesServerId);
    }
    if (state_.phase == ToolPhase::kTakenId) {
      return ServerIdTaken();
    }
    const etcd::Entry* entry = keys_.Find(key);
    std::int64_t id = 0;
    const bool readable =
        entry != nullptr &&
        std::from_chars(entry->value.data(), entry->value.data() + entry->value.size(), id).ptr ==
            entry->value.data() + entry->value.size() &&
        !entry->value.empty();
    if (!readable) {  // the tool tries again without end
      return Emit(Sleep{kRegisterPauseMs}, ToolPhase::kTakeId, Law::kToolTakesServerId);
    }
    state_.server_id = id;
    Emit(CompareAndPut{key, entry->value, std::to_string(id + 1)},
         ToolPhase::kTakenId,
         Law::kToolTakesServerId);
  }

  void ServerIdTaken() {
    if (!result_.ok) {
      laws_.Add(Law::kToolEtcdLost);
      return PanicWith({"panic: " + result_.error});
    }
    if (!result_.txn_succeeded) {
      state_.phase = ToolPhase::kTakeId;
      return;
    }
    state_.watched = std::make_shared<const std::vector<std::string>>(
        WatchedSessions(keys_, config().MetaRootPath()));
    state_.phase = ToolPhase::kFirstCheck;
    laws_.Add(Law::kToolStartOrder);
  }

  void Check() {
    laws_.Add(Law::kToolCheckSessions);
    const auto error = CheckSessions(keys_, config().MetaRootPath(), *state_.address);
    if (error) {
      return FinishWith(*error, kToolFailed);
    }
    state_.phase = state_.phase == ToolPhase::kFirstCheck ? ToolPhase::kGrant : ToolPhase::kCommand;
  }

  [[nodiscard]] std::string SessionValue() const {
    return fmt::format(R"({{"ServerID":{},"ServerName":"migration","Address":{},"Exclusive":true,)"
                       R"("TriggerKill":true,"Version":"{}"}})",
                       state_.server_id,
                       Dump(Json(*state_.address)),
                       kToolVersion);
  }

  // Law::kToolRegister.
  void Register() {
    if (state_.phase == ToolPhase::kGrant) {
      return Emit(GrantLease{kSessionTtlS}, ToolPhase::kRegister, Law::kToolRegister);
    }
    if (state_.phase == ToolPhase::kRegister && result_.ok) {
      return Emit(PutIfAbsent{config().MetaRootPath() + "/session/migration", SessionValue(), true},
                  ToolPhase::kRegistered,
                  Law::kToolRegister);
    }
    if (result_.ok && result_.txn_succeeded) {
      state_.registered = true;
      state_.phase = ToolPhase::kSecondCheck;
      return;
    }
    ++state_.attempts;
    if (state_.attempts >= kRegisterAttempts) {
      return PanicWith(
          {"panic: " +
           (result_.ok ? std::string("function CompareAndSwap error for compare is false for key: "
                                     "migration")
                       : result_.error)});
    }
    Millis pause = kRegisterPauseMs;
    for (std::int64_t i = 1; i < state_.attempts && pause < kRegisterPauseMsMax; ++i) {
      pause = std::min(2 * pause, kRegisterPauseMsMax);
    }
    Emit(Sleep{pause}, ToolPhase::kGrant, Law::kToolRegisterPause);
  }

  void Command() {
    if (config().command == "backup") {
      return Backup(ToolPhase::kStop);
    }
    return config().command == "rollback" ? Rollback() : RunCommand();
  }

  // The backend of 2.2 can clean and save; to ask it for a backup or a restore is a nil pointer
  // (milvus-io/milvus@f08ce20:cmd/tools/migration/backend/etcd220.go). Law::kToolBackend.
  [[nodiscard]] bool SourceIs22() {
    const Version source = ParseSemver(config().source_version).value_or(Version{});
    const bool is_22 = GenerationOf(source) == Generation::k22;
    laws_.Add(Law::kToolBackend);
    return is_22;
  }

  void Backup(ToolPhase next) {
    laws_.Add(Law::kToolBackend);
    if (const auto error = BackendError(config(), config().source_version)) {
      return FinishWith(*error, kToolFailed);
    }
    if (SourceIs22()) {
      return PanicWith(NilPointerPanic());
    }
    Start(BackupScript(keys_, config()), next, kToolFailed);
    state_.script_is_backup = true;
  }

  void RunCommand() {
    laws_.Add(Law::kToolValidate);
    const Result<Version> source = ParseSemver(config().source_version);
    const Result<Version> target =
        source ? ParseSemver(config().target_version) : Result<Version>(source);
    if (!target) {
      return FinishWith(target.error().message, kToolFailed);
    }
    if (*target < *source) {
      return FinishWith(fmt::format("higher version to lower version is not allowed, source "
                                    "version: {}, target version: {}",
                                    source->ToString(),
                                    target->ToString()),
                        kToolFailed);
    }
    if (*target < Version{2, 2, 0, ""}) {
      laws_.Add(Law::kToolCompatible);
      return FinishWith("version compatible, no need to migrate", kToolOk);
    }
    if (config().run_with_backup) {
      return Backup(ToolPhase::kMigrate);
    }
    Say({"run migration without backup!"}, ToolPhase::kMigrate);
  }

  void Migrate() {
    const Version source = ParseSemver(config().source_version).value_or(Version{});
    const Version target = ParseSemver(config().target_version).value_or(Version{});
    if (GenerationOf(source) != Generation::k21 || GenerationOf(target) != Generation::k22) {
      laws_.Add(Law::kToolForbiddenPair);
      return FinishWith(fmt::format("migration from source version to target version is "
                                    "forbidden, source: {}, target: {}",
                                    config().source_version,
                                    config().target_version),
                        kToolFailedAfterBackup);
    }
    if (const auto error = BackendError(config(), config().source_version)) {
      return FinishWith(*error, kToolFailedAfterBackup);
    }
    laws_.Add(Law::kToolLoadFirst);
    const auto converted = Converted(keys_, state_.image, config().MetaRootPath());
    if (!*converted) {
      return FinishWith(converted->error().message, kToolFailedAfterBackup);
    }
    keys_.ForPrefix(config().MetaRootPath() + "/field-index/",
                    [&](const auto&, const auto&) { laws_.Add(Law::kToolRerunAfterMigration); });
    MigrateLoaded(**converted);
  }

  // Nothing is read after Clean, so the whole rest is known here: what is removed, what is printed,
  // what is put, and how it ends.
  void MigrateLoaded(Conversion conversion) {
    Steps script;
    AppendClean(script, kClean21, config(), Law::kToolCleanSource);
    for (std::string& line : conversion.lines) {
      script.push_back({Print{std::move(line)}, Law::kToolNilSchemaLine});
    }
    for (SaveGroup& group : conversion.groups) {
      for (auto& [key, value] : group.puts) {
        script.push_back({Put{std::move(key), std::move(value)}, Law::kToolSaveOrder});
      }
    }
    laws_.Add(conversion.laws);
    if (!conversion.panic_lines.empty()) {
      PanicWith(std::move(conversion.panic_lines));
      return Start(std::move(script), ToolPhase::kStop, kToolFailedAfterBackup);
    }
    if (conversion.error) {
      FinishWith(std::move(*conversion.error), kToolFailedAfterBackup);
      return Start(std::move(script), ToolPhase::kSay, kToolFailedAfterBackup);
    }
    Start(std::move(script), ToolPhase::kStop, kToolFailedAfterBackup);
  }

  void Rollback() {
    laws_.Add(Law::kToolBackend);
    for (const std::string& version : {config().source_version, config().target_version}) {
      if (const auto error = BackendError(config(), version)) {
        return FinishWith(*error, kToolFailed);
      }
    }
    Steps script;
    for (const std::string& version : {config().source_version, config().target_version}) {
      AppendCleanOf(script, ParseSemver(version).value_or(Version{}), config());
    }
    if (SourceIs22()) {
      PanicWith(NilPointerPanic());
      return Start(std::move(script), ToolPhase::kStop, kToolFailed);
    }
    Start(std::move(script), ToolPhase::kReadBackup, kToolFailed);
  }

  void Restore() {
    if (!result_.ok) {
      return FinishWith(result_.error, kToolFailed);
    }
    const Result<BackupFile> file = ReadBackup(result_.bytes);
    if (!file) {
      return FinishWith(file.error().message, kToolFailed);
    }
    Steps script;
    for (const auto& [key, value] : file->entries) {
      script.push_back({Put{file->FullKey(key), value}, Law::kToolRestore});
    }
    Start(std::move(script), ToolPhase::kStop, kToolFailed);
  }

  void ScriptNext() {
    if (!result_.ok) {
      laws_.Add(Law::kToolEtcdLost);
      state_.panicked = false;
      result_.ok = true;
      return FinishWith(result_.error, state_.script_error_code);
    }
    if (state_.cursor < state_.script->steps.size()) {
      const ScriptStep& step = state_.script->steps[state_.cursor];
      ++state_.cursor;
      return Emit(step.effect, ToolPhase::kScript, step.law);
    }
    state_.backup_finished = state_.backup_finished || state_.script_is_backup;
    state_.phase = state_.after_script;
    state_.script = nullptr;
  }

  void WaitExpired() {
    laws_.Add(Law::kToolStop);
    const auto own = SessionsWithPrefix(keys_, config().MetaRootPath(), "migration");
    if (own && !own->empty()) {
      return Emit(Sleep{kPollMs}, ToolPhase::kWaitExpired, Law::kToolStop);
    }
    // A panic's text is still to come; any other message has been printed.
    const ToolPhase next = state_.panicked ? ToolPhase::kSay : ToolPhase::kExited;
    Emit(Print{own ? "migration session expired" : own.error().message}, next, Law::kToolStop);
  }

  ToolState state_;
  const etcd::Keys& keys_;
  EffectResult result_;
  std::optional<Effect> effect_;
  LawSet laws_;
};

}  // namespace

ToolState StartTool(ToolImage image, ToolConfig config, std::string start_time) {
  ToolState state;
  state.image = image;
  state.config_digest = DigestOf(config);
  state.config = std::make_shared<const ToolConfig>(std::move(config));
  state.address = std::make_shared<const std::string>(std::move(start_time));
  return state;
}

ToolTurn Step(const ToolState& state, const ToolInput& input) {
  return Stepper(state, input).Run();
}

std::string TextOf(const Effect& effect) {
  struct Visitor {
    std::string operator()(const Print& e) const { return "print " + e.line; }
    std::string operator()(const GrantLease& e) const {
      return fmt::format("grant lease {} s", e.ttl_s);
    }
    std::string operator()(const PutIfAbsent& e) const { return "put if absent " + e.key; }
    std::string operator()(const CompareAndPut& e) const { return "compare and put " + e.key; }
    std::string operator()(const Put& e) const { return "put " + e.key; }
    std::string operator()(const DeletePrefix& e) const { return "delete prefix " + e.prefix; }
    std::string operator()(const WriteFile& e) const {
      return fmt::format("write {} bytes to {}", e.bytes.size(), e.path);
    }
    std::string operator()(const ReadFile& e) const { return "read " + e.path; }
    std::string operator()(const RevokeLease&) const { return "revoke lease"; }
    std::string operator()(const Sleep& e) const { return fmt::format("sleep {} ms", e.ms); }
    std::string operator()(const Exit& e) const { return fmt::format("exit {}", e.code); }
  };
  return std::visit(Visitor(), effect);
}

Fingerprint DigestOf(const ToolState& state) {
  Hasher hasher;
  hasher.Add(state.image).Add(state.phase).Add(state.line).Add(state.after_lines);
  hasher.Add(state.cursor).Add(state.after_script).Add(state.script_error_code);
  hasher.Add(state.script_is_backup).Add(state.attempts).Add(state.registered);
  hasher.Add(state.backup_finished).Add(state.exit_code).Add(state.panicked);
  hasher.Add(state.server_id).Add(state.watched != nullptr);
  hasher.Add(state.config_digest).Add(state.lines_digest);
  hasher.Add(state.script ? state.script->digest : 0);
  return hasher.Get();
}

}  // namespace rehearse::migration
