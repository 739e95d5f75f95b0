#include "model/milvus/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/core/json.h"
#include "model/milvus/families.h"

namespace rehearse::milvus {
namespace {

constexpr std::array<Role, 4> kCoordinators = {
    Role::kRootCoord, Role::kDataCoord, Role::kQueryCoord, Role::kIndexCoord};

bool IsMinor(const Version& server, std::int64_t minor) {
  return server.major == 2 && server.minor == minor;
}

bool HasMixCoord(const Version& server) {
  return server >= Version{2, 6, 0, ""};  // Law::kSessionKeyMixCoord
}

void AddTtl(const Version& server, ServerFacts& facts) {
  struct Row {
    Version measured;
    std::int64_t ttl_s;
    Law law;
  };
  static const std::array<Row, 3> kRows = {{{{2, 1, 0, ""}, 60, Law::kSessionTtl210},
                                            {{2, 2, 16, ""}, 20, Law::kSessionTtl2216},
                                            {{2, 3, 5, ""}, 30, Law::kSessionTtl235}}};
  const Row* row = &kRows[2];
  for (const Row& candidate : kRows) {
    if (server.SameMinor(candidate.measured)) {
      row = &candidate;
    }
  }
  if (server < kRows[0].measured) {
    row = kRows.data();
  }
  facts.session_ttl_s = row->ttl_s;
  facts.laws.Add(server == row->measured ? row->law : Law::kSessionTtlSameMinor);
}

void AddStop(const Version& server, ServerFacts& facts) {
  const bool old = server < Version{2, 2, 0, ""};
  facts.graceful_stop_ms = Seconds(old ? 3 : 30);
  if (server == Version{2, 1, 0, ""}) {
    facts.laws.Add(Law::kGracefulStop210);
  } else if (server == Version{2, 2, 16, ""}) {
    facts.laws.Add(Law::kGracefulStop2216);
  } else {
    facts.laws.Add(Law::kGracefulStopLater);
  }
}

std::vector<Role> AllRoles(const Version& server) {
  if (HasMixCoord(server)) {
    return {Role::kMixCoord, Role::kProxy, Role::kDataNode, Role::kQueryNode, Role::kStreamingNode};
  }
  // In the order of the ids that 2.1.0 took. Law::kRolesOfStandalone.
  std::vector<Role> roles = {Role::kRootCoord,
                             Role::kQueryNode,
                             Role::kDataCoord,
                             Role::kIndexCoord,
                             Role::kIndexNode,
                             Role::kQueryCoord,
                             Role::kDataNode,
                             Role::kProxy};
  return roles;
}

constexpr std::array<Role, 10> kEveryRole = {Role::kRootCoord,
                                             Role::kDataCoord,
                                             Role::kQueryCoord,
                                             Role::kIndexCoord,
                                             Role::kProxy,
                                             Role::kDataNode,
                                             Role::kQueryNode,
                                             Role::kIndexNode,
                                             Role::kMixCoord,
                                             Role::kStreamingNode};

// `milvus run mixture -rootcoord -datacoord`, with one or two dashes and `=true`.
std::vector<Role> RolesOfFlags(const std::vector<std::string>& args) {
  std::vector<Role> roles;
  for (const std::string& arg : args) {
    std::string_view flag = arg;
    if (flag.ends_with("=false")) {
      continue;
    }
    flag = flag.substr(0, flag.find('='));
    flag.remove_prefix(std::min(flag.find_first_not_of('-'), flag.size()));
    for (const Role role : kEveryRole) {
      if (arg.starts_with('-') && flag == NameOf(role)) {
        roles.push_back(role);
      }
    }
  }
  return roles;
}

}  // namespace

ServerFacts FactsOf(const Version& server) {
  ServerFacts facts;
  AddTtl(server, facts);
  AddStop(server, facts);
  facts.register_attempts = 30;  // Law::kRegisterRetry
  facts.register_retry_ms = 500;
  facts.shares_server_id = server >= Version{2, 3, 0, ""};    // Law::kSessionValue235
  facts.version_in_session = server >= Version{2, 2, 0, ""};  // Law::kSessionValue2216
  facts.knows_databases = server >= Version{2, 2, 9, ""};     // Law::kViewDatabases
  facts.laws.Add(Law::kRegisterRetry);
  facts.laws.Add(Law::kRegisterAfterForeignLease);
  return facts;
}

std::vector<Role> RolesOf(const std::vector<std::string>& args, const Version& server) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "standalone") {
      return AllRoles(server);
    }
    if (args[i] == "mixture") {  // Law::kRolesOfMixture
      return RolesOfFlags({args.begin() + static_cast<std::ptrdiff_t>(i), args.end()});
    }
    for (const Role role : kEveryRole) {
      if (args[i] != NameOf(role)) {
        continue;
      }
      if (role == Role::kMixCoord && !HasMixCoord(server)) {
        return {kCoordinators.begin(), kCoordinators.end()};
      }
      return {role};
    }
  }
  return {};
}

