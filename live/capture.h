// live/capture.h: collects from a cluster the files that `rehearse import` reads.
//
// Shape:  file name -> bytes, as fixtures/captures/README.md lists them. Data of Secrets but for
//         helm's release records never enters a file.
// Errors: none by itself: a part that cannot be read is named in `missing`, with what was said.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "live/access.h"
#include "live/etcd_gateway.h"

namespace rehearse::live {

struct Missing {
  std::string file;
  std::string why;
};

struct CaptureResult {
  std::map<std::string, std::string> files;
  std::vector<Missing> missing;
};

// `etcd` may be null: then etcd.json is missing.
CaptureResult Capture(const Access& access, EtcdGateway* etcd);

}  // namespace rehearse::live
