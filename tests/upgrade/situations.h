// tests/upgrade/situations.h: the bundled captures, and the same with one thing changed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "model/helm/codec.h"
#include "model/kube/codec.h"
#include "model/kube/types.h"
#include "tests/support/rehearsals.h"

namespace rehearse::tests {

inline cluster::Situation Healthy() { return Capture("standalone-2.1.4-healthy"); }
inline cluster::Situation Incident() { return Capture("incident-meta-migration-panicked"); }
inline cluster::Situation PulsarCluster() { return Capture("cluster-2.3.0-pulsar-healthy"); }

inline etcd::Dump Metadata(const std::string& name) {
  const std::string bytes = app::ReadFile(Fixture("etcd/" + name)).value();
  return etcd::ParseDump(bytes, name).value();
}

// The live object changed as JSON.
template <typename Change>
cluster::Situation WithObject(cluster::Situation situation, const std::string& key, Change change) {
  Json document = kube::ToJson(*situation.objects.Find(key));
  change(document);
  situation.objects = situation.objects.Set(key, kube::FromJson(document, key).value());
  return situation;
}

// The newest revision changed as the JSON that helm stores.
template <typename Change>
cluster::Situation WithRecord(cluster::Situation situation, Change change) {
  change(situation.releases.back());
  return situation;
}

inline cluster::Situation WithImage(cluster::Situation situation, const std::string& image) {
  return WithObject(
      std::move(situation), "Deployment/default/my-release-milvus-standalone", [&](Json& document) {
        document["spec"]["template"]["spec"]["containers"][0]["image"] = image;
      });
}

inline cluster::Situation WithConfig(cluster::Situation situation, const Json& config) {
  return WithRecord(std::move(situation), [&](helm::ReleaseRecord& record) {
    record.config = helm::StoredJson{helm::Share(config), nullptr};
  });
}

}  // namespace rehearse::tests