bool IsExclusive(Role role) {  // Law::kSessionKeys
  switch (role) {
    case Role::kRootCoord:
    case Role::kDataCoord:
    case Role::kQueryCoord:
    case Role::kIndexCoord:
    case Role::kMixCoord:
      return true;
    case Role::kProxy:
    case Role::kDataNode:
    case Role::kQueryNode:
    case Role::kIndexNode:
    case Role::kStreamingNode:
      return false;
  }
  return false;
}

std::string SessionPrefix(std::string_view root_path) { return MetaRoot(root_path) + "/session/"; }

std::string ServerIdCounterKey(std::string_view root_path) {
  return SessionPrefix(root_path) + "id";
}

std::string SessionKey(const SessionRequest& request) {
  const std::string base = SessionPrefix(request.root_path) + std::string(NameOf(request.role));
  return IsExclusive(request.role) ? base : fmt::format("{}-{}", base, request.server_id);
}

// Members in the order of Go's struct. Law::kSessionValue210, kSessionValue2216, kSessionValue235.
std::string SessionValue(const SessionRequest& request) {
  const ServerFacts facts = FactsOf(request.server);
  std::string value = fmt::format(R"({{"ServerID":{},"ServerName":"{}","Address":{})",
                                  request.server_id,
                                  NameOf(request.role),
                                  Dump(Json(request.address)));
  value += IsExclusive(request.role) ? R"(,"Exclusive":true)" : "";
  value += R"(,"TriggerKill":true)";
  if (facts.version_in_session) {
    value += fmt::format(R"(,"Version":"{}")", request.server.ToString());
  }
  if (request.server >= Version{2, 3, 0, ""}) {
    value += request.role == Role::kQueryNode ? R"(,"IndexEngineVersion":{"CurrentIndexVersion":1})"
                                              : R"(,"IndexEngineVersion":{})";
    value +=
        fmt::format(R"(,"LeaseID":{},"HostName":{})", request.lease, Dump(Json(request.host_name)));
    value += request.role == Role::kIndexNode ? R"(,"EnableDisk":true)" : "";
  }
  return value + "}";
}

int DefaultPort(Role role, const Version& server) {  // Law::kDefaultPorts
  switch (role) {
    case Role::kRootCoord:
    case Role::kMixCoord:
      return 53100;
    case Role::kDataCoord:
      return 13333;
    case Role::kQueryCoord:
      return 19531;
    case Role::kIndexCoord:  // Law::kIndexCoordInDataCoord
      return server >= Version{2, 3, 0, ""} ? 13333 : 31000;
    case Role::kProxy:
      return 19529;
    case Role::kDataNode:
      return 21124;
    case Role::kQueryNode:
      return 21123;
    case Role::kIndexNode:
      return 21121;
    case Role::kStreamingNode:
      return 22222;
  }
  return 0;
}

std::string RegisterConflictText(Role role) {  // Law::kRegisterAfterForeignLease
  return fmt::format("function CompareAndSwap error for compare is false for key: {}",
                     NameOf(role));
}

std::vector<Role> WaitsFor(Role role, const Version& server) {  // Law::kRoleWaits
  if (HasMixCoord(server)) {
    return role == Role::kMixCoord ? std::vector<Role>{} : std::vector<Role>{Role::kMixCoord};
  }
  switch (role) {
    case Role::kDataNode:
      return {Role::kRootCoord, Role::kDataCoord};
    case Role::kIndexCoord:
      return IsMinor(server, 1) || IsMinor(server, 2) ? std::vector<Role>{Role::kDataCoord}
                                                      : std::vector<Role>{};
    case Role::kIndexNode:
      return IsMinor(server, 1) ? std::vector<Role>{Role::kIndexCoord} : std::vector<Role>{};
    case Role::kQueryCoord:
      return {Role::kRootCoord, Role::kDataCoord, Role::kIndexCoord};
    case Role::kProxy:
      return {Role::kRootCoord, Role::kDataCoord, Role::kQueryCoord, Role::kIndexCoord};
    case Role::kRootCoord:
    case Role::kDataCoord:
    case Role::kQueryNode:
    case Role::kMixCoord:
    case Role::kStreamingNode:
      return {};
  }
  return {};
}

}  // namespace rehearse::milvus
