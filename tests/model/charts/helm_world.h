// tests/model/charts/helm_world.h: the least cluster that a helm command can run against: a map of
// live objects and the release Secrets. Times pass only while helm waits.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/charts/render.h"
#include "model/helm/codec.h"
#include "model/helm/machine.h"
#include "model/helm/merge.h"
#include "model/helm/print.h"
#include "model/helm/words.h"
#include "tests/model/charts/fixture.h"

namespace rehearse::charts {

class HelmTestWorld {
 public:
  std::map<std::string, Json> live;  // "Deployment/my-release-minio"
  std::map<std::int64_t, helm::ReleaseRecord> releases;
  bool ready = true;
  bool monitoring_kinds = false;
  Instant now{0};
  int kill_after = -1;  // effects; the client dies before the next one
  int fail_at = -1;     // this effect fails with `fail_with`
  Error fail_with{ErrorCode::kUnavailable, "the server is currently unable to handle the request"};
  std::vector<std::string> changes;  // what was written, in order
  LawSet laws;

  // A release of a real cluster, with its manifest live.
  static HelmTestWorld FromCapture(const std::string& capture) {
    HelmTestWorld world;
    const Json secrets = helm::JsonFixture("captures/" + capture + "/release-secrets.json");
    helm::ReleaseRecord record = *helm::DecodeReleaseSecret(secrets["items"][0], capture);
    const helm::ObjectsPtr objects = *helm::ParseManifest(record);
    for (const helm::JsonPtr& object : *objects) {
      world.live[KeyOf(helm::RefOf(*object, record.ns))] = helm::WithOwner(*object, record);
    }
    world.releases[record.revision] = std::move(record);
    return world;
  }

  static std::string KeyOf(const helm::ObjectRef& ref) { return ref.kind + "/" + ref.name; }

  // nullopt: the client was killed.
  std::optional<helm::Finish> Run(const helm::HelmRequest& request) {
    helm::HelmWorld world;
    world.renderer = &TestRenderer();
    world.serves_kind = [this](std::string_view api, std::string_view kind) {
      return kind == "PodDisruptionBudget"   ? api == "policy/v1"
             : api.starts_with("monitoring") ? monitoring_kinds
                                             : true;
    };
    helm::HelmTurn turn = helm::Start(world, request, now);
    for (int step = 0; step < 2'000; ++step) {
      laws.Add(turn.laws);
      if (const auto* finish = std::get_if<helm::Finish>(&turn.effect)) {
        return *finish;
      }
      if (step == kill_after) {
        return std::nullopt;
      }
      helm::HelmInput input;
      if (step == fail_at) {
        input.error = fail_with;
      } else {
        input = Do(turn.effect);
      }
      now = now + 1;
      input.now = now;
      turn = helm::Step(world, turn.next, input);
    }
    ADD_FAILURE() << "helm did not end";
    return std::nullopt;
  }

  helm::Finish MustRun(const helm::HelmRequest& request) {
    const std::optional<helm::Finish> finish = Run(request);
    EXPECT_TRUE(finish.has_value());
    return finish.value_or(helm::Finish{});
  }

  helm::UpgradeRequest Upgrade(const std::string& chart,
                               helm::ValuesMode mode,
                               std::vector<std::string> sets = {}) const {
    helm::UpgradeRequest request;
    request.release = releases.begin()->second.name;
    request.ns = releases.begin()->second.ns;
    request.chart_version = chart;
    request.mode = mode;
    request.sets = std::move(sets);
    request.clock_origin_unix_ms = 1'795'374'000'000;
    return request;
  }

  helm::RollbackRequest Rollback(std::int64_t revision) const {
    helm::RollbackRequest request;
    request.release = releases.begin()->second.name;
    request.ns = releases.begin()->second.ns;
    request.revision = revision;
    return request;
  }

  // "1 superseded milvus-3.2.18 2.1.4 Install complete"
  std::vector<std::string> History() const {
    std::vector<std::string> lines;
    for (const auto& [revision, record] : releases) {
      lines.push_back(std::to_string(revision) + " " + std::string(NameOf(record.status)) + " " +
                      helm::ChartLabel(record) + " " + helm::AppVersion(record) + " " +
                      record.description);
    }
    return lines;
  }

  std::string Image(const std::string& key) const {
    const Json* containers = At(live.at(key), {"spec", "template", "spec", "containers"});
    return StringAt((*containers)[0], {"image"});
  }

  void KubectlPatch(const std::string& key, const std::string& patch) {
    live[key] = *helm::StrategicMergePatch(live.at(key), *ParseJson(patch, "patch"));
  }

 private:
  helm::HelmInput Do(const helm::HelmEffect& effect) {
    return std::visit([this](const auto& one) { return Do(one); }, effect);
  }
  helm::HelmInput Do(const helm::ReadReleases&) {
    helm::HelmInput input;
    for (const auto& [revision, record] : releases) {
      input.releases.push_back(record);
    }
    return input;
  }
  helm::HelmInput Do(const helm::ReadLive& read) {
    helm::HelmInput input;
    for (const helm::ObjectRef& ref : read.refs) {
      const auto found = live.find(KeyOf(ref));
      input.live.push_back(found == live.end() ? nullptr : helm::Share(found->second));
    }
    return input;
  }
  helm::HelmInput Do(const helm::CreateObject& create) {
    changes.push_back("create " + KeyOf(create.ref));
    live[KeyOf(create.ref)] = *create.object;
    return {};
  }
  helm::HelmInput Do(const helm::UpdateObject& update) {
    helm::HelmInput input;
    Json& object = live.at(KeyOf(update.ref));
    if (const auto error = helm::ImmutableFieldError(object, *update.merged)) {
      input.error = Error{ErrorCode::kForbidden, *error};
      return input;
    }
    if (object != *update.merged) {
      changes.push_back("patch " + KeyOf(update.ref));
      object = *update.merged;
    }
    return input;
  }
  helm::HelmInput Do(const helm::DeleteObject& doomed) {
    changes.push_back("delete " + KeyOf(doomed.ref));
    live.erase(KeyOf(doomed.ref));
    return {};
  }
  helm::HelmInput Do(const helm::PutRelease& put) {
    helm::HelmInput input;
    if (put.create_only && releases.contains(put.record.revision)) {
      input.error = Error{ErrorCode::kAlreadyExists, "exists"};
      return input;
    }
    releases[put.record.revision] = put.record;
    return input;
  }
  helm::HelmInput Do(const helm::DeleteRelease& doomed) {
    releases.erase(doomed.revision);
    return {};
  }
  helm::HelmInput Do(const helm::PollReady& poll) {
    helm::HelmInput input;
    input.ready = ready;
    now = now + (ready ? 0 : poll.interval_ms);
    return input;
  }
  helm::HelmInput Do(const helm::Finish&) { return {}; }
};

}  // namespace rehearse::charts
