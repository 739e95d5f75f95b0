// upgrade/procedures/rolling_update_sh.h: rollingUpdate.sh, the official script that moves a
// running Milvus to another image one component after the other, as a Driver.
//
// Shape:   flags as the script takes them. Order: rootcoord, datacoord, indexcoord, querycoord,
//          indexnode, datanode, querynode, proxy, standalone, by the end of a deployment's name;
//          deployments with other names are never updated.
// Ends:    FinishStep with the script's exit code: 0 every deployment is rolled out; 1 all that the
//          script notices; else the code of the failed kubectl apply.
// Units:   a watching `rollout status` is one look a second, without end: kubectl has no timeout of
//          its own; the Deployment's progress deadline ends it.
// Not modelled: the full text of the usage message; a machine without kubectl; the line that dash
//          complains of.
// Source:  SCRIPT-06, SCRIPT-10 .. SCRIPT-13.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/cluster/port.h"

namespace rehearse::upgrade {

struct RollingUpdateShOptions {
  std::string ns = "default";                    // -n
  std::string instance;                          // -i
  std::string target_version;                    // -t: written as a label only
  std::string image = "milvusdb/milvus:v2.2.3";  // -w
  std::string operation = "update";              // -o
  std::size_t unknown_flags = 0;                 // each makes one line of complaint
  bool has_arguments = true;                     // the first word is not empty
  bool by_dash = false;  // `sh rollingUpdate.sh`, as documented, where sh is dash
};

// The command line, without the script's name.
RollingUpdateShOptions ParseRollingUpdateSh(const std::vector<std::string>& arguments);

std::unique_ptr<cluster::Driver> NewRollingUpdateSh(RollingUpdateShOptions options);

// ---- what its pipes of grep and sed do ---------------------------------------------------------

// The last `messageQueue: WORD` of a text; "" if there is none.
std::string LastMessageQueue(const std::string& text);
// Whether `kubectl get -o json` of the ConfigMap shows the standby settings in user.yaml.
bool HasStandbySettings(const std::string& json_text);
// The JSON text with the settings added to user.yaml; unchanged where that is not the last key.
std::string AddStandbySettings(const std::string& json_text);
// The deployments in the order in which they are updated.
std::vector<std::string> RollingOrder(const std::vector<std::string>& deployments);

}  // namespace rehearse::upgrade
