#include "live/lock.h"

#include "live/words.h"

namespace rehearse::live {
namespace {

std::string LockName(const Access& access) { return "rehearse-lock-" + access.release; }

std::string LockManifest(const Access& access,
                         const std::string& holder,
                         const std::string& journal_path) {
  return Dump({{"apiVersion", "v1"},
               {"kind", "ConfigMap"},
               {"metadata",
                {{"name", LockName(access)}, {"labels", {{"rehearse.io/lock", access.release}}}}},
               {"data", {{"holder", holder}, {"journal", journal_path}}}});
}

Result<Json> ReadLock(const Access& access) {
  return AskJson(access,
                 {"kubectl", "get", "configmap", LockName(access), "-n", access.ns, "-o", "json"});
}

}  // namespace

Status TakeLock(const Access& access, const std::string& holder, const std::string& journal_path) {
  ProcessSpec spec = SpecOf(access, {"kubectl", "create", "-n", access.ns, "-f", "-"});
  spec.input = LockManifest(access, holder, journal_path);
  TRY_ASSIGN(const ProcessResult result, RunProcess(std::move(spec)));
  if (result.exit_code == 0) {
    return {};
  }
  const Error error = ErrorOf(result, "kubectl", true);
  if (error.code != ErrorCode::kAlreadyExists && error.code != ErrorCode::kOutcomeUnknown) {
    return tl::unexpected(error);
  }
  TRY_ASSIGN(const Json lock, ReadLock(access));
  if (StringAt(lock, {"data", "holder"}) == holder) {
    return {};
  }
  return Fail(ErrorCode::kConflict,
              "another run holds release " + access.release + " (ConfigMap " + LockName(access) +
                  " in namespace " + access.ns + ", journal " +
                  StringAt(lock, {"data", "journal"}) +
                  "): resume that run with its journal; if its journal is lost, look at the " +
                  "cluster, then delete the ConfigMap");
}

Status ReleaseLock(const Access& access, const std::string& holder) {
  const auto lock = ReadLock(access);
  if (!lock && lock.error().code == ErrorCode::kNotFound) {
    return {};
  }
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  if (StringAt(*lock, {"data", "holder"}) != holder) {
    return {};
  }
  TRY(Ask(access,
          {"kubectl",
           "delete",
           "configmap",
           LockName(access),
           "-n",
           access.ns,
           "--ignore-not-found",
           "--wait=true"}));
  return {};
}

}  // namespace rehearse::live
