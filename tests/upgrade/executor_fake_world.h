// tests/upgrade/executor_fake_world.h: a small scripted world for tests of the executor: one
// standalone Milvus whose controllers act at once when time passes; the tool's steps are the real
// tool's (model/migration), the metadata is a recording, and tests have a say in the fate of every
// action and read.
#pragma once

#include <algorithm>

#include "model/helm/values.h"
#include "tests/upgrade/executor_fake_parts.h"

namespace rehearse::upgrade {

enum class Fate { kApplied, kAckLost, kLost, kConflict, kForbidden, kNotSent };

class FakeWorld final : public cluster::Cluster, public FakeParts {
 public:
  // ---- what tests set
  std::function<Fate(const Action&)> fate = [](const Action&) { return Fate::kApplied; };
  std::function<bool(const Query&)> read_fails = [](const Query&) { return false; };
  std::function<bool(const Query&)> read_stale = [](const Query&) { return false; };
  std::function<void(FakeWorld&)> before_wait = [](FakeWorld&) {};
  int helm_clients_to_kill = 0;  // so many upgrades stay pending

  // ---- what tests look at
  std::vector<Action> actions;

  // ---- the port
  // ----------------------------------------------------------------------------------

  Result<cluster::Observation> Read(const Query& query) override {
    if (read_fails(query)) {
      return Fail(ErrorCode::kUnavailable, "connection refused");
    }
    cluster::Observation seen;
    const bool stale = read_stale(query);
    if (const auto* list = std::get_if<cluster::ListObjects>(&query)) {
      for (const auto& [key, object] : stale ? objects_before_ : objects_) {
        if (object->ref.kind == list->kind) {
          seen.objects.push_back(object);
        }
      }
    } else if (std::holds_alternative<cluster::GetReleases>(query)) {
      seen.releases = releases;
    } else if (const auto* range = std::get_if<cluster::EtcdRange>(&query)) {
      etcd::Keys found;
      keys.ForPrefix(range->prefix, [&](const std::string& key, const auto& entry) {
        found = found.SetShared(key, entry);
      });
      seen.keys = found;
    } else if (const auto* log = std::get_if<cluster::PodLog>(&query)) {
      seen.text.out = logs_[log->pod.name];
    } else if (const auto* file = std::get_if<cluster::PodFile>(&query)) {
      seen.text.exit_code = files.count(file->path) == 0 ? 1 : 0;
      seen.text.out = files[file->path];
    }
    return seen;
  }

  Result<cluster::OperationId> Start(const Action& action) override {
    const Fate what = fate(action);
    if (what == Fate::kNotSent) {
      return Fail(ErrorCode::kUnavailable, "connection refused");
    }
    actions.push_back(action);
    objects_before_ = objects_;
    Result<cluster::CommandResult> result = cluster::CommandResult{};
    if (what == Fate::kApplied || what == Fate::kAckLost) {
      result = Carry(action);
    }
    if (what == Fate::kAckLost || what == Fate::kLost) {
      result = Fail(ErrorCode::kOutcomeUnknown, "timeout");
    } else if (what == Fate::kConflict) {
      result = Fail(ErrorCode::kConflict, "the object has been modified");
    } else if (what == Fate::kForbidden) {
      result = Fail(ErrorCode::kForbidden, "forbidden");
    }
    done_.push_back({next_operation_, result});
    return next_operation_++;
  }

  Result<cluster::Event> Wait(Instant deadline) override {
    before_wait(*this);
    if (!done_.empty()) {
      const cluster::OperationDone done = done_.front();
      done_.erase(done_.begin());
      now_ = now_ + 100;
      return cluster::Event(done);
    }
    now_ = std::max(now_, deadline);
    Reconcile();
    return cluster::Event(cluster::DeadlineReached{});
  }

  [[nodiscard]] Instant Now() const override { return now_; }

 private:
  Result<cluster::CommandResult> Carry(const Action& action) {
    if (const auto* apply = std::get_if<cluster::Apply>(&action)) {
      const auto documents = ParseYaml(apply->manifest, "manifest");
      CHECK(documents.has_value());
      for (const Json& document : *documents) {
        const std::string kind = StringAt(document, {"kind"});
        const bool there = Find(kind, StringAt(document, {"metadata", "name"})) != nullptr;
        if (!there || kind == "ConfigMap") {
          PutJson(document);
        }
      }
    } else if (const auto* scale = std::get_if<cluster::Scale>(&action)) {
      SetReplicas(scale->replicas);
    } else if (const auto* patch = std::get_if<cluster::Patch>(&action)) {
      const auto json = ParseJson(patch->patch, "patch");
      const Json& containers = (*json)["spec"]["template"]["spec"]["containers"];
      EXPECT_EQ(StringAt(containers[0], {"name"}), "standalone");
      SetImage(StringAt(containers[0], {"image"}));
    } else if (const auto* remove = std::get_if<cluster::Delete>(&action)) {
      for (const kube::Ref& ref : remove->refs) {
        CarryDelete(ref);
      }
    } else if (const auto* upgrade = std::get_if<cluster::HelmUpgrade>(&action)) {
      return CarryHelm(*upgrade);
    }
    return cluster::CommandResult{};
  }

  void CarryDelete(const kube::Ref& ref) {
    Remove(ref.kind, ref.name);
    const auto stored = [&ref](const helm::ReleaseRecord& record) {
      return ref.name == "sh.helm.release.v1.my-release.v" + std::to_string(record.revision);
    };
    releases.erase(std::remove_if(releases.begin(), releases.end(), stored), releases.end());
  }

  Result<cluster::CommandResult> CarryHelm(const cluster::HelmUpgrade& upgrade) {
    if (helm::IsPending(releases.back().status)) {
      return Fail(ErrorCode::kFailed, "another operation is in progress");
    }
    const helm::ReleaseStatus before = releases.back().status;
    Json values = helm::ConfigOf(releases.back());
    for (const std::string& set : upgrade.sets) {
      CHECK(helm::ParseSet(set, values).has_value());
    }
    const std::string tag = StringAt(values, {"image", "all", "tag"}, "v2.2.14");
    AddRelease(upgrade.version, tag.substr(1), values);
    if (helm_clients_to_kill > 0) {
      --helm_clients_to_kill;
      releases.back().status = helm::ReleaseStatus::kPendingUpgrade;
      releases[releases.size() - 2].status = before;
      return Fail(ErrorCode::kOutcomeUnknown, "killed");
    }
    SetImage("milvusdb/milvus:" + tag);
    return cluster::CommandResult{};
  }

  std::map<std::string, kube::ObjectPtr> objects_before_;  // the last action
  std::vector<cluster::OperationDone> done_;
  cluster::OperationId next_operation_ = 1;
};

}  // namespace rehearse::upgrade
