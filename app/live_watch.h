// app/live_watch.h: what a command that is not ours does to a cluster, recorded.
//
// Shape:  the command runs with a kubeconfig of this one context, and with a kubectl and a helm in
//         its PATH that write each call down before they carry it out: the log that
//         model/cluster/recorded_trace.h reads. Its keys in etcd are compared before and after.
// Errors: kInvalidArgument: no such context or program, a log that cannot be written.
// Not modelled: what it does to the cluster by other programs; two calls at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/etcd/types.h"

namespace rehearse::app {

// Keys without a lease that came, went or changed, by family: everything up to the third slash.
struct KeyChanges {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
};
std::map<std::string, KeyChanges> ChangesOf(const etcd::Dump& before, const etcd::Dump& after);

}  // namespace rehearse::app
