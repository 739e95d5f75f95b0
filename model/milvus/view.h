// model/milvus/view.h: what a client of a given server version sees of given metadata.
//
// Shape:  pure; one pass over the families that the version reads. Foreign metadata is not an
//         error: no server checks it, it just does not see what it does not read (silent loss).
// Errors: kInvalidArgument, `<key>: <what>`: a value that the server could not decode either.
// Not modelled: states of a running server that are not in etcd (growing rows, load progress,
//         resources); sound, since a view compares metadata, not service.
// Source: Law::kView21 and the rows after it in model/core/laws/milvus.def.
#pragma once

#include <string>
#include <vector>

#include "model/core/json.h"
#include "model/core/result.h"
#include "model/core/version.h"
#include "model/etcd/types.h"
#include "model/milvus/types.h"

namespace rehearse::milvus {

struct ViewOptions {
  std::string root_path = "by-dev";
  Version server;
};

Result<MetaView> ViewAs(const etcd::Keys& keys, const ViewOptions& options);

Json ToJson(const MetaView& view);
std::string ToText(const MetaView& view);

// Ordered by path; ids of collections are not compared, names are.
std::vector<ViewDifference> DiffViews(const MetaView& before, const MetaView& after);

}  // namespace rehearse::milvus
