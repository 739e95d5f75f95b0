// live/standin/tool_process.h: the migration tool of the model, done to a real etcd.
//
// Shape:  the machine of model/migration decides, this class carries out one effect a Step. What it
//         proves about the tool is nothing: it is the model's own word. What is real: etcd with its
//         leases and transactions, and everything around it.
// Units:  milliseconds.
// Errors: an effect that etcd refuses is told to the machine in the client's words, as a lost etcd.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "live/etcd_gateway.h"
#include "model/migration/machine.h"

namespace rehearse::live {

struct ToolJob {
  migration::ToolImage image = migration::ToolImage::kV220;
  migration::ToolConfig config;
  std::string start_time;  // tells two tools apart
  // Where a path of the container lies here; nothing: not on a volume, gone with the container.
  std::function<std::optional<std::filesystem::path>(const std::string&)> locate;
  std::function<void(const std::string&)> print;
};

class ToolProcess {
 public:
  ToolProcess(EtcdGateway& etcd, ToolJob job);

  // One effect; the exit code once the tool has ended.
  std::optional<int> Step();
  // What the tool asks to wait before its next step.
  [[nodiscard]] Millis pause_ms() const { return pause_ms_; }

 private:
  migration::EffectResult CarryOut(const migration::Effect& effect);
  void KeepAlive();

  EtcdGateway& etcd_;
  ToolJob job_;
  migration::ToolState state_;
  std::optional<migration::EffectResult> result_;
  etcd::LeaseId lease_ = 0;
  Millis ttl_ms_ = 0;
  Millis kept_at_ms_ = 0;
  Millis pause_ms_ = 0;
};

}  // namespace rehearse::live
