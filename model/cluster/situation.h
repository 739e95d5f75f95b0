// model/cluster/situation.h: what an operator's capture of a cluster shows, and what it does not.
//
// Shape:  a capture is a set of named files (fixtures/captures/README.md lists them): objects.json
//         and cluster.json (kubectl get -o json), release-secrets.json, etcd.json (etcdctl JSON,
//         JSON lines or the tool's backup file), helm-*.json, kubectl-version.json; backup files of
//         the migration tool and its logs where there are any. A situation is the same in one JSON
//         document (schemas/situation.schema.json). Data of Secrets is dropped, but for helm's
//         release records, which are kept as they are.
// Errors: kInvalidArgument with file and place. A missing file is a gap, not an error, as long as
//         something can be judged without it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/core/json.h"
#include "model/etcd/types.h"
#include "model/helm/types.h"
#include "model/kube/types.h"

namespace rehearse::cluster {

struct Gap {
  std::string what;         // what is missing, e.g. "kubernetes version"
  std::string consequence;  // what can't be judged without it
  std::string assume_key;   // the name under which it can be assumed: --assume KEY=VALUE
};

struct Assumption {
  std::string key;
  std::string value;
  std::string why;
};

struct Situation {
  std::string release;  // name of the Milvus release
  std::string ns;
  std::string kubernetes_version;  // without v; "" unknown
  std::string helm_version;        // without v; "" unknown
  kube::Objects objects;           // namespaced and cluster-scope objects, Events left out
  std::vector<helm::ReleaseRecord> releases;  // every stored revision, oldest first
  etcd::Dump etcd;
  std::map<std::string, std::string> backup_files;  // file name -> bytes, as the tool wrote them
  std::vector<Gap> gaps;
  std::vector<Assumption> assumptions;
};

using CaptureFiles = std::map<std::string, std::string>;  // file name -> bytes

// `assume`: key -> value, as ApplyAssumptions takes it. `release` and `namespace` choose among
// several Milvus releases.
Result<Situation> ReadCapture(const CaptureFiles& files,
                              const std::map<std::string, std::string>& assume);

// Fills gaps: kubernetes=1.30, helm=3.14.0, storage-class=NAME, etcd=empty, sessions=none. What was
// captured can be replaced for the two versions and the storage class alone; that is an assumption
// all the same. Unknown names are errors.
Status ApplyAssumptions(Situation& situation, const std::map<std::string, std::string>& assume);

// "v1.34.4" -> "1.34.4". Errors: no MAJOR.MINOR at the beginning.
Result<std::string> ParseToolVersion(std::string_view text, std::string_view where);

Json ToJson(const Situation& situation);
Result<Situation> SituationFromJson(const Json& json, std::string_view where);

}  // namespace rehearse::cluster
