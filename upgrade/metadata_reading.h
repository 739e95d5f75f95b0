// upgrade/metadata_reading.h: which generation of metadata an etcd holds, as the planner reads it.
//
// Shape:  counts by key family; no value is decoded for the generation itself. It is written from
//         the documents, apart from the model's machines, which must come to the same answer.
// Errors: kInvalidArgument: a backup file that cannot be read.
// Not modelled: metadata written in half by the tool's Save looks like whole metadata without some
//         indexes; only the traces of the failed migration (a failed pod, a backup) tell.
// Source: milvus-io/milvus@72dab80:cmd/tools/migration/backend, which removes the families of 2.1
//         before it writes those of 2.2.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/result.h"
#include "model/etcd/types.h"

namespace rehearse::upgrade {

enum class MetadataGeneration {
  kEmpty,    // nothing was ever kept here
  kV21,      // as 2.1 writes it
  kV22,      // as 2.2 and later read it
  kMixed,    // families of both that do not go together
  kCleaned,  // collections had data, and no record of any collection is left
};
std::string_view NameOf(MetadataGeneration generation);

struct MetadataReading {
  MetadataGeneration generation = MetadataGeneration::kEmpty;
  std::int64_t keys = 0;                // below the meta root
  std::int64_t collections = 0;         // live records
  bool undecided = false;               // only collections: both generations look like that
  bool newer_was_here = false;          // a server of 2.2 or later has started on metadata of 2.1
  std::vector<std::int64_t> orphans;    // ids of collections that have data and no record
  std::vector<std::string> live_roles;  // sessions that a lease holds
};

MetadataReading ReadMetadata(const etcd::Dump& dump, std::string_view root_path);

// Root paths below which the dump holds metadata.
std::vector<std::string> RootPathsIn(const etcd::Dump& dump);

// What a backup file of the migration tool holds and etcd does not.
struct BackupReading {
  std::string name;
  std::int64_t entries = 0;
  bool complete = false;
  std::vector<std::string> collections;         // names, of all in the file
  std::map<std::string, std::int64_t> missing;  // family -> keys that etcd has no more
};
Result<BackupReading> ReadBackupFile(const std::string& name,
                                     std::string_view bytes,
                                     const etcd::Dump& dump);

}  // namespace rehearse::upgrade
