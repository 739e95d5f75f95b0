// tests/upgrade/executor_fake_plan.h: what the tests of the executor start from: a plan of two hops
// and recorded metadata.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "model/cluster/port.h"
#include "model/core/check.h"
#include "model/etcd/dump.h"
#include "model/result/plan.h"

namespace rehearse::upgrade {
using cluster::Action;
using cluster::Query;

inline constexpr const char* kOldImage = "milvusdb/milvus:v2.1.4";
inline constexpr const char* kNewImage = "milvusdb/milvus:v2.2.16";
inline constexpr const char* kToolImage = "milvusdb/meta-migration:v2.2.0-bugfix-20230112";
inline constexpr const char* kMilvus = "my-release-milvus-standalone";
inline constexpr const char* kSessions = "by-dev/meta/session/";

// A recording without the keys that leases hold; each file is read once.
inline const etcd::Keys& LoadKeys(const std::string& name) {
  static std::map<std::string, etcd::Keys> loaded;
  const auto [at, is_new] = loaded.try_emplace(name);
  if (is_new) {
    const std::string path = "fixtures/etcd/" + name + ".jsonl";
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    auto dump = etcd::ParseDump(text.str(), path);
    CHECK(dump.has_value());
    at->second = etcd::WithoutLeasedKeys(etcd::KeysOf(*std::move(dump)));
  }
  return at->second;
}

inline result::Plan MakePlan() {
  result::Plan plan;
  plan.release = "my-release";
  plan.ns = "default";
  plan.to_app = "2.2.16";
  plan.to_chart = "4.0.34";
  result::Hop metadata;
  metadata.id = "1";
  metadata.procedure = result::Procedure::kMetadataMigration;
  metadata.metadata = result::MetadataHop{kToolImage,
                                          "2.1.4",
                                          "2.2.0",
                                          "by-dev",
                                          "my-release-etcd:2379",
                                          "standard",
                                          kNewImage,
                                          {{kMilvus, "standalone", 1, kOldImage}}};
  result::Hop helm;
  helm.id = "2";
  helm.procedure = result::Procedure::kHelmUpgrade;
  helm.from_chart = "3.2.18";
  helm.from_app = "2.2.16";
  helm.helm = result::HelmHop{"zilliztech/milvus",
                              "4.0.34",
                              "reset-then-reuse",
                              {"image.all.tag=v2.2.16", "pulsarv3.enabled=false"},
                              kNewImage,
                              {std::string("Deployment/") + kMilvus},
                              "by-dev"};
  plan.hops = {metadata, helm};
  return plan;
}

}  // namespace rehearse::upgrade
