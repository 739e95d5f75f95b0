// upgrade/procedures/operator_upgrade.h: milvus-operator's MilvusUpgrade, which moves metadata from
// 2.1 to 2.2 with the same tool as migrate.sh, as a Driver.
//
// Shape:   a state machine with the operator's own words, typing errors included:
// OldVersionStopping,
//          BackupMeta, BakupMetaFailed, UpdatingMeta, UpdateMetaFailed, NewVersionStarting,
//          Succeeded, RollbackNewVersionStopping, RollbackRestoringOldMeta,
//          RollbackOldVersionStarting, RollbackedSucceeded, RollbackFailed. One reconciliation
//          reads, runs the state's function (and the next one's, as far as they go), and writes the
//          status.
// Journal: what would be in the two custom resources: {"status": ...} of the MilvusUpgrade after
//          each reconciliation that changed it, {"stoppedAt": ms} of the Milvus. A restarted
//          operator knows these and what it sees; so do parts of a Sequence that share the journal,
//          which is how the operation is changed to rollback.
// Ends:    Succeeded = reached (with operation=rollback: RollbackedSucceeded); every other state
//          without requeue is a stop with exit code 1, the upgrade that rolled itself back as well.
//          A pending tool pod, a tool pod that has gone, and errors of the API are tried for ever.
// Not modelled: the operator's reconciliation of Milvus itself: its Deployments are scaled and
//          patched here, all at once and without its order, and stand for the spec of the Milvus
//          resource; components with a HorizontalPodAutoscaler, which the operator refuses to stop;
//          tool objects of the same names that another MilvusUpgrade left; the phase Unknown of a
//          pod on a lost node. Who owns the objects: DeletionOf says what goes with the resource.
// Source:  OPERATOR-01 .. OPERATOR-07.
#pragma once

#include <memory>
#include <string>

#include "model/cluster/port.h"

namespace rehearse::upgrade {

struct OperatorUpgradeOptions {
  std::string name;  // of the MilvusUpgrade
  std::string ns = "default";
  std::string milvus;                 // name of the Milvus: label app.kubernetes.io/instance
  std::string operation = "upgrade";  // or rollback
  std::string source_version;
  std::string target_version;
  std::string target_image;  // "" = milvusdb/milvus:v<target>
  std::string tool_image = "milvusdb/meta-migration:v2.2.0-bugfix-20230112";
  int max_retry = 3;
  bool rollback_if_failed = true;
  std::string backup_claim;  // spec.backupPVC; "" = one of its own, which goes with the resource
  std::string etcd;          // endpoint host:port of the Milvus resource
  std::string root_path;     // etcd.rootPath of its configuration; "" = the name of the Milvus
};

std::unique_ptr<cluster::Driver> NewOperatorUpgrade(OperatorUpgradeOptions options);

// What the garbage collector takes away when the MilvusUpgrade is deleted.
cluster::Action DeletionOf(const OperatorUpgradeOptions& options);

}  // namespace rehearse::upgrade
