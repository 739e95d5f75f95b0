// simulator/checkers/outcome.h: is what a finished run claims true, and is what is left good?
//
// Shape:  judges the end of a session against its start, with the truth of the simulated cluster.
// Source: the properties of the metadata (checkers/metadata.h), MILVUS-* for what clients see.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/cluster/port.h"
#include "model/core/law.h"
#include "model/milvus/lawful.h"
#include "model/milvus/types.h"
#include "simulator/state/cluster_state.h"
#include "simulator/state/monitor.h"

namespace rehearse::sim {

// What must be true where a driver claims success.
struct Claim {
  std::string ns;
  std::string release;
  std::string root_path;
  Version server_before;
  Version server_after;                            // what every Milvus container must run
  std::shared_ptr<const milvus::MetaView> before;  // of the start, where it is known already
  std::string chart_after;         // version of the deployed chart; "" = not claimed
  std::vector<std::string> asked;  // each K=V that was asked for; other values are the user's
  // Replicas that people want of a Deployment ("Deployment/<name>"), whatever the release says.
  std::map<std::string, std::int64_t> replicas = {};
};

struct Judged {
  std::vector<Violation> violations;
  milvus::MetaView before;
  milvus::MetaView after;
  milvus::Classification differences;
  LawSet laws;
};

// REQUIRES: `outcome` is the driver's.
Result<Judged> JudgeOutcome(const ClusterState& start,
                            const ClusterState& end,
                            const cluster::Outcome& outcome,
                            const Claim& claim);

// "on a stop the account names the only copy and how to restore it"
std::optional<Violation> CheckAccount(const ClusterState& start,
                                      const ClusterState& end,
                                      const cluster::Outcome& outcome,
                                      const Claim& claim);

// "replicas, labels and values are what the user had or asked for": one line for each that is not.
std::vector<std::string> ChangedSettings(const ClusterState& start,
                                         const ClusterState& end,
                                         const Claim& claim);

// "a following harmless helm upgrade changes no image": `after` is the cluster when that upgrade
// and `outcome` have come.
std::vector<Violation> CheckNextUpgrade(const ClusterState& before,
                                        const ClusterState& after,
                                        const std::optional<cluster::Outcome>& outcome,
                                        const Claim& claim);

// Milvus Deployments and StatefulSets that are not rolled out, pods that crash: one line each.
std::vector<std::string> NotReady(const ClusterState& state, const std::string& ns);

// Fields of the deployed manifest's workloads that live objects do not have: image, replicas but
// for those that people want otherwise (Claim::replicas).
std::vector<std::string> Disagreements(const ClusterState& state,
                                       const std::string& ns,
                                       const std::string& release,
                                       const std::map<std::string, std::int64_t>& wanted = {});

// The deployed revision; nullptr: there is none.
const helm::ReleaseRecord* DeployedRelease(const ClusterState& state,
                                           const std::string& ns,
                                           const std::string& release);

// Image of every Milvus container, by workload.
std::map<std::string, std::string> MilvusImages(const ClusterState& state, const std::string& ns);

}  // namespace rehearse::sim
