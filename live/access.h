// live/access.h: which cluster, namespace and release may be touched, and with which programs.
//
// Shape:  every call names its context; a kubeconfig's current context never counts.
// Errors: Check*: kInvalidArgument (no such program or context, too old, not a cluster for
//         rehearsals), kForbidden, kUnavailable.
// Source: the least helm: release notes of helm 3.14.0 (--reset-then-reuse-values is new); the
// least
//         kubectl: kubernetes.io, "Version Skew Policy" (one minor version behind the server).
#pragma once

#include <string>
#include <vector>

#include "live/process.h"
#include "model/core/json.h"
#include "model/core/result.h"

namespace rehearse::live {

struct Access {
  std::string context;
  std::string ns;
  std::string release;
  std::string kubeconfig;  // "": where kubectl looks by itself
  std::string kubectl = "kubectl";
  std::string helm = "helm";
};

// `argv` begins with kubectl or helm, as model/cluster/command_line.h writes it.
ProcessSpec SpecOf(const Access& access, const std::vector<std::string>& argv);

// The output of a read; errors by live/words.h.
Result<std::string> Ask(const Access& access, const std::vector<std::string>& argv);
Result<Json> AskJson(const Access& access, const std::vector<std::string>& argv);

// Both programs are there and new enough, kubectl for this cluster's server.
Status CheckPrograms(const Access& access);

// The context exists and answers; it is a kind cluster, carries the label
// rehearse.io/cluster=rehearsal on the namespace kube-system, or is named in `i_know_this_is`.
Status CheckContext(const Access& access, const std::string& i_know_this_is);

}  // namespace rehearse::live
