#include "model/migration/sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/core/json.h"

namespace rehearse::migration {
namespace {

constexpr std::string_view kOwnRole = "migration";

// In the order of CheckSessions. Law::kToolCheckSessions.
constexpr std::array<std::string_view, 8> kRoles = {"rootcoord",
                                                    "indexcoord",
                                                    "indexnode",
                                                    "datacoord",
                                                    "datanode",
                                                    "querycoord",
                                                    "querynode",
                                                    "proxy"};

std::string SessionPath(std::string_view meta_root_path, std::string_view name) {
  return fmt::format("{}/session/{}", meta_root_path, name);
}

Result<SessionSeen> ParseSession(const std::string& key, const std::string& value) {
  const Result<Json> json = ParseJson(value, key);
  if (!json || !json->is_object()) {
    return BadInput(value.empty() ? "unexpected end of JSON input"
                                  : fmt::format("invalid character '{}' looking for beginning of "
                                                "value",
                                                value[0]));
  }
  SessionSeen seen;
  seen.key = key;
  seen.server_id = IntAt(*json, {"ServerID"});
  seen.server_name = StringAt(*json, {"ServerName"});
  seen.address = StringAt(*json, {"Address"});
  seen.version = StringAt(*json, {"Version"}, "0.0.0");
  const Json* stopping = At(*json, {"Stopping"});
  seen.stopping = stopping != nullptr && stopping->is_boolean() && stopping->get<bool>();
  return seen;
}

std::string EventText(std::string_view type, const std::string& key, const std::string& value) {
  const Result<SessionSeen> seen = ParseSession(key, value);
  const SessionSeen shown = seen ? *seen : SessionSeen{key, 0, "", "", "0.0.0", false};
  const std::string_view type_shown =
      shown.stopping && type == "SessionAddEvent" ? "SessionUpdateEvent" : type;
  return fmt::format(
      "session up/down, exit migration, event type: {}, session: Session:<ServerID: {}, "
      "ServerName: {}, Version: {}>",
      type_shown,
      shown.server_id,
      shown.server_name,
      shown.version);
}

std::pair<std::string, std::string> SplitWatched(const std::string& watched) {
  const std::size_t at = watched.find('=');
  return {watched.substr(0, at), watched.substr(at + 1)};
}

}  // namespace

Result<std::vector<SessionSeen>> SessionsWithPrefix(const etcd::Keys& keys,
                                                    std::string_view meta_root_path,
                                                    std::string_view prefix) {
  std::vector<SessionSeen> sessions;
  Status status;
  keys.ForPrefix(SessionPath(meta_root_path, prefix),
                 [&](const std::string& key, const auto& entry) {
                   const Result<SessionSeen> seen = ParseSession(key, entry->value);
                   if (seen) {
                     sessions.push_back(*seen);
                   } else if (status) {
                     status = tl::unexpected(seen.error());
                   }
                 });
  TRY(status);
  return sessions;
}

std::optional<std::string> CheckSessions(const etcd::Keys& keys,
                                         std::string_view meta_root_path,
                                         std::string_view own_address) {
  const auto own = SessionsWithPrefix(keys, meta_root_path, kOwnRole);
  if (!own) {
    return own.error().message;
  }
  for (const SessionSeen& session : *own) {
    if (session.address != own_address) {
      return "other migration is running";
    }
  }
  for (const std::string_view role : kRoles) {
    const auto alive = SessionsWithPrefix(keys, meta_root_path, role);
    if (!alive) {
      return alive.error().message;
    }
    if (!alive->empty()) {
      return fmt::format("there are still sessions alive, prefix: {}, num of alive sessions: {}",
                         role,
                         alive->size());
    }
  }
  return std::nullopt;
}

namespace {

// Calls visit(key, value) for each session of a role of Milvus.
template <typename Visit>
void ForWatched(const etcd::Keys& keys, std::string_view meta_root_path, Visit&& visit) {
  const std::string root = SessionPath(meta_root_path, "");
  keys.ForPrefix(root, [&](const std::string& key, const auto& entry) {
    const std::string_view name = std::string_view(key).substr(root.size());
    if (std::any_of(
            kRoles.begin(), kRoles.end(), [&](auto role) { return name.starts_with(role); })) {
      visit(std::string_view(key), std::string_view(entry->value));
    }
  });
}

bool AreStill(const std::vector<std::string>& watched,
              const etcd::Keys& keys,
              std::string_view meta_root_path) {
  std::size_t seen = 0;
  bool same = true;
  ForWatched(keys, meta_root_path, [&](std::string_view key, std::string_view value) {
    if (seen < watched.size()) {
      const std::string_view before = watched[seen];
      same = same && before.size() == key.size() + 1 + value.size() && before.starts_with(key) &&
             before.ends_with(value);
    }
    ++seen;
  });
  return same && seen == watched.size();
}

}  // namespace

std::vector<std::string> WatchedSessions(const etcd::Keys& keys, std::string_view meta_root_path) {
  std::vector<std::string> watched;
  ForWatched(keys, meta_root_path, [&](std::string_view key, std::string_view value) {
    watched.push_back(std::string(key).append("=").append(value));
  });
  return watched;
}

std::optional<std::string> SessionEvent(const std::vector<std::string>& before,
                                        const etcd::Keys& keys,
                                        std::string_view meta_root_path) {
  if (AreStill(before, keys, meta_root_path)) {  // asked at each step of the tool
    return std::nullopt;
  }
  const std::vector<std::string> now = WatchedSessions(keys, meta_root_path);
  for (const std::string& session : now) {
    if (std::find(before.begin(), before.end(), session) == before.end()) {
      const auto [key, value] = SplitWatched(session);
      return EventText("SessionAddEvent", key, value);
    }
  }
  for (const std::string& session : before) {
    if (std::find(now.begin(), now.end(), session) == now.end()) {
      const auto [key, value] = SplitWatched(session);
      return EventText("SessionDelEvent", key, value);
    }
  }
  return std::nullopt;
}

}  // namespace rehearse::migration
