// app/live_access.h: the flags by which a command is allowed to touch a cluster, and what they
// open.
//
// Errors: kInvalidArgument for a missing or unfit program, context or endpoint.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/command.h"
#include "live/access.h"
#include "live/etcd_gateway.h"
#include "model/charts/catalog.h"
#include "model/cluster/situation.h"
#include "model/result/plan.h"

namespace rehearse::app {

struct LiveFlags {
  live::Access access;
  std::string etcd;  // endpoint; "": by port-forward to the release's own
  std::string i_know_this_is;
};

// --context, --namespace and --release are required.
void AddLiveFlags(CLI::App& app, LiveFlags& flags);

// The etcd that the flags name; without an endpoint behind a port-forward, made at the first call.
Result<live::EtcdGateway> OpenEtcdOf(const LiveFlags& flags);

// What the cluster shows now. Errors: kUnavailable where objects, release or etcd cannot be read.
Result<cluster::Situation> CaptureNow(const live::Access& access,
                                      const std::string& assume,
                                      live::EtcdGateway& etcd);

// Programs and context are fit for changing things there.
Status CheckLive(const LiveFlags& flags);

// Where the scripts of live/ are: they are not part of the program.
Result<std::string> ProjectFolder();

// $REHEARSE_CACHE, ~/.cache/rehearse
Result<std::string> CacheFolder();

// The folder of charts behind --chart-source: "" for `repo`, a folder as it is; for `bundled` the
// charts of these versions are written below the cache first.
std::vector<std::string> ChartsOf(const result::Plan& plan);
Result<std::string> ChartFolder(const std::string& source,
                                const charts::Catalog& catalog,
                                const std::vector<std::string>& versions);

}  // namespace rehearse::app
