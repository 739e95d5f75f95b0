// model/migration/sessions.h: sessions in etcd as the migration tool looks at them.
//
// Shape:  keys are <meta root>/session/<name>...; matching is by prefix of the whole key.
// Errors: a value that is no JSON object is an error with Go's text, as far as we know it.
// Source: Law::kToolCheckSessions, Law::kToolWatchSessions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/result.h"
#include "model/etcd/types.h"

namespace rehearse::migration {

struct SessionSeen {
  std::string key;
  std::int64_t server_id = 0;
  std::string server_name;
  std::string address;
  std::string version;  // 0.0.0 where the value has none
  bool stopping = false;
};

Result<std::vector<SessionSeen>> SessionsWithPrefix(const etcd::Keys& keys,
                                                    std::string_view meta_root_path,
                                                    std::string_view prefix);

// What CheckSessions says: nothing, or its error. `own_address` is that of this tool.
std::optional<std::string> CheckSessions(const etcd::Keys& keys,
                                         std::string_view meta_root_path,
                                         std::string_view own_address);

// "key=value" of all sessions of the roles that the tool watches.
std::vector<std::string> WatchedSessions(const etcd::Keys& keys, std::string_view meta_root_path);

// The first change since `before` in the tool's words; nothing if there is none.
std::optional<std::string> SessionEvent(const std::vector<std::string>& before,
                                        const etcd::Keys& keys,
                                        std::string_view meta_root_path);

}  // namespace rehearse::migration
