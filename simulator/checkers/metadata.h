// simulator/checkers/metadata.h: properties of metadata that hold at every moment of a run.
//
// Shape:  each check looks at one moment and gives a violation or nothing.
// Source: the silent losses of MILVUS-* (a server on another generation's metadata), the tool's
//         checks TOOL-*.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "simulator/state/cluster_state.h"
#include "simulator/state/monitor.h"

namespace rehearse::sim {

enum class Generation { kNone, k21, k22, kMixed };
std::string_view NameOf(Generation generation);
// Which generation's index families and collections are in etcd.
Generation GenerationOf(const etcd::Keys& keys, const std::string& root_path);

// "no server runs on metadata of another version"
std::optional<Violation> CheckServerMetadata(const ClusterState& state, const std::string& pod);
// "no live session while metadata is cleaned, written or restored"
std::optional<Violation> CheckToolIsAlone(const ClusterState& state, const std::string& pod);
// "no metadata lost: the original is live or in a valid backup"
// `known` is a backup that was found valid before; kept up to date, null where there is none.
std::optional<Violation> CheckOriginalIsSafe(const ClusterState& state,
                                             const etcd::Keys& original,
                                             const std::string& root_path,
                                             std::shared_ptr<const std::string>& known);

// "a backup that is restored is the one of this attempt"
std::optional<Violation> CheckRestoredBackup(const ClusterState& state,
                                             const etcd::Keys& original,
                                             const std::string& root_path,
                                             const std::string& bytes);

// "RocksMQ is never shared by two pods": a standalone's volume has one running server.
std::optional<Violation> CheckRocksMqIsAlone(const ClusterState& state, const std::string& pod);

// "during a rolling update every component keeps a ready pod": of those that had one at the start
// and are still there.
std::optional<Violation> CheckKeepsServing(const ClusterState& state, const ClusterState& start);

// A backup file that holds every key of `original` below the meta root, leased keys and session/
// apart.
bool IsValidBackup(const std::string& bytes,
                   const etcd::Keys& original,
                   const std::string& root_path);
// One on some volume; null: there is none.
std::shared_ptr<const std::string> FindValidBackup(const ClusterState& state,
                                                   const etcd::Keys& original,
                                                   const std::string& root_path);
bool SameMetadata(const etcd::Keys& a, const etcd::Keys& b, const std::string& root_path);

// What a backup file holds; null where it is none. Files that were read lately are remembered.
std::shared_ptr<const etcd::Keys> KeysInBackup(const std::string& bytes);

}  // namespace rehearse::sim
