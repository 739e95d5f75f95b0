// tests/upgrade/executor_fake_parts.h: the parts of the scripted world: objects, releases,
// metadata, and controllers that act at once.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "model/helm/types.h"
#include "model/kube/codec.h"
#include "model/migration/runner.h"
#include "tests/upgrade/executor_fake_plan.h"

namespace rehearse::upgrade {

class FakeParts {
 public:
  FakeParts() : keys(LoadKeys("milvus-2.1.0-running")) {
    PutJson({{"apiVersion", "apps/v1"},
             {"kind", "Deployment"},
             {"metadata", {{"name", kMilvus}, {"namespace", "default"}, {"labels", Labels()}}},
             {"spec",
              {{"replicas", 1},
               {"selector", {{"matchLabels", {{"component", "standalone"}}}}},
               {"template",
                {{"metadata", {{"labels", {{"component", "standalone"}}}}},
                 {"spec",
                  {{"containers",
                    Json::array({{{"name", "standalone"}, {"image", kOldImage}}})}}}}}}}});
    AddRelease("3.2.18", "2.1.4", Json::object());
    Reconcile();
  }

  // ---- what tests set
  // Puts after which the tool of a pod is killed; -1: runs to its end.
  std::function<int(const std::string&)> tool_puts_max = [](const std::string&) { return -1; };
  Millis lease_ms = 0;  // sessions outlive their pods
  bool new_image_crashes = false;

  // ---- what tests look at
  // ------------------------------------------------------------------------
  etcd::Keys keys;
  std::vector<helm::ReleaseRecord> releases;
  std::map<std::string, std::string> files;  // path on the backup volume -> bytes
  std::vector<std::string> tools;            // tool pods that ran, in order
  bool tool_met_session = false;

  [[nodiscard]] kube::ObjectPtr Find(const std::string& kind, const std::string& name) const {
    const auto at = objects_.find(kind + "/" + name);
    return at == objects_.end() ? nullptr : at->second;
  }
  [[nodiscard]] std::vector<std::string> Names(const std::string& kind) const {
    std::vector<std::string> names;
    for (const auto& [key, object] : objects_) {
      if (object->ref.kind == kind) {
        names.push_back(object->ref.name);
      }
    }
    return names;
  }
  [[nodiscard]] std::string Image() const { return Milvus().pod_template->containers[0].image; }
  [[nodiscard]] std::int64_t Replicas() const { return Milvus().replicas; }
  void SetReplicas(std::int64_t replicas) {
    kube::Object object = *Find("Deployment", kMilvus);
    std::get<kube::Deployment>(object.body).replicas = replicas;
    ++object.generation;
    Put(object);
  }
  void SetImage(const std::string& image) {
    kube::Object object = *Find("Deployment", kMilvus);
    auto& body = std::get<kube::Deployment>(object.body);
    kube::PodTemplate changed = *body.pod_template;
    changed.containers[0].image = image;
    body.pod_template = std::make_shared<const kube::PodTemplate>(changed);
    ++object.generation;
    Put(object);
  }
  void Remove(const std::string& kind, const std::string& name) {
    objects_.erase(kind + "/" + name);
  }

 protected:
  static Json Labels() {
    return {{"app.kubernetes.io/name", "milvus"},
            {"app.kubernetes.io/instance", "my-release"},
            {"component", "standalone"}};
  }
  [[nodiscard]] const kube::Deployment& Milvus() const {
    return std::get<kube::Deployment>(Find("Deployment", kMilvus)->body);
  }
  void Put(const kube::Object& object) {
    objects_[object.ref.kind + "/" + object.ref.name] =
        std::make_shared<const kube::Object>(object);
  }
  void PutJson(const Json& document) {
    const auto object = kube::FromJson(document, "test");
    CHECK(object.has_value());
    Put(*object);
  }

  void AddRelease(const std::string& chart, const std::string& app, Json values) {
    for (helm::ReleaseRecord& record : releases) {
      record.status = helm::ReleaseStatus::kSuperseded;
    }
    helm::ReleaseRecord record;
    record.name = "my-release";
    record.ns = "default";
    record.revision = releases.empty() ? 1 : releases.back().revision + 1;
    record.status = helm::ReleaseStatus::kDeployed;
    record.chart.value =
        helm::Share({{"metadata", {{"name", "milvus"}, {"version", chart}, {"appVersion", app}}}});
    record.config.value = helm::Share(std::move(values));
    const Json workload = {{"kind", "Deployment"},
                           {"metadata", {{"name", kMilvus}}},
                           {"spec",
                            {{"replicas", 1},
                             {"template",
                              {{"spec",
                                {{"containers",
                                  Json::array({{{"name", "standalone"},
                                                {"image", "milvusdb/milvus:v" + app}}})}}}}}}}};
    record.manifest = std::make_shared<const std::string>(DumpYaml(workload));
    releases.push_back(record);
  }

