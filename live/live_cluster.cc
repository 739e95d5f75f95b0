#include "live/live_cluster.h"

#include <algorithm>
#include <filesystem>

#include "live/words.h"
#include "model/cluster/command_line.h"
#include "model/core/overloaded.h"
#include "model/etcd/dump.h"
#include "model/helm/codec.h"
#include "model/kube/codec.h"

namespace rehearse::live {
namespace {

constexpr Millis kActionLimitMs = Seconds(60);
constexpr Millis kHelmLimitMs = Seconds(600);
constexpr Millis kHelmGraceMs = Seconds(60);  // beyond its own --timeout

using cluster::Observation;

Millis LimitOf(const cluster::Action& action) {
  if (const auto* upgrade = std::get_if<cluster::HelmUpgrade>(&action)) {
    return upgrade->wait || upgrade->atomic ? upgrade->timeout_ms + kHelmGraceMs : kHelmLimitMs;
  }
  return std::holds_alternative<cluster::HelmRollback>(action) ? kHelmLimitMs : kActionLimitMs;
}

Result<std::vector<kube::ObjectPtr>> ObjectsOf(const Json& list) {
  std::vector<kube::ObjectPtr> objects;
  const Json* items = At(list, {"items"});
  for (const Json& item : items != nullptr ? *items : Json::array({list})) {
    TRY_ASSIGN(kube::Object object, kube::FromJson(item, "kubectl get"));
    objects.push_back(std::make_shared<const kube::Object>(std::move(object)));
  }
  std::ranges::sort(
      objects, {}, [](const kube::ObjectPtr& object) -> const kube::Ref& { return object->ref; });
  return objects;
}

class Reader {
 public:
  Reader(const Access& access, EtcdGateway& etcd) : access_(access), etcd_(etcd) {}

  Result<Observation> operator()(const cluster::GetObject& query) {
    Observation seen;
    const auto json = AskJson(access_, cluster::CommandOf(query).argv);
    if (!json && json.error().code == ErrorCode::kNotFound) {
      return seen;
    }
    if (!json) {
      return tl::unexpected(json.error());
    }
    TRY_ASSIGN(seen.objects, ObjectsOf(*json));
    return seen;
  }

  Result<Observation> operator()(const cluster::ListObjects& query) {
    TRY_ASSIGN(const Json list, AskJson(access_, cluster::CommandOf(query).argv));
    Observation seen;
    TRY_ASSIGN(seen.objects, ObjectsOf(list));
    return seen;
  }

  // helm history tells too little; the records are read where helm keeps them.
  Result<Observation> operator()(const cluster::GetReleases& query) {
    TRY_ASSIGN(const Json list,
               AskJson(access_,
                       {"kubectl",
                        "get",
                        "secret",
                        "-n",
                        query.ns,
                        "-l",
                        "owner=helm,name=" + query.release,
                        "-o",
                        "json"}));
    Observation seen;
    const Json* items = At(list, {"items"});
    for (const Json& secret : items != nullptr ? *items : Json::array()) {
      TRY_ASSIGN(helm::ReleaseRecord record, helm::DecodeReleaseSecret(secret, "kubectl get"));
      seen.releases.push_back(std::move(record));
    }
    std::ranges::sort(seen.releases, {}, &helm::ReleaseRecord::revision);
    return seen;
  }

  Result<Observation> operator()(const cluster::EtcdRange& query) {
    TRY_ASSIGN(etcd::Dump dump, etcd_.Range(query.prefix));
    Observation seen;
    seen.keys = etcd::KeysOf(std::move(dump));
    return seen;
  }

  Result<Observation> operator()(const cluster::GetText& query) {
    TRY_ASSIGN(ProcessResult result, RunProcess(SpecOf(access_, cluster::CommandOf(query).argv)));
    const bool answered = result.exit_code == 0 || CodeOf(result, false) == ErrorCode::kNotFound;
    if (!answered) {
      return tl::unexpected(ErrorOf(result, "kubectl", false));
    }
    Observation seen;
    seen.text = {result.exit_code, std::move(result.out), std::move(result.err)};
    return seen;
  }

