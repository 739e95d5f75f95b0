#include "upgrade/rolling_patch.h"

namespace rehearse::upgrade {

Json RollingPatch(const result::MilvusDeployment& deployment, const std::string& image) {
  const Json containers = Json::array({{{"name", deployment.container}, {"image", image}}});
  return {{"spec",
           {{"strategy", {{"type", "RollingUpdate"}}},
            {"template", {{"spec", {{"containers", containers}}}}}}}};
}

}  // namespace rehearse::upgrade
