// model/migration/diff.h: semantic comparison of two states of the metadata.
//
// Shape:  values are decoded per family and compared field by field; the order of repeated
// key/value
//         pairs does not count. Three groups of keys are compared by a rule and not by value:
//         - keys held by a lease are left out (they are no metadata, they vanish with their
//         server);
//         - session/id is a counter: decimal in both, and not below an id that a session holds;
//         - kv/* are clocks of 8 bytes, which a server moves while it runs.
//         Records of the tool's colliding segment indexes (.../0) may hold any one of the indexes
//         that collide there, and nothing else.
//         A value that is not what its family holds is compared as bytes.
// Errors: none.
// Source: Law::kDiffSessionId, kDiffOracle, kDiffLeasedKeys, kToolCollidingSegmentIndex.
#pragma once

#include <string>
#include <vector>

#include "model/core/json.h"
#include "model/core/law.h"
#include "model/etcd/types.h"

namespace rehearse::migration {

struct KeyDifference {
  std::string family;
  std::string key;
  std::string field;  // empty: the key is in one of the two only
  std::string before;
  std::string after;
};

struct MetaDiff {
  std::vector<KeyDifference> differences;
  std::vector<std::string> notes;  // what differs and is allowed, with the reason
  LawSet laws;
};

struct MetaDiffOptions {
  std::string root_path = "by-dev";
};

MetaDiff DiffMeta(const etcd::Keys& a, const etcd::Keys& b, const MetaDiffOptions& options = {});

std::string ToText(const MetaDiff& diff);
Json ToJson(const MetaDiff& diff);

}  // namespace rehearse::migration
