// model/migration/machine.h: the metadata migration tool as a process, one effect at a time.
//
// Shape:        ToolState is a value, cheap to copy. Step looks at the keys of that moment and at
// the
//               result of its last effect and gives the next effect. A caller may kill the process
//               between any two effects, or answer one with an error (etcd lost).
// Transitions:  the order of the real tool: config lines, session id, CheckSessions, Register,
//               CheckSessions, then the command; Load -> Clean (prefix by prefix) -> convert ->
//               Save (key by key). Where the tool walks Go maps, we walk in order of key.
// Errors:       never a Result: everything the tool can meet ends in its own Exit.
// Invariants:   after Exit, Step gives the same Exit again. Every Put of Save lies below the meta
// root. Not modelled: keep-alive of the session lease (the caller's: the tool sends it in the
// background);
//               TLS and authentication to etcd; the addresses in Go's stack traces.
// Source:       Law::kToolStartOrder and the rows after it in model/core/laws/migration.def.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/core/hash.h"
#include "model/core/instant.h"
#include "model/core/law.h"
#include "model/etcd/types.h"
#include "model/migration/types.h"

namespace rehearse::migration {

struct Print {
  std::string line;
};
struct GrantLease {
  std::int64_t ttl_s = 0;
};
struct PutIfAbsent {  // txn: version(key) = 0 -> put
  std::string key;
  std::string value;
  bool leased = false;
};
struct CompareAndPut {  // txn: value(key) = expected -> put
  std::string key;
  std::string expected;
  std::string value;
};
struct Put {
  std::string key;
  std::string value;
};
struct DeletePrefix {
  std::string prefix;
};
struct WriteFile {
  std::string path;
  std::string bytes;
};
struct ReadFile {
  std::string path;
};
struct RevokeLease {};
struct Sleep {
  Millis ms = 0;
};
struct Exit {
  int code = 0;
  bool panicked = false;
};
using Effect = std::variant<Print,
                            GrantLease,
                            PutIfAbsent,
                            CompareAndPut,
                            Put,
                            DeletePrefix,
                            WriteFile,
                            ReadFile,
                            RevokeLease,
                            Sleep,
                            Exit>;

struct EffectResult {
  bool ok = true;
  bool txn_succeeded = true;  // of PutIfAbsent, CompareAndPut
  std::string bytes;          // of ReadFile
  std::string error;          // the text that the tool would print; only if !ok
};

struct ToolInput {
  const etcd::Keys& keys;
  std::optional<EffectResult> result;  // of the last effect; nothing before the first
};

// What comes next. Phases marked (pure) give no effect of their own.
enum class ToolPhase {
  kConfigLines,
  kSay,  // prints `lines`, then goes to `after_lines`
  kCreateId,
  kTakeId,
  kTakenId,     // looks at the result of kTakeId (pure)
  kFirstCheck,  // (pure)
  kGrant,
  kRegister,
  kRegistered,   // looks at the result of kRegister (pure, or a pause)
  kSecondCheck,  // (pure)
  kCommand,      // (pure)
  kMigrate,      // (pure) reads everything and makes the script
  kScript,       // works off `script`, then goes to `after_script`
  kReadBackup,   // rollback, after both cleans
  kRestore,      // (pure) makes the script of what the file holds
  kStop,
  kWaitExpired,
  kExited,
};

// One effect of a precomputed sequence: Clean and Save, Backup, Restore.
struct ScriptStep {
  Effect effect;
  Law law;
};
struct Script {
  std::vector<ScriptStep> steps;
  Fingerprint digest = 0;  // of all steps, so that a state's digest need not walk them
};

struct ToolState {
  ToolImage image = ToolImage::kV220;
  std::shared_ptr<const ToolConfig> config;
  Fingerprint config_digest = 0;
  std::shared_ptr<const std::string> address;  // the start time; tells our own session from others
  ToolPhase phase = ToolPhase::kConfigLines;
  std::shared_ptr<const std::vector<std::string>> lines;
  Fingerprint lines_digest = 0;
  std::size_t line = 0;
  ToolPhase after_lines = ToolPhase::kExited;
  std::shared_ptr<const Script> script;
  std::size_t cursor = 0;
  ToolPhase after_script = ToolPhase::kStop;
  int script_error_code = 1;  // exit code if etcd is lost in the script
  bool script_is_backup = false;
  std::int64_t server_id = 0;
  std::int64_t attempts = 0;                                // failed registrations
  std::shared_ptr<const std::vector<std::string>> watched;  // role sessions when the watch began
  bool registered = false;
  bool backup_finished = false;
  int exit_code = 0;
  bool panicked = false;
};
Fingerprint DigestOf(const ToolState& state);

struct ToolTurn {
  ToolState next;
  Effect effect;
  LawSet laws;
};

// `start_time` is the text of the time of start, in any form; it must differ between two tools.
ToolState StartTool(ToolImage image, ToolConfig config, std::string start_time);

ToolTurn Step(const ToolState& state, const ToolInput& input);

// Short text of an effect for traces: "put <key>", "delete prefix <p>", ...
std::string TextOf(const Effect& effect);

}  // namespace rehearse::migration