  Result<Observation> operator()(const cluster::RolloutStatus& query) {
    cluster::RolloutStatus once = query;
    once.watch = false;
    return Text(cluster::CommandOf(once).argv);
  }
  Result<Observation> operator()(const cluster::PodLog& query) {
    return Text(cluster::CommandOf(query).argv);
  }
  Result<Observation> operator()(const cluster::PodFile& query) {
    return Text(cluster::CommandOf(query).argv);
  }

 private:
  Result<Observation> Text(const std::vector<std::string>& argv) {
    Observation seen;
    TRY_ASSIGN(seen.text.out, Ask(access_, argv));
    return seen;
  }

  const Access& access_;
  EtcdGateway& etcd_;
};

Result<std::string> ChartPath(const std::string& folder, const std::string& version) {
  const std::string path = folder + "/milvus-" + version;
  for (const std::string& candidate : {path, path + ".tgz"}) {
    std::error_code error;
    if (std::filesystem::exists(candidate, error)) {
      return candidate;
    }
  }
  return BadInput("no chart " + path + " and no " + path + ".tgz");
}

}  // namespace

LiveCluster::LiveCluster(LiveOptions options, EtcdGateway etcd)
    : options_(std::move(options)), etcd_(std::move(etcd)), began_ms_(SteadyMillis()) {}

Instant LiveCluster::Now() const { return {SteadyMillis() - began_ms_}; }

Result<cluster::Observation> LiveCluster::Read(const cluster::Query& query) {
  return std::visit(Reader(options_.access, etcd_), query);
}

Result<std::vector<std::string>> HelmArgv(const cluster::Action& action,
                                          const std::string& chart_folder) {
  const auto* upgrade = std::get_if<cluster::HelmUpgrade>(&action);
  if (upgrade == nullptr || chart_folder.empty()) {
    return cluster::CommandOf(action).argv;
  }
  cluster::HelmUpgrade local = *upgrade;
  TRY_ASSIGN(local.chart, ChartPath(chart_folder, upgrade->version));
  local.version.clear();
  return cluster::CommandOf(cluster::Action(std::move(local))).argv;
}

Result<cluster::OperationId> LiveCluster::Start(const cluster::Action& action) {
  TRY_ASSIGN(const std::vector<std::string> argv, HelmArgv(action, options_.chart_folder));
  ProcessSpec spec = SpecOf(options_.access, argv);
  spec.input = cluster::CommandOf(action).input;
  spec.limit_ms = LimitOf(action);
  Running running;
  running.program = argv.front();
  TRY_ASSIGN(running.child, Child::Start(std::move(spec)));
  children_.emplace(++last_id_, std::move(running));
  return last_id_;
}

bool LiveCluster::Kill(const std::string& program) {
  bool any = false;
  for (auto& [id, running] : children_) {
    if (running.program == program) {
      running.child->Kill();
      any = true;
    }
  }
  return any;
}

bool LiveCluster::Runs(const std::string& program) const {
  return std::ranges::any_of(children_,
                             [&](const auto& child) { return child.second.program == program; });
}

void LiveCluster::Halt(const std::string& program, bool halt) {
  for (auto& [id, running] : children_) {
    if (running.program == program) {
      running.child->Halt(halt);
    }
  }
}

std::optional<cluster::OperationDone> LiveCluster::TakeEnded() {
  for (auto at = children_.begin(); at != children_.end(); ++at) {
    if (!at->second.child->Pump()) {
      continue;
    }
    const ProcessResult& result = at->second.child->result();
    cluster::OperationDone done{at->first, cluster::CommandResult{0, result.out, result.err}};
    if (result.exit_code != 0 || result.timed_out) {
      done.result = tl::unexpected(ErrorOf(result, at->second.program, true));
    }
    children_.erase(at);
    return done;
  }
  return std::nullopt;
}

Result<cluster::Event> LiveCluster::Wait(Instant deadline) {
  while (true) {
    if (auto done = TakeEnded()) {
      return cluster::Event(*std::move(done));
    }
    const Instant now = Now();
    if (now >= deadline) {
      return cluster::Event(cluster::DeadlineReached{});
    }
    std::vector<const Child*> children;
    for (const auto& [id, running] : children_) {
      children.push_back(running.child.get());
    }
    WaitForAny(children, std::min<Millis>(Seconds(60), deadline - now));
  }
}

}  // namespace rehearse::live
