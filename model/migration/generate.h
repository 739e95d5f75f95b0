// model/migration/generate.h: large, realistic 2.1 metadata out of a seed, for tests and
// benchmarks.
//
// Shape:  the families, values and proportions of the recorded 2.1 dumps: collections with embedded
//         partitions and history, aliases, indexes built and unbuilt, segments with their binlogs,
//         loads of collections and of partitions, oracles, a stopped server's counter. Sizes are
//         skewed: few collections hold most of the segments.
// Not modelled: channel watches and query tasks, which no conversion reads.
// Source: Law::kKeyFamilies21; fixtures/etcd/milvus-2.1.0-running.jsonl.
#pragma once

#include <cstdint>
#include <string>

#include "model/etcd/types.h"

namespace rehearse::migration {

struct GenerateOptions {
  std::uint64_t seed = 1;
  std::int64_t collections = 3;
  std::int64_t partitions_max = 3;  // of one collection, besides _default
  std::int64_t segments_max = 3;    // of one partition; the largest collections hold more
  std::int64_t keys_min = 0;        // adds collections until there are so many keys
  bool loaded_partitions = true;    // some collections have partitions loaded
  bool with_dropped = true;         // some collections are tombstones
  std::string root_path = "by-dev";
};

etcd::Keys Generate21(const GenerateOptions& options);

}  // namespace rehearse::migration