  // ---- controllers
  // -------------------------------------------------------------------------------

  void Reconcile() {
    ReconcileMilvus();
    for (const std::string& name : Names("Pod")) {
      const kube::ObjectPtr pod = Find("Pod", name);
      const auto& body = std::get<kube::Pod>(pod->body);
      if (body.phase == kube::PodPhase::kPending && pod->labels.count("rehearse.io/role") != 0) {
        RunHelper(*pod, body);
      }
    }
    if (now_ >= sessions_end_) {
      sessions_end_ = kNever;
      keys.ForPrefix(kSessions, [this](const std::string& key, const auto&) {
        keys = key.ends_with("/id") ? keys : keys.Erase(key);
      });
    }
  }

  void ReconcileMilvus() {
    kube::Object object = *Find("Deployment", kMilvus);
    auto& body = std::get<kube::Deployment>(object.body);
    const std::string image = body.pod_template->containers[0].image;
    const std::string pod = std::string(kMilvus) + "-0";
    const kube::ObjectPtr running = Find("Pod", pod);
    const auto* running_body = kube::As<kube::Pod>(running);
    const bool right = running != nullptr && body.replicas > 0 &&
                       running_body->pod_template->containers[0].image == image;
    if (running != nullptr && !right) {
      Remove("Pod", pod);
      sessions_end_ = now_ + lease_ms;
    }
    const bool crashes = new_image_crashes && image == kNewImage;
    if (body.replicas > 0 && !right && sessions_end_ == kNever) {
      StartMilvus(pod, image, crashes);
    }
    const std::int64_t ready = Find("Pod", pod) != nullptr && !crashes ? 1 : 0;
    const std::int64_t present = Find("Pod", pod) != nullptr ? 1 : 0;
    body.status = {object.generation, present, present, ready, ready};
    Put(object);
  }

  void StartMilvus(const std::string& pod, const std::string& image, bool crashes) {
    PutJson({{"apiVersion", "v1"},
             {"kind", "Pod"},
             {"metadata", {{"name", pod}, {"labels", {{"component", "standalone"}}}}},
             {"spec", {{"containers", Json::array({{{"name", "standalone"}, {"image", image}}})}}},
             {"status", {{"phase", "Running"}}}});
    kube::Object object = *Find("Pod", pod);
    auto& body = std::get<kube::Pod>(object.body);
    body.node = "n1";
    body.waiting_reason = crashes ? "CrashLoopBackOff" : "";
    Put(object);
    logs_[pod] = crashes ? "panic: no such luck\n" : "";
    if (!crashes) {
      const std::string value = Dump({{"Version", image.substr(image.find(":v") + 2)}});
      keys = keys.Set(std::string(kSessions) + "rootcoord", etcd::Entry{value, 7});
    }
  }

  void RunHelper(const kube::Object& pod, const kube::Pod& body) {
    const kube::Container& container = body.pod_template->containers[0];
    kube::Object next = pod;
    auto& next_body = std::get<kube::Pod>(next.body);
    next_body.node = "n1";
    const std::string script = container.args.back();
    const std::size_t file = script.rfind('/');
    if (script.find("meta-migration") == std::string::npos) {
      next_body.phase = kube::PodPhase::kRunning;
      Put(next);
      return;
    }
    tools.push_back(pod.ref.name);
    std::string config;
    for (const kube::Volume& volume : body.pod_template->volumes) {
      const auto map = Find("ConfigMap", volume.config_map);
      if (const auto* data = kube::As<kube::ConfigMap>(map)) {
        config = data->data->at(script.substr(file + 1));
      }
    }
    keys.ForPrefix(kSessions, [this](const std::string& key, const auto&) {
      tool_met_session = tool_met_session || !key.ends_with("/id");
    });
    const auto parsed = migration::ParseToolConfig(config, "config");
    const auto image = migration::ToolImageOf(container.image);
    CHECK(parsed.has_value() && image.has_value());
    migration::ToolRunOptions options;
    const int puts = tool_puts_max(pod.ref.name);
    if (puts >= 0) {
      options.kill_after_puts = puts;
    }
    const migration::ToolRun run = migration::RunTool({*image, *parsed, keys, files}, options);
    keys = run.keys;
    files = run.files;
    const bool ok = run.exit_code == 0 && !run.killed;
    if (run.killed) {
      sessions_end_ = now_ + Seconds(60);  // its own session outlives it
    }
    next_body.phase = ok ? kube::PodPhase::kSucceeded : kube::PodPhase::kFailed;
    for (const std::string& line : run.lines) {
      logs_[pod.ref.name] += line + "\n";
    }
    Put(next);
  }

  Instant now_;
  std::map<std::string, kube::ObjectPtr> objects_;
  std::map<std::string, std::string> logs_;

 private:
  Instant sessions_end_ = kNever;
};

}  // namespace rehearse::upgrade
