#include "live/standin/tool_process.h"

#include <fstream>
#include <sstream>

#include "live/process.h"
#include "model/core/overloaded.h"
#include "model/etcd/dump.h"

namespace rehearse::live {
namespace {

using migration::EffectResult;

EffectResult Told(const Error& error) {
  return {.ok = false, .txn_succeeded = false, .bytes = {}, .error = error.message};
}

EffectResult Told(const Status& status) { return status ? EffectResult{} : Told(status.error()); }

EffectResult Told(const Result<bool>& succeeded) {
  EffectResult result;
  if (!succeeded) {
    return Told(succeeded.error());
  }
  result.txn_succeeded = *succeeded;
  return result;
}

EffectResult WriteOut(const std::optional<std::filesystem::path>& path, const std::string& bytes) {
  if (!path) {
    return {};
  }
  std::error_code error;
  std::filesystem::create_directories(path->parent_path(), error);
  std::ofstream file(*path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  return file ? EffectResult{} : Told(Error{ErrorCode::kFailed, "write " + path->string()});
}

EffectResult ReadIn(const std::optional<std::filesystem::path>& path, const std::string& name) {
  std::ifstream file(path.value_or(""), std::ios::binary);
  if (!path || !file) {
    return Told(Error{ErrorCode::kNotFound, "open " + name + ": no such file or directory"});
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  EffectResult result;
  result.bytes = bytes.str();
  return result;
}

}  // namespace

ToolProcess::ToolProcess(EtcdGateway& etcd, ToolJob job)
    : etcd_(etcd),
      job_(std::move(job)),
      state_(migration::StartTool(job_.image, job_.config, job_.start_time)) {}

void ToolProcess::KeepAlive() {
  if (lease_ != 0 && SteadyMillis() - kept_at_ms_ > ttl_ms_ / 3) {
    if (etcd_.KeepAlive(lease_)) {
      kept_at_ms_ = SteadyMillis();
    }
  }
}

EffectResult ToolProcess::CarryOut(const migration::Effect& effect) {
  return std::visit(
      Overloaded{
          [&](const migration::Print& print) {
            job_.print(print.line);
            return EffectResult{};
          },
          [&](const migration::GrantLease& grant) {
            const auto lease = etcd_.Grant(grant.ttl_s);
            lease_ = lease.value_or(0);
            ttl_ms_ = Seconds(grant.ttl_s);
            kept_at_ms_ = SteadyMillis();
            return lease ? EffectResult{} : Told(lease.error());
          },
          [&](const migration::PutIfAbsent& put) {
            return Told(etcd_.PutIfAbsent(put.key, put.value, put.leased ? lease_ : 0));
          },
          [&](const migration::CompareAndPut& put) {
            return Told(etcd_.CompareAndPut(put.key, put.expected, put.value));
          },
          [&](const migration::Put& put) { return Told(etcd_.Put(put.key, put.value)); },
          [&](const migration::DeletePrefix& gone) {
            return Told(etcd_.DeletePrefix(gone.prefix));
          },
          [&](const migration::WriteFile& file) {
            return WriteOut(job_.locate(file.path), file.bytes);
          },
          [&](const migration::ReadFile& file) {
            return ReadIn(job_.locate(file.path), file.path);
          },
          [&](const migration::RevokeLease&) { return Told(etcd_.Revoke(lease_)); },
          [&](const migration::Sleep& sleep) {
            pause_ms_ = sleep.ms;
            return EffectResult{};
          },
          [](const migration::Exit&) { return EffectResult{}; },
      },
      effect);
}

std::optional<int> ToolProcess::Step() {
  pause_ms_ = 0;
  KeepAlive();
  // Reads of the real tool happen where the machine looks at its input.
  const auto dump = etcd_.Range(job_.config.root_path);
  etcd::Keys keys = dump ? etcd::KeysOf(*dump) : etcd::Keys();
  migration::ToolTurn turn = migration::Step(state_, migration::ToolInput{keys, result_});
  state_ = std::move(turn.next);
  if (const auto* exit = std::get_if<migration::Exit>(&turn.effect)) {
    return exit->code;
  }
  result_ = CarryOut(turn.effect);
  if (!dump) {
    result_ = Told(dump.error());
  }
  return std::nullopt;
}

}  // namespace rehearse::live
