#include "model/charts/known_values.h"

#include <array>

namespace rehearse::charts {
namespace {

// Law::kMaybeThere
constexpr std::string_view kMaybeThere = "\"?\"";

constexpr std::array kValues = {
    KnownValue{"image.all.repository", "3.0.0", "\"milvusdb/milvus\""},
    KnownValue{"image.all.pullPolicy", "3.0.0", "\"IfNotPresent\""},
    KnownValue{"dataCoordinator.enabled", "3.0.0", "true"},
    KnownValue{"dataCoordinator.enabled", "4.2.4", "false"},
    KnownValue{"queryCoordinator.enabled", "3.0.0", "true"},
    KnownValue{"queryCoordinator.enabled", "4.2.4", "false"},
    KnownValue{"indexCoordinator.enabled", "3.0.0", "true"},
    KnownValue{"indexCoordinator.enabled", "4.2.4", "false"},
    KnownValue{"dataCoordinator.activeStandby.enabled", "4.0.4", "false"},
    KnownValue{"queryCoordinator.activeStandby.enabled", "4.0.4", "false"},
    KnownValue{"indexCoordinator.activeStandby.enabled", "4.0.4", "false"},
    KnownValue{"proxy.enabled", "3.0.0", "true"},
    KnownValue{"queryNode.enabled", "3.0.0", "true"},
    KnownValue{"dataNode.enabled", "3.0.0", "true"},
    KnownValue{"etcd.enabled", "3.0.0", "true"},
    KnownValue{"etcd.replicaCount", "3.0.0", "3"},
    KnownValue{"minio.enabled", "3.0.0", "true"},
    KnownValue{"minio.mode", "3.0.0", "\"distributed\""},
    KnownValue{"minio.image.repository", "3.0.0", "\"minio/minio\""},
    KnownValue{"kafka.enabled", "3.0.0", "false"},
    KnownValue{"mysql.enabled", "3.0.0", "false"},
    KnownValue{"queryNode.scheduler", "3.3.0", kMaybeThere},
    KnownValue{"queryNode.scheduler.maxReadConcurrentRatio", "3.3.6", "\"2.0\""},
    KnownValue{"queryNode.scheduler", "4.0.0", "null"},
    KnownValue{"queryNode.scheduler.maxReadConcurrentRatio", "4.0.0", "null"},
    KnownValue{"queryNode.hpa.enabled", "4.2.42", "false"},
    KnownValue{"tei.enabled", "4.2.42", "false"},
    KnownValue{"etcd.auth.rbac.create", "5.0.5", "false"},
    KnownValue{"streaming.woodpecker.embedded", "5.0.8", "true"},
    KnownValue{"pulsarv3.kube-prometheus-stack.enabled", "4.2.21", "false"},
};

}  // namespace

std::span<const KnownValue> KnownValues() { return kValues; }

}  // namespace rehearse::charts
