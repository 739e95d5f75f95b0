// live/live_cluster.h: the real world behind the port: kubectl and helm as child processes, etcd
// through its gateway.
//
// Units:   milliseconds since the cluster object was made; time passes by itself.
// Errors:  as the port says; what kubectl and helm say is sorted by live/words.h. A command that
//          outlives its limit is killed: kOutcomeUnknown.
// Shape:   actions are the argument vectors of model/cluster/command_line.h with the context put in
//          front. With a folder of charts, chart V is <folder>/milvus-V or <folder>/milvus-V.tgz.
// Not modelled: a read that follows a log; TLS to etcd.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "live/access.h"
#include "live/etcd_gateway.h"
#include "live/process.h"
#include "model/cluster/port.h"

namespace rehearse::live {

struct LiveOptions {
  Access access;
  std::string chart_folder;  // "": the chart as the plan names it
};

// The command of an action, with charts from the folder, if there is one.
Result<std::vector<std::string>> HelmArgv(const cluster::Action& action,
                                          const std::string& chart_folder);

class LiveCluster final : public cluster::Cluster {
 public:
  LiveCluster(LiveOptions options, EtcdGateway etcd);

  Result<cluster::Observation> Read(const cluster::Query& query) override;
  Result<cluster::OperationId> Start(const cluster::Action& action) override;
  Result<cluster::Event> Wait(Instant deadline) override;
  [[nodiscard]] Instant Now() const override;

  // Commands that were started and have not ended.
  [[nodiscard]] std::size_t running() const { return children_.size(); }
  [[nodiscard]] bool Runs(const std::string& program) const;
  // Kills them all; nobody hears of their ends.
  void KillRunning() { children_.clear(); }
  // Kills those of this program, kubectl or helm; their ends come as of any other. False: none.
  bool Kill(const std::string& program);
  // Halts those of this program, or lets them go on.
  void Halt(const std::string& program, bool halt);

 private:
  struct Running {
    std::unique_ptr<Child> child;
    std::string program;
  };
  std::optional<cluster::OperationDone> TakeEnded();

  LiveOptions options_;
  EtcdGateway etcd_;
  Millis began_ms_;
  cluster::OperationId last_id_ = 0;
  std::map<cluster::OperationId, Running> children_;
};

}  // namespace rehearse::live
