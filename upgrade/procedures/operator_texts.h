// upgrade/procedures/operator_texts.h: the objects that milvus-operator makes for a metadata
// upgrade.
//
// Shape:   manifests are JSON documents (which is YAML), one object each.
// Source:  OPERATOR-06.
#pragma once

#include <string>
#include <string_view>

#include "upgrade/procedures/operator_upgrade.h"

namespace rehearse::upgrade {

// Law::kOperatorObjects
enum class OperatorTask { kBackupMeta, kUpdateMeta, kRollbackMeta };
std::string_view KindOf(OperatorTask task);  // backup-meta, update-meta, rollback-meta

std::string TaskName(const OperatorUpgradeOptions& options, OperatorTask task);
std::string TaskSelector(const OperatorUpgradeOptions& options, OperatorTask task);

std::string OperatorClaim(const OperatorUpgradeOptions& options);
std::string OperatorConfig(const OperatorUpgradeOptions& options, OperatorTask task);
std::string OperatorPod(const OperatorUpgradeOptions& options,
                        OperatorTask task,
                        const std::string& claim);

// What stands for the operator's own update of a Deployment.
std::string OperatorPatch(const std::string& container,
                          const std::string& image,
                          std::int64_t replicas);

}  // namespace rehearse::upgrade
