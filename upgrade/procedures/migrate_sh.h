// upgrade/procedures/migrate_sh.h: migrate.sh, the official script for 2.1 -> 2.2 metadata, as a
// Driver: its calls, its pauses and its defects.
//
// Shape:   flags as the script takes them; the versions differ as SCRIPT-05 says.
// Ends:    FinishStep with the script's exit code: 0 done; 1 arguments or preconditions; 2, 3, 5
// the
//          tool's pod failed (backup, migration, rollback); 4 no backup mark; 6 unknown operation.
//          Loops of the script have no bound; who runs it sets one.
// Not modelled: two answers that kubectl refuses without asking the server (--replicas= with no
//          number): no call is made for them, the script goes on as it does.
// Source:  SCRIPT-01 .. SCRIPT-06.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/cluster/port.h"

namespace rehearse::upgrade {

enum class MigrateShVersion {
  kA,  // October 2022
  kB,  // first public one for 2.2.0
  kC,  // newest
};

struct MigrateShOptions {
  MigrateShVersion version = MigrateShVersion::kC;
  std::string instance;                          // -i
  std::string ns = "default";                    // -n
  std::string source_version;                    // -s
  std::string target_version;                    // -t
  std::string root_path = "by-dev";              // -r
  std::string image = "milvusdb/milvus:v2.2.0";  // -w
  std::string operation = "migrate";             // -o
  std::string tool_image;                        // -m; "" = the version's own
  std::string storage_class;                     // -c
  std::string etcd;                              // -e
  bool remove_after = false;                     // -d
  std::size_t unknown_flags = 0;                 // each makes one line of complaint
};

// The command line, without the script's name, as the version's getopts reads it.
MigrateShOptions ParseMigrateSh(MigrateShVersion version,
                                const std::vector<std::string>& arguments);

std::unique_ptr<cluster::Driver> NewMigrateSh(MigrateShOptions options);

}  // namespace rehearse::upgrade
