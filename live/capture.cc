#include "live/capture.h"

#include "model/etcd/dump.h"

namespace rehearse::live {
namespace {

struct Part {
  const char* file;
  std::vector<std::string> kinds;  // of a kubectl get; empty: argv is the whole command
  std::vector<std::string> argv;   // else what follows the kinds
};

std::vector<Part> PartsOf(const Access& access) {
  const std::string& ns = access.ns;
  return {
      {"objects.json",
       {"deployments",
        "statefulsets",
        "replicasets",
        "pods",
        "services",
        "configmaps",
        "persistentvolumeclaims",
        "poddisruptionbudgets",
        "ingresses",
        "serviceaccounts",
        "jobs"},
       {"-n", ns, "-o", "json"}},
      {"cluster.json", {"nodes", "storageclasses", "persistentvolumes"}, {"-o", "json"}},
      {"release-secrets.json",
       {"secrets"},
       {"-n", ns, "-l", "owner=helm,name=" + access.release, "-o", "json"}},
      {"helm-list.json", {}, {"helm", "list", "-a", "-n", ns, "-o", "json"}},
      {"kubectl-version.json", {}, {"kubectl", "version", "-o", "json"}},
      {"helm-version.json", {}, {"helm", "version", "--template", R"({"version":"{{.Version}}"})"}},
  };
}

std::vector<std::string> GetArgv(const std::string& kinds, const Part& part) {
  std::vector<std::string> argv = {"kubectl", "get", kinds};
  argv.insert(argv.end(), part.argv.begin(), part.argv.end());
  return argv;
}

// One kind after the other: what is forbidden is left out and named.
void ReadKinds(const Access& access, const Part& part, CaptureResult& result) {
  Json list = {{"apiVersion", "v1"}, {"kind", "List"}, {"items", Json::array()}};
  std::size_t read = 0;
  for (const std::string& kind : part.kinds) {
    const auto some = AskJson(access, GetArgv(kind, part));
    if (!some) {
      result.missing.push_back({std::string(part.file) + ": " + kind, some.error().message});
      continue;
    }
    ++read;
    const Json* items = At(*some, {"items"});
    for (const Json& item : items != nullptr ? *items : Json::array()) {
      list["items"].push_back(item);
    }
  }
  if (read != 0) {
    result.files[part.file] = DumpPretty(list) + "\n";
  }
}

void ReadPart(const Access& access, const Part& part, CaptureResult& result) {
  std::string kinds;
  for (const std::string& kind : part.kinds) {
    kinds += (kinds.empty() ? "" : ",") + kind;
  }
  auto text = Ask(access, part.kinds.empty() ? part.argv : GetArgv(kinds, part));
  if (text) {
    result.files[part.file] = *std::move(text);
  } else if (part.kinds.size() > 1) {
    ReadKinds(access, part, result);
  } else {
    result.missing.push_back({part.file, text.error().message});
  }
}

// The tool's backups lie on volumes that only a pod can read.
void NameBackups(CaptureResult& result) {
  const auto objects = ParseJson(result.files["objects.json"], "objects.json");
  const Json* items = objects ? At(*objects, {"items"}) : nullptr;
  for (const Json& item : items != nullptr ? *items : Json::array()) {
    const std::string name = StringAt(item, {"metadata", "name"});
    if (StringAt(item, {"kind"}) == "PersistentVolumeClaim" &&
        name.find("backup") != std::string::npos) {
      result.missing.push_back(
          {"*.bak",
           "volume claim " + name + " may hold a backup of the metadata; copy it by hand"});
    }
  }
}

void ReadEtcd(EtcdGateway* etcd, CaptureResult& result) {
  if (etcd == nullptr) {
    result.missing.push_back({"etcd.jsonl", "no --etcd ENDPOINT was given"});
    return;
  }
  const auto dump = etcd->Range("");
  if (dump) {
    result.files["etcd.jsonl"] = etcd::WriteJsonLines(*dump);
  } else {
    result.missing.push_back({"etcd.jsonl", dump.error().message});
  }
}

}  // namespace

CaptureResult Capture(const Access& access, EtcdGateway* etcd) {
  CaptureResult result;
  for (const Part& part : PartsOf(access)) {
    ReadPart(access, part, result);
  }
  NameBackups(result);
  ReadEtcd(etcd, result);
  return result;
}

}  // namespace rehearse::live
