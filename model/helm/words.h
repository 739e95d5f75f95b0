// model/helm/words.h: helm's own words: errors and what a finished command prints.
//
// Source: HELM-30 .. HELM-46, from helm/helm@v3.19.5.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/helm/types.h"

namespace rehearse::helm {

inline constexpr std::string_view kPendingError =
    "another operation (install/upgrade/rollback) is in progress";
inline constexpr std::string_view kExistsError = "release: already exists";
inline constexpr std::string_view kTimeoutError = "context deadline exceeded";

std::string NoDeployedError(const std::string& release);
std::string NoRevisionError(std::int64_t revision);
std::string ChartNotFoundError(const std::string& chart_version);

// Why the API server cannot take these objects; nullopt if it knows all kinds.
std::optional<std::string> UnknownKindError(
    const Objects& objects,
    const std::function<bool(std::string_view, std::string_view)>& serves_kind);

// Why a live object cannot be adopted; nullopt if it is the release's.
std::optional<std::string> OwnershipError(const Json& live,
                                          const ObjectRef& ref,
                                          const ReleaseRecord& release);

// What `helm upgrade` prints when it is done.
std::string UpgradedText(const ReleaseRecord& record, std::int64_t unix_ms);
inline constexpr std::string_view kRolledBackText = "Rollback was a success! Happy Helming!\n";

// The object with helm's label and annotations.
Json WithOwner(Json object, const ReleaseRecord& release);
// The live annotation helm.sh/resource-policy=keep.
bool IsKept(const Json& live);

}  // namespace rehearse::helm
