// simulator/world.h: what does not change during a run: the catalog behind helm, the version of
// Kubernetes, and notes of pure functions that are costly to repeat.
//
// Threads: immutable but for the notes, which are guarded.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "model/cluster/situation.h"
#include "model/core/law.h"
#include "model/core/remembered.h"
#include "model/core/version.h"
#include "model/helm/machine.h"
#include "model/helm/render.h"
#include "simulator/state/cluster_state.h"

namespace rehearse::sim {

// Remembers what was rendered: equal requests are rendered once.
class NotingRenderer final : public helm::Renderer {
 public:
  explicit NotingRenderer(std::shared_ptr<const helm::Renderer> renderer)
      : renderer_(std::move(renderer)) {}
  [[nodiscard]] std::vector<helm::ObjectRef> Lookups(
      const helm::RenderRequest& request) const override;
  [[nodiscard]] helm::RenderOutcome Render(const helm::RenderRequest& request) const override;
  [[nodiscard]] bool Exists(std::string_view chart_version) const override;

 private:
  std::shared_ptr<const helm::Renderer> renderer_;
  mutable std::mutex mutex_;
  mutable std::map<Fingerprint, helm::RenderOutcome> rendered_;
};

// Pure functions of Kubernetes objects that runs which were forked ask again and again.
struct ObjectNotes {
  struct Replacement {
    std::optional<Error> refusal;
    kube::ObjectPtr next;  // null: nothing changes
  };
  helm::Notes helm;
  Remembered<helm::JsonPtr> documents{2048};  // objects as the API server shows them
  Remembered<std::shared_ptr<const Result<std::string>>> texts{4096};  // what kubectl get prints
  Remembered<std::shared_ptr<const Replacement>> replacements{2048};   // not numbered yet
  Remembered<std::shared_ptr<const Result<kube::Object>>> created{2048};
};

struct World {
  Version kubernetes;
  std::string release;
  std::string ns;
  std::string root_path = "by-dev";
  std::string other_chart;  // what somebody else might upgrade to meanwhile; "" nobody does
  std::int64_t clock_origin_unix_ms = 0;  // wall clock of Instant 0, as records and names show it
  // The condition of the recordings that were made with kwok: pods are Ready at once and gone at
  // once, and nothing runs in them but the migration tool. No verdict on Milvus is possible there.
  bool played_pods = false;
  std::shared_ptr<const NotingRenderer> renderer;
  std::shared_ptr<ObjectNotes> notes = std::make_shared<ObjectNotes>();

  // etcd.rootPath as a Milvus pod with this configuration reads it.
  [[nodiscard]] std::string RootPathOf(const kube::ConfigMap& config) const;
  // Whether it lets a second coordinator wait beside the first.
  [[nodiscard]] bool HasActiveStandby(const kube::ConfigMap& config) const;
  [[nodiscard]] helm::HelmWorld Helm() const;

 private:
  struct Note {
    std::string root_path;
    bool active_standby = false;
  };
  using ConfigData = std::shared_ptr<const std::map<std::string, std::string>>;
  Note NoteOf(const ConfigData& data) const;

  mutable std::mutex mutex_;
  mutable std::map<ConfigData, Note> notes_;
};

// The cluster of a situation, as it was captured: running pods run, their sessions are kept alive.
Result<ClusterState> BuildState(const cluster::Situation& situation, const World& world);

// Kinds that an API server of this version serves.
bool ServesKind(const Version& kubernetes, std::string_view api_version, std::string_view kind);

}  // namespace rehearse::sim
